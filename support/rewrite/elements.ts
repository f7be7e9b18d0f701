/** Syntax elements to write: the inverse of the trace. */
import type { Descriptor, TraceElement } from "../../src/bitreader/index.ts";
import { BitWriter } from "../../src/testing/bit-writer.ts";

/** An element without its place. `length` is what the descriptor and the value come to, but for u, i, f and b. */
export type Element = Pick<TraceElement, "name" | "subscripts" | "descriptor" | "length" | "value">;

function element(
  descriptor: Descriptor,
  length: number,
  name: string,
  value: number,
  subscripts: readonly number[],
): Element {
  const made = { name, subscripts, descriptor, length, value };
  const w = new BitWriter();
  writeElement(w, made);
  return { ...made, length: w.position };
}

/** u(n). Throws RangeError where the value needs more bits. */
export function u(n: number, name: string, value: number, ...subscripts: readonly number[]): Element {
  return element("u", n, name, value, subscripts);
}

/** u(1). */
export function flag(name: string, value: number, ...subscripts: readonly number[]): Element {
  return element("u", 1, name, value, subscripts);
}

/** ue(v). */
export function ue(name: string, value: number, ...subscripts: readonly number[]): Element {
  return element("ue", 0, name, value, subscripts);
}

/** se(v). */
export function se(name: string, value: number, ...subscripts: readonly number[]): Element {
  return element("se", 0, name, value, subscripts);
}

/** Another value, or another length of u(v). */
export function changed({ name, subscripts, descriptor, length }: Element, value: number, bits = length): Element {
  return element(descriptor, bits, name, value, subscripts);
}

/** How many bits elements take. */
export function bitsOf(elements: readonly Element[]): number {
  return elements.reduce((sum, { length }) => sum + length, 0);
}

/** Writes an element as its descriptor says (7.2). */
export function writeElement(w: BitWriter, { name, descriptor, length, value }: Element): void {
  switch (descriptor) {
    case "ue":
      w.ue(value);
      return;
    case "se":
      w.se(value);
      return;
    case "i":
      w.i(length, value);
      return;
    case "te":
      throw new RangeError(`${name}: te(v) has no length of its own`);
    default:
      if (value < 0 || value >= 2 ** length) throw new RangeError(`${name}: ${value} in ${length} bits`);
      w.u(length, value);
  }
}
