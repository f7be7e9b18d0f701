/** The start-code scan against a plain copy of the same bytes in the same process, on ordinary and on the worst inputs. */

import { findStartCodes, OffsetList } from "../src/framing/start-codes.ts";
import { Random } from "../support/random.ts";

const MB = 1 << 20;
const CHUNK = 1 << 18;
const ROUNDS = 15;

function filled(size: number, pattern: readonly number[]): Uint8Array {
  return new Uint8Array(size).map((_, i) => pattern[i % pattern.length] as number);
}

/** Inputs of 16 MB by name; the first one is what the others are compared with. */
const inputs: Readonly<Record<string, Uint8Array>> = {
  "random bytes": new Random(1).bytes(16 * MB),
  zeros: new Uint8Array(16 * MB),
  "01 fill": filled(16 * MB, [1]),
  "00 01": filled(16 * MB, [0, 1]),
  "00 00 02": filled(16 * MB, [0, 0, 2]),
  "00 00 03": filled(16 * MB, [0, 0, 3]),
  "a start code every 64 bytes": filled(16 * MB, [0, 0, 1, ...new Array<number>(61).fill(7)]),
};

/** Bytes per nanosecond of the fastest of several rounds: GB/s. */
function fastest(bytes: Uint8Array, run: (chunk: Uint8Array) => void): number {
  let best = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const begin = process.hrtime.bigint();
    for (let at = 0; at < bytes.length; at += CHUNK) run(bytes.subarray(at, at + CHUNK));
    best = Math.min(best, Number(process.hrtime.bigint() - begin));
  }
  return bytes.length / best;
}

/** Prints a row for each input. */
export function printScan(): void {
  const target = new Uint8Array(CHUNK);
  const offsets = new OffsetList();
  console.log("\n| start-code scan | GB/s | of `Uint8Array.set` | of random bytes |\n|---|---|---|---|");
  let usual = 0;
  for (const [name, bytes] of Object.entries(inputs)) {
    const copy = fastest(bytes, (chunk) => target.set(chunk));
    const scan = fastest(bytes, (chunk) => {
      offsets.length = 0;
      findStartCodes(chunk, offsets);
    });
    usual ||= scan;
    console.log(`| ${name} | ${scan.toFixed(1)} | ${(scan / copy).toFixed(2)} | ${(scan / usual).toFixed(2)} |`);
  }
}
