import type { Codec, Control, OutputEvent, RequestEvent, SequenceEvent } from "../events.ts";
import { type SetEvent, TargetEvents } from "../targets/target-events.ts";
import { type AbortSignalLike, throwIfAborted } from "./abort.ts";
import type { DeviceInfo } from "./devices/devices.ts";
import { DeviceError, DeviceTimeout, isGone, refusals } from "./errors.ts";
import { BufferFrame, type Frame } from "./frame.ts";
import { needsFreshContext } from "./fresh-context.ts";
import { KnownLimits, lostReferences } from "./known-limits.ts";
import { type Machine, thisMachine } from "./machine.ts";
import { type Picture, Pipeline } from "./pipeline.ts";
import type { CaptureBuffer } from "./queues/capture-pool.ts";
import { Streams } from "./queues/streams.ts";
import { numbersOf, type SubmitEvent, type SubmitterOptions } from "./submitter-options.ts";

interface ShownFrame {
  readonly picture: Picture;
  readonly frame: Frame;
}

/**
 * Performs a session's events on a device, one call at a time: take all frames of one `submit` before you call it again.
 * Submitters share nothing, even if they use the same device.
 */
export class Submitter {
  readonly device: DeviceInfo;
  /** Opens the device: at first, and again for streams that the open device cannot continue with. */
  readonly #openStreams: () => Promise<Streams>;
  #streams: Streams;
  #pipeline: Pipeline;
  #reopening: Promise<void> | undefined;
  /** The sequence for which the queues were made last. */
  #begun: SequenceEvent | undefined;
  /** The menus that were set, by name. They must be set again after the device has been opened anew. */
  readonly #modes = new Map<string, Control>();
  readonly #timeout: number;
  readonly #isVerbatim: boolean;
  readonly #limits: KnownLimits;
  readonly #onNotice: (message: string) => void;
  readonly #signal: AbortSignalLike | undefined;
  /** The caller of close() gets its failure. */
  readonly #onAbort = () => void this.close().catch(() => {});
  #closing: Promise<void> | undefined;
  /** The pictures by timestamp, until their `release`. */
  readonly #pictures = new Map<number, Picture>();
  /** The frames to show in display order. The first may not be decoded yet. */
  readonly #shown: ShownFrame[] = [];
  #targetEvents: { readonly codec: Codec; readonly events: TargetEvents } | undefined;
  /** The sequence that must begin before the next request. */
  #sequence: SequenceEvent | undefined;
  /** The controls that were set after the sequence event, and before the queues were made for it. */
  #sets: (readonly Control[])[] = [];
  /** The consumer's code runs: a generator stands at a yield, or takes the consumer's events. */
  #isOutside = false;
  #state: "idle" | "busy" | "left" | "broken" | "closed" = "idle";

  private constructor(device: DeviceInfo, streams: Streams, open: () => Promise<Streams>, options: SubmitterOptions) {
    this.device = device;
    this.#openStreams = open;
    this.#streams = streams;
    this.#timeout = numbersOf(options).timeout;
    this.#isVerbatim = options.verbatim ?? false;
    this.#limits = new KnownLimits(device, options.force ?? false);
    this.#onNotice = options.onNotice ?? (() => {});
    this.#pipeline = new Pipeline(streams, this.#timeout);
    this.#signal = options.signal;
    this.#signal?.addEventListener("abort", this.#onAbort, { once: true });
    if (this.#signal?.aborted) this.#onAbort();
  }

  /**
   * Opens a device.
   *
   * @param machine for tests; this one
   * @throws DeviceError with one line for a person; the signal's reason if it was aborted before; TypeError for a wrong option.
   */
  static async open(device: DeviceInfo, options: SubmitterOptions = {}, machine?: Machine): Promise<Submitter> {
    throwIfAborted(options.signal);
    const { pixelFormats = [] } = options;
    const { extraBuffers, requests } = numbersOf(options);
    const used = machine ?? (await thisMachine());
    const openStreams = () => Streams.open(used, device, { extraBuffers, requests, pixelFormats });
    return new Submitter(device, await openStreams(), openStreams, options);
  }

  /**
   * Performs events, and gives the frames that are ready, in display order. Frames that the device still works on come with the
   * next call, or with `drain`. The bitstream of a request is read during the call.
   *
   * If you leave the loop early, or `events` throws, you must call `reset` or `close`.
   *
   * @throws IoctlError, DeviceError, after the frames whose turn came before, if the device still gives them: only `close` is left then.
   */
  submit(events: Iterable<SubmitEvent>): AsyncGenerator<Frame, void, undefined> {
    return this.#run(events, () => this.#pipeline.collect());
  }

  /** Waits until the device has finished, and gives the remaining frames. */
  drain(): AsyncGenerator<Frame, void, undefined> {
    return this.#run([], () => this.#pipeline.flushHeld());
  }

  /** For a seek: forgets every picture and frame. Call it before you submit the events of the session's `reset`. */
  reset(): void {
    if (this.#state === "left") this.#state = "idle";
    this.#check();
    for (const { frame } of this.#shown.splice(0)) frame.release();
    for (const picture of this.#pictures.values()) this.#pipeline.leave(picture);
    this.#pictures.clear();
  }

  /** Closes the device. Frames stay readable until they are released. @throws IoctlError if it closed, but its queues did not stop */
  close(): Promise<void> {
    this.#closing ??= this.#closeNow();
    return this.#closing;
  }

  /** `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #closeNow(): Promise<void> {
    const hadFailed = this.#state === "broken";
    this.#state = "closed";
    this.#signal?.removeEventListener("abort", this.#onAbort);
    for (const { frame } of this.#shown.splice(0)) frame.release();
    for (const { buffer } of this.#pictures.values()) buffer.leave();
    this.#pictures.clear();
    this.#pipeline.forget();
    // A device that is being opened must be closed, too. If opening fails, the call that waits for it reports it.
    await this.#reopening?.catch(() => {});
    await this.#streams.close().catch((thrown: unknown) => {
      // The failure that came first was told, and must not be hidden by its consequence.
      if (!hadFailed && !isGone(thrown)) throw thrown;
    });
  }

  #check(): void {
    if (this.#isClosed) throw this.#closedError();
    if (this.#state !== "idle") throw new Error(refusals[this.#state]);
  }

  #closedError(): unknown {
    return this.#signal?.aborted ? this.#signal.reason : new Error(refusals.closed);
  }

  /** One generator does all work that needs no waiting: each generator on a frame's way costs some promises. */
  async *#run(
    events: Iterable<SubmitEvent>,
    end: () => Promise<void> | boolean,
  ): AsyncGenerator<Frame, void, undefined> {
    this.#check();
    const list: SubmitEvent[] = [];
    let at = 0;
    this.#state = "busy";
    try {
      this.#isOutside = true;
      for (const event of events) list.push(event);
      this.#checkOpen();
      for (; at < list.length; at++) {
        for (const event of this.#asTaken(list[at] as SubmitEvent)) {
          if (event.type !== "request") this.#perform(event);
          else {
            if (!this.#canSend(event)) yield* this.#makeReady(event);
            this.#send(event);
          }
        }
        while (this.#isReady) {
          yield this.#nextFrame();
          this.#checkOpen();
        }
      }
      const ended = end();
      if (typeof ended === "object") await ended;
      this.#checkOpen();
      while (this.#isReady) {
        yield this.#nextFrame();
        this.#checkOpen();
      }
      this.#leave("idle");
    } catch (thrown) {
      // What the consumer throws is another way to leave early.
      if (!this.#isOutside) {
        this.#leave("broken");
        yield* this.#lastFrames(thrown);
      }
      // Errors after closing are consequences of it.
      throw this.#isClosed ? this.#closedError() : thrown;
    } finally {
      if (this.#state === "busy") {
        this.#leave("broken");
        this.#noteAll(list.slice(at));
        this.#leave("left");
      }
      this.#isOutside = false;
    }
  }

  /** The frames whose turn came before a failure. Their requests were sent before, so most devices still finish them. */
  async *#lastFrames(failure: unknown): AsyncGenerator<Frame, void, undefined> {
    if (this.#isClosed) return;
    // A device that gave nothing back in time was given that time already.
    if (!(failure instanceof DeviceTimeout)) await this.#pipeline.finish();
    this.#checkOpen();
    yield* this.#ready();
  }

  /** Takes note of the remaining events when the consumer leaves: frames are lost, but the queues' state is kept. */
  #noteAll(events: readonly SubmitEvent[]): void {
    for (const event of events.flatMap((event) => this.#asTaken(event))) {
      if (event.type === "sequence" || event.type === "set") this.#note(event);
    }
  }

  /**
   * Must be called after every wait and every frame: the consumer may have called `close` without waiting for it. The device
   * must not be used after that.
   */
  #checkOpen(): void {
    this.#isOutside = false;
    if (this.#isClosed) throw this.#closedError();
  }

  get #isClosed(): boolean {
    return this.#state === "closed";
  }

  #leave(state: "idle" | "left" | "broken"): void {
    if (!this.#isClosed) this.#state = state;
  }

  /** Adapts an event to the device's target. */
  #asTaken(event: SubmitEvent): SubmitEvent[] {
    if (this.#isVerbatim) return [event];
    if (event.type === "sequence" && event.codec !== this.#targetEvents?.codec) {
      this.#targetEvents = { codec: event.codec, events: new TargetEvents(this.device.target, event.codec) };
    }
    if (event.type === "set") return [event];
    return this.#targetEvents?.events.of(event) ?? [event];
  }

  #perform(event: Exclude<SubmitEvent, RequestEvent>): void {
    if (event.type === "sequence" || event.type === "set") this.#note(event);
    else if (event.type === "output") this.#show(event);
    else if (event.type === "release") this.#release(event.timestamp);
  }

  #note(event: SequenceEvent | SetEvent): void {
    for (const control of event.controls)
      if (typeof control.payload === "number") this.#modes.set(control.name, control);
    if (event.type === "sequence") {
      // Only the visible rectangle or the colour is new; `output` events have the rectangle.
      if (!event.realloc && this.#streams.isStarted && this.#sequence === undefined) return;
      // The modes are valid for any sequence. The parameter sets of a sequence without requests are dropped.
      this.#sets = this.#sets.map((controls) => controls.filter(({ payload }) => typeof payload === "number"));
      this.#sequence = event;
      this.#sets.push(event.controls);
    } else if (this.#sequence !== undefined || !this.#streams.isStarted) {
      this.#sets.push(event.controls);
    } else {
      this.#streams.controls.set(event.controls);
    }
  }

  /** Whether a request can be sent without waiting. */
  #canSend(event: RequestEvent): boolean {
    if (this.#sequence !== undefined || !this.#streams.isStarted) return false;
    if (this.#limits.needsCheck(event.controls)) return false;
    if (this.#hasRoom(event)) return true;
    // This is not done for every request, so that several finished requests are taken at once.
    this.#pipeline.collect();
    return this.#hasRoom(event);
  }

  #hasRoom(event: RequestEvent): boolean {
    const picture = this.#pictures.get(event.timestamp);
    const hasBuffer = picture === undefined ? this.#streams.pool.hasFree : this.#pipeline.canResume(picture);
    return hasBuffer && this.#pipeline.hasRoomFor(event);
  }

  /** Makes the queues for a new sequence, and waits until there is room for a request. */
  async *#makeReady(event: RequestEvent): AsyncGenerator<Frame, void, undefined> {
    if (this.#sequence !== undefined) yield* this.#begin(this.#sequence, event);
    else if (this.#limits.needsCheck(event.controls))
      yield* this.#checkLimits(this.#begun, this.#limits.controlsToCheck(event.controls));
    const { isStarted, pool } = this.#streams;
    if (!isStarted) throw new DeviceError("a request came before the first sequence event");
    while (!this.#hasRoom(event)) {
      yield* this.#ready();
      if (this.#pipeline.isBusy) await this.#pipeline.advance();
      else if (!pool.hasFree) yield* this.#freeBuffer();
      this.#checkOpen();
    }
  }

  #send(event: RequestEvent): void {
    const picture = this.#pictures.get(event.timestamp);
    if (picture === undefined) {
      const buffer = this.#streams.pool.take() as CaptureBuffer;
      this.#pictures.set(event.timestamp, this.#pipeline.begin(event, buffer));
    } else this.#pipeline.resume(event, picture);
  }

  /** Refuses what the driver is known not to decode, after the frames that came before it. */
  async *#checkLimits(
    sequence: SequenceEvent | undefined,
    controls: readonly Control[],
  ): AsyncGenerator<Frame, void, undefined> {
    const refusal = sequence && this.#limits.refusalOf(sequence.codec, controls);
    if (refusal === undefined) return;
    await this.#pipeline.flushHeld();
    this.#checkOpen();
    yield* this.#ready();
    throw refusal;
  }

  /** Ends the previous sequence, and makes the queues for a new one. `first` is its first request. */
  async *#begin(sequence: SequenceEvent, first: RequestEvent): AsyncGenerator<Frame, void, undefined> {
    yield* this.#checkLimits(sequence, [...this.#sets.flat(), ...first.controls]);
    if (this.#streams.isStarted) {
      await this.#pipeline.flushHeld();
      this.#checkOpen();
      yield* this.#ready();
      if (!sequence.keepsReferences || !this.#streams.resize(sequence, this.#sets)) {
        if (sequence.keepsReferences) this.#onNotice(lostReferences(this.device, sequence));
        this.#streams.stop();
      }
    }
    if (!this.#streams.isStarted) {
      if (this.#begun !== undefined && needsFreshContext(this.device.driver, this.#begun, sequence)) {
        this.#reopening = this.#reopen();
        await this.#reopening;
        this.#checkOpen();
      }
      this.#streams.start(sequence, this.#sets);
    }
    this.#begun = sequence;
    this.#sequence = undefined;
    this.#sets = [];
  }

  /** Opens the device anew. Frames keep their memory until `release`; the closed device's other pictures are given up. */
  async #reopen(): Promise<void> {
    this.#pipeline.forget();
    await this.#streams.close();
    this.#streams = await this.#openStreams();
    this.#pipeline = new Pipeline(this.#streams, this.#timeout);
    if (this.#modes.size > 0) this.#sets.unshift([...this.#modes.values()]);
  }

  #show(event: OutputEvent): void {
    const picture = this.#pictures.get(event.timestamp);
    if (picture === undefined) {
      throw new DeviceError(`an output event names the picture ${event.timestamp}, which no request decoded`);
    }
    this.#shown.push({ picture, frame: new BufferFrame(event, picture.buffer, () => picture.isFailed) });
  }

  #release(timestamp: number): void {
    const picture = this.#pictures.get(timestamp);
    // After a reset, the picture is already gone.
    if (picture === undefined) return;
    this.#pictures.delete(timestamp);
    this.#pipeline.leave(picture);
  }

  get #isReady(): boolean {
    return this.#shown[0]?.picture.isDecoded === true;
  }

  /** The decoded frames at the head of the list. */
  *#ready(): Generator<Frame, void, undefined> {
    while (this.#isReady) {
      yield this.#nextFrame();
      this.#checkOpen();
    }
  }

  #nextFrame(): Frame {
    this.#isOutside = true;
    return (this.#shown.shift() as ShownFrame).frame;
  }

  /** Gets a free buffer when the device has nothing left to do, and still no buffer is free. */
  async *#freeBuffer(): AsyncGenerator<Frame, void, undefined> {
    // A new picture begins, so a field that the device holds has no second field.
    await this.#pipeline.flushHeld();
    this.#checkOpen();
    yield* this.#ready();
    const { pool } = this.#streams;
    // The consumer has all other buffers.
    if (!pool.hasFree && !pool.grow()) await pool.whenFree(this.#timeout);
    this.#checkOpen();
    if (!pool.hasFree) {
      throw new DeviceTimeout(
        `${this.device.path}: all ${pool.size} CAPTURE buffers are in use; release frames that you no longer show`,
      );
    }
  }
}
