import type { BitReader, Trace } from "../bitreader/index.ts";
import type { BitstreamError } from "../errors.ts";
import { readClosingBits } from "./closing-bits.ts";

/** Options of every parser. */
export interface ParseOptions {
  /** Receives the elements that are read. */
  readonly trace?: Trace | undefined;
  /**
   * Called with an error in elements that decoding does not need (VUI, HRD, trailing bits). Such an error does not make a set
   * unusable; without this option it is ignored.
   */
  readonly onFlaw?: ((flaw: BitstreamError) => void) | undefined;
}

/** Reads the end of a parameter set, and reports what was wrong in elements that decoding does not need. */
export function reportFlaw(r: BitReader, onFlaw: ParseOptions["onFlaw"]): void {
  const flaw = readClosingBits(r);
  if (flaw) onFlaw?.(flaw);
}
