import { elementPath, type TraceElement } from "../bitreader/index.ts";
import type { ElementSource, InferredSource, Role, SpanSource } from "./source.ts";

/** Subscripts one by one, or in lists. */
export type Subscripts = readonly (number | readonly number[])[];

/** A unit of a stream with the elements that a session has read of it. */
export class ReadUnit {
  /** As `trace` counts units. */
  readonly number: number;
  readonly kind: string;
  /** Where it begins in the stream; -1 in a configuration record. */
  readonly byte: number;
  /** As coded. After `forgetData` only the bytes of its elements. */
  bytes: Uint8Array;
  readonly elements: TraceElement[] = [];
  readonly #isEscaped: boolean;
  #places: Map<string, number> | undefined;
  #byName: Map<string, number[]> | undefined;

  constructor(number: number, kind: string, byte: number, bytes: Uint8Array, isEscaped: boolean) {
    this.number = number;
    this.kind = kind;
    this.byte = byte;
    this.bytes = bytes;
    this.#isEscaped = isEscaped;
  }

  /** Keeps the bytes of the elements only: the slice data is no longer needed. */
  forgetData(): void {
    const last = this.elements.at(-1);
    const end = last === undefined ? 0 : Math.ceil((last.codedBit + last.length) / 8) + 8;
    if (end < this.bytes.length) this.bytes = this.bytes.slice(0, end);
  }

  /** The place of the first element with this name and these subscripts, from place `from` on; -1 where there is none. */
  placeOf(name: string, subscripts: readonly number[] = [], from = 0): number {
    this.#places ??= placesOf(this.elements);
    const path = elementPath(name, subscripts);
    const first = this.#places.get(path) ?? -1;
    if (first < 0 || first >= from) return first;
    for (let place = from; place < this.elements.length; place++) {
      const element = this.elements[place] as TraceElement;
      if (element.name === name && hasSubscripts(element, subscripts)) return place;
    }
    return -1;
  }

  has(name: string, ...subscripts: Subscripts): boolean {
    return this.placeOf(name, subscripts.flat()) >= 0;
  }

  /** The value of the first element with this name and these subscripts; undefined where it is not coded. */
  value(name: string, ...subscripts: Subscripts): number | undefined {
    return this.elements[this.placeOf(name, subscripts.flat())]?.value;
  }

  /** The first element with this name and these subscripts as a source. */
  element(name: string, ...subscripts: Subscripts): ElementSource | undefined {
    return this.at(this.placeOf(name, subscripts.flat()));
  }

  /** The same, where it decides about a field. */
  condition(name: string, ...subscripts: Subscripts): ElementSource | undefined {
    return this.at(this.placeOf(name, subscripts.flat()), "condition");
  }

  /** All elements that have one of these names, as conditions. */
  allNamed(...lists: readonly (string | readonly string[])[]): ElementSource[] {
    this.#byName ??= placesByName(this.elements);
    const places = [...new Set(lists.flat())].flatMap((name) => this.#byName?.get(name) ?? []);
    return places.sort((a, b) => a - b).map((place) => this.#at(place, "condition"));
  }

  /** The element at a place as a source; undefined where there is none. */
  at(place: number, role: Role = "value"): ElementSource | undefined {
    return place < 0 || place >= this.elements.length ? undefined : this.#at(place, role);
  }

  #at(place: number, role: Role): ElementSource {
    const { name, subscripts, descriptor, bit, codedBit, length, value } = this.elements[place] as TraceElement;
    return {
      kind: "element",
      role,
      unit: this.number,
      unitKind: this.kind,
      name,
      subscripts,
      descriptor,
      byte: this.byte < 0 ? null : this.byte + (codedBit >> 3),
      bitOfByte: codedBit & 7,
      bit,
      length,
      // Bits that are counted from the least significant one are shown as the number that they are.
      bits: descriptor === "le" ? value.toString(2).padStart(length, "0") : this.#bits(codedBit, length),
      value,
    };
  }

  /** The elements from one place to another, both included. */
  span(first: number, last: number, what: string, role: Role = "value"): SpanSource | undefined {
    if (first < 0 || last < first) return undefined;
    const ends = { first: this.#at(first, role), last: this.#at(last, role) };
    return { kind: "span", role, unit: this.number, unitKind: this.kind, ...ends, what };
  }

  /** The element, or the rule for a stream that does not code it. */
  elementOr(rule: string, name: string, ...subscripts: Subscripts): ElementSource | InferredSource {
    return this.element(name, subscripts.flat()) ?? this.inferred(rule, name, subscripts.flat());
  }

  /** @param rule what the value is, and by which clause. */
  inferred(rule: string, name: string, ...subscripts: Subscripts): InferredSource {
    return {
      kind: "inferred",
      name: elementPath(name, subscripts.flat()),
      rule,
      unit: this.number,
      unitKind: this.kind,
    };
  }

  #bits(codedBit: number, length: number): string {
    let bits = "";
    for (let at = codedBit; bits.length < length; at++) {
      const place = at >> 3;
      if (this.#isEscaped && (at & 7) === 0 && isEmulationPrevention(this.bytes, place)) {
        at += 7;
        continue;
      }
      bits += ((this.bytes[place] ?? 0) >> (7 - (at & 7))) & 1;
    }
    return bits;
  }
}

function hasSubscripts({ subscripts }: TraceElement, wanted: readonly number[]): boolean {
  return subscripts.length === wanted.length && subscripts.every((subscript, i) => subscript === wanted[i]);
}

function placesOf(elements: readonly TraceElement[]): Map<string, number> {
  const places = new Map<string, number>();
  for (const [i, { name, subscripts }] of elements.entries()) {
    const path = elementPath(name, subscripts);
    if (!places.has(path)) places.set(path, i);
  }
  return places;
}

function placesByName(elements: readonly TraceElement[]): Map<string, number[]> {
  const places = new Map<string, number[]>();
  for (const [i, { name }] of elements.entries()) {
    const list = places.get(name);
    if (list === undefined) places.set(name, [i]);
    else list.push(i);
  }
  return places;
}

function isEmulationPrevention(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 3 && at >= 2 && bytes[at - 1] === 0 && bytes[at - 2] === 0;
}
