import type { Components, SequenceEvent } from "../events.ts";
import { fourccText } from "../record/format.ts";
import { DeviceError } from "./errors.ts";
import type { Frame } from "./frame.ts";

/** How the samples of a line are packed into bytes. */
interface Packing {
  /** The number of bytes of so many samples. The last byte may have unused bits. */
  bytesOf(samples: number): number;
  /** A group of samples that begins at a byte; a line is only cut between groups. */
  readonly samples: number;
  /** Returns a sample's value. Undefined where the bytes are copied as they are. */
  readonly valueAt?: (line: Uint8Array, sample: number) => number;
}

const plain8: Packing = { samples: 1, bytesOf: (samples) => samples };
const plain16: Packing = { samples: 1, bytesOf: (samples) => 2 * samples };
/** Four samples in five bytes, the first in the lowest bits (V4L2_PIX_FMT_NV15, pixfmt-yuv-planar.rst). */
const fourInFiveBytes: Packing = {
  samples: 4,
  bytesOf: (samples) => Math.ceil((10 * samples) / 8),
  valueAt: (line, sample) => {
    const at = (10 * sample) >> 3;
    return (((line[at] as number) | ((line[at + 1] as number) << 8)) >> ((10 * sample) & 7)) & 0x3ff;
  },
};
/** Three samples in the lower 30 bits of four bytes (V4L2_PIX_FMT_NV12_10_COL128, pixfmt-nv12-col128.rst). */
const threeInFourBytes: Packing = {
  samples: 3,
  bytesOf: (samples) => 4 * Math.ceil(samples / 3),
  valueAt: (line, sample) => {
    const at = 4 * Math.floor(sample / 3);
    const word =
      (line[at] as number) |
      ((line[at + 1] as number) << 8) |
      ((line[at + 2] as number) << 16) |
      ((line[at + 3] as number) << 24);
    return (word >>> (10 * (sample % 3))) & 0x3ff;
  },
};

/** A rectangle of bytes that is contiguous in memory. Tiles are in order from left to right, then from top to bottom. */
interface Tile {
  readonly kind: "tile";
  readonly width: number;
  readonly height: number;
}

/**
 * Columns of 128 bytes. In a single plane, a column holds its luma lines and then its chroma lines, and bytesperline counts
 * the lines from one column to the next; in planes of their own a column has as many lines as the plane.
 */
interface Columns {
  readonly kind: "columns";
}

/**
 * MediaTek's tiles of ten bits. They are as in MM21, but four lines of a tile form a block of 80 bytes: first 16 bytes with the
 * lower two bits of each sample, then 64 bytes with the upper eight. A byte of lower bits belongs to four samples, the first in
 * the lowest bits: to four lines of a column ("tile", MT2110T), or to four columns of a line ("raster", MT2110R).
 */
interface SplitTile {
  readonly kind: "split";
  readonly height: number;
  readonly lowBits: "tile" | "raster";
}

const SPLIT_WIDTH = 16;
const SPLIT_BLOCK_BYTES = 80;

const COLUMN_BYTES = 128;
const columns: Columns = { kind: "columns" };

/** One of a picture's components: samples of one kind, pairs of two kinds, or pixels of three or four. */
interface Component {
  /** Samples in a place: 1, 2 for a pair, 3 or 4 where all of a pixel's lie together. */
  readonly samples: 1 | 2 | 3 | 4;
  /** How many luma samples a place covers. */
  readonly across: number;
  readonly down: number;
  /** The order in memory, where lines are not one after the other. */
  readonly order?: Tile | Columns | SplitTile;
}

/** How pictures are stored in memory. */
interface Layout {
  readonly components: readonly Component[];
  readonly packing: Packing;
  /** The linear format that `visiblePixels` converts it to, as a V4L2 fourcc. */
  readonly linear: string;
}

const luma: Component = { samples: 1, across: 1, down: 1 };

function semiplanar(
  across: number,
  down: number,
  orders: readonly (Tile | Columns | SplitTile)[] = [],
): readonly Component[] {
  const [ofLuma, ofChroma = ofLuma] = orders;
  const chroma = { samples: 2, across, down } as const;
  return ofLuma && ofChroma
    ? [
        { ...luma, order: ofLuma },
        { ...chroma, order: ofChroma },
      ]
    : [luma, chroma];
}

function planar(across: number, down: number): readonly Component[] {
  const chroma = { samples: 1, across, down } as const;
  return [luma, chroma, chroma];
}

/** All samples of a pixel beside each other. */
function pixels(samples: 3 | 4): readonly Component[] {
  return [{ samples, across: 1, down: 1 }];
}

function tile(width: number, height: number): Tile {
  return { kind: "tile", width, height };
}

function splitTiles(lowBits: SplitTile["lowBits"]): readonly SplitTile[] {
  return [
    { kind: "split", height: 32, lowBits },
    { kind: "split", height: 16, lowBits },
  ];
}

function layout(linear: string, components: readonly Component[], packing = plain8): Layout {
  return { linear, components, packing };
}

/**
 * The formats that decoders give, by fourcc. Formats with contiguous lines come first. Those with an M, and MM21, have a plane
 * for each component; so have MT2T and MT2R (pixfmt-reserved.rst). See pixfmt-yuv-planar.rst; Nc12 and Nc30 are those of the
 * Raspberry Pi's columns with two planes.
 */
const layouts: Readonly<Record<string, Layout>> = {
  GREY: layout("GREY", [luma]),
  NV12: layout("NV12", semiplanar(2, 2)),
  NM12: layout("NM12", semiplanar(2, 2)),
  NV21: layout("NV21", semiplanar(2, 2)),
  NM21: layout("NM21", semiplanar(2, 2)),
  NV16: layout("NV16", semiplanar(2, 1)),
  NM16: layout("NM16", semiplanar(2, 1)),
  NV24: layout("NV24", semiplanar(1, 1)),
  P010: layout("P010", semiplanar(2, 2), plain16),
  YU12: layout("YU12", planar(2, 2)),
  YM12: layout("YM12", planar(2, 2)),
  "422P": layout("422P", planar(2, 1)),
  NV15: layout("P010", semiplanar(2, 2), fourInFiveBytes),
  NV20: layout("P210", semiplanar(2, 1), fourInFiveBytes),
  VT12: layout("NV12", semiplanar(2, 2, [tile(4, 4)])),
  ST12: layout("NV12", semiplanar(2, 2, [tile(32, 32)])),
  MM21: layout("NV12", semiplanar(2, 2, [tile(16, 32), tile(16, 16)])),
  VT15: layout("P010", semiplanar(2, 2, [tile(5, 4)]), fourInFiveBytes),
  T010: layout("P010", semiplanar(2, 2, [tile(8, 4)]), plain16),
  MT2T: layout("P010", semiplanar(2, 2, splitTiles("tile")), plain16),
  MT2R: layout("P010", semiplanar(2, 2, splitTiles("raster")), plain16),
  NC12: layout("NV12", semiplanar(2, 2, [columns])),
  Nc12: layout("NV12", semiplanar(2, 2, [columns])),
  NC30: layout("P010", semiplanar(2, 2, [columns]), threeInFourBytes),
  Nc30: layout("P010", semiplanar(2, 2, [columns]), threeInFourBytes),
  RGB3: layout("RGB3", pixels(3)),
  AB24: layout("AB24", pixels(4)),
  HSV3: layout("HSV3", pixels(3)),
  HSV4: layout("HSV4", pixels(4)),
};

/** What the components of those formats are that FWHT can have: see `Components`; chroma_format_idc with YUV. */
const componentsOf: Readonly<Record<string, { readonly components: Components; readonly chromaFormat: number }>> = {
  GREY: { components: { count: 1, encoding: "rgb" }, chromaFormat: 0 },
  NV12: { components: { count: 3, encoding: "yuv" }, chromaFormat: 1 },
  NV21: { components: { count: 3, encoding: "yuv" }, chromaFormat: 1 },
  YU12: { components: { count: 3, encoding: "yuv" }, chromaFormat: 1 },
  NV16: { components: { count: 3, encoding: "yuv" }, chromaFormat: 2 },
  "422P": { components: { count: 3, encoding: "yuv" }, chromaFormat: 2 },
  NV24: { components: { count: 3, encoding: "yuv" }, chromaFormat: 3 },
  RGB3: { components: { count: 3, encoding: "rgb" }, chromaFormat: 3 },
  AB24: { components: { count: 4, encoding: "rgb" }, chromaFormat: 3 },
  HSV3: { components: { count: 3, encoding: "hsv" }, chromaFormat: 3 },
  HSV4: { components: { count: 4, encoding: "hsv" }, chromaFormat: 3 },
};

/** Whether a format, a V4L2 fourcc as a number, has the components of a sequence of FWHT: vicodec decodes into no other. */
export function hasComponents(
  pixelFormat: number,
  { components, chromaFormat }: Pick<SequenceEvent, "components" | "chromaFormat">,
): boolean {
  const own = componentsOf[fourccText(pixelFormat)];
  return (
    own !== undefined &&
    own.chromaFormat === chromaFormat &&
    own.components.count === components?.count &&
    own.components.encoding === components.encoding
  );
}

/** Returns memory of `size` bytes. */
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

/** The formats that `visiblePixels` can read: V4L2 fourccs as text. Formats with contiguous lines come first. */
export const readableFormats: readonly string[] = /* @__PURE__ */ Object.keys(layouts);

/** Whether a format, a V4L2 fourcc as a number, has more than 8 bits a sample. */
export function isDeep(pixelFormat: number): boolean {
  const packing = layouts[fourccText(pixelFormat)]?.packing;
  return packing !== undefined && packing !== plain8;
}

/** Whether each component of a format, a V4L2 fourcc as a number, lies in lines of its own. */
export function isPlanar(pixelFormat: number): boolean {
  return layouts[fourccText(pixelFormat)]?.components.every(({ samples }) => samples === 1) ?? false;
}

/**
 * A copy of the visible part of a frame, in a linear format. Ten bits that are packed become P010 and P210, each sample in the
 * upper bits of two bytes; tiles and columns become NV12 or P010.
 *
 * @param allocate returns the memory to write to, of exactly the size in its argument, for callers that reuse memory.
 * @throws DeviceError for a format that is not known.
 */
export function visiblePixels(
  frame: Pick<Frame, "pixelFormat" | "planes" | "width" | "height" | "visible">,
  allocate: Allocate = (size) => new Uint8Array(size),
): VisiblePixels {
  const name = fourccText(frame.pixelFormat);
  const found = layouts[name];
  if (found === undefined) {
    throw new DeviceError(`the frames are in the format ${name}, which this program cannot convert`);
  }
  const { width, height } = frame.visible;
  return { bytes: copyVisible(frame, found, allocate), pixelFormat: found.linear, width, height };
}

type Pixels = Pick<Frame, "planes" | "width" | "height" | "visible">;

function copyVisible(frame: Pixels, { components, packing }: Layout, allocate: Allocate): Uint8Array {
  const { left, top, width, height } = frame.visible;
  const { valueAt } = packing;
  const areas = components.map(({ samples, across, down }) => ({
    samples: samples * Math.ceil(width / across),
    lines: Math.ceil(height / down),
  }));
  const sizeOf = (samples: number) => (valueAt === undefined ? packing.bytesOf(samples) : 2 * samples);
  const result = allocate(areas.reduce((sum, { samples, lines }) => sum + sizeOf(samples) * lines, 0));
  let to = 0;
  for (const [i, { samples, lines }] of areas.entries()) {
    const component = components[i] as Component;
    const source = sourceOf(frame, components, i);
    const first = component.samples * Math.floor(left / component.across);
    const firstLine = Math.floor(top / component.down);
    // A line is read from the beginning of the group that its first sample is in.
    const skipped = first % packing.samples;
    const from = packing.bytesOf(first - skipped);
    // One more byte than the line has, because a sample is read from two bytes.
    const packed = new Uint8Array(packing.bytesOf(skipped + samples) + 1);
    for (let line = 0; line < lines; line++) {
      if (valueAt === undefined) {
        copyLine(source, component.order, from, firstLine + line, result.subarray(to, to + sizeOf(samples)));
        to += sizeOf(samples);
        continue;
      }
      copyLine(source, component.order, from, firstLine + line, packed.subarray(0, -1));
      for (let sample = skipped; sample < skipped + samples; sample++) {
        const value = valueAt(packed, sample) << 6;
        result[to++] = value & 0xff;
        result[to++] = value >> 8;
      }
    }
  }
  return result;
}

/** Where a component lies. */
interface Source {
  readonly memory: Uint8Array;
  /** The distance in bytes from one line to the next, or in lines from one column to the next. */
  readonly stride: number;
}

/** Copies a part of one line: `to.length` bytes from byte `x` on. */
function copyLine({ memory, stride }: Source, order: Component["order"], x: number, y: number, to: Uint8Array): void {
  if (order === undefined) {
    to.set(memory.subarray(y * stride + x, y * stride + x + to.length));
    return;
  }
  if (order.kind === "split") {
    joinSplit(memory, stride, order, x / 2, y, to);
    return;
  }
  const width = order.kind === "tile" ? order.width : COLUMN_BYTES;
  for (let done = 0; done < to.length; ) {
    const inside = (x + done) % width;
    const index = (x + done - inside) / width;
    const at =
      order.kind === "tile"
        ? Math.floor(y / order.height) * order.height * stride + (index * order.height + (y % order.height)) * width
        : (index * stride + y) * width;
    const length = Math.min(width - inside, to.length - done);
    to.set(memory.subarray(at + inside, at + inside + length), done);
    done += length;
  }
}

/** The samples of one line from column `x` on, as P010 has them. `stride` counts the ten bits of each. */
function joinSplit(memory: Uint8Array, stride: number, order: SplitTile, x: number, y: number, to: Uint8Array): void {
  const { height, lowBits } = order;
  const line = y % 4;
  const blocks = Math.floor((y % height) / 4) * SPLIT_BLOCK_BYTES;
  const tiles = Math.floor(y / height) * height * stride + blocks;
  const tileBytes = (height / 4) * SPLIT_BLOCK_BYTES;
  for (let i = 0; i < to.length; i += 2) {
    const column = (x + i / 2) % SPLIT_WIDTH;
    const block = tiles + Math.floor((x + i / 2) / SPLIT_WIDTH) * tileBytes;
    const isTile = lowBits === "tile";
    const lower = memory[block + (isTile ? column : 4 * line + (column >> 2))] as number;
    const upper = memory[block + SPLIT_WIDTH * (line + 1) + column] as number;
    to[i] = ((lower >> (2 * (isTile ? line : column % 4))) & 3) << 6;
    to[i + 1] = upper;
  }
}

/** Where a component begins: in a plane of its own, or after those before it. */
function sourceOf({ planes, width, height }: Pixels, components: readonly Component[], i: number): Source {
  const component = components[i] as Component;
  const isColumns = component.order === columns;
  const own = planes.length > 1 ? planes[i] : undefined;
  if (own !== undefined) {
    const lines = Math.ceil(height / component.down);
    // After S_FMT(CAPTURE), mediatek's bytesperline counts samples: it has the ten bits only until then (vidioc_vdec_s_fmt,
    // mtk_vcodec_get_pic_info).
    const least = component.order?.kind === "split" ? (width * 5) / 4 : 0;
    return { memory: own.bytes, stride: isColumns ? lines : Math.max(own.bytesPerLine, least) };
  }
  const { bytes, bytesPerLine } = planes[0] as import("./frame.ts").FramePlane;
  // A column holds the lines of all components.
  // bytesPerLine is that of the first component, which may have several samples in a place.
  const [{ samples: first }] = components as readonly [Component];
  const strideOf = ({ samples, across }: Component) =>
    isColumns ? COLUMN_BYTES : (bytesPerLine * samples) / (first * across);
  const before = components.slice(0, i).reduce((sum, part) => sum + strideOf(part) * Math.ceil(height / part.down), 0);
  return { memory: bytes.subarray(before), stride: isColumns ? bytesPerLine : strideOf(component) };
}
