import type { TraceElement } from "../src/bitreader/index.ts";
import { elementPath } from "../src/bitreader/index.ts";
import { BitWriter, escaped } from "../src/testing/bit-writer.ts";

/** An element as a row of a syntax table: name with subscripts, a number of bits or ue, se, and the value. */
export type Row = readonly [name: string, descriptor: number | "ue" | "se", value: number];

/** The rows of several elements that have the same descriptor. */
export function rows(descriptor: Row[1], values: Readonly<Record<string, number>>): Row[] {
  return Object.entries(values).map(([name, value]) => [name, descriptor, value]);
}

function write(w: BitWriter, [, descriptor, value]: Row): void {
  if (descriptor === "ue") w.ue(value);
  else if (descriptor === "se") w.se(value);
  else w.u(descriptor, value < 0 ? value + 2 ** descriptor : value);
}

/** The unit that the rows make, with rbsp_trailing_bits() unless they bring their own, and emulation prevention. */
export function unitOf(all: readonly Row[], trailing = true): Uint8Array {
  const w = new BitWriter();
  for (const row of all) write(w, row);
  return escaped((trailing ? w.trailing() : w).bytes());
}

/** For `onFlaw`: what a parser tolerates is an error like any other. */
export function thrown(flaw: Error): never {
  throw flaw;
}

/** Where a row begins. */
export function bitOf(all: readonly Row[], name: string): number {
  const w = new BitWriter();
  for (const row of all) {
    if (row[0] === name) return w.position;
    write(w, row);
  }
  throw new Error(`there is no ${name}`);
}

/** The rows with another value for one of them. */
export function withValue(all: readonly Row[], name: string, value: number): Row[] {
  if (!all.some((row) => row[0] === name)) throw new Error(`there is no ${name}`);
  return all.map((row) => (row[0] === name ? [name, row[1], value] : row));
}

/** What was read, as `name value`, closing bits left out: to be compared with `described(rows)`. */
export function readRows(elements: readonly TraceElement[]): string[] {
  const closing = ["rbsp_stop_one_bit", "rbsp_alignment_zero_bit"];
  const inner = elements.filter(({ name }) => !closing.includes(name));
  return inner.map(({ name, subscripts, value }) => `${elementPath(name, subscripts)} ${value}`);
}

export function described(all: readonly Row[]): string[] {
  return all.map(([name, , value]) => `${name} ${value}`);
}
