/** Two recordings, request by request. */

import { Casting } from "./casting.ts";
import type { FieldClasses } from "./classes.ts";
import type { Comparator } from "./comparator.ts";
import type { ComparedGap, ComparedPair, Comparison, Difference, KnownFault } from "./difference.ts";
import { filled, type Translate } from "./filling.ts";
import { isRawEqual } from "./judge.ts";
import { LostReferences } from "./lost-references.ts";
import { type Pairing, Pairs } from "./pairing.ts";
import { isReadablePayload } from "./payloads.ts";
import type { EffectiveRequest } from "./request.ts";
import { RequestDifferences } from "./request-differences.ts";
import type { Rule } from "./rules.ts";
import { SeenThrough } from "./seen-through.ts";
import type { ComparedRequest } from "./sides.ts";
import { Entry, effectiveRequest, type Timeline } from "./timeline.ts";
import { compareViews } from "./view-comparison.ts";

/** Compares one recording with the first one. */
export class PairComparison {
  readonly #pair: readonly [Timeline, Timeline];
  readonly #side: number;
  readonly #comparator: Comparator;
  readonly #castings: readonly Casting[];
  readonly #differences: RequestDifferences;
  readonly #pairs: Pairs;
  readonly #seen: SeenThrough;
  readonly #lost: LostReferences;
  readonly #isRaw: boolean;
  #gap: ComparedGap | undefined;
  /** Before the first pair both sides have requests that the other lacks: neither begins later. */
  #bothHaveMore = false;
  #isDone = false;
  /** The requests of both recordings that are done. */
  readonly #taken: [number, number] = [0, 0];
  #paired = 0;
  /** The number of the first side's last request that is done. */
  #lastOfFirst = -1;

  /** @param side the place of the second recording among all. @param window requests that are looked at ahead. */
  constructor(
    pair: readonly [Timeline, Timeline],
    side: number,
    comparator: Comparator,
    rules: readonly Rule[],
    classes: FieldClasses,
    isRaw: boolean,
    window: number,
  ) {
    this.#pair = pair;
    this.#side = side;
    this.#comparator = comparator;
    this.#isRaw = isRaw;
    this.#seen = new SeenThrough(side, comparator, pair);
    this.#lost = new LostReferences(pair, comparator, this.#seen);
    this.#castings = Casting.all(pair, comparator, rules, this.#seen);
    this.#differences = new RequestDifferences(classes, side);
    this.#pairs = new Pairs(pair, window, comparator, this.#seen);
  }

  /** The number of requests of the first recording that are done; Infinity at the end. */
  get progress(): number {
    return this.#isDone ? Infinity : this.#taken[0];
  }

  /** What is found next; undefined at the end of both recordings. */
  async next(): Promise<readonly Comparison[] | undefined> {
    const decided = await this.#pairs.next();
    if (decided === undefined) {
      if (this.#isDone) return undefined;
      this.#isDone = true;
      this.#noteMissingCalls();
      return [...this.#endGap(), ...this.#seen.takeNotes(this.#lastOfFirst + 1)];
    }
    for (const pairing of decided) this.#link(pairing);
    const found = decided.flatMap((pairing) => this.#compare(pairing));
    const [, second] = this.#pair;
    second.advance(this.#taken[1] - 1, (entry) => this.beforeForget(second, entry));
    return found;
  }

  beforeForget(timeline: Timeline, entry: Entry): void {
    for (const casting of this.#castings) if (casting.isOurs(timeline)) casting.beforeForget(entry);
  }

  #entries({ a, b }: Pairing): readonly [Entry | undefined, Entry | undefined] {
    const [first, second] = this.#pair;
    return [a === undefined ? undefined : first.at(a), b === undefined ? undefined : second.at(b)];
  }

  #link(pairing: Pairing): void {
    const [a, b] = this.#entries(pairing);
    if (a === undefined || b === undefined) {
      if (a !== undefined) linkToPicture(a, this.#pair[0], this.#pair[1]);
      if (b !== undefined) linkToPicture(b, this.#pair[1], this.#pair[0]);
      return;
    }
    a.user.partners.set(this.#pair[1], b.user);
    b.user.partners.set(this.#pair[0], a.user);
    // Where only one of the two has the timestamp of the request before, that is a difference of its own.
    this.#seen.timestamps(a, b, this.#castings[0]?.timestampsOf([a, b]) === undefined);
  }

  #compare(pairing: Pairing): Comparison[] {
    const [a, b] = this.#entries(pairing);
    this.#noteMissingCalls();
    this.#lastOfFirst = a?.source.request ?? this.#lastOfFirst;
    if (pairing.a !== undefined) this.#taken[0] = pairing.a + 1;
    if (pairing.b !== undefined) this.#taken[1] = pairing.b + 1;
    if (a !== undefined && b !== undefined) {
      this.#paired++;
      const differences = this.#differencesOf(a, b);
      const pair: ComparedPair = { type: "pair", side: this.#side, requests: [a.source, b.source], differences };
      return [...this.#endGap(), ...this.#seen.takeNotes(a.source.request), pair];
    }
    const alone = a ?? b;
    return alone === undefined ? [] : this.#addToGap(alone, a === undefined ? 1 : 0);
  }

  #differencesOf(a: Entry, b: Entry): Difference[] {
    const [first, second] = this.#pair;
    this.#seen.unknownParts(0, a.source);
    this.#seen.unknownParts(1, b.source);
    if (!this.#isRaw) this.#lost.learn(a, b);
    const both = [first.asFarAsKnown(a), second.asFarAsKnown(b)] as const;
    const requests = filled(both, this.#translation(b, a, 1), this.#translation(a, b, 0));
    const hold = this.#hold(a, b);
    if (this.#isRaw) {
      const timestamps = this.#castings[0]?.timestampsOf([a, b]);
      const split = timestamps === undefined ? [] : [this.#differences.timestamp(timestamps)];
      return [...hold, ...split, ...this.#differences.raw(requests)];
    }
    if (this.#isEqual(a, b)) return hold;
    const entries = [filledEntry(a, requests[0]), filledEntry(b, requests[1])] as const;
    const views = compareViews(this.#castings, entries, [0, this.#side], this.#seen, this.#lost, this.#nextPair(a, b));
    return [...hold, ...this.#differences.seen(requests, views)];
  }

  /** Whether the request after this one is of the same picture. */
  #isSamePicture(timeline: Timeline, { request, user }: Entry): boolean {
    return timeline.at(request.index + 1)?.user.picture === user.picture;
  }

  /** The hold flag, as far as both recordings show it. */
  #hold(a: Entry, b: Entry): Difference[] {
    const [first, second] = this.#pair;
    const holds = [a.source.hold, b.source.hold] as const;
    if (holds[0] === undefined || holds[1] === undefined || holds[0] === holds[1]) return [];
    const isShown = holds[0] ? second.showsHolds : first.showsHolds;
    if (!isShown) this.#seen.unknownHolds(holds[0] ? 1 : 0);
    const [nextA, nextB] = [a.request.index + 1, b.request.index + 1];
    // Where one of the two ends or lacks calls, its last picture may lack slices, and a log tells the flag by the slice that follows.
    const isCut = (first.at(nextA) === undefined) !== (second.at(nextB) === undefined);
    const lacksCalls = first.missingCalls(nextA - 1, nextA) ?? second.missingCalls(nextB - 1, nextB);
    // Where the next request is of the same picture in one of the two only, the flag follows from that.
    const isOtherPicture = this.#isSamePicture(first, a) !== this.#isSamePicture(second, b);
    return !isShown || isCut || isOtherPicture || lacksCalls !== undefined
      ? []
      : [this.#differences.hold([holds[0], holds[1]])];
  }

  /** The requests after these two, where their buffers, or the numbers of their pictures, say that they belong together. */
  #nextPair(a: Entry, b: Entry): readonly [Entry, Entry] | undefined {
    const [first, second] = this.#pair;
    const pair = [first.at(a.request.index + 1), second.at(b.request.index + 1)] as const;
    if (pair[0] === undefined || pair[1] === undefined) return undefined;
    if (first.asFarAsKnown(pair[0]).known?.size || second.asFarAsKnown(pair[1]).known?.size) return undefined;
    const [one, other] = [pair[0].request, pair[1].request];
    const hasBytes = one.crc32 >= 0 && other.crc32 >= 0;
    const { pictureKey } = this.#comparator;
    const isPair = hasBytes ? sameBuffer(one, other) : pictureKey(one) === pictureKey(other);
    return isPair ? [pair[0], pair[1]] : undefined;
  }

  /** Payloads of one recording with the other's timestamps. @param of the place of the recording that has them. */
  #translation(entry: Entry, partner: Entry, of: 0 | 1): Translate {
    const [own, other] = of === 0 ? this.#pair : ([this.#pair[1], this.#pair[0]] as const);
    const { offset } = this.#seen;
    const translate = (timestamp: bigint): bigint => {
      const same = own.userBefore(entry.request.index, timestamp)?.partners.get(other);
      if (same !== undefined && other.userBefore(partner.request.index, same.timestamp)?.picture === same.picture) {
        return same.timestamp;
      }
      if (timestamp === 0n || offset === undefined) return timestamp;
      return BigInt.asUintN(64, of === 0 ? timestamp + offset : timestamp - offset);
    };
    return (name, payload) => {
      if (this.#isRaw || typeof payload === "number" || !isReadablePayload(name, payload)) return payload;
      return this.#comparator.rawPayload(name, payload, translate);
    };
  }

  /** Whether all bytes are the same with the timestamps of one recording translated: then nothing else need be asked. */
  #isEqual(a: Entry, b: Entry): boolean {
    const [first, second] = this.#pair;
    const names = [...a.request.controls.keys()];
    const isSame = (name: string): boolean => {
      const [one, other] = [a.request.controls.get(name), b.request.controls.get(name)];
      return typeof one === "number" ? one === other : other instanceof Uint8Array;
    };
    if (a.source.known?.size || b.source.known?.size) return false;
    if (this.#castings[0]?.timestampsOf([a, b]) !== undefined) return false;
    // What cannot be read is compared as it is.
    if (a.source.controls.size !== a.request.controls.size || b.source.controls.size !== b.request.controls.size)
      return false;
    if (a.request.controls.size !== b.request.controls.size || !names.every(isSame)) return false;
    if (a.request.crc32 !== b.request.crc32 || a.request.bytes !== b.request.bytes) return false;
    return isRawEqual(this.#comparator, a.request, b.request, (timestamp) => {
      const user = second.userBefore(b.request.index, timestamp);
      const same = user?.partners.get(first);
      // 0 is a picture of the first recording, or none.
      const isNone = timestamp === 0n && first.userBefore(a.request.index, 0n) === undefined;
      if (same === undefined) return isNone ? 0n : unknown;
      // A timestamp that the first recording gave another picture since then means that one.
      return first.userBefore(a.request.index, same.timestamp)?.picture === same.picture ? same.timestamp : unknown;
    });
  }

  /** Before the next requests are taken. */
  #noteMissingCalls(): void {
    for (const of of [0, 1] as const) {
      const missing = this.#pair[of].missingCalls(this.#taken[of]);
      if (missing !== undefined) this.#seen.missingCalls(of, missing.line);
    }
  }

  #addToGap(entry: Entry, of: 0 | 1): Comparison[] {
    const { request } = entry.source;
    const other = of === 0 ? 1 : 0;
    // Whether the program made the request is not known: no fault of it.
    const lost = this.#pair[other].missingCalls(this.#taken[other]);
    if (lost !== undefined) this.#lost.add(entry, of);
    let reason = lost === undefined ? this.#reasonOf(entry, of) : "lost";
    if (reason === "start" && this.#gap?.reason === "start" && this.#gap.of === other) {
      this.#gap = { ...this.#gap, reason: undefined };
      this.#bothHaveMore = true;
      reason = undefined;
    }
    const gap = this.#gap;
    const hasEnded = reason === "end" && gap?.of === of && gap.known === undefined && gap.count >= askedAtEnd;
    const known = lost === undefined && !hasEnded ? this.#knownGap(entry, of) : undefined;
    const line = lost?.line;
    const isSame = gap?.of === of && gap.known?.id === known?.id && gap.reason === reason && gap.line === line;
    if (gap !== undefined && isSame) {
      this.#gap = { ...gap, last: request, count: gap.count + 1 };
      return [];
    }
    const ended = this.#endGap();
    this.#gap = { type: "gap", side: this.#side, of, first: request, last: request, count: 1, reason, line, known };
    return ended;
  }

  #endGap(): Comparison[] {
    const gap = this.#gap;
    this.#gap = undefined;
    return gap === undefined ? [] : [gap];
  }

  #knownGap(entry: Entry, of: 0 | 1): KnownFault | undefined {
    if (this.#isRaw) return undefined;
    for (const casting of this.#castings) {
      const verdict = casting.judgeGap(entry, of);
      if (verdict !== undefined) return casting.knownFault(verdict, [0, this.#side]);
    }
    return undefined;
  }

  #reasonOf(entry: Entry, of: 0 | 1): ComparedGap["reason"] {
    const own = this.#pair[of];
    const before = own.at(entry.request.index - 1);
    const { crc32, bytes } = entry.request;
    if (before !== undefined && crc32 >= 0 && before.request.crc32 === crc32 && before.request.bytes === bytes)
      return "twice";
    const other = of === 0 ? 1 : 0;
    if (this.#pair[other].isEnded && this.#pair[other].length === 0) return undefined;
    if (this.#paired === 0) return this.#bothHaveMore ? undefined : "start";
    return this.#pair[other].isEnded && this.#taken[other] === this.#pair[other].length ? "end" : undefined;
  }
}

function sameBuffer(a: EffectiveRequest, b: EffectiveRequest): boolean {
  return a.bytes === b.bytes && a.crc32 === b.crc32;
}

/** The entry of a request that was filled. */
function filledEntry(entry: Entry, source: ComparedRequest): Entry {
  if (entry.source === source) return entry;
  const { index, startCode } = entry.request;
  return new Entry(source, effectiveRequest(source, index, startCode), entry.user);
}

/** A request without a partner whose picture has one: a request that was queued twice, a slice more. */
function linkToPicture(alone: Entry, own: Timeline, other: Timeline): void {
  const before = own.at(alone.request.index - 1);
  const partner = before?.user.picture === alone.user.picture ? before.user.partners.get(other) : undefined;
  if (partner !== undefined) alone.user.partners.set(other, partner);
}

/**
 * After so many requests in which one recording has ended, and no row says why, rows are asked no more: to ask costs far more than to
 * read the request, and a capture of the beginning of a long stream is common.
 */
const askedAtEnd = 100;

/** No timestamp of a picture: it makes the fast check fail. */
const unknown = 2n ** 64n - 2n;
