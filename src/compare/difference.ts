import type { ComparedRequest } from "./sides.ts";

/**
 * What a difference means for a driver. `"normalised"`: the kernel rewrites it, so no driver sees it. `"refused"`: the kernel or
 * the target refuses one of the values. `"read"`: the target reads the field; without a target, some driver does. `"unread"`: no
 * driver does, or not this one.
 */
export const differenceClasses = ["refused", "read", "unread", "normalised"] as const;
export type DifferenceClass = (typeof differenceClasses)[number];

/** A value as it was sent, and as text: enumerations and flags by name, references as pictures. */
export interface ComparedValue {
  /** Undefined where the control or the request is absent, and for lists. */
  readonly value: number | bigint | undefined;
  readonly text: string;
}

/** A row of DISAGREEMENTS.md that explains a difference. */
export interface KnownFault {
  /** The section of DISAGREEMENTS.md. */
  readonly id: string;
  /** What is sent instead, in a sentence or two. */
  readonly note: string;
  /** Clause, sentence of the UAPI, or driver. */
  readonly authority: string;
  /** Whom it matters to: `"hang on rk3399; wrong picture on cedrus"`, or `"none on any driver"`. */
  readonly effect: string;
  /** The side that has the fault: its place among those compared. */
  readonly side: number;
}

/** Why a value is refused. */
export interface ComparedRefusal {
  /** The side whose value is refused. */
  readonly side: number;
  /** `"kernel"`, or the target's name. */
  readonly by: string;
  readonly reason: string;
}

/** `Difference.path` of what is no control. */
export const bufferParts = ["bitstream", "hold", "timestamp"] as const;

/** A value that is not the same on both sides. */
export interface Difference {
  /** `"V4L2_CID_STATELESS_H264_SPS"`; empty for what is no control: the OUTPUT buffer. */
  readonly control: string;
  /**
   * The field, as `leafFields` of `v4l2-stateless/uapi` spells it: `"dpb[3].pic_num"`; without its last indices where several elements
   * of an array differ. Empty for the control as a whole; `"bitstream"` for the OUTPUT buffer, `"hold"` for its hold flag,
   * `"timestamp"` for whether it has the timestamp of the request before, and so the same CAPTURE buffer. Entries of a
   * DPB have the index that they have on the first side.
   */
  readonly path: string;
  /** The same field on the other side, where entries of a DPB may have another index; undefined where it does not have the entry. */
  readonly otherPath: string | undefined;
  /** The flag, where the field is a set of them: `"V4L2_H264_DECODE_PARAM_FLAG_FIELD_PIC"`. */
  readonly flag: string | undefined;
  /** Of the first side, and of the other one. */
  readonly values: readonly [ComparedValue, ComparedValue];
  readonly class: DifferenceClass;
  readonly refusals: readonly ComparedRefusal[];
  readonly known: KnownFault | undefined;
}

/** A difference that a driver sees and that nothing explains. */
export function isUnexplained({ class: kind, known }: Difference): boolean {
  return known === undefined && (kind === "read" || kind === "refused");
}

/** Two requests that belong together. */
export interface ComparedPair {
  readonly type: "pair";
  /** The place of the other side among those compared, from 1. The first one is 0. */
  readonly side: number;
  /** The request of the first side, and that of the other one. */
  readonly requests: readonly [ComparedRequest, ComparedRequest];
  /** Empty where a driver gets the same. */
  readonly differences: readonly Difference[];
}

/** Requests that only one side has, one after the other. */
export interface ComparedGap {
  readonly type: "gap";
  /** The place of the other side, as in `ComparedPair`. */
  readonly side: number;
  /** Which of the two has them: 0 the first side, 1 the other one. */
  readonly of: 0 | 1;
  /** The numbers of the first and of the last of them, in their own recording. */
  readonly first: number;
  readonly last: number;
  readonly count: number;
  /**
   * `"twice"`: each is the request before it once more. `"end"`: the other side ends here. `"start"`: the other side begins later.
   * `"slices"`: more slices of a picture that the other side has in one request. `"lost"`: calls are missing in the other side's
   * capture there, so that nobody knows whether its program made them.
   */
  readonly reason: "twice" | "end" | "start" | "slices" | "lost" | undefined;
  /** For `"lost"`: the line of the other side that says so. */
  readonly line?: number | undefined;
  readonly known: KnownFault | undefined;
}

/** Something that all requests have, and that the comparison sees through; or that a side is not complete. Said once. */
export interface ComparedNote {
  readonly type: "note";
  readonly side: number;
  /** The number of the first side's request with which it begins. */
  readonly request: number;
  /**
   * `"missing calls"`: the capture that a side was made of lacks calls, from this request on. `"unknown parts"`: a side does not
   * have every field of some controls, no bytes of OUTPUT buffers, or no hold flag, as a log that does not show them.
   */
  readonly about: "timestamps" | "order counts" | "decode mode" | "missing calls" | "unknown parts";
  readonly text: string;
  readonly known: KnownFault | undefined;
}

export type Comparison = ComparedPair | ComparedGap | ComparedNote;
