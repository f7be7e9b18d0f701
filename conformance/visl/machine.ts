import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";

/** A script for the machine's shell. Its working folder is one of its own, and what it leaves there comes back. */
export interface Job {
  readonly name: string;
  readonly script: string;
}

/** What came of a job. */
export interface JobResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  /** What the kernel traced while the job ran: see trace-log.ts. */
  trace(): string;
  /** A file that the job left in its working folder; undefined when it did not. */
  file(name: string): string | undefined;
}

export type JobResults = (name: string) => JobResult;

/** The module prints what it draws on each frame. */
const parameters = "visl_debug=1 visl_dprintk_frame_start=0 visl_dprintk_nframes=1000000";
const here = fileURLToPath(new URL(".", import.meta.url));

/** Runs jobs in machines, one for each processor, and hands their results to `use`; the files are gone after it. */
export async function withJobs<T>(jobs: readonly Job[], use: (results: JobResults) => T | Promise<T>): Promise<T> {
  makeMachine();
  const share = mkdtempSync(join(tmpdir(), "visl-"));
  try {
    const machines = Math.min(availableParallelism(), jobs.length);
    const lists = Array.from({ length: machines }, (_, i) => jobs.filter((_, j) => j % machines === i));
    const ends = await Promise.allSettled(lists.map((list, i) => runMachine(list, join(share, String(i)))));
    for (const end of ends) if (end.status === "rejected") throw end.reason;
    return await use((name) => {
      const folder = lists.map((_, i) => join(share, String(i), "results", name)).find(existsSync);
      if (folder === undefined) throw new Error(`no job ${name}`);
      return readResult(folder);
    });
  } finally {
    rmSync(share, { recursive: true, force: true });
  }
}

async function runMachine(jobs: readonly Job[], share: string): Promise<void> {
  mkdirSync(join(share, "jobs"), { recursive: true });
  for (const { name, script } of jobs) writeFileSync(join(share, "jobs", name), script);
  const seconds = String(300 + 120 * jobs.length);
  const command = ["-o", share, "-t", seconds, "-p", parameters, "bash", "/project/conformance/visl/jobs.sh"];
  const machine = spawn(join(here, "vm.sh"), command, { stdio: ["ignore", "inherit", "inherit"] });
  const [status] = (await once(machine, "exit")) as [number | null];
  if (status !== 0) throw new Error(`a machine ended with status ${status}`);
}

function readResult(folder: string): JobResult {
  const text = (name: string): string => readFileSync(join(folder, name), "utf8");
  return {
    status: Number(text("status")),
    stdout: text("stdout"),
    stderr: text("stderr"),
    trace: () => gunzipSync(readFileSync(join(folder, "trace.gz"))).toString("utf8"),
    file: (name) => (existsSync(join(folder, "files", name)) ? text(join("files", name)) : undefined),
  };
}

/** Makes the machine when it is not there yet; returns its folder. */
function makeMachine(): string {
  const made = spawnSync(join(here, "image.sh"), { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  if (made.status !== 0) throw new Error(`image.sh ended with status ${made.status}`);
  return made.stdout.trim();
}

/** The machine's kernel and GStreamer, as records name them. */
export function machineVersions(): { readonly kernel: string; readonly gstreamer: string } {
  const [kernel, gstreamer] = readFileSync(join(makeMachine(), "versions"), "utf8").split("\n");
  return { kernel: `${kernel}, visl`, gstreamer: gstreamer! };
}
