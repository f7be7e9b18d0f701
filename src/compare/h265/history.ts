import { CRA_NUT, isBla, isIdr } from "../../h265/nal-types.ts";
import { type Occurrence, type Side, sideAt } from "../comparator.ts";
import type { Value } from "../values.ts";
import { type Segment, segmentsOf } from "./headers.ts";

/** The element of SLICE_PARAMS that the occurrence is about; 0 for other controls. */
export function elementOf({ field }: Pick<Occurrence, "field">): number {
  return Number(/^HEVC_SLICE_PARAMS\[(\d+)\]/.exec(field)?.[1] ?? 0);
}

/** The slice segment that the occurrence is about; of other controls than SLICE_PARAMS the request's first. */
export function segmentOf(occurrence: Occurrence): Segment | undefined {
  return segmentsOf(occurrence.history, occurrence.ours)[elementOf(occurrence)];
}

/** A field of the same element of SLICE_PARAMS, or of DECODE_PARAMS, in our request. */
export function sliceField(occurrence: Occurrence, name: string): Value | undefined {
  return occurrence.ours.view.fields.get(`HEVC_SLICE_PARAMS[${elementOf(occurrence)}].${name}`);
}

/** FFmpeg's value of the element of SLICE_PARAMS before this one, in its request or at the end of the one before. */
export function valueBeforeOfFfmpeg(occurrence: Occurrence): Value | undefined {
  const { field, ff, history } = occurrence;
  const at = (side: Side | undefined, element: number): Value | undefined =>
    side?.view.fields.get(field.replace(/\[\d+\]/, `[${element}]`));
  const element = elementOf(occurrence);
  if (element > 0) return at(ff, element - 1);
  const before = sideAt(history.peers.ff, (ff?.request.index ?? 0) - 1);
  return at(before, Number(before?.view.fields.get("HEVC_SLICE_PARAMS.elements")) - 1);
}

/** 8.1.3: an IRAP picture with NoRaslOutputFlag 1. It follows an end of sequence or bitstream, or is the first. */
export function startsSequence({ history }: Pick<Occurrence, "history">, side: Side): boolean {
  const first = segmentsOf(history, side)[0];
  if (first === undefined) return false;
  const { nal_unit_type } = first.h;
  if (isIdr(nal_unit_type) || isBla(nal_unit_type)) return true;
  if (nal_unit_type !== CRA_NUT) return false;
  return side.request.index === 0 || first.typesBefore.some((type) => type === 36 || type === 37);
}

/** Our requests of this coded video sequence, up to this one. */
export function sinceStart(occurrence: Occurrence): Side[] {
  const sides = occurrence.history.sides.slice(0, occurrence.ours.request.index + 1);
  const start = sides.filter((side) => startsSequence(occurrence, side)).at(-1);
  return start === undefined ? [...sides] : sides.slice(sides.indexOf(start));
}

/** Whether a set of 8.3.2 has "no reference picture". */
export function missesReference({ view }: Side): boolean {
  return [...view.fields].some(
    ([path, value]) => value === "none" && /^HEVC_DECODE_PARAMS\.poc_(st_curr|lt)/.test(path),
  );
}
