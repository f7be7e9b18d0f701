/** Two or more recordings, request by request. */
import type { Target } from "../targets/index.ts";
import { FieldClasses } from "./classes.ts";
import type { Comparator, FieldsRead } from "./comparator.ts";
import { comparators } from "./comparators.ts";
import { inOneMode } from "./decode-modes.ts";
import type { Comparison } from "./difference.ts";
import { PairComparison } from "./pair-comparison.ts";
import { verdictsOf } from "./rows.ts";
import { compileVerdict } from "./rules.ts";
import type { CompareSide } from "./sides.ts";
import { type Limits, Timeline } from "./timeline.ts";

/** How recordings are compared. */
export interface CompareOptions {
  /** The driver that the requests are for: it decides what is read and refused. Default: any driver. */
  readonly target?: Target | undefined;
  /**
   * Compare every field as it was sent: entries of a DPB by their index, timestamps and order counts as numbers. Nothing is seen
   * through, and no known fault is named. Default false.
   */
  readonly raw?: boolean | undefined;
}

/** Requests before the current one are kept for the rows that look back, and read ahead to find where recordings meet again. */
const limits: Limits = { before: 1024, ahead: 256, bytes: 1 << 23 };

/**
 * Compares recordings with the first of them, request by request, while they are read: memory does not grow with their length.
 *
 * @param sides two or more. They may have any producers; timestamps need not be the same.
 * @returns pairs in the order of the first side, each with what a driver would see differently; requests that only one side has;
 * notes about what is seen through.
 * @throws TypeError for fewer than two sides and for sides of different codecs. Errors of the recordings reject as they come.
 */
export async function* compare(
  sides: readonly CompareSide[],
  options: CompareOptions = {},
): AsyncGenerator<Comparison, void, undefined> {
  const [first, ...others] = sides;
  if (first === undefined || others.length === 0) throw new TypeError("compare needs two sides or more");
  const other = others.find(({ codec }) => codec !== first.codec);
  if (other !== undefined) throw new TypeError(`sides of different codecs: ${first.codec} and ${other.codec}`);
  const asTheyAre = { sides, notes: [], startCodes: [] };
  const { sides: prepared, notes, startCodes } = options.raw ? asTheyAre : await inOneMode(sides, options.target);
  yield* notes;
  const [base, ...rest] = prepared.map((side, i) => new Timeline(side, limits, startCodes[i])) as [
    Timeline,
    ...Timeline[],
  ];
  const classes = new FieldClasses(first.codec, options.target);
  const comparator = seenBy(comparators[first.codec], classes);
  const rules = verdictsOf(first.codec).map((row) => compileVerdict(row, comparator.conditions));
  const comparisons = rest.map(
    (timeline, i) =>
      new PairComparison([base, timeline], i + 1, comparator, rules, classes, options.raw === true, limits.ahead),
  );
  const running = new Set(comparisons);
  while (running.size > 0) {
    // The one that has come least far goes on, so that the first side need not be kept for it.
    const next = [...running].reduce((least, each) => (each.progress < least.progress ? each : least));
    const found = await next.next();
    if (found === undefined) running.delete(next);
    else yield* found;
    const done = comparisons.reduce((least, { progress }) => Math.min(least, progress), Infinity);
    base.advance(Math.min(done, base.length) - 1, (entry) => {
      for (const comparison of comparisons) comparison.beforeForget(base, entry);
    });
  }
}

/** The requests as the drivers see them whose fields are known. */
function seenBy(comparator: Comparator, reads: FieldsRead): Comparator {
  return { ...comparator, view: (request, label) => comparator.view(request, label, reads) };
}
