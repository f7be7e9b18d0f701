/** Where in the input an error was found. Whoever knows a part fills it in: the reader the element, the session the unit. */
export interface ErrorPlace {
  /** The unit's type, spelled as in its specification's table of unit types: `"slice (nal_unit_type 1)"`. */
  unit?: string;
  /** The syntax element that was being read, with its subscripts: `"offset_for_ref_frame[3]"`. */
  element?: string;
  /** The element's first bit in the unescaped unit, counted from the unit's first bit. */
  bit?: number;
  /** Offset of the unit's first byte in the stream (for packets: in all packets given so far). */
  byte?: number;
}

function describe(message: string, place: ErrorPlace): string {
  const { unit, element, bit } = place;
  const where = [unit, element, bit === undefined ? undefined : `bit ${bit}`].filter((part) => part !== undefined);
  return where.length === 0 ? message : `${where.join(", ")}: ${message}`;
}

/** The input breaks its specification. Thrown by the parsers; a session turns it into an `error` event. */
export class BitstreamError extends Error {
  override readonly name = "BitstreamError";
  /** The message without the place. */
  readonly reason: string;
  readonly place: Readonly<ErrorPlace>;

  constructor(reason: string, place: ErrorPlace = {}) {
    super(describe(reason, place));
    this.reason = reason;
    this.place = place;
  }
}

/** The input is valid and this library, or the kernel's interface, has no way to handle it. */
export class UnsupportedError extends Error {
  override readonly name = "UnsupportedError";
  /** The message without the place. */
  readonly reason: string;
  readonly place: Readonly<ErrorPlace>;

  constructor(reason: string, place: ErrorPlace = {}) {
    super(describe(reason, place));
    this.reason = reason;
    this.place = place;
  }
}
