import { ContainerError } from "../../src/containers/container-error.ts";
import { openTrack } from "../../src/containers/open-track.ts";
import { feed, type StreamPart } from "../../src/containers/stream-part.ts";
import type { Codec, DecodeEvent } from "../../src/events.ts";
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
import type { Machine } from "../../src/submit/machine.ts";
import { type CallCounts, countedMachine } from "./counted-machine.ts";

/** Longer than the drivers' own watchdogs, which wait for two seconds. */
const timeout = 8000;

/** A stream on a device: what our session makes of it, and what becomes of each request and frame. */
export class WatchedDecode {
  readonly counts: CallCounts = { queued: 0, returned: 0, failed: 0, incomplete: 0, mapped: 0 };
  /** In the order in which the session puts them out. */
  readonly #outputs: number[] = [];
  /** Each with its kind first: `"lost: …"`. */
  readonly problems: string[] = [];
  requests = 0;
  frames = 0;
  /** What the session says about the stream: its own error events. */
  errors = 0;
  /** Why nothing, or nothing more, was sent: the target's limits. */
  refusal: string | undefined;

  /** @param force decodes also what the driver is known not to decode. */
  async run(codec: Codec, bytes: Uint8Array, device: DeviceInfo, machine: Machine, force = false): Promise<void> {
    try {
      const track = await openTrack(bytes, { codec });
      const session = openSession(codec, sessionOptionsFor(device, codec));
      const pixelFormats = readableFormats.map(fourccOf);
      const counted = countedMachine(machine, this.counts);
      const submitter = await Submitter.open(device, { pixelFormats, timeout, force }, counted);
      try {
        for await (const part of this.#partsOf(track)) await this.#submit(submitter, feed(session, part));
        await this.#submit(submitter, session.flush());
        await this.#take(submitter.drain());
        this.#checkEnd();
      } finally {
        track.close();
        await submitter.close();
      }
    } catch (thrown) {
      if (thrown instanceof RefusedStream) this.refusal = thrown.message;
      else this.problems.push(`${thrown instanceof DeviceTimeout ? "stuck" : "error"}: ${String(thrown)}`);
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
    const { queued, returned } = this.counts;
    if (queued !== this.requests) this.problems.push(`lost: ${queued} of ${this.requests} requests were queued`);
    if (returned !== queued) this.problems.push(`lost: ${returned} of ${queued} requests came back`);
    const [next] = this.#outputs;
    if (next !== undefined) this.problems.push(`lost: ${this.#outputs.length} frames did not come, ${next} first`);
  }

  async #submit(submitter: Submitter, events: readonly DecodeEvent[]): Promise<void> {
    for (const event of events) {
      if (event.type === "request") this.requests++;
      else if (event.type === "error") this.errors++;
      else if (event.type === "output") this.#outputs.push(event.timestamp);
    }
    await this.#take(submitter.submit(events));
  }

  async #take(frames: AsyncIterable<Frame>): Promise<void> {
    for await (const frame of frames) {
      const expected = this.#outputs.shift();
      if (frame.timestamp !== expected) this.problems.push(`lost: frame ${frame.timestamp} came, not ${expected}`);
      this.frames++;
      frame.release();
    }
  }
}
