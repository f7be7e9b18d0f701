/** Which codec a byte stream has: H.264, HEVC and MPEG-2 have the same start codes. */
import { UnsupportedError } from "../errors.ts";
import type { Codec } from "../events.ts";
import { findStartCode } from "../framing/start-code.ts";
import { parseSps } from "../h264/parser.ts";

/** MPEG-2, Table 6-1: slice_start_code. */
const SLICE_START_CODE_MIN = 0x01;
const SLICE_START_CODE_MAX = 0xaf;

/** The units of a stream that may begin anywhere, also in the middle of one. */
class Units {
  readonly #head: Uint8Array;
  /** Where each begins, after its start code. */
  readonly #starts: number[] = [];
  /** The first byte of each, once where several units in a row have the same; NaN for what cannot be a slice of MPEG-2. */
  readonly #rows: number[] = [];
  /** For each unit, its place in `#rows`. */
  readonly #rowOf: number[] = [];

  constructor(head: Uint8Array) {
    this.#head = head;
    for (let at = findStartCode(head, 0, head.length); at >= 0; at = findStartCode(head, at + 3, head.length)) {
      if (at + 3 < head.length) this.#starts.push(at + 3);
    }
    for (let i = 0; i < this.count; i++) {
      const unit = this.at(i);
      const row = couldBeSlice(unit) ? (unit[0] as number) : Number.NaN;
      if (this.#rows.at(-1) !== row) this.#rows.push(row);
      this.#rowOf.push(this.#rows.length - 1);
    }
  }

  get count(): number {
    return this.#starts.length;
  }

  /** A unit, up to the next one's start code. */
  at(i: number): Uint8Array {
    const next = this.#starts[i + 1];
    return this.#head.subarray(this.#starts[i], next === undefined ? this.#head.length : next - 3);
  }

  /** The first byte of a unit. */
  first(i: number): number | undefined {
    return this.#head[this.#starts[i] as number];
  }

  /** How many rows, each one more than the one before, lead to a unit, and go on from it; it is counted in both. */
  rows(i: number): { before: number; after: number } {
    const row = this.#rowOf[i] as number;
    return { before: this.#ascending(row, -1), after: this.#ascending(row, 1) };
  }

  #ascending(row: number, step: 1 | -1): number {
    const first = this.#rows[row] as number;
    let count = 1;
    while (count < SLICE_ROWS && this.#rows[row + step * count] === first + step * count) count++;
    return count;
  }
}

/**
 * MPEG-2's slice_start_code counts the rows of macroblocks (6.3.16). In H.264, data partitions and an IDR picture have four such
 * bytes in a row, and no five can follow each other.
 */
const SLICE_ROWS = 5;

/** 6.2.4: whether it has a quantiser_scale_code, which is not 0, and a macroblock. */
function couldBeSlice(unit: Uint8Array): boolean {
  const [first = 0, second = 0] = unit;
  return first >= SLICE_START_CODE_MIN && first <= SLICE_START_CODE_MAX && second >> 3 > 0 && unit.length > 2;
}

/** What the units of a byte stream say. */
export interface ByteStreamCodec {
  readonly codec: Codec;
  readonly certain: boolean;
  /** How many units could belong to it, where it is not certain. */
  readonly units: number;
}

/**
 * The first units that only one codec can have decide, or else one that looks like an SPS of H.264. Without either, the codec that more of the
 * units could belong to is taken, and no codec is certain.
 */
export function codecOfByteStream(head: Uint8Array): ByteStreamCodec | undefined {
  const units = new Units(head);
  const could = { h264: 0, h265: 0 };
  let hasOddSps = false;
  for (let i = 0; i < units.count; i++) {
    const unit = units.at(i);
    const codec = decisive(units, unit, i);
    if (codec === "odd SPS") hasOddSps = true;
    else if (codec !== undefined) return { codec, certain: true, units: 1 };
    if (couldBeH264(unit)) could.h264++;
    if (couldBeH265(unit)) could.h265++;
  }
  if (hasOddSps) return { codec: "h264", certain: true, units: 1 };
  if (could.h264 === 0 && could.h265 === 0) return undefined;
  // Units of H.264 have HEVC's second byte by rare chance only.
  const codec = could.h264 > could.h265 ? "h264" : "h265";
  return { codec, certain: false, units: could[codec] };
}

function decisive(units: Units, unit: Uint8Array, i: number): Codec | "odd SPS" | undefined {
  const [first, second = 0] = unit;
  // sequence_header_code. In a NAL unit header the first bit is 0.
  if (first === 0xb3) return "mpeg2";
  // picture_coding_extension, after picture_header.
  if (first === 0xb5 && second >> 4 === 8 && units.first(i - 1) === 0) return "mpeg2";
  // Video and sequence parameter sets of the base layer. In H.264 these bytes would be an unspecified type, or a data partition
  // B without partition A.
  if ((first === 0x40 || first === 0x42) && second === 0x01) return "h265";
  const { before, after } = units.rows(i);
  if (before >= SLICE_ROWS) return "mpeg2";
  // A slice of MPEG-2 that reads as an SPS has a row before it or, where the bytes begin in a picture, two rows after it.
  const isSlice = before > 1 || after > 2;
  return first !== undefined && (first & 0x9f) === 7 && !isSlice ? h264Sps(unit) : undefined;
}

/** A.2: the values of profile_idc that are not reserved. */
const profiles: readonly number[] = [44, 66, 77, 83, 86, 88, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244];

/** An SPS with values that 7.4.1 or A.2 does not allow is an odd one: a slice of MPEG-2 may be read so. */
function h264Sps(unit: Uint8Array): "h264" | "odd SPS" | undefined {
  try {
    const { profile_idc, reserved_zero_2bits } = parseSps(unit);
    const isReference = (unit[0] as number) >> 5 !== 0;
    return isReference && profiles.includes(profile_idc) && reserved_zero_2bits === 0 ? "h264" : "odd SPS";
  } catch (thrown) {
    return thrown instanceof UnsupportedError ? "odd SPS" : undefined;
  }
}

/** 7.4.1: whether nal_ref_idc may have this value with this nal_unit_type. Slices, SEI, parameter sets and delimiters. */
function couldBeH264(unit: Uint8Array): boolean {
  const first = unit[0] ?? 0x80;
  if (first >= 0x80) return false;
  const isReference = first >> 5 !== 0;
  const type = first & 0x1f;
  return type === 1 || ((type === 5 || type === 8) && isReference) || ((type === 6 || type === 9) && !isReference);
}

/**
 * A slice segment, parameter set, delimiter or SEI of the base layer and the lowest sub-layer, to which pictures of the types TSA and STSA do not
 * belong (7.4.2.2).
 */
function couldBeH265(unit: Uint8Array): boolean {
  const [first, second] = unit;
  if (first === undefined || (first & 0x81) !== 0 || second !== 0x01) return false;
  const type = first >> 1;
  return type <= 1 || (type >= 6 && type <= 9) || (type >= 16 && type <= 21) || (type >= 32 && type <= 40);
}
