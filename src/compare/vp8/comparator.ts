import { decodePayload } from "../../uapi/control.ts";
import { v4l2_ctrl_vp8_frame, vp8Controls } from "../../uapi/vp8.ts";
import type { Comparator } from "../comparator.ts";
import type { EffectiveRequest } from "../request.ts";
import { conditionsVp8 } from "./conditions.ts";
import { translateTimestamps, viewVp8 } from "./view.ts";

/** VP8. */
export const vp8: Comparator = {
  codec: "vp8",
  view: viewVp8,
  rawPayload: translateTimestamps,
  conditions: conditionsVp8,
  pictureKey,
  orderCounts: [],
};

/** The sizes of the frame's parts. */
function pictureKey(request: EffectiveRequest): string {
  const payload = request.controls.get("V4L2_CID_STATELESS_VP8_FRAME");
  if (!(payload instanceof Uint8Array) || payload.length !== v4l2_ctrl_vp8_frame.size) return "";
  const { width, height, first_part_size, dct_part_sizes } = decodePayload(
    vp8Controls.V4L2_CID_STATELESS_VP8_FRAME,
    payload,
  );
  return [width, height, first_part_size, ...dct_part_sizes].join(" ");
}
