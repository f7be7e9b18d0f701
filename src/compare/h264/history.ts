import { type Occurrence, type ReferenceEntry, type Side, type Sides, sideAt } from "../comparator.ts";
import type { EffectiveRequest, Peer } from "../request.ts";
import type { Value } from "../values.ts";
import { sliceStarts } from "./slices.ts";

export function decodeParam(side: Side, name: string): Value | undefined {
  return side.view.fields.get(`H264_DECODE_PARAMS.${name}`);
}

export function isField(side: Side): boolean {
  return decodeParam(side, "flags.FIELD_PIC") === 1;
}

/** The picture that a reference entry names, as its last request shows it. */
export function referenced({ history, ours }: Occurrence, entry: ReferenceEntry | undefined): Side | undefined {
  const first = sideAt(history.sides, Number(/^#(\d+)$/.exec(entry?.picture ?? "")?.[1] ?? -1));
  if (first === undefined) return undefined;
  const { timestamp } = first.request;
  const before = history.sides.slice(first.request.index, ours.request.index);
  return before.filter(({ request }) => request.timestamp === timestamp).at(-1);
}

/**
 * Whether an entry of a peer has the numbers that the peer sent with the picture itself, with one of its requests: frame_num, unless it is a
 * long-term reference, and order counts. True where the peer does not have the entry.
 */
export function isAsDecoded(occurrence: Occurrence, peer: Peer): boolean {
  const entry = occurrence.entries[peer];
  if (entry === undefined) return true;
  const [, own] = new RegExp(`^${peer} #(\\d+)$`).exec(entry.picture) ?? [];
  const ours = referenced(occurrence, entry);
  const sides = occurrence.history.peers[peer];
  const named = own !== undefined ? sideAt(sides, Number(own)) : ours && occurrence.history.partner(peer, ours);
  if (named === undefined) return false;
  const sent = [...ofFrameBefore(sides, named), named, ...ofFrameAfter(sides, named)];
  const names = entryFlag(entry, "LONG_TERM") ? orderCounts : [...orderCounts, "frame_num"];
  return names.every((name) => {
    const value = entry.fields.get(name);
    return value === undefined || sent.some((side) => decodeParam(side, name) === value);
  });
}

/** Requests of the same frame before this one, the nearest first: of the other field, and in slice mode of other slices. */
function* ofFrameBefore(sides: Sides | undefined, side: Side | undefined): Generator<Side> {
  for (let i = (side?.request.index ?? 0) - 1; i >= 0; i--) {
    const before = sideAt(sides, i);
    if (before === undefined || before.request.timestamp !== side?.request.timestamp) return;
    yield before;
  }
}

/** Requests of the same frame after this one. */
function* ofFrameAfter(sides: Sides | undefined, side: Side): Generator<Side> {
  for (let i = side.request.index + 1; ; i++) {
    const after = sideAt(sides, i);
    if (after === undefined || after.request.timestamp !== side.request.timestamp) return;
    yield after;
  }
}

/** Our requests of the same frame or field, in order; in frame mode there is one. */
export function slicesOfPicture({ ours, history }: Occurrence): readonly Side[] {
  const first =
    [...ofFrameBefore(history.sides, ours)].filter((side) => isBottom(side) === isBottom(ours)).at(-1) ?? ours;
  const rest = history.sides.slice(first.request.index);
  const end = rest.findIndex(
    (side) => side.request.timestamp !== ours.request.timestamp || isBottom(side) !== isBottom(ours),
  );
  return end < 0 ? rest : rest.slice(0, end);
}

/** Our request after this one, if there is one. */
export function nextPicture({ ours, history }: Occurrence): readonly Side[] {
  return history.sides.slice(ours.request.index + 1, ours.request.index + 2);
}

function isBottom(side: Side): boolean {
  return decodeParam(side, "flags.BOTTOM_FIELD") === 1;
}

export function isSecondField({ ours, history }: Occurrence): boolean {
  return isField(ours) && [...ofFrameBefore(history.sides, ours)].some((side) => isBottom(side) !== isBottom(ours));
}

const orderCounts = ["top_field_order_cnt", "bottom_field_order_cnt"] as const;

/** 8.2.1: after memory_management_control_operation 5 a picture's order counts start again. Nothing else changes them. */
export function restarted(occurrence: Occurrence): boolean {
  const { ours } = occurrence.entries;
  const picture = referenced(occurrence, ours);
  if (ours === undefined || picture === undefined) return false;
  const changed = (name: string): boolean =>
    ours.fields.has(name) && ours.fields.get(name) !== decodeParam(picture, name);
  return orderCounts.some(changed);
}

/** The order count of the field that a first field does not have yet. */
export function ofFieldToCome(occurrence: Occurrence): boolean {
  if (occurrence.field.includes("dpb[]") || !isField(occurrence.ours) || isSecondField(occurrence)) return false;
  const bottom = decodeParam(occurrence.ours, "flags.BOTTOM_FIELD") === 1;
  return occurrence.field.endsWith(bottom ? "top_field_order_cnt" : "bottom_field_order_cnt");
}

/** Our requests of this coded video sequence before this one: from its IDR picture on. */
export function sinceIdr({ history, ours }: Occurrence): readonly Side[] {
  const before = history.sides.slice(0, ours.request.index);
  const idr = before.filter((side) => decodeParam(side, "flags.IDR_PIC") === 1).at(-1);
  const first = before.findIndex(({ request }) => request.timestamp === idr?.request.timestamp);
  return idr === undefined ? before : before.slice(first);
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
export function showsRestart(occurrence: Occurrence, side: Side): boolean {
  let shows = restarts.get(side);
  if (shows === undefined) {
    const entries = side.view.references.get("H264_DECODE_PARAMS.dpb[]") ?? [];
    const here = { ...occurrence, ours: side };
    shows = entries.some((entry) => restarted({ ...here, entries: { ours: entry } }) || startsAgain(here, entry));
    restarts.set(side, shows);
  }
  return shows;
}

function startsAgain(occurrence: Occurrence, entry: ReferenceEntry): boolean {
  const picture = referenced(occurrence, entry);
  if (picture === undefined || entryFlag(entry, "LONG_TERM")) return false;
  return entry.fields.get("frame_num") === 0 && decodeParam(picture, "frame_num") !== 0;
}

/** Whether the next request that refers to this picture shows that it had MMCO 5. */
export function hasMmco5(occurrence: Occurrence): boolean {
  const { index } = occurrence.ours.request;
  const first = [...ofFrameBefore(occurrence.history.sides, occurrence.ours)].at(-1) ?? occurrence.ours;
  const label = `#${first.request.index}`;
  for (const ours of occurrence.history.sides.slice(index + 1)) {
    const entries = ours.view.references.get("H264_DECODE_PARAMS.dpb[]") ?? [];
    const entry = entries.find(({ picture }) => picture === label);
    if (entry === undefined) continue;
    const later = { ...occurrence, ours, entries: { ours: entry } };
    return restarted(later) || startsAgain(later, entry);
  }
  return false;
}

/** The fields of a picture that were decoded, in order: 1 top, 2 bottom; empty for a frame. */
export function decodedFields(occurrence: Occurrence, entry: ReferenceEntry | undefined): number[] {
  const last = referenced(occurrence, entry);
  if (last === undefined || !isField(last)) return [];
  const before = occurrence.history.sides.slice(0, occurrence.ours.request.index);
  const requests = before.filter(({ request }) => request.timestamp === last.request.timestamp);
  return [...new Set(requests.map((side) => (isBottom(side) ? 2 : 1)))];
}

export function hasLongDelta(side: Side): boolean {
  return ["delta_pic_order_cnt0", "delta_pic_order_cnt1"].some(
    (name) => Math.abs(Number(decodeParam(side, name))) >= 2 ** 24,
  );
}

export function gapSinceIdr(occurrence: Occurrence, closedBy: (side: Side) => boolean = () => true): boolean {
  const sides = [...sinceIdr(occurrence), occurrence.ours];
  let reference: Side | undefined;
  for (const side of sides) {
    if (hasGap(side, reference) && closedBy(side)) return true;
    if (Number(decodeParam(side, "nal_ref_idc")) !== 0) reference = side;
  }
  return false;
}

/** Whether a peer has no request for one of our pictures since the last IDR picture: its DPB cannot be ours. */
export function lostSinceIdr(occurrence: Occurrence, peer: Peer): boolean {
  const missing = occurrence.history.missing[peer];
  return sinceIdr(occurrence).some(({ request }) => missing.has(request.index));
}

/** FFmpeg decodes the second field of one of our frames into another buffer than the first. */
function isSplitByFfmpeg(occurrence: Occurrence): boolean {
  const { ff, history } = occurrence;
  const before = ff && sideAt(history.peers.ff, ff.request.index - 1);
  return isSecondField(occurrence) && ff !== undefined && before?.request.timestamp !== ff.request.timestamp;
}

/** The picture before this frame is a non-reference field whose frame has no other. */
export function followsUnpairedField({ ours, history }: Occurrence): boolean {
  const first = [...ofFrameBefore(history.sides, ours)].at(-1) ?? ours;
  const last = sideAt(history.sides, first.request.index - 1);
  if (last === undefined || !isField(last) || decodeParam(last, "nal_ref_idc") !== 0) return false;
  return [...ofFrameBefore(history.sides, last)].every((side) => isBottom(side) === isBottom(last));
}

/** A peer decodes a field of ours into the buffer of the field before, which is not its partner. */
export function isJoinedBy(occurrence: Occurrence, peer: Peer): boolean {
  const { ours, history } = occurrence;
  const before = [...ofFrameBefore(history.peers[peer], occurrence[peer])];
  return isField(ours) && !isSecondField(occurrence) && before.some((side) => isBottom(side) !== isBottom(ours));
}

export function joinedSinceIdr(occurrence: Occurrence, peer: Peer): boolean {
  const partner = (side: Side): Side | undefined => occurrence.history.partner(peer, side);
  return sinceIdr(occurrence).some((side) => isJoinedBy({ ...occurrence, ours: side, [peer]: partner(side) }, peer));
}

export function splitSinceIdr(occurrence: Occurrence): boolean {
  const sides = [...sinceIdr(occurrence), occurrence.ours];
  const partner = (side: Side): Side | undefined => occurrence.history.partner("ff", side);
  return sides.some((side) => isSplitByFfmpeg({ ...occurrence, ours: side, ff: partner(side) }));
}

export function isOutOfOrder({ request }: Side): boolean {
  const first = sliceStarts(request).map(({ first_mb_in_slice }) => first_mb_in_slice);
  return first.some((mb, i) => mb < (first[i - 1] ?? 0));
}

export function sameBuffer(a: EffectiveRequest, b: EffectiveRequest): boolean {
  return a.bytes === b.bytes && a.crc32 === b.crc32;
}

/** The value that `name` had in our last request before, of those that `which` picks. */
export function lastValue(occurrence: Occurrence, name: string, which: (side: Side) => boolean): Value | undefined {
  const before = occurrence.history.sides.slice(0, occurrence.ours.request.index).filter(which).at(-1);
  return before && decodeParam(before, name);
}

export function entryFlag(entry: ReferenceEntry | undefined, flag: string): boolean {
  return entry?.fields.get(`flags.${flag}`) === 1;
}
