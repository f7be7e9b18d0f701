/**
 * The public session over a clip in memory, in pieces of 256 KiB, every event made:
 *
 *     tsx bench/ours.ts CODEC FILE REPEAT PASSES
 *
 * Prints the median of the passes after warm-up, the first pass, and what a pass with the trace finds: see `Measured`.
 */
import { readFileSync } from "node:fs";
import type { Trace } from "../src/index.ts";
import type { Codec } from "../src/uapi/codecs.ts";
import type { Measured } from "./peers.ts";
import { sessionPass } from "./session-pass.ts";

/**
 * The passes before this many frames have been read do not count: V8 compiles a function that runs once for a frame after thousands
 * of frames. The C programs warm up as long.
 */
const WARM_UP_FRAMES = 60_000;

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

const pass = (trace?: Trace) => sessionPass(codec, bytes, trace);

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
