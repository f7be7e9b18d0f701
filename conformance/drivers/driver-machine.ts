import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleForMachine } from "../machine/bundle.ts";
import type { DecodeResult, DecodeRun } from "./driver-runs.ts";
import { type Job, readJournal } from "./journal.ts";

const here = fileURLToPath(new URL(".", import.meta.url));

/** Makes the machine where it is not there yet; its kernel and GStreamer: `["Linux 7.2.13", "GStreamer 1.28.8"]`. */
export function machineVersions(): readonly string[] {
  const made = spawnSync(join(here, "image.sh"), { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  if (made.status !== 0) throw new Error(`image.sh ended with status ${made.status}`);
  return readFileSync(join(made.stdout.trim(), "versions"), "utf8").trim().split("\n");
}

/** Runs a command in a machine, with a folder that is /share there; returns what it printed. */
export async function runInMachine(share: string, seconds: number, command: readonly string[]): Promise<string> {
  const words = ["-o", share, "-t", String(seconds), ...command];
  const machine = spawn(join(here, "vm.sh"), words, { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  machine.stdout.setEncoding("utf8").on("data", (piece: string) => {
    text += piece;
  });
  const [status] = (await once(machine, "close")) as [number | null];
  if (status !== 0) throw new Error(`the machine ended with status ${status}: ${text.slice(-2000)}`);
  return text;
}

/** What came of a run, and what the drivers programmed. */
export interface RunOutcome {
  readonly run: DecodeRun;
  readonly result: DecodeResult;
  /** Of the run's node. */
  readonly jobs: readonly Job[];
}

/** Decodes in one machine, and hands each run's outcome to `use`; the journals are gone after it. */
export async function decodeInMachine(runs: readonly DecodeRun[], use: (outcome: RunOutcome) => void): Promise<void> {
  const script = await bundleForMachine("drivers", "driver-runs");
  const share = mkdtempSync(join(tmpdir(), "drivers-"));
  try {
    writeFileSync(join(share, "runs.json"), JSON.stringify(runs));
    const text = await runInMachine(share, 300 + 20 * runs.length, ["node", script, "runs.json"]);
    const results = new Map(
      text
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as DecodeResult)
        .map((result) => [result.id, result]),
    );
    for (const run of runs) {
      const result = results.get(run.id);
      if (result === undefined) throw new Error(`${run.id} was not run`);
      const path = join(share, `${run.id}.journal`);
      const jobs = readJournal(readFileSync(path)).filter(({ node }) => node === run.node);
      rmSync(path);
      use({ run, result, jobs });
    }
  } finally {
    rmSync(share, { recursive: true, force: true });
  }
}
