import { vp9Controls } from "../../uapi/vp9.ts";
import type { Comparator } from "../comparator.ts";
import { decodedControl } from "../payloads.ts";
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
  const frame = decodedControl(request, vp9Controls.V4L2_CID_STATELESS_VP9_FRAME);
  if (frame === undefined) return "";
  const { compressed_header_size, uncompressed_header_size, quant, flags } = frame;
  return [compressed_header_size, uncompressed_header_size, quant.base_q_idx, flags].join(" ");
}
