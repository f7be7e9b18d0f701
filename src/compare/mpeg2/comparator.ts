import { decodePayload } from "../../uapi/control.ts";
import { mpeg2Controls, v4l2_ctrl_mpeg2_picture } from "../../uapi/mpeg2.ts";
import type { Comparator } from "../comparator.ts";
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
  orderCounts: [],
};

/** The picture's header. Many pictures have the same one: order decides among them. */
function pictureKey(request: EffectiveRequest): string {
  const payload = request.controls.get("V4L2_CID_STATELESS_MPEG2_PICTURE");
  if (!(payload instanceof Uint8Array) || payload.length !== v4l2_ctrl_mpeg2_picture.size) return "";
  const picture = decodePayload(mpeg2Controls.V4L2_CID_STATELESS_MPEG2_PICTURE, payload);
  const { picture_coding_type, picture_structure, f_code } = picture;
  return [picture_coding_type, picture_structure, ...f_code.flat()].join(" ");
}
