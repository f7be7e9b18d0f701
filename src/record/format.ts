import { type Codec, codecNames, codecs } from "../uapi/codecs.ts";
import { type DecodeMode, decodeModeValues, type StartCode, startCodeValues } from "../uapi/modes.ts";

/** The `format` key of a record's first line. */
export const recordFormat = "v4l2-stateless-requests/1";

/** The `code` of an error line that says: in the capture that the record was made of, calls are missing here. */
export const missingCallsCode = "missing-calls";

/** Among the paths that are known of a control with a list: how many elements it has. */
export const numberOfElements = "[]";

export type { Timestamp } from "../uapi/timestamp.ts";

/** The controls of one line by name: a compound control's bytes, or an integer control's value. */
export type Controls = ReadonlyMap<string, Uint8Array | number>;

/** A control in a record. It may have any name. */
export interface RecordableControl {
  /** `"V4L2_CID_…"` */
  readonly name: string;
  readonly payload: Uint8Array | number;
}

/** The stream that the requests were made from. `sha256` is hex. */
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
  readonly decodeMode?: DecodeMode | undefined;
  readonly startCode?: StartCode | undefined;
  /** The kernel that the requests were made for, or captured on. */
  readonly kernel?: string | undefined;
  /** The number of requests in the record, if it was known before the first was written. */
  readonly requests?: number | undefined;
  readonly stream?: string | StreamDescription | undefined;
}

/** The codecs that a record can have. */
export const recordCodecs: readonly Codec[] = codecNames;

const requestOnly: ReadonlySet<string> = /* @__PURE__ */ new Set(
  Object.values(codecs).flatMap((codec) => codec.requestOnly),
);

/** Whether a request that does not carry this control keeps the value of the latest one that did. */
export function persists(control: string): boolean {
  return !requestOnly.has(control);
}

/** The menu controls that set the modes in a header. Empty for codecs without modes. */
export function modeControls({ codec, decodeMode, startCode }: RecordHeader): ReadonlyMap<string, number> {
  const { modes } = codecs[codec];
  const controls = new Map<string, number>();
  if (modes === null) return controls;
  if (decodeMode !== undefined) controls.set(modes.decodeMode, decodeModeValues[decodeMode]);
  if (startCode !== undefined) controls.set(modes.startCode, startCodeValues[startCode]);
  return controls;
}

/** A V4L2 fourcc as text: its four characters, the lowest byte first. */
export function fourccText(pixelFormat: number): string {
  return String.fromCharCode(...[0, 8, 16, 24].map((shift) => (pixelFormat >>> shift) & 0xff));
}

/** The codec whose OUTPUT format these four characters are. */
export function codecOfPixelFormat(text: string): Codec | undefined {
  return codecNames.find((codec) => fourccText(codecs[codec].pixelFormat) === text);
}

/** The V4L2 fourcc for four characters. */
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
