import { readFileSync } from "node:fs";
import type { CorpusResult } from "./corpus-result.ts";

/** A problem that is known, and whose fault it is. */
export interface KnownProblem {
  readonly id: string;
  /** Patterns of the node's name, and of what is said. */
  readonly node: string;
  readonly problem: string;
  /** It comes only where `--force` passed over a limit of the target that this pattern describes. */
  readonly passedOver?: string;
  /** Whose fault it is, and why nothing must be mended here. */
  readonly reason: string;
}

export const knownProblems = JSON.parse(
  readFileSync(new URL("known-problems.json", import.meta.url), "utf8"),
) as readonly KnownProblem[];

/** What came of a stream on a node. */
export interface Outcome {
  readonly node: string;
  readonly result: CorpusResult;
}

/** Whether a stream on a node is such that a row may explain its problems. */
function concerns({ node: pattern, passedOver }: KnownProblem, { node, result }: Outcome): boolean {
  if (!new RegExp(pattern).test(node)) return false;
  return passedOver === undefined || result.passedOver.some((limit) => new RegExp(passedOver).test(limit));
}

/** The rows that know a stream's problems, and those that none knows. */
export function judge(
  outcome: Outcome,
  rows: readonly KnownProblem[] = knownProblems,
): { readonly known: ReadonlySet<string>; readonly unknown: readonly string[] } {
  const known = new Set<string>();
  const unknown = outcome.result.problems.filter((problem) => {
    const row = rows.find((each) => concerns(each, outcome) && new RegExp(each.problem).test(problem));
    if (row !== undefined) known.add(row.id);
    return row === undefined;
  });
  return { known, unknown };
}

/**
 * The rows that explain nothing, although there are streams that they are about.
 *
 * @param isWhole the outcomes are of all streams. Otherwise a row that is about any stream may explain one that is left out.
 */
export function idleRows(
  outcomes: readonly Outcome[],
  isWhole: boolean,
  rows: readonly KnownProblem[] = knownProblems,
): string[] {
  const used = new Set(outcomes.flatMap((outcome) => [...judge(outcome, rows).known]));
  return rows
    .filter((row) => !used.has(row.id) && (isWhole || row.passedOver !== undefined))
    .filter((row) => outcomes.some((outcome) => concerns(row, outcome)))
    .map(({ id }) => id);
}
