/** A unit in which one syntax element has another value, and every other element keeps its own. */
import type { TraceElement } from "../../src/bitreader/index.ts";
import { BitWriter, escaped, unescaped } from "../../src/testing/bit-writer.ts";
import { type CodedBools, codedBools, encodedBools } from "../../src/testing/coded-bools.ts";
import { codedElement } from "../../src/testing/coded-element.ts";
import { withLeastFirst } from "../../src/testing/least-first.ts";
import type { TracedUnit } from "../trace-recorder.ts";

/** The other values that an element is given: its bits flipped one by one, or the values next to it in a code of any length. */
export function otherValues({ descriptor, length, value, values = 1 }: TraceElement, bools: number): number[] {
  if (descriptor === "ns" || descriptor === "uvlc") {
    const most = descriptor === "ns" ? values - 1 : 2 ** 32 - 2;
    return [value + 1, value - 1, 0, most].filter((other, i, all) => {
      return other !== value && other >= 0 && other <= most && all.indexOf(other) === i;
    });
  }
  if (descriptor === "leb128") return [0, 3, 6].map((place) => flipped(value, place));
  if (descriptor === "ue" || descriptor === "se" || descriptor === "te") {
    const near = [value + 1, value - 1, value ^ 2, value + 4, 0, -value];
    if (descriptor === "te" && length === 1) return [1 - value];
    return [...new Set(near)].filter((other) => other !== value && (descriptor === "se" || other >= 0));
  }
  if (descriptor === "s")
    return [value + (value === 2 ** (length - 1) - 1 ? -1 : 1), -value - 1].filter(
      (v) => Math.abs(v) < 2 ** (length - 1),
    );
  const count = descriptor === "bool" ? bools : length;
  const places = count <= 8 ? [...Array(count).keys()] : [0, 1, count >> 1, count - 1];
  if (descriptor === "i" || descriptor === "su")
    return places.map((place) => ((value ^ (1 << place)) << (32 - length)) >> (32 - length));
  return places.map((place) => flipped(value, place));
}

/** Also for values of 32 bits. */
function flipped(value: number, place: number): number {
  const bit = 2 ** place;
  return Math.floor(value / bit) % 2 === 1 ? value - bit : value + bit;
}

/** How many bools each element of a unit has; undefined for those that have none. */
export function boolCounts(elements: readonly TraceElement[]): (number | undefined)[] {
  const counts = codedBools(elements)?.counts ?? new Uint8Array();
  let next = 0;
  return elements.map(({ coder }) => (coder === undefined ? undefined : counts[next++]));
}

/** The unit with another value at one place. @param isEscaped it may hold emulation prevention bytes. */
export function withValue(
  { bytes, elements }: TracedUnit,
  place: number,
  value: number,
  isEscaped: boolean,
): Uint8Array {
  const element = elements[place] as TraceElement;
  if (element.coder !== undefined) return withBool(bytes, elements, place, value);
  if (element.descriptor === "le") return withLeastFirst(bytes, element, value);
  const plain = isEscaped ? unescaped(bytes).bytes : bytes;
  const coded = codedElement({ ...element, value, length: element.length });
  const w = new BitWriter();
  const copy = (from: number, to: number) => {
    for (let at = from; at < to; at++) w.u(1, ((plain[at >> 3] ?? 0) >> (7 - (at & 7))) & 1);
  };
  copy(0, element.bit);
  for (const bit of coded.bits) w.u(1, bit);
  const aligned = elements.find(({ name }) => name === "alignment_bit_equal_to_one");
  const last = elements.at(-1) as TraceElement;
  const end = element.bit + element.length;
  if (aligned !== undefined && place < elements.indexOf(aligned)) {
    // Slice data begins at a byte, so byte_alignment() is written anew.
    copy(end, aligned.bit);
    w.trailing();
    copy(last.bit + last.length, plain.length * 8);
  } else copy(end, lastBit(plain) + 1);
  return isEscaped ? escaped(w.bytes()) : w.bytes();
}

/** The place of the last bit that is set: of the stop bit, in a NAL unit. */
function lastBit(bytes: Uint8Array): number {
  let at = bytes.length * 8 - 1;
  while (at > 0 && (((bytes[at >> 3] as number) >> (7 - (at & 7))) & 1) === 0) at--;
  return at;
}

/** All bools of the header are written again, over the old ones. What comes after them keeps its place. */
function withBool(bytes: Uint8Array, elements: readonly TraceElement[], place: number, value: number): Uint8Array {
  const bools = codedBools(elements) as CodedBools;
  const values = bools.values.slice();
  values[elements.slice(0, place).filter(({ coder }) => coder !== undefined).length] = value;
  const header = encodedBools(bools, values);
  const changed = bytes.slice();
  changed.set(header.subarray(0, Math.max(0, changed.length - bools.begin)), bools.begin);
  return changed;
}
