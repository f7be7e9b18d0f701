import { type Alignment, align, type Coverage, coverage } from "../../src/compare/align.ts";
import {
  type Comparator,
  type History,
  noRequest,
  type Occurrence,
  type ReferenceLabel,
  type Side,
} from "../../src/compare/comparator.ts";
import {
  isRawEqual,
  type JudgedSides,
  type Judgement,
  judgeAdded,
  judgeAlone,
  judgeRequest,
} from "../../src/compare/judge.ts";
import {
  type EffectiveRequest,
  indexTimestamps,
  type Peer,
  peers,
  type TimestampIndex,
} from "../../src/compare/request.ts";
import type { Rule } from "../../src/compare/rules.ts";

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
  if (slice === noRequest.request) return frameMode.length === 0;
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
    for (const judgement of judgeRequest(this.#comparator, this.#rules, sides)) this.#count(judgement);
    this.#useRowsOfLeftOut(sides);
  }

  /** A request that no peer made, though all of them went on after it. */
  #judgeAlone(sides: JudgedSides): void {
    if (this.#peers.length === 0 || !this.#peers.every((side) => this.#goesOn(side, sides))) return;
    const without = this.#peers.map(({ peer }) => peer);
    this.#count(judgeAlone(this.#rules, sides, without));
  }

  /** A request that one peer alone left out, though it went on: counted as left out, and a row may say why. */
  #useRowsOfLeftOut(sides: JudgedSides): void {
    const without = this.#peers.flatMap((side) =>
      sides[side.peer] === undefined && this.#goesOn(side, sides) ? [side.peer] : [],
    );
    if (without.length === 0) return;
    const { place, occurrence, different } = judgeAlone(this.#rules, sides, without);
    for (const peer of without) {
      const verdict = different[peer];
      if (verdict !== undefined) this.#used(verdict.id, peer, place, occurrence);
    }
  }

  #goesOn({ alignment }: PeerSide, { ours }: JudgedSides): boolean {
    return alignment.peerOf.subarray(ours.request.index).some((index) => index >= 0);
  }

  #count({ place, occurrence, values, transforms, different }: Judgement): void {
    for (const { id, peer } of transforms) this.#used(id, peer, place, occurrence);
    const unexplained: Peer[] = [];
    for (const { peer, result } of this.#peers) {
      if (values[peer] === undefined) continue;
      result.fields++;
      if (values[peer] === values.ours) {
        result.equal++;
        continue;
      }
      const verdict = different[peer];
      if (verdict === undefined) {
        unexplained.push(peer);
        continue;
      }
      result.explained++;
      this.#used(verdict.id, peer, place, occurrence);
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
    let before = this.#ours[0] ?? noRequest;
    for (const [index, side] of sides.entries()) {
      const ours = alignment.oursOf[index]!;
      if (ours >= 0) before = this.#ours[ours]!;
      if (ours >= 0) continue;
      this.#count(judgeAdded(this.#rules, peer, side, before, this.#history));
    }
  }

  #countRaw(side: PeerSide, ours: Side): void {
    const theirs = side.requests[side.alignment.peerOf[ours.request.index]!];
    if (theirs === undefined) return;
    if (isRawEqual(this.#comparator, ours.request, theirs, this.#translator(side, theirs))) side.result.rawEqual++;
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
