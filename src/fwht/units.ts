/** A frame's bytes: a header, and the data that a decoder gets. */

import { BitReader, type Trace } from "../bitreader/index.ts";
import { V4L2_FWHT_FL_I_FRAME } from "../uapi/fwht.ts";
import { viewOf } from "../uapi/struct.ts";
import { FRAME_HEADER_BYTES } from "./tables.ts";

const FLAGS_BYTE = 20;

/** `"I frame"` or `"P frame"`, by the flags in its header; `"frame"` where they are cut off. */
export function unitName(frame: Uint8Array): string {
  if (frame.length < FLAGS_BYTE + 4) return "frame";
  return (viewOf(frame).getUint32(FLAGS_BYTE) & V4L2_FWHT_FL_I_FRAME) === 0 ? "P frame" : "I frame";
}

/** A reader for a frame's bytes. */
export function frameReader(frame: Uint8Array, trace: Trace | undefined): BitReader {
  return new BitReader(frame, { emulationPrevention: false, unit: unitName(frame), trace });
}

/** What of a frame goes into the OUTPUT buffer: all but its header, whose fields the control has. */
export function frameData(frame: Uint8Array): Uint8Array {
  return frame.subarray(FRAME_HEADER_BYTES);
}
