import { type ByteSource, readableBytes } from "../bytes.ts";
import { BitstreamError, type BitstreamErrorCode } from "../errors.ts";
import type { Descriptor, Trace } from "./trace.ts";
import { elementPath, given } from "./trace.ts";

/** The largest value of ue(v): clause 9.1 of H.264 and 9.2 of H.265. */
const UE_MAX = 0xfffffffe;

/** Options of a reader. */
export interface BitReaderOptions {
  /** Drop each 03 of a 00 00 03 (H.264, H.265). Default true. */
  readonly emulationPrevention?: boolean | undefined;
  /** The unit's type, for errors. */
  readonly unit?: string | undefined;
  readonly trace?: Trace | undefined;
}

/**
 * Reads the descriptors of clause 7.2 from a unit's bytes, most significant bit first, and skips emulation prevention bytes.
 * Each read takes the name of its element, with up to three subscripts, so that an error says what was being read and where,
 * and so that a trace needs no code of its own.
 *
 * The next bits are left-aligned in a cache of 32 bits. A refill adds bytes as long as eight more bits fit.
 */
export class BitReader {
  #bytes: Uint8Array;
  readonly #escaped: boolean;
  readonly #trace: Trace | undefined;
  readonly #unit: string | undefined;
  /** Index of the next coded byte that goes into the cache. */
  #next = 0;
  /** The bits not yet read, left-aligned, with zeros below them. */
  #cache = 0;
  /** How many bits of the cache are valid. */
  #cached = 0;
  /** How many bytes the cache has taken, emulation prevention bytes not counted. */
  #taken = 0;
  /** The number of zero bytes right before `next`. */
  #zeros = 0;
  /** The value of `taken` at each emulation prevention byte that was dropped. Ascending. */
  readonly #dropped: number[] = [];
  /** The error in elements that decoding does not need: see `tolerate`. */
  flaw: BitstreamError | null = null;
  /** What the bytes end with. */
  #part = "unit";
  /** The coded position of the last 1 bit; -1 if there is none, undefined until it is needed. */
  #stopBit: number | undefined;

  constructor(bytes: ByteSource, options: BitReaderOptions = {}) {
    this.#bytes = readableBytes(bytes);
    this.#escaped = options.emulationPrevention ?? true;
    this.#trace = options.trace;
    this.#unit = options.unit;
  }

  /** Bits read so far, emulation prevention bytes not counted. */
  get position(): number {
    return this.#taken * 8 - this.#cached;
  }

  /** True at a byte boundary of the unescaped unit: byte_aligned() of clause 7.2. */
  get byteAligned(): boolean {
    return (this.#cached & 7) === 0;
  }

  /** The position in the coded bytes of bit `position` of the unescaped unit. Valid up to the last bit read. */
  codedPosition(position: number): number {
    const byte = Math.floor(position / 8);
    let before = this.#dropped.length;
    while (before > 0 && (this.#dropped[before - 1] as number) > byte) before--;
    return position + before * 8;
  }

  /** u(n): n bits, 0 to 32, as an unsigned number. */
  u(n: number, name: string, i?: number, j?: number): number {
    const value = this.#bits(n, name, i, j);
    if (this.#trace !== undefined) this.#tell("u", n, value, name, i, j);
    return value;
  }

  /** u(n) whose value must not exceed `max`. */
  uMax(n: number, max: number, name: string, i?: number, j?: number): number {
    const value = this.u(n, name, i, j);
    if (value > max) this.failAs("value-out-of-range", `${value} is not in the range 0..${max}`, n, name, i, j);
    return value;
  }

  /** i(n): n bits, 1 to 32, two's complement. */
  i(n: number, name: string, i?: number, j?: number): number {
    const value = (this.#bits(n, name, i, j) << (32 - n)) >> (32 - n);
    if (this.#trace !== undefined) this.#tell("i", n, value, name, i, j);
    return value;
  }

  /** s(n) of VP9 (4.9): a magnitude of n bits, then a sign. In the trace, a 0 with a sign is -0. */
  s(n: number, name: string, i?: number, j?: number): number {
    const magnitude = this.#bits(n, name, i, j);
    const value = this.#bits(1, name, i, j, undefined, n) === 1 ? -magnitude : magnitude;
    if (this.#trace !== undefined) this.#tell("s", n + 1, value, name, i, j);
    return value + 0;
  }

  /** n bytes, 1 to 4, the least significant one first: frame_sizes of VP9's Annex B. */
  le(n: number, name: string, i?: number, j?: number): number {
    let value = 0;
    for (let byte = 0; byte < n; byte++) value += this.#bits(8, name, i, j, undefined, 8 * byte) * 256 ** byte;
    if (this.#trace !== undefined) this.#tell("le", 8 * n, value, name, i, j);
    return value;
  }

  /** u(1), a flag: 0 or 1. */
  flag(name: string, i?: number, j?: number): number {
    return this.u(1, name, i, j);
  }

  /** f(n): n bits that must have this value. */
  f(n: number, pattern: number, name: string, i?: number, j?: number): void {
    const value = this.#bits(n, name, i, j);
    if (this.#trace !== undefined) this.#tell("f", n, value, name, i, j);
    if (value !== pattern) this.failAs("wrong-fixed-bits", `the value must be ${pattern}, not ${value}`, n, name, i, j);
  }

  /** b(8): a byte of any value. */
  b(name: string, i?: number, j?: number): number {
    const value = this.#bits(8, name, i, j);
    if (this.#trace !== undefined) this.#tell("b", 8, value, name, i, j);
    return value;
  }

  /** ue(v): unsigned Exp-Golomb (9.1), at most `max`. */
  ue(name: string, max = UE_MAX, i?: number, j?: number, k?: number): number {
    const value = this.#codeNum(name, i, j, k);
    if (this.#trace !== undefined) this.#tell("ue", codeLength(value), value, name, i, j, k);
    if (value > max) {
      const reason = `${value} is not in the range 0..${max}`;
      this.failAs("value-out-of-range", reason, codeLength(value), name, i, j, k);
    }
    return value;
  }

  /** se(v): signed Exp-Golomb (9.1.1), from `min` to `max`. */
  se(name: string, min: number, max: number, i?: number, j?: number, k?: number): number {
    const codeNum = this.#codeNum(name, i, j, k);
    const magnitude = (codeNum + 1) >>> 1;
    const value = (codeNum & 1) === 1 ? magnitude : 0 - magnitude;
    if (this.#trace !== undefined) this.#tell("se", codeLength(codeNum), value, name, i, j, k);
    if (value < min || value > max) {
      const reason = `${value} is not in the range ${min}..${max}`;
      this.failAs("value-out-of-range", reason, codeLength(codeNum), name, i, j, k);
    }
    return value;
  }

  /** te(v): truncated Exp-Golomb (9.1): one inverted bit where `max` is 1, ue(v) above. */
  te(name: string, max: number, i?: number, j?: number): number {
    if (max > 1) return this.ue(name, max, i, j);
    const value = 1 - this.#bits(1, name, i, j);
    if (this.#trace !== undefined) this.#tell("te", 1, value, name, i, j);
    return value;
  }

  /** next_bits(8) of clause 7.2: the byte that comes next, or -1 where fewer bits are left. Reads nothing. */
  nextByte(): number {
    if (this.#cached < 8) this.#refill();
    return this.#cached < 8 ? -1 : this.#cache >>> 24;
  }

  /** more_rbsp_data() of clause 7.2: whether there are bits before the rbsp_stop_one_bit. */
  more_rbsp_data(): boolean {
    if (this.#cached === 0) this.#refill();
    if (this.#cached === 0) return false;
    this.#stopBit ??= this.#lastSetBit();
    return this.codedPosition(this.position) < this.#stopBit;
  }

  /** rbsp_trailing_bits(): 7.3.2.11 of H.264, 7.3.2.11 of H.265. */
  rbsp_trailing_bits(): void {
    this.f(1, 1, "rbsp_stop_one_bit");
    while (!this.byteAligned) this.f(1, 0, "rbsp_alignment_zero_bit");
  }

  /**
   * Reads elements that decoding does not need (VUI, HRD, extensions of other layers). An error in them must not make the unit
   * unusable. It becomes the reader's `flaw`, and the elements read before it stay. Nothing after it can be read, because it is
   * not known where the elements end, unless `end` says so: the elements must end before this bit, which begins a byte. This is the only
   * place where the rule is applied.
   */
  tolerate(read: () => void, end = Infinity): void {
    const bytes = this.#bytes;
    if (end < Infinity) this.#bytes = bytes.subarray(0, this.#codedEnd(end / 8));
    // What the cache has from beyond the end is put aside.
    const beyond = Math.max(0, this.#taken * 8 - end);
    this.#cached -= beyond;
    const held = beyond && this.#cache << this.#cached;
    this.#cache ^= held >>> this.#cached;
    this.#taken -= beyond / 8;
    // Where the unit ends before the elements must, it is the unit that ends.
    if (this.#bytes.length - beyond < bytes.length) this.#part = "payload";
    try {
      read();
    } catch (error) {
      if (!(error instanceof BitstreamError)) throw error;
      this.flaw ??= error;
    }
    this.#part = "unit";
    this.#bytes = bytes;
    this.#taken += beyond / 8;
    this.#cache |= held >>> this.#cached;
    this.#cached += beyond;
  }

  /**
   * Refuses the value of an element that has just been read and was `length` bits long: "forbidden-value".
   *
   * @throws BitstreamError always.
   */
  fail(reason: string, length: number, name: string, i?: number, j?: number, k?: number): never {
    this.failAs("forbidden-value", reason, length, name, i, j, k);
  }

  /**
   * `fail` with another error code.
   *
   * @throws BitstreamError always.
   */
  failAs(
    code: BitstreamErrorCode,
    reason: string,
    length: number,
    name: string,
    i?: number,
    j?: number,
    k?: number,
  ): never {
    throw new BitstreamError(code, reason, {
      unit: this.#unit,
      element: elementPath(name, given([i, j, k])),
      bit: this.position - length,
    });
  }

  /** @param before the number of bits of the same element that have been read already. */
  #bits(n: number, name: string, i?: number, j?: number, k?: number, before = 0): number {
    if (n > 25) {
      const high = this.#bits(n - 16, name, i, j, k, before);
      return high * 65536 + this.#bits(16, name, i, j, k, before + n - 16);
    }
    if (n === 0) return 0;
    if (this.#cached < n) {
      this.#refill();
      if (this.#cached < n) this.failAs("cut-off", `the ${this.#part} ends here`, before, name, i, j, k);
    }
    const value = this.#cache >>> (32 - n);
    this.#cache <<= n;
    this.#cached -= n;
    return value;
  }

  #codeNum(name: string, i?: number, j?: number, k?: number): number {
    // The cache has zeros below its valid bits. So the length of a code that is not complete comes out larger than what is valid.
    let length = 2 * Math.clz32(this.#cache) + 1;
    if (length > this.#cached) {
      this.#refill();
      length = 2 * Math.clz32(this.#cache) + 1;
      if (length > this.#cached) return this.#longCodeNum(name, i, j, k);
    }
    const value = (this.#cache >>> (32 - length)) - 1;
    this.#cache <<= length;
    this.#cached -= length;
    return value;
  }

  #longCodeNum(name: string, i?: number, j?: number, k?: number): number {
    let zeros = 0;
    while (this.#bits(1, name, i, j, k, zeros) === 0) {
      if (++zeros > 31) {
        this.failAs("value-out-of-range", "an Exp-Golomb code of more than 63 bits", zeros, name, i, j, k);
      }
    }
    return 2 ** zeros - 1 + this.#bits(zeros, name, i, j, k, zeros + 1);
  }

  #refill(): void {
    const bytes = this.#bytes;
    let next = this.#next;
    let cache = this.#cache;
    let cached = this.#cached;
    let zeros = this.#zeros;
    while (cached <= 24 && next < bytes.length) {
      const byte = bytes[next++] as number;
      if (byte === 3 && zeros >= 2 && this.#escaped) {
        this.#dropped.push(this.#taken);
        zeros = 0;
        continue;
      }
      zeros = byte === 0 ? zeros + 1 : 0;
      cache |= byte << (24 - cached);
      cached += 8;
      this.#taken++;
    }
    this.#next = next;
    this.#cache = cache;
    this.#cached = cached;
    this.#zeros = zeros;
  }

  /** How many coded bytes there are up to the end of so many bytes without emulation prevention bytes. */
  #codedEnd(count: number): number {
    let next = this.#next;
    let zeros = this.#zeros;
    for (let taken = this.#taken; taken < count && next < this.#bytes.length; next++) {
      const byte = this.#bytes[next] as number;
      const isDropped = byte === 3 && zeros >= 2 && this.#escaped;
      zeros = byte === 0 ? zeros + 1 : 0;
      if (!isDropped) taken++;
    }
    return next;
  }

  /** The coded position of the last 1 bit, not counting cabac_zero_words (00 00 03); -1 if there is none. */
  #lastSetBit(): number {
    const bytes = this.#bytes;
    let last = bytes.length - 1;
    while (last >= 0 && (bytes[last] === 0 || (this.#escaped && isEmulationPrevention(bytes, last)))) last--;
    if (last < 0) return -1;
    const byte = bytes[last] as number;
    return last * 8 + Math.clz32(byte & -byte) - 24;
  }

  #tell(descriptor: Descriptor, length: number, value: number, name: string, i?: number, j?: number, k?: number) {
    if (length === 0) return;
    const bit = this.position - length;
    this.#trace?.element({
      name,
      subscripts: given([i, j, k]),
      descriptor,
      bit,
      codedBit: this.codedPosition(bit),
      length,
      value,
    });
  }
}

/** The length in bits of the Exp-Golomb code of `codeNum`: below 2 to the power of 32. */
function codeLength(codeNum: number): number {
  return 63 - 2 * Math.clz32(codeNum + 1);
}

function isEmulationPrevention(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 3 && at >= 2 && bytes[at - 1] === 0 && bytes[at - 2] === 0;
}
