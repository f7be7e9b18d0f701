/** A request while a program fills it, and the line of the record that it becomes. */
import { crc32 } from "../record/crc32.ts";
import { codecOfPixelFormat } from "../record/format.ts";
import type { Controls, RequestLine } from "../record/index.ts";
import type { Codec } from "../uapi/codecs.ts";
import { timestampOf } from "../uapi/index.ts";
import { type BufferCall, CaptureError, type FormatCall, type RequestCall } from "./calls.ts";
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
  /** The buffer's VIDIOC_DQBUF, where it stands before the end of the call that queues the request: another thread made it. */
  returned: BufferCall | undefined;
}

/** By the device's format; where the log begins after it was set, by the controls. */
export function codecOf({ state: { format } }: Device, controls: Controls): Codec | undefined {
  return format === undefined ? codecOfControls(controls) : codecOfPixelFormat(format.pixelFormat);
}

export function newFilling(device: Device, thread: string, line: number): Filling {
  return { device, thread, line, controls: new Map(), known: new Map(), buffer: undefined, returned: undefined };
}

/** An OUTPUT buffer comes back whose request is not queued yet: the call that queues it ends later in the capture. */
export function giveBackEarly(fillings: Iterable<Filling>, call: BufferCall, device: Device): void {
  for (const filling of fillings) {
    if (filling.device === device && filling.buffer?.index === call.index) filling.returned = call;
  }
}

/**
 * @param fillings by the request's file, or by thread. @param process of the call.
 * @throws CaptureError where another thread may have filled the request that is queued. Or the log begins in its middle.
 */
export function checkFiller(
  fillings: ReadonlyMap<string, Filling>,
  process: string,
  { thread, line }: RequestCall,
): void {
  const other = [...fillings].find(([key, { device }]) => key.includes(" thread ") && device.process === process);
  if (other === undefined) return;
  throw new CaptureError(
    `thread ${thread || "1"} queues a request, which thread ${other[1].thread || "1"} may have filled (line ${other[1].line}); this capture does not show it; record it with v4l2-stateless capture`,
    line,
  );
}

/** @throws CaptureError where a request has an OUTPUT buffer already. */
export function checkSecondBuffer({ buffer }: Filling, { line }: BufferCall): void {
  if (buffer === undefined) return;
  throw new CaptureError(
    `a second OUTPUT buffer before the request of line ${buffer.line} is queued: several are filled at once, and this capture does not show which; record it with v4l2-stateless capture`,
    line,
  );
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
    returned: after.returned ?? before.returned,
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
