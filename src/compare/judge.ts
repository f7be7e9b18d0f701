/** One request of ours against those of its peers: each value, and the rows that say why it differs. */

import { sameBytes } from "../framing/bytes.ts";
import { type Comparator, type Occurrence, type ReferenceEntry, type Side, type Sides, sideAt } from "./comparator.ts";
import { type Peer, peers } from "./request.ts";
import { excuse, type Rule, transformed, type Verdict } from "./rules.ts";
import type { Value } from "./values.ts";

/** The requests that belong together; undefined where a peer has none. */
export type JudgedSides = Pick<Occurrence, "ours" | "gst" | "ff" | "history">;

/** A value that was compared. */
export interface Judgement {
  /** The field with its place: `"H264_DECODE_PARAMS.dpb[#3].pic_num"`. */
  readonly place: string;
  /** The values as they were sent. */
  readonly occurrence: Occurrence;
  /** The values after the rows' transforms. */
  readonly values: Occurrence["values"];
  /** Rows whose transform was applied. */
  readonly transforms: readonly { readonly id: string; readonly peer: Peer }[];
  /** For each peer whose value is not ours: the row that explains it, or undefined. */
  readonly different: Readonly<Partial<Record<Peer, Verdict | undefined>>>;
}

/** Compares one value. */
export function judge(rules: readonly Rule[], place: string, occurrence: Occurrence): Judgement {
  const transforms: { id: string; peer: Peer }[] = [];
  const used = (id: string, peer: Peer): void => {
    transforms.push({ id, peer });
  };
  const values = {
    ours: occurrence.values.ours,
    gst: transformed(rules, occurrence, "gst", used),
    ff: transformed(rules, occurrence, "ff", used),
  };
  const different: Partial<Record<Peer, Verdict | undefined>> = {};
  for (const peer of peers) {
    if (values[peer] === undefined || values[peer] === values.ours) continue;
    different[peer] = excuse(rules, occurrence, peer, values);
  }
  return { place, occurrence, values, transforms, different };
}

/** Every field of a request that at least one peer has. */
export function* judgeRequest(
  { joinsRequests }: Pick<Comparator, "joinsRequests">,
  rules: readonly Rule[],
  sides: JudgedSides,
): Generator<Judgement, void, undefined> {
  const bitstream = (side: Side | undefined): Value | undefined =>
    side && `${side.request.bytes} bytes, crc32 ${side.request.crc32.toString(16).padStart(8, "0")}`;
  yield judge(rules, "@.bitstream", {
    ...sides,
    field: "@.bitstream",
    values: { ours: bitstream(sides.ours), gst: bitstream(sides.gst), ff: bitstream(sides.ff) },
    entries: {},
  });
  const timestamps = joinsRequests === true ? timestampValues(sides) : undefined;
  if (timestamps !== undefined && peers.some((peer) => timestamps[peer] !== undefined)) {
    yield judge(rules, "@.timestamp", { ...sides, field: "@.timestamp", values: timestamps, entries: {} });
  }
  yield* judgeFields(rules, sides);
  const lists = [sides.ours, sides.gst, sides.ff].flatMap((side) => [...(side?.view.references.keys() ?? [])]);
  for (const list of new Set(lists)) yield* judgeReferences(rules, list, sides);
}

/** A request's timestamp beside that of the request before: only with the same one they share a CAPTURE buffer. */
export const timestampTexts = ["its own", "that of the request before"] as const;

/**
 * Whether the request goes into the CAPTURE buffer of the one before, as its timestamp says. A peer is asked about its last request that
 * we have, too; undefined where there is none.
 */
export function timestampValues({ ours, history, ...theirs }: JudgedSides): Occurrence["values"] {
  const isShared = isSamePicture(history.sides, ours.request.index - 1, ours);
  const sent = (peer: Peer): Value | undefined => {
    const now = theirs[peer];
    const before = now && pairBefore(history, peer, ours);
    if (now === undefined || before === undefined) return undefined;
    const isSharedThere = isSamePicture(history.peers[peer], before.theirs.request.index, now);
    const isAsOurs = isSharedThere === isSamePicture(history.sides, before.ours.request.index, ours);
    return timestampTexts[Number(isShared === isAsOurs)];
  };
  return { ours: timestampTexts[Number(isShared)], gst: sent("gst"), ff: sent("ff") };
}

/** Whether all requests from `index` on have the timestamp: the one after another picture's may name that CAPTURE buffer again. */
function isSamePicture(sides: Sides | undefined, index: number, { request }: Side): boolean {
  if (index < 0) return false;
  for (let i = index; i < request.index; i++) {
    if (sides?.at(i)?.request.timestamp !== request.timestamp) return false;
  }
  return true;
}

/** The last two requests before one of ours that belong together. */
function pairBefore(history: Occurrence["history"], peer: Peer, { request }: Side) {
  for (let i = request.index - 1; i >= 0; i--) {
    const ours = sideAt(history.sides, i);
    if (ours === undefined) return undefined;
    const theirs = history.partner(peer, ours);
    if (theirs !== undefined) return { ours, theirs };
  }
  return undefined;
}

function* judgeFields(rules: readonly Rule[], sides: JudgedSides): Generator<Judgement, void, undefined> {
  const all = [sides.ours, sides.gst, sides.ff].flatMap((side) => [...(side?.view.fields.keys() ?? [])]);
  for (const field of new Set(all)) {
    const value = (side: Side | undefined): Value | undefined => side?.view.fields.get(field);
    const values = { ours: value(sides.ours) ?? "absent", gst: value(sides.gst), ff: value(sides.ff) };
    yield judge(rules, field, { ...sides, field, values, entries: {} });
  }
}

function* judgeReferences(
  rules: readonly Rule[],
  list: string,
  sides: JudgedSides,
): Generator<Judgement, void, undefined> {
  for (const entries of matchEntries(list, sides)) {
    const named = first(entries);
    const presence = (side: Side | undefined, entry: ReferenceEntry | undefined): Value | undefined =>
      side && (entry === undefined ? "absent" : "present");
    const values = {
      ours: presence(sides.ours, entries.ours),
      gst: presence(sides.gst, entries.gst),
      ff: presence(sides.ff, entries.ff),
    };
    const place = `${list.slice(0, -1)}${named.picture}, ${named.alias}]`;
    yield judge(rules, place, { ...sides, field: list, values, entries });
    if (entries.ours === undefined) continue;
    for (const [name, value] of entries.ours.fields) {
      const field = `${list}.${name}`;
      const fieldValues = { ours: value, gst: entries.gst?.fields.get(name), ff: entries.ff?.fields.get(name) };
      yield judge(rules, `${place}.${name}`, { ...sides, field, values: fieldValues, entries });
    }
  }
}

/** A request that peers did not make, though they went on after it. */
export function judgeAlone(rules: readonly Rule[], sides: JudgedSides, without: readonly Peer[]): Judgement {
  const absent = (peer: Peer): Value | undefined => (without.includes(peer) ? "absent" : undefined);
  const values = { ours: "present", gst: absent("gst"), ff: absent("ff") };
  return judge(rules, "@.request", { ...sides, field: "@.request", values, entries: {} });
}

/** A request that only a peer made. @param before our request before it; `noRequest` where we made none. */
export function judgeAdded(
  rules: readonly Rule[],
  peer: Peer,
  added: Side,
  before: Side,
  history: Occurrence["history"],
): Judgement {
  const sides = { gst: undefined, ff: undefined, [peer]: added, ours: before, history, entries: {} };
  const values = { ours: "absent", gst: undefined, ff: undefined, [peer]: `present, ${added.request.bytes} bytes` };
  const place = `@.request (${added.request.index} of ${peer})`;
  return judge(rules, place, { ...sides, field: "@.request", values });
}

/** Whether all payloads of ours are those of theirs, with the timestamps translated. */
export function isRawEqual(
  comparator: Pick<Comparator, "rawPayload">,
  ours: Side["request"],
  theirs: Side["request"],
  translate: (timestamp: bigint) => bigint,
): boolean {
  const same = (timestamp: bigint): bigint => timestamp;
  for (const [name, payload] of ours.controls) {
    const other = theirs.controls.get(name);
    if (typeof payload === "number" || typeof other === "number" || other === undefined) continue;
    const a = comparator.rawPayload(name, payload, same);
    if (!sameBytes(a, comparator.rawPayload(name, other, translate))) return false;
  }
  return true;
}

type Entries = Occurrence["entries"];

/**
 * Entries of the same picture belong together. What is left (frames that do not exist, pictures that one producer does
 * not have) goes by its alias. Each entry is used once.
 */
function matchEntries(list: string, sides: Pick<Occurrence, "ours" | "gst" | "ff">): Entries[] {
  const ours = sides.ours.view.references.get(list) ?? [];
  const rows: { -readonly [K in keyof Entries]: Entries[K] }[] = ours.map((entry) => ({ ours: entry }));
  for (const peer of peers) {
    const rest = new Set(sides[peer]?.view.references.get(list) ?? []);
    const passes: ((row: Entries, entry: ReferenceEntry) => boolean)[] = [
      (row, entry) => first(row).picture === entry.picture && first(row).alias === entry.alias,
      (row, entry) => first(row).picture === entry.picture,
      (row, entry) => first(row).alias === entry.alias,
    ];
    for (const fits of passes) {
      for (const row of rows) {
        if (row[peer] !== undefined) continue;
        const match = [...rest].find((entry) => fits(row, entry));
        if (match === undefined) continue;
        row[peer] = match;
        rest.delete(match);
      }
    }
    for (const entry of rest) rows.push({ [peer]: entry });
  }
  return rows;
}

function first(entries: Entries): ReferenceEntry {
  return (entries.ours ?? entries.gst ?? entries.ff) as ReferenceEntry;
}
