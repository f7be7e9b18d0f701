import { sameBytes } from "../../framing/bytes.ts";
import { CRA_NUT } from "../../h265/nal-types.ts";
import { V4L2_HEVC_SLICE_TYPE_I } from "../../uapi/h265.ts";
import { variantOf } from "../align.ts";
import { type Condition, condition, type Occurrence, type Side, sideAt } from "../comparator.ts";
import { listOf, type Value } from "../values.ts";
import { type Segment, segmentsOf } from "./headers.ts";
import {
  elementOf,
  missesReference,
  segmentOf,
  sinceStart,
  sliceField,
  startsSequence,
  valueBeforeOfFfmpeg,
} from "./history.ts";
import { payloadOf } from "./view.ts";

/** 7.4.2: those among the bytes before slice_segment_data(). */
function emulationPreventionBytes({ unit, h }: Segment): number {
  const header = unit.subarray(0, h.slice_data_byte_offset);
  return header.filter((byte, i) => byte === 3 && header[i - 1] === 0 && header[i - 2] === 0).length;
}

/** Each peer's offset is ours without the emulation prevention bytes; FFmpeg's counts from the buffer's beginning. */
function isWithoutEmulationPrevention(occurrence: Occurrence): boolean {
  const segment = segmentOf(occurrence);
  if (segment === undefined) return false;
  const missing = emulationPreventionBytes(segment);
  const { gst, ff } = occurrence.values;
  const expected = Number(occurrence.values.ours) - missing;
  const isFfmpegs = ff === undefined || ff === expected + segment.offset;
  return missing > 0 && (gst === undefined || gst === expected) && isFfmpegs;
}

/** The set of an EXT_SPS_ST_RPS element, and the one that it is predicted from: in an SPS the one before (7-59). */
function stRefPicSets({ field, ours, history }: Occurrence) {
  const index = Number(/^HEVC_EXT_SPS_ST_RPS\[(\d+)\]/.exec(field)?.[1]);
  const sets = segmentsOf(history, ours)[0]?.sps.st_ref_pic_set;
  return { set: sets?.[index], ref: sets?.[index - 1] };
}

/** The bits of use_delta_flag that belong to no picture of the set are 1 in GStreamer's 16: the value inferred for an absent flag. */
function hasFlagsOfNoPicture(occurrence: Occurrence): boolean {
  const { set, ref } = stRefPicSets(occurrence);
  if (set === undefined) return false;
  const coded = set.inter_ref_pic_set_prediction_flag ? (ref?.NumDeltaPocs ?? 0) + 1 : 0;
  return Number(occurrence.values.gst) === Number(occurrence.values.ours) + 2 ** 16 - 2 ** Math.min(coded, 16);
}

function isDerivedCount(occurrence: Occurrence): boolean {
  const { set } = stRefPicSets(occurrence);
  if (!set?.inter_ref_pic_set_prediction_flag) return false;
  return (
    occurrence.values.gst ===
    (occurrence.field.endsWith("num_negative_pics") ? set.NumNegativePics : set.NumPositivePics)
  );
}

/** GStreamer's value differs from ours in places only that stand for no picture of the set. */
function isBeyondSet(occurrence: Occurrence): boolean {
  const { set, ref } = stRefPicSets(occurrence);
  if (set === undefined) return false;
  const { field, values } = occurrence;
  const isPredicted = set.inter_ref_pic_set_prediction_flag === 1;
  if (field.endsWith(".used_by_curr_pic")) {
    const pictures = isPredicted ? (ref?.NumDeltaPocs ?? 0) + 1 : set.NumDeltaPocs;
    return (Number(values.gst) - Number(values.ours)) % 2 ** pictures === 0;
  }
  const [, side] = /[.]delta_poc_s([01])_minus1\[\]$/.exec(field) ?? [];
  if (side === undefined) return false;
  const pictures = isPredicted ? 0 : side === "0" ? set.NumNegativePics : set.NumPositivePics;
  const [ours, gst] = [listOf(values.ours), listOf(values.gst)];
  return ours.slice(0, pictures).every((number, i) => number === gst[i]);
}

/** GStreamer's value of sub-layer 0, and which it is. */
function isOfSubLayer0(occurrence: Occurrence): boolean {
  const sps = segmentOf(occurrence)?.sps;
  if (sps === undefined || sps.sps_max_sub_layers_minus1 === 0) return false;
  const name = occurrence.field.replace("HEVC_SPS.", "");
  if (name !== "sps_max_dec_pic_buffering_minus1" && name !== "sps_max_num_reorder_pics") return false;
  return occurrence.values.gst === sps[name][0];
}

/** The SPS with this id was another one before, and GStreamer's value is that of its request before. */
function isOfEarlierSps({ field, values, ours, gst, history }: Occurrence): boolean {
  const id = "HEVC_SPS.seq_parameter_set_id";
  const now = payloadOf(ours.request, "SPS");
  const isOther = ({ view, request }: Side): boolean => {
    const payload = payloadOf(request, "SPS");
    const isSameId = view.fields.get(id) === ours.view.fields.get(id);
    return isSameId && payload !== undefined && now !== undefined && !sameBytes(payload, now);
  };
  const before = sideAt(history.peers.gst, (gst?.request.index ?? 0) - 1);
  const isChanged = history.sides.slice(0, ours.request.index).some(isOther);
  return isChanged && before?.view.fields.get(field) === values.gst;
}

/** In the slice header, not in the SPS. */
function codedSet(occurrence: Occurrence) {
  const h = segmentOf(occurrence)?.h;
  return h?.short_term_ref_pic_set_sps_flag ? null : (h?.st_ref_pic_set ?? null);
}

/** FFmpeg's value in the last picture whose slice header has a predicted set. */
function lastPredictedOfFfmpeg(occurrence: Occurrence) {
  const { history, ours, field } = occurrence;
  const sides = history.sides.slice(0, ours.request.index);
  const hasPredicted = (side: Side): boolean => {
    const h = segmentsOf(history, side)[0]?.h;
    return !h?.short_term_ref_pic_set_sps_flag && h?.st_ref_pic_set?.inter_ref_pic_set_prediction_flag === 1;
  };
  const last = sides.filter(hasPredicted).at(-1);
  return last && history.partner("ff", last)?.view.fields.get(field);
}

/** 7.4.8: num_negative_pics and num_positive_pics are at most sps_max_dec_pic_buffering_minus1[HighestTid]. */
function hasTooManyReferences(occurrence: Occurrence): boolean {
  const segment = segmentOf(occurrence);
  if (segment === undefined) return false;
  const { h, sps } = segment;
  const set = h.short_term_ref_pic_set_sps_flag ? sps.st_ref_pic_set[h.short_term_ref_pic_set_idx] : h.st_ref_pic_set;
  const limit = sps.sps_max_dec_pic_buffering_minus1[sps.sps_max_sub_layers_minus1] as number;
  return (set?.NumDeltaPocs ?? 0) > limit;
}

/** FFmpeg's NumPocLtCurr, and that of the request before. */
function hasLongTermSetOfPictureBefore({ ff, history }: Occurrence): boolean {
  const count = "HEVC_DECODE_PARAMS.num_poc_lt_curr";
  const before = sideAt(history.peers.ff, (ff?.request.index ?? 0) - 1);
  return before !== undefined && ff?.view.fields.get(count) === before.view.fields.get(count);
}

function isFirstCra(occurrence: Occurrence): boolean {
  const { ours, history } = occurrence;
  return startsSequence(occurrence, ours) && segmentsOf(history, ours)[0]?.h.nal_unit_type === CRA_NUT;
}

/** A luma offset that the UAPI's __s8 cannot hold; FFmpeg's is the low 8 bits of it. */
function isLargeOffset(occurrence: Occurrence): boolean {
  const [, list, index] = /luma_offset_l([01])\[(\d+)\]$/.exec(occurrence.field) ?? [];
  const table = segmentOf(occurrence)?.h.pred_weight_table;
  const offset = (list === "0" ? table?.l0 : table?.l1)?.luma_offset[Number(index)] ?? 0;
  return (offset < -128 || offset > 127) && occurrence.values.ff === (offset << 24) >> 24;
}

/** This order count, that of the picture and those of the references are all MaxPicOrderCntLsb less: the differences are the same. */
function isPeriodLess({ ours, ff, values }: Occurrence): boolean {
  const period = 2 ** (Number(ours.view.fields.get("HEVC_SPS.log2_max_pic_order_cnt_lsb_minus4")) + 4);
  const isLess = (a: Value | undefined, b: Value | undefined): boolean => Number(a) - Number(b) === period;
  const own = "HEVC_DECODE_PARAMS.pic_order_cnt_val";
  const theirs = ff?.view.references.get("HEVC_DECODE_PARAMS.dpb[]") ?? [];
  const areLess = ours.view.references.get("HEVC_DECODE_PARAMS.dpb[]")?.every(({ picture, fields }) => {
    const same = theirs.find((entry) => entry.picture === picture);
    return same === undefined || isLess(fields.get("pic_order_cnt_val"), same.fields.get("pic_order_cnt_val"));
  });
  return (
    isLess(values.ours, values.ff) && isLess(ours.view.fields.get(own), ff?.view.fields.get(own)) && areLess !== false
  );
}

/** What the rows of disagreements.json can ask about H.265. */
export const conditionsH265 = {
  "scaling_list_enabled_flag 0": condition(
    "scaling_list_enabled_flag is 0",
    ({ ours }) => ours.view.fields.get("HEVC_SPS.flags.SCALING_LIST_ENABLED") === 0,
  ),
  "dependent slice segment": condition(
    "dependent_slice_segment_flag is 1",
    (occurrence) => sliceField(occurrence, "flags.DEPENDENT_SLICE_SEGMENT") === 1,
  ),
  "I slice": condition("the slice is an I slice", (s) => sliceField(s, "slice_type") === V4L2_HEVC_SLICE_TYPE_I),
  "P slice": condition("the slice is a P slice", (occurrence) => sliceField(occurrence, "slice_type") === 1),
  "later slice segment": condition(
    "the slice segment is not the first in the buffer",
    (occurrence) => elementOf(occurrence) > 0,
  ),
  "offset in the buffer": condition(
    "FFmpeg's value is ours with the bytes of the slice segments before, as FFmpeg's bit_size says them",
    (occurrence) => {
      const sizes = Array.from({ length: elementOf(occurrence) }, (_, i) =>
        Number(occurrence.ff?.view.fields.get(`HEVC_SLICE_PARAMS[${i}].bit_size`)),
      );
      const before = sizes.reduce((sum, bits) => sum + bits / 8, 0);
      return Number(occurrence.values.ff) - Number(occurrence.values.ours) === before;
    },
  ),
  "header without emulation prevention": condition(
    "the slice segment header has emulation prevention bytes, and the peers' values are ours without them",
    isWithoutEmulationPrevention,
  ),
  "flags of no picture": condition(
    "GStreamer's value is ours with bits 0 to 15 set that belong to no picture of the set: those above NumDeltaPocs[RefRpsIdx], or all where the set is not predicted",
    hasFlagsOfNoPicture,
  ),
  "derived count": condition(
    "the set is predicted (inter_ref_pic_set_prediction_flag), and GStreamer's value is NumNegativePics or NumPositivePics, (7-61) and (7-62)",
    isDerivedCount,
  ),
  "beyond the set": condition(
    "GStreamer's value is ours for the pictures that the set has, and differs beyond them",
    isBeyondSet,
  ),
  "default of the PPS": condition(
    "GStreamer's value is num_ref_idx_l1_default_active_minus1",
    ({ ours, values }) => values.gst === ours.view.fields.get("HEVC_PPS.num_ref_idx_l1_default_active_minus1"),
  ),
  "value of sub-layer 0": condition(
    "sps_max_sub_layers_minus1 is not 0, and GStreamer's value is that of sub-layer 0",
    isOfSubLayer0,
  ),
  "earlier SPS": condition(
    "the SPS was sent again with other content, and GStreamer's value is that of its request before",
    isOfEarlierSps,
  ),
  "more references than the DPB": condition(
    "the picture's set has more pictures than sps_max_dec_pic_buffering_minus1 of HighestTid",
    hasTooManyReferences,
  ),
  "no elements": condition("FFmpeg does not send the control", ({ values }) => values.ff === 0),
  "GStreamer has 0": condition("GStreamer's value is 0", ({ values }) => values.gst === 0),
  short_term_ref_pic_set_idx: condition(
    "short_term_ref_pic_set_sps_flag is 1, and FFmpeg's value is the length of short_term_ref_pic_set_idx, Ceil(Log2(num_short_term_ref_pic_sets))",
    (occurrence) => {
      const segment = segmentOf(occurrence);
      const sets = segment?.sps.num_short_term_ref_pic_sets ?? 0;
      return segment?.h.short_term_ref_pic_set_sps_flag === 1 && occurrence.values.ff === Math.ceil(Math.log2(sets));
    },
  ),
  "slice before": condition(
    "FFmpeg's value is that of the slice segment before",
    (occurrence) => valueBeforeOfFfmpeg(occurrence) === occurrence.values.ff,
  ),
  "deblocking disabled": condition(
    "slice_deblocking_filter_disabled_flag is 1",
    (occurrence) => sliceField(occurrence, "flags.SLICE_DEBLOCKING_FILTER_DISABLED") === 1,
  ),
  "1 for a field": condition(
    "the reference is a field, and FFmpeg's value is 1",
    ({ values }) => values.ours !== 0 && values.ff === 1,
  ),
  NoRaslOutputFlag: condition("the picture is an IRAP picture with NoRaslOutputFlag 1", (occurrence) =>
    startsSequence(occurrence, occurrence.ours),
  ),
  "IDR picture": condition(
    "the picture is an IDR picture",
    ({ ours }) => ours.view.fields.get("HEVC_DECODE_PARAMS.flags.IDR_PIC") === 1,
  ),
  "set of the picture before": condition(
    "FFmpeg's NumPocLtCurr is that of its picture before",
    hasLongTermSetOfPictureBefore,
  ),
  "CRA picture with NoRaslOutputFlag": condition("the picture is a CRA picture with NoRaslOutputFlag 1", isFirstCra),
  "begun by a CRA picture": condition("the coded video sequence begins with a CRA picture", (occurrence) =>
    isFirstCra({ ...occurrence, ours: sinceStart(occurrence)[0] ?? occurrence.ours }),
  ),
  "a period less": condition(
    "FFmpeg's value is ours less MaxPicOrderCntLsb, and so is every order count of its request",
    isPeriodLess,
  ),
  "set not predicted": condition(
    "the slice header has no set that is predicted",
    (occurrence) => codedSet(occurrence)?.inter_ref_pic_set_prediction_flag !== 1,
  ),
  "last predicted set": condition(
    "FFmpeg's value is that of the last slice header with a predicted set",
    (occurrence) => lastPredictedOfFfmpeg(occurrence) === occurrence.values.ff,
  ),
  "missing reference": condition(
    "a reference picture of a picture since the last IRAP picture with NoRaslOutputFlag 1 is missing",
    (occurrence) => sinceStart(occurrence).some(missesReference),
  ),
  "ours is none": condition("the picture that the index names is missing", ({ values }) => values.ours === "none"),
  "only FFmpeg has it": condition("only FFmpeg has the entry", ({ values }) => values.ours === "absent"),
  "FFmpeg has more": condition("FFmpeg's value is the larger", ({ values }) => Number(values.ff) > Number(values.ours)),
  "more zero bytes": condition(
    "FFmpeg's buffer is ours with the zero bytes that follow the slice segments in the stream",
    ({ ours, ff }) => ff !== undefined && variantOf(ours.request, ff.request) === "zeros",
  ),
  "as many bits": condition(
    "FFmpeg's value is ours with 8 for each of these bytes",
    ({ ours, ff, values }) =>
      Number(values.ff) - Number(values.ours) === 8 * ((ff?.request.bytes ?? 0) - ours.request.bytes),
  ),
  "offset beyond s8": condition(
    "high_precision_offsets_enabled_flag is 1, and the offset is not within -128 to 127",
    isLargeOffset,
  ),
} as const satisfies Record<string, Condition>;
