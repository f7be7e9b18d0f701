/**
 * The built package's session over a clip in memory, until V8 has compiled it; then one more pass, which valgrind counts. Run by
 * `instructions.ts`:
 *
 *     node --perf-basic-prof --import tsx bench/counted.ts CODEC FILE WARM_UP_FRAMES
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import type { Codec } from "../src/uapi/codecs.ts";
import { sessionPass } from "./session-pass.ts";

const [codec, path = "", warmUp = "20000"] = process.argv.slice(2) as [Codec, string?, string?];
const bytes = new Uint8Array(readFileSync(path));

const valgrind = (option: string) => execFileSync("callgrind_control", [option, String(process.pid)]);

for (let warm = 0; warm < Number(warmUp); ) {
  const { frames } = sessionPass(codec, bytes);
  if (frames === 0) throw new Error(`${path} has no frame`);
  warm += frames;
  // V8's compiler runs in a thread of its own, to which valgrind gives the processor while this one waits.
  await wait(20);
}
valgrind("--zero");
const { frames } = sessionPass(codec, bytes);
valgrind("--dump");
console.log(frames);
