import { mpeg2Controls } from "../../uapi/mpeg2.ts";
import type { Comparator } from "../comparator.ts";
import { decodedControl } from "../payloads.ts";
import type { EffectiveRequest } from "../request.ts";
import { conditionsMpeg2 } from "./conditions.ts";
import { translateTimestamps, viewMpeg2 } from "./view.ts";

/** MPEG-2. */
export const mpeg2: Comparator = {
  codec: "mpeg2",
  view: viewMpeg2,
  rawPayload: translateTimestamps,
  conditions: conditionsMpeg2,
  pictureKey,
  joinsRequests: true,
  orderCounts: [],
};

/** The picture's header. Many pictures have the same one: order decides among them. */
function pictureKey(request: EffectiveRequest): string {
  const picture = decodedControl(request, mpeg2Controls.V4L2_CID_STATELESS_MPEG2_PICTURE);
  if (picture === undefined) return "";
  const { picture_coding_type, picture_structure, f_code } = picture;
  return [picture_coding_type, picture_structure, ...f_code.flat()].join(" ");
}
