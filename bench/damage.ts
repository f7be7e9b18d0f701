/**
 * Time per byte on damaged input of 1, 4 and 16 MB: it must not grow with the size. Prints for each kind of damage the
 * nanoseconds a byte and how much they grow, and exits with 1 where that is 1.5 times or more. It is processor time, the
 * smallest of several runs: so other work on the machine counts little, and the memory that a run takes is not fresh.
 *
 * What rubbish costs, in H.264 and beside the fixtures (11 ns a byte): units with nothing after their header 110 ns a byte, because
 * they are only counted after a call's first hundred errors; slices of two random bytes 1.1 µs a byte, or 7 µs each, of which most
 * is V8's throw.
 *
 *     npx tsx bench/damage.ts [codec, transport, program, container, record or capture] [part of a name]
 */
import type { Codec } from "../src/events.ts";
import { openSession } from "../src/open-session.ts";
import { damagedFiles } from "./damaged-files.ts";
import { damagedInput, type Kinds, MB } from "./damaged-input.ts";

const sizes = [1, 4, 16].map((size) => size * MB);
/** So long a kind is measured at least, and once at least. */
const SECONDS = 4;
/** Kinds that take more nanoseconds a byte read one input of each size. */
const SLOW = 500;
const CHUNK = 64 * 1024;
/** So many times the time of the smallest input is no longer the same time. */
const LIMIT = 1.5;

type Read = (bytes: Uint8Array) => void | Promise<void>;

/** A session that reads the input in chunks. */
const sessionRead =
  (codec: Codec, isPrefixed: boolean): Read =>
  (bytes) => {
    const session = openSession(codec);
    if (isPrefixed) session.configure(configurations[codec] as Uint8Array);
    for (let at = 0; at < bytes.length; at += CHUNK) session.push(bytes.subarray(at, at + CHUNK));
    session.flush();
  };

/** Nanoseconds a byte of inputs that are read one after the other. */
async function run(read: Read, inputs: readonly Uint8Array[]): Promise<number> {
  const before = process.cpuUsage();
  for (const bytes of inputs) await read(bytes);
  const { user, system } = process.cpuUsage(before);
  return ((user + system) * 1000) / inputs.reduce((sum, { length }) => sum + length, 0);
}

/** avcC and hvcC records without sets, for lengths of four bytes. */
const configurations: Partial<Record<Codec, Uint8Array>> = {
  h264: Uint8Array.of(1, 66, 0, 10, 0xff, 0xe0, 0),
  h265: Uint8Array.of(1, 1, ...new Array<number>(11).fill(0), 0xf0, 0, 0xfc, 0xfd, 0xf8, 0xf8, 0, 0, 0x0f, 0),
};

/** Nanoseconds a byte at each size. */
async function measure(read: Read, make: (size: number) => Uint8Array): Promise<number[]> {
  const isSlow = (await run(read, [make(MB)])) > SLOW;
  // As many bytes at each size, in memory of their own: so the processor's caches hold as little of them.
  const total = Math.max(...sizes);
  const inputs = sizes.map((size) => Array.from({ length: isSlow ? 1 : total / size }, () => make(size)));
  const best = sizes.map(() => Infinity);
  const end = performance.now() + SECONDS * 1000;
  do {
    for (const [k, each] of inputs.entries()) best[k] = Math.min(best[k] as number, await run(read, each));
  } while (performance.now() < end);
  return best;
}

interface Group {
  kinds(): Kinds;
  readOf(name: string): Read;
}

const groups: Readonly<Record<string, Group>> = {
  ...Object.fromEntries(
    Object.entries(damagedInput).map(([codec, kinds]): [string, Group] => [
      codec,
      { kinds, readOf: (name) => sessionRead(codec as Codec, name.startsWith("length prefixes")) },
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(damagedFiles).map(([name, { kinds, read }]): [string, Group] => [
      name,
      { kinds, readOf: () => read },
    ]),
  ),
};

const [first = "", part = ""] = process.argv.slice(2);
let worst = 0;
let measured = 0;
for (const [group, { kinds, readOf }] of Object.entries(groups)) {
  if (first in groups && group !== first) continue;
  for (const [name, make] of Object.entries(kinds())) {
    if (!name.includes(first in groups ? part : first)) continue;
    const times = await measure(readOf(name), make);
    const growth = Math.max(...times) / (times[0] as number);
    worst = Math.max(worst, growth);
    measured++;
    const each = times.map((time) => time.toFixed(2).padStart(8)).join("");
    console.log(`${group.padEnd(10)}${name.padEnd(42)} ns/byte at 1, 4, 16 MB:${each}   growth ${growth.toFixed(2)}`);
  }
}
if (measured === 0) console.error(`no damage has this name; the groups are ${Object.keys(groups).join(", ")}`);
else console.log(`${measured} kinds of damage; the largest growth: ${worst.toFixed(2)}`);
process.exitCode = measured === 0 ? 2 : worst < LIMIT ? 0 : 1;
