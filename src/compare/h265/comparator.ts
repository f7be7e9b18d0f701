import { decodePayload } from "../../uapi/control.ts";
import { hevcControls } from "../../uapi/h265.ts";
import type { Comparator } from "../comparator.ts";
import type { EffectiveRequest } from "../request.ts";
import { conditionsH265 } from "./conditions.ts";
import { segmentsOf } from "./headers.ts";
import { payloadOf, translateTimestamps, viewH265 } from "./view.ts";

/** H.265 in both decode modes. */
export const h265: Comparator = {
  codec: "h265",
  view: viewH265,
  rawPayload: translateTimestamps,
  conditions: conditionsH265,
  pictureKey,
  sliceKey,
  listsReferences: true,
  beforeForget: (history, ours) => void segmentsOf(history, ours),
  joinsRequests: true,
  orderCounts: [
    "HEVC_DECODE_PARAMS.pic_order_cnt_val",
    "HEVC_DECODE_PARAMS.dpb[].pic_order_cnt_val",
    "HEVC_SLICE_PARAMS[].slice_pic_order_cnt",
  ],
};

/** The low bits of the order count, which are those of slice_pic_order_cnt_lsb, and the kind of picture. */
function pictureKey(request: EffectiveRequest): string {
  const payload = payloadOf(request, "DECODE_PARAMS");
  if (payload === undefined) return "";
  const params = decodePayload(hevcControls.V4L2_CID_STATELESS_HEVC_DECODE_PARAMS, payload);
  return `${params.pic_order_cnt_val & 0xffff} ${params.flags}`;
}

/** Of a picture's slices the first one. */
function sliceKey(request: EffectiveRequest): string {
  const payload = payloadOf(request, "SLICE_PARAMS");
  if (payload === undefined) return "";
  const [first] = decodePayload(hevcControls.V4L2_CID_STATELESS_HEVC_SLICE_PARAMS, payload);
  return first === undefined ? "" : `${first.slice_segment_addr}`;
}
