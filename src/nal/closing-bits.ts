import type { BitReader } from "../bitreader/index.ts";
import { BitstreamError } from "../errors.ts";

/**
 * Reads rbsp_trailing_bits() at the end of a parameter set. Where they are wrong the error is returned instead of
 * thrown: every element of the set has been read, so the set is taken.
 */
export function readClosingBits(r: BitReader): BitstreamError | null {
  try {
    r.rbsp_trailing_bits();
    return null;
  } catch (error) {
    if (!(error instanceof BitstreamError)) throw error;
    return error;
  }
}
