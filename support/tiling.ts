import { unescaped } from "../src/testing/bit-writer.ts";
import { codedElement } from "../src/testing/coded-element.ts";
import type { TracedUnit } from "./trace-recorder.ts";

/** How far the elements of a unit cover it, and the first thing that is wrong with them. */
export interface Tiling {
  /** Bits of the unescaped unit after the last element. */
  readonly end: number;
  /** Bits of the unescaped unit. */
  readonly size: number;
  /** The unit without emulation prevention bytes, as far as it was looked at. */
  readonly bytes: Uint8Array;
  readonly flaw: string | undefined;
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
