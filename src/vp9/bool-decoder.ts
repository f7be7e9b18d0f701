/** 9.2: the bool decoder of the compressed header. */
import { BitstreamError } from "../errors.ts";
import { inv_map_table } from "./tables.ts";

/** The probability that a probability stays: 6.3.5, 6.3.17. */
const UPDATE_PROBABILITY = 252;

/**
 * Reads bools of `bytes`; behind their end zeros (9.2.2). `value` has 8 + `bits` bits of which the upper 8 are BoolValue
 * of the specification.
 */
export class BoolDecoder {
  private readonly bytes: Uint8Array;
  private next = 1;
  private value: number;
  private range = 255;
  private bits = 0;

  /** 9.2.1: init_bool. `bytes` are at least one. */
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.value = bytes[0] as number;
    const marker = this.bool(128);
    if (marker) throw new BitstreamError("1 where 0 is required", { unit: "compressed_header", element: "marker_bit" });
  }

  /** B(p): 9.2.2, read_bool. */
  bool(p: number): number {
    if (this.bits < 0) this.fill();
    const split = 1 + (((this.range - 1) * p) >> 8);
    const bigSplit = split << this.bits;
    let range = split;
    let bool = 0;
    if (this.value >= bigSplit) {
      range = this.range - split;
      this.value -= bigSplit;
      bool = 1;
    }
    const shift = Math.clz32(range) - 24;
    this.range = range << shift;
    this.bits -= shift;
    return bool;
  }

  /** L(n): 9.2.4, read_literal. */
  literal(n: number): number {
    let value = 0;
    for (let i = 0; i < n; i++) value = 2 * value + this.bool(128);
    return value;
  }

  /** 6.3.5 diff_update_prob for `count` probabilities from `at` on: values of inv_map_table, or 0. */
  diffUpdates(target: Uint8Array, at = 0, count = target.length): void {
    for (let i = this.nextUpdate(at, at + count); i < at + count; i = this.nextUpdate(i + 1, at + count)) {
      target[i] = inv_map_table[this.termSubexp()] as number;
    }
  }

  /** 6.3.17 update_mv_prob for `count` probabilities from `at` on: new values, or 0. */
  mvUpdates(target: Uint8Array, at = 0, count = target.length): void {
    for (let i = this.nextUpdate(at, at + count); i < at + count; i = this.nextUpdate(i + 1, at + count)) {
      target[i] = (this.literal(7) << 1) | 1;
    }
  }

  /** 6.3.6: decode_term_subexp. */
  private termSubexp(): number {
    if (this.literal(1) === 0) return this.literal(4);
    if (this.literal(1) === 0) return this.literal(4) + 16;
    if (this.literal(1) === 0) return this.literal(5) + 32;
    const v = this.literal(7);
    return v < 65 ? v + 64 : (v << 1) - 1 + this.literal(1);
  }

  /** Reads update flags from index `from` on; the index of the first that is set, or `end`. The state lies in locals. */
  private nextUpdate(from: number, end: number): number {
    let { value, range, bits } = this;
    let i = from;
    for (; i < end; i++) {
      if (bits < 0) {
        value = (value << 16) | this.twoBytes();
        bits += 16;
      }
      const split = 1 + (((range - 1) * UPDATE_PROBABILITY) >> 8);
      const bigSplit = split << bits;
      const isSet = value >= bigSplit;
      if (isSet) {
        range -= split;
        value -= bigSplit;
      } else {
        range = split;
      }
      const shift = Math.clz32(range) - 24;
      range <<= shift;
      bits -= shift;
      if (isSet) break;
    }
    this.value = value;
    this.range = range;
    this.bits = bits;
    return i;
  }

  private fill(): void {
    this.value = (this.value << 16) | this.twoBytes();
    this.bits += 16;
  }

  private twoBytes(): number {
    const { bytes, next } = this;
    this.next = next + 2;
    return ((bytes[next] ?? 0) << 8) | (bytes[next + 1] ?? 0);
  }
}
