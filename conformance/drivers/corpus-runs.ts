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
import { afterProblems, type CorpusResult, type CorpusRun } from "./corpus-result.ts";
import { devicesByNode, fake, holdings, kernelMessages } from "./guest.ts";
import { WatchedDecode } from "./watched-decode.ts";

async function resultOf(run: CorpusRun, device: DeviceInfo, machine: Machine): Promise<CorpusResult> {
  const before = holdings();
  const start = performance.now();
  const decode = new WatchedDecode();
  // The bytes, because a file that is read from its path is closed some time after its end.
  await decode.run(run.codec, readFileSync(run.path), device, machine, { force: run.force });
  const messages = kernelMessages();
  const problems = [...new Set([...decode.problems, ...afterProblems(before, holdings(), messages)])];
  const { counts, frames, errors, refusal, passedOver } = decode;
  return {
    id: run.id,
    requests: counts.queued,
    frames,
    errors,
    refusal,
    passedOver: [...passedOver],
    problems,
    messages: [...new Set(messages.lines)].slice(0, 40),
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
// What the kernel said of the machine's start. What it says between two streams belongs to the second one's result.
kernelMessages();
for (const run of JSON.parse(readFileSync(`/share/${process.argv[2]}`, "utf8")) as CorpusRun[]) {
  const device = devices.get(run.node);
  if (device === undefined) throw new Error(`the machine has no ${run.node}`);
  process.stdout.write(`begin ${run.id}\n`);
  process.stdout.write(`${JSON.stringify(await resultOf(run, device, machine))}\n`);
}
