/**
 * `npm run conformance:drivers`: decodes streams with the kernel's own drivers on fake hardware, and compares what they program with
 * what is checked in (programs/), or with `--gstreamer` with what they program for GStreamer. Exit status 1 where something differs.
 */
import { statusOf, UsageError } from "../../support/run-command.ts";
import { listingDifferences } from "./devices.ts";
import { decodeInMachine, machineVersions, type RunOutcome } from "./driver-machine.ts";
import { runFaults } from "./faults.ts";
import { compareWithGstreamer } from "./gstreamer-comparison.ts";
import { nodes } from "./nodes.ts";
import { readOptions } from "./options.ts";
import { hashOf, stableProgramOf } from "./program.ts";
import { readPrograms, type StreamPrograms, writePrograms } from "./programs.ts";
import { absentOfCorpus, corpusStreams, fixtureStreams, type Pair, pairsOf, runOf } from "./streams.ts";
import { runCorpus } from "./whole-corpus.ts";

/** What `--help` prints. */
const usage = `npm run conformance:drivers -- [options]

  --write           writes programs/ anew
  --gstreamer       compares with GStreamer, request by request; accepted.json has the differences that are known, with reasons
  --fixtures        leaves the corpus out
  --corpus          decodes every stream of the corpus, damaged ones too: no warning, no stuck job, no leak; no programs are compared.
                    known-problems.json has the drivers' faults, with reasons
  --force           with --corpus: sends also what the drivers are known not to decode
  --keep FOLDER     keeps journals, or with --corpus results, there, and does not run again what it has
  --faults          errors, hangs, kill -9 and two sessions at once
  --frames COUNT    endurance: so many frames on each node; alone, or with --faults
  --stream, --node  only those whose names have this part (may be repeated)`;

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** The programs of each pair: a hash for each request, or why there are none. */
async function programsOf(
  pairs: readonly Pair[],
  keep: string | undefined,
): Promise<{ programs: Map<Pair, string>; problems: string[] }> {
  const programs = new Map<Pair, string>();
  const problems: string[] = [];
  const runs = pairs.map((pair) => runOf(pair, "ours"));
  const use = ({ run, result, jobs }: RunOutcome) => {
    const pair = pairs[runs.indexOf(run)]!;
    const name = `${pair.stream.name} on ${pair.node.name}`;
    const refusal = /^RefusedStream: [^:]*: (.*)$/.exec(result.error ?? "")?.[1];
    if (refusal !== undefined && jobs.length === 0) programs.set(pair, `refused: ${refusal}`);
    else
      programs.set(pair, `${result.formats.join(", ")}: ${jobs.map((job) => hashOf(stableProgramOf(job))).join(" ")}`);
    if (result.error !== undefined && refusal === undefined) problems.push(`${name}: ${result.error}`);
    if (result.lost > 0) problems.push(`${name}: the journal lost ${result.lost} records`);
    for (const warning of result.warnings) problems.push(`${name}: the kernel says ${warning}`);
    if (jobs.some(({ outcome }) => outcome !== "ok")) problems.push(`${name}: a job did not end`);
    if (refusal === undefined && result.frames.length === 0) problems.push(`${name}: no frames`);
    if (result.frames.length > 0 && result.corrupt.length === result.frames.length) {
      problems.push(`${name}: every frame is corrupt`);
    }
  };
  await decodeInMachine(runs, use, keep);
  return { programs, problems };
}

const formatsOf = (text: string) => text.slice(0, text.indexOf(":"));
const hashesOf = (text: string) => text.slice(text.indexOf(":") + 2).split(" ");

/** Compares with what is checked in; returns lines about what is not the same. */
function differences(pairs: readonly Pair[], programs: ReadonlyMap<Pair, string>, known: StreamPrograms): string[] {
  return pairs.flatMap((pair) => {
    const name = `${pair.stream.name} on ${pair.node.name}`;
    const expected = known.get(pair.node.name)?.get(pair.stream.name);
    const seen = programs.get(pair)!;
    if (expected === seen) return [];
    if (expected === undefined) return [`${name}: nothing is checked in (--write)`];
    if (expected.startsWith("refused") || seen.startsWith("refused")) return [`${name}: ${expected} / now ${seen}`];
    if (formatsOf(expected) !== formatsOf(seen))
      return [`${name}: frames of ${formatsOf(expected)}, now ${formatsOf(seen)}`];
    const [a, b] = [hashesOf(expected), hashesOf(seen)];
    const at = a.findIndex((hash, i) => hash !== b[i]);
    if (at < 0) return [`${name}: ${a.length} requests, now ${b.length}`];
    const differing = a.filter((hash, i) => hash !== b[i]).length;
    return [`${name}: ${differing} of ${a.length} requests have another program, request ${at} first; ${b.length} now`];
  });
}

async function main(): Promise<number> {
  const { mode, values } = readOptions(process.argv.slice(2));
  const chosen = nodes.filter(({ name }) => values.node.some((part) => name.includes(part)));
  if (chosen.length === 0) throw new UsageError(`--node: the nodes are ${nodes.map(({ name }) => name).join(", ")}`);
  const streams = [...fixtureStreams(), ...(values.fixtures ? [] : corpusStreams())];
  const wanted = streams.filter(({ name }) => values.stream.some((part) => name.includes(part)));
  const pairs = pairsOf(wanted, (node) => chosen.includes(node));
  const isOfPairs = mode === "programs" || mode === "gstreamer";
  if (isOfPairs && pairs.length === 0)
    throw new UsageError("no stream with such a name is of a codec that such a node takes");
  const [kernel, gstreamer] = machineVersions();
  print(`${kernel}; ${gstreamer}`);
  if (mode === "faults") {
    return await runFaults(chosen, { faults: values.faults, frames: Number(values.frames) }, print);
  }
  if (mode === "corpus") {
    const { stream, node, keep, force } = values;
    return await runCorpus({ kernel: kernel!, streams: stream, nodes: node, keep, force }, print);
  }
  const absent = values.fixtures ? [] : absentOfCorpus();
  if (absent.length > 0) print(`LEFT OUT, because the corpus has no such stream or is not there: ${absent.join(", ")}`);
  if (mode === "gstreamer") return await compareWithGstreamer(pairs, values.keep, print);
  const { programs, problems } = await programsOf(pairs, values.keep);
  if (values.write) writePrograms(kernel!, pairs, programs);
  const known = readPrograms(kernel!);
  const isWhole = values.node.join() === "";
  const listing = isWhole ? await listingDifferences(kernel!, values.write) : [];
  const found = [...problems, ...differences(pairs, programs, known), ...listing];
  for (const line of found) print(line);
  const requests = [...programs.values()].filter((text) => !text.startsWith("refused"));
  const count = requests.reduce((sum, text) => sum + hashesOf(text).length, 0);
  const refused = pairs.length - requests.length;
  print(
    `${pairs.length} streams and nodes, ${count} requests, ${refused} refused by known limits; ${found.length} differ`,
  );
  return found.length === 0 ? 0 : 1;
}

process.exitCode = await statusOf(usage, process.argv.slice(2), main);
