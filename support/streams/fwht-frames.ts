/** Makes FWHT frames from a few fields. What is not named is that of a small I frame in YUV 4:2:0. */

import {
  V4L2_FWHT_FL_CHROMA_FULL_HEIGHT,
  V4L2_FWHT_FL_CHROMA_FULL_WIDTH,
  V4L2_FWHT_FL_COMPONENTS_NUM_OFFSET,
  V4L2_FWHT_FL_I_FRAME,
  V4L2_FWHT_FL_PIXENC_YUV,
} from "../../src/uapi/index.ts";

export interface FwhtFields {
  /** A P frame. */
  readonly p?: boolean;
  readonly version?: number;
  readonly width?: number;
  readonly height?: number;
  readonly components?: number;
  readonly encoding?: number;
  /** Chroma has so many samples less: 2 is half. */
  readonly across?: 1 | 2;
  readonly down?: 1 | 2;
  /** Other bits of the flags. */
  readonly flags?: number;
  /** colorspace, xfer_func, ycbcr_enc, quantization. */
  readonly colour?: readonly [number, number, number, number];
  /** Bytes of data, and how many the header says. */
  readonly data?: number;
  readonly size?: number;
}

/** The flags of a header. */
export function flagsOf(fields: FwhtFields): number {
  const { p = false, components = 3, encoding = V4L2_FWHT_FL_PIXENC_YUV, across = 2, down = 2, flags = 0 } = fields;
  return (
    (flags |
      encoding |
      ((components - 1) << V4L2_FWHT_FL_COMPONENTS_NUM_OFFSET) |
      (p ? 0 : V4L2_FWHT_FL_I_FRAME) |
      (across === 1 ? V4L2_FWHT_FL_CHROMA_FULL_WIDTH : 0) |
      (down === 1 ? V4L2_FWHT_FL_CHROMA_FULL_HEIGHT : 0)) >>>
    0
  );
}

/** A frame: its header, and data that no decoder would take. */
export function fwhtFrame(fields: FwhtFields = {}): Uint8Array {
  const { version = 3, width = 32, height = 16, colour = [0, 0, 0, 0], data = 12, size = data } = fields;
  const frame = new Uint8Array(44 + data).fill(0x5a);
  const view = new DataView(frame.buffer);
  for (const [i, value] of [
    ...[0x4f4f4f4f, 0xffffffff, version, width, height, flagsOf(fields)],
    ...[...colour, size],
  ].entries()) {
    view.setUint32(4 * i, value);
  }
  return frame;
}
