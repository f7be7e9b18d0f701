/** `--corpus`: every stream of the corpus on every node that takes its codec; what the kernel and the drivers' memory say after each. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UsageError } from "../../support/run-command.ts";
import { bundleForMachine, bundleHash } from "../machine/bundle.ts";
import type { CorpusResult, CorpusRun } from "./corpus-result.ts";
import { linesFromMachine } from "./driver-machine.ts";
import { KeptResults } from "./kept-results.ts";
import { idleRows, judge, type KnownProblem, knownProblems, type Outcome } from "./known-problems.ts";
import { type Pair, pairsOf, wholeCorpus } from "./streams.ts";

export interface CorpusOptions {
  /** The machine's: `"Linux 7.2.13"`. */
  readonly kernel: string;
  /** Parts of names, one of which a stream's or a node's must have. */
  readonly streams: readonly string[];
  readonly nodes: readonly string[];
  /** The folder that keeps the results. What it has is not run again. */
  readonly keep: string | undefined;
  /** Sends also what the drivers are known not to decode: to see what becomes of it. */
  readonly force: boolean;
}

/** So many runs have one machine. */
const runsOfMachine = 400;

function idOf({ stream, node }: Pair): string {
  return `${stream.name} on ${node.name}`;
}

/**
 * What comes of a machine's lines. Where it ends early, the stream that it was at has the problem; between two streams, the last one,
 * because what it left may be the cause.
 *
 * @throws whatever ends the machine before the first line: it did not come up, or the command was at fault.
 */
export async function takeResults(lines: AsyncIterable<string>, use: (result: CorpusResult) => void): Promise<void> {
  let last: CorpusResult | undefined;
  try {
    for await (const line of lines) {
      const begun = /^begin (.*)$/.exec(line)?.[1];
      if (begun !== undefined) {
        last = { ...nothing, id: begun };
        continue;
      }
      last = JSON.parse(line) as CorpusResult;
      use(last);
    }
  } catch (thrown) {
    if (last === undefined) throw thrown;
    const problem = `machine: ${thrown instanceof Error ? thrown.message.split("\n", 1)[0] : String(thrown)}`;
    use({ ...last, problems: [...last.problems, problem] });
  }
}

const nothing = { requests: 0, frames: 0, errors: 0, passedOver: [], problems: [], messages: [], milliseconds: 0 };

/** Runs in one machine. */
async function runInOneMachine(script: string, runs: readonly CorpusRun[], use: (result: CorpusResult) => void) {
  const share = mkdtempSync(join(tmpdir(), "corpus-"));
  try {
    writeFileSync(join(share, "runs.json"), JSON.stringify(runs));
    await takeResults(linesFromMachine(share, 900 + 20 * runs.length, ["node", script, "runs.json"]), use);
  } finally {
    rmSync(share, { recursive: true, force: true });
  }
}

/** What a stream on a node shows. */
type Kind = "decoded" | "refused" | "refused later" | "nothing to send";

function kindOf({ requests, refusal, problems }: CorpusResult): Kind {
  if (refusal !== undefined) return requests === 0 ? "refused" : "refused later";
  return requests === 0 && problems.length === 0 ? "nothing to send" : "decoded";
}

const marks: Readonly<Record<Kind, string>> = {
  decoded: "ok    ",
  refused: "-     ",
  "refused later": "-     ",
  "nothing to send": "empty ",
};

/** So many of the kernel's lines are shown; a complaint has a stack after it. The result keeps more. */
const mostShown = 4;

function lineOf(outcome: Outcome): string {
  const { result } = outcome;
  const { known, unknown } = judge(outcome);
  const { id, requests, frames, errors, refusal, passedOver, messages } = result;
  const mark = unknown.length > 0 ? "FAILED" : known.size > 0 ? "known " : marks[kindOf(result)];
  const damage = errors === 0 ? "" : `, ${errors} errors in the stream`;
  const rows = known.size === 0 ? "" : ` (${[...known].join(", ")})`;
  const limits = [
    ...(refusal === undefined ? [] : [refusal]),
    ...passedOver.map((limit) => `sent all the same: ${limit}`),
  ];
  return [
    [`${mark} ${id}: ${requests} requests, ${frames} frames${damage}${rows}`, ...limits].join("; "),
    ...unknown,
    ...messages.slice(0, mostShown).map((message) => `the kernel says: ${message}`),
    ...(messages.length > mostShown ? [`and ${messages.length - mostShown} lines more`] : []),
  ].join("\n        ");
}

/** Counts over all; whether something is wrong. @param isWhole as that of `idleRows`. */
export function summarise(
  outcomes: readonly Outcome[],
  isWhole: boolean,
  print: (line: string) => void,
  rows: readonly KnownProblem[] = knownProblems,
): boolean {
  const count = (isCounted: (result: CorpusResult) => boolean) =>
    outcomes.filter(({ result }) => isCounted(result)).length;
  const sum = (numberOf: (result: CorpusResult) => number) =>
    outcomes.reduce((total, { result }) => total + numberOf(result), 0);
  const byProblem = new Map<string, number>();
  let failed = 0;
  for (const outcome of outcomes) {
    const { known, unknown } = judge(outcome, rows);
    if (unknown.length > 0) failed++;
    const kinds = unknown.map((problem) => problem.split(":", 1)[0] as string);
    for (const name of new Set([...known, ...kinds])) byProblem.set(name, (byProblem.get(name) ?? 0) + 1);
  }
  const idle = idleRows(outcomes, isWhole, rows);
  for (const id of idle) print(`row ${id} of known-problems.json explained nothing: mend it, or remove it`);
  for (const [name, number] of byProblem) print(`${name}: ${number} streams and nodes`);
  const of = (kind: Kind) => count((result) => kindOf(result) === kind);
  print(
    `${outcomes.length} streams and nodes: ${of("decoded")} decoded, ${of("nothing to send")} with nothing to send, ` +
      `${of("refused") + of("refused later")} refused by known limits, ${of("refused later")} of them after some requests; ` +
      `${sum(({ requests }) => requests)} requests, ${sum(({ frames }) => frames)} frames; ` +
      `the kernel said something in ${count(({ messages }) => messages.length > 0)}; ${failed} with unknown problems`,
  );
  return failed > 0 || idle.length > 0;
}

/** @returns the exit status: 1 where there is a problem that no row knows, or a row that explains nothing. */
export async function runCorpus(options: CorpusOptions, print: (line: string) => void): Promise<number> {
  const { streams, others } = await wholeCorpus();
  const isWanted = (name: string, parts: readonly string[]) => parts.some((part) => name.includes(part));
  const pairs = pairsOf(
    streams.filter(({ name }) => isWanted(name, options.streams)),
    ({ name }) => isWanted(name, options.nodes),
  );
  if (pairs.length === 0) throw new UsageError("no stream with such a name is of a codec that such a node takes");
  const files = `${others.length} file${others.length === 1 ? "" : "s"}`;
  if (others.length > 0) print(`no video is found in ${files}: ${others.join(", ")}`);
  const script = await bundleForMachine("drivers", "corpus-runs");
  const { kernel, force } = options;
  const results = new KeptResults({ kernel, build: bundleHash(script), force }, options.keep);
  const nodeOf = new Map(pairs.map((pair) => [idOf(pair), pair.node.name]));
  const outcomeOf = (id: string): Outcome => ({ node: nodeOf.get(id)!, result: results.byId.get(id)! });
  // What failed is run again: where the host stands still for two seconds, a driver's watchdog gives a job up.
  results.forget(({ id }) => nodeOf.has(id) && judge(outcomeOf(id)).unknown.length > 0);
  const use = (result: CorpusResult) => {
    results.add(result);
    print(lineOf(outcomeOf(result.id)));
  };
  for (;;) {
    const left = pairs.filter((pair) => !results.byId.has(idOf(pair)));
    if (left.length === 0) break;
    const runs = left.slice(0, runsOfMachine).map((pair): CorpusRun => {
      const { stream, node } = pair;
      return { id: idOf(pair), codec: stream.codec, node: node.name, path: stream.guestPath, force };
    });
    await runInOneMachine(script, runs, use);
  }
  const isWhole = options.streams.includes("");
  return summarise([...nodeOf.keys()].map(outcomeOf), isWhole, print) ? 1 : 0;
}
