import { sameBytes } from "../framing/bytes.ts";
import { crc32, crc32Polynomial } from "../record/crc32.ts";

/**
 * How a peer's OUTPUT buffer can come from ours. `"zeros"`: the zero bytes that stand after the slices in the stream
 * (trailing_zero_8bits, or the zero_byte of the next NAL unit) are left in it. `"slices"`: some of the slices are missing.
 * `"tiles"`: the tiles of an AV1 frame alone, without the headers before them.
 */
export type Variant = "zeros" | "slices" | "tiles";

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

/** A part of a buffer as far as a checksum needs it. */
interface Part {
  readonly bytes: number;
  readonly crc: number;
  /** What the checksum of the bytes before it is multiplied by. */
  readonly shift: number;
}

const nothing: Part = { bytes: 0, crc: 0, shift: 2 ** 31 };

/** A slice, and the zero bytes after it. */
interface SliceParts {
  readonly slice: Part;
  readonly zeros: Part;
}

/** The variants of a buffer that consists of these slices. Each slice is read once, however many variants it is in. */
export function variantsOf(slices: readonly Slice[]): Variants {
  const variants = new Map<string, Variant>();
  const add = (parts: readonly Part[], variant: Variant): void => {
    const key = keyOf(parts);
    if (!variants.has(key)) variants.set(key, variant);
  };
  const all = slices.map(({ bytes, zeros }) => ({
    slice: partOf(bytes),
    zeros: zerosPart(Math.min(zeros, mostZeros)),
  }));
  const [last, lastSlice] = [all.at(-1), slices.at(-1)];
  if (last === undefined || lastSlice === undefined) return variants;
  const before = all.slice(0, -1).flatMap(withZeros);
  // The end of a packet cuts the last slice's zeros somewhere.
  for (let zeros = 0; zeros <= Math.min(lastSlice.zeros, mostZeros); zeros++) {
    add([...before, last.slice, zerosPart(zeros)], "zeros");
  }
  const addKept = (kept: readonly SliceParts[]): void => {
    const plain = kept.map(({ slice }) => slice);
    add(plain, "slices");
    add(kept.flatMap(withZeros), "slices");
    add([...kept.slice(0, -1).flatMap(withZeros), ...plain.slice(-1)], "slices");
  };
  if (all.length <= mostSlices) for (const kept of subsets(all)) addKept(kept);
  else {
    let [plain, zeroed] = [nothing, nothing];
    for (const [i, each] of all.entries()) {
      addKept([each]);
      // The run that ends here; all of them together are no variant.
      if (i === all.length - 1) break;
      const cut = joinedParts([zeroed, each.slice]);
      plain = joinedParts([plain, each.slice]);
      zeroed = joinedParts([cut, each.zeros]);
      for (const run of [plain, zeroed, cut]) add([run], "slices");
    }
  }
  variants.delete(keyOf(all.map(({ slice }) => slice)));
  return variants;
}

function keyOf(parts: readonly Part[]): string {
  const { bytes, crc } = joinedParts(parts);
  return variantKey(bytes, crc);
}

/** Parts one after the other. */
function joinedParts(parts: readonly Part[]): Part {
  return parts.reduce(
    (before, { bytes, crc, shift }) => ({
      bytes: before.bytes + bytes,
      crc: (multiply(shift, before.crc) ^ crc) >>> 0,
      shift: multiply(shift, before.shift),
    }),
    nothing,
  );
}

function partOf(bytes: Uint8Array): Part {
  return { bytes: bytes.length, crc: crc32(bytes), shift: powerOfX(8 * bytes.length) };
}

function zerosPart(count: number): Part {
  return partOf(new Uint8Array(count));
}

function withZeros({ slice, zeros }: SliceParts): Part[] {
  return [slice, zeros];
}

/** The product of two polynomials over GF(2), modulo the one of CRC-32; of each, x^0 is the highest bit. */
function multiply(a: number, b: number): number {
  let product = 0;
  let shifted = b;
  for (let bit = 31; bit >= 0; bit--) {
    if ((a >>> bit) & 1) product ^= shifted;
    shifted = shifted & 1 ? (shifted >>> 1) ^ crc32Polynomial : shifted >>> 1;
  }
  return product >>> 0;
}

/** x^n: the checksum of bytes that n more bits follow is multiplied by it. */
function powerOfX(n: number): number {
  let power = 2 ** 31;
  let square = 2 ** 30;
  for (let rest = n; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) power = multiply(square, power);
    square = multiply(square, square);
  }
  return power;
}

/** Some but not all. */
function subsets<T>(slices: readonly T[]): T[][] {
  const all = 2 ** slices.length - 1;
  return Array.from({ length: Math.max(all - 1, 0) }, (_, i) => slices.filter((_slice, bit) => ((i + 1) >> bit) & 1));
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
