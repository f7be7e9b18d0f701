/** Which request of one recording is which of another, while both are read. */
import { crc32 } from "../record/crc32.ts";
import { cheapestPath, type OutputBuffer } from "./align.ts";
import type { EffectiveRequest } from "./request.ts";
import type { Timeline } from "./timeline.ts";

/** Two requests that belong together, or one that the other recording does not have. */
export interface Pairing {
  readonly a: number | undefined;
  readonly b: number | undefined;
}

/** Requests that are read ahead in any case: rows look at the other slices of a picture, and at the pictures that refer to it. */
const lookahead = 64;

/** What identifies a request's picture apart from its bytes and timestamps: see `Comparator`. */
export type PictureKey = (request: EffectiveRequest) => string;

/**
 * Pairs two recordings. Equal OUTPUT buffers are pairs; where the next two are not equal, the window after them decides: the
 * way of least cost through both. Between two pairs, as many requests on both sides are pairs too: the same pictures with other
 * bytes. Where they are not as many, pictures are found again by their numbers and types.
 */
export class Pairs {
  readonly #a: Timeline;
  readonly #b: Timeline;
  readonly #window: number;
  readonly #pictureKey: PictureKey;
  #nextA = 0;
  #nextB = 0;
  #hasBytes: boolean | undefined;

  /** @param window requests of both that are looked at ahead. */
  constructor([a, b]: readonly [Timeline, Timeline], window: number, pictureKey: PictureKey) {
    this.#a = a;
    this.#b = b;
    this.#window = window;
    this.#pictureKey = pictureKey;
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
    if (isEqual(this.#bufferOf(a.request), this.#bufferOf(b.request))) {
      return [{ a: this.#nextA++, b: this.#nextB++ }];
    }
    return this.#decide();
  }

  /** Where one of the two recordings does not have the buffers' checksums, the picture's own numbers stand for them. */
  #bufferOf(request: EffectiveRequest): OutputBuffer {
    return this.#hasBytes ? request : this.#pictureOf(request);
  }

  #pictureOf(request: EffectiveRequest): OutputBuffer {
    const key = this.#pictureKey(request);
    return { bytes: 0, crc32: crc32(Uint8Array.from(key, (character) => character.charCodeAt(0))) };
  }

  async #decide(): Promise<readonly Pairing[]> {
    const [startA, startB] = [this.#nextA, this.#nextB];
    await this.#a.fill(startA + this.#window);
    await this.#b.fill(startB + this.#window);
    const ours = this.#a.slice(startA, startA + this.#window).map(({ request }) => request);
    const theirs = this.#b.slice(startB, startB + this.#window).map(({ request }) => request);
    const isWhole =
      this.#a.isEnded &&
      this.#b.isEnded &&
      startA + ours.length === this.#a.length &&
      startB + theirs.length === this.#b.length;
    const equal = cheapestPath(ours.map(this.#bufferOf, this), theirs.map(this.#bufferOf, this));
    const decided = this.#gapsFilled(equal, ours, theirs);
    const end = isWhole ? decided.length : committed(decided, this.#window >> 1);
    const taken = decided.slice(0, end);
    this.#nextA += taken.filter(({ a }) => a !== undefined).length;
    this.#nextB += taken.filter(({ b }) => b !== undefined).length;
    return taken.map(({ a, b }) => ({ a: a === undefined ? a : a + startA, b: b === undefined ? b : b + startB }));
  }

  #gapsFilled(
    equal: readonly (readonly [number, number])[],
    ours: readonly EffectiveRequest[],
    theirs: readonly EffectiveRequest[],
  ): Pairing[] {
    const pairings: Pairing[] = [];
    let [i, j] = [0, 0];
    for (const [nextA, nextB] of [...equal, [ours.length, theirs.length] as const]) {
      for (const pairing of this.#gap(ours.slice(i, nextA), theirs.slice(j, nextB))) {
        const { a, b } = pairing;
        pairings.push({ a: a === undefined ? a : a + i, b: b === undefined ? b : b + j });
      }
      if (nextA < ours.length && nextB < theirs.length) pairings.push({ a: nextA, b: nextB });
      [i, j] = [nextA + 1, nextB + 1];
    }
    return pairings;
  }

  /** Requests without an equal one. */
  #gap(ours: readonly EffectiveRequest[], theirs: readonly EffectiveRequest[]): Pairing[] {
    if (ours.length === theirs.length) return ours.map((_, i) => ({ a: i, b: i }));
    const same = cheapestPath(ours.map(this.#pictureOf, this), theirs.map(this.#pictureOf, this));
    const pairings: Pairing[] = [];
    let [i, j] = [0, 0];
    for (const [nextA, nextB] of [...same, [ours.length, theirs.length] as const]) {
      const isEven = nextA - i === nextB - j;
      while (isEven && i < nextA) pairings.push({ a: i++, b: j++ });
      while (j < nextB) pairings.push({ a: undefined, b: j++ });
      while (i < nextA) pairings.push({ a: i++, b: undefined });
      if (nextA < ours.length && nextB < theirs.length) pairings.push({ a: i++, b: j++ });
    }
    return pairings;
  }
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
