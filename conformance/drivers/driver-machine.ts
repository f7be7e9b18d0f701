import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { bundleForMachine, bundleHash } from "../machine/bundle.ts";
import type { DecodeResult, DecodeRun } from "./driver-runs.ts";
import { type Job, readJournal } from "./journal.ts";

const here = fileURLToPath(new URL(".", import.meta.url));

/** Makes the machine where it is not there yet; its kernel and GStreamer: `["Linux 7.2.13", "GStreamer 1.28.8"]`. */
export function machineVersions(): readonly string[] {
  const made = spawnSync(join(here, "image.sh"), { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  if (made.status !== 0) throw new Error(`image.sh ended with status ${made.status}`);
  return readFileSync(join(made.stdout.trim(), "versions"), "utf8").trim().split("\n");
}

/** Runs a command in a machine, with a folder that is /share there; gives the lines that it prints, when it prints them. */
export async function* linesFromMachine(
  share: string,
  seconds: number,
  command: readonly string[],
): AsyncGenerator<string, void, undefined> {
  const words = ["-o", share, "-t", String(seconds), ...command];
  const machine = spawn(join(here, "vm.sh"), words, { stdio: ["ignore", "pipe", "inherit"] });
  const closed = once(machine, "close");
  let last = "";
  for await (const line of createInterface({ input: machine.stdout })) {
    last = line;
    yield line;
  }
  const [status] = (await closed) as [number | null];
  if (status !== 0) throw new Error(`the machine ended with status ${status}: ${last.slice(-2000)}`);
}

/** All that a command in a machine prints. */
export async function runInMachine(share: string, seconds: number, command: readonly string[]): Promise<string> {
  let text = "";
  for await (const line of linesFromMachine(share, seconds, command)) text += `${line}\n`;
  return text;
}

/** What came of a run, and what the drivers programmed. */
export interface RunOutcome {
  readonly run: DecodeRun;
  readonly result: DecodeResult;
  /** Of the run's node. */
  readonly jobs: readonly Job[];
}

/** Takes a run's outcome. */
export type OutcomeUser = (outcome: RunOutcome) => void | Promise<void>;

/**
 * Decodes in one machine, and hands each run's outcome to `use` when it is there. Journals take much room: they are gone after it, but
 * where a folder keeps them. What such a folder has already of the same machine, and for our requests of the same build, is not run again.
 */
export async function decodeInMachine(all: readonly DecodeRun[], use: OutcomeUser, keep?: string): Promise<void> {
  const script = await bundleForMachine("drivers", "driver-runs");
  const folderOf = keep === undefined ? undefined : keptFolders(keep, machineVersions(), bundleHash(script));
  const left = new Map<string, DecodeRun>();
  for (const run of all) {
    const kept = folderOf?.(run);
    if (kept === undefined || !existsSync(join(kept, `${run.id}.json`))) {
      left.set(run.id, run);
      continue;
    }
    const result = JSON.parse(readFileSync(join(kept, `${run.id}.json`), "utf8")) as DecodeResult;
    await use({ run, result, jobs: jobsIn(kept, run) });
  }
  const runs = [...left.values()];
  if (runs.length === 0) return;
  const share = mkdtempSync(join(tmpdir(), "drivers-"));
  try {
    writeFileSync(join(share, "runs.json"), JSON.stringify(runs));
    for await (const line of linesFromMachine(share, 300 + 20 * runs.length, ["node", script, "runs.json"])) {
      const result = JSON.parse(line) as DecodeResult;
      const run = left.get(result.id);
      if (run === undefined) throw new Error(`${result.id} was run twice`);
      left.delete(result.id);
      await use({ run, result, jobs: jobsIn(share, run) });
      const journal = `${run.id}.journal`;
      const kept = folderOf?.(run);
      if (kept !== undefined) {
        copyFileSync(join(share, journal), join(kept, journal));
        writeFileSync(join(kept, `${run.id}.json`), line);
      }
      rmSync(join(share, journal));
    }
    for (const id of left.keys()) throw new Error(`${id} was not run`);
  } finally {
    rmSync(share, { recursive: true, force: true });
  }
}

/** Where runs are kept: a folder for each machine, in it one for each build of what makes our requests. They are made here. */
function keptFolders(keep: string, versions: readonly string[], build: string): (run: DecodeRun) => string {
  const theirs = join(keep, versions.join(" ").replaceAll(" ", "-"));
  const ours = join(theirs, build);
  mkdirSync(ours, { recursive: true });
  return ({ by }) => (by === "ours" ? ours : theirs);
}

/** Those of the run's node. */
function jobsIn(folder: string, { id, node: name }: DecodeRun): Job[] {
  return readJournal(readFileSync(join(folder, `${id}.journal`))).filter(({ node }) => node === name);
}
