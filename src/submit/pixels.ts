import { fourccText } from "../record/format.ts";
import { DeviceError } from "./errors.ts";
import type { Frame } from "./frame.ts";

/** One of a picture's components as it lies in memory: samples of one kind, or pairs of two. */
interface Component {
  /** Bytes of one sample, or of a pair. */
  readonly bytes: number;
  /** How many luma samples it covers. */
  readonly across: number;
  readonly down: number;
  /** Bytes of a line, as a share of the luma's. */
  readonly stride: number;
  /** Where lines are not one after the other. */
  readonly tile?: Tile;
}

/** A rectangle of bytes that lies in one piece. Tiles follow each other from left to right, from top to bottom. */
interface Tile {
  readonly width: number;
  readonly height: number;
}

const luma8: Component = { bytes: 1, across: 1, down: 1, stride: 1 };
const luma16: Component = { bytes: 2, across: 1, down: 1, stride: 1 };

function semiplanar(luma: Component, across: number, down: number): readonly Component[] {
  return [luma, { bytes: 2 * luma.bytes, across, down, stride: 2 / across }];
}

function planar(across: number, down: number): readonly Component[] {
  const chroma = { bytes: 1, across, down, stride: 1 / across };
  return [luma8, chroma, chroma];
}

/** The linear formats that decoders give, by fourcc. Those with an M have a plane for each component. */
const layouts: Readonly<Record<string, readonly Component[]>> = {
  GREY: [luma8],
  NV12: semiplanar(luma8, 2, 2),
  NM12: semiplanar(luma8, 2, 2),
  NV21: semiplanar(luma8, 2, 2),
  NM21: semiplanar(luma8, 2, 2),
  NV16: semiplanar(luma8, 2, 1),
  NM16: semiplanar(luma8, 2, 1),
  NV24: semiplanar(luma8, 1, 1),
  P010: semiplanar(luma16, 2, 2),
  YU12: planar(2, 2),
  YM12: planar(2, 2),
  "422P": planar(2, 1),
};

function tiled(luma: Tile, chroma = luma): readonly Component[] {
  return semiplanar(luma8, 2, 2).map((component, i) => ({ ...component, tile: i === 0 ? luma : chroma }));
}

/** The tiled formats whose samples make NV12 ("Tiled NV12" in pixfmt-yuv-planar.rst): hantro's, cedrus' and mediatek's. */
const tiledLayouts: Readonly<Record<string, readonly Component[]>> = {
  VT12: tiled({ width: 4, height: 4 }),
  ST12: tiled({ width: 32, height: 32 }),
  MM21: tiled({ width: 16, height: 32 }, { width: 16, height: 16 }),
};

/** Ten bits a sample without gaps, and the format with 16 bits that their samples make. */
const packed10: Readonly<Record<string, { readonly pixelFormat: string; readonly down: number }>> = {
  NV15: { pixelFormat: "P010", down: 2 },
  NV20: { pixelFormat: "P210", down: 1 },
};

/** Gives memory of `size` bytes. */
type Allocate = (size: number) => Uint8Array;

/** A picture without padding. */
export interface VisiblePixels {
  /** The lines of all components one after the other, as in a file of raw video. */
  readonly bytes: Uint8Array;
  /** A V4L2 fourcc as text. */
  readonly pixelFormat: string;
  readonly width: number;
  readonly height: number;
}

/** The formats that `visiblePixels` can read: as V4L2 fourccs in text, those in which lines are whole first. */
export const readableFormats: readonly string[] = [layouts, packed10, tiledLayouts].flatMap(Object.keys);

/** Whether a format, a V4L2 fourcc as a number, has more than 8 bits a sample. */
export function isDeep(pixelFormat: number): boolean {
  const name = fourccText(pixelFormat);
  return name in packed10 || layouts[name]?.[0] === luma16;
}

/**
 * A copy of the visible part of a frame. NV15 and NV20, which pack ten bits a sample, become P010 and P210:
 * the sample in the upper bits of two bytes. VT12, ST12 and MM21, which are tiled, become NV12.
 *
 * @param allocate Gives the memory to write to, of exactly the size it is asked for, for callers that reuse it
 * @throws DeviceError for a format that is not known.
 */
export function visiblePixels(
  frame: Pick<Frame, "pixelFormat" | "planes" | "width" | "height" | "visible">,
  allocate: Allocate = (size) => new Uint8Array(size),
): VisiblePixels {
  const name = fourccText(frame.pixelFormat);
  const { width, height } = frame.visible;
  const packed = packed10[name];
  if (packed !== undefined) {
    return { bytes: unpack(frame, packed.down, allocate), pixelFormat: packed.pixelFormat, width, height };
  }
  const layout = layouts[name] ?? tiledLayouts[name];
  if (layout === undefined)
    throw new DeviceError(`the frames are in the format ${name}, which this program cannot convert`);
  return { bytes: crop(frame, layout, allocate), pixelFormat: name in layouts ? name : "NV12", width, height };
}

type Pixels = Pick<Frame, "planes" | "height" | "visible">;

function crop(frame: Pixels, layout: readonly Component[], allocate: Allocate): Uint8Array {
  const { left, top, width, height } = frame.visible;
  const areas = layout.map(({ bytes, across, down }) => ({
    lineBytes: Math.ceil(width / across) * bytes,
    lines: Math.ceil(height / down),
  }));
  const result = allocate(areas.reduce((sum, { lineBytes, lines }) => sum + lineBytes * lines, 0));
  let to = 0;
  for (const [i, { lineBytes, lines }] of areas.entries()) {
    const { bytes, across, down, tile } = layout[i] as Component;
    const { memory, stride } = componentOf(frame, layout, i);
    if (tile !== undefined) {
      const first = { x: Math.floor(left / across) * bytes, y: Math.floor(top / down) };
      for (let line = 0; line < lines; line++, to += lineBytes) {
        copyTiled(memory, stride, tile, first.x, first.y + line, result.subarray(to, to + lineBytes));
      }
      continue;
    }
    let from = Math.floor(top / down) * stride + Math.floor(left / across) * bytes;
    if (stride === lineBytes) {
      result.set(memory.subarray(from, from + lines * lineBytes), to);
      to += lines * lineBytes;
      continue;
    }
    for (let line = 0; line < lines; line++, from += stride, to += lineBytes) {
      result.set(memory.subarray(from, from + lineBytes), to);
    }
  }
  return result;
}

/** Copies a part of one line. */
function copyTiled(memory: Uint8Array, stride: number, tile: Tile, x: number, y: number, to: Uint8Array): void {
  const { width, height } = tile;
  const row = Math.floor(y / height) * height * stride + (y % height) * width;
  for (let done = 0; done < to.length; ) {
    const column = (x + done) % width;
    const from = row + (x + done - column) * height + column;
    const length = Math.min(width - column, to.length - done);
    to.set(memory.subarray(from, from + length), done);
    done += length;
  }
}

/** Where a component begins: in a plane of its own, or after those before it. */
function componentOf(
  { planes, height }: Pixels,
  layout: readonly Component[],
  i: number,
): { readonly memory: Uint8Array; readonly stride: number } {
  const own = planes.length > 1 ? planes[i] : undefined;
  if (own !== undefined) return { memory: own.bytes, stride: own.bytesPerLine };
  const { bytes, bytesPerLine } = planes[0]!;
  const strideOf = (component: Component) => bytesPerLine * component.stride;
  const before = layout.slice(0, i).reduce((sum, part) => sum + strideOf(part) * Math.ceil(height / part.down), 0);
  return { memory: bytes.subarray(before), stride: strideOf(layout[i] as Component) };
}

/** Four samples in five bytes, the first in the lowest bits; luma and the pairs of chroma alike. */
function unpack(frame: Pixels, down: number, allocate: Allocate): Uint8Array {
  const { left, top, width, height } = frame.visible;
  const { bytes, bytesPerLine } = frame.planes[0]!;
  const chromaSamples = 2 * Math.ceil(width / 2);
  const chromaLines = Math.ceil(height / down);
  const result = allocate(2 * (width * height + chromaSamples * chromaLines));
  let to = 0;
  const lines = (start: number, firstSample: number, samples: number, firstLine: number, count: number) => {
    for (let line = firstLine; line < firstLine + count; line++) {
      const base = start + line * bytesPerLine;
      for (let sample = firstSample; sample < firstSample + samples; sample++) {
        const bit = 10 * sample;
        const at = base + (bit >> 3);
        const value = ((bytes[at]! | (bytes[at + 1]! << 8)) >> (bit & 7)) & 0x3ff;
        result[to++] = (value << 6) & 0xff;
        result[to++] = value >> 2;
      }
    }
  };
  lines(0, left, width, top, height);
  lines(bytesPerLine * frame.height, 2 * Math.floor(left / 2), chromaSamples, Math.floor(top / down), chromaLines);
  return result;
}
