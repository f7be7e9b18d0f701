import { decodePayload } from "../../uapi/control.ts";
import { fwhtControls, v4l2_ctrl_fwht_params } from "../../uapi/fwht.ts";
import type { Comparator } from "../comparator.ts";
import type { EffectiveRequest } from "../request.ts";
import { conditionsFwht } from "./conditions.ts";
import { translateTimestamps, viewFwht } from "./view.ts";

/** FWHT. */
export const fwht: Comparator = {
  codec: "fwht",
  view: viewFwht,
  rawPayload: translateTimestamps,
  conditions: conditionsFwht,
  pictureKey,
  orderCounts: [],
};

/** The size and the flags of a frame. */
function pictureKey(request: EffectiveRequest): string {
  const payload = request.controls.get("V4L2_CID_STATELESS_FWHT_PARAMS");
  if (!(payload instanceof Uint8Array) || payload.length !== v4l2_ctrl_fwht_params.size) return "";
  const { width, height, flags } = decodePayload(fwhtControls.V4L2_CID_STATELESS_FWHT_PARAMS, payload);
  return [width, height, flags].join(" ");
}
