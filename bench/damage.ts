/**
 * Time per byte on damaged input of 1, 4 and 16 MB: it must not grow with the size. Prints for each kind of damage the
 * nanoseconds a byte and how much they grow, and exits with 1 where that is 1.5 times or more. It is processor time, the
 * smallest of several runs: so other work on the machine counts little. Growth by less than a nanosecond is printed, and
 * is no failure: so much it costs to touch fresh memory, which a unit of 16 MB takes and one of 1 MB finds in the heap.
 *
 *     npx tsx bench/damage.ts [codec] [part of a name]
 */
import type { Codec } from "../src/events.ts";
import { openSession } from "../src/session.ts";
import { damagedInput, MB } from "./damaged-input.ts";

const sizes = [1, 4, 16].map((size) => size * MB);
/** Runs of each size, by the nanoseconds a byte that they take at most. */
const runs: readonly (readonly [nanoseconds: number, runs: number])[] = [
  [50, 6],
  [1000, 3],
  [Number.POSITIVE_INFINITY, 1],
];
const CHUNK = 64 * 1024;
/** So many times the time of the smallest input is no longer the same time. */
const LIMIT = 1.5;
/** Nanoseconds a byte that fresh memory costs at most. */
const MEMORY = 1;

/** Nanoseconds a byte of so many sessions. All are open at once: so as much memory is held, whatever the size. */
function run(codec: Codec, bytes: Uint8Array, isPrefixed: boolean, count = 1): number {
  const sessions = Array.from({ length: count }, () => openSession(codec));
  if (isPrefixed) for (const session of sessions) session.configure(configurations[codec] as Uint8Array);
  const before = process.cpuUsage();
  for (const session of sessions) {
    for (let at = 0; at < bytes.length; at += CHUNK) session.push(bytes.subarray(at, at + CHUNK));
  }
  for (const session of sessions) session.flush();
  const { user, system } = process.cpuUsage(before);
  return ((user + system) * 1000) / (count * bytes.length);
}

/** avcC and hvcC records without sets, for lengths of four bytes. */
const configurations: Partial<Record<Codec, Uint8Array>> = {
  h264: Uint8Array.of(1, 66, 0, 10, 0xff, 0xe0, 0),
  h265: Uint8Array.of(1, 1, ...new Array<number>(11).fill(0), 0xf0, 0, 0xfc, 0xfd, 0xf8, 0xf8, 0, 0, 0x0f, 0),
};

/** Nanoseconds a byte at each size. */
function measure(codec: Codec, name: string, make: (size: number) => Uint8Array): number[] {
  const isPrefixed = name.startsWith("length prefixes");
  const inputs = sizes.map((size) => make(size));
  const expected = run(codec, inputs[0] as Uint8Array, isPrefixed);
  const count = runs.find(([nanoseconds]) => expected <= nanoseconds)?.[1] as number;
  const best = inputs.map(() => Number.POSITIVE_INFINITY);
  for (let i = 0; i < count; i++) {
    for (const [k, bytes] of inputs.entries()) {
      // As many bytes at each size.
      const turns = Math.max(((count === runs[0]?.[1] ? 16 : 4) * MB) / bytes.length, 1);
      best[k] = Math.min(best[k] as number, run(codec, bytes, isPrefixed, turns));
    }
  }
  return best;
}

const [first = "", part = ""] = process.argv.slice(2);
const codecs = first in damagedInput ? [first as Codec] : (Object.keys(damagedInput) as Codec[]);
let worst = 0;
for (const codec of codecs) {
  for (const [name, make] of Object.entries(damagedInput[codec]())) {
    if (!name.includes(first in damagedInput ? part : first)) continue;
    const times = measure(codec, name, make);
    const [smallest = 0] = times;
    const slowest = Math.max(...times);
    const growth = slowest / smallest;
    const isMemory = growth >= LIMIT && slowest - smallest < MEMORY;
    if (!isMemory) worst = Math.max(worst, growth);
    const each = times.map((time) => time.toFixed(2).padStart(8)).join("");
    const note = isMemory ? " (memory)" : "";
    console.log(
      `${codec.padEnd(6)}${name.padEnd(42)} ns/byte at 1, 4, 16 MB:${each}   growth ${growth.toFixed(2)}${note}`,
    );
  }
}
console.log(`the largest growth: ${worst.toFixed(2)}`);
process.exitCode = worst < LIMIT ? 0 : 1;
