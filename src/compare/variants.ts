import { sameBytes } from "../framing/bytes.ts";
import { crc32 } from "../record/crc32.ts";

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

/** Of pictures with more slices only runs from the first and single slices are taken for what a peer may have kept. */
const mostSlices = 8;

/** The variants of a buffer that consists of these slices. */
export function variantsOf(slices: readonly Slice[]): Variants {
  const variants = new Map<string, Variant>();
  const add = (parts: readonly Uint8Array[], variant: Variant): void => {
    const key = keyOf(parts);
    if (!variants.has(key)) variants.set(key, variant);
  };
  const last = slices.at(-1);
  if (last === undefined) return variants;
  const before = slices.slice(0, -1).flatMap(withZeros);
  // The end of a packet cuts the last slice's zeros somewhere.
  for (let zeros = 0; zeros <= Math.min(last.zeros, mostZeros); zeros++) {
    add([...before, last.bytes, new Uint8Array(zeros)], "zeros");
  }
  for (const kept of slices.length <= mostSlices ? subsets(slices) : runs(slices)) {
    add(
      kept.map(({ bytes }) => bytes),
      "slices",
    );
    add(kept.flatMap(withZeros), "slices");
    const end = kept.slice(-1).map(({ bytes }) => bytes);
    add([...kept.slice(0, -1).flatMap(withZeros), ...end], "slices");
  }
  variants.delete(keyOf(slices.map(({ bytes }) => bytes)));
  return variants;
}

function keyOf(parts: readonly Uint8Array[]): string {
  const size = parts.reduce((total, part) => total + part.length, 0);
  return variantKey(
    size,
    parts.reduce((crc, part) => crc32(part, crc), 0),
  );
}

function withZeros({ bytes, zeros }: Slice): Uint8Array[] {
  return [bytes, new Uint8Array(Math.min(zeros, mostZeros))];
}

/** Some but not all. */
function subsets(slices: readonly Slice[]): Slice[][] {
  const all = 2 ** slices.length - 1;
  return Array.from({ length: Math.max(all - 1, 0) }, (_, i) => slices.filter((_slice, bit) => ((i + 1) >> bit) & 1));
}

function runs(slices: readonly Slice[]): Slice[][] {
  return slices.flatMap((slice, i) => (i === 0 ? [[slice]] : [slices.slice(0, i), [slice]]));
}

/** The first place of `part` in `bytes` from `start` on; -1 where there is none. */
export function placeOf(part: Uint8Array, bytes: Uint8Array, start = 0): number {
  const [first = 0] = part;
  // A start code begins with zeros, which are frequent: its last bytes are looked at first.
  for (let at = bytes.indexOf(first, start); at >= 0; at = bytes.indexOf(first, at + 1)) {
    if (bytes[at + 2] === part[2] && sameBytes(bytes.subarray(at, at + part.length), part)) return at;
  }
  return -1;
}

/** Finds slices, start code included, in the Annex B stream that they come from, in order. */
export class SliceFinder {
  readonly #stream: Uint8Array;
  #next = 0;

  constructor(stream: Uint8Array) {
    this.#stream = stream;
  }

  /** The zero bytes between a slice and the next start code; 0 when the slice is not found after the one before. */
  zerosAfter(slice: Uint8Array): number {
    const stream = this.#stream;
    const at = placeOf(slice, stream, this.#next);
    if (at < 0) return 0;
    let end = at + slice.length;
    this.#next = end;
    while (end < stream.length && stream[end] === 0) end++;
    const zeros = end - this.#next;
    // Two of them belong to the start code, unless the stream ends.
    return end === stream.length ? zeros : Math.max(zeros - 2, 0);
  }
}
