import type { ErrorCode, ErrorEvent, ErrorKind, OutputEvent, SequenceEvent } from "../events.ts";
import type { Controls, Timestamp } from "./format.ts";

/** The same keys, each of which may be missing. */
type Partly<T> = { readonly [Key in keyof T]?: T[Key] | undefined };

/** What the record has of a request's OUTPUT buffer. */
export interface RecordedBitstream {
  /** The buffer's size. */
  readonly bytes?: number | undefined;
  /** zlib's CRC-32 of the buffer. */
  readonly crc32?: number | undefined;
  /** The buffer itself. */
  readonly data?: Uint8Array | undefined;
}

/** Controls that were set outside of a request. */
export interface SetLine {
  readonly type: "set";
  /** The line's number, counted from 1. */
  readonly line: number;
  readonly controls: Controls;
}

/** A request with the controls that it carries itself; see `resolveRequests` for those in effect. */
export interface RequestLine {
  readonly type: "request";
  readonly line: number;
  /** The request's number in the record. */
  readonly request: number;
  readonly timestamp: Timestamp;
  /** V4L2_BUF_FLAG_M2M_HOLD_CAPTURE_BUF. */
  readonly hold: boolean;
  readonly bitstream: RecordedBitstream;
  readonly controls: Controls;
  /**
   * For controls that are only partly known: the paths of the known fields, and `"[]"` where the number of a list's elements is known. An
   * empty list: the control may be set, and nothing of it is known.
   */
  readonly known: ReadonlyMap<string, readonly string[]>;
}

/** A `sequence` event. Other producers may leave out values that they do not know. */
export interface SequenceLine extends Partly<Omit<SequenceEvent, "type" | "codec" | "pixelFormat" | "controls">> {
  readonly type: "sequence";
  readonly line: number;
  /** A V4L2 fourcc: `"S264"`. */
  readonly pixelFormat?: string | undefined;
}

/** An `output` event. */
export interface OutputLine extends Partly<Omit<OutputEvent, "type" | "timestamp">> {
  readonly type: "output";
  readonly line: number;
  readonly timestamp: Timestamp;
}

/** A `release` event. */
export interface ReleaseLine {
  readonly type: "release";
  readonly line: number;
  readonly timestamp: Timestamp;
}

/** An `error` event. */
export interface ErrorLine extends Partly<Omit<ErrorEvent, "type" | "kind" | "code" | "message" | "error">> {
  readonly type: "error";
  readonly line: number;
  readonly message: string;
  /** The key `cause` of the record. */
  readonly kind?: ErrorKind | undefined;
  /** An `ErrorCode` where this library wrote the record; `"missing-calls"` where a capture lacks calls. */
  readonly code?: ErrorCode | (string & {}) | undefined;
  /** With `"missing-calls"`: what is missing may stand before this many of the requests before this line. Default 0. */
  readonly within?: number | undefined;
}

export type RecordLine = SetLine | RequestLine | SequenceLine | OutputLine | ReleaseLine | ErrorLine;

/** A request with all the controls that are in effect for it. */
export interface ResolvedRequest extends RequestLine {
  /** The controls that the request carries itself. */
  readonly own: Controls;
}
