import { V4L2_H264_SLICE_TYPE_SP } from "../../src/uapi/h264.ts";
import { variantOf } from "../align.ts";
import type { Condition, ReferenceEntry, Side, Subject } from "../comparator.ts";
import type { Value } from "../values.ts";
import { sliceTypes } from "./slices.ts";

function decodeParam(side: Side, name: string): Value | undefined {
  return side.view.fields.get(`H264_DECODE_PARAMS.${name}`);
}

function isField(side: Side): boolean {
  return decodeParam(side, "flags.FIELD_PIC") === 1;
}

/** The picture that a reference entry names, as its last request shows it. */
function referenced({ history, ours }: Subject, entry: ReferenceEntry | undefined): Side | undefined {
  const first = history.sides[Number(/^#(\d+)$/.exec(entry?.picture ?? "")?.[1] ?? Number.NaN)];
  if (first === undefined) return undefined;
  const { timestamp } = first.request;
  const before = history.sides.slice(first.request.index, ours.request.index);
  return before.filter(({ request }) => request.timestamp === timestamp).at(-1);
}

function isSecondField({ ours, history }: Subject): boolean {
  const before = history.sides[ours.request.index - 1];
  return isField(ours) && before?.request.timestamp === ours.request.timestamp && isField(before);
}

const orderCounts = ["top_field_order_cnt", "bottom_field_order_cnt"] as const;

/** 8.2.1: after memory_management_control_operation 5 a picture's order counts start again. Nothing else changes them. */
function restarted(subject: Subject): boolean {
  const { ours } = subject.entries;
  const picture = referenced(subject, ours);
  if (ours === undefined || picture === undefined) return false;
  const changed = (name: string): boolean =>
    ours.fields.has(name) && ours.fields.get(name) !== decodeParam(picture, name);
  return orderCounts.some(changed);
}

/** The order count of the field that a first field does not have yet. */
function ofFieldToCome(subject: Subject): boolean {
  if (subject.field.includes("dpb[]") || !isField(subject.ours) || isSecondField(subject)) return false;
  const bottom = decodeParam(subject.ours, "flags.BOTTOM_FIELD") === 1;
  return subject.field.endsWith(bottom ? "top_field_order_cnt" : "bottom_field_order_cnt");
}

/** Our requests of this coded video sequence before this one: from its IDR picture on. */
function sinceIdr({ history, ours }: Subject): Side[] {
  const before = history.sides.slice(0, ours.request.index);
  const idr = before.filter((side) => decodeParam(side, "flags.IDR_PIC") === 1).at(-1);
  return idr === undefined ? before : before.slice(idr.request.index);
}

/** 7.4.3: frame_num is neither that of the reference picture before nor one more. */
function hasGap(side: Side, before: Side | undefined): boolean {
  if (before === undefined || decodeParam(side, "flags.IDR_PIC") === 1) return false;
  const max = 2 ** (Number(side.view.fields.get("H264_SPS.log2_max_frame_num_minus4")) + 4);
  const now = Number(decodeParam(side, "frame_num"));
  const last = Number(decodeParam(before, "frame_num"));
  return now !== last && now !== (last + 1) % max;
}

const restarts = new WeakMap<Side, boolean>();

/** Whether an entry shows that its picture had MMCO 5: other order counts than it was decoded with, or frame_num 0 instead of its own. */
function showsRestart(subject: Subject, side: Side): boolean {
  let shows = restarts.get(side);
  if (shows === undefined) {
    const entries = side.view.references.get("H264_DECODE_PARAMS.dpb[]") ?? [];
    const here = { ...subject, ours: side };
    shows = entries.some((entry) => restarted({ ...here, entries: { ours: entry } }) || startsAgain(here, entry));
    restarts.set(side, shows);
  }
  return shows;
}

function startsAgain(subject: Subject, entry: ReferenceEntry): boolean {
  const picture = referenced(subject, entry);
  if (picture === undefined || entryFlag(entry, "LONG_TERM")) return false;
  return entry.fields.get("frame_num") === 0 && decodeParam(picture, "frame_num") !== 0;
}

/** The fields of a picture that were decoded, in order: 1 top, 2 bottom; empty for a frame. */
function decodedFields(subject: Subject, entry: ReferenceEntry | undefined): number[] {
  const last = referenced(subject, entry);
  if (last === undefined || !isField(last)) return [];
  const before = subject.history.sides.slice(0, subject.ours.request.index);
  const requests = before.filter(({ request }) => request.timestamp === last.request.timestamp);
  return requests.map((side) => (decodeParam(side, "flags.BOTTOM_FIELD") === 1 ? 2 : 1));
}

function gapSinceIdr(subject: Subject): boolean {
  const sides = [...sinceIdr(subject), subject.ours];
  let reference: Side | undefined;
  for (const side of sides) {
    if (hasGap(side, reference)) return true;
    if (Number(decodeParam(side, "nal_ref_idc")) !== 0) reference = side;
  }
  return false;
}

/** The value that `name` had in our last request before, of those that `which` picks. */
function lastValue(subject: Subject, name: string, which: (side: Side) => boolean): Value | undefined {
  const before = subject.history.sides.slice(0, subject.ours.request.index).filter(which).at(-1);
  return before && decodeParam(before, name);
}

function entryFlag(entry: ReferenceEntry | undefined, flag: string): boolean {
  return entry?.fields.get(`flags.${flag}`) === 1;
}

function condition(text: string, holds: Condition["holds"]): Condition {
  return { text, holds };
}

/** What the rows of disagreements.json can ask about H.264. */
export const conditionsH264 = {
  "IDR picture": condition("the picture is an IDR picture", ({ ours }) => decodeParam(ours, "flags.IDR_PIC") === 1),
  field_pic: condition("field_pic_flag is 1", ({ ours }) => isField(ours)),
  "second field": condition("the second field of a frame", isSecondField),
  "nal_ref_idc 0": condition("nal_ref_idc is 0", ({ ours }) => decodeParam(ours, "nal_ref_idc") === 0),
  "pic_order_cnt_type 0": condition(
    "pic_order_cnt_type is 0",
    ({ ours }) => ours.view.fields.get("H264_SPS.pic_order_cnt_type") === 0,
  ),
  "field to come": condition("the order count of the field that is not decoded yet", ofFieldToCome),
  "no scaling lists": condition(
    "neither SPS nor PPS has scaling lists",
    ({ ours }) => ours.view.fields.get("H264_PPS.flags.SCALING_MATRIX_PRESENT") === 0,
  ),
  "flat list": condition("FFmpeg's list is flat: all 16", ({ values }) => /^\d+×16$/.test(String(values.ff))),
  "list without use": condition(
    "an 8x8 list of Cb or Cr without chroma_format_idc 3",
    ({ ours }) => ours.view.fields.get("H264_SPS.chroma_format_idc") !== 3,
  ),
  "long-term entry": condition("the reference is a long-term one", ({ entries }) =>
    entryFlag(entries.ours, "LONG_TERM"),
  ),
  "non-existing frame": condition(
    'the entry is a "non-existing" frame that a gap in frame_num made',
    ({ entries }) => entries.ours?.picture === "none",
  ),
  "gap in frame_num": condition("a gap in frame_num since the last IDR picture", gapSinceIdr),
  "gaps allowed": condition(
    "gaps_in_frame_num_value_allowed_flag is 1",
    ({ ours }) => ours.view.fields.get("H264_SPS.flags.GAPS_IN_FRAME_NUM_VALUE_ALLOWED") === 1,
  ),
  "picture with MMCO 5": condition("the entry's picture had memory_management_control_operation 5", restarted),
  "MMCO 5 since the IDR picture": condition(
    "a picture since the last IDR picture had memory_management_control_operation 5",
    (subject) => [...sinceIdr(subject), subject.ours].some((side) => showsRestart(subject, side)),
  ),
  "whole periods away": condition(
    "FFmpeg's value, less its 65536, is ours and a multiple of MaxPicOrderCntLsb",
    ({ ours, values }) => {
      const period = 2 ** (Number(ours.view.fields.get("H264_SPS.log2_max_pic_order_cnt_lsb_minus4")) + 4);
      return (Number(values.ff) - Number(values.ours)) % period === 0;
    },
  ),
  "only the second field": condition("only the field that was decoded second is still a reference", (subject) => {
    const [first, second] = decodedFields(subject, subject.entries.ours);
    return first !== undefined && second !== undefined && subject.entries.ours?.fields.get("fields") === second;
  }),
  "one field of two": condition("only one of the two fields is still a reference", (subject) => {
    const { ours } = subject.entries;
    return decodedFields(subject, ours).length === 2 && ours?.fields.get("fields") !== 3;
  }),
  "last picture's": condition("FFmpeg's value is that of the picture before which had the element", (subject) => {
    const name = subject.field.replace("H264_DECODE_PARAMS.", "");
    const had = name === "idr_pic_id" ? "flags.IDR_PIC" : "nal_ref_idc";
    return subject.values.ff === lastValue(subject, name, (side) => Number(decodeParam(side, had)) !== 0);
  }),
  "frame_num not wrapped": condition(
    "FFmpeg's value is the entry's frame_num",
    ({ values, entries }) => values.ff === entries.ff?.fields.get("frame_num"),
  ),
  "both fields": condition(
    "the entry is referenced with both fields",
    ({ entries }) => entries.ours?.fields.get("fields") === 3,
  ),
  "SP slices": condition("the picture has SP slices", ({ ours }) =>
    sliceTypes(ours.request).includes(V4L2_H264_SLICE_TYPE_SP),
  ),
  "transform_8x8_mode_flag 0": condition(
    "transform_8x8_mode_flag is 0: no 8x8 list is used",
    ({ ours }) => ours.view.fields.get("H264_PPS.flags.TRANSFORM_8X8_MODE") === 0,
  ),
  "slices of several types": condition(
    "the picture's slices are of several types",
    ({ ours }) => new Set(sliceTypes(ours.request)).size > 1,
  ),
  "more zero bytes": condition(
    "FFmpeg's buffer is ours with the zero bytes that follow the slices in the stream",
    ({ ours, ff }) => ff !== undefined && variantOf(ours.request, ff.request) === "zeros",
  ),
  "GStreamer has less slices": condition(
    "GStreamer's buffer has only some of the picture's slices",
    ({ ours, gst }) => gst !== undefined && variantOf(ours.request, gst.request) === "slices",
  ),
  "FFmpeg has less slices": condition(
    "FFmpeg's buffer has only some of the picture's slices",
    ({ ours, ff }) => ff !== undefined && variantOf(ours.request, ff.request) === "slices",
  ),
} as const satisfies Record<string, Condition>;
