/**
 * `npx tsx conformance/drivers/fields/try-fields.ts [OPTION...] [TARGET or NODE...]`: which fields of the controls do the drivers read?
 * Each field is changed in turn, and the register programs tell. Exit status 1 where a field is read that the target does not claim, or
 * where a claimed field is not confirmed and trials.json has no reason.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { targetByName } from "../../../src/targets/index.ts";
import { statusOf, UsageError } from "../../../support/run-command.ts";
import { machineVersions } from "../driver-machine.ts";
import type { HardwareCodec as Codec } from "../nodes.ts";
import { sampleDifferences, withoutFlag, writeSample } from "./sample.ts";
import { type Findings, triedNodes, tryFields } from "./trials.ts";

/** What `--help` prints. */
const usage = `npx tsx conformance/drivers/fields/try-fields.ts [OPTION...] [TARGET or NODE...]

  --write        writes src/targets/trials.json; with --quick sample.json
  --quick        tries one variant of each field in one request, on one or two nodes that take the codec, and compares with what targets,
                 trials.json and sample.json say
  --codec CODEC  only these codecs (may be repeated)
  --presets      only requests that no stream has; adds to what earlier runs confirmed
  --field PART   only fields whose names have this part (may be repeated); adds to what earlier runs confirmed`;

async function main(): Promise<number> {
  const { values, positionals: names } = parseArgs({
    options: {
      write: { type: "boolean", default: false },
      quick: { type: "boolean", default: false },
      presets: { type: "boolean", default: false },
      codec: { type: "string", multiple: true },
      field: { type: "string", multiple: true },
    },
    allowPositionals: true,
  });
  if (values.quick && (values.presets || values.field !== undefined)) {
    throw new UsageError("--quick tries each field in a request that a stream has: leave out --presets and --field");
  }
  for (const name of names) {
    if (triedNodes.some((node) => node.target === name || node.name === name)) continue;
    throw new UsageError(
      `${name} is no node that is tried, and no target: ${triedNodes.map((node) => node.name).join(", ")}`,
    );
  }
  const pairs = triedNodes
    .filter(({ name, target }) => names.length === 0 || names.includes(target) || names.includes(name))
    .flatMap((node) => node.codecs.map((codec) => ({ node, codec })))
    .filter(({ codec }) => values.codec === undefined || values.codec.includes(codec));
  if (pairs.length === 0) throw new UsageError(`no such node takes ${values.codec?.join(" or ")}`);
  const scope = values.quick ? "sample" : values.presets ? "presets" : "all";
  const [kernel] = machineVersions();
  const isWanted = (field: string) => values.field?.some((part) => field.includes(part)) ?? true;
  const share = mkdtempSync(join(tmpdir(), "fields-"));
  const all: Findings[] = [];
  let problems = 0;
  try {
    for await (const findings of tryFields(share, pairs, scope, isWanted)) {
      all.push(findings);
      problems += findings.problems.length;
      print(findings);
    }
  } finally {
    rmSync(share, { recursive: true, force: true });
  }
  const isAddition = values.presets || values.field !== undefined;
  const isFine = values.quick ? judgeSample(all, values.write) : report(kernel!, all, values.write, isAddition);
  return problems === 0 && isFine ? 0 : 1;
}

function print({ node, codec, read, idle, problems }: Findings): void {
  for (const problem of problems) process.stdout.write(`${problem}\n`);
  const without = [...idle].filter((field) => !read.has(field)).length;
  process.stdout.write(`${node.name} ${codec}: ${read.size} fields are read, ${without} have no effect\n`);
}

/** Compares the sample with what is known, or writes it; false where something differs. */
function judgeSample(all: readonly Findings[], write: boolean): boolean {
  if (write) writeSample(all);
  const differences = sampleDifferences(all);
  for (const line of differences) process.stdout.write(`${line}\n`);
  return differences.length === 0;
}

const trialsPath = new URL("../../../src/targets/trials.json", import.meta.url);

/** By target, codec and field: why no trial confirmed it. */
interface Trials {
  kernel: string;
  readonly targets: Record<string, Record<string, Readonly<Record<string, string>>>>;
}

/** What was seen of each target and codec: its nodes together. */
function readByTarget(all: readonly Findings[]): Map<string, Map<string, string>> {
  const merged = new Map<string, Map<string, string>>();
  for (const { node, codec, read } of all) {
    const key = `${node.target} ${codec}`;
    merged.set(key, new Map([...(merged.get(key) ?? []), ...read]));
  }
  return merged;
}

/** Prints the fields that are read and that the target does not claim; their number. */
function printUnclaimed(key: string, claimed: readonly string[], read: ReadonlyMap<string, string>): number {
  const unclaimed = [...read].filter(([field]) => !claimed.includes(field) && !claimed.includes(withoutFlag(field)));
  for (const [field, how] of unclaimed) {
    process.stdout.write(`${key}: ${field} is read and not claimed: ${how}\n`);
  }
  return unclaimed.length;
}

/**
 * Prints what the targets say and the trials do not, or the other way round; false where there is something. Reasons in trials.json
 * are kept.
 */
function report(kernel: string, all: readonly Findings[], write: boolean, isAddition: boolean): boolean {
  // Read again: other runs may have written it.
  const trials = JSON.parse(readFileSync(trialsPath, "utf8")) as Trials;
  let wrong = 0;
  for (const [key, read] of readByTarget(all)) {
    const [target = "", codec = ""] = key.split(" ");
    const { reads } = targetByName(target)!.codecs[codec as Codec]!;
    const claimed = reads === "all" ? [] : reads;
    wrong += printUnclaimed(key, claimed, read) + Number(read.size === 0 && !isAddition);
    const isRead = (field: string) => read.has(field) || [...read.keys()].some((each) => withoutFlag(each) === field);
    const unconfirmed: Record<string, string> = {};
    const before = trials.targets[target]?.[codec];
    const open = isAddition && before !== undefined ? Object.keys(before) : claimed;
    for (const field of open.filter((each) => !isRead(each)).sort()) {
      const reason = before?.[field] ?? "";
      process.stdout.write(`${key}: ${field} is claimed and not confirmed: ${reason || "NO REASON"}\n`);
      unconfirmed[field] = reason;
      if (reason === "") wrong++;
    }
    trials.targets[target] ??= {};
    trials.targets[target][codec] = unconfirmed;
    trials.kernel = kernel;
  }
  if (write) writeFileSync(trialsPath, `${JSON.stringify(trials, null, 2)}\n`);
  return wrong === 0;
}

process.exitCode = await statusOf(usage, process.argv.slice(2), main);
