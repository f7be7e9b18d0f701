/** Which fields a driver reads: variants of requests, and what the register programs say of them. */
import { readFileSync } from "node:fs";
import type { Control } from "../../../src/events.ts";
import { targetByName, targetRefusals } from "../../../src/targets/index.ts";
import { Random } from "../../../support/random.ts";
import { type FakeNode, nodes } from "../nodes.ts";
import { bases, presets, type Setting } from "./bases.ts";
import { type Base, type Pair, type Trial, TrialMachine, type TrialOutcome } from "./trial-machine.ts";
import { atRandom, preset, type ScriptRequest, scriptOf, type Variant, variantsOf } from "./variants.ts";

/** Of one node and codec: the fields, with what showed it; and those that were changed without an effect. */
export interface Findings extends Pair {
  readonly read: Map<string, string>;
  readonly idle: Set<string>;
  readonly problems: string[];
}

/** All; one variant of each field in one request of each codec; or only the presets, which confirm what earlier runs did not. */
export type Scope = "all" | "sample" | "presets";

const fixtures = new URL("../../../test/fixtures/", import.meta.url);
/** One node for each target and register layout; VPU2 counts for hantro-g1. */
export const triedNodes: readonly FakeNode[] = nodes.filter(({ name }) =>
  [
    "rk3399-vdec",
    "rk3588-vdec",
    "rk3576-vdec",
    "rk3288-vpu",
    "rk3568-vpu",
    "imx8mq-vpu-g2",
    "rk3588-av1-vpu",
    "sun50i-h6-ve",
  ].includes(name),
);
/** Early, because each variant decodes all requests before it. */
const sampledRequest = 1;

/** The request as it is; of the first stream also at random. And with what no stream has, once each, where it fits. */
function baseControls(
  request: ScriptRequest,
  isFirst: boolean,
  scope: Scope,
  left: Set<readonly Setting[]>,
): (readonly Control[])[] {
  if (scope === "sample") return [request.controls];
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

/**
 * Whether it is this node's turn to try a field, by the field's number in its control: of the nodes that have the control, each takes every
 * second field, or every third where they are more than four, so that each field is tried on one or two of them.
 */
function hasTurn({ node, codec }: Pair, control: string, number: number): boolean {
  const takers = triedNodes.filter((each) => {
    const controls = targetByName(each.target)!.codecs[codec]?.controls ?? {};
    return each.codecs.includes(codec) && Object.hasOwn(controls, control);
  });
  const turns = Math.min(takers.length, Math.max(2, Math.ceil(takers.length / 2)));
  return number % turns === takers.indexOf(node) % turns;
}

/** The first of the variants of each field. */
function firstOfEach(variants: readonly Variant[]): Variant[] {
  const seen = new Set<string>();
  return variants.filter(({ field }) => !seen.has(field) && seen.add(field));
}

/** The first variant of each field whose turn it is; `seen` has the fields of earlier streams. */
function sampleOf(pair: Pair, variants: readonly Variant[], seen: Set<string>): Variant[] {
  const numbers = new Map<string, number>();
  return firstOfEach(variants).filter(({ field }) => {
    if (seen.has(field)) return false;
    seen.add(field);
    const [control = ""] = field.split(".");
    const number = numbers.get(control) ?? 0;
    numbers.set(control, number + 1);
    return hasTurn(pair, control, number);
  });
}

/** The requests that the node's target does not refuse. */
function* basesOf({ node, codec }: Pair, scope: Scope): Generator<Base, void, undefined> {
  const target = targetByName(node.target)!;
  const left = new Set(presets[codec] ?? []);
  let isFirst = true;
  for (const [stream, chosen] of bases[codec]) {
    const request = scope === "sample" ? sampledRequest : chosen;
    const script = scriptOf(target, codec, readFileSync(new URL(stream, fixtures)), request);
    const changed = script.requests[request]!;
    const sent = changed.controls.map(({ name, payload }) => [name, payload] as const);
    if (targetRefusals(target, codec, new Map(sent)).length > 0) continue;
    const timestamps = [...new Set(script.requests.slice(0, request).map(({ timestamp }) => timestamp))];
    for (const controls of baseControls(changed, isFirst, scope, left)) {
      yield { stream, request, script, ...variantsOf(changed, timestamps, controls) };
    }
    isFirst = false;
  }
}

/** Tries the fields of these pairs in one machine; gives what is found when a pair is done. */
export async function* tryFields(
  share: string,
  pairs: readonly Pair[],
  scope: Scope,
  isWanted: (field: string) => boolean = () => true,
): AsyncGenerator<Findings, void, undefined> {
  const machine = new TrialMachine(share, scope === "sample" ? 600 : 4 * 3600);
  if (scope === "sample") {
    // All at once, so that the machine never waits.
    const samples = pairs.map((pair) => [pair, sampleTrials(machine, pair)] as const);
    for (const [pair, trials] of samples) {
      const findings: Findings = { ...pair, read: new Map(), idle: new Set(), problems: [] };
      for (const trial of trials) judge(await machine.finish(trial), trial, findings);
      yield findings;
    }
  } else {
    for (const pair of pairs) yield await tryAll(machine, pair, scope, isWanted);
  }
  await machine.end();
}

function sampleTrials(machine: TrialMachine, pair: Pair): Trial[] {
  const seen = new Set<string>();
  return [...basesOf(pair, "sample")].flatMap((base) => machine.add(pair, base, sampleOf(pair, base.variants, seen)));
}

/** What a variant has shown to be read is not tried again: first one variant of each field, then the others. */
async function tryAll(
  machine: TrialMachine,
  pair: Pair,
  scope: Scope,
  isWanted: (field: string) => boolean,
): Promise<Findings> {
  const findings: Findings = { ...pair, read: new Map(), idle: new Set(), problems: [] };
  const isOpen = ({ field }: Variant) => isWanted(field) && !findings.read.has(field);
  for (const base of basesOf(pair, scope)) {
    if (!base.variants.some(isOpen)) continue;
    const [probe] = machine.add(pair, base, []);
    const problem = problemOf(await machine.finish(probe as Trial), probe as Trial);
    if (problem !== undefined) {
      findings.problems.push(problem);
      continue;
    }
    const first = firstOfEach(base.variants);
    for (const variants of [first, base.variants.filter((variant) => !first.includes(variant))]) {
      const open = variants.filter(isOpen);
      if (open.length === 0) continue;
      for (const trial of machine.add(pair, base, open)) judge(await machine.finish(trial), trial, findings);
    }
  }
  return findings;
}

/** Why a trial says nothing: without changes its request gives other programs at the end than at the beginning, or does not end well. */
function problemOf({ results, programs }: TrialOutcome, { name, variants }: Trial): string | undefined {
  const last = variants.length - 1;
  const isSame = programs.get("0") === programs.get(`${last}`) && programs.get("0>") === programs.get(`${last}>`);
  const outcomes = [results[0], results[last]].map((line) => line?.slice(1).join(" ").trim());
  if (programs.has("0") && isSame && outcomes.every((outcome) => outcome === "ok")) return undefined;
  return `${name}: says nothing: ${isSame ? "" : "two programs; "}the request ends with ${outcomes.join(", then ")}`;
}

/** Adds what a trial showed. */
function judge(outcome: TrialOutcome, trial: Trial, { read, idle, problems }: Findings): void {
  const problem = problemOf(outcome, trial);
  if (problem !== undefined) {
    problems.push(problem);
    return;
  }
  const { results, programs } = outcome;
  const [base, after] = [programs.get("0"), programs.get("0>")];
  for (const [number, { field }] of trial.variants.entries()) {
    if (field === "") continue;
    const [, end = "", why = ""] = results[number] ?? [];
    const program = programs.get(String(number));
    if (end === "ok" && program === base && (after === undefined || programs.get(`${number}>`) === after))
      idle.add(field);
    else if (!read.has(field)) {
      const next = program === base ? "the next request's program changes" : "its program changes";
      read.set(field, end === "ok" ? next : `the driver refuses it: ${end} ${why}`.trim());
    }
  }
}
