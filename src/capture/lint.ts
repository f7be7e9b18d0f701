/** Mistakes in the life of formats, buffers and requests, as the calls of a program show them. */

import { codecOfPixelFormat } from "../record/format.ts";
import type { RequestLine } from "../record/index.ts";
import type { Codec } from "../uapi/codecs.ts";
import { isQueued, LikelyCause, noRequest, refusalOf } from "./answers.ts";
import type { BufferCall, Call, FormatCall, Hole, IoctlCall, RequestCall, SetControls } from "./calls.ts";
import { checkControls, codecShownBy, controlsOf } from "./captured-controls.ts";
import { pictureControlOf, refusedExtSps, sequenceControls, setsSequence } from "./lint-controls.ts";
import type { LintFinding } from "./lint-rules.ts";
import { busyFor, newState, type State, stateAfterHole } from "./lint-state.ts";
import { type OpenDevice, OpenFiles } from "./open-files.ts";
import { mayNotExist, referencedTimestamps, startsAnew } from "./references.ts";
import { CaptureRequests } from "./requests.ts";

/**
 * What is wrong in a capture, in its order. Option `codec`: only what decoders of this codec were told; otherwise of the first one that
 * a process uses.
 *
 * @returns how many requests it looked at, each with its timestamp: those at the end whose buffers did not come back may not be among them.
 * @throws CaptureError where the capture cannot be read, a process uses two codecs and none is chosen, or nothing decodes the chosen one.
 */
export async function* lintCapture(
  calls: Iterable<Call> | AsyncIterable<Call>,
  { codec }: { readonly codec?: Codec | undefined } = {},
): AsyncGenerator<LintFinding, number, undefined> {
  // Each process has its own files.
  const files = new OpenFiles(() => undefined);
  const linters = new Map<string, Linter>();
  let hole: Hole | undefined;
  let hasCodec = false;
  let isAnyQueued = false;
  const refused = new LikelyCause();
  for await (const call of calls) {
    checkControls(call);
    files.note(call);
    isAnyQueued ||= isQueued(call);
    if (!isAnyQueued) refused.note(call, refusalOf(call));
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
  let requests = 0;
  for (const linter of linters.values()) {
    linter.passHole(hole);
    linter.end();
    const found = linter.takeAll();
    // Another rule may say more of the same call.
    if (found.some(({ line }) => line === refused.answer?.line)) refused.answer = undefined;
    yield* found;
    requests += linter.requests;
  }
  // Programs try what fails and does no harm. Where nothing is decoded, one may be why.
  if (!isAnyQueued && refused.answer !== undefined) yield refused.answer;
  if (codec !== undefined && !hasCodec) throw noRequest(codec);
  return requests;
}

/** Requests that are queued before a hole shows that was before them: more than a program has in flight. */
const mostLate = 64;

/** An OUTPUT buffer in a request: its device, and the line of its VIDIOC_QBUF. */
interface Filled {
  readonly device: OpenDevice<State>;
  readonly line: number;
}

/** Of the call that breaks a rule. */
type Place = Pick<LintFinding, "line" | "call">;

class Linter {
  /** What was found. Each waits until so many requests are queued, because a hole that is found earlier may explain it. */
  #found: { readonly finding: LintFinding; readonly until: number }[] = [];
  #count = 0;
  /** Those that were looked at. */
  requests = 0;
  readonly #files = new OpenFiles(newState, stateAfterHole);
  readonly #codec: Codec | undefined;
  readonly #requests: CaptureRequests;
  #last: OpenDevice<State> | undefined;
  /** Requests that were queued, by the line, until their timestamps are known. */
  readonly #queued = new Map<number, Filled>();
  /** The OUTPUT buffers that threads put into requests that are not queued yet. */
  readonly #filled = new Map<string, Filled>();
  /** The requests that are not queued yet and have the sequence's controls, with the state of their device. */
  readonly #sequences = new Map<string, State>();
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
    const closed = this.#files.note(call);
    if (closed !== undefined) {
      this.#filled.delete(closed);
      this.#sequences.delete(closed);
    }
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
        this.#sequences.clear();
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

  /** @param state of the device that is asked. What decoders of other codecs are told is not looked at. */
  #tell({ codec }: State, { line, call }: Place, finding: Omit<LintFinding, "line" | "call">): void {
    const isOfOtherCodec = this.#codec !== undefined && codec !== undefined && codec !== this.#codec;
    if (isOfOtherCodec) return;
    const { rule, message, advice } = finding;
    this.#found.push({ finding: { rule, line, call, message, advice }, until: this.#count + mostLate });
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
    if (call.call === "MEDIA_REQUEST_IOC_REINIT") this.#sequences.delete(this.#files.requestKey(call.thread, call.fd));
    if (call.call.startsWith("MEDIA_")) return;
    const device = this.#files.deviceOf(call);
    const { state } = device;
    switch (call.call) {
      case "VIDIOC_S_FMT":
        this.#setFormat(call, state);
        break;
      case "VIDIOC_G_FMT":
        // Programs ask for the formats of queues that a device does not have, too.
        if (call.error !== undefined) break;
        if (call.queue === "CAPTURE") state.captureFormat = call;
        else state.outputFormat = call.pixelFormat;
        break;
      case "VIDIOC_S_EXT_CTRLS":
        this.#setControls(call, state);
        break;
      case "VIDIOC_REQBUFS":
      case "VIDIOC_CREATE_BUFS":
        if (call.call === "VIDIOC_REQBUFS" && state.isStreaming[call.queue]) {
          const advice = "VIDIOC_STREAMOFF must come before it";
          const message = `${call.queue} is streaming${withError(call)}`;
          this.#tell(state, call, { rule: "reqbufs-while-streaming", message, advice });
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
        if (call.call === "VIDIOC_STREAMOFF" && call.queue === "OUTPUT") {
          state.pictures.stop();
          state.lastQueued = undefined;
        }
        break;
      case "VIDIOC_QBUF":
        if (call.error === undefined) this.#queueBuffer(call, device);
        break;
      case "VIDIOC_DQBUF":
        if (call.error === undefined && call.queue === "CAPTURE") state.pictures.dequeue(call);
        break;
    }
  }

  #setFormat(call: FormatCall, state: State): void {
    const { queue, error, pixelFormat } = call;
    const busy = busyFor(call, state);
    if (error === undefined) {
      if (queue === "CAPTURE") state.captureFormat = call;
      else {
        state.codec = codecOfPixelFormat(pixelFormat);
        state.outputFormat = pixelFormat;
        state.captureFormat = undefined;
        state.sequenceLine = undefined;
      }
    }
    if (busy === undefined) return;
    const advice = `VIDIOC_STREAMOFF and VIDIOC_REQBUFS with count 0 on ${queue} must come before it`;
    this.#tell(state, call, { rule: "format-of-busy-queue", message: `${queue} ${busy}${withError(call)}`, advice });
  }

  #setControls(call: SetControls, state: State): void {
    const ext = refusedExtSps(call);
    if (ext !== undefined) {
      const advice =
        "ask with VIDIOC_QUERY_EXT_CTRL, and leave it out where the driver has none (Linux 7.0 brought it)";
      this.#tell(state, call, { rule: "unsupported-control", message: `${ext} is refused with EINVAL`, advice });
    }
    if (call.error !== undefined) return;
    if (setsSequence(call, state.codec)) {
      if (call.isForRequest) this.#sequences.set(this.#keyOf(call), state);
      else state.sequenceLine = call.line;
    }
    const outside = call.isForRequest ? undefined : pictureControlOf(call);
    if (outside !== undefined && state.isStreaming.OUTPUT && state.isStreaming.CAPTURE) {
      const advice = "set it with V4L2_CTRL_WHICH_REQUEST_VAL and the request's descriptor";
      const message = `${outside} is set outside of a request`;
      this.#tell(state, call, { rule: "control-outside-request", message, advice });
    }
  }

  /** When the CAPTURE buffers are made: their format must be one that the driver could choose for this sequence. */
  #checkCaptureFormat(state: State): void {
    const { codec, captureFormat, sequenceLine } = state;
    if (codec === undefined || sequenceControls[codec] === undefined || captureFormat === undefined) return;
    if (sequenceLine !== undefined && sequenceLine < captureFormat.line) return;
    const control = sequenceControls[codec];
    const isInRequest = [...this.#sequences.values()].includes(state);
    const never = isInRequest ? "is only in a request that is not queued yet" : "is not set";
    const when = sequenceLine === undefined ? never : `is set in line ${sequenceLine} only`;
    const isChosen = captureFormat.call === "VIDIOC_S_FMT";
    this.#tell(state, captureFormat, {
      rule: isChosen ? "format-before-profile" : "capture-format-too-early",
      message: `${captureFormat.pixelFormat} is ${isChosen ? "chosen" : "read"}, and ${control} ${when}: the driver does not know the bit depth yet`,
      advice: `set ${control} (outside of a request) before the CAPTURE format is read or chosen`,
    });
  }

  #queueBuffer(call: BufferCall, device: OpenDevice<State>): void {
    const { state } = device;
    if (call.queue === "CAPTURE") {
      state.pictures.queue(call);
      return;
    }
    if (!call.isForRequest) return;
    this.#last = device;
    this.#filled.set(this.#keyOf(call), { device, line: call.line });
    // No driver of a stateless decoder lets vb2 keep the 0.
    if (call.bytes === 0) {
      const advice =
        "set bytesused (of the plane, in a multi-planar queue) to the number of bytes; a stateless decoder needs no empty buffer at the end";
      const message = "bytesused is 0: the kernel takes the whole buffer, and the driver decodes what was left in it";
      this.#tell(state, call, { rule: "empty-buffer", message, advice });
    }
    const { lastQueued } = state;
    const isSame = lastQueued?.timestamp !== undefined && lastQueued.timestamp === call.timestamp;
    if (isSame && lastQueued.hold === false) {
      const advice = "the OUTPUT buffer of each slice or field but the last needs V4L2_BUF_FLAG_M2M_HOLD_CAPTURE_BUF";
      const message = `the OUTPUT buffer of line ${call.line} has the same timestamp, and the CAPTURE buffer is not held for it`;
      this.#tell(state, lastQueued, { rule: "missing-hold-flag", message, advice });
    }
    state.lastQueued = call;
  }

  #queueRequest(call: RequestCall): void {
    this.#count++;
    const keys = [this.#files.requestKey(call.thread, call.fd), this.#files.threadKey(call.thread)];
    const filled = keys.map((key) => this.#filled.get(key)).find((each) => each !== undefined);
    for (const key of keys) this.#filled.delete(key);
    for (const key of keys) {
      const state = this.#sequences.get(key);
      if (state !== undefined && call.error === undefined) state.sequenceLine = call.line;
      this.#sequences.delete(key);
    }
    const queued = filled ?? (this.#last === undefined ? undefined : { device: this.#last, line: call.line });
    if (queued !== undefined && call.error === undefined) this.#queued.set(call.line, queued);
    // The kernel refuses it: where it did not, calls are missing.
    if (filled !== undefined || call.error !== "ENOENT" || this.#last?.state.hasStarted !== true) return;
    const advice = "VIDIOC_QBUF of an OUTPUT buffer with V4L2_BUF_FLAG_REQUEST_FD must come before it";
    const message = `no OUTPUT buffer is in the request${withError(call)}`;
    this.#tell(this.#last.state, call, { rule: "request-without-buffer", message, advice });
  }

  #keyOf({ thread, request }: SetControls | BufferCall): string {
    return request === undefined ? this.#files.threadKey(thread) : this.#files.requestKey(thread, request);
  }

  /** A request whose timestamp is known. */
  #request(request: RequestLine): void {
    this.requests++;
    const { line, controls } = request;
    // Another device may have begun meanwhile.
    const queued = this.#queued.get(line);
    const { state } = queued?.device ?? this.#last ?? {};
    this.#queued.delete(line);
    if (state === undefined) return;
    const own = BigInt(request.timestamp);
    // From such a picture on, all that is referred to is shown again.
    const isAfterHole = line > (this.#hole?.line ?? 0);
    state.hasStarted ||= state.hasHole && isAfterHole && startsAnew(controls, own, state);
    if (state.hasStarted) {
      for (const reference of new Set(referencedTimestamps(controls))) {
        if (reference !== own) this.#checkReference(state, request, reference);
      }
    }
    // Another thread may take its picture back before the call ends that queues it.
    state.pictures.add(own, queued?.line ?? line);
  }

  #checkReference(state: State, { line, controls, timestamp }: RequestLine, reference: bigint): void {
    const { pictures } = state;
    const place = { line, call: "MEDIA_REQUEST_IOC_QUEUE" };
    if (!pictures.has(reference)) {
      if (mayNotExist(controls, reference, pictures.has(BigInt(timestamp)))) return;
      const advice =
        "references are the timestamps of OUTPUT buffers, in nanoseconds: check the conversion from timeval";
      const message = `no buffer was queued with timestamp ${reference}`;
      this.#tell(state, place, { rule: "unknown-reference", message, advice });
      return;
    }
    const overwrittenAt = pictures.overwrittenBefore(line, reference);
    if (overwrittenAt === undefined) return;
    const advice = "keep a CAPTURE buffer until no request refers to it";
    const message = `the CAPTURE buffer of picture ${reference} was queued again in line ${overwrittenAt}`;
    this.#tell(state, place, { rule: "reference-overwritten", message, advice });
  }
}

function withError({ error }: { readonly error?: string | undefined }): string {
  return error === undefined ? "" : ` (${error})`;
}
