import type { BitReader } from "../bitreader/index.ts";
import type { BitstreamError } from "../errors.ts";

/**
 * Reads rbsp_trailing_bits() at the end of a parameter set, and returns an error in the set that does not stop decoding: all
 * elements that decoding needs have been read.
 */
export function readClosingBits(r: BitReader): BitstreamError | null {
  if (r.flaw === null) r.tolerate(() => r.rbsp_trailing_bits());
  return r.flaw;
}
