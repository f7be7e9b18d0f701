import type { Codec } from "../events.ts";

/** The `format` key of a record's first line. */
export const recordFormat = "v4l2-stateless-requests/1";

/** Nanoseconds: a number as long as it is exact, a bigint above 2^53 - 1. */
export type Timestamp = number | bigint;

/** The controls of one line by name: a compound control's bytes, or an integer control's value. */
export type Controls = ReadonlyMap<string, Uint8Array | number>;

/** Where the requests come from. `sha256` is hex. */
export interface StreamDescription {
  readonly name: string;
  readonly bytes?: number | undefined;
  readonly sha256?: string | undefined;
}

/** A record's first line without its `format`. */
export interface RecordHeader {
  readonly codec: Codec;
  /** The program that made the requests, with its version. */
  readonly producer?: string | undefined;
  /** The name of a target, as in `v4l2-stateless/targets`. */
  readonly target?: string | undefined;
  readonly decodeMode?: "frame" | "slice" | undefined;
  readonly startCode?: "annexb" | "none" | undefined;
  /** The kernel that the requests were made for, or captured on. */
  readonly kernel?: string | undefined;
  /** How many requests the record holds, when that was known before the first. */
  readonly requests?: number | undefined;
  readonly stream?: string | StreamDescription | undefined;
}

/** The codecs a record can be of. */
export const recordCodecs: readonly Codec[] = ["h264", "h265", "vp8", "vp9", "mpeg2"];

/** These say something of one request only: a request without one has none, it does not take over the last one's. */
const requestOnly: ReadonlySet<string> = new Set([
  "V4L2_CID_STATELESS_H264_SLICE_PARAMS",
  "V4L2_CID_STATELESS_H264_PRED_WEIGHTS",
  "V4L2_CID_STATELESS_HEVC_SLICE_PARAMS",
  "V4L2_CID_STATELESS_HEVC_ENTRY_POINT_OFFSETS",
]);

/** Whether a request that does not carry this control keeps the value of the latest one that did. */
export function persists(control: string): boolean {
  return !requestOnly.has(control);
}

/** The menu controls that say what a request's OUTPUT buffer holds; the other codecs have none. */
const modeNames: Partial<Record<Codec, { readonly decodeMode: string; readonly startCode: string }>> = {
  h264: { decodeMode: "V4L2_CID_STATELESS_H264_DECODE_MODE", startCode: "V4L2_CID_STATELESS_H264_START_CODE" },
  h265: { decodeMode: "V4L2_CID_STATELESS_HEVC_DECODE_MODE", startCode: "V4L2_CID_STATELESS_HEVC_START_CODE" },
};
/** V4L2_STATELESS_{H264,HEVC}_DECODE_MODE_{SLICE,FRAME}_BASED. */
const decodeModes = { slice: 0, frame: 1 } as const;
/** V4L2_STATELESS_{H264,HEVC}_START_CODE_{NONE,ANNEX_B}. */
const startCodes = { none: 0, annexb: 1 } as const;

/** The menu controls that choose the modes which a header names. Empty for the codecs that have no modes. */
export function modeControls({ codec, decodeMode, startCode }: RecordHeader): ReadonlyMap<string, number> {
  const names = modeNames[codec];
  const controls = new Map<string, number>();
  if (names === undefined) return controls;
  if (decodeMode !== undefined) controls.set(names.decodeMode, decodeModes[decodeMode]);
  if (startCode !== undefined) controls.set(names.startCode, startCodes[startCode]);
  return controls;
}

/** A V4L2 fourcc as text: its four characters, the lowest byte first. */
export function fourccText(pixelFormat: number): string {
  return String.fromCharCode(...[0, 8, 16, 24].map((shift) => (pixelFormat >>> shift) & 0xff));
}

/** The V4L2 fourcc that four characters are. */
export function fourccOf(text: string): number {
  return [...text].reduce((value, char, i) => value | (char.charCodeAt(0) << (8 * i)), 0) >>> 0;
}

/** The text is not a record, or a record that this version cannot read. */
export class RecordError extends Error {
  override readonly name = "RecordError";
  /** The message without the place. */
  readonly reason: string;
  /** Counted from 1. */
  readonly line: number;

  constructor(reason: string, line: number) {
    super(`line ${line}: ${reason}`);
    this.reason = reason;
    this.line = line;
  }
}
