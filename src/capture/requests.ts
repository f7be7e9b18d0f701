/** Puts the calls of a program together: the requests that it queued, and what it set outside of them. */

import { type Controls, persists, type RecordLine } from "../record/index.ts";
import { type Codec, codecs } from "../uapi/codecs.ts";
import {
  type Answer,
  answerText,
  type CallOfRequests,
  FailedPictures,
  failureOf,
  isOfRequests,
  LikelyCause,
  refusalOf,
} from "./answers.ts";
import {
  type BufferCall,
  type Call,
  CaptureError,
  type FormatCall,
  type Hole,
  type RequestCall,
  type RunRequest,
  type SetControls,
} from "./calls.ts";
import { codecOfControls, named, otherCodec } from "./captured-controls.ts";
import { EarlyRefusals, type RefusedOfRequest } from "./early-refusals.ts";
import {
  checkFiller,
  checkSecondBuffer,
  codecOf,
  type Device,
  type DeviceState,
  type Filling,
  giveBackEarly,
  newFilling,
  refilled,
} from "./filling.ts";
import { Cancelled, missingCallsLine } from "./missing-calls.ts";
import { OpenFiles } from "./open-files.ts";
import { WaitingLines } from "./waiting.ts";

export class CaptureRequests {
  readonly #codec: Codec | undefined;
  readonly #files = new OpenFiles<DeviceState>(
    () => ({ format: undefined, isFormatTold: false, isOpened: false, set: new Map() }),
    (before) => ({ ...before, isOpened: false }),
  );
  /** By the request's file where the capture tells it, otherwise by thread. */
  readonly #fillings = new Map<string, Filling>();
  readonly #waiting: WaitingLines;
  /** The device whose requests the record holds. */
  #device: Device | undefined;
  #hole: Hole | undefined;
  /** The record says of the last hole that it is here, between two requests. */
  #isHoleTold = true;
  /** Where a request is seen from its beginning since the last hole: keys of `#fillings`. */
  readonly #bounded = new Set<string>();
  /** The record does not say yet that a hole may have set any control. */
  #isStale = false;
  /** Controls that were set outside of requests since the last hole. */
  readonly #fresh = new Set<string>();
  /** Controls that the record has. */
  readonly #told = new Set<string>();
  readonly #early = new EarlyRefusals();
  /** What the last error line says must be done. */
  #advice: string | undefined;
  readonly refused = new LikelyCause();
  readonly cancelled = new Cancelled();
  /** Of the record's device. */
  readonly failed = new FailedPictures();
  readonly #onAnswer: (answer: Answer) => void;
  codec: Codec | undefined;

  /**
   * @param codec only the devices that decode it; undefined: the first one that is used.
   * @param patience how many requests must be queued after one, before it is given: so late a hole may show that is before it.
   * @param onAnswer gets what the kernel answers to the record's device, and is no success.
   */
  constructor(codec: Codec | undefined, patience: number, onAnswer: (answer: Answer) => void = () => {}) {
    this.#codec = codec;
    this.#waiting = new WaitingLines(patience);
    this.#onAnswer = onAnswer;
  }

  /** At the end: requests that are left out, because their buffers did not come back. */
  get left(): number {
    return this.#waiting.left;
  }

  /**
   * Takes the next call, and returns the lines that it completes.
   *
   * @throws CaptureError where the capture does not show to which request something belongs.
   */
  take(call: Call): readonly RecordLine[] {
    const closed = this.#files.note(call);
    if (closed !== undefined) this.#fillings.delete(closed);
    if ("error" in call && call.error !== undefined) this.#refuse(call);
    else this.#takeDone(call);
    return this.#waiting.take(false, this.codec);
  }

  /** A call that was not refused. */
  #takeDone(call: Call): void {
    switch (call.call) {
      case "open":
        this.#files.deviceOf(call).state.isOpened = true;
        break;
      case "close":
        this.#waiting.cancel(call, this.cancelled);
        break;
      case "VIDIOC_REQBUFS":
      case "VIDIOC_STREAMOFF":
        if (call.queue === "OUTPUT") this.#waiting.cancel(call, this.cancelled, this.#files.deviceOf(call));
        break;
      case "VIDIOC_S_FMT":
        if (call.queue === "OUTPUT") this.#setFormat(this.#files.deviceOf(call), call);
        break;
      case "VIDIOC_S_EXT_CTRLS":
        this.#setControls(call);
        break;
      case "VIDIOC_QBUF":
        if (call.queue === "OUTPUT" && call.isForRequest) this.#queueBuffer(call);
        break;
      case "VIDIOC_DQBUF":
        this.#giveBack(call, this.#files.deviceOf(call));
        break;
      case "MEDIA_REQUEST_IOC_REINIT":
        this.#fillings.delete(this.#files.requestKey(call.thread, call.fd));
        this.#bound(call.thread, call.fd);
        break;
      case "MEDIA_IOC_REQUEST_ALLOC":
        this.#bound(call.thread, call.request);
        break;
      case "MEDIA_REQUEST_IOC_QUEUE":
        this.#queueRequest(call);
        break;
      case "run":
        this.#run(call);
        break;
      case "hole":
        this.#forget(call);
        break;
    }
  }

  /** The lines that only waited for what comes next. */
  end(): readonly RecordLine[] {
    return this.#waiting.take(true, this.codec);
  }

  /** After this call, a request and its thread are seen from their beginning. */
  #bound(thread: string, request: number | undefined): void {
    if (this.#hole === undefined) return;
    this.#bounded.add(this.#files.threadKey(thread));
    if (request !== undefined) this.#bounded.add(this.#files.requestKey(thread, request));
  }

  /** What was being filled may lack what is missing, and what waits for its timestamp may get that of another request. */
  #forget(hole: Hole): void {
    this.#hole = hole;
    this.#files.forget();
    this.#isStale = true;
    this.#fresh.clear();
    this.#bounded.clear();
    this.#fillings.clear();
    this.#isHoleTold = this.#device !== undefined;
    if (!this.#isHoleTold) return;
    this.#waiting.forget(hole, this.codec as Codec);
  }

  /** The record says in each place where requests are left out that it is one, once. */
  #tellHole(): void {
    if (this.#hole === undefined || this.#device === undefined || this.#isHoleTold) return;
    this.#isHoleTold = true;
    this.#waiting.addLine(missingCallsLine(this.#hole, 0));
  }

  #setFormat(device: Device, call: FormatCall): void {
    const { format } = device.state;
    const isSame =
      format?.pixelFormat === call.pixelFormat && format.width === call.width && format.height === call.height;
    if (isSame) return;
    device.state.format = call;
    device.state.isFormatTold = false;
  }

  #setControls(call: SetControls): void {
    const device = this.#files.deviceOf(call);
    const stateless = call.controls.filter(({ id }) => id >>> 16 === 0xa4);
    if (!call.isForRequest) {
      if (stateless.length === 0) return;
      const controls = new Map(stateless.map(named));
      for (const name of controls.keys()) this.#fresh.add(name);
      if (this.#device === device) this.#addSet(controls, call.line);
      else for (const [name, payload] of controls) device.state.set.set(name, payload);
      return;
    }
    const filling = this.#fillingOf(call, device);
    for (const control of stateless) {
      const [name, payload] = named(control);
      if (call.request === undefined && filling.controls.has(name)) {
        throw new CaptureError(
          `${name} is set twice before a request is queued: thread ${call.thread || "1"} sets it again, or fills several requests at once, and this capture does not show which; record it with v4l2-stateless capture`,
          call.line,
        );
      }
      filling.controls.set(name, payload);
      if (control.known !== undefined) filling.known.set(name, control.known);
    }
  }

  #queueBuffer(call: BufferCall): void {
    const filling = this.#fillingOf(call, this.#files.deviceOf(call));
    checkSecondBuffer(filling, call);
    filling.buffer = call;
  }

  /** Of the request that a call is for. */
  #keyOf({ thread, request }: SetControls | BufferCall): string {
    return request === undefined ? this.#files.threadKey(thread) : this.#files.requestKey(thread, request);
  }

  #fillingOf(call: SetControls | BufferCall, device: Device): Filling {
    const { thread, line } = call;
    const key = this.#keyOf(call);
    this.#early.forget(call.call, key);
    const found = this.#fillings.get(key);
    if (found !== undefined) return found;
    const filling = newFilling(device, thread, line);
    this.#fillings.set(key, filling);
    return filling;
  }

  #queueRequest(call: RequestCall): void {
    const { filling, isWhole } = this.#fillingOfQueued(call);
    this.#bound(call.thread, call.fd);
    // Of the first one after a hole the beginning may be missing.
    if (!isWhole) this.#tellHole();
    if (filling === undefined) {
      if (isWhole) checkFiller(this.#fillings, this.#files.process(call.thread), call);
      return;
    }
    this.#waiting.countQueued();
    if (filling.buffer === undefined || !isWhole || !this.#isOfRecord(filling, call.line)) return;
    this.#tellFormat(filling.device);
    this.#tellControls(filling);
    this.#waiting.addRequest(filling, call.line, false);
    this.#isHoleTold = false;
  }

  /** What was put into a request, which nothing is put into any more; and whether it is seen from its beginning. */
  #fillingOfQueued({ thread, fd }: RequestCall) {
    const [ofFile, ofThread] = [this.#files.requestKey(thread, fd), this.#files.threadKey(thread)];
    const [before, after] = [this.#fillings.get(ofFile), this.#fillings.get(ofThread)];
    this.#fillings.delete(ofFile);
    this.#fillings.delete(ofThread);
    const isWhole = this.#hole === undefined || this.#bounded.has(before === undefined ? ofThread : ofFile);
    return { filling: before === undefined ? after : refilled(before, after), isWhole };
  }

  #refuse(call: Call): void {
    const refusal = refusalOf(call, this.#waiting.next);
    if (refusal === undefined) return;
    this.refused.note(call, refusal);
    if (!isOfRequests(call)) return;
    const { device, key } = this.#placeOfRefused(call);
    if (device === undefined) return;
    if (this.#device === device) this.#tellRefusal(refusal);
    else if (this.#device === undefined && key !== undefined) this.#early.add({ refusal, device, key });
  }

  /** What a refused call was for: the device, and the request where it is for one. */
  #placeOfRefused(call: CallOfRequests): Partial<Omit<RefusedOfRequest, "refusal">> {
    if ("isForRequest" in call) {
      const device = this.#files.deviceOf(call);
      return call.isForRequest ? { device, key: this.#keyOf(call) } : { device };
    }
    const key = this.#files.requestKey(call.thread, call.fd);
    const { filling } = call.call === "MEDIA_REQUEST_IOC_QUEUE" ? this.#fillingOfQueued(call) : { filling: undefined };
    if (filling !== undefined) {
      // What was put into it stays in it, until it is reinitialised or queued again.
      this.#fillings.set(key, filling);
      return { device: filling.device, key };
    }
    // One that nothing was put into is a mistake of its own, which lint tells.
    const isOfRecord = call.error !== "ENOENT" && this.#device?.process === this.#files.process(call.thread);
    return isOfRecord ? { device: this.#device as Device, key } : {};
  }

  #tellRefusal(refusal: Answer): void {
    this.#waiting.addLine({ type: "error", line: refusal.line, message: answerText(refusal, this.#advice) });
    this.#advice = refusal.advice;
    this.#onAnswer(refusal);
  }

  #giveBack(call: BufferCall, device: Device): void {
    if (!this.#waiting.giveBack(call, device) && call.queue === "OUTPUT")
      giveBackEarly(this.#fillings.values(), call, device);
    if (device !== this.#device || !this.failed.giveBack(call)) return;
    this.#onAnswer(failureOf(call, this.#waiting.requestOf(call.timestamp, device)));
  }

  /** A driver's own tracepoints do not tell devices apart. */
  #run(call: RunRequest): void {
    const { thread, line, timestamp, bytes } = call;
    const controls = new Map(call.controls.map(named));
    const known = new Map<string, readonly string[]>(call.unknown.map((name) => [name, []]));
    for (const control of call.controls) if (control.known !== undefined) known.set(named(control)[0], control.known);
    const codec = codecOfControls(controls);
    if (codec === undefined || (this.#codec !== undefined && codec !== this.#codec)) return;
    if (this.codec !== undefined && this.codec !== codec) throw otherCodec(codec, this.codec, line);
    this.codec = codec;
    if (this.#device === undefined) {
      this.#device = this.#files.deviceOf({ thread: "", fd: -1 });
      this.#tellHole();
    }
    const facts = { queue: "OUTPUT", index: 0, isForRequest: true, hold: undefined, isCorrupt: false } as const;
    const buffer: BufferCall = { call: "VIDIOC_QBUF", line, thread, fd: -1, ...facts, timestamp, bytes };
    const filling = { device: this.#device, thread, line, controls, known, buffer, returned: undefined };
    this.#tellControls(filling);
    this.#waiting.countQueued();
    this.#waiting.addRequest(filling, line, true);
    this.#isHoleTold = false;
  }

  /** Whether the request's device is the one of the record. The first one is. */
  #isOfRecord({ device, controls }: Filling, line: number): boolean {
    if (this.#device === device) return true;
    const codec = codecOf(device, controls);
    if (codec === undefined) return false;
    if (this.#codec !== undefined && codec !== this.#codec) return false;
    const before = this.#device;
    if (before !== undefined) {
      if (this.codec !== codec) {
        throw otherCodec(codec, this.codec, line);
      }
      const isLater = before.isClosed || (before.fd === device.fd && before.process === device.process);
      if (!isLater) {
        throw new CaptureError(
          `two decoders at once: ${descriptorsOf(before, device)}; capture one program at a time, or keep the lines of one process`,
          line,
        );
      }
    }
    this.#device = device;
    this.codec = codec;
    if (before === undefined) this.#tellHole();
    for (const refusal of this.#early.takeOf(device)) this.#tellRefusal(refusal);
    this.#addSet(device.state.set, line);
    return true;
  }

  /** What a hole may have changed is unknown until it is set again. A record says so once. */
  #tellControls({ device, controls, known }: Filling): void {
    const isStale = this.#isStale && !device.state.isOpened;
    for (const name of isStale ? [...this.#told, ...this.#ownControls()] : []) {
      if (!controls.has(name) && !this.#fresh.has(name) && persists(name)) known.set(name, []);
    }
    this.#isStale = false;
    for (const name of this.cancelled.takeUnsure()) {
      if (!controls.has(name) && persists(name) && !known.has(name)) known.set(name, []);
    }
    for (const name of controls.keys()) this.#told.add(name);
  }

  #ownControls(): readonly string[] {
    return Object.keys(codecs[this.codec as Codec].controls);
  }

  #tellFormat({ state }: Device): void {
    const { format, isFormatTold } = state;
    if (format === undefined || isFormatTold) return;
    state.isFormatTold = true;
    const { line, pixelFormat, width: codedWidth, height: codedHeight } = format;
    this.#waiting.addLine({ type: "sequence", line, pixelFormat, codedWidth, codedHeight });
  }

  /** What concerns the codec: a program may set the modes of all codecs that a device has. */
  #addSet(all: Controls, line: number): void {
    const own = this.#ownControls();
    const controls = new Map([...all].filter(([name]) => own.includes(name)));
    for (const name of controls.keys()) this.#told.add(name);
    if (controls.size > 0) this.#waiting.addLine({ type: "set", line, controls });
  }
}

function descriptorsOf(a: Device, b: Device): string {
  if (a.process === b.process) return `descriptors ${a.fd} and ${b.fd}`;
  const [first, second] = [a, b].map(
    ({ fd, process }) => `${fd} of ${process === "" ? "the first process" : `process ${process}`}`,
  );
  return `descriptors ${first} and ${second}`;
}
