/** Where in the input an error was found. The reader fills in the element, the session the unit. */
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

/** The general reason for a loss, which decides how decoding continues. `ErrorCode` is more precise. */
export type ErrorKind =
  /** The input breaks its specification. */
  | "bitstream"
  /** The input is valid; the library or the kernel's interface cannot handle it. */
  | "unsupported"
  /** A picture refers to one that the decoder does not have. */
  | "missing-reference"
  /** A slice refers to a parameter set that is missing. */
  | "missing-parameter-set"
  /** A picture before the first one that decoding can start at. */
  | "before-random-access"
  /** The stream holds more than its own headers allow. */
  | "limit";

/**
 * Every code that an error can have, by its kind, with its meaning. Messages may change from version to version. A code keeps
 * its meaning, and new codes come only with a minor version.
 */
export const errorCodes = /* @__PURE__ */ Object.freeze({
  bitstream: {
    "cut-off": "The bytes end before the element, unit, frame or file does.",
    "value-out-of-range": "An element is not in the range of its semantics.",
    "forbidden-value": "An element has a value that is reserved, or forbidden together with others.",
    "wrong-fixed-bits": "Bits that always have one value have another: a marker, a sync code, trailing bits.",
    "wrong-size": "A size that the stream states does not fit the bytes that are there.",
    "wrong-unit-type": "A parser was given a unit of another type than the one it reads.",
    "no-unit": "The bytes hold no unit at all.",
    "missing-header": "A header that must come before this unit is not there, or could not be read.",
    "missing-slice": "A picture's first slice is not there.",
    "missing-tiles": "A frame ends before all of its tiles have come, or they come in another order.",
    "set-mismatch": "A parameter set, or a frame, has values that do not fit the one it refers to.",
    "set-change": "A parameter set was changed where only a random access picture may follow.",
    "sequence-end": "After an end of sequence, another picture than an IRAP picture follows.",
    "reference-marking": "Reference marking names a picture that is not there, or keeps more than the buffer holds.",
    "lost-bytes": "Bytes of the stream are missing: packets of a transport stream, parts of a file.",
    "more-errors":
      "A call of a session found more errors than it reports as events of their own; this one counts the others.",
    "damaged-container": "What carries the stream breaks its own format: IVF, a program or transport stream, a file.",
  },
  "missing-reference": {
    "missing-reference": "A reference picture is not there.",
    "missing-frames": "Pictures are not there: frame_num has a gap that the stream does not allow.",
  },
  "missing-parameter-set": {
    "missing-pps": "The picture parameter set has not come.",
    "missing-sps": "The sequence parameter set has not come.",
  },
  "before-random-access": {
    "before-random-access": "Decoding cannot start at this picture.",
    "missing-sequence-header": "No sequence header of MPEG-2 or AV1 has come.",
  },
  limit: {
    "too-many-slices": "A picture has more slices than blocks.",
    "too-many-references": "More pictures are references than the sequence says.",
  },
  unsupported: {
    "data-partitioning": "Slices come in data partitions, which no control describes.",
    "several-pps": "The slices of a picture refer to several PPSs, of which a request carries one.",
    "layered-stream": "The unit or stream has layers beside the base layer.",
    "mpeg1-stream": "The stream is MPEG-1, which the kernel's interface does not take.",
    "large-scale-tile": "Tiles come in tile lists (AV1, Annex D), which no control describes.",
    "kernel-limit": "The picture has more of something, or a larger value, than a control has room for.",
    "other-codec": "The file or program holds another codec than the session's.",
    scrambled: "The stream is scrambled.",
    "unread-part": "The container holds samples in a way that is not read.",
  },
} as const satisfies Readonly<Record<ErrorKind, Readonly<Record<string, string>>>>);

type CodesOf = { readonly [Kind in ErrorKind]: keyof (typeof errorCodes)[Kind] };

/** The codes of UnsupportedError: see `errorCodes`. */
export type UnsupportedErrorCode = CodesOf["unsupported"];

/** The codes of BitstreamError: see `errorCodes`. */
export type BitstreamErrorCode = CodesOf[Exclude<ErrorKind, "unsupported">];

/** The precise reason for a loss, for programs. `errorCodes` has the meaning of each. */
export type ErrorCode = BitstreamErrorCode | UnsupportedErrorCode;

type KindTable = {
  readonly [Kind in Exclude<ErrorKind, "bitstream" | "unsupported"> as CodesOf[Kind]]: Kind;
};

/**
 * The BitstreamErrors that have another kind than "bitstream". This does not use `errorCodes`, so that a bundle with only a
 * parser does not contain its texts.
 */
const kinds: Readonly<Partial<Record<BitstreamErrorCode, ErrorKind>>> = {
  "missing-reference": "missing-reference",
  "missing-frames": "missing-reference",
  "missing-pps": "missing-parameter-set",
  "missing-sps": "missing-parameter-set",
  "before-random-access": "before-random-access",
  "missing-sequence-header": "before-random-access",
  "too-many-slices": "limit",
  "too-many-references": "limit",
} satisfies KindTable;

function describe(reason: string, { unit, element, bit }: ErrorPlace): string {
  const where = [unit, element, bit === undefined ? undefined : `bit ${bit}`].filter((part) => part !== undefined);
  return where.length === 0 ? reason : `${where.join(", ")}: ${reason}`;
}

/** The base class of both errors of streams. The parsers throw them; a session turns them into `error` events. */
export abstract class StreamError extends Error {
  abstract override readonly name: "BitstreamError" | "UnsupportedError";
  abstract readonly kind: ErrorKind;
  abstract readonly code: ErrorCode;
  /** The message without the place. */
  readonly reason: string;
  readonly place: ErrorPlace;

  /** @throws TypeError where the reason is no string: JavaScript may have left out the code. */
  constructor(reason: string, place: ErrorPlace) {
    if (typeof reason !== "string") throw new TypeError("the reason must be a string; the code comes before it");
    super(describe(reason, place));
    this.reason = reason;
    this.place = place;
  }
}

/** The input breaks its specification, or lacks something that it refers to. */
export class BitstreamError extends StreamError {
  override readonly name = "BitstreamError";
  readonly code: BitstreamErrorCode;

  constructor(code: BitstreamErrorCode, reason: string, place: ErrorPlace = {}) {
    super(reason, place);
    this.code = code;
  }

  get kind(): ErrorKind {
    return kinds[this.code] ?? "bitstream";
  }
}

/** The input is valid, but this library or the kernel's interface cannot handle it. */
export class UnsupportedError extends StreamError {
  override readonly name = "UnsupportedError";
  readonly kind = "unsupported";
  readonly code: UnsupportedErrorCode;

  constructor(code: UnsupportedErrorCode, reason: string, place: ErrorPlace = {}) {
    super(reason, place);
    this.code = code;
  }
}
