/** Where in the input an error was found. Whoever knows a part fills it in: the reader the element, the session the unit. */
export interface ErrorPlace {
  /** The unit's type, spelled as in its specification's table of unit types: `"slice (nal_unit_type 1)"`. */
  readonly unit?: string | undefined;
  /** The syntax element that was being read, with its subscripts: `"offset_for_ref_frame[3]"`. */
  readonly element?: string | undefined;
  /** The element's first bit in the unescaped unit, counted from the unit's first bit. */
  readonly bit?: number | undefined;
  /** Offset of the unit's first byte in the stream (for packets: in all packets given so far). */
  readonly byte?: number | undefined;
}

/** Why something was lost, for programs. */
export type ErrorCause =
  /** The input breaks its specification. */
  | "bitstream"
  /** The input is valid; the library or the kernel's interface cannot handle it. */
  | "unsupported"
  /** A picture refers to one that the decoder does not have. */
  | "missing-reference"
  /** A slice refers to a parameter set that has not come. */
  | "missing-parameter-set"
  /** A picture before the first one that decoding can start at. */
  | "before-random-access"
  /** The stream holds more than it says itself. */
  | "limit";

function describe(reason: string, place: ErrorPlace): string {
  const { unit, element, bit } = place;
  const where = [unit, element, bit === undefined ? undefined : `bit ${bit}`].filter((part) => part !== undefined);
  return where.length === 0 ? reason : `${where.join(", ")}: ${reason}`;
}

/** The input breaks its specification. Thrown by the parsers; a session turns it into an `error` event. */
export class BitstreamError extends Error {
  override readonly name = "BitstreamError";
  /** The message without the place. */
  readonly reason: string;
  readonly place: ErrorPlace;
  readonly why: ErrorCause;

  constructor(reason: string, place: ErrorPlace = {}, why: ErrorCause = "bitstream") {
    super(describe(reason, place));
    this.reason = reason;
    this.place = place;
    this.why = why;
  }
}

/** The input is valid and this library, or the kernel's interface, has no way to handle it. */
export class UnsupportedError extends Error {
  override readonly name = "UnsupportedError";
  /** The message without the place. */
  readonly reason: string;
  readonly place: ErrorPlace;
  readonly why: ErrorCause = "unsupported";

  constructor(reason: string, place: ErrorPlace = {}) {
    super(describe(reason, place));
    this.reason = reason;
    this.place = place;
  }
}
