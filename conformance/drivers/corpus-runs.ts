/**
 * In the machine: decodes streams with our submitter, one after another in one process, and looks after each one at what it left.
 *
 *     node corpus-runs.js RUNS-FILE
 *
 * RUNS-FILE is in /share. For each run a line "begin ID" goes to standard output, then a line of JSON.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { DeviceInfo } from "../../src/submit/index.ts";
import { type Machine, thisMachine } from "../../src/submit/machine.ts";
import { devicesByNode, fake, holdings, kernelMessages, warningsAmong } from "./guest.ts";
import type { HardwareCodec as Codec } from "./nodes.ts";
import { WatchedDecode } from "./watched-decode.ts";

/** A stream to decode on a node. */
export interface CorpusRun {
  readonly id: string;
  readonly codec: Codec;
  readonly node: string;
  /** The stream's path in the machine. */
  readonly path: string;
  /** Also what the driver is known not to decode. */
  readonly force: boolean;
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
  /** Whether it was sent although the driver is known not to decode it. */
  readonly force?: boolean | undefined;
  /** What the kernel said, where there are problems. */
  readonly messages?: readonly string[];
  readonly milliseconds: number;
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
  const decode = new WatchedDecode();
  // The bytes, because a file that is read from its path is closed some time after its end.
  await decode.run(run.codec, readFileSync(run.path), device, machine, run.force);
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
    force: run.force || undefined,
    ...(problems.length === 0 ? {} : { messages: [...new Set(messages)].slice(0, 40) }),
    milliseconds: Math.round(performance.now() - start),
  };
}

/**
 * An oops, or a call of the kernel that does not come back, ends the machine: what comes after it would say nothing. A processor that
 * stands still for half a minute is none, because the machine may get none of the host's for so long.
 */
function setKernelChecks(): void {
  for (const [name, value] of [
    ["panic_on_oops", "1"],
    ["hung_task_panic", "1"],
    ["watchdog_thresh", "60"],
  ] as const) {
    const path = `/proc/sys/kernel/${name}`;
    if (existsSync(path)) writeFileSync(path, value);
  }
}

setKernelChecks();
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
