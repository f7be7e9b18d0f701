/**
 * `npx tsx conformance/drivers/fields/try-fields.ts [--write] [--quick | --presets] [--codec CODEC] [TARGET or NODE...]`: which fields of the controls do the drivers
 * read? Each field is changed in turn, and the register programs tell. `--write` writes src/targets/trials.json. Exit status 1
 * where a field is read that the target does not claim, or where a claimed field is not confirmed and trials.json has no reason.
 * `--quick` tries one request for each codec, and only looks for fields that nobody claims. `--presets` tries only what no
 * stream has, and adds to what earlier runs confirmed.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Control } from "../../../src/events.ts";
import { targetByName, targetRefusals } from "../../../src/targets/index.ts";
import { Random } from "../../../support/random.ts";
import { machineVersions, runInMachine } from "../driver-machine.ts";
import { type Job, jobsOf } from "../journal.ts";
import { type HardwareCodec as Codec, type FakeNode, nodes } from "../nodes.ts";
import { hashOf, programOf } from "../program.ts";
import { bases, presets, type Setting } from "./bases.ts";
import { atRandom, encodeScript, preset, type ScriptRequest, scriptOf, type Variant, variantsOf } from "./variants.ts";

/** A script for the machine, and what its labels mean. */
interface Trial {
  readonly name: string;
  readonly node: FakeNode;
  readonly codec: Codec;
  readonly variants: readonly Variant[];
}

/** Of one node and codec: the fields, with what showed it; and those that were changed without an effect. */
interface Findings {
  readonly read: Map<string, string>;
  readonly idle: Set<string>;
  readonly problems: string[];
}

const fixtures = new URL("../../../test/fixtures/", import.meta.url);
/** One node for each target and register layout; VPU2 counts for hantro-g1. */
const triedNodes = [
  "rk3399-vdec",
  "rk3588-vdec",
  "rk3576-vdec",
  "rk3288-vpu",
  "rk3568-vpu",
  "imx8mq-vpu-g2",
  "rk3588-av1-vpu",
  "sun50i-h6-ve",
];

/** All, one request for each codec, or only the presets, which confirm what earlier runs did not. */
type Scope = "all" | "quick" | "presets";

/** The request as it is; of the first stream also at random. And with what no stream has, once each, where it fits. */
function baseControls(
  request: ScriptRequest,
  isFirst: boolean,
  scope: Scope,
  left: Set<readonly Setting[]>,
): (readonly Control[])[] {
  if (scope === "quick") return [request.controls];
  const special = [...left].flatMap((settings) => {
    const controls = preset(request, settings);
    if (controls === null) return [];
    left.delete(settings);
    return [controls];
  });
  if (scope === "presets") return special;
  const random = [1, 2].map((seed) => {
    const numbers = new Random(seed);
    return request.controls.map((control) => atRandom(control, numbers));
  });
  return [request.controls, ...(isFirst ? random : []), ...special];
}

function makeTrials(share: string, node: FakeNode, codec: Codec, scope: Scope): Trial[] {
  const target = targetByName(node.target)!;
  const trials: Trial[] = [];
  const left = new Set(presets[codec] ?? []);
  for (const [stream, request] of bases[codec]) {
    const script = scriptOf(target, codec, readFileSync(new URL(stream, fixtures)), request);
    const sent = script.requests[request]!.controls.map(({ name, payload }) => [name, payload] as const);
    if (targetRefusals(target, codec, new Map(sent)).length > 0) continue;
    const timestamps = [...new Set(script.requests.slice(0, request).map(({ timestamp }) => timestamp))];
    const changed = script.requests[request]!;
    for (const controls of baseControls(changed, trials.length === 0, scope, left)) {
      const variants = variantsOf(changed, timestamps, controls);
      const name = `${node.name}-${codec}-${stream}-${trials.length}`;
      writeFileSync(join(share, `${name}.script`), encodeScript(script, request, variants));
      trials.push({ name, node, codec, variants });
    }
    if (scope === "quick") break;
  }
  return trials;
}

/** Runs all scripts in one machine; each leaves its journal and its results. */
async function runTrials(share: string, trials: readonly Trial[]): Promise<void> {
  const lines = trials.map(({ name, node }) => {
    return [
      `node=$(for f in /sys/class/video4linux/video*; do tr -d '\\0' <$f/device/of_node/name | grep -qx '${node.name}' && grep -qv enc $f/name && basename $f; done | tail -n 1)`,
      `media=$(ls -d /sys/class/video4linux/$node/device/media* | head -n 1)`,
      `echo empty >/sys/kernel/debug/fakehw/journal`,
      `replay /dev/$node /dev/$(basename $media) /share/${name}.script >/share/${name}.results || echo "${name} failed"`,
      `cat /sys/kernel/debug/fakehw/journal >/share/${name}.journal`,
      `[ $(cat /sys/kernel/debug/fakehw/lost) = 0 ] || echo "${name} lost records"`,
    ].join("\n");
  });
  writeFileSync(join(share, "trials.sh"), `${lines.join("\n")}\n`);
  const text = await runInMachine(share, 240 + 150 * trials.length, ["sh", "/share/trials.sh"]);
  if (text.trim() !== "") throw new Error(text);
}

/** The hash of each labelled job, by its label. */
function programsByLabel(path: string, node: string): Map<string, string> {
  const programs = new Map<string, string>();
  for (const job of jobsOf(readFileSync(path)) as Iterable<Job>) {
    if (job.node !== node) continue;
    const hash = hashOf(programOf(job));
    for (const label of job.labels) programs.set(label, hash);
  }
  return programs;
}

function judge(share: string, trial: Trial, { read, idle, problems }: Findings): void {
  const programs = programsByLabel(join(share, `${trial.name}.journal`), trial.node.name);
  const results = readFileSync(join(share, `${trial.name}.results`), "utf8")
    .trim()
    .split("\n");
  const last = String(trial.variants.length - 1);
  const [base, after] = [programs.get("0"), programs.get("0>")];
  if (base === undefined || base !== programs.get(last) || after !== programs.get(`${last}>`)) {
    problems.push(`${trial.name}: the base is not the same twice, or was not decoded (${results[0]})`);
    return;
  }
  for (const [number, { field }] of trial.variants.entries()) {
    if (field === "") continue;
    const [, outcome = "", why = ""] = results[number]?.split("\t") ?? [];
    const program = programs.get(String(number));
    if (outcome === "ok" && program === base && (after === undefined || programs.get(`${number}>`) === after))
      idle.add(field);
    else if (!read.has(field)) {
      const next = program === base ? "the next request's program changes" : "its program changes";
      read.set(field, outcome === "ok" ? next : `the driver refuses it: ${outcome} ${why}`.trim());
    }
  }
}

async function main(): Promise<number> {
  const { values, positionals: names } = parseArgs({
    options: {
      write: { type: "boolean", default: false },
      quick: { type: "boolean", default: false },
      presets: { type: "boolean", default: false },
      codec: { type: "string", multiple: true },
    },
    allowPositionals: true,
  });
  const isWanted = ({ name, target }: FakeNode) =>
    triedNodes.includes(name) && (names.length === 0 || names.includes(target) || names.includes(name));
  const pairs = nodes
    .filter(isWanted)
    .flatMap((node) => node.codecs.map((codec) => ({ node, codec })))
    .filter(({ codec }) => values.codec === undefined || values.codec.includes(codec));
  const scope = values.quick ? "quick" : values.presets ? "presets" : "all";
  const [kernel] = machineVersions();
  const share = mkdtempSync(join(tmpdir(), "fields-"));
  const findings = new Map<string, Findings>();
  try {
    const trials = pairs.flatMap(({ node, codec }) => makeTrials(share, node, codec, scope));
    await runTrials(share, trials);
    for (const trial of trials) {
      const key = `${trial.node.target} ${trial.codec}`;
      const found = findings.get(key) ?? { read: new Map(), idle: new Set(), problems: [] };
      findings.set(key, found);
      judge(share, trial, found);
    }
  } finally {
    rmSync(share, { recursive: true, force: true });
  }
  const hasProblems = [...findings.values()].some(({ problems }) => problems.length > 0);
  for (const [key, found] of findings) print(key, found);
  const status = values.quick ? unclaimed(findings) : report(kernel!, findings, values.write, values.presets);
  return hasProblems ? 1 : status;
}

function print(key: string, { read, idle, problems }: Findings): void {
  for (const problem of problems.splice(0)) process.stdout.write(`${problem}\n`);
  process.stdout.write(
    `${key}: ${read.size} fields are read, ${[...idle].filter((field) => !read.has(field)).length} have no effect\n`,
  );
}

const trialsPath = new URL("../../../src/targets/trials.json", import.meta.url);

/** By target, codec and field: why no trial confirmed it. */
interface Trials {
  kernel: string;
  readonly targets: Record<string, Record<string, Readonly<Record<string, string>>>>;
}

/** Prints the fields that are read and that no target claims; the exit status. */
function unclaimed(findings: ReadonlyMap<string, Findings>): number {
  let wrong = 0;
  for (const [key, { read }] of findings) {
    if (read.size === 0) wrong++;
    const [target = "", codec = ""] = key.split(" ");
    const { reads } = targetByName(target)!.codecs[codec as Codec]!;
    const claimed = new Set(reads === "all" ? [] : reads);
    for (const [field, how] of read) {
      if (claimed.has(field) || claimed.has(field.replace(/\.V4L2_\w+$/, ""))) continue;
      process.stdout.write(`${key}: ${field} is read and not claimed: ${how}\n`);
      wrong++;
    }
  }
  return wrong === 0 ? 0 : 1;
}

/** Prints what the targets say and the trials do not, or the other way round. Reasons in trials.json are kept. */
function report(kernel: string, findings: ReadonlyMap<string, Findings>, write: boolean, isAddition: boolean): number {
  // Read again: other runs may have written it.
  const trials = JSON.parse(readFileSync(trialsPath, "utf8")) as Trials;
  let wrong = unclaimed(findings);
  for (const [key, { read }] of findings) {
    const [target = "", codec = ""] = key.split(" ");
    const { reads } = targetByName(target)!.codecs[codec as Codec]!;
    const claimed = new Set(reads === "all" ? [] : reads);
    const isRead = (field: string) => read.has(field) || [...read.keys()].some((each) => each.startsWith(`${field}.`));
    const unconfirmed: Record<string, string> = {};
    const before = trials.targets[target]?.[codec];
    const open = isAddition && before !== undefined ? Object.keys(before) : [...claimed];
    for (const field of open.filter((each) => !isRead(each)).sort()) {
      const reason = trials.targets[target]?.[codec]?.[field] ?? "";
      process.stdout.write(`${key}: ${field} is claimed and not confirmed: ${reason || "NO REASON"}\n`);
      unconfirmed[field] = reason;
      if (reason === "") wrong++;
    }
    trials.targets[target] ??= {};
    trials.targets[target][codec] = unconfirmed;
    trials.kernel = kernel;
  }
  if (write) writeFileSync(trialsPath, `${JSON.stringify(trials, null, 2)}\n`);
  return wrong === 0 ? 0 : 1;
}

process.exitCode = await main();
