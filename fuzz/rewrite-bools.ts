import { type CodedBools, withBools } from "../src/testing/coded-bools.ts";
import type { Below } from "./case.ts";

/** A frame of VP8 or VP9 with one to four other values in its header's bools. */
export function rewrittenBools(frame: Uint8Array, bools: CodedBools, random: Below): Uint8Array {
  const values = bools.values.slice();
  for (let times = 1 + random.below(4); times > 0; times--) {
    // Half of the changes fall into what comes before the probabilities.
    const at = random.below(random.below(2) === 0 ? Math.min(values.length, 40) : values.length);
    values[at] = random.below(2 ** (bools.counts[at] as number));
  }
  return withBools(frame, bools, values);
}
