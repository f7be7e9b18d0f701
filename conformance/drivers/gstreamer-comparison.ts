/** Our programs and those of GStreamer's requests, request by request. */

import { type AcceptedDifference, acceptedDifferences as accepted } from "./accepted.ts";
import { decodeInMachine, type RunOutcome } from "./driver-machine.ts";
import type { Job } from "./journal.ts";
import { type PayloadFaults, payloadFaultsOf } from "./payload-faults.ts";
import { type ProgramDifference, programDifferences, stableProgramOf } from "./program.ts";
import { type Pair, runOf } from "./streams.ts";

interface Comparison {
  readonly same: number;
  readonly requests: number;
  /** What explains the differences: rows of accepted.json, sections of DISAGREEMENTS.md. */
  readonly reasons: ReadonlySet<string>;
  /** What nothing explains. */
  readonly unexplained: readonly string[];
}

function isOf({ node, stream }: AcceptedDifference, pair: Pair): boolean {
  return new RegExp(node).test(pair.node.name) && new RegExp(stream).test(pair.stream.name);
}

/**
 * The reasons for a difference in a request: a row that names its place, a known fault of its controls, or a row for what a driver
 * makes of their order, or of earlier requests.
 */
function reasonsFor(
  pair: Pair,
  request: number,
  { where, a, b }: ProgramDifference,
  faults: PayloadFaults | undefined,
): readonly string[] {
  const rows = accepted.filter(
    (row) => isOf(row, pair) && row.where !== undefined && new RegExp(row.where).test(where),
  );
  const own = faults?.byRequest.get(request);
  // GStreamer's record may end before what it sends to this driver: nothing shows the controls of these requests.
  const isBeyondRecord = own === undefined && request >= (faults?.requests ?? 0);
  const place = rows.find(
    (row) =>
      row.order === undefined &&
      row.after === undefined &&
      (row.value === undefined || [a, b].some((value) => new RegExp(row.value as string).test(value))) &&
      (row.requests === undefined || request === 0) &&
      (row.fault === undefined || isBeyondRecord || own?.known.has(row.fault) === true),
  );
  if (place !== undefined) return [place.id];
  if (own !== undefined && own.effective.size > 0) return [...own.effective];
  const order = rows.find((row) => row.order !== undefined && own?.orders.has(row.order));
  if (order !== undefined) return [order.id];
  const earlier = [...(faults?.byRequest ?? [])].filter(([number]) => number < request);
  const after = rows.find(({ after: name }) => {
    return name !== undefined && earlier.some(([, { known, orders }]) => known.has(name) || orders.has(name));
  });
  return after === undefined ? [] : [after.id];
}

/** The row that says why GStreamer gives up a stream. */
function failureOf(pair: Pair, { result: { error } }: RunOutcome): AcceptedDifference | undefined {
  if (error === undefined) return undefined;
  return accepted.find((row) => row.error !== undefined && isOf(row, pair) && new RegExp(row.error).test(error));
}

/**
 * GStreamer may lack requests: where it gives up for a known reason, or made as few for its record, or where the first that it lacks
 * has controls with which the driver does not begin.
 */
function lackOf(
  ours: readonly Job[],
  theirs: RunOutcome,
  faults: PayloadFaults | undefined,
  failure: AcceptedDifference | undefined,
): string | undefined {
  const { jobs, result } = theirs;
  if (jobs.length === ours.length) return undefined;
  const lacking = faults?.byRequest.get(commonCount(ours, jobs));
  const isRefused = lacking !== undefined && lacking.effective.size > 0;
  const isKnown = failure !== undefined || jobs.length === faults?.requests || isRefused;
  if (jobs.length < ours.length && isKnown) return undefined;
  return `ours has ${ours.length} requests, GStreamer's ${jobs.length}${result.error === undefined ? "" : `: ${result.error}`}`;
}

/** How many requests can be compared: all, or where GStreamer lacks some, those before: the later ones refer to what was lost. */
function commonCount(ours: readonly Job[], theirs: readonly Job[]): number {
  const most = Math.min(ours.length, theirs.length);
  if (ours.length === theirs.length) return most;
  const end = ours.findIndex(({ crc, bytesUsed }, i) => crc !== theirs[i]?.crc || bytesUsed !== theirs[i]?.bytesUsed);
  return end < 0 ? most : end;
}

async function compareJobs(pair: Pair, ours: readonly Job[], theirs: RunOutcome): Promise<Comparison> {
  const differences = Array.from({ length: commonCount(ours, theirs.jobs) }, (_, i) => {
    const [a, b] = [ours[i]!, theirs.jobs[i]!];
    return programDifferences(a, stableProgramOf(a), stableProgramOf(b));
  });
  const same = differences.filter(({ length }) => length === 0).length;
  const isSame = same === ours.length && ours.length === theirs.jobs.length;
  const faults = isSame ? undefined : await payloadFaultsOf(pair);
  const failure = failureOf(pair, theirs);
  const lack = lackOf(ours, theirs, faults, failure);
  const unexplained = lack === undefined ? [] : [lack];
  const reasons = new Set<string>(failure === undefined ? [] : [failure.id]);
  for (const [request, each] of differences.entries()) {
    for (const difference of each) {
      const found = reasonsFor(pair, request, difference, faults);
      for (const reason of found) reasons.add(reason);
      const { where, a, b } = difference;
      if (found.length === 0) unexplained.push(`request ${request}: ${where}: ${a} / ${b}`);
    }
  }
  return { same, requests: differences.length, reasons, unexplained };
}

/** Compares all pairs; the exit status. */
export async function compareWithGstreamer(
  pairs: readonly Pair[],
  keep: string | undefined,
  print: (line: string) => void,
): Promise<number> {
  const used = new Set<string>();
  let unexplainedPairs = 0;
  let [same, requests] = [0, 0];
  const ours = new Map<Pair, RunOutcome>();
  const pairOf = new Map(
    pairs.flatMap((pair) => [runOf(pair, "ours"), runOf(pair, "gstreamer")].map((run) => [run, pair] as const)),
  );
  const use = async (outcome: RunOutcome) => {
    const pair = pairOf.get(outcome.run)!;
    if (outcome.run.by === "ours") {
      ours.set(pair, outcome);
      return;
    }
    const mine = ours.get(pair)!;
    ours.delete(pair);
    const name = `${pair.stream.name} on ${pair.node.name}`;
    if (mine.jobs.length === 0 && mine.result.error !== undefined) {
      // The target's limits are the only reason for which nothing may be sent.
      const isRefused = mine.result.isRefused === true;
      print(`${isRefused ? "-    " : "DIFF "} ${name}: not sent by us: ${mine.result.error}`);
      if (!isRefused) unexplainedPairs++;
      return;
    }
    const comparison = await compareJobs(pair, mine.jobs, outcome);
    for (const reason of comparison.reasons) used.add(reason);
    same += comparison.same;
    requests += comparison.requests;
    const isFine = comparison.unexplained.length === 0;
    const mark = !isFine ? "DIFF" : comparison.same === mine.jobs.length ? "same" : "known";
    const why = comparison.reasons.size === 0 ? "" : ` (${[...comparison.reasons].join(", ")})`;
    const early = comparison.requests < mine.jobs.length ? `; GStreamer lacks some of our ${mine.jobs.length}` : "";
    const problem = outcome.result.error === undefined ? "" : `; GStreamer: ${outcome.result.error}`;
    print(`${mark.padEnd(5)} ${name}: ${comparison.same} of ${comparison.requests} requests${why}${early}${problem}`);
    for (const line of comparison.unexplained.slice(0, 6)) print(`        ${line}`);
    if (comparison.unexplained.length > 6) print(`        and ${comparison.unexplained.length - 6} more`);
    if (!isFine) unexplainedPairs++;
  };
  await decodeInMachine([...pairOf.keys()], use, keep);
  // Of a part of the pairs it is not known.
  for (const row of accepted) {
    if (!used.has(row.id) && pairs.some((pair) => isOf(row, pair)))
      print(`row ${row.id} of accepted.json explained nothing`);
  }
  print(
    `${pairs.length} streams and nodes; ${same} of ${requests} requests with the same program; ${unexplainedPairs} with unexplained differences`,
  );
  return unexplainedPairs === 0 ? 0 : 1;
}
