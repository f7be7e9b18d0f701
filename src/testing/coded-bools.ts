/** A frame of VP8 or VP9 whose header's bools are written again with other values. */

import type { TraceElement } from "../bitreader/index.ts";
import { joined } from "../framing/bytes.ts";
import { BoolEncoder } from "./bool-encoder.ts";

const MOST_BOOLS = 16;

/** The elements of a frame that are coded in bools; thousands of frames are kept, so each element takes a few bytes. */
export interface CodedBools {
  /** Bytes of the frame before the first of them, and up to the end of the last one. */
  readonly begin: number;
  readonly end: number;
  readonly values: Uint16Array;
  /** How many bools each has, and the probability of a 0 in each of them. */
  readonly counts: Uint8Array;
  readonly probabilities: Uint8Array;
}

type Coded = TraceElement & { readonly coder: NonNullable<TraceElement["coder"]> };

const isCoded = (element: TraceElement): element is Coded => element.coder !== undefined;

/** The number of bools with which the decoder comes from an element's range to the next one's, over as many bits. */
function countOf({ value, length, coder }: Coded, next: Coded | undefined): number {
  for (let count = 1; count <= MOST_BOOLS; count++) {
    let { range } = coder;
    let bits = 0;
    for (let i = count - 1; i >= 0; i--) {
      const split = 1 + (((range - 1) * coder.probability) >> 8);
      range = (value >> i) & 1 ? range - split : split;
      for (; range < 128; range *= 2) bits++;
    }
    if (value < 2 ** count && bits === length && (next === undefined || range === next.coder.range)) return count;
  }
  return 1;
}

/** Undefined where a frame has none. */
export function codedBools(elements: readonly TraceElement[]): CodedBools | undefined {
  const coded = elements.filter(isCoded);
  const first = coded[0];
  const last = coded.at(-1);
  if (first === undefined || last === undefined) return undefined;
  return {
    begin: first.bit >> 3,
    end: (last.bit + last.length + 7) >> 3,
    values: Uint16Array.from(coded, ({ value }) => value),
    counts: Uint8Array.from(coded, (element, i) => countOf(element, coded[i + 1])),
    probabilities: Uint8Array.from(coded, ({ coder }) => coder.probability),
  };
}

/** These values as the bytes of a bool decoder. */
export function encodedBools({ counts, probabilities }: CodedBools, values: ArrayLike<number>): Uint8Array {
  const encoder = new BoolEncoder();
  for (let i = 0; i < values.length; i++) {
    for (let bit = (counts[i] as number) - 1; bit >= 0; bit--) {
      encoder.bool(((values[i] as number) >> bit) & 1, probabilities[i] as number);
    }
  }
  return encoder.bytes();
}

/** The frame with these values. What was coded after them stays as bytes: nobody reads it. */
export function withBools(frame: Uint8Array, bools: CodedBools, values: ArrayLike<number>): Uint8Array {
  const { begin, end } = bools;
  const coded = encodedBools(bools, values);
  // Zeros after them do not change them, and the sizes in the frame's header stay true.
  const room = new Uint8Array(Math.max(coded.length, end - begin));
  room.set(coded);
  return joined([frame.subarray(0, begin), room, frame.subarray(end)]);
}
