/** Which request of one recording is which of another, while both are read. */
import { crc32 } from "../record/crc32.ts";
import { cheapestPath, type OutputBuffer, towardsLosses } from "./align.ts";
import type { Clock } from "./casting.ts";
import type { Comparator } from "./comparator.ts";
import type { EffectiveRequest } from "./request.ts";
import type { Entry, Timeline } from "./timeline.ts";

/** Two requests that belong together, or one that the other recording does not have. */
export interface Pairing {
  readonly a: number | undefined;
  readonly b: number | undefined;
}

/** Requests that are read ahead in any case: rows look at the other slices of a picture, and at the pictures that refer to it. */
const lookahead = 64;

/** What identifies a request's picture, and its slice in it, apart from its bytes and timestamps. */
export type Keys = Pick<Comparator, "pictureKey" | "sliceKey">;

/**
 * Pairs two recordings. Equal OUTPUT buffers are pairs; where the next two are not equal, the window after them decides: the
 * way of least cost through both. Between two pairs, as many requests on both sides are pairs too: the same pictures with other
 * bytes. Where they are not as many, pictures are found again by their numbers and types.
 */
export class Pairs {
  readonly #a: Timeline;
  readonly #b: Timeline;
  readonly #window: number;
  readonly #keys: Keys;
  readonly #clock: Clock;
  #nextA = 0;
  #nextB = 0;
  #hasBytes: boolean | undefined;

  /** @param window requests of both that are looked at ahead. @param clock what is known of the timestamps so far. */
  constructor([a, b]: readonly [Timeline, Timeline], window: number, keys: Keys, clock: Clock) {
    this.#a = a;
    this.#b = b;
    this.#window = window;
    this.#keys = keys;
    this.#clock = clock;
  }

  /** The next decisions, in order; undefined at the end of both. */
  async next(): Promise<readonly Pairing[] | undefined> {
    await this.#a.fill(this.#nextA + lookahead);
    await this.#b.fill(this.#nextB + lookahead);
    const [a, b] = [this.#a.at(this.#nextA), this.#b.at(this.#nextB)];
    if (a === undefined && b === undefined) return undefined;
    if (a === undefined || b === undefined) {
      return [a === undefined ? { a: undefined, b: this.#nextB++ } : { a: this.#nextA++, b: undefined }];
    }
    this.#hasBytes ??= a.request.crc32 >= 0 && b.request.crc32 >= 0;
    if (isEqual(this.#bufferOf(a), this.#bufferOf(b)) && !this.#isAroundLost(a, b) && !this.#isAtOtherTime(a, b)) {
      return [{ a: this.#nextA++, b: this.#nextB++ }];
    }
    return this.#decide();
  }

  /** Where one of the two recordings does not have the buffers' checksums, the picture's own numbers stand for them. */
  #bufferOf(entry: Entry): OutputBuffer {
    return this.#hasBytes ? entry.request : this.#sliceOf(entry);
  }

  #timelineOf(entry: Entry): Timeline {
    return this.#a.at(entry.request.index) === entry ? this.#a : this.#b;
  }

  #pictureOf({ request }: Entry): OutputBuffer {
    return keyed(this.#keys.pictureKey(request));
  }

  /** The picture, and the slice of it where there is a request for each. */
  #sliceOf(entry: Entry): OutputBuffer {
    const request = withoutUnknown(entry, this.#timelineOf(entry));
    return keyed(`${this.#keys.pictureKey(request)} ${this.#keys.sliceKey?.(request) ?? ""}`);
  }

  /** As `#sliceOf`, where the picture's numbers may be lost and its timestamp is not. @param offset of its recording's timestamps. */
  #timeOf(entry: Entry, offset: bigint): OutputBuffer {
    const request = withoutUnknown(entry, this.#timelineOf(entry));
    return keyed(`${request.timestamp - offset} ${this.#keys.sliceKey?.(request) ?? ""}`);
  }

  async #decide(): Promise<readonly Pairing[]> {
    const [startA, startB] = [this.#nextA, this.#nextB];
    await this.#a.fill(startA + this.#window);
    await this.#b.fill(startB + this.#window);
    const ours = this.#a.slice(startA, startA + this.#window);
    const theirs = this.#b.slice(startB, startB + this.#window);
    const isWhole =
      this.#a.isEnded &&
      this.#b.isEnded &&
      startA + ours.length === this.#a.length &&
      startB + theirs.length === this.#b.length;
    const equal = this.#equal(ours, theirs);
    const decided = this.#gapsFilled(equal, ours, theirs, [startA, startB]);
    const end = isWhole ? decided.length : committed(decided, this.#window >> 1);
    const taken = decided.slice(0, end);
    this.#nextA += taken.filter(({ a }) => a !== undefined).length;
    this.#nextB += taken.filter(({ b }) => b !== undefined).length;
    return taken.map(({ a, b }) => ({ a: a === undefined ? a : a + startA, b: b === undefined ? b : b + startB }));
  }

  #gapsFilled(
    equal: readonly (readonly [number, number])[],
    ours: readonly Entry[],
    theirs: readonly Entry[],
    [startA, startB]: readonly [number, number],
  ): Pairing[] {
    const pairings: Pairing[] = [];
    let [i, j] = [0, 0];
    for (const [nextA, nextB] of [...equal, [ours.length, theirs.length] as const]) {
      const lacksCalls =
        this.#a.missingCalls(startA + i, startA + nextA) ?? this.#b.missingCalls(startB + j, startB + nextB);
      for (const pairing of this.#gap(ours.slice(i, nextA), theirs.slice(j, nextB), lacksCalls !== undefined)) {
        const { a, b } = pairing;
        pairings.push({ a: a === undefined ? a : a + i, b: b === undefined ? b : b + j });
      }
      if (nextA < ours.length && nextB < theirs.length) pairings.push({ a: nextA, b: nextB });
      [i, j] = [nextA + 1, nextB + 1];
    }
    return pairings;
  }

  /** Calls are missing before one of two requests, and their timestamps do not say that they are the same picture. */
  #isAroundLost({ request: a }: Entry, { request: b }: Entry): boolean {
    if (b.timestamp - a.timestamp === this.#clock.offset) return false;
    return (this.#a.missingCalls(a.index) ?? this.#b.missingCalls(b.index)) !== undefined;
  }

  /** Equal buffers of other pictures: a frame that repeats the one before is often the same bytes. */
  #isAtOtherTime({ request: a }: Entry, { request: b }: Entry): boolean {
    const { offset } = this.#clock;
    return offset !== undefined && b.timestamp - a.timestamp !== offset;
  }

  #equal(ours: readonly Entry[], theirs: readonly Entry[]): readonly (readonly [number, number])[] {
    const lacksCalls = this.#lacksCalls(ours, theirs);
    if (lacksCalls) {
      const path = this.#sameTime(ours, theirs);
      if (path !== undefined && path.length > 0) return path;
    }
    const [a, b] = [ours.map(this.#bufferOf, this), theirs.map(this.#bufferOf, this)];
    const path = cheapestPath(a, b);
    if (lacksCalls) return this.#towardsLosses(path, a, b);
    return this.#asGoodByTime(path, ours, theirs) ?? path;
  }

  /**
   * A picture's bytes and numbers may be those of its neighbour: it repeats that one, or its controls were refused. Where as many pictures
   * are the same with the timestamps as they are, they are: undefined where they are not.
   */
  #asGoodByTime(path: readonly (readonly [number, number])[], ours: readonly Entry[], theirs: readonly Entry[]) {
    const isSame = ([i, j]: readonly [number, number]): boolean =>
      isEqual(this.#bufferOf(ours[i] as Entry), this.#bufferOf(theirs[j] as Entry));
    const byTime = this.#sameTime(ours, theirs)?.filter(isSame);
    return byTime !== undefined && byTime.length >= path.length ? byTime : undefined;
  }

  #towardsLosses(
    path: readonly (readonly [number, number])[],
    a: readonly OutputBuffer[],
    b: readonly OutputBuffer[],
  ): readonly (readonly [number, number])[] {
    const isAfterLoss = (timeline: Timeline, next: number) => (place: number) =>
      timeline.missingCalls(next + place) !== undefined;
    const isSame = (i: number, j: number) => isEqual(a[i] as OutputBuffer, b[j] as OutputBuffer);
    const lostByB = towardsLosses(path, {
      isAfterLoss: isAfterLoss(this.#b, this.#nextB),
      isEqual: isSame,
    });
    const lostByA = towardsLosses(lostByB.map(swapped), {
      isAfterLoss: isAfterLoss(this.#a, this.#nextA),
      isEqual: (j, i) => isSame(i, j),
    });
    return lostByA.map(swapped);
  }

  #lacksCalls(ours: readonly Entry[], theirs: readonly Entry[]): boolean {
    const lacks = (timeline: Timeline, entries: readonly Entry[], next: number): boolean => {
      const first = entries[0]?.request.index ?? next;
      return timeline.missingCalls(first, first + entries.length) !== undefined;
    };
    return lacks(this.#a, ours, this.#nextA) || lacks(this.#b, theirs, this.#nextB);
  }

  /** Undefined where the timestamps do not say what is the same picture. */
  #sameTime(ours: readonly Entry[], theirs: readonly Entry[]): readonly (readonly [number, number])[] | undefined {
    const { offset } = this.#clock;
    if (offset === undefined) return undefined;
    return cheapestPath(
      ours.map((entry) => this.#timeOf(entry, 0n)),
      theirs.map((entry) => this.#timeOf(entry, offset)),
    );
  }

  /** Requests without an equal one. @param lacksCalls requests may be lost here, so that their number says nothing. */
  #gap(ours: readonly Entry[], theirs: readonly Entry[], lacksCalls: boolean): Pairing[] {
    if (ours.length === theirs.length && !lacksCalls) return ours.map((_, i) => ({ a: i, b: i }));
    const same = lacksCalls
      ? (this.#sameTime(ours, theirs) ?? cheapestPath(ours.map(this.#sliceOf, this), theirs.map(this.#sliceOf, this)))
      : cheapestPath(ours.map(this.#pictureOf, this), theirs.map(this.#pictureOf, this));
    const pairings: Pairing[] = [];
    let [i, j] = [0, 0];
    for (const [nextA, nextB] of [...same, [ours.length, theirs.length] as const]) {
      const isEven = nextA - i === nextB - j && !lacksCalls;
      while (isEven && i < nextA) pairings.push({ a: i++, b: j++ });
      while (j < nextB) pairings.push({ a: undefined, b: j++ });
      while (i < nextA) pairings.push({ a: i++, b: undefined });
      if (nextA < ours.length && nextB < theirs.length) pairings.push({ a: i++, b: j++ });
    }
    return pairings;
  }
}

/** A control of which nothing is known has the value of an earlier picture. */
function withoutUnknown(entry: Entry, timeline: Timeline): EffectiveRequest {
  const { request } = entry;
  const { known } = timeline.asFarAsKnown(entry);
  if (known === undefined || known.size === 0) return request;
  const { index, timestamp, bytes, crc32: checksum } = request;
  const controls = new Map([...request.controls].filter(([name]) => known.get(name)?.length !== 0));
  return { index, timestamp, bytes, crc32: checksum, controls };
}

function keyed(key: string): OutputBuffer {
  return { bytes: 0, crc32: crc32(Uint8Array.from(key, (character) => character.charCodeAt(0))) };
}

function swapped([a, b]: readonly [number, number]): readonly [number, number] {
  return [b, a];
}

function isEqual(a: OutputBuffer, b: OutputBuffer): boolean {
  return a.crc32 === b.crc32 && a.bytes === b.bytes;
}

/** How many decisions stand, whatever comes after the window: those up to a pair in its first half, or half of them. */
function committed(decided: readonly Pairing[], half: number): number {
  let end = 0;
  for (const [i, { a, b }] of decided.entries()) {
    if (a !== undefined && b !== undefined) end = i + 1;
    if ((a ?? 0) >= half || (b ?? 0) >= half) return end > 0 ? end : i + 1;
  }
  return end > 0 ? end : decided.length;
}
