/**
 * Looks for inputs that break what the library promises (SECURITY.md), guided by what they reach.
 *
 *     npm run fuzz -- <target|all> [options]
 *
 * Each target gets that time, or so many executions: then a clean clone finds the same on any machine. What reaches a new place is
 * kept in .fuzz/<target>/corpus, what breaks a promise, made as small as it can be, in .fuzz/<target>/failures. Exits with 1 where
 * anything was found. What breaks one once and not again is in .fuzz/<target>/once, and a line says so.
 */

import { existsSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { countOf, statusOf, UsageError } from "../support/run-command.ts";
import { bundleWithCounters } from "./coverage.ts";
import { targetNames } from "./targets/names.ts";
import { type Ended, watched } from "./watch.ts";
import type { WorkerArguments } from "./worker.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const usage = `npm run fuzz -- <${targetNames.join("|")}|all> [options]

  --seconds <n>      for each target (60)
  --minutes <n>      the same in minutes
  --executions <n>   so many for each target instead: the same on any machine
  --seed <n>         of the first process (1)
  --jobs <n>         targets that run side by side, where there are several (1)
  --input <file>     runs only this case, which an earlier run found (may be repeated)`;

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
  if (targets.length === 0 || positionals.length !== 1) throw new UsageError("name one target, or all");
  const { minutes, input } = values;
  const seconds = minutes === undefined ? countOf("seconds", values.seconds) : countOf("minutes", minutes) * 60;
  const most = values.executions === undefined ? undefined : countOf("executions", values.executions);
  const [seed, jobs] = [countOf("seed", values.seed, 0), countOf("jobs", values.jobs)];
  const absent = (input ?? []).filter((path) => !existsSync(path));
  if (absent.length > 0) throw new UsageError(`there is no file ${absent.join(", ")}`);
  const place = join(root, ".fuzz");
  mkdirSync(place, { recursive: true });
  const bundle = join(place, "worker.mjs");
  await bundleWithCounters(join(root, "fuzz/worker.ts"), bundle);
  const only = input?.map((path) => resolve(path));
  let executions = 0;
  let found = 0;
  const runNext = async (): Promise<void> => {
    for (let target = targets.shift(); target !== undefined; target = targets.shift()) {
      const folder = join(place, target);
      const limits = { seconds, ...(most === undefined ? {} : { executions: most }) };
      const given = { target, seed, ...limits, folder, ...(only ? { only } : {}) };
      const ended = await fuzz(bundle, given);
      executions += ended.executions;
      found += ended.found;
    }
  };
  await Promise.all(Array.from({ length: jobs }, runNext));
  console.log(`${executions} executions, ${found} found`);
  return found === 0 ? 0 : 1;
}

process.exitCode = await statusOf(usage, process.argv.slice(2), main);
