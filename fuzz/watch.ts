/** Watches the process that runs cases. A case that kills it, or that it does not finish, is found here, and made smaller. */

import { type ChildProcess, fork } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Case, fromBytes, nameOf, toText } from "./case.ts";
import { minimised } from "./minimise.ts";
import type { WorkerArguments, WorkerReport } from "./worker.ts";

/** A case that takes so many seconds of the processor hangs, and one that takes so many seconds of the clock, whatever it does. */
const HANGS = 20;
const SLEEPS = 300;
/** The same while a killer is made smaller, and how often it is tried. */
const HANGS_AGAIN = 5;
const TRIALS = 100;
/** Megabytes of heap; an input has 64 KB. */
const MOST_HEAP = 1024;

type Message =
  | { readonly type: "alive"; readonly executions: number; readonly runs: number }
  | { readonly type: "found"; readonly flaw: string; readonly command: string }
  | { readonly type: "once"; readonly flaw: string; readonly path: string }
  | { readonly type: "report"; readonly report: WorkerReport };

export interface Ended {
  readonly executions: number;
  readonly found: number;
}

/** How a worker ended. */
interface Outcome {
  /** Undefined where it was killed. */
  readonly report: WorkerReport | undefined;
  /** Why it was killed. */
  readonly why: string;
  readonly executions: number;
}

/** Seconds of the processor that a process has used; of the clock where the system does not say. */
function secondsOf({ pid }: ChildProcess): number {
  try {
    // proc(5): utime and stime are the 14th and 15th field, in ticks of 10 ms; the second one, in parentheses, may hold anything.
    const fields = readFileSync(`/proc/${pid}/stat`, "latin1")
      .replace(/^.*\) /, "")
      .split(" ");
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return performance.now() / 1000;
  }
}

const firstLines = (flaw: string) => flaw.split("\n").slice(0, 6).join("\n    ");

/** Kills a worker that gets no further. @returns what must be called when it gets further, and at the end. */
function watchdog(child: ChildProcess, hangs: number) {
  let seconds = secondsOf(child);
  let clock = performance.now();
  const timer = setInterval(() => {
    if (secondsOf(child) - seconds > hangs || performance.now() - clock > SLEEPS * 1000) child.kill("SIGKILL");
  }, 1000);
  return {
    moved: () => {
      seconds = secondsOf(child);
      clock = performance.now();
    },
    end: () => clearInterval(timer),
  };
}

/** A worker from its start to its end. */
function run(
  bundle: string,
  given: WorkerArguments,
  hangs: number,
  found: (flaw: string, command: string) => void,
): Promise<Outcome> {
  return new Promise((settle) => {
    const child = fork(bundle, [JSON.stringify(given)], {
      execArgv: [`--max-old-space-size=${MOST_HEAP}`, "--enable-source-maps"],
      stdio: ["ignore", "inherit", "pipe", "ipc"],
    });
    const watch = watchdog(child, hangs);
    let executions = 0;
    let runs = 0;
    let report: WorkerReport | undefined;
    let errors = "";
    child.stderr?.on("data", (data) => {
      errors = (errors + String(data)).slice(-4000);
    });
    child.on("message", (message: Message) => {
      if (message.type === "alive") {
        if (message.runs !== runs) watch.moved();
        ({ runs, executions } = message);
      } else if (message.type === "found") found(message.flaw, message.command);
      else if (message.type === "once")
        console.log(`${given.target}: ONCE, and not again: ${firstLines(message.flaw)}\n  ${message.path}`);
      else report = message.report;
    });
    child.on("exit", (code, signal) => {
      watch.end();
      // Node first says where in itself it was; the error's own line says what was wrong.
      const said =
        (/^\w*Error\b.*(?:\n +at .*){0,3}/m.exec(errors)?.[0] ?? errors.split("\n").slice(0, 4).join(" ")) ||
        `exit ${code}`;
      const why = signal === "SIGKILL" ? `no end after ${hangs} s` : said;
      settle({ report, why, executions: report?.executions ?? executions });
    });
  });
}

/** Runs a worker, and tells what it found. What kills it is a finding. */
export async function watched(bundle: string, given: WorkerArguments): Promise<Ended> {
  const { target, folder } = given;
  const start = performance.now();
  let found = 0;
  const { report, why, executions } = await run(bundle, given, HANGS, (flaw, command) => {
    found++;
    console.log(`${target}: FOUND ${firstLines(flaw)}\n  ${command}`);
  });
  if (report === undefined) {
    const input = fromBytes(readFileSync(join(folder, "current")));
    console.log(`${target}: KILLED ${why}\n  ${commandFor(given, input)}`);
    console.log(`  made smaller: ${commandFor(given, await smallestKiller(bundle, given, input))}`);
    return { executions, found: found + 1 };
  }
  for (const { flaw, path } of given.only ? report.found : []) console.log(`${target}: ${path}\n  ${flaw}`);
  const rate = Math.round((executions * 1000) / (performance.now() - start));
  const { corpus, reached } = report;
  found = Math.max(found, report.found.length);
  console.log(
    `${target}: ${executions} executions, ${rate}/s, corpus ${corpus}, ${reached} places, ${found} found (${folder})`,
  );
  return { executions, found };
}

/** Writes a case that is a finding. @returns the command that runs it. */
function commandFor({ target, folder }: WorkerArguments, input: Case): string {
  const path = join(folder, "failures", `${nameOf(input)}.json`);
  writeFileSync(path, toText(input));
  return `npm run fuzz -- ${target} --input ${path}`;
}

/** The smallest case that still kills a worker: each is tried in a process of its own. */
function smallestKiller(bundle: string, given: WorkerArguments, input: Case): Promise<Case> {
  const path = join(given.folder, "smaller.json");
  const kills = async (smaller: Case) => {
    writeFileSync(path, toText(smaller));
    const { report } = await run(bundle, { ...given, only: [path] }, HANGS_AGAIN, () => {});
    return report === undefined;
  };
  return minimised(input, kills, TRIALS);
}
