/** What the kernel answers that is no success: calls that it refuses, and buffers that come back with an error. */

import type { Codec } from "../uapi/codecs.ts";
import {
  type BufferCall,
  type Call,
  CaptureError,
  type IoctlCall,
  type RequestCall,
  type SetControls,
} from "./calls.ts";
import { named } from "./captured-controls.ts";

export interface Answer {
  readonly rule: "refused-call" | "decoded-with-error";
  readonly line: number;
  /** The ioctl. */
  readonly call: string;
  /** What was seen. */
  readonly message: string;
  /** What to do. */
  readonly advice: string;
}

/** Calls that a decoder cannot do without. Programs try others, which fail and do no harm: VIDIOC_ENUM_FMT, VIDIOC_TRY_FMT. */
const needed: ReadonlySet<string> = /* @__PURE__ */ new Set([
  "VIDIOC_S_FMT",
  "VIDIOC_S_EXT_CTRLS",
  "VIDIOC_REQBUFS",
  "VIDIOC_CREATE_BUFS",
  "VIDIOC_STREAMON",
  "VIDIOC_QBUF",
  "MEDIA_IOC_REQUEST_ALLOC",
  "MEDIA_REQUEST_IOC_QUEUE",
  "MEDIA_REQUEST_IOC_REINIT",
]);
/** What a program does again, and strace's own. */
const passing: ReadonlySet<string> = /* @__PURE__ */ new Set(["EAGAIN", "EINTR", "ERESTARTSYS"]);

/**
 * What errors mean, and what to do: of Documentation/userspace-api/media, v4l/vidioc-g-ext-ctrls, v4l/vidioc-qbuf, v4l/vidioc-streamon and
 * mediactl/media-request-ioc-queue.
 */
const meanings: Readonly<Record<string, readonly [meaning: string, advice: string]>> = {
  "VIDIOC_S_EXT_CTRLS EINVAL": [
    "a value is one that the kernel or the driver does not take, or the driver has no such control",
    "v4l2-stateless inspect --request of the stream shows what the controls should have, validate --target what the kernel and the driver take",
  ],
  "VIDIOC_S_EXT_CTRLS EFAULT": [
    "a control has fewer bytes than its structure, or they are not at its address",
    "size must be that of the structure in the kernel's linux/v4l2-controls.h, for a list that of its elements, and ptr must point to so many bytes",
  ],
  "VIDIOC_S_EXT_CTRLS ENOSPC": [
    "a list has more elements than the driver takes",
    "VIDIOC_QUERY_EXT_CTRL says how many it takes (dims)",
  ],
  "VIDIOC_S_EXT_CTRLS EBUSY": [
    "the request is queued already, or the driver does not take the control while buffers are there",
    "set the controls before MEDIA_REQUEST_IOC_QUEUE, and reinitialise a request before it is used again",
  ],
  "VIDIOC_QBUF EINVAL": [
    "there is no such buffer, it is queued already, or the request's descriptor is none",
    "queue a buffer again after VIDIOC_DQBUF gave it back",
  ],
  "VIDIOC_QBUF EBADR": [
    "the queue takes buffers in requests only, or none in requests",
    "OUTPUT buffers of a stateless decoder need V4L2_BUF_FLAG_REQUEST_FD, CAPTURE buffers must not have it",
  ],
  "VIDIOC_QBUF EBUSY": [
    "the request is queued already; or a buffer before it was queued in a request and this one is not, or the other way round",
    "MEDIA_REQUEST_IOC_REINIT must come before a request is used again; put each OUTPUT buffer into a request",
  ],
  "MEDIA_REQUEST_IOC_QUEUE EINVAL": [
    "the request has something that the driver does not take",
    "put one OUTPUT buffer into each request, with the controls of its slice or frame; the kernel's messages (dmesg) may say more",
  ],
  "MEDIA_REQUEST_IOC_QUEUE ENOENT": [
    "no OUTPUT buffer is in the request, or no control that the driver needs",
    "VIDIOC_QBUF with V4L2_BUF_FLAG_REQUEST_FD and VIDIOC_S_EXT_CTRLS with V4L2_CTRL_WHICH_REQUEST_VAL must come before it",
  ],
  "MEDIA_REQUEST_IOC_QUEUE EBUSY": [
    "the request is queued already, or OUTPUT buffers were queued without requests before",
    "MEDIA_REQUEST_IOC_REINIT must come before a request is used again",
  ],
  "MEDIA_REQUEST_IOC_REINIT EBUSY": [
    "the request is queued, and not done",
    "wait for it with poll (POLLPRI) on its descriptor",
  ],
  "VIDIOC_STREAMON EINVAL": [
    "the queue has no buffers, or its format does not fit the controls",
    "VIDIOC_REQBUFS or VIDIOC_CREATE_BUFS must come before it",
  ],
};
const otherwise =
  "the kernel's messages (dmesg) may say why, with 0x3f in /sys/class/video4linux/videoN/dev_debug more";

/**
 * That the kernel refuses a call which a decoder cannot do without; undefined of other calls.
 *
 * @param request the number in the record of the request that is queued next, where it is known.
 */
export function refusalOf(call: Call, request?: number): Answer | undefined {
  if (!("error" in call) || call.error === undefined || !needed.has(call.call) || passing.has(call.error)) {
    return undefined;
  }
  const { line, error } = call;
  const [meaning, advice] = meanings[`${call.call} ${error}`] ?? [undefined, otherwise];
  const why = meaning === undefined ? "" : `: ${meaning}`;
  const message = `the kernel refuses ${whatIn(call as IoctlCall, request)} with ${error}${why}`;
  return { rule: "refused-call", line, call: call.call, message, advice };
}

function whatIn(call: IoctlCall, request: number | undefined): string {
  const ofRequest = request === undefined ? "of a request" : `of request ${request}`;
  switch (call.call) {
    case "VIDIOC_S_EXT_CTRLS": {
      const [first, ...others] = call.controls;
      const what = first === undefined || others.length > 0 ? "the controls" : named(first)[0];
      return call.isForRequest ? `${what} ${ofRequest}` : what;
    }
    case "VIDIOC_QBUF":
      return `${call.queue} buffer ${call.index}${call.isForRequest ? ` ${ofRequest}` : ""}`;
    case "MEDIA_REQUEST_IOC_QUEUE":
      return request === undefined ? "a request" : `request ${request}`;
    case "MEDIA_REQUEST_IOC_REINIT":
      return `the request of descriptor ${call.fd}`;
    default:
      return "queue" in call ? `it on ${call.queue}` : "it";
  }
}

export type CallOfRequests = SetControls | BufferCall | RequestCall;

/** Whether a call belongs to the requests of a decoder, not to its set-up. */
export function isOfRequests(call: Call): call is CallOfRequests {
  switch (call.call) {
    case "VIDIOC_S_EXT_CTRLS":
      return call.isForRequest;
    case "VIDIOC_QBUF":
    case "MEDIA_REQUEST_IOC_QUEUE":
    case "MEDIA_REQUEST_IOC_REINIT":
      return true;
    default:
      return false;
  }
}

/** Finds the refused call that may be why no request is queued: the first one of a request, from which others follow; else the last of all. */
export class LikelyCause {
  answer: Answer | undefined;
  #isOfRequest = false;

  note(call: Call, refusal: Answer | undefined): void {
    if (refusal === undefined || this.#isOfRequest) return;
    this.answer = refusal;
    this.#isOfRequest = isOfRequests(call);
  }
}

/** Whether a request is queued, and not refused. */
export function isQueued(call: Call): boolean {
  return call.call === "run" || (call.call === "MEDIA_REQUEST_IOC_QUEUE" && call.error === undefined);
}

/** An answer with its place. @param said the advice of the one before, which is not said again. */
export function answerText({ call, line, message, advice }: Answer, said: string | undefined): string {
  return `${call} of line ${line}: ${message}${advice === said ? "" : `; ${advice}`}`;
}

/**
 * @param codec the one that was chosen; undefined: any.
 * @param refused the call that the kernel refused, which may be why.
 */
export function noRequest(codec: Codec | undefined, refused?: Answer): CaptureError {
  const wanted = codec === undefined ? "" : ` of ${codec}`;
  const reason = `no request${wanted} is queued in this capture (MEDIA_REQUEST_IOC_QUEUE)`;
  if (refused === undefined) return new CaptureError(reason);
  const { call, line, message, advice } = refused;
  return new CaptureError(`${reason}; ${call} fails here: ${message}; ${advice}`, line);
}

/** Pictures that are remembered until their second buffer comes back. */
const mostFailed = 64;

/** Counts the pictures that a device gives back with V4L2_BUF_FLAG_ERROR. The OUTPUT buffer, the CAPTURE buffer or both may have it. */
export class FailedPictures {
  /** By timestamp: those of which one buffer came back with it. */
  readonly #failed = new Set<bigint>();
  #isFailing = false;
  count = 0;
  /** The line of the first one. */
  first: number | undefined;

  /** Takes a buffer that comes back. Returns whether it is the first of several pictures one after the other. */
  giveBack({ queue, isCorrupt, timestamp, line }: BufferCall): boolean {
    const isKnown = timestamp !== undefined && this.#failed.delete(timestamp);
    if (!isCorrupt) {
      if (queue === "CAPTURE" && !isKnown) this.#isFailing = false;
      return false;
    }
    if (isKnown) return false;
    this.#remember(timestamp);
    this.count++;
    this.first ??= line;
    const isFirst = !this.#isFailing;
    this.#isFailing = true;
    return isFirst;
  }

  /** What a reader says of all of them; undefined where there is none. */
  get warning(): string | undefined {
    if (this.first === undefined) return undefined;
    const what = this.count === 1 ? "a picture comes" : `${this.count} pictures come`;
    const place = this.count === 1 ? "" : ", the first one here";
    return `line ${this.first}: ${what} back with V4L2_BUF_FLAG_ERROR${place}: ${undecoded}: ${whose}`;
  }

  #remember(timestamp: bigint | undefined): void {
    if (timestamp === undefined) return;
    this.#failed.add(timestamp);
    const [oldest] = this.#failed;
    if (this.#failed.size > mostFailed) this.#failed.delete(oldest as bigint);
  }
}

const undecoded = "the driver could not decode what it got";
const whose =
  "compare with the stream (v4l2-stateless diff): what differs is the program's fault; where nothing does, it is the driver's or the hardware's, or the stream is damaged there, which inspect --errors=only of it may show";

/** @param request the number of its request, where it is known. */
export function failureOf({ line, call, timestamp }: BufferCall, request: number | undefined): Answer {
  const picture =
    request === undefined ? `picture with timestamp ${timestamp ?? "unknown"}` : `picture of request ${request}`;
  const message = `the ${picture} comes back with V4L2_BUF_FLAG_ERROR: ${undecoded}`;
  return { rule: "decoded-with-error", line, call, message, advice: whose };
}
