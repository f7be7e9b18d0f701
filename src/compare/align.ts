import type { EffectiveRequest } from "./request.ts";
import { type Variant, variantKey } from "./variants.ts";

/** Which request of one producer is which of another. -1: the other one has no such request. */
export interface Alignment {
  readonly peerOf: Int32Array;
  readonly oursOf: Int32Array;
}

/** An OUTPUT buffer as far as it is known. */
export type OutputBuffer = Pick<EffectiveRequest, "bytes" | "crc32" | "variants">;

/** Leaving one request without a partner. */
const alone = 80;

/** A buffer that is a known variant of ours. Equal bytes cost nothing; nothing else is a pair here. */
const changed = 5;

/** How the peer's buffer comes from ours, where it is not equal. */
export function variantOf(ours: OutputBuffer, peer: OutputBuffer): Variant | undefined {
  return ours.variants?.get(variantKey(peer.bytes, peer.crc32));
}

/**
 * Pairs the requests of two producers by their OUTPUT buffers, both in order. The pairing is the one of least cost over the whole
 * stream, so equal buffers that occur more than once cannot take the place of one another. Where as many requests of both lie between
 * two pairs, or before the first or after the last, they are pairs too: the same pictures with other bytes.
 */
export function align(ours: readonly OutputBuffer[], peer: readonly OutputBuffer[]): Alignment {
  const peerOf = new Int32Array(ours.length).fill(-1);
  const oursOf = new Int32Array(peer.length).fill(-1);
  let i = 0;
  let j = 0;
  for (const [nextOurs, nextPeer] of [...cheapestPath(ours, peer), [ours.length, peer.length] as const]) {
    const same = nextOurs - i === nextPeer - j;
    while (same && i < nextOurs) {
      peerOf[i] = j;
      oursOf[j++] = i++;
    }
    if (nextOurs === ours.length) break;
    peerOf[nextOurs] = nextPeer;
    oursOf[nextPeer] = nextOurs;
    i = nextOurs + 1;
    j = nextPeer + 1;
  }
  return { peerOf, oursOf };
}

const way = { both: 0, oursAlone: 1, peerAlone: 2 } as const;

/** The pairs on the cheapest way through both sequences. Where they begin alike, that is on it, and mostly all of it. */
export function cheapestPath(ours: readonly OutputBuffer[], peer: readonly OutputBuffer[]): [number, number][] {
  const pairs: [number, number][] = [];
  const isEqual = (i: number, j: number) => ours[i]?.crc32 === peer[j]?.crc32 && ours[i]?.bytes === peer[j]?.bytes;
  let begin = 0;
  while (begin < Math.min(ours.length, peer.length) && isEqual(begin, begin)) pairs.push([begin, begin++]);
  for (const [i, j] of pathThrough(ours.slice(begin), peer.slice(begin))) pairs.push([begin + i, begin + j]);
  return pairs;
}

/** The places of the buffers that each key stands for. */
function placesByKey(buffers: readonly OutputBuffer[]): ReadonlyMap<string, readonly number[]> {
  const places = new Map<string, number[]>();
  for (const [i, { bytes, crc32 }] of buffers.entries()) {
    const key = variantKey(bytes, crc32);
    const found = places.get(key);
    if (found) found.push(i);
    else places.set(key, [i]);
  }
  return places;
}

/** Needleman and Wunsch. */
function pathThrough(ours: readonly OutputBuffer[], peer: readonly OutputBuffer[]): [number, number][] {
  if (ours.length === 0 || peer.length === 0) return [];
  const peerPlaces = placesByKey(peer);
  const ourPlaces = placesByKey(ours);
  const hasOthers = [...peerPlaces.keys()].some((key) => !ourPlaces.has(key));
  const width = peer.length + 1;
  const steps = new Uint8Array((ours.length + 1) * width);
  let above = new Float64Array(width);
  for (let j = 1; j < width; j++) {
    above[j] = j * alone;
    steps[j] = way.peerAlone;
  }
  for (let i = 1; i <= ours.length; i++) {
    const row = new Float64Array(width);
    const own = ours[i - 1] as OutputBuffer;
    const costs = new Float64Array(width).fill(Infinity);
    // A variant is looked for among the peer's buffers that none of ours is equal to.
    if (hasOthers) {
      for (const key of own.variants?.keys() ?? []) {
        if (!ourPlaces.has(key)) for (const j of peerPlaces.get(key) ?? []) costs[j] = changed;
      }
    }
    for (const j of peerPlaces.get(variantKey(own.bytes, own.crc32)) ?? []) costs[j] = 0;
    row[0] = i * alone;
    steps[i * width] = way.oursAlone;
    for (let j = 1; j < width; j++) {
      const both = (above[j - 1] as number) + (costs[j - 1] as number);
      const oursAlone = (above[j] as number) + alone;
      const peerAlone = (row[j - 1] as number) + alone;
      row[j] = Math.min(both, oursAlone, peerAlone);
      const at = i * width + j;
      // Of equal ways the one that pairs early: a peer that stopped is likelier than one that began late.
      steps[at] = row[j] === oursAlone ? way.oursAlone : row[j] === peerAlone ? way.peerAlone : way.both;
    }
    above = row;
  }
  return walkBack(steps, ours.length, peer.length);
}

function walkBack(steps: Uint8Array, oursLength: number, peerLength: number): [number, number][] {
  const pairs: [number, number][] = [];
  let i = oursLength;
  let j = peerLength;
  while (i > 0 || j > 0) {
    const step = steps[i * (peerLength + 1) + j];
    if (step !== way.peerAlone) i--;
    if (step !== way.oursAlone) j--;
    if (step === way.both) pairs.push([i, j]);
  }
  return pairs.reverse();
}

/** What decides where pairs after lost requests may lie. */
export interface LossesOfPeer {
  /** Whether requests of the peer are known to be lost right before this one. */
  isAfterLoss(peer: number): boolean;
  /** Whether these two could be a pair. */
  isEqual(ours: number, peer: number): boolean;
}

/**
 * Pairs that cost the same, in one piece after a loss of the peer: of pictures with the same numbers, `cheapestPath` takes the first, as if
 * more were lost later, where nothing says so.
 */
export function towardsLosses(
  path: readonly (readonly [number, number])[],
  { isAfterLoss, isEqual }: LossesOfPeer,
): (readonly [number, number])[] {
  const pairs = [...path];
  for (let first = pairs.length - 1; first >= 0; first--) {
    const [, peer] = pairs[first] as readonly [number, number];
    if (!isAfterLoss(peer)) continue;
    const free = (pairs[first - 1]?.[0] ?? -1) + 1;
    // A pair up to which the peer has lost nothing more.
    for (let next = first + 1; next < pairs.length; next++) {
      const [nextOurs, nextPeer] = pairs[next] as readonly [number, number];
      if (nextPeer !== peer + next - first) break;
      const [lastOurs] = pairs[next - 1] as readonly [number, number];
      // Where nothing lies between this pair and the one before, that one has been tried.
      if (nextOurs > lastOurs + 1) {
        const begin = nextOurs - (next - first);
        const piece = pairs.slice(first, next).map(([, j], k) => [begin + k, j] as const);
        if (begin >= free && piece.every(([i, j]) => isEqual(i, j))) {
          for (const [k, pair] of piece.entries()) pairs[first + k] = pair;
        }
      }
      if (isAfterLoss(nextPeer)) break;
    }
  }
  return pairs;
}

/** How a peer's sequence relates to ours. */
export interface Coverage {
  /** Requests that both have. */
  readonly paired: number;
  /** Ours after the peer's last paired one: the peer stopped early. */
  readonly stopped: number;
  /** Ours that the peer left out before that. */
  readonly dropped: number;
  /** The peer's that we do not have. */
  readonly added: number;
}

export function coverage({ peerOf, oursOf }: Alignment): Coverage {
  const pairedOurs = Array.from(peerOf.keys()).filter((index) => (peerOf[index] as number) >= 0);
  const paired = pairedOurs.length;
  const last = pairedOurs.at(-1) ?? -1;
  return {
    paired,
    stopped: peerOf.length - 1 - last,
    dropped: last + 1 - paired,
    added: oursOf.filter((ours) => ours < 0).length,
  };
}
