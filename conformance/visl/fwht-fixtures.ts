/**
 * Makes the FWHT fixtures with vicodec's own encoder, in the machine:
 *
 *   npx esbuild conformance/visl/fwht-fixtures.ts --bundle --platform=node --format=esm --outfile=FOLDER/fwht-fixtures.js
 *   conformance/visl/vm.sh -o FOLDER node /share/fwht-fixtures.js /share
 *
 * The pictures are a plain background on which a textured square moves: few blocks have coefficients, and a stream is small although
 * vicodec takes nothing below 640x360.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { FwhtStream } from "../../src/fwht/index.ts";
import { nodeOf } from "./vicodec-nodes.ts";

/** A plane of a picture in memory. */
interface Plane {
  /** Bytes of a sample, and how many luma samples it covers. */
  readonly bytes: number;
  readonly across: number;
  readonly down: number;
}

/** A stream, and the pictures in it. */
export interface Fixture {
  readonly name: string;
  /** The encoder's OUTPUT format. */
  readonly pixelFormat: string;
  readonly planes: readonly Plane[];
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  /** Frames from one I frame to the next. */
  readonly gop: number;
  /** Colour, for --set-fmt-video-out. */
  readonly colour?: string;
  /** Planes of noise, which the encoder stores as they are. */
  readonly noisy?: readonly number[];
  readonly qp?: number;
}

const luma: Plane = { bytes: 1, across: 1, down: 1 };
const chroma = (bytes: number, across: number, down: number): Plane => ({ bytes, across, down });
const small = { width: 640, height: 360, frames: 6, gop: 3 };

/** What is encoded. */
export const fixtures: readonly Fixture[] = [
  {
    ...small,
    name: "fwht_yuv420",
    pixelFormat: "YU12",
    planes: [luma, chroma(1, 2, 2), chroma(1, 2, 2)],
    frames: 12,
    gop: 5,
  },
  {
    ...small,
    name: "fwht_yuv422_odd_size",
    pixelFormat: "422P",
    planes: [luma, chroma(1, 2, 1), chroma(1, 2, 1)],
    width: 646,
    height: 363,
    colour: "colorspace=rec709,xfer=709,ycbcr=709,quantization=lim-range",
  },
  { ...small, name: "fwht_yuv444", pixelFormat: "NV24", planes: [luma, chroma(2, 1, 1)], colour: "colorspace=jpeg" },
  { ...small, name: "fwht_rgb", pixelFormat: "RGB3", planes: [chroma(3, 1, 1)], colour: "colorspace=srgb" },
  { ...small, name: "fwht_argb", pixelFormat: "BA24", planes: [chroma(4, 1, 1)] },
  { ...small, name: "fwht_hsv", pixelFormat: "HSV3", planes: [chroma(3, 1, 1)] },
  { ...small, name: "fwht_grey", pixelFormat: "GREY", planes: [luma] },
  {
    ...small,
    name: "fwht_uncompressed_chroma",
    pixelFormat: "YU12",
    planes: [luma, chroma(1, 2, 2), chroma(1, 2, 2)],
    frames: 2,
    gop: 2,
    noisy: [1],
    qp: 1,
  },
];

/** Numbers that look like chance and are always the same. */
function* noise(): Generator<number, never, undefined> {
  for (let state = 1; ; ) {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    yield (state >>> 16) & 0xff;
  }
}

function picture({ planes, width, height, noisy = [] }: Fixture, time: number, random: Iterator<number>): Buffer {
  const parts = planes.map(({ bytes, across, down }, plane) => {
    const [columns, lines] = [Math.floor(width / across), Math.floor(height / down)];
    const part = Buffer.alloc(bytes * columns * lines, 96 + 16 * plane);
    if (noisy.includes(plane)) return part.map(() => random.next().value) as Buffer;
    for (let y = 0; y < 32; y++) {
      for (let x = 0; x < 48 * bytes; x++) {
        const at = (y + 12 + 4 * time) * columns * bytes + x + (16 + 8 * time) * bytes;
        part[at] = (x * (3 + plane) + y * 5 + (x % bytes) * 40 + 7 * time) & 0xff;
      }
    }
    return part;
  });
  return Buffer.concat(parts);
}

/** The raw pictures that a fixture was encoded from. */
export function inputOf(fixture: Fixture): Buffer {
  const random = noise();
  return Buffer.concat(Array.from({ length: fixture.frames }, (_, time) => picture(fixture, time, random)));
}

function encode(fixture: Fixture, encoder: string, folder: string): void {
  const { name, pixelFormat, width, height, gop, colour, qp } = fixture;
  const raw = `/tmp/${name}.raw`;
  writeFileSync(raw, inputOf(fixture));
  const round = (size: number) => Math.ceil(size / 16) * 16;
  const format = `width=${round(width)},height=${round(height)},pixelformat=${pixelFormat}`;
  execFileSync(
    "v4l2-ctl",
    [
      ...["-d", encoder, "--set-ctrl", `video_gop_size=${gop}`],
      ...(qp === undefined ? [] : ["--set-ctrl", `fwht_i_frame_qp_value=${qp}`]),
      ...["--set-fmt-video-out", colour === undefined ? format : `${format},${colour}`],
      ...["--set-selection-output", `target=crop,width=${width},height=${height}`],
      ...["--stream-mmap", "--stream-out-mmap", `--stream-from=${raw}`, `--stream-to=${folder}/${name}.fwht`],
    ],
    { stdio: "inherit" },
  );
  rmSync(raw);
}

function framesIn(path: string): number {
  return new FwhtStream(0).push(readFileSync(path)).length;
}

if (process.argv[1]?.endsWith("fwht-fixtures.js") === true) {
  const [, , folder = "."] = process.argv;
  execFileSync("modprobe", ["vicodec"]);
  const encoder = nodeOf("stateful-encoder");
  for (const fixture of fixtures) {
    // v4l2-ctl may stop before the encoder has given its last frames.
    do encode(fixture, encoder, folder);
    while (framesIn(`${folder}/${fixture.name}.fwht`) < fixture.frames);
  }
}
