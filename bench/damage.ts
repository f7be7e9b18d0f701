/**
 * Time per byte on damaged input of 1, 4 and 16 MB: it must not grow with the size. Prints the ratio of the slowest to
 * the fastest size for each kind of damage, by the median of several runs, and exits with 1 where one is 1.5 or more.
 *
 *     npx tsx bench/damage.ts [part of a name]
 */
import { openSession } from "../src/session.ts";
import { annexB, joined, lengthPrefixed, unitsByDefinition } from "../test/support/h264.ts";
import { tinyIdr, tinyP, tinyPps, tinySps } from "../test/support/h264-units.ts";
import { Random } from "../test/support/random.ts";
import { fixtureStreams } from "../test/support/streams.ts";

const MB = 2 ** 20;
const sizes = [1, 4, 16].map((size) => size * MB);
/** Milliseconds a byte. */
const SLOW = 5e-5;
/** Nanoseconds a byte. */
const MEMORY = 3;
const CHUNK = 64 * 1024;

/** `pattern` again and again, up to `size` bytes. */
function repeated(pattern: Uint8Array, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += pattern.length) bytes.set(pattern.subarray(0, size - at), at);
  return bytes;
}

const behind = (head: Uint8Array, pattern: Uint8Array) => (size: number) =>
  joined([head, repeated(pattern, size - head.length)]);

/** All fixtures in a row with a flipped bit in every so many bytes. */
function damaged(everyBytes: number): Uint8Array {
  const bytes = joined(fixtureStreams("h264").map((stream) => stream.read()));
  const random = new Random(everyBytes);
  for (let flips = bytes.length / everyBytes; flips > 0; flips--) {
    bytes[random.below(bytes.length)]! ^= 1 << random.below(8);
  }
  return bytes;
}

const start = annexB([tinySps({ gaps: 1, max_num_ref_frames: 4 }), tinyPps(), tinyIdr()]);
const unitStart = (...bytes: number[]) => joined([start, Uint8Array.of(0, 0, 1, ...bytes)]);
const units = () => unitsByDefinition(damaged(1000));

/** Input by its size. Each is framed by start codes unless its name says otherwise. */
const kinds: Record<string, (size: number) => Uint8Array> = {
  "fixtures, a bit in 10,000 bytes": (size) => repeated(damaged(10_000), size),
  "fixtures, a bit in 100 bytes": (size) => repeated(damaged(100), size),
  "random bytes": (size) => repeated(new Random(1).bytes(MB), size),
  "random bytes behind a start code": behind(
    unitStart(0x65),
    new Random(2).bytes(MB).map((byte) => byte | 4),
  ),
  zeros: (size) => new Uint8Array(size),
  "zeros behind a start code": behind(unitStart(0x41), Uint8Array.of(0)),
  "00 00 01": (size) => repeated(Uint8Array.of(0, 0, 1), size),
  "00 00 01 of one byte units": (size) => repeated(Uint8Array.of(0, 0, 1, 0x65), size),
  "00 00 03": (size) => repeated(Uint8Array.of(0, 0, 3), size),
  "00 00 03 in a slice": behind(unitStart(0x41, 0x9a), Uint8Array.of(0, 0, 3)),
  "00 00 03 in an SEI": behind(unitStart(6, 5, 255), Uint8Array.of(0, 0, 3)),
  "SEI messages in front of 00 00 03": (size) =>
    joined([behind(unitStart(6), Uint8Array.of(5, 0))(size / 2), repeated(Uint8Array.of(0, 0, 3), size / 2)]),
  "ff in an SEI": behind(unitStart(6), Uint8Array.of(255)),
  "ff in filler data": behind(unitStart(12), Uint8Array.of(255)),
  "a PPS without end": behind(unitStart(0x68), Uint8Array.of(0x77)),
  "memory management operations without end": behind(
    unitStart(0x41, 0x9a, 0x24),
    Uint8Array.of(0b01001001, 0b00100100, 0b10010010),
  ),
  "the same PPS": (size) => joined([start, repeated(annexB([tinyPps()]), size)]),
  "SPS in turn": (size) => joined([start, repeated(annexB([tinySps({ level_idc: 20 }), tinySps()]), size)]),
  "sets inside a picture": (size) => joined([start, repeated(annexB([tinyPps(), tinySps({ level_idc: 20 })]), size)]),
  "SEI that no picture follows": (size) => joined([start, repeated(Uint8Array.of(0, 0, 1, 6, 5, 1, 9, 128), size)]),
  "gaps in frame_num": (size) => joined([start, repeated(annexB([tinyP(9), tinyP(2), tinyP(14)]), size)]),
  "slices of one picture": (size) => joined([start, repeated(annexB([tinyP(1)]), size)]),
  "length prefixes: damaged fixtures": (size) => repeated(lengthPrefixed(units(), 4), size),
  "length prefixes: one byte units": (size) => repeated(Uint8Array.of(0, 0, 0, 1, 0x65), size),
  "length prefixes: zeros": (size) => new Uint8Array(size),
};

function run(bytes: Uint8Array, isPrefixed: boolean): number {
  const session = openSession("h264");
  if (isPrefixed) session.configure(Uint8Array.of(1, 66, 0, 10, 0xff, 0xe0, 0));
  const before = performance.now();
  for (let at = 0; at < bytes.length; at += CHUNK) session.push(bytes.subarray(at, at + CHUNK));
  session.flush();
  return (performance.now() - before) / bytes.length;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] as number;
}

let worst = 0;
for (const [name, make] of Object.entries(kinds)) {
  if (!name.includes(process.argv[2] ?? "")) continue;
  const inputs = sizes.map((size) => make(size));
  const times = inputs.map(() => [] as number[]);
  const isPrefixed = name.startsWith("length prefixes");
  // Where a run takes long there are fewer of them, and the small sizes are not run several times over.
  const isSlow = run(inputs[0] as Uint8Array, isPrefixed) > SLOW;
  for (let i = 0; i < (isSlow ? 3 : 7); i++) {
    for (const [k, bytes] of inputs.entries()) {
      const turns = isSlow ? 1 : (16 * MB) / bytes.length;
      let sum = 0;
      for (let turn = 0; turn < turns; turn++) sum += run(bytes, isPrefixed);
      times[k]?.push(sum / turns);
    }
  }
  const nanoseconds = times.map((all) => median(all) * 1e6);
  const ratio = Math.max(...nanoseconds) / Math.min(...nanoseconds);
  const growth = (nanoseconds.at(-1) as number) / (nanoseconds[0] as number);
  // Below this the fresh memory of one long unit costs as much as the work: it is 0.5 ns a byte more above the caches.
  if ((nanoseconds.at(-1) as number) > MEMORY) worst = Math.max(worst, growth);
  const each = nanoseconds.map((time) => time.toFixed(2).padStart(8)).join("");
  console.log(
    `${name.padEnd(44)} ns/byte at 1, 4, 16 MB:${each}   16:1 ${growth.toFixed(2)}   spread ${ratio.toFixed(2)}`,
  );
}
console.log(`the largest growth from 1 to 16 MB, above ${MEMORY} ns/byte: ${worst.toFixed(2)}`);
process.exitCode = worst < 1.5 ? 0 : 1;
