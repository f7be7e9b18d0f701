/** Whole processes of the built command: how long a cold start takes, and how much memory a long stream. */

import { execFileSync, spawnSync } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync, statSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Clip } from "./clips.ts";
import { spread } from "./speed.ts";

const command = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));
const GB = 1 << 30;

/** Processor seconds and the most resident memory, in MB, of a process: as /usr/bin/time counts them. */
function used(program: string, args: readonly string[]): { seconds: number; memory: number } {
  const { stderr, status, error } = spawnSync("/usr/bin/time", ["-f", "%U %S %M", program, ...args], {
    encoding: "utf8",
    stdio: ["ignore", "ignore", "pipe"],
    maxBuffer: 1 << 26,
  });
  if (error) throw error;
  // A time says nothing where the program gave up.
  if (status !== 0) throw new Error(`${program} ${args.join(" ")} ended with status ${status}: ${stderr.trim()}`);
  const [user = 0, system = 0, kilobytes = 0] = stderr.trim().split("\n").at(-1)?.split(" ").map(Number) ?? [];
  return { seconds: user + system, memory: kilobytes / 1024 };
}

/** The clip again and again, up to 1 GiB. */
function longClip(clip: Clip, folder: string): string {
  const path = join(folder, "long.264");
  if (existsSync(path) && statSync(path).size >= GB) return path;
  const bytes = readFileSync(clip.path);
  const file = openSync(path, "w");
  for (let size = 0; size < GB; size += bytes.length) writeSync(file, bytes);
  closeSync(file);
  return path;
}

/** The first megabyte of the clip, as a file. */
function beginningOf(clip: Clip, folder: string): string {
  const path = join(folder, "beginning.264");
  writeFileSync(path, readFileSync(clip.path).subarray(0, 1_000_000));
  return path;
}

/** Prints what `record` needs for 1 GiB, and for the start on a small clip against ffmpeg. */
export function printProcesses(clip: Clip, small: Clip, folder: string, rounds: number): void {
  const empty = used(process.execPath, ["-e", "0"]);
  const path = longClip(clip, folder);
  const ours = used(process.execPath, [command, "record", path, "-o", "/dev/null"]);
  const copy = used("ffmpeg", ["-v", "error", "-i", path, "-c", "copy", "-f", "null", "-"]);
  console.log("\n| whole process | ours | ffmpeg | ratio |\n|---|---|---|---|");
  const row = (what: string, own: number, peer: number, unit: string) =>
    console.log(`| ${what} | ${own.toFixed(2)} ${unit} | ${peer.toFixed(2)} ${unit} | ${(peer / own).toFixed(2)} |`);
  row("`record` of 1 GiB against `-c copy -f null`, processor time", ours.seconds, copy.seconds, "s");
  row("its memory, over an empty Node", ours.memory - empty.memory, copy.memory, "MB");
  const coldRow = (what: string, clipPath: string) => {
    const cold: number[] = [];
    const theirs: number[] = [];
    for (let i = 0; i < rounds; i++) {
      cold.push(used(process.execPath, [command, "record", clipPath, "-o", "/dev/null"]).seconds);
      const filter = ["-c", "copy", "-bsf:v", "h264_metadata", "-f", "null", "-"];
      theirs.push(used("ffmpeg", ["-v", "fatal", "-i", clipPath, ...filter]).seconds);
    }
    row(`\`record\` of ${what} against \`-bsf:v h264_metadata\``, spread(cold).median, spread(theirs).median, "s");
  };
  coldRow("the first MB of it", beginningOf(clip, folder));
  coldRow(small.name, small.path);
}

/** Whether the programs that `printProcesses` runs are there. */
export function hasProcesses(): boolean {
  try {
    execFileSync("ffmpeg", ["-version"], { stdio: "ignore" });
    return existsSync("/usr/bin/time");
  } catch {
    return false;
  }
}
