/**
 * In the machine: decodes streams with our submitter, one after another in one process, and looks after each one at what it left.
 *
 *     node corpus-runs.js RUNS-FILE
 *
 * RUNS-FILE is in /share. For each run a line "begin ID" goes to standard output, then a line of JSON.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { ContainerError } from "../../src/containers/container-error.ts";
import { openTrack } from "../../src/containers/open-track.ts";
import { feed, type StreamPart } from "../../src/containers/stream-part.ts";
import type { DecodeEvent } from "../../src/events.ts";
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
import { type Machine, thisMachine } from "../../src/submit/machine.ts";
import { type CallCounts, countedMachine } from "./counted-machine.ts";
import { devicesByNode, fake, holdings, kernelMessages, warningsAmong } from "./guest.ts";
import type { HardwareCodec as Codec } from "./nodes.ts";

/** A stream to decode on a node. */
export interface CorpusRun {
  readonly id: string;
  readonly codec: Codec;
  readonly node: string;
  /** The stream's path in the machine. */
  readonly path: string;
}

/** What came of it. */
export interface CorpusResult {
  readonly id: string;
  readonly requests: number;
  readonly frames: number;
  /** What the session said about the stream: its own error events. */
  readonly errors: number;
  /** Why nothing, or nothing more, was sent: the target's limits. */
  readonly refusal?: string | undefined;
  /** Each with its kind first: `"leak: …"`. */
  readonly problems: readonly string[];
  /** What the kernel said, where there are problems. */
  readonly messages?: readonly string[];
  readonly milliseconds: number;
}

/** Longer than the drivers' own watchdogs, which wait for two seconds. */
const timeout = 8000;

/** A session's events on a device, and what became of them. */
class Decode {
  readonly counts: CallCounts = { queued: 0, returned: 0, failed: 0, incomplete: 0, mapped: 0 };
  /** In the order in which the session puts them out. */
  readonly #outputs: number[] = [];
  readonly problems: string[] = [];
  requests = 0;
  frames = 0;
  errors = 0;
  refusal: string | undefined;

  async run({ codec, path }: CorpusRun, device: DeviceInfo, machine: Machine): Promise<void> {
    try {
      // The bytes, because a file that is read from its path is closed some time after its end.
      const track = await openTrack(readFileSync(path), { codec });
      const session = openSession(codec, sessionOptionsFor(device, codec));
      const pixelFormats = readableFormats.map(fourccOf);
      const counted = countedMachine(machine, this.counts);
      const submitter = await Submitter.open(device, { pixelFormats, timeout }, counted);
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

/** What the kernel and the drivers' memory say after a stream. */
function afterProblems(before: ReturnType<typeof holdings>, messages: readonly string[]): string[] {
  const after = holdings();
  const problems = warningsAmong(messages).map((line) => `kernel: ${line}`);
  for (const line of messages) if (/timed out/i.test(line)) problems.push(`stuck: ${line}`);
  if (after.live !== before.live) problems.push(`leak: allocations ${before.live} before it, ${after.live} after it`);
  if (after.descriptors !== before.descriptors) {
    problems.push(`leak: ${before.descriptors} descriptors before it, ${after.descriptors} after it`);
  }
  return problems;
}

async function resultOf(run: CorpusRun, device: DeviceInfo, machine: Machine): Promise<CorpusResult> {
  kernelMessages();
  const before = holdings();
  const start = performance.now();
  const decode = new Decode();
  await decode.run(run, device, machine);
  const messages = kernelMessages();
  const problems = [...new Set([...decode.problems, ...afterProblems(before, messages)])];
  const { requests, frames, errors, refusal } = decode;
  return {
    id: run.id,
    requests,
    frames,
    errors,
    refusal,
    problems,
    ...(problems.length === 0 ? {} : { messages: [...new Set(messages)].slice(0, 40) }),
    milliseconds: Math.round(performance.now() - start),
  };
}

/** An oops, or a call of the kernel that does not come back, ends the machine: what comes after it would say nothing. */
function endMachineOnOops(): void {
  for (const name of ["panic_on_oops", "hung_task_panic"]) {
    const path = `/proc/sys/kernel/${name}`;
    if (existsSync(path)) writeFileSync(path, "1");
  }
}

endMachineOnOops();
// No programs are compared. Without its journal the fake hardware is faster.
writeFileSync(`${fake}/on`, "0");
const devices = await devicesByNode();
const machine = await thisMachine();
for (const run of JSON.parse(readFileSync(`/share/${process.argv[2]}`, "utf8")) as CorpusRun[]) {
  const device = devices.get(run.node);
  if (device === undefined) throw new Error(`the machine has no ${run.node}`);
  process.stdout.write(`begin ${run.id}\n`);
  process.stdout.write(`${JSON.stringify(await resultOf(run, device, machine))}\n`);
}
