import type { BitReader } from "../bitreader/index.ts";
import type { BitstreamError } from "../errors.ts";

/**
 * Reads rbsp_trailing_bits() at the end of a parameter set, and returns what is wrong with a set that is taken all the
 * same: every element that decoding needs has been read.
 */
export function readClosingBits(r: BitReader): BitstreamError | null {
  if (r.flaw === null) r.tolerate(() => r.rbsp_trailing_bits());
  return r.flaw;
}
