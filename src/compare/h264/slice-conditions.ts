import { crc32 } from "../../record/crc32.ts";
import { decodePayload } from "../../uapi/control.ts";
import {
  h264Controls,
  V4L2_H264_CTRL_PRED_WEIGHTS_REQUIRED,
  V4L2_H264_PPS_FLAG_WEIGHTED_PRED,
  V4L2_H264_SLICE_TYPE_B,
  V4L2_H264_SLICE_TYPE_P,
  V4L2_H264_SLICE_TYPE_SP,
  type v4l2_h264_reference,
} from "../../uapi/h264.ts";
import {
  type Condition,
  condition,
  conditionOfPeers,
  type Occurrence,
  type ReferenceEntry,
  type Side,
  sideAt,
} from "../comparator.ts";
import { timestampTexts } from "../judge.ts";
import { streamSlice } from "./headers.ts";
import { decodedFields, decodeParam, sinceIdr, slicesOfPicture } from "./history.ts";
import { nonExisting } from "./slice-view.ts";
import { nalUnits, sliceStarts, startCodeBytes } from "./slices.ts";
import { payloadOf } from "./view.ts";

/** A list entry's field: which list, and its place in it. */
function placeOf({ field }: Occurrence): { list: 0 | 1; index: number } | undefined {
  const [, list, index] = /ref_pic_list([01])\[(\d+)\]$/.exec(field) ?? [];
  return list === undefined ? undefined : { list: list === "0" ? 0 : 1, index: Number(index) };
}

/** The list entry that the occurrence is about, as a producer sent it, with the DPB entry that it points to. */
function referenceOf(
  occurrence: Occurrence,
  side: Side | undefined,
): { reference: v4l2_h264_reference; entry: ReferenceEntry | undefined } | undefined {
  const place = placeOf(occurrence);
  const payload = side && payloadOf(side.request, "SLICE_PARAMS");
  if (place === undefined || side === undefined || payload === undefined) return undefined;
  const { ref_pic_list0, ref_pic_list1 } = decodePayload(h264Controls.V4L2_CID_STATELESS_H264_SLICE_PARAMS, payload);
  const reference = (place.list === 0 ? ref_pic_list0 : ref_pic_list1)[place.index];
  return reference && { reference, entry: dpbOf(side).find(({ index }) => index === reference.index) };
}

function dpbOf(side: Side): readonly ReferenceEntry[] {
  return side.view.references.get("H264_DECODE_PARAMS.dpb[]") ?? [];
}

/** 7.3.3: whether the slice header has a pred_weight_table(). */
function hasWeights({ view, request }: Side): boolean {
  const [start] = sliceStarts(request);
  if (start === undefined) return false;
  const flags = view.fields.get("H264_PPS.flags.WEIGHTED_PRED") === 1 ? V4L2_H264_PPS_FLAG_WEIGHTED_PRED : 0;
  const pps = { flags, weighted_bipred_idc: Number(view.fields.get("H264_PPS.weighted_bipred_idc")) };
  return V4L2_H264_CTRL_PRED_WEIGHTS_REQUIRED(pps, start);
}

/** GStreamer finds the entry by its timestamp: the first one with that of its first picture, 0. */
function isFirstWithTimestamp0(occurrence: Occurrence): boolean {
  const { gst, history } = occurrence;
  const [ours, theirs] = [referenceOf(occurrence, occurrence.ours), referenceOf(occurrence, gst)];
  const first = gst && dpbOf(gst).find(({ picture }) => picture === "#0");
  const is0 = history.peers.gst?.at(0)?.request.timestamp === 0n;
  return is0 && first !== undefined && theirs?.entry === first && theirs.reference.fields === ours?.reference.fields;
}

/** In a frame: whether an operation of 8.2.4.3 that put this list entry, or one before it, names a picture that is not in the DPB. */
function isAfterMissing(occurrence: Occurrence): boolean {
  const { history, ours } = occurrence;
  const place = placeOf(occurrence);
  const h = streamSlice(history, ours)?.h;
  if (place === undefined || h === undefined || h.field_pic_flag === 1) return false;
  const operations = place.list === 0 ? h.ref_pic_list_modification_l0 : h.ref_pic_list_modification_l1;
  const MaxPicNum = 2 ** (Number(ours.view.fields.get("H264_SPS.log2_max_frame_num_minus4")) + 4);
  const has = (num: number, isLong: 0 | 1): boolean =>
    dpbOf(ours).some(({ fields }) => fields.get("pic_num") === num && fields.get("flags.LONG_TERM") === isLong);
  let picNumPred = h.frame_num;
  return operations.slice(0, place.index + 1).some((operation) => {
    if (operation.modification_of_pic_nums_idc === 2) return !has(operation.long_term_pic_num, 1);
    // (8-34) to (8-36)
    const absDiffPicNum = operation.abs_diff_pic_num_minus1 + 1;
    const change = operation.modification_of_pic_nums_idc === 0 ? -absDiffPicNum : absDiffPicNum;
    picNumPred = (picNumPred + change + MaxPicNum) % MaxPicNum;
    return !has(picNumPred > h.frame_num ? picNumPred - MaxPicNum : picNumPred, 0);
  });
}

/** Of a frame in the DPB only the field that was decoded second is still a reference. */
function hasOnlySecondField(occurrence: Occurrence): boolean {
  return dpbOf(occurrence.ours).some((entry) => {
    const [first, second] = decodedFields(occurrence, entry);
    return first !== undefined && second !== undefined && entry.fields.get("fields") === second;
  });
}

/** GStreamer's list has a field without an entry in its DPB array: index 255, but a parity. */
function namesUnlistedField(occurrence: Occurrence): boolean {
  const payload = occurrence.gst && payloadOf(occurrence.gst.request, "SLICE_PARAMS");
  if (payload === undefined) return false;
  const { ref_pic_list0, ref_pic_list1 } = decodePayload(h264Controls.V4L2_CID_STATELESS_H264_SLICE_PARAMS, payload);
  const list = placeOf(occurrence)?.list === 1 ? ref_pic_list1 : ref_pic_list0;
  return list.some(({ index, fields }) => index === 255 && (fields === 1 || fields === 2));
}

function isTooLongForGstreamer({ history, ours }: Occurrence): boolean {
  const h = streamSlice(history, ours)?.h;
  if (h === undefined) return false;
  const modifications = [h.ref_pic_list_modification_l0, h.ref_pic_list_modification_l1];
  return (h.dec_ref_pic_marking?.operations.length ?? 0) > 10 || modifications.some(({ length }) => length > 31);
}

/** GStreamer's request has the timestamp that it gave one of our pictures before. */
function isInPictureBefore({ history, ours, gst }: Occurrence): boolean {
  const timestamp = gst?.request.timestamp;
  const before = history.sides.slice(0, ours.request.index);
  return before.some(
    (side) =>
      side.request.timestamp !== ours.request.timestamp &&
      history.partner("gst", side)?.request.timestamp === timestamp,
  );
}

/** 7.4.1.2.4: the elements that are another's in the next frame, as far as DECODE_PARAMS has them. */
function hasNumbersOfRequestBefore({ history, ours }: Occurrence): boolean {
  const before = sideAt(history.sides, ours.request.index - 1);
  const names = ["frame_num", "idr_pic_id", "flags.IDR_PIC", "top_field_order_cnt", "bottom_field_order_cnt"];
  return before !== undefined && names.every((name) => decodeParam(before, name) === decodeParam(ours, name));
}

/** Our request of the picture's first slice. */
function firstSlice(occurrence: Occurrence): Side {
  return slicesOfPicture(occurrence)[0] ?? occurrence.ours;
}

function lastOfPictureBefore(occurrence: Occurrence): Side | undefined {
  return sideAt(occurrence.history.sides, firstSlice(occurrence).request.index - 1);
}

/** PFRAME or BFRAME of a producer that looks at no slice but the picture's first. */
function flagOfFirstSlice(occurrence: Occurrence): 0 | 1 {
  const type = sliceStarts(firstSlice(occurrence).request)[0]?.slice_type;
  const isP = type === V4L2_H264_SLICE_TYPE_P || type === V4L2_H264_SLICE_TYPE_SP;
  return (occurrence.field.endsWith("PFRAME") ? isP : type === V4L2_H264_SLICE_TYPE_B) ? 1 : 0;
}

/** nal_unit_type 2: sizes and checksums of the buffers with all those of the stream. @param prefix bytes of the start code. */
function dataPartitions(stream: Uint8Array, prefix: number): ReadonlySet<string> {
  const starts = nalUnits(stream);
  const keys = starts.flatMap((start, i) => {
    if (((stream[start] ?? 0) & 0x1f) !== 2) return [];
    let end = (starts[i + 1] ?? stream.length + 3) - 3;
    while (stream[end - 1] === 0) end--;
    return [`${end - start + prefix} ${crc32(stream.subarray(start - prefix, end))}`];
  });
  return new Set(keys);
}

/** What the rows of disagreements.json can ask about slice mode. */
export const sliceConditions = {
  pred_weight_table: condition("the slice header has a pred_weight_table()", ({ ours }) => hasWeights(ours)),
  "GStreamer's weights are zero": condition("GStreamer's table is zero from end to end", ({ gst }) => {
    const payload = gst && payloadOf(gst.request, "PRED_WEIGHTS");
    return payload?.every((byte) => byte === 0) ?? false;
  }),
  "no chroma": condition(
    "ChromaArrayType is 0",
    ({ ours }) =>
      ours.view.fields.get("H264_SPS.chroma_format_idc") === 0 ||
      ours.view.fields.get("H264_SPS.flags.SEPARATE_COLOUR_PLANE") === 1,
  ),
  "non-existing frame in a list": condition(
    'the list entry is a "non-existing" frame that a gap in frame_num made',
    ({ values }) => String(values.ours).startsWith(nonExisting),
  ),
  "first with timestamp 0": condition(
    "GStreamer's list entry points to the first DPB entry with the timestamp 0, with the same fields",
    isFirstWithTimestamp0,
  ),
  "field without DPB entry": condition(
    "since the last IDR picture, of a frame only the field that was decoded second was still a reference, and GStreamer's list has " +
      "a field whose frame is not in its DPB array",
    (occurrence) =>
      namesUnlistedField(occurrence) &&
      [...sinceIdr(occurrence), occurrence.ours].some((ours) => hasOnlySecondField({ ...occurrence, ours })),
  ),
  "modification without picture": condition(
    "an operation of 8.2.4.3 in the slice header that put this list entry, or one before it, names a picture that is not in the DPB",
    isAfterMissing,
  ),
  "slice after a prefix NAL unit": condition(
    "the slice is not the picture's first, and the picture has prefix NAL units (type 14)",
    (occurrence) => {
      const slices = slicesOfPicture(occurrence);
      return (
        slices[0] !== occurrence.ours &&
        slices.some((side) => streamSlice(occurrence.history, side)?.typesBefore.includes(14))
      );
    },
  ),
  "PPS without SPS": condition(
    "a PPS that stands before the picture's first slice refers to an SPS (type 7) that was not sent",
    (occurrence) => streamSlice(occurrence.history, firstSlice(occurrence))?.isAfterPpsWithoutSps ?? false,
  ),
  "GStreamer's flag of the first slice": condition(
    "GStreamer's flag says the type of the picture's first slice alone",
    (occurrence) => occurrence.values.gst === flagOfFirstSlice(occurrence),
  ),
  "FFmpeg's flag of the first slice": condition(
    "FFmpeg's flag says the type of the picture's first slice alone",
    (occurrence) => occurrence.values.ff === flagOfFirstSlice(occurrence),
  ),
  "long slice header": condition(
    "the slice header has more than 10 memory management or more than 31 list modification operations",
    isTooLongForGstreamer,
  ),
  "no slice at macroblock 0": condition("no slice of the picture has first_mb_in_slice 0", (occurrence) => {
    const all = slicesOfPicture(occurrence).flatMap(({ request }) => sliceStarts(request));
    // There is none where the bytes are not known.
    return all.length > 0 && all.every(({ first_mb_in_slice }) => first_mb_in_slice !== 0);
  }),
  "GStreamer has it in the picture before": condition(
    "the picture begins with another slice than that of macroblock 0, and GStreamer has the slice in the picture before",
    (occurrence) =>
      sliceStarts(firstSlice(occurrence).request)[0]?.first_mb_in_slice !== 0 && isInPictureBefore(occurrence),
  ),
  "begins with another slice": condition(
    "the picture begins with another slice than that of macroblock 0",
    (occurrence) => (sliceStarts(firstSlice(occurrence).request)[0]?.first_mb_in_slice ?? 0) !== 0,
  ),
  "GStreamer begins a picture at macroblock 0": condition(
    "GStreamer's request has another timestamp than the one before where first_mb_in_slice is 0, and the same elsewhere; ours where " +
      "frame_num or order count is another",
    (occurrence) => {
      const isNew = occurrence.values.ours === timestampTexts[0];
      if (isNew === hasNumbersOfRequestBefore(occurrence)) return false;
      const [start] = sliceStarts(occurrence.ours.request);
      if (start === undefined) return false;
      return occurrence.values.gst === timestampTexts[start.first_mb_in_slice === 0 ? 0 : 1];
    },
  ),
  "value of the picture before": condition(
    "GStreamer's value is that of the picture before",
    (occurrence) => lastOfPictureBefore(occurrence)?.view.fields.get(occurrence.field) === occurrence.values.gst,
  ),
  "value of the first slice": condition(
    "the slice refers to another PPS than the picture's first, and GStreamer's value is that of the first",
    (occurrence) => {
      const first = firstSlice(occurrence);
      const id = "H264_PPS.pic_parameter_set_id";
      return (
        first.view.fields.get(id) !== occurrence.ours.view.fields.get(id) &&
        first.view.fields.get(occurrence.field) === occurrence.values.gst
      );
    },
  ),
  "size of slice_group_change_cycle": condition(
    "GStreamer's value is ours without slice_group_change_cycle",
    ({ history, ours, values }) => {
      const bits = streamSlice(history, ours)?.changeCycleBits ?? 0;
      return bits > 0 && Number(values.ours) - Number(values.gst) === bits;
    },
  ),
  "slice data partition": conditionOfPeers(
    "GStreamer's buffer is slice data partition A (nal_unit_type 2)",
    ({ history, gst }) =>
      gst !== undefined &&
      dataPartitions(history.stream, startCodeBytes(gst.request)).has(`${gst.request.bytes} ${gst.request.crc32}`),
  ),
} as const satisfies Record<string, Condition>;
