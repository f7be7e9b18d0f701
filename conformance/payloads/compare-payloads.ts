import { type Alignment, align, type Coverage, coverage } from "./align.ts";
import type { Comparator, History, Occurrence, ReferenceEntry, ReferenceLabel, Side } from "./comparator.ts";
import { type EffectiveRequest, indexTimestamps, type Peer, peers, type TimestampIndex } from "./requests.ts";
import type { Value } from "./values.ts";
import { excuse, type Rule, transformed } from "./verdicts.ts";

/** A value that no row explains. */
export interface ValueDifference {
  readonly stream: string;
  /** Our request; for one that we did not make, ours before it. */
  readonly request: number;
  /** The field with its place: `"H264_DECODE_PARAMS.dpb[#3].pic_num"`. */
  readonly field: string;
  readonly values: Occurrence["values"];
  /** The peers that differ without a row. */
  readonly unexplained: readonly Peer[];
}

/** What came of one stream and one peer. */
export interface PeerResult extends Coverage {
  readonly requests: number;
  fields: number;
  equal: number;
  explained: number;
  /** Requests whose payloads are equal byte by byte once the timestamps are translated. */
  rawEqual: number;
}

/** Where a row was needed, with the values as they were sent: before any transform. */
export interface RowUse {
  /** Our request; for one that we did not make, ours before it. */
  readonly request: number;
  /** The field with its place. */
  readonly field: string;
  readonly values: Occurrence["values"];
}

/** What came of one stream. */
export interface StreamResult {
  readonly stream: string;
  readonly ours: number;
  readonly peers: Partial<Record<Peer, PeerResult>>;
  readonly differences: ValueDifference[];
  /** By row: how often. */
  readonly uses: Map<string, number>;
  /** By row: the first occurrence in which the peer's value is not ours. */
  readonly firstUses: Map<string, RowUse>;
}

interface PeerSide {
  readonly peer: Peer;
  readonly requests: readonly EffectiveRequest[];
  readonly alignment: Alignment;
  readonly times: TimestampIndex;
  readonly sides: readonly Side[];
  readonly result: PeerResult;
}

/** The picture's request in frame mode has the same timestamp, and the slice's bytes in its buffer. */
function isAsInFrameMode(
  frameMode: readonly EffectiveRequest[],
  slice: EffectiveRequest,
  control: string | undefined,
): boolean {
  const { timestamp, bitstream } = slice;
  const picture = frameMode.find(
    (request) =>
      request.timestamp === timestamp &&
      bitstream !== undefined &&
      Buffer.from(request.bitstream!).indexOf(bitstream) >= 0,
  );
  if (control === undefined) return picture !== undefined;
  const [a, b] = [slice.controls.get(control), picture?.controls.get(control)];
  // Of an array of slices the slice is one.
  return a instanceof Uint8Array && b instanceof Uint8Array && Buffer.from(b).indexOf(a) >= 0;
}

/** Compares our requests with those of one or both peers. In slice mode `frameMode` are ours of the same stream. */
export class PayloadComparison {
  readonly result: StreamResult;
  readonly #comparator: Comparator;
  readonly #rules: readonly Rule[];
  readonly #ours: readonly Side[];
  readonly #peers: readonly PeerSide[];
  readonly #history: History;

  constructor(
    stream: string,
    bytes: Uint8Array,
    comparator: Comparator,
    rules: readonly Rule[],
    ours: readonly EffectiveRequest[],
    goldens: Partial<Record<Peer, readonly EffectiveRequest[]>>,
    frameMode?: readonly EffectiveRequest[],
  ) {
    this.#comparator = comparator;
    this.#rules = rules;
    this.result = { stream, ours: ours.length, peers: {}, differences: [], uses: new Map(), firstUses: new Map() };
    const times = indexTimestamps(ours);
    this.#ours = ours.map((request) => {
      const label: ReferenceLabel = (timestamp) => {
        const user = times.before(request.index, timestamp);
        if (user !== undefined) return `#${times.pictureOf(user)}`;
        return timestamp === 0n ? "none" : `timestamp ${timestamp}`;
      };
      return { request, view: comparator.view(request, label) };
    });
    this.#peers = peers.flatMap((peer) => {
      const requests = goldens[peer];
      return requests === undefined ? [] : [this.#peerSide(peer, requests, ours)];
    });
    this.#history = {
      stream: bytes,
      sides: this.#ours,
      peers: Object.fromEntries(this.#peers.map(({ peer, sides }) => [peer, sides])),
      partner: (peer, ours) => this.#partner(peer, ours.request.index),
      missing: { gst: this.#missing("gst"), ff: this.#missing("ff") },
      ...(frameMode && { isAsInFrameMode: (side, control) => isAsInFrameMode(frameMode, side.request, control) }),
    };
  }

  #peerSide(peer: Peer, requests: readonly EffectiveRequest[], ours: readonly EffectiveRequest[]): PeerSide {
    const alignment = align(ours, requests);
    const times = indexTimestamps(requests);
    const ourTimes = indexTimestamps(ours);
    const sides = requests.map((request) => {
      const label: ReferenceLabel = (timestamp) => {
        const user = times.before(request.index, timestamp);
        if (user === undefined) return `${peer} timestamp ${timestamp}`;
        const same = alignment.oursOf[user]!;
        return same < 0 ? `${peer} #${user}` : `#${ourTimes.pictureOf(same)}`;
      };
      return { request, view: this.#comparator.view(request, label) };
    });
    const counts = { requests: requests.length, fields: 0, equal: 0, explained: 0, rawEqual: 0 };
    const result = { ...coverage(alignment), ...counts };
    this.result.peers[peer] = result;
    return { peer, requests, alignment, times, sides, result };
  }

  #missing(peer: Peer): ReadonlySet<number> {
    const side = this.#peers.find((candidate) => candidate.peer === peer);
    const indices = this.#ours.map(({ request }) => request.index);
    return new Set(side === undefined ? [] : indices.filter((index) => side.alignment.peerOf[index]! < 0));
  }

  /** Our requests and what a driver reads in them. */
  get ours(): readonly Side[] {
    return this.#ours;
  }

  /** Compares everything; the result is in `result`. */
  run(): StreamResult {
    for (const ours of this.#ours) this.#compareRequest(ours);
    for (const side of this.#peers) this.#judgeAdded(side);
    return this.result;
  }

  #partner(peer: Peer, index: number): Side | undefined {
    const side = this.#peers.find((candidate) => candidate.peer === peer);
    return side?.sides[side.alignment.peerOf[index]!];
  }

  #compareRequest(ours: Side): void {
    const { index } = ours.request;
    const sides = { ours, gst: this.#partner("gst", index), ff: this.#partner("ff", index), history: this.#history };
    for (const side of this.#peers) this.#countRaw(side, ours);
    if (sides.gst === undefined && sides.ff === undefined) {
      this.#judgeAlone(sides);
      return;
    }
    const bitstream = (side: Side | undefined): Value | undefined =>
      side && `${side.request.bytes} bytes, crc32 ${side.request.crc32.toString(16).padStart(8, "0")}`;
    this.#judge("@.bitstream", {
      ...sides,
      field: "@.bitstream",
      values: { ours: bitstream(ours), gst: bitstream(sides.gst), ff: bitstream(sides.ff) },
      entries: {},
    });
    this.#compareFields(sides);
    for (const list of ours.view.references.keys()) this.#compareReferences(list, sides);
  }

  /** A request that no peer made, though all of them went on after it. */
  #judgeAlone(sides: Omit<Occurrence, "field" | "values" | "entries">): void {
    const goesOn = ({ alignment }: PeerSide): boolean =>
      alignment.peerOf.subarray(sides.ours.request.index).some((index) => index >= 0);
    if (this.#peers.length === 0 || !this.#peers.every(goesOn)) return;
    const absent = (peer: Peer): Value | undefined =>
      this.#peers.some((side) => side.peer === peer) ? "absent" : undefined;
    const values = { ours: "present", gst: absent("gst"), ff: absent("ff") };
    this.#judge("@.request", { ...sides, field: "@.request", values, entries: {} });
  }

  #compareFields(sides: Omit<Occurrence, "field" | "values" | "entries">): void {
    const all = [sides.ours, sides.gst, sides.ff].flatMap((side) => [...(side?.view.fields.keys() ?? [])]);
    for (const field of new Set(all)) {
      const value = (side: Side | undefined): Value | undefined => side?.view.fields.get(field);
      const values = { ours: value(sides.ours) ?? "absent", gst: value(sides.gst), ff: value(sides.ff) };
      this.#judge(field, { ...sides, field, values, entries: {} });
    }
  }

  #compareReferences(list: string, sides: Omit<Occurrence, "field" | "values" | "entries">): void {
    for (const entries of matchEntries(list, sides)) {
      const named = entries.ours ?? entries.gst ?? entries.ff!;
      const presence = (side: Side | undefined, entry: ReferenceEntry | undefined): Value | undefined =>
        side && (entry === undefined ? "absent" : "present");
      const values = {
        ours: presence(sides.ours, entries.ours),
        gst: presence(sides.gst, entries.gst),
        ff: presence(sides.ff, entries.ff),
      };
      const place = `${list.slice(0, -1)}${named.picture}, ${named.alias}]`;
      this.#judge(place, { ...sides, field: list, values, entries });
      if (entries.ours === undefined) continue;
      for (const [name, value] of entries.ours.fields) {
        const field = `${list}.${name}`;
        const fieldValues = { ours: value, gst: entries.gst?.fields.get(name), ff: entries.ff?.fields.get(name) };
        this.#judge(`${place}.${name}`, { ...sides, field, values: fieldValues, entries });
      }
    }
  }

  /** One value of ours against those of the peers. */
  #judge(place: string, occurrence: Occurrence): void {
    const used = (id: string, peer: Peer): void => this.#used(id, peer, place, occurrence);
    const values = {
      ours: occurrence.values.ours,
      gst: transformed(this.#rules, occurrence, "gst", used),
      ff: transformed(this.#rules, occurrence, "ff", used),
    };
    const unexplained: Peer[] = [];
    for (const { peer, result } of this.#peers) {
      if (values[peer] === undefined) continue;
      result.fields++;
      if (values[peer] === values.ours) {
        result.equal++;
        continue;
      }
      const verdict = excuse(this.#rules, occurrence, peer, values);
      if (verdict === undefined) {
        unexplained.push(peer);
        continue;
      }
      result.explained++;
      used(verdict.id, peer);
    }
    if (unexplained.length === 0) return;
    const request = occurrence.ours.request.index;
    this.result.differences.push({ stream: this.result.stream, request, field: place, values, unexplained });
  }

  #used(id: string, peer: Peer, field: string, { ours, values }: Occurrence): void {
    const { uses, firstUses } = this.result;
    uses.set(id, (uses.get(id) ?? 0) + 1);
    if (values[peer] === values.ours || firstUses.has(id)) return;
    firstUses.set(id, { request: ours.request.index, field, values });
  }

  /** Requests that a peer made and we did not: as serious as a wrong field. */
  #judgeAdded({ peer, alignment, sides }: PeerSide): void {
    let before = this.#ours[0];
    for (const [index, side] of sides.entries()) {
      const ours = alignment.oursOf[index]!;
      if (ours >= 0) before = this.#ours[ours];
      if (ours >= 0 || before === undefined) continue;
      const occurrence = {
        gst: undefined,
        ff: undefined,
        [peer]: side,
        ours: before,
        history: this.#history,
        entries: {},
      };
      const values = { ours: "absent", gst: undefined, ff: undefined, [peer]: `present, ${side.request.bytes} bytes` };
      this.#judge(`@.request (${index} of ${peer})`, { ...occurrence, field: "@.request", values });
    }
  }

  #countRaw(side: PeerSide, ours: Side): void {
    const theirs = side.requests[side.alignment.peerOf[ours.request.index]!];
    if (theirs === undefined) return;
    if (rawEqual(this.#comparator, ours.request, theirs, this.#translator(side, theirs))) side.result.rawEqual++;
  }

  /** A peer's timestamp as the one that we gave the same picture. */
  #translator(side: PeerSide, theirs: EffectiveRequest): (timestamp: bigint) => bigint {
    return (timestamp) => {
      const user = side.times.before(theirs.index, timestamp);
      const ours = user === undefined ? -1 : side.alignment.oursOf[user]!;
      return this.#ours[ours]?.request.timestamp ?? 0n;
    };
  }
}

function rawEqual(
  comparator: Comparator,
  ours: EffectiveRequest,
  theirs: EffectiveRequest,
  translate: (timestamp: bigint) => bigint,
): boolean {
  const same = (timestamp: bigint): bigint => timestamp;
  for (const [name, payload] of ours.controls) {
    const other = theirs.controls.get(name);
    if (typeof payload === "number" || typeof other === "number" || other === undefined) continue;
    const a = comparator.rawPayload(name, payload, same);
    if (Buffer.compare(a, comparator.rawPayload(name, other, translate)) !== 0) return false;
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
  return entries.ours ?? entries.gst ?? entries.ff!;
}
