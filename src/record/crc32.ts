import { type ByteSource, bytesOf } from "../bytes.ts";

/** The polynomial of ISO 3309, reflected: x^0 is the highest bit. */
export const crc32Polynomial = 0xedb88320;

/**
 * Eight tables of 256 entries, one after the other: entry `256 * k + b` is the checksum of byte `b` followed by `k` zero bytes.
 * So eight bytes need eight look-ups that do not depend on each other ("slicing by 8").
 */
let tables: Int32Array | undefined;

function makeTables(): Int32Array {
  const made = new Int32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let remainder = byte;
    for (let bit = 0; bit < 8; bit++)
      remainder = (remainder & 1) === 1 ? (remainder >>> 1) ^ crc32Polynomial : remainder >>> 1;
    made[byte] = remainder;
  }
  for (let entry = 256; entry < made.length; entry++) {
    const shorter = made[entry - 256] as number;
    made[entry] = (shorter >>> 8) ^ (made[shorter & 0xff] as number);
  }
  return made;
}

type Crc32 = (bytes: Uint8Array, previous: number) => number;

/** The part of Node's `process` that is used here. It is declared because the core compiles without the types of Node. */
interface ProcessLike {
  getBuiltinModule?(name: "node:zlib"): { readonly crc32?: Crc32 } | undefined;
}

let fastest: Crc32 | undefined;

/** zlib's own function, several times as fast; undefined where there is none. */
function nativeCrc32(): Crc32 | undefined {
  const { process } = globalThis as { readonly process?: ProcessLike };
  return process?.getBuiltinModule?.("node:zlib")?.crc32;
}

/**
 * CRC-32 as zlib computes it. `previous` is the checksum of the bytes before these, so that parts need not be joined:
 * `crc32(b, crc32(a))` is the checksum of `a` followed by `b`. Returns an unsigned 32-bit number.
 */
export function crc32(source: ByteSource, previous = 0): number {
  const bytes = bytesOf(source, "what the checksum is of");
  fastest ??= nativeCrc32() ?? crc32WithTables;
  return fastest(bytes, previous);
}

/** The checksum in TypeScript. */
export function crc32WithTables(bytes: Uint8Array, previous: number): number {
  tables ??= makeTables();
  const t = tables;
  const length = bytes.length;
  let crc = ~previous;
  let i = 0;
  for (const end = length - 7; i < end; i += 8) {
    crc ^=
      (bytes[i] as number) |
      ((bytes[i + 1] as number) << 8) |
      ((bytes[i + 2] as number) << 16) |
      ((bytes[i + 3] as number) << 24);
    crc =
      (t[1792 + (crc & 0xff)] as number) ^
      (t[1536 + ((crc >>> 8) & 0xff)] as number) ^
      (t[1280 + ((crc >>> 16) & 0xff)] as number) ^
      (t[1024 + (crc >>> 24)] as number) ^
      (t[768 + (bytes[i + 4] as number)] as number) ^
      (t[512 + (bytes[i + 5] as number)] as number) ^
      (t[256 + (bytes[i + 6] as number)] as number) ^
      (t[bytes[i + 7] as number] as number);
  }
  for (; i < length; i++) crc = (t[(crc ^ (bytes[i] as number)) & 0xff] as number) ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** The checksum of some bytes followed by `length` others, from the checksums of both: neither bytes are needed. */
export function joinedCrc32(first: number, second: number, length: number): number {
  // Each byte that follows multiplies the polynomial of those before it by x^8.
  let shifted = first;
  let power = 1 << 23;
  for (let left = length; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) shifted = product(shifted, power);
    power = product(power, power);
  }
  return (shifted ^ second) >>> 0;
}

/** The product of two polynomials modulo that of the checksum. */
function product(a: number, b: number): number {
  let sum = 0;
  let shifted = b;
  for (let bit = 31; bit >= 0; bit--) {
    if (((a >>> bit) & 1) === 1) sum ^= shifted;
    shifted = (shifted & 1) === 1 ? (shifted >>> 1) ^ crc32Polynomial : shifted >>> 1;
  }
  return sum;
}
