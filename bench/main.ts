/**
 * `npm run bench [-- --clip PART] [--rounds N] [--passes N] [FILE …]`: how fast the built package is, against C parsers
 * where they are installed. It makes its clips with ffmpeg, or takes yours. See bench/README.md.
 */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { countOf, statusOf, UsageError } from "../support/run-command.ts";
import { printAllocation } from "./allocation.ts";
import { makeClips, ownClip } from "./clips.ts";
import { buildPeer, peers } from "./peers.ts";
import { hasProcesses, printProcesses } from "./processes.ts";
import { printScan } from "./scan.ts";
import { compareSpeed } from "./speed.ts";
import { printUserSpace } from "./user-space.ts";

const usage = `npm run bench -- [options] [file …]

  --clip <part>   only clips with this in their name
  --rounds <n>    how often both sides take turns (5)
  --passes <n>    passes that count, of which the median is taken (7)`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      clip: { type: "string", default: "" },
      rounds: { type: "string", default: "5" },
      passes: { type: "string", default: "7" },
    },
  });
  const [rounds, passes] = [countOf("rounds", values.rounds), countOf("passes", values.passes)];
  const absent = positionals.filter((path) => !existsSync(path));
  if (absent.length > 0) throw new UsageError(`there is no file ${absent.join(", ")}`);
  const folder = join(tmpdir(), "v4l2-stateless-bench");
  execFileSync("npm", ["run", "--silent", "build"], { stdio: ["ignore", "ignore", "inherit"] });
  const built = peers.flatMap((peer) => buildPeer(peer, folder) ?? []);
  const clips = positionals.length > 0 ? positionals.map(ownClip) : makeClips(folder, values.clip);
  if (clips.length === 0)
    throw new UsageError(`there is no clip with "${values.clip}" in its name, or ffmpeg makes none`);

  console.log(`${cpus()[0]?.model}, ${cpus().length} processors; Node ${process.version}`);
  for (const { name, version } of built) console.log(`${name} ${version}`);
  console.log("\nProcessor time in µs per frame: median (smallest–largest). A ratio above 1: ours is faster.\n");
  console.log(
    "| clip | peer | peer, µs/frame | ours, µs/frame | ratio | ours, first pass |\n|---|---|---|---|---|---|",
  );
  for (const clip of clips) compareSpeed(clip, built, rounds, passes);
  printUserSpace(clips, folder, rounds);
  printAllocation(clips);
  printScan();
  const large = clips.find(({ codec }) => codec === "h264");
  const small = clips.find(({ name }) => name.includes("QVGA"));
  if (!hasProcesses()) console.log("\nwhole processes are left out: they need ffmpeg and /usr/bin/time");
  else if (large && small) printProcesses(large, small, folder, rounds);
  return 0;
}

process.exitCode = await statusOf(usage, process.argv.slice(2), main);
