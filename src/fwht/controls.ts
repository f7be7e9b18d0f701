/** Writes a header and the reference into the kernel's struct (linux/v4l2-controls.h), without side effects. */

import { setTimestamp } from "../session/timestamps.ts";
import { v4l2_ctrl_fwht_params } from "../uapi/fwht.ts";
import { draftPayload } from "../uapi/payload.ts";
import type { FrameHeader } from "./structures.ts";

/** It is a function because a constant would make a bundler pack all controls with a parser that is imported alone. */
const offsets = () => v4l2_ctrl_fwht_params.offsets;

/**
 * v4l2_ctrl_fwht_params: 40 bytes.
 *
 * @param reference the timestamp of the picture that a P frame is predicted from, in nanoseconds; 0 for an I frame.
 */
export function fwhtParams(header: FrameHeader, reference: number): Uint8Array {
  const o = offsets();
  const { payload, view, at } = draftPayload(v4l2_ctrl_fwht_params.size);
  setTimestamp(view, at + o.backward_ref_ts, reference);
  view.setUint32(at + o.version, header.version, true);
  view.setUint32(at + o.width, header.width, true);
  view.setUint32(at + o.height, header.height, true);
  view.setUint32(at + o.flags, header.flags, true);
  view.setUint32(at + o.colorspace, header.colorspace, true);
  view.setUint32(at + o.xfer_func, header.xfer_func, true);
  view.setUint32(at + o.ycbcr_enc, header.ycbcr_enc, true);
  view.setUint32(at + o.quantization, header.quantization, true);
  return payload;
}
