/**
 * Streams taken apart into the elements of their headers, to be changed and put together again. Slice data begins at a
 * byte boundary in H.265 (byte_alignment()), and after a byte that is not 0: it stays as it is, emulation prevention
 * bytes and all.
 */
import { unitsOfPacket } from "../../src/framing/byte-stream.ts";
import { openSession } from "../../src/open-session.ts";
import { BitWriter, escaped } from "../../src/testing/bit-writer.ts";
import { TraceRecorder } from "../trace-recorder.ts";
import { changed, type Element, u, writeElement } from "./elements.ts";

/** rbsp_trailing_bits() or byte_alignment(): written anew, after whatever elements a unit then has. */
const closingBits: ReadonlySet<string> = new Set([
  "rbsp_stop_one_bit",
  "rbsp_alignment_zero_bit",
  "alignment_bit_equal_to_one",
  "alignment_bit_equal_to_zero",
]);

/** An element where it was written. */
export interface PlacedElement extends Element {
  /** The first bit in the unit without emulation prevention bytes. */
  readonly bit: number;
}

/** A NAL unit as elements, and the slice data after them. Edits that name what is not there throw RangeError. */
export class EditableUnit {
  elements: Element[];
  /** As coded. Of units that nobody reads, all of it. */
  readonly data: Uint8Array;
  /** The names of its first closing bit and of the others; null where it has none. */
  readonly #closing: readonly [string, string] | null;

  constructor(elements: readonly Element[], data: Uint8Array) {
    let end = elements.length;
    while (end > 0 && closingBits.has((elements[end - 1] as Element).name)) end--;
    const isSlice = elements[end]?.name === "alignment_bit_equal_to_one";
    this.elements = elements.slice(0, end);
    this.data = data;
    if (end === elements.length) this.#closing = null;
    else if (isSlice) this.#closing = ["alignment_bit_equal_to_one", "alignment_bit_equal_to_zero"];
    else this.#closing = ["rbsp_stop_one_bit", "rbsp_alignment_zero_bit"];
  }

  /** nal_unit_type; -1 of units that nobody reads. */
  get type(): number {
    return this.elements[1]?.value ?? -1;
  }

  /** A unit that can be changed without changing this one. */
  copy(): EditableUnit {
    const closing = this.#closing?.map((name): Element => ({ ...u(1, name, 0), descriptor: "f" })) ?? [];
    return new EditableUnit([...this.elements, ...closing], this.data);
  }

  has(name: string, ...subscripts: readonly number[]): boolean {
    return this.#find(name, subscripts) >= 0;
  }

  /** The value of the first element of this name, and with these subscripts if any are given. */
  value(name: string, ...subscripts: readonly number[]): number {
    return (this.elements[this.#place(name, subscripts)] as Element).value;
  }

  /** Changes a value; the length of u(n) stays. */
  set(name: string, value: number, ...subscripts: readonly number[]): this {
    const at = this.#place(name, subscripts);
    this.elements[at] = changed(this.elements[at] as Element, value);
    return this;
  }

  /** Changes value and length of an element that is u(v). */
  resize(name: string, bits: number, value: number, ...subscripts: readonly number[]): this {
    const at = this.#place(name, subscripts);
    this.elements[at] = changed(this.elements[at] as Element, value, bits);
    return this;
  }

  /** Puts elements right after the first one of this name. */
  after(name: string, ...elements: readonly Element[]): this {
    this.elements.splice(this.#place(name, []) + 1, 0, ...elements);
    return this;
  }

  /** Puts elements right before the first one of this name. */
  before(name: string, ...elements: readonly Element[]): this {
    this.elements.splice(this.#place(name, []), 0, ...elements);
    return this;
  }

  /** Puts elements after all others. */
  append(...elements: readonly Element[]): this {
    this.elements.push(...elements);
    return this;
  }

  /** Takes away all elements of this name, or the one with these subscripts. */
  remove(name: string, ...subscripts: readonly number[]): this {
    this.#place(name, subscripts);
    this.elements = this.elements.filter((element) => !isNamed(element, name, subscripts));
    return this;
  }

  /** Puts elements in the place of all that lie between the first ones of two names. */
  between(name: string, next: string, ...elements: readonly Element[]): this {
    const first = this.#place(name, []) + 1;
    const end = this.#place(next, []);
    if (end < first) throw new RangeError(`${next} does not come after ${name}`);
    this.elements.splice(first, end - first, ...elements);
    return this;
  }

  /** All elements with their places, closing bits too. */
  placed(): PlacedElement[] {
    const placed: PlacedElement[] = [];
    let bit = 0;
    const add = (element: Element) => {
      placed.push({ ...element, bit });
      bit += element.length;
    };
    this.elements.forEach(add);
    if (this.#closing === null) return placed;
    const [first, others] = this.#closing;
    add({ ...u(1, first, 1), descriptor: "f" });
    while (bit % 8 !== 0) add({ ...u(1, others, 0), descriptor: "f" });
    return placed;
  }

  /** The NAL unit's bytes. */
  bytes(): Uint8Array {
    const w = new BitWriter();
    for (const element of this.placed()) writeElement(w, element);
    const header = escaped(w.bytes());
    const unit = new Uint8Array(header.length + this.data.length);
    unit.set(header);
    unit.set(this.data, header.length);
    return unit;
  }

  #find(name: string, subscripts: readonly number[]): number {
    return this.elements.findIndex((element) => isNamed(element, name, subscripts));
  }

  #place(name: string, subscripts: readonly number[]): number {
    const at = this.#find(name, subscripts);
    if (at < 0) throw new RangeError(`the unit has no ${name}[${subscripts.join("][")}]`);
    return at;
  }
}

function isNamed(element: Element, name: string, subscripts: readonly number[]): boolean {
  return element.name === name && subscripts.every((subscript, i) => element.subscripts[i] === subscript);
}

/** The units of an H.265 byte stream. */
export function editableUnits(stream: Uint8Array): EditableUnit[] {
  const trace = new TraceRecorder();
  const session = openSession("h265", { trace });
  session.push(stream);
  session.flush();
  const traced = new Map(trace.units.map((unit) => [unit.byte, unit.elements]));
  return unitsOfPacket(stream, 0).map(({ bytes, byte }) => {
    const elements = traced.get(byte) ?? [];
    const last = elements.at(-1);
    const header = last === undefined ? 0 : Math.ceil((last.codedBit + last.length) / 8);
    return new EditableUnit(elements, bytes.slice(header));
  });
}

/** The units after start codes of four bytes. */
export function streamOf(units: readonly EditableUnit[]): Uint8Array {
  const parts = units.flatMap((unit) => [Uint8Array.of(0, 0, 0, 1), unit.bytes()]);
  const stream = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    stream.set(part, at);
    at += part.length;
  }
  return stream;
}
