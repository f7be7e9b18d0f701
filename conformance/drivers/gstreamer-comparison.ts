/** Our programs and those of GStreamer's requests, request by request. */

import { type AcceptedDifference, acceptedDifferences as accepted } from "./accepted.ts";
import { decodeInMachine, type RunOutcome } from "./driver-machine.ts";
import type { Job } from "./journal.ts";
import { type ProgramDifference, programDifferences, stableProgramOf } from "./program.ts";
import { type Pair, runOf } from "./streams.ts";

interface Comparison {
  readonly same: number;
  readonly requests: number;
  /** What no row accepts. */
  readonly unexplained: readonly string[];
}

function rowFor(
  pair: Pair,
  request: number,
  difference: ProgramDifference | undefined,
): AcceptedDifference | undefined {
  return accepted.find(
    ({ node, stream, where, requests }) =>
      new RegExp(node).test(pair.node.name) &&
      new RegExp(stream).test(pair.stream.name) &&
      (requests === undefined || request === 0) &&
      (difference === undefined
        ? where === undefined
        : where !== undefined && new RegExp(where).test(difference.where)),
  );
}

function compareJobs(pair: Pair, ours: readonly Job[], theirs: readonly Job[], used: Set<string>): Comparison {
  const unexplained: string[] = [];
  let same = 0;
  if (ours.length !== theirs.length) {
    const row = rowFor(pair, 0, undefined);
    if (row === undefined) unexplained.push(`ours has ${ours.length} requests, GStreamer's ${theirs.length}`);
    else used.add(row.id);
  }
  const requests = Math.min(ours.length, theirs.length);
  for (let i = 0; i < requests; i++) {
    const [a, b] = [ours[i]!, theirs[i]!];
    const differences = programDifferences(a, stableProgramOf(a), stableProgramOf(b));
    if (differences.length === 0) same++;
    const left = differences.filter((difference) => {
      const row = rowFor(pair, i, difference);
      if (row !== undefined) used.add(row.id);
      return row === undefined;
    });
    for (const { where, a: one, b: other } of left) unexplained.push(`request ${i}: ${where}: ${one} / ${other}`);
  }
  return { same, requests, unexplained };
}

/** Compares all pairs; the exit status. */
export async function compareWithGstreamer(pairs: readonly Pair[], print: (line: string) => void): Promise<number> {
  const used = new Set<string>();
  let unexplainedPairs = 0;
  let [same, requests] = [0, 0];
  const ours = new Map<Pair, RunOutcome>();
  const runs = pairs.flatMap((pair, i) => [runOf(pair, "ours", i), runOf(pair, "gstreamer", i)]);
  await decodeInMachine(runs, (outcome) => {
    const pair = pairs[Math.floor(runs.indexOf(outcome.run) / 2)]!;
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
    const comparison = compareJobs(pair, mine.jobs, outcome.jobs, used);
    same += comparison.same;
    requests += comparison.requests;
    const isFine = comparison.unexplained.length === 0;
    const mark = !isFine ? "DIFF" : comparison.same === comparison.requests ? "same" : "known";
    const problem = outcome.result.error === undefined ? "" : `; GStreamer: ${outcome.result.error}`;
    print(`${mark.padEnd(5)} ${name}: ${comparison.same} of ${comparison.requests} requests${problem}`);
    for (const line of comparison.unexplained.slice(0, 6)) print(`        ${line}`);
    if (comparison.unexplained.length > 6) print(`        and ${comparison.unexplained.length - 6} more`);
    if (!isFine) unexplainedPairs++;
  });
  for (const { id } of accepted) if (!used.has(id)) print(`row ${id} of accepted.json explained nothing`);
  print(
    `${pairs.length} streams and nodes; ${same} of ${requests} requests with the same program; ${unexplainedPairs} with unexplained differences`,
  );
  return unexplainedPairs === 0 ? 0 : 1;
}
