import type { TraceElement } from "../src/bitreader/index.ts";
import { BitWriter, unescaped } from "./bit-writer.ts";
import type { TracedUnit } from "./trace-recorder.ts";

/** How far the elements of a unit cover it, and the first thing that is wrong with them. */
export interface Tiling {
  /** Bits of the unescaped unit behind the last element. */
  readonly end: number;
  /** Bits of the unescaped unit. */
  readonly size: number;
  /** The unit without emulation prevention bytes, as far as it was looked at. */
  readonly bytes: Uint8Array;
  readonly flaw: string | undefined;
}

/** The bits that an element's descriptor gives its value. */
export function codedElement({
  descriptor,
  length,
  value,
  values = 0,
}: Pick<TraceElement, "descriptor" | "length" | "value" | "values">): BitWriter {
  const w = new BitWriter();
  switch (descriptor) {
    case "ue":
      return w.ue(value);
    case "se":
      return w.se(value);
    case "te":
      return length === 1 ? w.te(value, 1) : w.ue(value);
    case "i":
      return w.i(length, value);
    case "s":
      return w.s(length - 1, value);
    case "le":
      return w.le(length / 8, value);
    case "su":
      return w.i(length, value);
    case "ns":
      return w.ns(values, value);
    case "leb128":
      return w.leb128(length / 8, value);
    case "uvlc":
      return w.uvlc(length, value);
    default:
      return w.u(length, value);
  }
}

function bitsAt(bytes: Uint8Array, at: number, count: number): string {
  let bits = "";
  for (let i = at; i < at + count; i++) bits += ((bytes[i >> 3] ?? 0) >> (7 - (i & 7))) & 1;
  return bits;
}

/**
 * The elements of a unit follow each other from bit 0 on without gap or overlap, writing them again gives the unit's
 * own bits, and their places in the coded bytes are right.
 *
 * @param isWhole the elements are to cover the whole unit; else only its beginning is looked at.
 * @param isEscaped the unit may hold emulation prevention bytes.
 */
export function tilingOf({ bytes: unit, elements }: TracedUnit, isWhole: boolean, isEscaped = true): Tiling {
  const last = elements.at(-1);
  const covered = last === undefined ? 0 : (last.codedBit + last.length) / 8;
  const part = isWhole ? unit : unit.subarray(0, covered * 1.5 + 16);
  const { bytes, codedByte } = isEscaped ? unescaped(part) : { bytes: part, codedByte: [...part.keys()] };
  let end = 0;
  let flaw: string | undefined;
  for (const element of elements) {
    const { name, bit, codedBit, length } = element;
    const wrong = (reason: string) => {
      flaw ??= `${name} at bit ${bit}: ${reason}`;
    };
    if (bit !== end) wrong(`the element before it ends at ${end}`);
    const w = codedElement(element);
    if (w.position !== length) wrong(`${length} bits, written again ${w.position}`);
    const again = bitsAt(w.bytes(), 0, w.position);
    const original = bitsAt(bytes, bit, length);
    if (again !== original) wrong(`${original}, written again ${again}`);
    const place = (codedByte[bit >> 3] as number) * 8 + (bit & 7);
    if (codedBit !== place) wrong(`codedBit ${codedBit}, not ${place}`);
    end = bit + length;
  }
  return { end, size: bytes.length * 8, bytes, flaw };
}
