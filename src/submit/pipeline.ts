import type { RequestEvent } from "../events.ts";
import { bitstreamSize, copyBitstream } from "../session/bitstream.ts";
import { DeviceError, DeviceTimeout } from "./errors.ts";
import { blank, type KernelFile } from "./kernel-file.ts";
import {
  V4L2_BUF_CAP_SUPPORTS_M2M_HOLD_CAPTURE_BUF,
  V4L2_BUF_FLAG_M2M_HOLD_CAPTURE_BUF,
  V4L2_DEC_CMD_FLUSH,
} from "./layout/constants.ts";
import { POLLIN, POLLOUT, POLLPRI, pollErrors } from "./libc.ts";
import type { CaptureBuffer } from "./queues/capture-pool.ts";
import type { ControlSetter } from "./queues/controls.ts";
import type { OutputBuffer, OutputBuffers } from "./queues/output-buffers.ts";
import type { Queue } from "./queues/queue.ts";
import type { RequestPool } from "./queues/request-pool.ts";

/** The most milliseconds for one request after a failure. */
const longestFinish = 5000;

/** A picture that has requests, until its `release` has taken effect. */
export interface Picture {
  readonly timestamp: number;
  readonly buffer: CaptureBuffer;
  /** The device has given the buffer back. */
  isDecoded: boolean;
  isFailed: boolean;
  /** The device may keep the buffer for another request. */
  isHeld: boolean;
  /** The number of its last request. */
  lastRequest: number;
}

/** A request that the device has. */
interface Job {
  readonly number: number;
  readonly request: KernelFile;
  readonly output: OutputBuffer;
  readonly picture: Picture;
  readonly isHeld: boolean;
}

/** The parts of a device that the pipeline works on. */
export interface PipelineParts {
  readonly file: KernelFile;
  readonly output: Queue;
  readonly capture: Queue;
  readonly outputs: OutputBuffers;
  readonly requests: RequestPool;
  readonly controls: ControlSetter;
}

/**
 * The requests that the device has, and the pictures in its CAPTURE queue. A CAPTURE buffer is queued together with the first
 * request of its picture, and not before. So it is known which picture a buffer belongs to, and V4L2_DEC_CMD_FLUSH, which acts
 * on the last buffer, finds the one that is held.
 */
export class Pipeline {
  readonly #parts: PipelineParts;
  readonly #timeout: number;
  #jobs: Job[] = [];
  #queued = new Map<number, Picture>();
  #leaving: { readonly buffer: CaptureBuffer; readonly after: number }[] = [];
  #lastRequest = 0;

  /** @param timeout milliseconds for one request */
  constructor(parts: PipelineParts, timeout: number) {
    this.#parts = parts;
    this.#timeout = timeout;
  }

  /** The device has a request, or a picture that it must give back without another request. */
  get isBusy(): boolean {
    return this.#jobs.length > 0 || this.#oldestUndecoded() !== Infinity;
  }

  /** Whether the device can take one more request, with this one's bytes. @throws DeviceError where it never can */
  hasRoomFor(event: RequestEvent): boolean {
    return this.#parts.requests.hasFree && this.#parts.outputs.canTake(bitstreamSize(event));
  }

  /** Whether the driver can put several requests into one CAPTURE buffer. */
  get canHold(): boolean {
    return (this.#parts.output.capabilities & V4L2_BUF_CAP_SUPPORTS_M2M_HOLD_CAPTURE_BUF) !== 0;
  }

  /** Sends a picture's first request. */
  begin(event: RequestEvent, buffer: CaptureBuffer): Picture {
    const { timestamp } = event;
    const picture = { timestamp, buffer, isDecoded: false, isFailed: false, isHeld: false, lastRequest: 0 };
    try {
      this.#queueAndSend(event, picture);
    } catch (thrown) {
      // The picture is in no list yet, so closing everything would not give up its buffer.
      buffer.leave();
      throw thrown;
    }
    return picture;
  }

  /**
   * Whether another request of a picture can be sent. Where the driver does not hold the buffer, the device must have given it
   * back first.
   */
  canResume(picture: Picture): boolean {
    return this.canHold || picture.isDecoded;
  }

  /**
   * Sends another request of a picture. It must use the same buffer: a second field refers to the first field in it, and
   * drivers write its lines between those of the first field.
   */
  resume(event: RequestEvent, picture: Picture): void {
    if (picture.isDecoded) this.#queueAndSend(event, picture);
    else this.#send(event, picture);
  }

  /** Gives the device a picture's buffer with the request that fills it. Without the request, nobody may wait for the buffer. */
  #queueAndSend(event: RequestEvent, picture: Picture): void {
    this.#queueCapture(picture);
    try {
      this.#send(event, picture);
    } catch (thrown) {
      this.#queued.delete(picture.buffer.index);
      picture.isDecoded = true;
      picture.isFailed = true;
      throw thrown;
    }
  }

  /** Ends a picture. Its buffer is given up when all requests that were sent before are done, because they may refer to it. */
  leave({ buffer }: Picture): void {
    this.#leaving.push({ buffer, after: this.#lastRequest });
    this.#settle();
  }

  /** Takes finished requests without waiting. Returns whether there was one. */
  collect(): boolean {
    // Requests finish in order, so if one is done, all before it are done, too.
    let done = this.#jobs.length;
    while (done > 0 && this.#jobs[done - 1]?.request.ready(POLLPRI) === 0) done--;
    for (const job of this.#jobs.slice(0, done)) this.#finish(job);
    if (this.#jobs.length === 0 && this.#queued.size > 0) this.#collectCapture();
    return done > 0;
  }

  /**
   * Waits for half of the requests or, where there are none, for a CAPTURE buffer. The device keeps the other half to work on,
   * because a wait costs more than anything else here. @throws DeviceTimeout
   */
  async advance(timeout = this.#timeout): Promise<void> {
    const { file } = this.#parts;
    const half = this.#jobs.slice(0, Math.ceil(this.#jobs.length / 2));
    const last = half.at(-1);
    const events =
      last === undefined
        ? file.wait(POLLIN, timeout)
        : last.request.wait(POLLPRI, timeout, () => this.#hasOutputBack());
    const returned = await events;
    // `forget` may have given up everything in the meantime.
    if (!this.isBusy) return;
    if ((returned & (POLLIN | POLLPRI)) === 0) {
      if (this.collect() || this.#collectIncomplete()) return;
      if (returned !== 0) throw this.#endedEarly(returned);
      const missing =
        last === undefined
          ? `gave back no CAPTURE buffer within ${timeout / 1000} s, although its requests are done`
          : `finished no request within ${timeout / 1000} s; ${this.#jobs.length} are queued`;
      throw new DeviceTimeout(`${file.path}: the device ${missing}. See dmesg`);
    }
    if (last === undefined) {
      const before = this.#queued.size;
      this.#collectCapture();
      // Waiting again would end at once, for ever.
      if (this.#queued.size === before) {
        throw new DeviceError(
          `${file.path}: poll(2) says that a CAPTURE buffer is back, and VIDIOC_DQBUF gives none. See dmesg`,
        );
      }
    } else for (const job of half) this.#finish(job);
  }

  #hasOutputBack(): boolean {
    return (this.#parts.file.ready(POLLOUT) & POLLOUT) !== 0;
  }

  /**
   * Takes requests whose OUTPUT buffer is back, without waiting for the requests themselves; returns whether there was one.
   * Where a driver's `run` fails before the device begins (hantro's for a picture that HEVC's DPB lacks, vdpu383's without
   * EXT_SPS_*), both buffers come back as failed, and nobody calls v4l2_ctrl_request_complete: the request never completes.
   */
  #collectIncomplete(): boolean {
    const before = this.#jobs.length;
    for (let [job] = this.#jobs; job !== undefined && this.#hasOutputBack(); [job] = this.#jobs) this.#finish(job);
    return this.#jobs.length < before;
  }

  /** Lets the device give back the buffer that it holds for another field or slice. */
  async flushHeld(timeout = this.#timeout): Promise<void> {
    while (this.isBusy) await this.advance(timeout);
    if (this.#queued.size === 0) return;
    const struct = this.#parts.file.structs.v4l2_decoder_cmd;
    const { bytes, view } = blank(struct);
    view.setUint32(struct.offsets.cmd, V4L2_DEC_CMD_FLUSH, true);
    this.#parts.file.call("VIDIOC_DECODER_CMD", bytes, "V4L2_DEC_CMD_FLUSH");
    for (const picture of this.#queued.values()) picture.isHeld = false;
    this.#collectCapture();
    while (this.isBusy) await this.advance(timeout);
  }

  /** Takes what the device still gives after a failure. Does not fail, and does not wait for ever: the failure must be told. */
  async finish(): Promise<void> {
    await this.flushHeld(Math.min(this.#timeout, longestFinish)).catch(() => {});
  }

  /** Gives up everything that the device still has. Must be called before both queues are stopped for good. */
  forget(): void {
    this.#jobs = [];
    for (const picture of this.#queued.values()) {
      picture.isDecoded = true;
      picture.isFailed = true;
    }
    this.#queued.clear();
    this.#settle();
  }

  #queueCapture(picture: Picture): void {
    const { index } = picture.buffer;
    this.#parts.capture.queueCapture(index);
    picture.isDecoded = false;
    this.#queued.set(index, picture);
  }

  #send(event: RequestEvent, picture: Picture): void {
    const { timestamp, hold, controls } = event;
    if (timestamp % 1000 !== 0) {
      throw new DeviceError(`timestamp ${timestamp} must be a whole number of microseconds: V4L2 keeps no fractions`);
    }
    const { outputs, output, requests } = this.#parts;
    const buffer = outputs.take(bitstreamSize(event));
    const bytesUsed = copyBitstream(event, buffer.bytes);
    const request = requests.take();
    const flags = hold ? V4L2_BUF_FLAG_M2M_HOLD_CAPTURE_BUF : 0;
    this.#parts.controls.set(controls, request.fd);
    output.queueOutput(buffer.index, { bytesUsed, timestamp, flags, requestFd: request.fd });
    request.call("MEDIA_REQUEST_IOC_QUEUE", undefined, () => `timestamp ${timestamp}`);
    this.#lastRequest++;
    picture.lastRequest = this.#lastRequest;
    picture.isHeld = hold && this.canHold;
    this.#jobs.push({ number: this.#lastRequest, request, output: buffer, picture, isHeld: picture.isHeld });
  }

  #finish(job: Job): void {
    const { output, outputs, requests, file } = this.#parts;
    const done = output.dequeue();
    if (done?.index !== job.output.index) {
      throw new DeviceError(
        done === undefined
          ? `${file.path}: the driver completed a request and kept its OUTPUT buffer ${job.output.index}`
          : `${file.path}: the driver gave back OUTPUT buffer ${done.index} before buffer ${job.output.index}, which it got first`,
      );
    }
    this.#jobs.shift();
    outputs.putBack(job.output);
    // For a request whose CAPTURE buffer is held, only the OUTPUT buffer shows the failure.
    job.picture.isFailed ||= done.isFailed;
    // Most drivers give back the CAPTURE buffer first, mediatek later, some never.
    if (job.isHeld) this.#settle();
    else this.#collectCapture(job.picture);
    // Last, because the picture is whole even if the request cannot be used again.
    requests.putBack(job.request);
  }

  /** Takes the CAPTURE buffers that came back, up to that of a picture. */
  #collectCapture(last?: Picture): void {
    while (last?.isDecoded !== true) {
      const done = this.#parts.capture.dequeue();
      if (done === undefined) break;
      const picture = this.#queued.get(done.index);
      this.#queued.delete(done.index);
      if (picture === undefined) throw this.#strayBuffer(done.index);
      picture.isDecoded = true;
      picture.isFailed ||= done.isFailed;
    }
    this.#settle();
  }

  /** Why poll(2) says that there is nothing to wait for. */
  #endedEarly(returned: number): DeviceError {
    // Of a device that is gone or gave up, the kernel says so here. @throws IoctlError
    this.#parts.output.dequeue();
    const named = [...pollErrors].flatMap(([bit, name]) => ((returned & bit) === 0 ? [] : [name]));
    const said = named.length > 0 ? named.join(" and ") : `0x${returned.toString(16)}`;
    return new DeviceError(
      `${this.#parts.file.path}: the device stopped working on its requests: poll(2) says ${said}. See dmesg`,
    );
  }

  #strayBuffer(index: number): DeviceError {
    const { path } = this.#parts.file;
    return new DeviceError(`${path}: the driver gave back CAPTURE buffer ${index}, which it did not have. See dmesg`);
  }

  /** The last request of the oldest picture that the device must give back by itself; Infinity if there is none. */
  #oldestUndecoded(): number {
    let oldest = Infinity;
    for (const { isHeld, lastRequest } of this.#queued.values()) {
      if (!isHeld && lastRequest < oldest) oldest = lastRequest;
    }
    return oldest;
  }

  /** Gives up the buffers that the device does not have, and that no earlier request refers to any more. */
  #settle(): void {
    if (this.#leaving.length === 0) return;
    const oldest = Math.min(this.#oldestUndecoded(), this.#jobs[0]?.number ?? Infinity);
    const leaving = this.#leaving;
    this.#leaving = [];
    for (const left of leaving) {
      if (left.after < oldest && !this.#queued.has(left.buffer.index)) left.buffer.leave();
      else this.#leaving.push(left);
    }
  }
}
