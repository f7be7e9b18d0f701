import { fwhtControls } from "../../uapi/fwht.ts";
import type { Comparator } from "../comparator.ts";
import { decodedControl } from "../payloads.ts";
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
  const params = decodedControl(request, fwhtControls.V4L2_CID_STATELESS_FWHT_PARAMS);
  return params === undefined ? "" : [params.width, params.height, params.flags].join(" ");
}
