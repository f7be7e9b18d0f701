/** Reads what recorder.c writes: a line of JSON for each call. */

import { fromHex } from "../record/encoding.ts";
import { fourccText } from "../record/format.ts";
import { LineSplitter } from "../record/split-lines.ts";
import { controlById, elementSize } from "../uapi/index.ts";
import { type Call, type CapturedControl, CaptureError, type Queue } from "./calls.ts";
import {
  V4L2_BUF_FLAG_ERROR,
  V4L2_BUF_FLAG_M2M_HOLD_CAPTURE_BUF,
  V4L2_BUF_FLAG_REQUEST_FD,
  V4L2_CTRL_WHICH_REQUEST_VAL,
  V4L2_MEMORY_DMABUF,
} from "./constants.ts";
import { cutOff } from "./cut-off.ts";
import { DamagedCall } from "./damaged-call.ts";
import { JoinedCaptures } from "./joined.ts";

/** By V4L2_BUF_TYPE_…: VIDEO_CAPTURE, VIDEO_OUTPUT and those with several planes. */
const queues: Readonly<Record<number, Queue>> = { 1: "CAPTURE", 2: "OUTPUT", 9: "CAPTURE", 10: "OUTPUT" };
/** Errors that stateless decoders give; others keep their number. */
const errors: Readonly<Record<number, string>> = {
  ...{ 1: "EPERM", 2: "ENOENT", 4: "EINTR", 5: "EIO", 6: "ENXIO", 9: "EBADF", 11: "EAGAIN", 12: "ENOMEM" },
  ...{ 13: "EACCES", 14: "EFAULT", 16: "EBUSY", 19: "ENODEV", 22: "EINVAL", 25: "ENOTTY", 28: "ENOSPC", 32: "EPIPE" },
  ...{ 34: "ERANGE", 53: "EBADR", 61: "ENODATA", 95: "EOPNOTSUPP", 105: "ENOBUFS", 110: "ETIMEDOUT" },
};

/** A line, as far as it has the keys. Which it has depends on the call. */
interface Entry {
  readonly call: string;
  readonly process: number;
  readonly thread: number;
  readonly fd: number;
  readonly path?: string;
  readonly error?: number;
  readonly which?: number;
  readonly request?: number;
  readonly controls?: readonly (readonly [id: number, payload: unknown])[];
  readonly type?: number;
  readonly index?: number;
  readonly flags?: number;
  readonly memory?: number;
  readonly timestamp?: string;
  readonly bytes?: number;
  readonly crc32?: string;
  readonly data?: string;
  readonly pixelFormat?: number;
  readonly width?: number;
  readonly height?: number;
  readonly count?: number;
  readonly name?: string;
  readonly copy?: number;
}

/**
 * The calls of a log of the recorder.
 *
 * @throws CaptureError where the first line is not what the recorder writes. Another one that is not is a hole; the last one may be cut off.
 */
export async function* recorderCalls(
  pieces: Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>,
  onWarning?: (message: string) => void,
): AsyncGenerator<Call, void, undefined> {
  const splitter = new LineSplitter();
  const log = new RecorderLog(new JoinedCaptures("recorder", onWarning));
  for await (const piece of pieces) {
    for (const line of splitter.push(piece)) yield* log.take(line);
  }
  const last = splitter.flush();
  if (last.endsWith("}")) yield* log.take(last);
  else if (last !== "") onWarning?.(cutOff(log.line + 1, "a call"));
}

const lineStart = '{"call":"';

class RecorderLog {
  readonly #joined: JoinedCaptures;
  readonly #threads = new Set<string>();
  line = 0;

  constructor(joined: JoinedCaptures) {
    this.#joined = joined;
  }

  /** A line that is damaged is a hole. Another one may go on in it. */
  *take(source: string): Generator<Call, void, undefined> {
    const line = ++this.line;
    if (source.startsWith(lineStart)) this.#joined.noteOwn();
    else if (this.#joined.takesOther(source, line)) return;
    const calls = this.#callsOf(source, line);
    if (Array.isArray(calls)) {
      yield* calls;
      return;
    }
    const reason = `not a line of the recorder${calls === undefined ? "" : `: ${calls.reason}`}`;
    if (line === 1) throw new CaptureError(reason, line);
    yield { call: "hole", line, thread: "", reason };
    const later = source.lastIndexOf(lineStart);
    const found = later > 0 ? this.#callsOf(source.slice(later), line) : undefined;
    if (Array.isArray(found)) yield* found;
  }

  /** Where the line is not whole, what shows it; undefined where it is no line at all. */
  #callsOf(source: string, line: number): Call[] | DamagedCall | undefined {
    const entry = entryOf(source);
    if (entry === undefined) return undefined;
    const thread = String(entry.thread);
    const process = String(entry.process);
    try {
      const call = callOf(entry, line, thread);
      const starts = [process, thread].filter((each) => !this.#threads.has(each));
      return [...new Set(starts)].map((started) => this.#start(started, process, line)).concat(call);
    } catch (thrown) {
      if (thrown instanceof DamagedCall) return thrown;
      throw thrown;
    }
  }

  #start(started: string, process: string, line: number): Call {
    this.#threads.add(started);
    return { line, thread: process, call: "start", started, isProcess: started === process };
  }
}

const texts: ReadonlySet<string> = new Set(["call", "path", "name", "crc32", "data", "timestamp"]);

/** What a program may give as -1. */
const signed: ReadonlySet<string> = new Set(["fd", "copy", "request", "type"]);

/** undefined where the line is no JSON, or its keys have other values than the recorder writes. */
function entryOf(source: string): Entry | undefined {
  let value: unknown;
  try {
    value = JSON.parse(source);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const { controls = [], timestamp = "0", ...others } = value as Record<string, unknown>;
  const isPlain = Object.entries(others).every(([key, each]) =>
    texts.has(key)
      ? typeof each === "string"
      : Number.isSafeInteger(each) && ((each as number) >= 0 || signed.has(key)),
  );
  const { crc32 = "00000000" } = others;
  const isChecksum = typeof crc32 === "string" && /^[0-9a-f]{8}$/.test(crc32);
  const areControls =
    Array.isArray(controls) &&
    controls.every((each: unknown) => Array.isArray(each) && each.length === 2 && Number.isSafeInteger(each[0]));
  const isTime = typeof timestamp === "string" && /^\d{1,19}$/.test(timestamp);
  const isCall = typeof others.call === "string" && "process" in others && "thread" in others;
  return isPlain && isChecksum && areControls && isTime && isCall ? (value as Entry) : undefined;
}

function callOf(entry: Entry, line: number, thread: string): Call {
  const { fd, path, request } = entry;
  const error = entry.error === undefined ? undefined : (errors[entry.error] ?? `errno ${entry.error}`);
  const base = { line, thread, fd, path, error };
  const queue = queues[entry.type ?? 0];
  const call = entry.call as Call["call"];
  switch (call) {
    case "close":
      return { ...base, call };
    case "duplicate":
      return { ...base, call, copy: entry.copy ?? -1 };
    case "MEDIA_REQUEST_IOC_QUEUE":
    case "MEDIA_REQUEST_IOC_REINIT":
      return { ...base, call };
    case "MEDIA_IOC_REQUEST_ALLOC":
      return { ...base, call, request };
    case "VIDIOC_S_EXT_CTRLS": {
      const controls = (entry.controls ?? []).map(([id, payload]) => controlOf(id, payload, line));
      if (error === undefined) for (const control of controls) checkSize(control, line);
      return { ...base, call, isForRequest: entry.which === V4L2_CTRL_WHICH_REQUEST_VAL, request, controls };
    }
  }
  if (queue !== undefined) {
    switch (call) {
      case "VIDIOC_QBUF":
      case "VIDIOC_DQBUF":
        return { ...base, call, queue, ...bufferOf(entry, line) };
      case "VIDIOC_S_FMT":
      case "VIDIOC_G_FMT":
      case "VIDIOC_TRY_FMT": {
        const { pixelFormat = 0, width = 0, height = 0 } = entry;
        return { ...base, call, queue, pixelFormat: fourccText(pixelFormat), width, height };
      }
      case "VIDIOC_REQBUFS":
      case "VIDIOC_CREATE_BUFS":
        return { ...base, call, queue, count: entry.count ?? 0 };
      case "VIDIOC_EXPBUF":
      case "VIDIOC_STREAMON":
      case "VIDIOC_STREAMOFF":
        return { ...base, call, queue };
    }
  }
  const name = entry.name ?? entry.call;
  return { ...base, call: "ioctl", name: names[name] ?? name };
}

/** The ioctls that the recorder gives by type and number. */
const names: Readonly<Record<string, string>> = {
  "V 0x00": "VIDIOC_QUERYCAP",
  "V 0x02": "VIDIOC_ENUM_FMT",
  "V 0x09": "VIDIOC_QUERYBUF",
  "V 0x1b": "VIDIOC_G_CTRL",
  "V 0x1c": "VIDIOC_S_CTRL",
  "V 0x24": "VIDIOC_QUERYCTRL",
  "V 0x25": "VIDIOC_QUERYMENU",
  "V 0x47": "VIDIOC_G_EXT_CTRLS",
  "V 0x49": "VIDIOC_TRY_EXT_CTRLS",
  "V 0x4a": "VIDIOC_ENUM_FRAMESIZES",
  "V 0x4b": "VIDIOC_ENUM_FRAMEINTERVALS",
  "V 0x5a": "VIDIOC_SUBSCRIBE_EVENT",
  "V 0x5d": "VIDIOC_PREPARE_BUF",
  "V 0x5e": "VIDIOC_G_SELECTION",
  "V 0x5f": "VIDIOC_S_SELECTION",
  "V 0x60": "VIDIOC_DECODER_CMD",
  "V 0x61": "VIDIOC_TRY_DECODER_CMD",
  "V 0x67": "VIDIOC_QUERY_EXT_CTRL",
  "V 0x68": "VIDIOC_REMOVE_BUFS",
  "| 0x00": "MEDIA_IOC_DEVICE_INFO",
  "| 0x01": "MEDIA_IOC_ENUM_ENTITIES",
  "| 0x02": "MEDIA_IOC_ENUM_LINKS",
  "| 0x04": "MEDIA_IOC_G_TOPOLOGY",
  "d 0x2d": "DRM_IOCTL_PRIME_HANDLE_TO_FD",
  "d 0x2e": "DRM_IOCTL_PRIME_FD_TO_HANDLE",
  "d 0xae": "DRM_IOCTL_MODE_ADDFB",
  "d 0xb8": "DRM_IOCTL_MODE_ADDFB2",
  "d 0xbc": "DRM_IOCTL_MODE_ATOMIC",
};

function controlOf(id: number, payload: unknown, line: number): CapturedControl {
  if (Number.isSafeInteger(payload)) return { id, payload: payload as number };
  return { id, payload: bytesOfHex(typeof payload === "string" ? payload : "?", line) };
}

/** The kernel takes whole elements only: other bytes are damage. */
function checkSize({ id, payload }: CapturedControl, line: number): void {
  const definition = controlById(id);
  if (definition === undefined || definition.type === "menu" || typeof payload === "number") return;
  const size = elementSize(definition);
  if (payload.length === 0 || payload.length % size !== 0) {
    throw new DamagedCall(`${definition.name} is ${size} bytes, not ${payload.length}`, line);
  }
}

function bufferOf(entry: Entry, line: number) {
  const { index = 0, flags = 0, memory, timestamp, request, bytes, crc32, data } = entry;
  if (data !== undefined && bytes !== undefined && data.length !== 2 * bytes) {
    throw new DamagedCall(`a buffer of ${bytes} bytes has ${data.length / 2}`, line);
  }
  return {
    index,
    timestamp: timestamp === undefined ? undefined : BigInt(timestamp),
    isForRequest: (flags & V4L2_BUF_FLAG_REQUEST_FD) !== 0,
    request,
    hold: (flags & V4L2_BUF_FLAG_M2M_HOLD_CAPTURE_BUF) !== 0,
    isCorrupt: (flags & V4L2_BUF_FLAG_ERROR) !== 0,
    isImported: memory === V4L2_MEMORY_DMABUF,
    bytes,
    crc32: crc32 === undefined ? undefined : Number.parseInt(crc32, 16),
    data: data === undefined ? undefined : bytesOfHex(data, line),
  };
}

function bytesOfHex(digits: string, line: number): Uint8Array {
  const bytes = fromHex(digits);
  if (bytes === undefined) throw new DamagedCall("a payload that is not hex", line);
  return bytes;
}
