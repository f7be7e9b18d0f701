/** `--corpus`: every stream of the corpus on every node that takes its codec; what the kernel and the drivers' memory say after each. */
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundleForMachine } from "../machine/bundle.ts";
import type { CorpusResult, CorpusRun } from "./corpus-runs.ts";
import { linesFromMachine } from "./driver-machine.ts";
import { type Pair, pairsOf, wholeCorpus } from "./streams.ts";

/** A problem that is known, and whose fault it is. */
interface KnownProblem {
  readonly id: string;
  /** Patterns of the node's name, and of what is said. */
  readonly node: string;
  readonly problem: string;
  /** It comes only where it is sent what the driver is known not to decode. */
  readonly force?: true;
  /** Whose fault it is, and why nothing is to be mended here. */
  readonly reason: string;
}

const knownProblems = JSON.parse(
  readFileSync(new URL("known-problems.json", import.meta.url), "utf8"),
) as readonly KnownProblem[];

export interface CorpusOptions {
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

/** The results of a folder, and of what is run now. */
class Results {
  readonly byId = new Map<string, CorpusResult>();
  readonly #path: string | undefined;

  constructor(folder: string | undefined) {
    if (folder === undefined) return;
    mkdirSync(folder, { recursive: true });
    this.#path = join(folder, "corpus.jsonl");
    if (!existsSync(this.#path)) return;
    // The last line is not whole where the command was stopped while it wrote.
    for (const line of readFileSync(this.#path, "utf8").split("\n").slice(0, -1)) this.#note(JSON.parse(line));
  }

  add(result: CorpusResult): void {
    this.#note(result);
    if (this.#path !== undefined) appendFileSync(this.#path, `${JSON.stringify(result)}\n`);
  }

  #note(result: CorpusResult): void {
    this.byId.set(result.id, result);
  }
}

/** Runs in one machine; where the machine ends early, the run that it was at has the problem. */
async function runInOneMachine(script: string, runs: readonly CorpusRun[], use: (result: CorpusResult) => void) {
  const share = mkdtempSync(join(tmpdir(), "corpus-"));
  let begun: string | undefined;
  try {
    writeFileSync(join(share, "runs.json"), JSON.stringify(runs));
    for await (const line of linesFromMachine(share, 900 + 20 * runs.length, ["node", script, "runs.json"])) {
      if (line.startsWith("begin ")) begun = line.slice("begin ".length);
      else {
        begun = undefined;
        use(JSON.parse(line) as CorpusResult);
      }
    }
  } catch (thrown) {
    // It did not come up, or the command was at fault.
    if (begun === undefined) throw thrown;
    const problems = [`machine: ${thrown instanceof Error ? thrown.message.split("\n", 1)[0] : String(thrown)}`];
    use({ id: begun, requests: 0, frames: 0, errors: 0, problems, force: runs[0]?.force, milliseconds: 0 });
  } finally {
    rmSync(share, { recursive: true, force: true });
  }
}

/** The rows that know a pair's problems, and those that none knows. */
function judge(
  { node }: Pair,
  { problems, force = false }: CorpusResult,
): { readonly rows: Set<string>; readonly unknown: string[] } {
  const rows = new Set<string>();
  const unknown = problems.filter((problem) => {
    const row = knownProblems.find(
      (each) =>
        new RegExp(each.node).test(node.name) &&
        new RegExp(each.problem).test(problem) &&
        (force || each.force === undefined),
    );
    if (row !== undefined) rows.add(row.id);
    return row === undefined;
  });
  return { rows, unknown };
}

function lineOf(pair: Pair, result: CorpusResult): string {
  const { rows, unknown } = judge(pair, result);
  const { id, requests, frames, errors, refusal } = result;
  const mark = unknown.length > 0 ? "FAILED" : rows.size > 0 ? "known " : refusal === undefined ? "ok    " : "-     ";
  const damage = errors === 0 ? "" : `, ${errors} errors in the stream`;
  const known = rows.size === 0 ? "" : ` (${[...rows].join(", ")})`;
  const limits = refusal === undefined ? "" : `; ${refusal}`;
  const lines = [`${mark} ${id}: ${requests} requests, ${frames} frames${damage}${known}${limits}`, ...unknown];
  return lines.join("\n        ");
}

/** Counts over all pairs; whether there is a problem that no row knows. */
function summarise(pairs: readonly Pair[], results: Results, print: (line: string) => void): boolean {
  const byProblem = new Map<string, number>();
  let [decoded, refused, requests, frames, failed] = [0, 0, 0, 0, 0];
  for (const pair of pairs) {
    const result = results.byId.get(idOf(pair))!;
    if (result.refusal === undefined) decoded++;
    else refused++;
    requests += result.requests;
    frames += result.frames;
    const { rows, unknown } = judge(pair, result);
    if (unknown.length > 0) failed++;
    const kinds = unknown.map((problem) => problem.split(":", 1)[0] as string);
    for (const name of new Set([...rows, ...kinds])) byProblem.set(name, (byProblem.get(name) ?? 0) + 1);
  }
  for (const { id, node, force } of knownProblems) {
    if (force === undefined && !byProblem.has(id) && pairs.some((pair) => new RegExp(node).test(pair.node.name)))
      print(`row ${id} of known-problems.json explained nothing`);
  }
  for (const [name, count] of byProblem) print(`${name}: ${count} streams and nodes`);
  print(
    `${pairs.length} streams and nodes: ${decoded} decoded, ${refused} refused by known limits; ${requests} requests, ${frames} frames; ${failed} with unknown problems`,
  );
  return failed > 0;
}

/** @returns the exit status: 1 where there is a problem that no row knows. */
export async function runCorpus(options: CorpusOptions, print: (line: string) => void): Promise<number> {
  const { streams, others } = await wholeCorpus();
  const isWanted = (name: string, parts: readonly string[]) => parts.some((part) => name.includes(part));
  const pairs = pairsOf(
    streams.filter(({ name }) => isWanted(name, options.streams)),
    ({ name }) => isWanted(name, options.nodes),
  );
  if (pairs.length === 0) throw new Error("no stream and node with these names");
  if (others.length > 0) print(`no video is found in ${others.length} files: ${others.join(", ")}`);
  const pairOf = new Map(pairs.map((pair) => [idOf(pair), pair]));
  const results = new Results(options.keep);
  const use = (result: CorpusResult) => {
    results.add(result);
    print(lineOf(pairOf.get(result.id)!, result));
  };
  const script = await bundleForMachine("drivers", "corpus-runs");
  for (;;) {
    const left = pairs.filter((pair) => !results.byId.has(idOf(pair)));
    if (left.length === 0) break;
    const runs = left.slice(0, runsOfMachine).map((pair): CorpusRun => {
      const { stream, node } = pair;
      return { id: idOf(pair), codec: stream.codec, node: node.name, path: stream.guestPath, force: options.force };
    });
    await runInOneMachine(script, runs, use);
  }
  return summarise(pairs, results, print) ? 1 : 0;
}
