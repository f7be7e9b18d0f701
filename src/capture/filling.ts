/** A request while a program fills it, and the line of the record that it becomes. */
import { crc32 } from "../record/crc32.ts";
import { codecOfPixelFormat } from "../record/format.ts";
import type { Controls, RequestLine } from "../record/index.ts";
import type { Codec } from "../uapi/codecs.ts";
import { timestampOf } from "../uapi/index.ts";
import type { BufferCall, FormatCall } from "./calls.ts";
import { codecOfControls } from "./captured-controls.ts";
import type { OpenDevice } from "./open-files.ts";

/** What the requests of a device need to know of it. */
export interface DeviceState {
  /** The format of its OUTPUT queue, and whether a line of the record has said so. */
  format: FormatCall | undefined;
  isFormatTold: boolean;
  /** It was opened since the last hole, so that nothing was set in that. */
  isOpened: boolean;
  /** What was set outside of requests before the first one. */
  readonly set: Map<string, Uint8Array | number>;
}

export type Device = OpenDevice<DeviceState>;

/** A request while a program fills it. */
export interface Filling {
  readonly device: Device;
  readonly thread: string;
  readonly line: number;
  readonly controls: Map<string, Uint8Array | number>;
  readonly known: Map<string, readonly string[]>;
  buffer: BufferCall | undefined;
}

/** By the device's format; where the log begins after it was set, by the controls. */
export function codecOf({ state: { format } }: Device, controls: Controls): Codec | undefined {
  return format === undefined ? codecOfControls(controls) : codecOfPixelFormat(format.pixelFormat);
}

/** A request that was filled, refused, and filled further. */
export function refilled(before: Filling, after: Filling | undefined): Filling {
  if (after === undefined) return before;
  const controls = new Map([...before.controls, ...after.controls]);
  return {
    ...before,
    controls,
    known: new Map([...before.known, ...after.known]),
    buffer: after.buffer ?? before.buffer,
  };
}

export function requestLine(
  { controls, known, buffer }: Filling,
  timestamp: bigint,
  hold: boolean,
  request: number,
  line: number,
): RequestLine {
  const { bytes, data, ...facts } = buffer as BufferCall;
  const bitstream = {
    bytes: data?.length ?? bytes,
    crc32: facts.crc32 ?? (data === undefined ? undefined : crc32(data)),
    data,
  };
  return { type: "request", line, request, timestamp: timestampOf(timestamp), hold, bitstream, controls, known };
}
