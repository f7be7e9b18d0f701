/**
 * Looks for inputs that break what the library promises (SECURITY.md), guided by what they reach.
 *
 *     npm run fuzz -- <target|all> [--seconds N] [--minutes N] [--executions N] [--seed S] [--jobs N] [--input FILE]
 *
 * Each target gets that time, or so many executions: then a clean clone finds the same on any machine. What reaches a new place is
 * kept in .fuzz/<target>/corpus, what breaks a promise, made as small as it can be, in .fuzz/<target>/failures. Exits with 1 where
 * anything was found.
 */

import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { bundleWithCounters } from "./coverage.ts";
import { targetNames } from "./targets/names.ts";
import { type Ended, watched } from "./watch.ts";
import type { WorkerArguments } from "./worker.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const usage = `usage: npm run fuzz -- <${targetNames.join("|")}|all> [--seconds N] [--minutes N] [--executions N] [--seed S] [--jobs N] [--input FILE]`;

/** Starts again after a kill, for the time or the executions that are left. */
async function fuzz(bundle: string, given: WorkerArguments): Promise<Ended> {
  const end = performance.now() + given.seconds * 1000;
  let ended: Ended = { executions: 0, found: 0 };
  for (let seed = given.seed; ; seed += 1000) {
    const left = (end - performance.now()) / 1000;
    const more = given.executions === undefined ? {} : { executions: given.executions - ended.executions };
    if (given.executions === undefined ? left < 1 : given.executions <= ended.executions) return ended;
    const { executions, found } = await watched(bundle, { ...given, ...more, seed, seconds: left });
    // One at the least: a worker that dies at once must not be started for ever.
    ended = { executions: ended.executions + Math.max(executions, 1), found: ended.found + found };
    if (given.only) return ended;
  }
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      seconds: { type: "string", default: "60" },
      minutes: { type: "string" },
      executions: { type: "string" },
      seed: { type: "string", default: "1" },
      jobs: { type: "string", default: "1" },
      input: { type: "string", multiple: true },
    },
  });
  const [wanted = ""] = positionals;
  const targets = wanted === "all" ? [...targetNames] : targetNames.filter((name) => name === wanted);
  const seconds = values.minutes === undefined ? Number(values.seconds) : Number(values.minutes) * 60;
  const most = values.executions === undefined ? undefined : Number(values.executions);
  const numbers = [seconds, most ?? 0, Number(values.seed), Number(values.jobs)];
  if (
    targets.length === 0 ||
    positionals.length !== 1 ||
    numbers.some((number) => !Number.isFinite(number)) ||
    most === 0
  ) {
    console.error(usage);
    return 2;
  }
  const place = join(root, ".fuzz");
  mkdirSync(place, { recursive: true });
  const bundle = join(place, "worker.mjs");
  await bundleWithCounters(join(root, "fuzz/worker.ts"), bundle);
  const only = values.input?.map((path) => resolve(path));
  let executions = 0;
  let found = 0;
  const runNext = async (): Promise<void> => {
    for (let target = targets.shift(); target !== undefined; target = targets.shift()) {
      const folder = join(place, target);
      const limits = { seconds, ...(most === undefined ? {} : { executions: most }) };
      const given = { target, seed: Number(values.seed), ...limits, folder, ...(only ? { only } : {}) };
      const ended = await fuzz(bundle, given);
      executions += ended.executions;
      found += ended.found;
    }
  };
  await Promise.all(Array.from({ length: Number(values.jobs) }, runNext));
  console.log(`${executions} executions, ${found} found`);
  return found === 0 ? 0 : 1;
}

process.exitCode = await main();
