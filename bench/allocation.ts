/** The heap that a picture takes, counted as test/session/allocation.test.ts counts it. */

import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Clip } from "./clips.ts";

const script = fileURLToPath(new URL("../support/allocation.ts", import.meta.url));
const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
const options = ["--expose-gc", "--no-opt", "--no-sparkplug", "--min-semi-space-size=256", "--max-semi-space-size=256"];

/** Prints a row for each clip. */
export function printAllocation(clips: readonly Clip[]): void {
  console.log("\n| clip | bytes of heap for a picture, without the optimising compiler |\n|---|---|");
  for (const { name, codec, path } of clips) {
    const args = [...options, "--import", tsx, script, codec, path];
    const { [path]: bytes } = JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" })) as Record<
      string,
      number
    >;
    console.log(`| ${name} | ${bytes} |`);
  }
}
