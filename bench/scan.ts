/** The start-code scan against a plain copy of the same bytes in the same process, on ordinary and on the worst inputs. */

import { findStartCodes, OffsetList } from "../src/framing/start-codes.ts";
import { Random } from "../support/random.ts";

const MB = 1 << 20;
const CHUNK = 1 << 18;
const ROUNDS = 40;

function filled(size: number, pattern: readonly number[]): Uint8Array {
  return new Uint8Array(size).map((_, i) => pattern[i % pattern.length] as number);
}

/** Inputs of 16 MB by name; the first one is what the others are compared with. */
const inputs: Readonly<Record<string, Uint8Array>> = {
  "random bytes": new Random(1).bytes(16 * MB),
  zeros: filled(16 * MB, [0]),
  "01 fill": filled(16 * MB, [1]),
  "00 01": filled(16 * MB, [0, 1]),
  "01 00": filled(16 * MB, [1, 0]),
  "00 00 02": filled(16 * MB, [0, 0, 2]),
  "00 00 03": filled(16 * MB, [0, 0, 3]),
  "a start code every 64 bytes": filled(16 * MB, [0, 0, 1, ...new Array<number>(61).fill(7)]),
};

/** The nanoseconds that a pass over the bytes takes. */
function pass(bytes: Uint8Array, run: (chunk: Uint8Array) => void): number {
  const begin = process.hrtime.bigint();
  for (let at = 0; at < bytes.length; at += CHUNK) run(bytes.subarray(at, at + CHUNK));
  return Number(process.hrtime.bigint() - begin);
}

/** Prints a row for each input: the fastest of several rounds. In a round all inputs take turns, so that a busy minute meets all. */
export function printScan(): void {
  const target = new Uint8Array(CHUNK);
  const offsets = new OffsetList();
  const rows = Object.entries(inputs).map(([name, bytes]) => ({ name, bytes, copy: Infinity, scan: Infinity }));
  for (let round = 0; round < ROUNDS; round++) {
    for (const row of rows) {
      const copy = pass(row.bytes, (chunk) => target.set(chunk));
      const scan = pass(row.bytes, (chunk) => {
        offsets.length = 0;
        findStartCodes(chunk, offsets);
      });
      row.copy = Math.min(row.copy, copy);
      row.scan = Math.min(row.scan, scan);
    }
  }
  console.log("\n| start-code scan | GB/s | of `Uint8Array.set` | of random bytes |\n|---|---|---|---|");
  const usual = rows[0]?.scan ?? 0;
  for (const { name, bytes, copy, scan } of rows) {
    const speed = (bytes.length / scan).toFixed(1);
    console.log(`| ${name} | ${speed} | ${(copy / scan).toFixed(2)} | ${(usual / scan).toFixed(2)} |`);
  }
}
