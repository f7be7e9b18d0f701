/**
 * The built package's session over a clip in memory, until V8 has compiled it; then one more pass, which valgrind counts. Run by
 * `instructions.ts`:
 *
 *     node --perf-basic-prof --import tsx bench/counted.ts CODEC FILE WARM_UP_FRAMES
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import type { openSession as OpenSession } from "../src/index.ts";
import type { Codec } from "../src/uapi/codecs.ts";

const CHUNK = 1 << 18;

const built = new URL("../dist/index.js", import.meta.url).href;
const { openSession } = (await import(built)) as { openSession: typeof OpenSession };
const [codec, path = "", warmUp = "20000"] = process.argv.slice(2) as [Codec, string?, string?];
const bytes = new Uint8Array(readFileSync(path));

/** Returns the number of requests that have a timestamp of their own: the frames. */
function pass(): number {
  const session = openSession(codec);
  let frames = 0;
  let last = -1;
  const count = (events: ReturnType<typeof session.push>) => {
    for (const event of events) {
      if (event.type !== "request" || event.timestamp === last) continue;
      last = event.timestamp;
      frames++;
    }
  };
  for (let at = 0; at < bytes.length; at += CHUNK) count(session.push(bytes.subarray(at, at + CHUNK)));
  count(session.flush());
  return frames;
}

const valgrind = (option: string) => execFileSync("callgrind_control", [option, String(process.pid)]);

for (let warm = 0; warm < Number(warmUp); ) {
  const frames = pass();
  if (frames === 0) throw new Error(`${path} has no frame`);
  warm += frames;
  // V8's compiler runs in a thread of its own, to which valgrind gives the processor while this one waits.
  await wait(20);
}
valgrind("--zero");
const frames = pass();
valgrind("--dump");
console.log(frames);
