import { objectOf } from "../bytes.ts";

/**
 * How a syntax element is coded: the descriptors of clause 7.2 (H.264, H.265). `f` is a fixed pattern; `s`: a magnitude and a
 * sign (VP9); `le`: bits that are counted from the least significant one of a byte (VP8's frame tag, VP9's superframe index,
 * AV1's tile sizes); `su`, `ns`, `leb128` and `uvlc` are those of AV1 (4.10);
 * `bool`: bools of VP8 and VP9; their bit is the decoder's position, and their length is the number of bits that they use up,
 * which may be 0.
 */
export type Descriptor =
  | "u"
  | "i"
  | "f"
  | "ue"
  | "se"
  | "te"
  | "b"
  | "s"
  | "le"
  | "su"
  | "ns"
  | "leb128"
  | "uvlc"
  | "bool";

/** One syntax element as it was read. */
export interface TraceElement {
  /** Spelled as in the specification, without subscripts. */
  readonly name: string;
  /** The subscripts, outermost first. */
  readonly subscripts: readonly number[];
  readonly descriptor: Descriptor;
  /** The element's first bit in the unit without emulation prevention bytes; bit 0 is the first of the unit's header. */
  readonly bit: number;
  /** The same bit's place in the unit's bytes as they are coded. */
  readonly codedBit: number;
  /** Length in bits, emulation prevention bytes not counted. */
  readonly length: number;
  readonly value: number;
  /** For `ns`: how many values it can have, from 0 on. */
  readonly values?: number;
  /** For `bool`: the decoder's state before the element, and for each of its bools the probability of a 0, in 256ths. */
  readonly coder?: {
    readonly range: number;
    readonly value: number;
    readonly bit_count: number;
    readonly probability: number;
  };
}

/** The unit whose elements follow. */
export interface TraceUnit {
  /** The unit's type as its specification calls it: `"seq_parameter_set_rbsp (nal_unit_type 7)"`. */
  readonly name: string;
  /** Offset of the unit's first byte in all the bytes that the session was given; -1 for the stateless parser. */
  readonly byte: number;
  /** The unit as it is coded. Valid only during the call. */
  readonly bytes: Uint8Array;
}

/** Receives the elements that a parser reads, in the order in which it reads them. */
export interface Trace {
  /** A unit begins; its elements follow. */
  unit(unit: TraceUnit): void;
  element(element: TraceElement): void;
}

/**
 * The trace among the options of a parser or a session.
 *
 * @throws TypeError where the options are no object, or the trace lacks one of its functions.
 */
export function traceOf(options: { readonly trace?: Trace | undefined }): Trace | undefined {
  const { trace } = objectOf(options, "options");
  if (trace === undefined || (typeof trace?.unit === "function" && typeof trace.element === "function")) return trace;
  throw new TypeError("trace must have the functions unit and element");
}

/** The subscripts of an element that may have fewer than a reader takes. */
export function given(indices: readonly (number | undefined)[]): number[] {
  return indices.filter((index) => index !== undefined);
}

/** `name[i][j]`. */
export function elementPath(name: string, subscripts: readonly number[]): string {
  return name + subscripts.map((subscript) => `[${subscript}]`).join("");
}
