/**
 * The public session over a clip in memory, in pieces of 256 KiB, every event made:
 *
 *     tsx bench/ours.ts CODEC FILE REPEAT PASSES
 *
 * Prints the median of the passes after warm-up, the first pass, and what a pass with the trace finds: see `Measured`.
 */
import { readFileSync } from "node:fs";
import type { openSession as OpenSession, RequestEvent, Trace } from "../src/index.ts";
import type { Codec } from "../src/uapi/codecs.ts";
import type { Measured } from "./peers.ts";

const CHUNK = 1 << 18;

/**
 * The passes before this many frames have been read do not count: V8 compiles a function that runs once for a frame after thousands
 * of frames. The C programs warm up as long.
 */
const WARM_UP_FRAMES = 60_000;

/** The built package: what users run. */
const built = new URL("../dist/index.js", import.meta.url).href;
const { openSession } = (await import(built)) as { openSession: typeof OpenSession };

const [codec, path = "", repeat = "1", passes = "5"] = process.argv.slice(2) as [Codec, string?, string?, string?];
const bytes = repeated(readFileSync(path), Number(repeat), codec.startsWith("vp") ? 32 : 0);

/** The clip so many times; of an IVF file, the frames after its header. */
function repeated(clip: Uint8Array, times: number, headerBytes: number): Uint8Array {
  const frames = clip.subarray(headerBytes);
  const all = new Uint8Array(headerBytes + times * frames.length);
  all.set(clip.subarray(0, headerBytes));
  for (let i = 0; i < times; i++) all.set(frames, headerBytes + i * frames.length);
  return all;
}

/** Runs the session and looks at every request, as a submitter would. */
function pass(trace?: Trace): { frames: number; requestBytes: number } {
  const session = openSession(codec, { trace });
  let frames = 0;
  let requestBytes = 0;
  let last = -1;
  const take = (event: RequestEvent) => {
    if (event.timestamp !== last) frames++;
    last = event.timestamp;
    for (const { length } of event.bitstream) requestBytes += length;
  };
  for (let at = 0; at < bytes.length; at += CHUNK) {
    for (const event of session.push(bytes.subarray(at, at + CHUNK))) if (event.type === "request") take(event);
  }
  for (const event of session.flush()) if (event.type === "request") take(event);
  return { frames, requestBytes };
}

/** Counts what the peers count; the bits of slice headers with the trace. */
function counted(): Omit<Measured, "seconds" | "firstSeconds"> {
  let headerBits = 0;
  let isSlice = false;
  let end = 0;
  const endUnit = () => {
    if (isSlice) headerBits += end;
    end = 0;
  };
  const { frames, requestBytes } = pass({
    unit({ name }) {
      endUnit();
      isSlice = name.startsWith("slice_");
    },
    element({ bit, length }) {
      end = Math.max(end, bit + length);
    },
  });
  endUnit();
  return { frames, requestBytes, headerBits };
}

/** Processor time of a pass, all threads, in seconds. */
function timedPass(): { seconds: number; frames: number } {
  const begin = process.cpuUsage();
  const { frames } = pass();
  const { user, system } = process.cpuUsage(begin);
  return { seconds: (user + system) / 1e6, frames };
}

const first = timedPass();
for (let warm = first.frames; warm > 0 && warm < WARM_UP_FRAMES; ) warm += pass().frames;
const times = Array.from({ length: Number(passes) }, () => timedPass().seconds).sort((a, b) => a - b);
console.log(JSON.stringify({ seconds: times[times.length >> 1], firstSeconds: first.seconds, ...counted() }));
