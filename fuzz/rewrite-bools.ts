/** A frame of VP8 or VP9 whose header's bools are decoded, changed, and written again. */

import { joined } from "../src/framing/bytes.ts";
import { BoolEncoder } from "../support/bool-encoder.ts";
import type { CodedBools } from "../support/coded-bools.ts";
import type { Below } from "./case.ts";

/** The frame with one to four other values. What was coded after them stays as bytes: nobody reads it. */
export function rewrittenBools(frame: Uint8Array, bools: CodedBools, random: Below): Uint8Array {
  const { begin, end, counts, probabilities } = bools;
  const values = bools.values.slice();
  for (let times = 1 + random.below(4); times > 0; times--) {
    // Half of the changes fall into what comes before the probabilities.
    const at = random.below(random.below(2) === 0 ? Math.min(values.length, 40) : values.length);
    values[at] = random.below(2 ** (counts[at] as number));
  }
  const encoder = new BoolEncoder();
  for (const [i, value] of values.entries()) {
    for (let bit = (counts[i] as number) - 1; bit >= 0; bit--)
      encoder.bool((value >> bit) & 1, probabilities[i] as number);
  }
  return joined([frame.subarray(0, begin), encoder.bytes(), frame.subarray(end)]);
}
