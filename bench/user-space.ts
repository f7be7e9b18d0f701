/**
 * The whole user space of a decoder: GStreamer's (parser, DPB, controls, ioctls) against a session with `submit`, on a device that
 * completes each request at once (`peers/fake-device.c`). What is left is what a board's processor has to do for a frame.
 */

import { execFileSync } from "node:child_process";
import { closeSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Codec } from "../src/uapi/codecs.ts";
import type { Clip } from "./clips.ts";
import { spread } from "./speed.ts";

/** What the device writes of a process. */
interface Decoded {
  /** Processor time of all threads from the end of the warm-up to the last request. */
  readonly seconds: number;
  /** Requests in that time. */
  readonly measured: number;
  readonly frames: number;
  readonly requestBytes: number;
}

/** GStreamer's elements from a file to frames. AV1 came to its decoders after 1.22. */
const elements: Readonly<Partial<Record<Codec, readonly string[]>>> = {
  h264: ["h264parse", "v4l2slh264dec"],
  h265: ["h265parse", "v4l2slh265dec"],
  mpeg2: ["mpegvideoparse", "v4l2slmpeg2dec"],
  vp8: ["ivfparse", "v4l2slvp8dec"],
  vp9: ["ivfparse", "vp9parse", "v4l2slvp9dec"],
};

const decode = fileURLToPath(new URL("decode.ts", import.meta.url));
const tsx = createRequire(import.meta.url).resolve("tsx/cli");
/** Requests before the time is taken: code is compiled, queues are made. */
const WARM_UP = 1000;
/** Requests at least. */
const LEAST = 4000;

/** Compiles the device. Undefined where something is missing: the reason is printed. */
function fakeDevice(folder: string): string | undefined {
  const path = join(folder, "fake-device.so");
  const source = fileURLToPath(new URL("peers/fake-device.c", import.meta.url));
  try {
    execFileSync("cc", ["-O2", "-Wall", "-shared", "-fPIC", "-o", path, source], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    execFileSync("gst-launch-1.0", ["--version"], { stdio: "ignore" });
    return path;
  } catch {
    console.log(
      "\nthe whole user space is left out: it needs Linux, cc, gstreamer1.0-tools and gstreamer1.0-plugins-bad",
    );
    return undefined;
  }
}

/** The clip again and again in one file; of an IVF file, the frames after its header. */
function repeated(clip: Clip, times: number, folder: string): string {
  const path = join(folder, `repeated.${clip.path.split(".").at(-1)}`);
  const bytes = readFileSync(clip.path);
  const head = clip.path.endsWith(".ivf") ? 32 : 0;
  const file = openSync(path, "w");
  writeSync(file, bytes.subarray(0, head));
  for (let i = 0; i < times; i++) writeSync(file, bytes.subarray(head));
  closeSync(file);
  return path;
}

function decoded(device: string, folder: string, command: string, args: readonly string[]): Decoded {
  const result = join(folder, "decoded.json");
  rmSync(result, { force: true });
  execFileSync(command, [...args], {
    stdio: ["ignore", "ignore", "pipe"],
    env: {
      ...process.env,
      LD_PRELOAD: device,
      FAKE_DEVICE_RESULT: result,
      FAKE_DEVICE_WARMUP: String(WARM_UP),
      // A registry of its own: this one has elements for a device that other programs do not see.
      GST_REGISTRY: join(folder, "gstreamer.bin"),
    },
  });
  return JSON.parse(readFileSync(result, "utf8")) as Decoded;
}

/** Prints a row for each clip whose codec both sides decode. */
export function printUserSpace(clips: readonly Clip[], folder: string, rounds: number): void {
  const chosen = clips.filter(({ codec }) => elements[codec] !== undefined);
  const device = chosen.length === 0 ? undefined : fakeDevice(folder);
  if (device === undefined) return;
  console.log("\n| whole user space, µs/frame | GStreamer | ours | ratio |\n|---|---|---|---|");
  for (const clip of chosen) {
    const { frames: perClip } = ours(clip.path);
    const path = repeated(clip, Math.ceil(LEAST / perClip), folder);
    const pipeline = ["-q", "filesrc", `location=${path}`];
    for (const element of elements[clip.codec] ?? []) pipeline.push("!", element);
    pipeline.push("!", "fakevideosink", "sync=false");
    const times: { peer: number; own: number }[] = [];
    for (let round = 0; round < rounds; round++) {
      const peer = decoded(device, folder, "gst-launch-1.0", pipeline);
      const own = ours(path);
      if (peer.frames !== own.frames || peer.requestBytes !== own.requestBytes) {
        console.log(
          `${clip.name}: no ratio, both sides did not send the same: ${peer.frames} requests with ${peer.requestBytes} bytes, ours ${own.frames} with ${own.requestBytes}`,
        );
        break;
      }
      times.push({ peer: (1e6 * peer.seconds) / peer.measured, own: (1e6 * own.seconds) / own.measured });
    }
    if (times.length === rounds) {
      const text = (values: readonly number[], digits: number) => {
        const { median, min, max } = spread(values);
        return `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`;
      };
      const [peers, owns] = [times.map(({ peer }) => peer), times.map(({ own }) => own)];
      const ratios = times.map(({ peer, own }) => peer / own);
      console.log(`| ${clip.name} | ${text(peers, 1)} | ${text(owns, 1)} | ${text(ratios, 2)} |`);
    }

    function ours(file: string): Decoded {
      return decoded(device as string, folder, process.execPath, [tsx, decode, clip.codec, file]);
    }
  }
}
