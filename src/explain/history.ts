import type { Rules } from "./field.ts";
import type { ReadUnit } from "./read-unit.ts";

/** A request, and the units that it was made of. */
export interface ReadRequest {
  readonly number: number;
  readonly timestamp: number;
  /** All controls that are in force, by name. */
  readonly controls: ReadonlyMap<string, Uint8Array | number>;
  /** The units whose bytes it sends; in MPEG-2 its picture header. Empty where they are not known. */
  readonly sent: readonly ReadUnit[];
  /** The other units that were read since the request before. */
  readonly others: readonly ReadUnit[];
}

/**
 * What a codec remembers of the requests so far, to say what the next one is made of. It takes every request, so it must do little
 * for each: rules are made only for the requests that are explained.
 */
export interface CodecHistory {
  take(request: ReadRequest): void;
  /** No later request refers to this picture. */
  release(timestamp: number): void;
  /** The rules for the controls of the request that was taken last. */
  rules(): Readonly<Record<string, Rules>>;
}
