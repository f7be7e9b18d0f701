import { type ByteSource, readableBytes } from "../bytes.ts";
import { BitstreamError, type BitstreamErrorCode } from "../errors.ts";
import type { Trace } from "./trace.ts";
import { elementPath, given } from "./trace.ts";

/** Options of a decoder. */
export interface BoolDecoderOptions {
  /** The unit's type, for errors. */
  readonly unit?: string | undefined;
  /** Offset of the first byte in the unit, for errors and the trace. */
  readonly byte?: number | undefined;
  readonly trace?: Trace | undefined;
}

/** A decoder's state, as in struct v4l2_vp8_entropy_coder_state. */
export interface BoolDecoderState {
  /** 128 to 255. */
  readonly range: number;
  /** The eight bits that decide the next bool. */
  readonly value: number;
  /** The number of bits of the last byte that are not in `value` yet: 0 to 7. */
  readonly bit_count: number;
}

/** An even chance. */
const HALF = 128;

/**
 * The boolean decoder of RFC 6386, section 7, and of VP9 (9.2). Each read takes the name of its element, as in BitReader. Zero
 * bits follow the last byte; a bool that uses up such a bit is an error.
 *
 * The lower `count` bits of the value are not compared yet. So reading a bool does not shift the value; it only changes
 * `count`.
 */
export class BoolDecoder {
  readonly #bytes: Uint8Array;
  readonly #trace: Trace | undefined;
  readonly #unit: string | undefined;
  readonly #firstBit: number;
  #value = 0;
  #range = 255;
  #count = -8;
  /** Index of the next byte to take. It keeps counting after the end of the bytes. */
  #next = 0;

  /** @throws BitstreamError where the first byte is 255: the value must be less than the range, which is 255 at first. */
  constructor(bytes: ByteSource, options: BoolDecoderOptions = {}) {
    this.#bytes = readableBytes(bytes);
    this.#trace = options.trace;
    this.#unit = options.unit;
    this.#firstBit = (options.byte ?? 0) * 8;
    if (this.#bytes[0] === 255) {
      const place = { unit: this.#unit, bit: this.#firstBit };
      throw new BitstreamError("forbidden-value", "the first byte is 255, which no boolean encoder writes", place);
    }
    this.#refill();
  }

  /** The number of bits that the bools so far have used up. */
  get position(): number {
    return this.#next * 8 - 8 - this.#count;
  }

  get state(): BoolDecoderState {
    return { range: this.#range, value: this.#value >> this.#count, bit_count: this.#count & 7 };
  }

  /** B(p): one bool; `probability` is that of a 0, in 256ths. */
  bool(probability: number, name: string, i?: number, j?: number, k?: number, l?: number): number {
    if (this.#trace !== undefined) return this.#traced(1, probability, name, [i, j, k, l]);
    const value = this.#read(probability);
    if (this.#isPastEnd()) this.#cutOff(name, [i, j, k, l]);
    return value;
  }

  /** L(n): n bools (1 to 16) with an even chance, the most significant one first. */
  u(n: number, name: string, i?: number, j?: number, k?: number, l?: number): number {
    if (this.#trace !== undefined) return this.#traced(n, HALF, name, [i, j, k, l]);
    const value = this.#literal(n);
    if (this.#isPastEnd()) this.#cutOff(name, [i, j, k, l]);
    return value;
  }

  /** L(1), a flag: 0 or 1. */
  flag(name: string, i?: number, j?: number): number {
    return this.u(1, name, i, j);
  }

  /**
   * Reads flags with the probabilities `probabilities[from … to - 1]` until one is 1, and returns its index, or `to` where all
   * are 0. The decoder's state stays in local variables. @param subscripts returns the subscripts of the flag at an index.
   */
  nextSet(
    probabilities: Uint8Array,
    from: number,
    to: number,
    name: string,
    subscripts: (place: number) => readonly number[],
  ): number {
    let place = from;
    if (this.#trace !== undefined) {
      while (place < to && !this.#traced(1, probabilities[place] as number, name, subscripts(place))) place++;
      return place;
    }
    const bytes = this.#bytes;
    let value = this.#value;
    let most = this.#range - 1; // The splits are computed from it.
    let count = this.#count;
    let next = this.#next;
    let below = 0; // The split of the flag at `place`, less 1.
    for (;;) {
      // Where `below` is at least `value >> count`, the flag is 0; where it is at least 127, its range needs no shift. Most flags are so,
      // and leave `value` and `count` as they are.
      const enough = Math.max(value >> count, 127);
      for (; place < to; place++) {
        below = (most * (probabilities[place] as number)) >> 8;
        if (below < enough) break;
        most = below;
      }
      if (place >= to) break;
      const isSet = value >> count > below;
      if (isSet) {
        value -= (below + 1) << count;
        most -= below + 1;
      } else {
        most = below;
        place++;
      }
      const shift = Math.clz32(most + 1) - 24;
      most = ((most + 1) << shift) - 1;
      count -= shift;
      if (count < 0) {
        value = (value << 8) | (next < bytes.length ? (bytes[next] as number) : 0);
        next++;
        count += 8;
      }
      if (isSet) break;
    }
    // Flags that the partition does not have: the state is still that before them.
    if (next * 8 - 8 - count > bytes.length * 8) this.#cutOffAmong(probabilities, from, name, subscripts);
    this.#value = value;
    this.#range = most + 1;
    this.#count = count;
    this.#next = next;
    return place;
  }

  /** `u` for an element whose subscripts follow from its place in an array. */
  uAt(n: number, name: string, place: number, subscripts: (place: number) => readonly number[]): number {
    if (this.#trace !== undefined) return this.#traced(n, HALF, name, subscripts(place));
    const value = this.#literal(n);
    if (this.#isPastEnd()) this.#cutOff(name, subscripts(place));
    return value;
  }

  /**
   * Refuses the value of an element that has just been read: "forbidden-value".
   *
   * @throws BitstreamError always.
   */
  fail(reason: string, name: string, ...subscripts: readonly number[]): never {
    this.#failAs("forbidden-value", reason, name, subscripts);
  }

  #failAs(code: BitstreamErrorCode, reason: string, name: string, subscripts: readonly number[]): never {
    const bit = this.#firstBit + this.position;
    throw new BitstreamError(code, reason, { unit: this.#unit, element: elementPath(name, subscripts), bit });
  }

  #read(probability: number): number {
    const split = 1 + (((this.#range - 1) * probability) >> 8);
    const bigSplit = split << this.#count;
    const value = this.#value >= bigSplit ? 1 : 0;
    if (value === 1) this.#value -= bigSplit;
    const range = value === 1 ? this.#range - split : split;
    const shift = Math.clz32(range) - 24;
    this.#range = range << shift;
    this.#count -= shift;
    if (this.#count < 0) this.#refill();
    return value;
  }

  /** n bools with an even chance. The decoder's state stays in local variables. */
  #literal(n: number): number {
    let literal = 0;
    let value = this.#value;
    let range = this.#range;
    let count = this.#count;
    let next = this.#next;
    const bytes = this.#bytes;
    for (let i = 0; i < n; i++) {
      const split = (range + 1) >> 1; // 1 + (((range - 1) * 128) >> 8)
      const bigSplit = split << count;
      const bit = value >= bigSplit ? 1 : 0;
      if (bit === 1) value -= bigSplit;
      range = bit === 1 ? range - split : split;
      const shift = Math.clz32(range) - 24;
      range <<= shift;
      count -= shift;
      literal = (literal << 1) | bit;
      if (count < 0) {
        value = (value << 8) | (next < bytes.length ? (bytes[next] as number) : 0);
        next++;
        count += 8;
      }
    }
    this.#value = value;
    this.#range = range;
    this.#count = count;
    this.#next = next;
    return literal;
  }

  /** Up to 15 bits are kept below the eight that are compared, so `value` stays below 2 to the power of 23. */
  #refill(): void {
    while (this.#count < 8) {
      this.#value = (this.#value << 8) | (this.#bytes[this.#next++] ?? 0);
      this.#count += 8;
    }
  }

  /** Whether the last bool used up bits that the partition does not have. */
  #isPastEnd(): boolean {
    return this.position > this.#bytes.length * 8;
  }

  /** Reads flags one by one up to that which the partition does not have. One of them is past its end. */
  #cutOffAmong(
    probabilities: Uint8Array,
    from: number,
    name: string,
    subscripts: (place: number) => readonly number[],
  ): never {
    let place = from - 1;
    do this.#read(probabilities[++place] as number);
    while (!this.#isPastEnd());
    this.#cutOff(name, subscripts(place));
  }

  #cutOff(name: string, indices: readonly (number | undefined)[]): never {
    this.#failAs("cut-off", "the partition ends here", name, given(indices));
  }

  #traced(n: number, probability: number, name: string, indices: readonly (number | undefined)[]): number {
    const subscripts = given(indices);
    const { state, position } = this;
    const value = n === 1 ? this.#read(probability) : this.#literal(n);
    if (this.#isPastEnd()) this.#cutOff(name, subscripts);
    const bit = this.#firstBit + position;
    const length = this.position - position;
    const coder = { ...state, probability };
    this.#trace?.element({ name, subscripts, descriptor: "bool", bit, codedBit: bit, length, value, coder });
    return value;
  }
}
