import { decodePayload } from "../../uapi/control.ts";
import { v4l2_ctrl_vp9_frame, vp9Controls } from "../../uapi/vp9.ts";
import type { Comparator } from "../comparator.ts";
import type { EffectiveRequest } from "../request.ts";
import { conditionsVp9 } from "./conditions.ts";
import { translateTimestamps, viewVp9 } from "./view.ts";

/** VP9. */
export const vp9: Comparator = {
  codec: "vp9",
  view: viewVp9,
  rawPayload: translateTimestamps,
  conditions: conditionsVp9,
  pictureKey,
  orderCounts: [],
};

/** The sizes of the frame's headers, and its quantiser. */
function pictureKey(request: EffectiveRequest): string {
  const payload = request.controls.get("V4L2_CID_STATELESS_VP9_FRAME");
  if (!(payload instanceof Uint8Array) || payload.length !== v4l2_ctrl_vp9_frame.size) return "";
  const frame = decodePayload(vp9Controls.V4L2_CID_STATELESS_VP9_FRAME, payload);
  const { compressed_header_size, uncompressed_header_size, quant, flags } = frame;
  return [compressed_header_size, uncompressed_header_size, quant.base_q_idx, flags].join(" ");
}
