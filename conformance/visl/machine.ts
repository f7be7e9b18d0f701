import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

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
  /** What the driver traced and printed while the job ran: see trace-log.ts. */
  readonly trace: string;
  /** A file that the job left in its working folder. */
  file(name: string): Buffer;
}

/** The module prints what it draws on each frame. */
const parameters = "visl_debug=1 visl_dprintk_frame_start=0 visl_dprintk_nframes=1000000";
const here = fileURLToPath(new URL(".", import.meta.url));

/** Runs jobs in one machine, one after the other, and hands their results to `use`; the files are gone after it. */
export function withJobs<T>(jobs: readonly Job[], use: (result: (name: string) => JobResult) => T): T {
  const share = mkdtempSync(join(tmpdir(), "visl-"));
  try {
    mkdirSync(join(share, "jobs"));
    for (const { name, script } of jobs) writeFileSync(join(share, "jobs", name), script);
    const seconds = String(120 + 30 * jobs.length);
    const command = ["-o", share, "-t", seconds, "-p", parameters, "bash", "/project/conformance/visl/jobs.sh"];
    const { status, error } = spawnSync(join(here, "vm.sh"), command, { stdio: ["ignore", "inherit", "inherit"] });
    if (error !== undefined) throw error;
    if (status !== 0) throw new Error(`the machine ended with status ${status}`);
    return use((name) => readResult(join(share, "results", name)));
  } finally {
    rmSync(share, { recursive: true, force: true });
  }
}

function readResult(folder: string): JobResult {
  const text = (name: string): string => readFileSync(join(folder, name), "utf8");
  return {
    status: Number(text("status")),
    stdout: text("stdout"),
    stderr: text("stderr"),
    trace: text("trace"),
    file: (name) => readFileSync(join(folder, "files", name)),
  };
}

/** The machine's kernel and GStreamer, as their names and versions are written in records. */
export function machineVersions(): { readonly kernel: string; readonly gstreamer: string } {
  const { status, stdout } = spawnSync(join(here, "image.sh"), {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (status !== 0) throw new Error(`image.sh ended with status ${status}`);
  const [kernel, gstreamer] = readFileSync(join(stdout.trim(), "versions"), "utf8").split("\n");
  return { kernel: `${kernel}, visl`, gstreamer: gstreamer! };
}
