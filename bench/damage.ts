/**
 * Time per byte on damaged input of 1, 4 and 16 MB: it must not grow with the size. Prints for each kind of damage the
 * nanoseconds a byte and how much they grow, and exits with 1 where that is 1.5 times or more. It is processor time, the
 * smallest of several runs: so other work on the machine counts little, and the memory that a run takes is not fresh.
 *
 *     npx tsx bench/damage.ts [codec] [part of a name]
 */
import type { Codec } from "../src/events.ts";
import { openSession } from "../src/open-session.ts";
import { damagedInput, MB } from "./damaged-input.ts";

const sizes = [1, 4, 16].map((size) => size * MB);
/** So long a kind is measured at least, and once at least. */
const SECONDS = 4;
/** Kinds that take more nanoseconds a byte read one input of each size. */
const SLOW = 500;
const CHUNK = 64 * 1024;
/** So many times the time of the smallest input is no longer the same time. */
const LIMIT = 1.5;

/** Nanoseconds a byte of sessions, one after the other: each reads one of the inputs, in chunks. */
function run(codec: Codec, inputs: readonly Uint8Array[], isPrefixed: boolean): number {
  const before = process.cpuUsage();
  for (const bytes of inputs) {
    const session = openSession(codec);
    if (isPrefixed) session.configure(configurations[codec] as Uint8Array);
    for (let at = 0; at < bytes.length; at += CHUNK) session.push(bytes.subarray(at, at + CHUNK));
    session.flush();
  }
  const { user, system } = process.cpuUsage(before);
  return ((user + system) * 1000) / inputs.reduce((sum, { length }) => sum + length, 0);
}

/** avcC and hvcC records without sets, for lengths of four bytes. */
const configurations: Partial<Record<Codec, Uint8Array>> = {
  h264: Uint8Array.of(1, 66, 0, 10, 0xff, 0xe0, 0),
  h265: Uint8Array.of(1, 1, ...new Array<number>(11).fill(0), 0xf0, 0, 0xfc, 0xfd, 0xf8, 0xf8, 0, 0, 0x0f, 0),
};

/** Nanoseconds a byte at each size. */
function measure(codec: Codec, name: string, make: (size: number) => Uint8Array): number[] {
  const isPrefixed = name.startsWith("length prefixes");
  const isSlow = run(codec, [make(MB)], isPrefixed) > SLOW;
  // As many bytes at each size, in memory of their own: so the processor's caches hold as little of them.
  const total = Math.max(...sizes);
  const inputs = sizes.map((size) => Array.from({ length: isSlow ? 1 : total / size }, () => make(size)));
  const best = sizes.map(() => Infinity);
  const end = performance.now() + SECONDS * 1000;
  do {
    for (const [k, each] of inputs.entries()) best[k] = Math.min(best[k] as number, run(codec, each, isPrefixed));
  } while (performance.now() < end);
  return best;
}

const [first = "", part = ""] = process.argv.slice(2);
const codecs = first in damagedInput ? [first as Codec] : (Object.keys(damagedInput) as Codec[]);
let worst = 0;
for (const codec of codecs) {
  for (const [name, make] of Object.entries(damagedInput[codec]())) {
    if (!name.includes(first in damagedInput ? part : first)) continue;
    const times = measure(codec, name, make);
    const growth = Math.max(...times) / (times[0] as number);
    worst = Math.max(worst, growth);
    const each = times.map((time) => time.toFixed(2).padStart(8)).join("");
    console.log(`${codec.padEnd(6)}${name.padEnd(42)} ns/byte at 1, 4, 16 MB:${each}   growth ${growth.toFixed(2)}`);
  }
}
console.log(`the largest growth: ${worst.toFixed(2)}`);
process.exitCode = worst < LIMIT ? 0 : 1;
