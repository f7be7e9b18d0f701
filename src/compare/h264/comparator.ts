import { decodePayload } from "../../uapi/control.ts";
import {
  h264Controls,
  V4L2_H264_DECODE_PARAM_FLAG_BOTTOM_FIELD,
  V4L2_H264_DECODE_PARAM_FLAG_FIELD_PIC,
  V4L2_H264_DECODE_PARAM_FLAG_IDR_PIC,
} from "../../uapi/h264.ts";
import type { Comparator } from "../comparator.ts";
import type { EffectiveRequest } from "../request.ts";
import { conditionsH264 } from "./conditions.ts";
import { streamSlice } from "./headers.ts";
import { payloadOf, translateTimestamps, viewH264 } from "./view.ts";

/** H.264 in both decode modes. */
export const h264: Comparator = {
  codec: "h264",
  view: viewH264,
  rawPayload: translateTimestamps,
  conditions: conditionsH264,
  pictureKey,
  sliceKey,
  listsReferences: true,
  beforeForget: (history, ours) => void streamSlice(history, ours),
  joinsRequests: true,
  orderCounts: [
    "H264_DECODE_PARAMS.top_field_order_cnt",
    "H264_DECODE_PARAMS.bottom_field_order_cnt",
    "H264_DECODE_PARAMS.dpb[].top_field_order_cnt",
    "H264_DECODE_PARAMS.dpb[].bottom_field_order_cnt",
  ],
};

/** The numbers of 7.4.3, which do not depend on how a producer counts pictures. */
function pictureKey(request: EffectiveRequest): string {
  const payload = payloadOf(request, "DECODE_PARAMS");
  if (payload === undefined) return "";
  const params = decodePayload(h264Controls.V4L2_CID_STATELESS_H264_DECODE_PARAMS, payload);
  const flags =
    params.flags &
    (V4L2_H264_DECODE_PARAM_FLAG_IDR_PIC |
      V4L2_H264_DECODE_PARAM_FLAG_FIELD_PIC |
      V4L2_H264_DECODE_PARAM_FLAG_BOTTOM_FIELD);
  const { nal_ref_idc, frame_num, pic_order_cnt_lsb } = params;
  return [flags, nal_ref_idc, frame_num, pic_order_cnt_lsb].join(" ");
}

function sliceKey(request: EffectiveRequest): string {
  const payload = payloadOf(request, "SLICE_PARAMS");
  if (payload === undefined) return "";
  const { first_mb_in_slice, colour_plane_id } = decodePayload(
    h264Controls.V4L2_CID_STATELESS_H264_SLICE_PARAMS,
    payload,
  );
  return `${first_mb_in_slice} ${colour_plane_id}`;
}
