import type { Value } from "../../src/compare/values.ts";
import type { DecodeMode } from "../../src/uapi/modes.ts";

/** A value of ours that is not that of the independent model of a stream. */
export interface Deviation {
  readonly stream: string;
  readonly mode: DecodeMode;
  /** Place among the model's pictures; -1: it is about all of them. */
  readonly picture: number;
  readonly field: string;
  readonly expected: Value;
  readonly ours: Value;
}
