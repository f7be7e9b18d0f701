/** Two recordings in the parts that the rows of DISAGREEMENTS.md have: ours, and a peer. */
import { type Comparator, type History, noRequest, type ReferenceLabel, type Side } from "./comparator.ts";
import type { KnownFault } from "./difference.ts";
import { type JudgedSides, type Judgement, judgeAdded, judgeAlone, judgeRequest, timestampValues } from "./judge.ts";
import { type Peer, peers } from "./request.ts";
import { effectText, type Rule, type Verdict } from "./rules.ts";
import { ourProducer } from "./sides.ts";
import { CastSides, type Entry, type Timeline } from "./timeline.ts";
import type { Value } from "./values.ts";

/** What is known of the timestamps of two recordings. */
export interface Clock {
  /** That of the second one less that of the first, as long as it is the same for all pairs. */
  readonly offset: bigint | undefined;
}

/** Who can be meant by a producer's name. */
function partsOf(producer: string | undefined): readonly ("ours" | Peer)[] {
  if (producer === undefined) return ["ours", ...peers];
  if (/gst|gstreamer/i.test(producer)) return ["ours", "gst"];
  if (/ffmpeg|libav/i.test(producer)) return ["ours", "ff"];
  return producer.toLowerCase().startsWith(ourProducer) ? ["ours"] : ["ours", ...peers];
}

const nothing = new Uint8Array(0);

/** One way to give two recordings the parts of a row. */
export class Casting {
  readonly peer: Peer;
  /** The place of the peer among the two: 0 or 1. */
  readonly peerAt: 0 | 1;
  readonly #ours: Timeline;
  readonly #peers: Timeline;
  readonly #comparator: Comparator;
  readonly #rules: readonly Rule[];
  readonly #clock: Clock;
  readonly #history: History;
  readonly #missing = new Set<number>();

  constructor(
    pair: readonly [Timeline, Timeline],
    peerAt: 0 | 1,
    peer: Peer,
    comparator: Comparator,
    rules: readonly Rule[],
    clock: Clock,
  ) {
    this.peer = peer;
    this.peerAt = peerAt;
    this.#ours = pair[peerAt === 0 ? 1 : 0];
    this.#peers = pair[peerAt];
    this.#comparator = comparator;
    this.#rules = rules;
    this.#clock = clock;
    const none = new Set<number>();
    this.#history = {
      stream: this.#ours.side.stream ?? nothing,
      sides: new CastSides(this.#ours, (entry) => this.#ourSide(entry)),
      peers: { [peer]: new CastSides(this.#peers, (entry) => this.#peerSide(entry)) },
      partner: (asked, ours) => (asked === peer ? this.#partner(ours) : undefined),
      missing: { gst: none, ff: none, [peer]: this.#missing },
    };
  }

  /** All that the producers' names allow, the likeliest first. */
  static all(
    pair: readonly [Timeline, Timeline],
    comparator: Comparator,
    rules: readonly Rule[],
    clock: Clock,
  ): Casting[] {
    const [a, b] = pair.map(({ side }) => partsOf(side.producer));
    const isOurs = pair.map(({ side }) => side.producer?.toLowerCase().startsWith(ourProducer) ?? false);
    const castings = ([1, 0] as const).flatMap((peerAt) => {
      if (isOurs[peerAt] || (isOurs[1] && !isOurs[0] && peerAt === 1)) return [];
      const parts = (peerAt === 0 ? a : b) ?? [];
      const possible = peers.filter((peer) => parts.includes(peer));
      return possible.map((peer) => new Casting(pair, peerAt, peer, comparator, rules, clock));
    });
    // Two recordings of ours: no row is about them.
    return castings.length > 0 ? castings : [new Casting(pair, 1, "gst", comparator, [], clock)];
  }

  /** Each field of two requests that belong together. @param pair in the recordings' order. */
  judge(pair: readonly [Entry, Entry]): Generator<Judgement, void, undefined> {
    return judgeRequest(this.#comparator, this.#rules, this.#judged(pair));
  }

  /** Where only one of two requests has the timestamp of the request before: the timestamps of both in words, in the recordings' order. */
  timestampsOf(pair: readonly [Entry, Entry]): readonly [Value, Value] | undefined {
    if (this.#comparator.joinsRequests !== true) return undefined;
    const { ours, [this.peer]: theirs } = timestampValues(this.#judged(pair));
    if (ours === undefined || theirs === undefined || theirs === ours) return undefined;
    return this.peerAt === 1 ? [ours, theirs] : [theirs, ours];
  }

  #judged(pair: readonly [Entry, Entry]): JudgedSides {
    const ours = this.#ourSide(pair[this.peerAt === 0 ? 1 : 0]);
    const theirs = this.#peerSide(pair[this.peerAt]);
    return { gst: undefined, ff: undefined, [this.peer]: theirs, ours, history: this.#history };
  }

  /** Why only one of the two has a request. @param of the place of its recording. */
  judgeGap(entry: Entry, of: 0 | 1): Verdict | undefined {
    if (of === this.peerAt) {
      const before = this.#ours.at(Math.max(0, this.#lastOursBefore(entry)));
      const hasNone = this.#ours.isEnded && this.#ours.length === 0;
      if (before === undefined && !hasNone) return undefined;
      const [added, ours] = [this.#peerSide(entry), before === undefined ? noRequest : this.#ourSide(before)];
      return judgeAdded(this.#rules, this.peer, added, ours, this.#history).different[this.peer];
    }
    this.#missing.add(entry.request.index);
    const sides = { ours: this.#ourSide(entry), gst: undefined, ff: undefined, history: this.#history };
    return judgeAlone(this.#rules, sides, [this.peer]).different[this.peer];
  }

  #lastOursBefore(entry: Entry): number {
    for (let i = entry.request.index - 1; i >= 0; i--) {
      const before = this.#peers.at(i);
      if (before === undefined) return -1;
      const partner = before.user.partners.get(this.#ours);
      if (partner !== undefined) return partner.index;
    }
    return 0;
  }

  /** Before a request of ours is given up: what was read of the stream is kept in step with it. */
  beforeForget(entry: Entry): void {
    this.#missing.delete(entry.request.index);
    if (this.#history.stream.length > 0) this.#comparator.beforeForget?.(this.#history, this.#ourSide(entry));
  }

  /** Whether `timeline` plays our part. */
  isOurs(timeline: Timeline): boolean {
    return timeline === this.#ours;
  }

  #ourSide(entry: Entry): Side {
    return entry.side(this, () => this.#comparator.view(entry.request, this.#ourLabel(entry)));
  }

  #peerSide(entry: Entry): Side {
    return entry.side(this, () => this.#comparator.view(entry.request, this.#peerLabel(entry)));
  }

  #partner(ours: Side): Side | undefined {
    const user = this.#ours.at(ours.request.index)?.user.partners.get(this.#peers);
    const entry = user && this.#peers.at(user.index);
    // A lost request has the index of the one before it.
    return entry?.request.timestamp === user?.timestamp ? entry && this.#peerSide(entry) : undefined;
  }

  #ourLabel({ request, user: own }: Entry): ReferenceLabel {
    return (timestamp) => {
      const user = this.#ours.userBefore(request.index, timestamp);
      if (user !== undefined) return `#${user.picture}`;
      if (namesNone(timestamp)) return `${this.peer} timestamp ${timestamp}`;
      if (timestamp === 0n) return "none";
      const { offset } = this.#clock;
      const theirs = own.partners.get(this.#peers);
      if (offset === undefined || theirs === undefined) return `timestamp ${timestamp}`;
      // The recording begins later than the picture that it refers to, and the peer's does not.
      const translated = this.peerAt === 1 ? timestamp + offset : timestamp - offset;
      const before = this.#peers.userBefore(theirs.index, translated);
      return before === undefined || before.partners.has(this.#ours)
        ? `timestamp ${timestamp}`
        : `${this.peer} #${before.index}`;
    };
  }

  #peerLabel({ request, user: own }: Entry): ReferenceLabel {
    return (timestamp) => {
      const user = this.#peers.userBefore(request.index, timestamp);
      if (user !== undefined) {
        const same = user.partners.get(this.#ours);
        return same === undefined ? `${this.peer} #${user.index}` : `#${same.picture}`;
      }
      const { offset } = this.#clock;
      const ours = own.partners.get(this.#ours);
      const isNone = timestamp === 0n || namesNone(timestamp);
      if (offset === undefined || isNone || ours === undefined) return `${this.peer} timestamp ${timestamp}`;
      // The recording begins later than the picture that it refers to.
      const translated = this.peerAt === 1 ? timestamp - offset : timestamp + offset;
      const before = this.#ours.userBefore(ours.index, translated);
      return before === undefined ? `timestamp ${translated}` : `#${before.picture}`;
    };
  }

  /** The row with this id. */
  verdict(id: string): Verdict | undefined {
    return this.#rules.find(({ verdict }) => verdict.id === id)?.verdict;
  }

  /** A row as it is reported. @param sides the places of the two recordings among all. */
  knownFault({ id, note, authority, matters }: Verdict, sides: readonly [number, number]): KnownFault {
    return { id, note, authority, effect: effectText({ matters }), side: sides[this.peerAt] };
  }
}

/** GST_CLOCK_TIME_NONE, 2^64 - 1, names no picture in any recording, and is another value than 0. */
function namesNone(timestamp: bigint): boolean {
  return timestamp >= 2n ** 63n;
}
