import { ContainerError } from "../../src/containers/container-error.ts";
import { openTrack } from "../../src/containers/open-track.ts";
import { feed, type StreamPart } from "../../src/containers/stream-part.ts";
import type { Codec, Control, DecodeEvent } from "../../src/events.ts";
import { openSession } from "../../src/open-session.ts";
import { fourccOf } from "../../src/record/format.ts";
import {
  type DeviceInfo,
  DeviceTimeout,
  type Frame,
  RefusedStream,
  readableFormats,
  Submitter,
  sessionOptionsFor,
} from "../../src/submit/index.ts";
import { KnownLimits } from "../../src/submit/known-limits.ts";
import type { Machine } from "../../src/submit/machine.ts";
import { refusalText } from "../../src/targets/refusals.ts";
import { type CallCounts, countedMachine } from "./counted-machine.ts";

/** Longer than the drivers' own watchdogs, which wait for two seconds. */
const timeout = 8000;

/** What decodes on the device: our submitter, or in tests one with a fault. */
export type Decoder = Pick<Submitter, "submit" | "drain" | "close">;

export interface WatchOptions {
  /** Decodes also what the driver is known not to decode. */
  readonly force?: boolean;
  readonly open?: (...words: Parameters<typeof Submitter.open>) => Promise<Decoder>;
}

/** A frame that the session puts out. */
interface Output {
  readonly timestamp: number;
  /** The requests of the session before it. */
  readonly requests: number;
}

/** A stream on a device: what our session makes of it, and what becomes of each request and frame. */
export class WatchedDecode {
  readonly counts: CallCounts = { queued: 0, returned: 0, failed: 0, incomplete: 0, mapped: 0 };
  /** In the order in which the session puts them out, without those that came. */
  #outputs: Output[] = [];
  /** Each with its kind first: `"lost: …"`. */
  readonly problems: string[] = [];
  /** Those that the session made. */
  requests = 0;
  frames = 0;
  /** What the session says about the stream: its own error events. */
  errors = 0;
  /** Why nothing, or nothing more, was sent: the target's limits. */
  refusal: string | undefined;
  /** The target's limits that `force` passed over. */
  readonly passedOver = new Set<string>();

  async run(
    codec: Codec,
    bytes: Uint8Array,
    device: DeviceInfo,
    machine: Machine,
    { force = false, open = (...words) => Submitter.open(...words) }: WatchOptions = {},
  ): Promise<void> {
    try {
      const track = await openTrack(bytes, { codec });
      const session = openSession(codec, sessionOptionsFor(device, codec));
      const pixelFormats = readableFormats.map(fourccOf);
      const counted = countedMachine(machine, this.counts);
      const limits = force ? new KnownLimits(device, false) : undefined;
      const decoder = await open(device, { pixelFormats, timeout, force }, counted);
      const submit = async (events: readonly DecodeEvent[]) => {
        for (const event of events) {
          this.#note(event);
          if (limits !== undefined && "controls" in event) this.#notePassedOver(limits, codec, event.controls);
        }
        await this.#take(decoder.submit(events));
      };
      try {
        for await (const part of this.#partsOf(track)) await submit(feed(session, part));
        await submit(session.flush());
        await this.#take(decoder.drain());
        this.#checkEnd();
      } catch (thrown) {
        if (!(thrown instanceof RefusedStream)) throw thrown;
        this.#checkRefused(thrown);
      } finally {
        track.close();
        await decoder.close();
      }
    } catch (thrown) {
      this.problems.push(`${thrown instanceof DeviceTimeout ? "stuck" : "error"}: ${String(thrown)}`);
    }
    const { failed, incomplete, mapped } = this.counts;
    if (failed > 0) this.problems.push(`failed: the driver gave up ${failed} of ${this.counts.queued} jobs`);
    if (incomplete > 0) this.problems.push(`incomplete: ${incomplete} requests never completed`);
    if (mapped !== 0) this.problems.push(`leak: ${mapped} mappings are left`);
  }

  /** A damaged file ends where it cannot be read any more. */
  async *#partsOf(track: AsyncIterable<StreamPart>): AsyncGenerator<StreamPart, void, undefined> {
    try {
      yield* track;
    } catch (thrown) {
      if (!(thrown instanceof ContainerError)) throw thrown;
      this.errors++;
    }
  }

  /** What must hold where nothing was thrown. */
  #checkEnd(): void {
    const { queued } = this.counts;
    if (queued !== this.requests) this.problems.push(`lost: ${queued} of ${this.requests} requests were queued`);
    this.#checkReturned();
  }

  /** The requests that were queued are those before the refused one. Frames that are put out after it cannot come. */
  #checkRefused({ message }: RefusedStream): void {
    this.refusal = message;
    const { queued } = this.counts;
    this.#outputs = this.#outputs.filter(({ requests }) => requests <= queued);
    this.#checkReturned();
  }

  /** What was queued came back, and so did the frames. */
  #checkReturned(): void {
    const { queued, returned } = this.counts;
    if (returned !== queued) this.problems.push(`lost: ${returned} of ${queued} requests came back`);
    const [next] = this.#outputs;
    if (next !== undefined)
      this.problems.push(`lost: ${this.#outputs.length} frames did not come, ${next.timestamp} first`);
  }

  #note(event: DecodeEvent): void {
    if (event.type === "request") this.requests++;
    else if (event.type === "error") this.errors++;
    else if (event.type === "output") this.#outputs.push({ timestamp: event.timestamp, requests: this.requests });
  }

  #notePassedOver(limits: KnownLimits, codec: Codec, controls: readonly Control[]): void {
    for (const refusal of limits.refusalOf(codec, controls)?.refusals ?? []) this.passedOver.add(refusalText(refusal));
  }

  async #take(frames: AsyncIterable<Frame>): Promise<void> {
    for await (const frame of frames) {
      const expected = this.#outputs.shift()?.timestamp;
      if (frame.timestamp !== expected) this.problems.push(`lost: frame ${frame.timestamp} came, not ${expected}`);
      this.frames++;
      frame.release();
    }
  }
}
