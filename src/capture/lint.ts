/** Mistakes in the life of formats, buffers and requests, as the calls of a program show them. */

import { codecOfPixelFormat } from "../record/format.ts";
import type { RequestLine } from "../record/index.ts";
import type { Codec } from "../uapi/codecs.ts";
import { controlById } from "../uapi/index.ts";
import { type Answer, isQueued, noRequest, refusalOf } from "./answers.ts";
import type { BufferCall, Call, FormatCall, Hole, IoctlCall, RequestCall, SetControls } from "./calls.ts";
import { codecShownBy, controlsOf } from "./captured-controls.ts";
import type { LintFinding, LintRule } from "./lint-rules.ts";
import { type OpenDevice, OpenFiles } from "./open-files.ts";
import { referencedTimestamps, startsAnew } from "./references.ts";
import { CaptureRequests } from "./requests.ts";

/**
 * What is wrong in a capture, in its order. Option `codec`: only what decoders of this codec were told; otherwise of the first one that
 * a process uses.
 *
 * @throws CaptureError where the capture cannot be read, a process uses two codecs and none is chosen, or nothing decodes the chosen one.
 */
export async function* lintCapture(
  calls: Iterable<Call> | AsyncIterable<Call>,
  { codec }: { readonly codec?: Codec | undefined } = {},
): AsyncGenerator<LintFinding, void, undefined> {
  // Each process has its own files.
  const files = new OpenFiles(() => undefined);
  const linters = new Map<string, Linter>();
  let hole: Hole | undefined;
  let hasCodec = false;
  let isAnyQueued = false;
  let refused: Answer | undefined;
  for await (const call of calls) {
    files.note(call);
    isAnyQueued ||= isQueued(call);
    if (!isAnyQueued) refused = refusalOf(call) ?? refused;
    if (call.call === "hole") {
      hole = call;
      continue;
    }
    const process = files.process(call.thread);
    const linter = linters.get(process) ?? new Linter(codec, hole);
    linters.set(process, linter);
    linter.passHole(hole);
    linter.take(call);
    if (codec !== undefined && !hasCodec) hasCodec = codecShownBy(call) === codec;
    yield* linter.takeSettled();
  }
  for (const linter of linters.values()) {
    linter.passHole(hole);
    linter.end();
    yield* linter.takeAll();
  }
  // Programs try what fails and does no harm. Where nothing is decoded, the last one may be why.
  if (!isAnyQueued && refused !== undefined) yield refused;
  if (codec !== undefined && !hasCodec) throw noRequest(codec);
}

/** Controls that say of what the pictures of a sequence are made. */
const sequenceControls: Readonly<Partial<Record<Codec, string>>> = {
  h264: "V4L2_CID_STATELESS_H264_SPS",
  h265: "V4L2_CID_STATELESS_HEVC_SPS",
  vp9: "V4L2_CID_STATELESS_VP9_FRAME",
  av1: "V4L2_CID_STATELESS_AV1_SEQUENCE",
};
/** Controls that belong to one picture. */
const ofOnePicture =
  /_(?:DECODE_PARAMS|SLICE_PARAMS|PRED_WEIGHTS|ENTRY_POINT_OFFSETS|MPEG2_PICTURE|VP8_FRAME|VP9_FRAME|VP9_COMPRESSED_HDR|AV1_FRAME|TILE_GROUP_ENTRY|FILM_GRAIN)$/;
const extSps = /_EXT_SPS_(?:ST|LT)_RPS$/;
/** Timestamps that are remembered: more than any program has in use. */
const mostTimestamps = 1 << 16;
/** Requests that are queued before a hole shows that was before them: more than a program has in flight. */
const mostLate = 64;

function newState() {
  return {
    codec: undefined as Codec | undefined,
    /** The lines of the last call on the CAPTURE format, and of the one that set the sequence's controls. */
    captureFormat: undefined as FormatCall | undefined,
    sequenceLine: undefined as number | undefined,
    /** Since the OUTPUT format was set. */
    buffers: { OUTPUT: 0, CAPTURE: 0 },
    isStreaming: { OUTPUT: false, CAPTURE: false },
    /** The log shows how the device was started. */
    hasStarted: false,
    hasHole: false,
    /** MPEG-2: the I picture after which a picture may come from which on all is shown. */
    anchor: undefined as bigint | undefined,
    lastQueued: undefined as BufferCall | undefined,
    /** The pictures that requests made, and the CAPTURE buffers that hold them. */
    timestamps: new Set<bigint>(),
    held: new Map<number, bigint>(),
    /** The line where the buffer of a picture was queued again. */
    overwritten: new Map<bigint, number>(),
  };
}
type State = ReturnType<typeof newState>;

/** What is missing may have changed everything: nothing that stands before it is held against what comes after it. */
function stateAfterHole({ codec, timestamps }: State): State {
  return { ...newState(), codec, timestamps, hasHole: true };
}

class Linter {
  /** What was found. Each waits until so many requests are queued, because a hole that is found earlier may explain it. */
  #found: { readonly finding: LintFinding; readonly until: number }[] = [];
  #count = 0;
  readonly #files = new OpenFiles(newState, stateAfterHole);
  readonly #codec: Codec | undefined;
  readonly #requests: CaptureRequests;
  #last: OpenDevice<State> | undefined;
  /** The devices of requests that were queued, by the line, until their timestamps are known. */
  readonly #queued = new Map<number, OpenDevice<State>>();
  /** The OUTPUT buffers that threads put into requests that are not queued yet. */
  readonly #filled = new Set<string>();
  /** The last one that it was told of. */
  #hole: Hole | undefined;

  /** @param hole the last one before the process starts, which hides nothing of it. */
  constructor(codec: Codec | undefined, hole: Hole | undefined) {
    this.#codec = codec;
    this.#hole = hole;
    this.#requests = new CaptureRequests(codec, 1, (answer) => {
      // Another rule may say more of the same call.
      if (this.#found.at(-1)?.finding.line !== answer.line)
        this.#found.push({ finding: answer, until: this.#count + mostLate });
    });
  }

  take(call: Call): void {
    this.#files.note(call);
    switch (call.call) {
      case "open":
      case "close":
      case "duplicate":
      case "start":
      case "map":
      case "pass":
        break;
      case "hole":
        this.#files.forget();
        this.#filled.clear();
        this.#found = this.#found.filter(({ finding }) => finding.line <= (call.since ?? call.line));
        break;
      case "run":
        this.#last ??= this.#files.deviceOf({ thread: "", fd: -1 });
        // From such a picture on, all that is referred to is shown.
        this.#last.state.hasStarted ||= startsAnew(controlsOf(call), call.timestamp, this.#last.state);
        break;
      default:
        this.#ioctl(call);
    }
    for (const line of this.#requests.take(call)) if (line.type === "request") this.#request(line);
  }

  end(): void {
    for (const line of this.#requests.end()) if (line.type === "request") this.#request(line);
  }

  /** Tells it of the last hole before its next call. Those of one process have nothing to do with most holes of a log with many. */
  passHole(hole: Hole | undefined): void {
    if (hole === undefined || hole === this.#hole) return;
    this.#hole = hole;
    this.take(hole);
  }

  #tell(
    rule: LintRule,
    { line, call }: { readonly line: number; readonly call: string },
    message: string,
    advice: string,
  ) {
    const finding = { rule, line, call, message, advice };
    this.#found.push({ finding, until: this.#count + mostLate });
  }

  /** What no hole can explain any more. */
  takeSettled(): LintFinding[] {
    const [first] = this.#found;
    if (first === undefined || first.until > this.#count) return [];
    const later = this.#found.findIndex(({ until }) => until > this.#count);
    return this.#found.splice(0, later < 0 ? this.#found.length : later).map(({ finding }) => finding);
  }

  takeAll(): LintFinding[] {
    return this.#found.splice(0).map(({ finding }) => finding);
  }

  #ioctl(call: IoctlCall): void {
    if (call.call === "MEDIA_REQUEST_IOC_QUEUE") {
      this.#queueRequest(call);
      return;
    }
    if (call.call.startsWith("MEDIA_")) return;
    const device = this.#files.deviceOf(call);
    const { state } = device;
    const found = this.#found.length;
    this.#callOf(call, device);
    const isOther = this.#codec !== undefined && state.codec !== undefined && state.codec !== this.#codec;
    if (isOther) this.#found.length = found;
  }

  #callOf(call: IoctlCall, device: OpenDevice<State>): void {
    const { state } = device;
    switch (call.call) {
      case "VIDIOC_S_FMT":
        this.#setFormat(call, state);
        break;
      case "VIDIOC_G_FMT":
        if (call.queue === "CAPTURE") state.captureFormat = call;
        break;
      case "VIDIOC_S_EXT_CTRLS":
        this.#setControls(call, state);
        break;
      case "VIDIOC_REQBUFS":
      case "VIDIOC_CREATE_BUFS":
        if (call.call === "VIDIOC_REQBUFS" && state.isStreaming[call.queue]) {
          const advice = "VIDIOC_STREAMOFF must come before it";
          this.#tell("reqbufs-while-streaming", call, `${call.queue} is streaming${withError(call)}`, advice);
        }
        if (call.error !== undefined) break;
        if (call.queue === "CAPTURE" && call.count > 0 && state.buffers.CAPTURE === 0) this.#checkCaptureFormat(state);
        state.buffers[call.queue] = call.count + (call.call === "VIDIOC_CREATE_BUFS" ? state.buffers[call.queue] : 0);
        break;
      case "VIDIOC_STREAMON":
      case "VIDIOC_STREAMOFF":
        if (call.error !== undefined) break;
        state.isStreaming[call.queue] = call.call === "VIDIOC_STREAMON";
        state.hasStarted ||= call.call === "VIDIOC_STREAMON";
        if (call.call === "VIDIOC_STREAMOFF" && call.queue === "OUTPUT") forgetPictures(state);
        break;
      case "VIDIOC_QBUF":
        if (call.error === undefined) this.#queueBuffer(call, device);
        break;
      case "VIDIOC_DQBUF":
        if (call.error === undefined && call.queue === "CAPTURE" && call.timestamp !== undefined) {
          state.held.set(call.index, call.timestamp);
          state.overwritten.delete(call.timestamp);
        }
        break;
    }
  }

  #setFormat(call: FormatCall, state: State): void {
    const { queue, error } = call;
    const busy = state.isStreaming[queue] ? "streams" : state.buffers[queue] > 0 ? "holds buffers" : undefined;
    if (busy !== undefined) {
      const advice = `VIDIOC_STREAMOFF and VIDIOC_REQBUFS with count 0 on ${queue} must come before it`;
      this.#tell("format-of-busy-queue", call, `${queue} ${busy}${withError(call)}`, advice);
    }
    if (error !== undefined) return;
    if (queue === "CAPTURE") {
      state.captureFormat = call;
      return;
    }
    state.codec = codecOfPixelFormat(call.pixelFormat);
    state.captureFormat = undefined;
    state.sequenceLine = undefined;
  }

  #setControls(call: SetControls, state: State): void {
    const names = call.controls.map(({ id }) => controlById(id)?.name ?? "");
    const ext = names.find((name) => extSps.test(name));
    if (call.error !== undefined) {
      if (ext !== undefined && call.error === "EINVAL") {
        const advice =
          "ask with VIDIOC_QUERY_EXT_CTRL, and leave it out where the driver has none (Linux 7.0 brought it)";
        this.#tell("unsupported-control", call, `${ext} is refused with EINVAL`, advice);
      }
      return;
    }
    const sequence = state.codec === undefined ? undefined : sequenceControls[state.codec];
    if (sequence !== undefined && names.includes(sequence)) state.sequenceLine = call.line;
    const outside = call.isForRequest ? undefined : names.find((name) => ofOnePicture.test(name));
    if (outside !== undefined && state.isStreaming.OUTPUT && state.isStreaming.CAPTURE) {
      const advice = "set it with V4L2_CTRL_WHICH_REQUEST_VAL and the request's descriptor";
      this.#tell("control-outside-request", call, `${outside} is set outside of a request`, advice);
    }
  }

  /** When the CAPTURE buffers are made: their format must be one that the driver could choose for this sequence. */
  #checkCaptureFormat({ codec, captureFormat, sequenceLine }: State): void {
    if (codec === undefined || sequenceControls[codec] === undefined || captureFormat === undefined) return;
    if (sequenceLine !== undefined && sequenceLine < captureFormat.line) return;
    const control = sequenceControls[codec];
    const when = sequenceLine === undefined ? "is not set" : `is set in line ${sequenceLine} only`;
    const isChosen = captureFormat.call === "VIDIOC_S_FMT";
    this.#tell(
      isChosen ? "format-before-profile" : "capture-format-too-early",
      captureFormat,
      `${captureFormat.pixelFormat} is ${isChosen ? "chosen" : "read"}, and ${control} ${when}: the driver does not know the bit depth yet`,
      `set ${control} (outside of a request) before the CAPTURE format is read or chosen`,
    );
  }

  #queueBuffer(call: BufferCall, device: OpenDevice<State>): void {
    const { state } = device;
    if (call.queue === "CAPTURE") {
      const timestamp = state.held.get(call.index);
      state.held.delete(call.index);
      if (timestamp !== undefined && ![...state.held.values()].includes(timestamp)) {
        state.overwritten.set(timestamp, call.line);
      }
      return;
    }
    if (!call.isForRequest) return;
    this.#last = device;
    this.#filled.add(fillingKey(call.thread, call.request));
    const { lastQueued } = state;
    const isSame = lastQueued?.timestamp !== undefined && lastQueued.timestamp === call.timestamp;
    if (isSame && lastQueued.hold === false) {
      const advice = "the OUTPUT buffer of each slice or field but the last needs V4L2_BUF_FLAG_M2M_HOLD_CAPTURE_BUF";
      const message = `the OUTPUT buffer of line ${call.line} has the same timestamp, and the CAPTURE buffer is not held for it`;
      this.#tell("missing-hold-flag", lastQueued, message, advice);
    }
    state.lastQueued = call;
  }

  #queueRequest(call: RequestCall): void {
    this.#count++;
    const isFilled =
      this.#filled.delete(fillingKey(call.thread, call.fd)) || this.#filled.delete(fillingKey(call.thread, undefined));
    if (this.#last !== undefined && call.error === undefined) this.#queued.set(call.line, this.#last);
    // The kernel refuses it: where it did not, calls are missing.
    if (isFilled || call.error === undefined || this.#last?.state.hasStarted !== true) return;
    const advice = "VIDIOC_QBUF of an OUTPUT buffer with V4L2_BUF_FLAG_REQUEST_FD must come before it";
    this.#tell("request-without-buffer", call, `no OUTPUT buffer is in the request${withError(call)}`, advice);
  }

  /** A request whose timestamp is known. */
  #request({ line, timestamp, controls }: RequestLine): void {
    // Another device may have begun meanwhile.
    const { state } = this.#queued.get(line) ?? this.#last ?? {};
    this.#queued.delete(line);
    if (state === undefined) return;
    const call = { line, call: "MEDIA_REQUEST_IOC_QUEUE" };
    const own = BigInt(timestamp);
    // From such a picture on, all that is referred to is shown again.
    const isAfterHole = line > (this.#hole?.line ?? 0);
    state.hasStarted ||= state.hasHole && isAfterHole && startsAnew(controls, own, state);
    for (const reference of state.hasStarted ? new Set(referencedTimestamps(controls)) : []) {
      const overwrittenAt = state.overwritten.get(reference);
      if (reference === own) continue;
      if (!state.timestamps.has(reference)) {
        const advice =
          "references are the timestamps of OUTPUT buffers, in nanoseconds: check the conversion from timeval";
        this.#tell("unknown-reference", call, `no buffer was queued with timestamp ${reference}`, advice);
      } else if (overwrittenAt !== undefined && overwrittenAt < line) {
        const advice = "keep a CAPTURE buffer until no request refers to it";
        const message = `the CAPTURE buffer of picture ${reference} was queued again in line ${overwrittenAt}`;
        this.#tell("reference-overwritten", call, message, advice);
      }
    }
    state.timestamps.add(own);
    if (state.timestamps.size > mostTimestamps) {
      const [oldest] = state.timestamps;
      state.timestamps.delete(oldest as bigint);
      state.overwritten.delete(oldest as bigint);
    }
  }
}

/** The timestamps stay: requests that were queued before it are looked at when theirs are known. */
function forgetPictures(state: State): void {
  state.overwritten.clear();
  state.lastQueued = undefined;
}

function fillingKey(thread: string, request: number | undefined): string {
  return request === undefined ? `thread ${thread}` : `request ${request}`;
}

function withError({ error }: { readonly error?: string | undefined }): string {
  return error === undefined ? "" : ` (${error})`;
}
