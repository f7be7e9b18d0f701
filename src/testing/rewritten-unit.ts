import type { TraceElement } from "../bitreader/index.ts";
import { BitWriter, escaped, unescaped } from "./bit-writer.ts";
import { codedElement } from "./coded-element.ts";

/** What an element is written from. */
export type CodedElement = Pick<TraceElement, "name" | "descriptor" | "length" | "value">;

/** rbsp_trailing_bits() and byte_alignment(): written anew, after whatever elements a unit then has. */
export const closingBits: ReadonlySet<string> = new Set([
  "rbsp_stop_one_bit",
  "rbsp_alignment_zero_bit",
  "alignment_bit_equal_to_one",
  "alignment_bit_equal_to_zero",
]);

/**
 * A unit whose elements are written again, some of them changed. All that comes after them stays bit by bit.
 *
 * @param elements all that were read of the unit, from its first bit on without gaps.
 * @param isEscaped the unit may hold emulation prevention bytes.
 * @param change gets the elements without those that close the unit.
 */
export function rewrittenUnit(
  unit: Uint8Array,
  elements: readonly TraceElement[],
  isEscaped: boolean,
  change: (elements: readonly TraceElement[]) => readonly CodedElement[],
): Uint8Array {
  const last = elements.at(-1);
  if (last === undefined) return unit.slice();
  const plain = isEscaped ? unescaped(unit).bytes : unit;
  let open = elements.length;
  while (open > 0 && closingBits.has((elements[open - 1] as TraceElement).name)) open--;
  const w = new BitWriter();
  for (const element of change(elements.slice(0, open))) for (const bit of codedElement(element).bits) w.u(1, bit);
  if (open < elements.length) w.trailing();
  const bytes = withRest(w, plain, last.bit + last.length);
  return isEscaped ? escaped(bytes) : bytes;
}

/** The written bits, and after them the bits of `plain` from `start` on. */
function withRest(written: BitWriter, plain: Uint8Array, start: number): Uint8Array {
  const { position } = written;
  const bytes = new Uint8Array(Math.ceil((position + plain.length * 8 - start) / 8));
  bytes.set(written.bytes());
  const shift = (position - start) & 7;
  // The bit `start` of `plain` comes to the place `position`.
  for (let from = start >> 3, to = (position - (start & 7)) >> 3; from < plain.length; from++, to++) {
    const byte = (plain[from] as number) & (from === start >> 3 ? 0xff >> (start & 7) : 0xff);
    if (to >= 0) bytes[to] = (bytes[to] as number) | (byte >> shift);
    if (shift > 0 && to + 1 < bytes.length) bytes[to + 1] = (bytes[to + 1] as number) | ((byte << (8 - shift)) & 0xff);
  }
  return bytes;
}
