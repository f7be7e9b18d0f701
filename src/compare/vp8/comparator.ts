import { vp8Controls } from "../../uapi/vp8.ts";
import type { Comparator } from "../comparator.ts";
import { decodedControl } from "../payloads.ts";
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
  const frame = decodedControl(request, vp8Controls.V4L2_CID_STATELESS_VP8_FRAME);
  if (frame === undefined) return "";
  const { width, height, first_part_size, dct_part_sizes } = frame;
  return [width, height, first_part_size, ...dct_part_sizes].join(" ");
}
