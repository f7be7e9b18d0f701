/**
 * `npm run conformance:visl`: decodes streams with our submitter and with GStreamer in machines with Linux and visl (see README.md),
 * and compares what the kernel saw of both. Ends in a table stream × check; exit status 1 when one is not fine.
 */
import { parseArgs } from "node:util";
import { statusOf, UsageError } from "../../support/run-command.ts";
import { bundleForMachine } from "../machine/bundle.ts";
import { type CheckResult, checks, type Subject } from "./checks.ts";
import type { Decoded } from "./decode-runs.ts";
import { decodeCommand, displayOrder, hasDecoder, prepare } from "./gstreamer-runs.ts";
import { type Job, type JobResult, type JobResults, machineVersions, withJobs } from "./machine.ts";
import { type CommandTrace, readTrace } from "./trace-log.ts";
import { absentOfCorpus, chosenCorpus, fixtures, type Run, runsOf } from "./visl-streams.ts";

const usage = `npm run conformance:visl -- [options]

  --stream <part>   only streams whose name has this part (may be repeated); without the robustness checks and generated controls
  --fixtures        without the corpus`;

/** Our decodes in one process: more would not fit into the kernel's trace. */
const runsInProcess = 24;
/** Differences to print of each check that fails. */
const limit = 5;

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/**
 * What compares nothing with a trace: the checks of the submitter itself, what `v4l2-stateless/testing` generates, and the pixels of
 * FWHT, which vicodec decodes.
 *
 * @param parts of the names of streams; all other checks are left out where there are any.
 */
function untracedJobs(parts: readonly string[] | undefined, runs: readonly Run[]): Promise<Job[]> {
  const names = [
    ...(parts === undefined ? ["robustness", "generated-run"] : []),
    ...(runs.some(({ codec }) => codec === "fwht") ? ["vicodec-run"] : []),
  ];
  return Promise.all(
    names.map(async (name) => {
      const script = await bundleForMachine("visl", name);
      const args = name === "vicodec-run" ? (parts ?? []).map((part) => ` '${part}'`).join("") : "";
      return { name, script: `echo 0 >/sys/kernel/tracing/tracing_on\nnode ${script}${args}\n` };
    }),
  );
}

/** The longest first: machines take them in turns. */
async function decodeJobs(runs: readonly Run[]): Promise<Job[]> {
  const script = await bundleForMachine("visl", "decode-runs");
  const ours: Job[] = [];
  for (let i = 0; i < runs.length; i += runsInProcess) {
    const list = JSON.stringify(runs.slice(i, i + runsInProcess));
    ours.push({ name: `ours-${i / runsInProcess}`, script: `node ${script} '${list}'\n` });
  }
  const theirs = runs.filter(({ codec }) => hasDecoder(codec));
  return [...ours, ...theirs.map((run) => ({ name: `gstreamer-${run.id}`, script: prepare + decodeCommand(run) }))];
}

function subjects(runs: readonly Run[], jobs: readonly Job[], results: JobResults): Subject[] {
  const traces = new Map<string, CommandTrace>();
  const decoded: Record<string, readonly Decoded[]> = {};
  for (const { name } of jobs.filter((job) => job.name.startsWith("ours-"))) {
    const { status, stderr, trace, file } = results(name);
    if (status !== 0) throw new Error(`${name} ended with status ${status}: ${stderr}`);
    for (const [id, part] of readTrace(trace())) traces.set(id, part);
    Object.assign(decoded, JSON.parse(file("decoded.json")!));
  }
  return runs.map((run) => {
    const ours = { trace: traces.get(run.id)!, decodes: decoded[run.id]! };
    if (!hasDecoder(run.codec)) return { run, ours, theirs: undefined };
    const name = `gstreamer-${run.id}`;
    const { status, trace, file } = results(name);
    const theirs = readTrace(trace()).get(name)!;
    const order = displayOrder(file("debug.log") ?? "");
    return {
      run,
      ours,
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

/** Makes every check of a stream, prints what is wrong, and returns the cells of its row. */
function rowOf(subject: Subject): { readonly cells: readonly string[]; readonly failed: number } {
  const results = Object.entries(checks).map(([name, check]) => [name, check(subject)] as const);
  for (const [name, result] of results.filter(([, result]) => !isFine(result))) {
    const differences = result?.differences ?? [];
    const lines = differences.length === 0 ? ["nothing was compared"] : differences;
    for (const line of lines.slice(0, limit)) print(`${subject.run.id} ${name}: ${line}`);
    if (lines.length > limit) print(`${subject.run.id} ${name}: … and ${lines.length - limit} more`);
  }
  return {
    cells: [subject.run.id, ...results.map(([, result]) => cell(result))],
    failed: results.filter(([, result]) => !isFine(result)).length,
  };
}

/** Prints what a job said that has no trace; 1 when one of its checks failed. */
function reportUntraced({ status, stdout, stderr }: JobResult): number {
  print(`${stdout}${status === 0 ? "" : stderr}`.trimEnd());
  print("");
  return status === 0 ? 0 : 1;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { stream: { type: "string", multiple: true }, fixtures: { type: "boolean", default: false } },
  });
  const parts = values.stream ?? [""];
  const streams = [...fixtures(), ...(values.fixtures ? [] : chosenCorpus())];
  const runs = streams.filter(({ name }) => parts.some((part) => name.includes(part))).flatMap(runsOf);
  if (runs.length === 0) throw new UsageError(`no stream has "${parts.join('" or "')}" in its name`);
  const absent = values.fixtures ? [] : absentOfCorpus();
  const versions = machineVersions();
  print(`${versions.kernel}; ${versions.gstreamer}`);
  if (absent.length > 0) print(`LEFT OUT, because the corpus has no such stream or is not there: ${absent.join(", ")}`);
  const untraced = await untracedJobs(values.stream, runs);
  const jobs = [...untraced, ...(await decodeJobs(runs))];
  return await withJobs(jobs, (results) => {
    const broken = untraced.map(({ name }) => reportUntraced(results(name)));
    const rows = subjects(runs, jobs, results).map(rowOf);
    print("");
    printTable([["", ...Object.keys(checks)], ...rows.map(({ cells }) => cells)]);
    const failed = [...broken, ...rows.map(({ failed }) => failed)].reduce((sum, count) => sum + count, 0);
    print(`\n${failed === 0 ? `${rows.length} decodes, every check is fine` : `${failed} checks FAILED`}`);
    return failed === 0 ? 0 : 1;
  });
}

process.exitCode = await statusOf(usage, process.argv.slice(2), main);
