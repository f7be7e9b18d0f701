/** Reads a log of strace: the calls of a program on its devices. */

import { controlByName } from "../uapi/index.ts";
import {
  type BufferCall,
  type Call,
  type CapturedControl,
  CaptureError,
  type IoctlCall,
  type OtherIoctl,
  type Queue,
  type SetControls,
} from "./calls.ts";
import { takenControl } from "./captured-controls.ts";
import {
  nanosecondsOf,
  V4L2_BUF_FLAG_ERROR,
  V4L2_BUF_FLAG_M2M_HOLD_CAPTURE_BUF,
  V4L2_BUF_FLAG_REQUEST_FD,
  V4L2_CTRL_WHICH_REQUEST_VAL,
} from "./constants.ts";
import { DamagedCall } from "./damaged-call.ts";
import type { SystemCall } from "./strace-lines.ts";
import { parseArguments, type StraceStruct, type StraceValue, unescapedBytes } from "./strace-values.ts";

/** Ioctls whose names older versions of strace do not know, by what they print. */
const unnamed: Readonly<Record<string, IoctlCall["call"]>> = {
  "_IOC(_IOC_READ, 0x7c, 0x5, 0x4)": "MEDIA_IOC_REQUEST_ALLOC",
  "_IOC(_IOC_READ, 0x7c, 0x05, 0x4)": "MEDIA_IOC_REQUEST_ALLOC",
  "_IOC(_IOC_NONE, 0x7c, 0x80, 0)": "MEDIA_REQUEST_IOC_QUEUE",
  "_IOC(_IOC_NONE, 0x7c, 0x81, 0)": "MEDIA_REQUEST_IOC_REINIT",
};

/** An ioctl of video or media devices ('V' and '|' in asm-generic/ioctl.h's numbers), as -X raw and -X verbose print it. */
const videoNumber = /^0x[\da-f]{4}(?:56|7c)[\da-f]{2}$/;

const flagBits: Readonly<Record<string, number>> = {
  V4L2_BUF_FLAG_ERROR,
  V4L2_BUF_FLAG_M2M_HOLD_CAPTURE_BUF,
  V4L2_BUF_FLAG_REQUEST_FD,
};
const queues: Readonly<Record<string, Queue>> = {
  V4L2_BUF_TYPE_VIDEO_OUTPUT: "OUTPUT",
  V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE: "OUTPUT",
  V4L2_BUF_TYPE_VIDEO_CAPTURE: "CAPTURE",
  V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE: "CAPTURE",
};

/**
 * What a system call asked of a device; undefined where it has nothing to do with one.
 *
 * @throws CaptureError when strace did not print what is needed, with the option that makes it.
 */
export function straceCall(system: SystemCall): Call | undefined {
  if (system.name === "ioctl") return ioctlOf(system);
  // Files of devices, and what is copied or passed on.
  const isKept = /^(open|openat)$/.test(system.name)
    ? /\/dev\/|\\x2f\\x64\\x65\\x76\\x2f/.test(system.text)
    : !/^(sendmsg|recvmsg)$/.test(system.name) || system.text.includes("SCM_RIGHTS");
  return isKept ? fileCallOf(system) : undefined;
}

/** The arguments, and what stands after them: `= 0`, `= -1 EINVAL (Invalid argument)`. */
interface Ended {
  readonly values: readonly StraceValue[];
  readonly result: string;
  readonly error: string | undefined;
}

/** Undefined for a line of the program's own that looks like a call: `ioctl(5, VIDIOC_QBUF) failed`. */
function ended({ line, name, text }: SystemCall): Ended | undefined {
  const parsed = parseArguments(text, 0);
  const after = parsed === undefined ? "" : text.slice(parsed.end);
  const result = /^ *= (\S+)(?: (E[A-Z\d]+))?/.exec(after);
  if (parsed !== undefined && result !== null) {
    return { values: parsed.values, result: result[1] as string, error: result[2] };
  }
  // strace prints three arguments of each ioctl.
  if (name === "ioctl" && parsed !== undefined && parsed.values.length < 3 && /^[^=]*\S[^=]*$/.test(after))
    return undefined;
  throw new DamagedCall(`${name} is cut off, or not printed as strace does`, line);
}

function fileCallOf(system: SystemCall): Call | undefined {
  const { name, line, thread, time, text } = system;
  if (/^fcntl/.test(name) && !text.includes("F_DUPFD")) return undefined;
  const { values, result, error } = ended(system) ?? {};
  if (values === undefined || result === undefined || error !== undefined || result === "?") return undefined;
  const made = { line, thread, time };
  const number = Number.parseInt(result, 10);
  switch (name) {
    case "open":
    case "openat": {
      const path = values[name === "open" ? 0 : 1];
      return path?.kind === "text" ? { ...made, call: "open", fd: number, path: latin1(path.bytes) } : undefined;
    }
    case "close":
      return { ...made, call: "close", ...fileOf(values[0]) };
    case "mmap":
    case "mmap2": {
      const length = numberOf(values[1]) ?? 0;
      const flags = wordOf(values[3]);
      // A thread's stack, and what malloc reserves for one: no picture is copied there.
      if (/MAP_STACK|MAP_NORESERVE/.test(flags)) return undefined;
      const isAnonymous = flags.includes("MAP_ANON");
      return { ...made, call: "map", length, fd: isAnonymous ? undefined : fileOf(values[4]).fd };
    }
    case "clone":
    case "clone3":
    case "fork":
    case "vfork":
      return { ...made, call: "start", started: String(number), isProcess: !/CLONE_FILES|CLONE_THREAD/.test(text) };
    case "sendmsg":
    case "recvmsg":
      return {
        ...made,
        call: "pass",
        direction: name === "sendmsg" ? "sent" : "received",
        count: passedFiles(values[1]),
      };
    default:
      return { ...made, call: "duplicate", ...fileOf(values[0]), copy: number };
  }
}

/** How many descriptors a message passes on. */
function passedFiles(message: StraceValue | undefined): number {
  let count = 0;
  for (const header of itemsOf(memberOf(message, "msg_control"))) {
    if (wordOf(memberOf(header, "cmsg_type")) === "SCM_RIGHTS") count += itemsOf(memberOf(header, "cmsg_data")).length;
  }
  return count;
}

function ioctlOf(system: SystemCall): IoctlCall | undefined {
  const { line, thread, time } = system;
  const name = nameOfIoctl(system.text);
  if (videoNumber.test(name)) {
    throw new CaptureError(
      `strace printed a number instead of the ioctl's name: run it without -X raw and -X verbose`,
      line,
    );
  }
  if (!/^(VIDIOC|MEDIA|DRM)_/.test(name)) return undefined;
  const { values, error } = ended(system) ?? {};
  if (values === undefined) return undefined;
  const base = { line, thread, time, error, ...fileOf(values[0]) };
  const other: OtherIoctl = { ...base, call: "ioctl", name };
  const argument = values[2];
  const struct = argument?.kind === "struct" ? argument : undefined;
  switch (name) {
    case "VIDIOC_S_EXT_CTRLS":
      return struct === undefined ? other : { ...base, call: name, ...readControls(struct, base) };
    case "VIDIOC_QBUF":
    case "VIDIOC_DQBUF": {
      const buffer = struct === undefined ? undefined : bufferOf(struct, line);
      return buffer === undefined ? other : { ...base, call: name, ...buffer };
    }
    case "VIDIOC_S_FMT":
    case "VIDIOC_G_FMT":
    case "VIDIOC_TRY_FMT": {
      const format = struct === undefined ? undefined : formatOf(struct);
      return format === undefined ? other : { ...base, call: name, ...format };
    }
    case "VIDIOC_REQBUFS":
    case "VIDIOC_CREATE_BUFS": {
      const inner = struct?.members.get("format");
      const queue = queueOf(struct) ?? (inner?.kind === "struct" ? queueOf(inner) : undefined);
      const count = numberOf(struct?.members.get("count"));
      return queue === undefined || count === undefined ? other : { ...base, call: name, queue, count };
    }
    case "VIDIOC_STREAMON":
    case "VIDIOC_STREAMOFF": {
      const [type] = argument?.kind === "list" ? argument.items : [];
      const queue = queues[wordOf(type)];
      return queue === undefined ? other : { ...base, call: name, queue };
    }
    case "VIDIOC_EXPBUF": {
      const queue = queueOf(struct);
      return queue === undefined ? other : { ...base, call: name, queue };
    }
    case "MEDIA_IOC_REQUEST_ALLOC":
      return { ...base, call: name, request: requestOf(argument) };
    case "MEDIA_REQUEST_IOC_QUEUE":
    case "MEDIA_REQUEST_IOC_REINIT":
      return { ...base, call: name };
    default:
      return other;
  }
}

/**
 * The name of an ioctl, before its arguments are read: most are of no interest. A 32-bit process whose time has 32 bits too has numbers of
 * its own for ioctls with a time in their argument.
 */
function nameOfIoctl(text: string): string {
  const start = text.indexOf(", ") + 2;
  const [word] = /(?:_IOC\([^)]*\)|[\w+*-]+)/y.exec(text.slice(start)) ?? [""];
  return unnamed[word] ?? word.replace(/_TIME32$/, "");
}

/** `8<\x2f\x64…>`: a descriptor and, with -y, its path. */
function fileOf(value: StraceValue | undefined): { readonly fd: number; readonly path?: string } {
  const [, fd = "-1", path] = /^(-?\d+)(?:<(.*)>)?$/.exec(wordOf(value)) ?? [];
  return path === undefined ? { fd: Number(fd) } : { fd: Number(fd), path: textOf(path) };
}

/** The new request, where strace follows the pointer: `[24]`. */
function requestOf(value: StraceValue | undefined): number | undefined {
  if (value?.kind !== "list") return undefined;
  const { fd } = fileOf(value.items[0]);
  return fd < 0 ? undefined : fd;
}

function readControls(
  struct: StraceStruct,
  { line, error }: Pick<SetControls, "line" | "error">,
): Pick<SetControls, "isForRequest" | "controls" | "unread"> {
  const which = struct.members.get("which") ?? struct.members.get("ctrl_class");
  const isForRequest = numberOf(which) === V4L2_CTRL_WHICH_REQUEST_VAL || wordOf(which).endsWith("_REQUEST_VAL");
  try {
    return { isForRequest, controls: controlsOf(struct, line) };
  } catch (thrown) {
    if (!(thrown instanceof CaptureError) || thrown instanceof DamagedCall) throw thrown;
    // What is refused sets nothing, and strace cannot follow a wrong pointer (EFAULT) either.
    return error === undefined ? { isForRequest, controls: [], unread: thrown } : { isForRequest, controls: [] };
  }
}

function controlsOf({ members }: StraceStruct, line: number): CapturedControl[] {
  const list = members.get("controls");
  const count = numberOf(members.get("count")) ?? 0;
  const items = list?.kind === "list" ? list.items : [];
  const structs = items.filter((item) => item.kind === "struct");
  const isShort = items.some((item) => wordOf(item).startsWith("...")) || list?.kind === "word";
  if (items.length !== count || structs.length !== items.length) {
    if (!isShort) throw new DamagedCall(`it has ${structs.length} of ${count} controls`, line);
    throw new CaptureError(`strace printed ${structs.length} of ${count} controls: run it with -v`, line);
  }
  return structs.map((item) => takenControl(controlOf(item, line)));
}

function controlOf({ members }: StraceStruct, line: number): CapturedControl {
  const name = wordOf(members.get("id"));
  const id = numberOf(members.get("id")) ?? controlByName(name)?.id;
  const size = numberOf(members.get("size"));
  if (id === undefined || size === undefined) throw new DamagedCall("a control without id or size", line);
  if (size === 0) {
    const value = numberOf(members.get("value"));
    if (value === undefined) throw new DamagedCall(`control 0x${id.toString(16)} has no value`, line);
    return { id, payload: value };
  }
  const text = members.get("string");
  if (text?.kind !== "text") {
    throw new CaptureError(
      `strace did not print the payload of control 0x${id.toString(16)}: use a newer strace`,
      line,
    );
  }
  if (text.isCut || text.bytes.length !== size) {
    const reason = `strace printed ${text.bytes.length} of the ${size} bytes of control 0x${id.toString(16)}`;
    if (!text.isCut) throw new DamagedCall(reason, line);
    throw new CaptureError(`${reason}: run it with -s 1000000 -xx`, line);
  }
  return { id, payload: text.bytes.subarray(0, size) };
}

function bufferOf(struct: StraceStruct, line: number): Omit<BufferCall, "call" | "line" | "thread" | "fd"> | undefined {
  const { members } = struct;
  const queue = queueOf(struct);
  const index = numberOf(members.get("index"));
  if (queue === undefined || index === undefined) return undefined;
  const flags = flagsOf(members.get("flags"));
  return {
    queue,
    index,
    timestamp: timestampOf(members.get("timestamp"), line),
    isForRequest: (flags & V4L2_BUF_FLAG_REQUEST_FD) !== 0,
    // strace prints the flags after the call, and the kernel has cleared this one.
    hold: (flags & V4L2_BUF_FLAG_M2M_HOLD_CAPTURE_BUF) !== 0 ? true : undefined,
    isCorrupt: (flags & V4L2_BUF_FLAG_ERROR) !== 0,
    isImported: wordOf(members.get("memory")) === "V4L2_MEMORY_DMABUF",
  };
}

function timestampOf(value: StraceValue | undefined, line: number): bigint | undefined {
  if (value?.kind !== "struct") return undefined;
  const seconds = wordOf(value.members.get("tv_sec"));
  const microseconds = wordOf(value.members.get("tv_usec"));
  if (!/^\d+$/.test(seconds) || !/^\d+$/.test(microseconds)) return undefined;
  const timestamp = nanosecondsOf(BigInt(seconds), BigInt(microseconds));
  if (timestamp === undefined) throw new DamagedCall("no timestamp has so many seconds", line);
  return timestamp;
}

/** What S_FMT got: what the kernel wrote back, where it did. */
function formatOf(struct: StraceStruct) {
  const queue = queueOf(struct);
  const { out } = struct;
  const asked = struct.members.get("fmt.pix_mp") ?? struct.members.get("fmt.pix");
  const got = out?.kind === "struct" ? (out.members.get("fmt.pix_mp") ?? out.members.get("fmt.pix")) : undefined;
  const format = got?.kind === "struct" ? got : asked;
  if (queue === undefined || format?.kind !== "struct") return undefined;
  const width = numberOf(format.members.get("width"));
  const height = numberOf(format.members.get("height"));
  const code = /^v4l2_fourcc\((.*)\)$/.exec(wordOf(format.members.get("pixelformat")))?.[1];
  if (width === undefined || height === undefined || code === undefined) return undefined;
  const pixelFormat = [...code.matchAll(/'(\\?[^']+|')'/g)].map(([, char]) => textOf(char as string));
  return { queue, pixelFormat: pixelFormat.join(""), width, height };
}

function queueOf(struct: StraceStruct | undefined): Queue | undefined {
  return queues[wordOf(struct?.members.get("type"))];
}

/** `A|B|0x40`. Only the flags that matter here are known by name. */
function flagsOf(value: StraceValue | undefined): number {
  return wordOf(value)
    .split("|")
    .reduce((flags, word) => flags | (flagBits[word] ?? (/^(0x|\d)/.test(word) ? Number(word) : 0)), 0);
}

function memberOf(value: StraceValue | undefined, name: string): StraceValue | undefined {
  return value?.kind === "struct" ? value.members.get(name) : undefined;
}

function itemsOf(value: StraceValue | undefined): readonly StraceValue[] {
  return value?.kind === "list" ? value.items : [];
}

function numberOf(value: StraceValue | undefined): number | undefined {
  const word = wordOf(value);
  return /^(-?\d+|0x[0-9a-f]+)$/.test(word) ? Number(word) : undefined;
}

function wordOf(value: StraceValue | undefined): string {
  return value?.kind === "word" ? value.text : "";
}

/** What a word has between quotes or brackets; empty where an escape is damaged. */
function textOf(source: string): string {
  return latin1(unescapedBytes(source) ?? new Uint8Array(0));
}

function latin1(bytes: Uint8Array): string {
  return bytes.reduce((text, byte) => text + String.fromCharCode(byte), "");
}
