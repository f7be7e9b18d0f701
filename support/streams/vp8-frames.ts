/** Makes VP8 frames from a few fields, and IVF files of frames. What is not named is off, 0, or refreshed as on key frames. */

import { BoolEncoder } from "../../src/testing/bool-encoder.ts";
import { coeffUpdateProbs, mvUpdateProbs } from "../../src/vp8/tables.ts";

export interface FrameFields {
  readonly key?: boolean;
  readonly show?: number;
  readonly version?: number;
  readonly width?: number;
  readonly height?: number;
  readonly scale?: number;
  /** Segment data: mode and quantizers; or null for segmentation without any update. */
  readonly segmentation?: { readonly mode: number; readonly quantizers: readonly number[] } | null;
  readonly segmentProbs?: readonly number[];
  readonly refFrameDeltas?: readonly number[];
  readonly log2Partitions?: number;
  readonly refreshGolden?: number;
  readonly refreshAlternate?: number;
  readonly copyToGolden?: number;
  readonly copyToAlternate?: number;
  readonly signBias?: readonly [number, number];
  readonly refreshEntropy?: number;
  readonly refreshLast?: number;
  /** New probabilities by place. */
  readonly coeff?: Readonly<Record<number, number>>;
  readonly mv?: Readonly<Record<number, number>>;
  readonly yMode?: readonly number[];
  readonly skip?: number;
  /** Bytes of each partition, the first one's header left out. */
  readonly partitions?: readonly number[];
}

function signed(e: BoolEncoder, n: number, value: number): void {
  e.u(1, 1)
    .u(n, Math.abs(value))
    .u(1, value < 0 ? 1 : 0);
}

function updates(e: BoolEncoder, odds: Uint8Array, bits: number, values: Readonly<Record<number, number>> = {}): void {
  for (const [place, probability] of odds.entries()) {
    const value = values[place];
    e.bool(value === undefined ? 0 : 1, probability);
    if (value !== undefined) e.u(bits, bits === 7 ? value >> 1 : value);
  }
}

function segmentation(e: BoolEncoder, { segmentation, segmentProbs }: FrameFields): void {
  e.u(1, segmentation === undefined ? 0 : 1);
  if (segmentation === undefined) return;
  e.u(1, segmentProbs ? 1 : 0).u(1, segmentation ? 1 : 0);
  if (segmentation) {
    e.u(1, segmentation.mode);
    for (const value of segmentation.quantizers) signed(e, 7, value);
    e.u(4, 0);
  }
  for (const value of segmentProbs ?? []) e.u(1, 1).u(8, value);
}

/** The first partition's header. */
export function headerOf(fields: FrameFields): BoolEncoder {
  const e = new BoolEncoder();
  const { key = false } = fields;
  if (key) e.u(2, 0);
  segmentation(e, fields);
  e.u(1, 0).u(6, 9).u(3, 2);
  e.u(1, fields.refFrameDeltas ? 1 : 0);
  if (fields.refFrameDeltas) {
    e.u(1, 1);
    for (const delta of fields.refFrameDeltas) signed(e, 6, delta);
    e.u(4, 0);
  }
  e.u(2, fields.log2Partitions ?? 0);
  e.u(7, 50).u(5, 0);
  const { refreshGolden = 0, refreshAlternate = 0, signBias = [0, 0] } = fields;
  if (!key) {
    e.u(1, refreshGolden).u(1, refreshAlternate);
    if (!refreshGolden) e.u(2, fields.copyToGolden ?? 0);
    if (!refreshAlternate) e.u(2, fields.copyToAlternate ?? 0);
    e.u(1, signBias[0]).u(1, signBias[1]);
  }
  e.u(1, fields.refreshEntropy ?? 1);
  if (!key) e.u(1, fields.refreshLast ?? 1);
  updates(e, coeffUpdateProbs, 8, fields.coeff);
  e.u(1, fields.skip === undefined ? 0 : 1);
  if (fields.skip !== undefined) e.u(8, fields.skip);
  if (key) return e;
  e.u(8, 11).u(8, 22).u(8, 33);
  e.u(1, fields.yMode ? 1 : 0);
  for (const value of fields.yMode ?? []) e.u(8, value);
  e.u(1, 0);
  updates(e, mvUpdateProbs, 7, fields.mv);
  return e;
}

export function frameOf(fields: FrameFields): Uint8Array {
  const { key = false, show = 1, version = 0, width = 32, height = 16, scale = 0, partitions = [1] } = fields;
  const first = [...headerOf(fields).bytes(), 0, 0];
  const tag = (key ? 0 : 1) | (version << 1) | (show << 4) | (first.length << 5);
  const sizes = key ? [0x9d, 0x01, 0x2a, width & 255, (scale << 6) | (width >> 8), height & 255, height >> 8] : [];
  return Uint8Array.from([
    ...[tag & 255, (tag >> 8) & 255, tag >> 16],
    ...sizes,
    ...first,
    ...partitions.slice(0, -1).flatMap((size) => [size & 255, size >> 8, 0]),
    ...partitions.flatMap((size) => new Array<number>(size).fill(0x5a)),
  ]);
}

/** An IVF file of frames whose pts count from 0. */
export function ivfOf(frames: readonly Uint8Array[], fourcc = "VP80"): Uint8Array {
  const header = new Uint8Array(32);
  header.set(new TextEncoder().encode("DKIF"));
  header[6] = 32;
  header.set(new TextEncoder().encode(fourcc), 8);
  header[16] = header[20] = 1; // The time base; FFmpeg takes no file without one.
  const parts = frames.flatMap((frame, pts) => {
    const head = new DataView(new ArrayBuffer(12));
    head.setUint32(0, frame.length, true);
    head.setUint32(4, pts, true);
    return [new Uint8Array(head.buffer), frame];
  });
  return Uint8Array.from([header, ...parts].flatMap((part) => [...part]));
}
