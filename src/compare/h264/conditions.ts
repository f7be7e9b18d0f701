import { sameBytes } from "../../framing/bytes.ts";
import { V4L2_H264_SLICE_TYPE_SP } from "../../uapi/h264.ts";
import { variantOf } from "../align.ts";
import { type Condition, condition, conditionOfPeers, type Side, sideAt } from "../comparator.ts";
import { peers } from "../request.ts";
import {
  decodedFields,
  decodeParam,
  entryFlag,
  followsUnpairedField,
  gapSinceIdr,
  hasLongDelta,
  hasMmco5,
  isAsDecoded,
  isField,
  isJoinedBy,
  isOutOfOrder,
  isSecondField,
  joinedSinceIdr,
  lastValue,
  lostSinceIdr,
  nextPicture,
  ofFieldToCome,
  referenced,
  restarted,
  sameBuffer,
  showsRestart,
  sinceIdr,
  slicesOfPicture,
  splitSinceIdr,
} from "./history.ts";
import { sliceConditions } from "./slice-conditions.ts";
import { hasUnit, sliceGroupsOf, sliceStarts, typesAfter } from "./slices.ts";
import { payloadOf } from "./view.ts";

function maxPicOrderCntLsb({ view }: Side): number {
  return 2 ** (Number(view.fields.get("H264_SPS.log2_max_pic_order_cnt_lsb_minus4")) + 4);
}

/** What the rows of disagreements.json can ask about H.264. */
export const conditionsH264 = {
  ...sliceConditions,
  "IDR picture": condition("the picture is an IDR picture", ({ ours }) => decodeParam(ours, "flags.IDR_PIC") === 1),
  field_pic: condition("field_pic_flag is 1", ({ ours }) => isField(ours)),
  "second field": condition("the picture is the second field of a frame", isSecondField),
  "nal_ref_idc 0": condition("nal_ref_idc is 0", ({ ours }) => decodeParam(ours, "nal_ref_idc") === 0),
  "pic_order_cnt_type 0": condition(
    "pic_order_cnt_type is 0",
    ({ ours }) => ours.view.fields.get("H264_SPS.pic_order_cnt_type") === 0,
  ),
  "field to come": condition("the order count is that of a field which is not decoded yet", ofFieldToCome),
  "no scaling lists": condition(
    "neither SPS nor PPS has scaling lists",
    ({ ours }) => ours.view.fields.get("H264_PPS.flags.SCALING_MATRIX_PRESENT") === 0,
  ),
  "FFmpeg sends lists": condition(
    "FFmpeg sends scaling lists",
    ({ ff }) => ff?.view.fields.get("H264_SCALING_MATRIX.scaling_list_4x4[0][]") !== "none",
  ),
  "flat list": condition("FFmpeg's list is flat: all 16", ({ values }) => /^\d+×16$/.test(String(values.ff))),
  "list without use": condition(
    "it is an 8x8 list of Cb or Cr without chroma_format_idc 3",
    ({ ours }) => ours.view.fields.get("H264_SPS.chroma_format_idc") !== 3,
  ),
  "long-term entry": condition("the reference is a long-term one", ({ entries }) =>
    entryFlag(entries.ours, "LONG_TERM"),
  ),
  "non-existing frame": condition(
    'the entry is a "non-existing" frame that a gap in frame_num made',
    ({ entries }) => entries.ours?.picture === "none",
  ),
  "GStreamer's first picture": condition(
    "GStreamer sends the timestamp 0, which is that of its first picture",
    ({ entries, history }) => {
      const first = history.peers.gst?.at(0)?.request;
      return first?.timestamp === 0n && entries.gst?.picture === "#0";
    },
  ),
  "gap in frame_num": condition("there was a gap in frame_num since the last IDR picture", (occurrence) =>
    gapSinceIdr(occurrence),
  ),
  "gap before a field": condition("a field closed a gap in frame_num since the last IDR picture", (occurrence) =>
    gapSinceIdr(occurrence, isField),
  ),
  "gap before a non-reference picture": condition(
    "a picture with nal_ref_idc 0 closed a gap in frame_num since the last IDR picture",
    (occurrence) => gapSinceIdr(occurrence, (side) => decodeParam(side, "nal_ref_idc") === 0),
  ),
  "GStreamer has too many references": condition(
    "GStreamer's DPB has more than max_num_ref_frames reference frames",
    ({ ours, gst }) => {
      const entries = gst?.view.references.get("H264_DECODE_PARAMS.dpb[]")?.length ?? 0;
      return entries > Math.max(Number(ours.view.fields.get("H264_SPS.max_num_ref_frames")), 1);
    },
  ),
  "gaps allowed": condition(
    "gaps_in_frame_num_value_allowed_flag is 1",
    ({ ours }) => ours.view.fields.get("H264_SPS.flags.GAPS_IN_FRAME_NUM_VALUE_ALLOWED") === 1,
  ),
  "FFmpeg's value before MMCO 5": condition(
    "FFmpeg's value is the order count that it sent with the picture itself",
    (occurrence) => {
      const { entries, history, field, values } = occurrence;
      const picture = referenced(occurrence, entries.ours);
      const theirs = picture && history.partner("ff", picture);
      const name = field.replace("H264_DECODE_PARAMS.dpb[].", "");
      return theirs !== undefined && decodeParam(theirs, name) === values.ff;
    },
  ),
  "picture with MMCO 5": condition("the entry's picture had memory_management_control_operation 5", restarted),
  "MMCO 5 since the IDR picture": condition(
    "a picture since the last IDR picture had memory_management_control_operation 5",
    (occurrence) => [...sinceIdr(occurrence), occurrence.ours].some((side) => showsRestart(occurrence, side)),
  ),
  "whole periods away": condition(
    "FFmpeg's value, less its 65536, is ours and a multiple of MaxPicOrderCntLsb",
    ({ ours, values }) => (Number(values.ff) - Number(values.ours)) % maxPicOrderCntLsb(ours) === 0,
  ),
  "only the second field": condition("only the field that was decoded second is still a reference", (occurrence) => {
    const [first, second] = decodedFields(occurrence, occurrence.entries.ours);
    return first !== undefined && second !== undefined && occurrence.entries.ours?.fields.get("fields") === second;
  }),
  "GStreamer has both fields": condition("GStreamer's value is 3, both fields", ({ values }) => values.gst === 3),
  "the peer sends 0": condition("the peers' values are 0", ({ values }) =>
    peers.every((peer) => values[peer] === undefined || values[peer] === 0),
  ),
  "FFmpeg's entry is as decoded": condition(
    "FFmpeg's entry, if it has one, names a picture, with the frame_num and the order counts that FFmpeg sent with that picture",
    (occurrence) => isAsDecoded(occurrence, "ff"),
  ),
  "only GStreamer has it": condition("only GStreamer has the entry", ({ values }) => values.ours === "absent"),
  "GStreamer's multiple of MaxPicOrderCntLsb": condition(
    "GStreamer's value is a multiple of MaxPicOrderCntLsb",
    ({ ours, values }) => Number(values.gst) % maxPicOrderCntLsb(ours) === 0,
  ),
  "GStreamer's 0": condition("GStreamer's value is 0", ({ values }) => values.gst === 0),
  "one field of two": condition("only one of the two fields is still a reference", (occurrence) => {
    const { ours } = occurrence.entries;
    return decodedFields(occurrence, ours).length === 2 && ours?.fields.get("fields") !== 3;
  }),
  "last picture's": condition("FFmpeg's value is that of the picture before which had the element", (occurrence) => {
    const name = occurrence.field.replace("H264_DECODE_PARAMS.", "");
    const had = name === "idr_pic_id" ? "flags.IDR_PIC" : "nal_ref_idc";
    return occurrence.values.ff === lastValue(occurrence, name, (side) => Number(decodeParam(side, had)) !== 0);
  }),
  "frame_num not wrapped": condition(
    "FFmpeg's value is the entry's frame_num",
    ({ values, entries }) => values.ff === entries.ff?.fields.get("frame_num"),
  ),
  "PicNum of its frame or other field": condition(
    "FFmpeg's value is the entry's frame_num, or the PicNum (8-30, 8-31) of the frame's other field",
    ({ values: { ff, ours }, entries }) =>
      ff === entries.ff?.fields.get("frame_num") ||
      (typeof ff === "number" && typeof ours === "number" && (ff ^ ours) === 1),
  ),
  "both fields": condition(
    "the entry is referenced with both fields",
    ({ entries }) => entries.ours?.fields.get("fields") === 3,
  ),
  "SP slices": condition("the picture has SP slices", ({ ours }) =>
    sliceStarts(ours.request).some(({ slice_type }) => slice_type === V4L2_H264_SLICE_TYPE_SP),
  ),
  "transform_8x8_mode_flag 0": condition(
    "transform_8x8_mode_flag is 0: no 8x8 list is used",
    ({ ours }) => ours.view.fields.get("H264_PPS.flags.TRANSFORM_8X8_MODE") === 0,
  ),
  "slices of several types": condition("the picture's slices are of several types", (occurrence) => {
    const starts = slicesOfPicture(occurrence).flatMap(({ request }) => sliceStarts(request));
    return new Set(starts.map(({ slice_type }) => slice_type)).size > 1;
  }),
  "GStreamer lost a picture": condition("GStreamer left out a picture since the last IDR picture", (occurrence) =>
    lostSinceIdr(occurrence, "gst"),
  ),
  "FFmpeg lost a picture": condition("FFmpeg left out a picture since the last IDR picture", (occurrence) =>
    lostSinceIdr(occurrence, "ff"),
  ),
  "FFmpeg split a field pair": condition(
    "FFmpeg took the fields of a frame since the last IDR picture for two frames",
    splitSinceIdr,
  ),
  "after an unpaired field": condition(
    "the picture before the frame is a non-reference field without a second one",
    followsUnpairedField,
  ),
  "no second field": condition(
    "a peer takes the field for the second of a frame, and it is none (3.30)",
    (occurrence) => peers.some((peer) => isJoinedBy(occurrence, peer)),
  ),
  "MMCO 5": condition("the picture has memory_management_control_operation 5", hasMmco5),
  "GStreamer joined two fields": condition(
    "GStreamer took two fields since the last IDR picture for a frame that are none (3.30)",
    (occurrence) => joinedSinceIdr(occurrence, "gst"),
  ),
  "FFmpeg's request before": condition(
    "FFmpeg's request has the same OUTPUT buffer and timestamp as the one before",
    ({ ff, history }) => {
      const before = ff && sideAt(history.peers.ff, ff.request.index - 1)?.request;
      return (
        ff !== undefined &&
        before !== undefined &&
        sameBuffer(before, ff.request) &&
        before.timestamp === ff.request.timestamp
      );
    },
  ),
  "slice extension taken for a slice": conditionOfPeers(
    "a coded slice extension (nal_unit_type 20) comes after the picture, and the stream has no subset SPS (15); or the stream has no other coded slices",
    ({ ours, history: { stream } }) =>
      hasUnit(stream, 20) &&
      (![1, 2, 5].some((type) => hasUnit(stream, type)) ||
        (!hasUnit(stream, 15) && typesAfter(stream, ours.request).includes(20))),
  ),
  separate_colour_plane_flag: condition(
    "separate_colour_plane_flag is 1",
    ({ ours }) => ours.view.fields.get("H264_SPS.flags.SEPARATE_COLOUR_PLANE") === 1,
  ),
  "several slice groups": condition("num_slice_groups_minus1 of the PPS is not 0", ({ ours, history }) => {
    const id = Number(ours.view.fields.get("H264_PPS.pic_parameter_set_id"));
    const value = Number(ours.view.fields.get("H264_PPS.num_slice_groups_minus1"));
    return value !== 0 && sliceGroupsOf(history.stream, id).has(value);
  }),
  "arbitrary slice order": condition(
    "a picture since the last IDR picture, or the next one, has slices in arbitrary order (ASO): first_mb_in_slice is not ascending",
    (occurrence) =>
      [...sinceIdr(occurrence), occurrence.ours, ...nextPicture(occurrence)].some((side) => isOutOfOrder(side)),
  ),
  "earlier SPS": condition("GStreamer's SPS is one which was active before", ({ gst, history, ours }) => {
    const theirs = gst && payloadOf(gst.request, "SPS");
    return (
      theirs !== undefined &&
      history.sides.slice(0, ours.request.index).some(({ request }) => {
        const before = payloadOf(request, "SPS");
        return before !== undefined && sameBytes(before, theirs);
      })
    );
  }),
  "long delta_pic_order_cnt": condition(
    "a delta_pic_order_cnt of the picture, or of the entry's picture, is 2^24 or more",
    (occurrence) =>
      [referenced(occurrence, occurrence.entries.ours), occurrence.ours].some(
        (side) => side !== undefined && hasLongDelta(side),
      ),
  ),
  "field pair": condition(
    "the entry's picture is a complementary field pair",
    (occurrence) => decodedFields(occurrence, occurrence.entries.ours).length === 2,
  ),
  "FFmpeg has the second field": condition(
    "FFmpeg's entry has only the field that was decoded second",
    (occurrence) => decodedFields(occurrence, occurrence.entries.ours)[1] === occurrence.values.ff,
  ),
  "more zero bytes": condition(
    "FFmpeg's buffer is ours with the zero bytes that follow the slices in the stream",
    ({ ours, ff }) => ff !== undefined && variantOf(ours.request, ff.request) === "zeros",
  ),
  "GStreamer has fewer slices": condition(
    "GStreamer's buffer has only some of the picture's slices",
    ({ ours, gst }) => gst !== undefined && variantOf(ours.request, gst.request) === "slices",
  ),
  "FFmpeg has fewer slices": condition(
    "FFmpeg's buffer has only some of the picture's slices",
    ({ ours, ff }) => ff !== undefined && variantOf(ours.request, ff.request) === "slices",
  ),
} as const satisfies Record<string, Condition>;
