import { readFileSync } from "node:fs";
import type { ReferenceEntry, Side } from "../../../src/compare/comparator.ts";
import type { Value } from "../../../src/compare/values.ts";
import { decodePayload } from "../../../src/uapi/control.ts";
import { h264Controls, type v4l2_h264_reference } from "../../../src/uapi/h264.ts";
import type { Deviation } from "../deviation.ts";

type Fields = readonly [top: number, bottom: number];

/** A reference picture as the model sees it before a picture. */
interface ExpectedReference {
  readonly name: string;
  readonly frame_num: number;
  readonly st: Fields;
  readonly lt: Fields;
  readonly lt_idx: number | null;
  readonly poc: readonly [number | null, number | null];
  readonly nonex: 0 | 1;
}

/** What the model says of a frame (F) or a field (T, B). */
interface ExpectedPicture {
  readonly pic: string;
  readonly structure: "F" | "T" | "B";
  readonly idr: boolean;
  readonly nal_ref_idc: number;
  readonly frame_num: number;
  readonly second_field: boolean;
  readonly top_poc: number | null;
  readonly bottom_poc: number | null;
  /** Names with T or B for fields; null where the list has no picture. */
  readonly lists: readonly (readonly (string | null)[])[];
  readonly dpb: readonly ExpectedReference[];
  readonly dec_ref_pic_marking_bit_size: number;
  readonly pic_order_cnt_bit_size: number;
  readonly idr_pic_id?: number;
}

type ModelDeviation = Omit<Deviation, "stream" | "mode">;

/** Compares our requests with the model of a stream, picture by picture. In slice mode each slice is compared. */
export function compareExpected(path: string, sides: readonly Side[]): ModelDeviation[] {
  const model = JSON.parse(readFileSync(path, "utf8")) as ExpectedPicture[];
  const pictures = groupByPicture(sides);
  const deviations: ModelDeviation[] = [];
  if (pictures.length !== model.length) {
    deviations.push({ picture: -1, field: "pictures", expected: model.length, ours: pictures.length });
  }
  const names = new Map<string, string>();
  for (const [picture, expected] of model.entries()) {
    const slices = pictures[picture];
    if (slices === undefined) break;
    const label = `#${slices[0]!.request.index}`;
    if (!expected.second_field) names.set(label, expected.pic);
    for (const side of slices) {
      const wanted = expectedValues(expected);
      const ours = ourValues(side, names, expected, new Set(wanted.keys()));
      for (const field of new Set([...wanted.keys(), ...ours.keys()])) {
        const [a, b] = [wanted.get(field) ?? "absent", ours.get(field) ?? "absent"];
        if (a !== b) deviations.push({ picture, field, expected: a, ours: b });
      }
    }
  }
  return deviations;
}

/** The requests of each frame or field: one in frame mode, one a slice in slice mode. */
function groupByPicture(sides: readonly Side[]): Side[][] {
  const groups: Side[][] = [];
  const parity = (side: Side): string =>
    ["FIELD_PIC", "BOTTOM_FIELD"].map((flag) => param(side, `flags.${flag}`)).join();
  for (const side of sides) {
    const last = groups.at(-1)?.[0];
    const same = last?.request.timestamp === side.request.timestamp && parity(last) === parity(side);
    if (same) groups.at(-1)!.push(side);
    else groups.push([side]);
  }
  return groups;
}

function param(side: Side, name: string): Value | undefined {
  return side.view.fields.get(`H264_DECODE_PARAMS.${name}`);
}

function fieldsOf([top, bottom]: Fields): number {
  return top + 2 * bottom;
}

function expectedValues(picture: ExpectedPicture): Map<string, Value> {
  const values = new Map<string, Value>([
    ["frame_num", picture.frame_num],
    ["nal_ref_idc", picture.nal_ref_idc],
    ["flags.IDR_PIC", picture.idr ? 1 : 0],
    ["flags.FIELD_PIC", picture.structure === "F" ? 0 : 1],
    ["flags.BOTTOM_FIELD", picture.structure === "B" ? 1 : 0],
    ["idr_pic_id", picture.idr_pic_id ?? 0],
    ["dec_ref_pic_marking_bit_size", picture.dec_ref_pic_marking_bit_size],
    ["pic_order_cnt_bit_size", picture.pic_order_cnt_bit_size],
  ]);
  if (picture.top_poc !== null) values.set("top_field_order_cnt", picture.top_poc);
  if (picture.bottom_poc !== null) values.set("bottom_field_order_cnt", picture.bottom_poc);
  for (const entry of picture.dpb) {
    const place = `dpb[${entry.name}]`;
    if (fieldsOf(entry.st) !== 0) {
      values.set(`${place}.short-term fields`, fieldsOf(entry.st));
      values.set(`${place}.frame_num`, entry.frame_num);
    }
    if (fieldsOf(entry.lt) !== 0) {
      values.set(`${place}.long-term fields`, fieldsOf(entry.lt));
      values.set(`${place}.LongTermFrameIdx`, entry.lt_idx ?? "none");
    }
    for (const [parity, name] of ["top", "bottom"].entries()) {
      const referenced = entry.st[parity] === 1 || entry.lt[parity] === 1;
      // A frame that a gap makes has no order count in pic_order_cnt_type 0: its payload has 0.
      const poc = entry.poc[parity] ?? (entry.nonex === 1 ? 0 : null);
      if (referenced && poc !== null) values.set(`${place}.${name}_field_order_cnt`, poc);
    }
  }
  return values;
}

/** The same values from our request: of the simple fields those that the model names. */
function ourValues(
  side: Side,
  names: ReadonlyMap<string, string>,
  expected: ExpectedPicture,
  wanted: ReadonlySet<string>,
): Map<string, Value> {
  const values = new Map<string, Value>();
  for (const name of wanted) {
    const value = param(side, name);
    if (value !== undefined) values.set(name, value);
  }
  for (const entry of side.view.references.get("H264_DECODE_PARAMS.dpb[]") ?? []) {
    const place = `dpb[${nameOf(entry, names)}]`;
    const longTerm = entry.fields.get("flags.LONG_TERM") === 1;
    values.set(`${place}.${longTerm ? "long" : "short"}-term fields`, entry.fields.get("fields") ?? 0);
    values.set(`${place}.${longTerm ? "LongTermFrameIdx" : "frame_num"}`, entry.fields.get("frame_num") ?? 0);
    for (const name of ["top_field_order_cnt", "bottom_field_order_cnt"]) {
      const value = entry.fields.get(name);
      if (value !== undefined) values.set(`${place}.${name}`, value);
    }
  }
  compareLists(side, names, expected, values);
  return values;
}

function nameOf(entry: ReferenceEntry, names: ReadonlyMap<string, string>): string {
  // The model calls the frame that a gap makes gap3 when its frame_num is 3.
  if (entry.picture === "none") return `gap${entry.fields.get("frame_num")}`;
  return names.get(entry.picture) ?? entry.picture;
}

/** Slice mode: the lists by name. They are put beside the other values only where they differ from the model's. */
function compareLists(
  side: Side,
  names: ReadonlyMap<string, string>,
  expected: ExpectedPicture,
  values: Map<string, Value>,
): void {
  const control = h264Controls.V4L2_CID_STATELESS_H264_SLICE_PARAMS;
  const payload = side.request.controls.get(control.name);
  if (!(payload instanceof Uint8Array)) return;
  const slice = decodePayload(control, payload);
  for (const [i, wanted] of expected.lists.entries()) {
    const list: v4l2_h264_reference[] = i === 0 ? slice.ref_pic_list0 : slice.ref_pic_list1;
    const length = 1 + (i === 0 ? slice.num_ref_idx_l0_active_minus1 : slice.num_ref_idx_l1_active_minus1);
    const ours = list.slice(0, length).map((reference) => listName(side, reference, names, expected.structure));
    const theirs = wanted.map((name) => name ?? "none");
    if (ours.join(" ") !== theirs.join(" ")) values.set(`ref_pic_list${i} (${theirs.join(" ")})`, ours.join(" "));
  }
}

function listName(
  side: Side,
  { index, fields }: v4l2_h264_reference,
  names: ReadonlyMap<string, string>,
  structure: ExpectedPicture["structure"],
): string {
  const dpb = side.view.references.get("H264_DECODE_PARAMS.dpb[]") ?? [];
  const entry = dpb.find((candidate) => candidate.index === index);
  if (entry === undefined || fields === 0) return "none";
  const parity = structure === "F" ? "" : fields === 1 ? "T" : fields === 2 ? "B" : "?";
  return nameOf(entry, names) + parity;
}
