import { crc32 } from "../src/record/crc32.ts";

/**
 * How a peer's OUTPUT buffer can come from ours. `"zeros"`: the zero bytes that stand after the slices in the stream
 * (trailing_zero_8bits, or the zero_byte of the next NAL unit) are left in it. `"slices"`: some of the slices are missing.
 */
export type Variant = "zeros" | "slices";

/** Variants of an OUTPUT buffer by `variantKey`. */
export type Variants = ReadonlyMap<string, Variant>;

/** A buffer's size and checksum as one key. */
export function variantKey(bytes: number, crc: number): string {
  return `${bytes} ${crc}`;
}

/** A slice as it is in an OUTPUT buffer, start code included, and the zero bytes that follow it in the stream. */
export interface Slice {
  readonly bytes: Uint8Array;
  readonly zeros: number;
}

/** The most zero bytes after a slice that are looked at. */
const mostZeros = 64;

/** The variants of a buffer that consists of these slices. */
export function variantsOf(slices: readonly Slice[]): Variants {
  const variants = new Map<string, Variant>();
  const add = (parts: readonly Uint8Array[], variant: Variant): void => {
    const size = parts.reduce((total, part) => total + part.length, 0);
    const key = variantKey(
      size,
      parts.reduce((crc, part) => crc32(part, crc), 0),
    );
    if (!variants.has(key)) variants.set(key, variant);
  };
  const withZeros = slices.map(({ bytes, zeros }) => [bytes, new Uint8Array(Math.min(zeros, mostZeros))]);
  // At the end of a packet the last slice may lose its zeros, or get one more from the next start code.
  const last = slices.at(-1)?.bytes;
  if (last !== undefined) add([...withZeros.slice(0, -1).flat(), last], "zeros");
  add(withZeros.flat(), "zeros");
  for (const [i, { bytes }] of slices.entries()) {
    const before = slices.slice(0, i);
    if (i > 0) add(before.map((slice) => slice.bytes), "slices");
    if (i > 0) add(withZeros.slice(0, i).flat(), "slices");
    if (slices.length > 1) add([bytes], "slices");
    if (slices.length > 1) add(withZeros[i]!, "slices");
  }
  return variants;
}

/** Finds slices in the Annex B stream that they come from, in order. */
export class SliceFinder {
  readonly #stream: Uint8Array;
  #next = 0;

  constructor(stream: Uint8Array) {
    this.#stream = stream;
  }

  /** The zero bytes between a NAL unit and the next start code; 0 when the unit is not found after the one before. */
  zerosAfter(unit: Uint8Array): number {
    const stream = this.#stream;
    const at = Buffer.from(stream.buffer, stream.byteOffset, stream.byteLength).indexOf(unit, this.#next);
    if (at < 0) return 0;
    let end = at + unit.length;
    this.#next = end;
    while (end < stream.length && stream[end] === 0) end++;
    const zeros = end - this.#next;
    // Two of them belong to the start code, unless the stream ends.
    return end === stream.length ? zeros : Math.max(zeros - 2, 0);
  }
}
