/**
 * Looks for inputs that break what the library promises (SECURITY.md), guided by what they reach.
 *
 *     npm run fuzz -- <target|all> [--seconds N] [--minutes N] [--seed S] [--jobs N] [--input FILE]
 *
 * Each target gets that time. What reaches a new place is kept in .fuzz/<target>/corpus, what breaks a promise, made as small
 * as it can be, in .fuzz/<target>/failures. Exits with 1 where anything was found.
 */

import { fork } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { fromBytes, nameOf, toText } from "./case.ts";
import { bundleWithCounters } from "./coverage.ts";
import { targetNames } from "./targets/names.ts";
import type { WorkerArguments, WorkerReport } from "./worker.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
/** A case that takes so many seconds hangs. */
const HANGS = 20;
/** Megabytes of heap; an input has 64 KB. */
const MOST_HEAP = 1024;
const usage = `usage: npm run fuzz -- <${targetNames.join("|")}|all> [--seconds N] [--minutes N] [--seed S] [--jobs N] [--input FILE]`;

type Message =
  | { readonly type: "alive"; readonly executions: number; readonly runs: number }
  | { readonly type: "found"; readonly flaw: string; readonly command: string }
  | { readonly type: "report"; readonly report: WorkerReport };

interface Ended {
  readonly executions: number;
  readonly found: number;
}

/** A worker from its start to its end. What kills it is a finding. */
function work(bundle: string, given: WorkerArguments): Promise<Ended> {
  const { target, folder } = given;
  return new Promise((settle) => {
    const start = performance.now();
    const child = fork(bundle, [JSON.stringify(given)], {
      execArgv: [`--max-old-space-size=${MOST_HEAP}`, "--enable-source-maps"],
      stdio: ["ignore", "inherit", "pipe", "ipc"],
    });
    let executions = 0;
    let runs = 0;
    let moved = performance.now();
    let found = 0;
    let report: WorkerReport | undefined;
    let errors = "";
    child.stderr?.on("data", (data) => {
      errors = (errors + String(data)).slice(-4000);
    });
    child.on("message", (message: Message) => {
      if (message.type === "alive") {
        if (message.runs !== runs) moved = performance.now();
        runs = message.runs;
        executions = message.executions;
      } else if (message.type === "found") {
        found++;
        console.log(`${target}: FOUND ${message.flaw.split("\n").slice(0, 6).join("\n    ")}\n  ${message.command}`);
      } else report = message.report;
    });
    const watchdog = setInterval(() => {
      if (performance.now() - moved > HANGS * 1000) child.kill("SIGKILL");
    }, 1000);
    child.on("exit", (code, signal) => {
      clearInterval(watchdog);
      if (report === undefined) {
        found++;
        const why =
          signal === "SIGKILL" ? `no end after ${HANGS} s` : errors.split("\n").slice(0, 4).join(" ") || `exit ${code}`;
        console.log(`${target}: KILLED ${why}\n  ${keepCurrent(given)}`);
      } else {
        executions = report.executions;
        const seconds = (performance.now() - start) / 1000;
        const rate = Math.round(executions / seconds);
        const { corpus, reached } = report;
        for (const { flaw, path } of given.only ? report.found : []) console.log(`${target}: ${path}\n  ${flaw}`);
        found = Math.max(found, report.found.length);
        console.log(
          `${target}: ${executions} executions, ${rate}/s, corpus ${corpus}, ${reached} places, ${found} found (${folder})`,
        );
      }
      settle({ executions, found });
    });
  });
}

/** The case that was run last, and how to run it again. */
function keepCurrent({ target, folder }: WorkerArguments): string {
  const input = fromBytes(readFileSync(join(folder, "current")));
  const path = join(folder, "failures", `${nameOf(input)}.json`);
  writeFileSync(path, toText(input));
  return `npm run fuzz -- ${target} --input ${path}`;
}

/** Starts again after a kill, for the time that is left. */
async function fuzz(bundle: string, given: WorkerArguments): Promise<Ended> {
  const end = performance.now() + given.seconds * 1000;
  let ended: Ended = { executions: 0, found: 0 };
  for (let seed = given.seed; ; seed += 1000) {
    const seconds = (end - performance.now()) / 1000;
    if (seconds < 1) return ended;
    const { executions, found } = await work(bundle, { ...given, seed, seconds });
    ended = { executions: ended.executions + executions, found: ended.found + found };
    if (given.only) return ended;
  }
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      seconds: { type: "string", default: "60" },
      minutes: { type: "string" },
      seed: { type: "string", default: "1" },
      jobs: { type: "string", default: "1" },
      input: { type: "string", multiple: true },
    },
  });
  const [wanted = ""] = positionals;
  const targets = wanted === "all" ? [...targetNames] : targetNames.filter((name) => name === wanted);
  const seconds = values.minutes === undefined ? Number(values.seconds) : Number(values.minutes) * 60;
  const numbers = [seconds, Number(values.seed), Number(values.jobs)];
  if (targets.length === 0 || positionals.length !== 1 || numbers.some((number) => !Number.isFinite(number))) {
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
      const given = { target, seed: Number(values.seed), seconds, folder, ...(only ? { only } : {}) };
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
