/**
 * `npm run conformance:visl`: decodes streams with our submitter and with GStreamer in machines with Linux and visl (see README.md),
 * and compares what the kernel saw of both. Ends in a table stream × check; exit status 1 when one is not fine.
 */
import { parseArgs } from "node:util";
import { bundleForMachine } from "./bundle.ts";
import { type CheckResult, checks, type Subject } from "./checks.ts";
import type { Decoded } from "./decode-runs.ts";
import { decodeCommand, displayOrder, prepare } from "./gstreamer.ts";
import { type Job, type JobResults, machineVersions, withJobs } from "./machine.ts";
import { chosenCorpus, fixtures, type Run, runsOf } from "./streams.ts";
import { type CommandTrace, readTrace } from "./trace-log.ts";

/** Our decodes in one process: more would not fit into the kernel's trace. */
const runsInProcess = 24;
/** Differences to print of each check that fails. */
const limit = 5;

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** The longest first, so that the machines end at about the same time. */
async function makeJobs(runs: readonly Run[]): Promise<Job[]> {
  const decodeRuns = await bundleForMachine("decode-runs");
  const robustness = await bundleForMachine("robustness");
  const ours: Job[] = [];
  for (let i = 0; i < runs.length; i += runsInProcess) {
    const list = JSON.stringify(runs.slice(i, i + runsInProcess));
    ours.push({ name: `ours-${i / runsInProcess}`, script: `node ${decodeRuns} '${list}'` });
  }
  return [
    { name: "robustness", script: `node ${robustness}` },
    ...ours,
    ...runs.map((run) => ({ name: `gstreamer-${run.id}`, script: prepare + decodeCommand(run) })),
  ];
}

function subjects(runs: readonly Run[], jobs: readonly Job[], results: JobResults): Subject[] {
  const traces = new Map<string, CommandTrace>();
  const decoded: Record<string, readonly Decoded[]> = {};
  for (const { name } of jobs.filter((job) => job.name.startsWith("ours-"))) {
    const { status, stderr, trace, file } = results(name);
    if (status !== 0) throw new Error(`${name} ended with status ${status}: ${stderr}`);
    for (const [id, part] of readTrace(trace)) traces.set(id, part);
    Object.assign(decoded, JSON.parse(file("decoded.json")!));
  }
  return runs.map((run) => {
    const name = `gstreamer-${run.id}`;
    const { status, trace, file } = results(name);
    const theirs = readTrace(trace).get(name)!;
    const order = displayOrder(file("debug.log") ?? "");
    return {
      run,
      ours: { trace: traces.get(run.id)!, decodes: decoded[run.id]! },
      theirs: theirs.runs.length === 0 ? undefined : { trace: theirs, order, complete: status === 0 },
    };
  });
}

/** A cell of the table: how much was compared, or that something is wrong. */
function cell(result: CheckResult | undefined): string {
  if (result === undefined) return "-";
  return isFine(result) ? String(result.compared) : "FAILED";
}

function isFine(result: CheckResult | undefined): boolean {
  return result === undefined || (result.differences.length === 0 && result.compared > 0);
}

function printTable(rows: readonly (readonly string[])[]): void {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  for (const row of rows)
    print(row.map((text, i) => (i === 0 ? text.padEnd(widths[i]!) : text.padStart(widths[i]!))).join("  "));
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { stream: { type: "string", default: "" }, fixtures: { type: "boolean", default: false } },
  });
  const streams = [...fixtures(), ...(values.fixtures ? [] : chosenCorpus())];
  const runs = streams.filter(({ name }) => name.includes(values.stream)).flatMap(runsOf);
  const versions = machineVersions();
  print(`${versions.kernel}; ${versions.gstreamer}`);
  const jobs = await makeJobs(runs);
  return await withJobs(jobs, (results) => {
    const robustness = results("robustness");
    print(robustness.stdout.trimEnd());
    let failed = robustness.status === 0 ? 0 : 1;
    if (robustness.status !== 0) print(robustness.stderr);
    const rows = subjects(runs, jobs, results).map((subject) => {
      const cells = Object.entries(checks).map(([name, check]) => {
        const result = check(subject);
        if (!isFine(result)) failed++;
        const lines = result?.compared === 0 ? ["nothing was compared"] : (result?.differences ?? []);
        for (const line of lines.slice(0, limit)) print(`${subject.run.id} ${name}: ${line}`);
        if (lines.length > limit) print(`${subject.run.id} ${name}: … and ${lines.length - limit} more`);
        return cell(result);
      });
      return [subject.run.id, ...cells];
    });
    print("");
    printTable([["", ...Object.keys(checks)], ...rows]);
    print("");
    print(failed === 0 ? `${rows.length} decodes, every check is fine` : `${failed} checks FAILED`);
    return failed === 0 ? 0 : 1;
  });
}

process.exitCode = await main();
