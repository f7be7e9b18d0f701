import { type ByteSource, readableBytes } from "../bytes.ts";
import { BitstreamError, type BitstreamErrorCode } from "../errors.ts";
import type { Descriptor, Trace, TraceElement } from "./trace.ts";
import { elementPath, given } from "./trace.ts";

const U32_MAX = 0xffffffff;

/** Options of a reader of OBUs. */
export interface ObuReaderOptions {
  /** The unit's type, for errors. */
  readonly unit?: string | undefined;
  readonly trace?: Trace | undefined;
}

/**
 * Reads the descriptors of AV1 (4.10) from an OBU's bytes, most significant bit first. Each read takes the name of its element, as in
 * `BitReader`.
 */
export class ObuReader {
  readonly #bytes: Uint8Array;
  readonly #trace: Trace | undefined;
  readonly #unit: string | undefined;
  /** Bits read so far. */
  position = 0;
  /** The error in elements that decoding does not need: see `tolerate`. */
  flaw: BitstreamError | null = null;

  constructor(bytes: ByteSource, options: ObuReaderOptions = {}) {
    this.#bytes = readableBytes(bytes);
    this.#trace = options.trace;
    this.#unit = options.unit;
  }

  /** True at a byte boundary. */
  get byteAligned(): boolean {
    return (this.position & 7) === 0;
  }

  /** f(n): n bits, 0 to 32, as an unsigned number. */
  u(n: number, name: string, i?: number, j?: number): number {
    const value = this.#bits(n, name, i, j);
    if (this.#trace !== undefined) this.#tell("u", n, value, name, i, j);
    return value;
  }

  /** f(n) whose value must not exceed `max`. */
  uMax(n: number, max: number, name: string, i?: number, j?: number): number {
    const value = this.u(n, name, i, j);
    if (value > max) this.failAs("value-out-of-range", `${value} is not in the range 0..${max}`, n, name, i, j);
    return value;
  }

  /** f(1), a flag: 0 or 1. */
  flag(name: string, i?: number, j?: number): number {
    return this.u(1, name, i, j);
  }

  /** f(n): n bits that must have this value. */
  f(n: number, pattern: number, name: string): void {
    const value = this.#bits(n, name);
    if (this.#trace !== undefined) this.#tell("f", n, value, name);
    if (value !== pattern) this.failAs("wrong-fixed-bits", `the value must be ${pattern}, not ${value}`, n, name);
  }

  /** su(n): n bits, 1 to 32, two's complement. */
  su(n: number, name: string, i?: number, j?: number): number {
    const value = (this.#bits(n, name, i, j) << (32 - n)) >> (32 - n);
    if (this.#trace !== undefined) this.#tell("su", n, value, name, i, j);
    return value;
  }

  /** le(n): n bytes, 1 to 4, the least significant one first. */
  le(n: number, name: string, i?: number, j?: number): number {
    let value = 0;
    for (let byte = 0; byte < n; byte++) value += this.#bits(8, name, i, j, 8 * byte) * 256 ** byte;
    if (this.#trace !== undefined) this.#tell("le", 8 * n, value, name, i, j);
    return value;
  }

  /** ns(n): a value below `n`, in as few bits as n values need. No bits where `n` is 1. */
  ns(n: number, name: string, i?: number, j?: number): number {
    const w = 32 - Math.clz32(n);
    const m = 2 ** w - n;
    let value = this.#bits(w - 1, name, i, j);
    let length = w - 1;
    if (value >= m) {
      value = value * 2 - m + this.#bits(1, name, i, j, length);
      length = w;
    }
    if (this.#trace !== undefined) this.#tell("ns", length, value, name, i, j, n);
    return value;
  }

  /** leb128(): 1 to 8 bytes with 7 bits each, the least significant ones first. At most 32 bits. */
  leb128(name: string): number {
    let value = 0;
    let length = 0;
    for (let more = true; more; length += 8) {
      const byte = this.#bits(8, name, undefined, undefined, length);
      value += (byte & 0x7f) * 128 ** (length / 8);
      more = byte >= 0x80;
      if (more && length === 56) this.failAs("value-out-of-range", "more than 8 bytes", 64, name);
    }
    // Above 2^53 - 1 the number is not exact. It is refused in any case.
    if (this.#trace !== undefined && Number.isSafeInteger(value)) this.#tell("leb128", length, value, name);
    if (value > U32_MAX) this.failAs("value-out-of-range", `${value} has more than 32 bits`, length, name);
    return value;
  }

  /** uvlc(): a count of zeros, a one, and so many bits. After 32 or more zeros the value is 2^32 - 1. */
  uvlc(name: string, max = U32_MAX): number {
    let zeros = 0;
    while (this.#bits(1, name, undefined, undefined, zeros) === 0) zeros++;
    const isShort = zeros < 32;
    const value = isShort ? 2 ** zeros - 1 + this.#bits(zeros, name, undefined, undefined, zeros + 1) : U32_MAX;
    const length = zeros + 1 + (isShort ? zeros : 0);
    if (this.#trace !== undefined) this.#tell("uvlc", length, value, name);
    if (value > max) this.failAs("value-out-of-range", `${value} is not in the range 0..${max}`, length, name);
    return value;
  }

  /** Passes over whole bytes, which are no elements: tiles. Only at a byte boundary. */
  skipBytes(count: number): void {
    this.position = Math.min(this.position + 8 * count, 8 * this.#bytes.length);
  }

  /** As in `BitReader`: an error in elements that decoding does not need becomes the reader's `flaw`. */
  tolerate(read: () => void): void {
    try {
      read();
    } catch (error) {
      if (!(error instanceof BitstreamError)) throw error;
      this.flaw = error;
    }
  }

  /**
   * Refuses the value of an element that has just been read and was `length` bits long: "forbidden-value".
   *
   * @throws BitstreamError always.
   */
  fail(reason: string, length: number, name: string, i?: number, j?: number): never {
    this.failAs("forbidden-value", reason, length, name, i, j);
  }

  /**
   * `fail` with another error code.
   *
   * @throws BitstreamError always.
   */
  failAs(code: BitstreamErrorCode, reason: string, length: number, name: string, i?: number, j?: number): never {
    const element = elementPath(name, given([i, j]));
    throw new BitstreamError(code, reason, { unit: this.#unit, element, bit: this.position - length });
  }

  /** @param before the number of bits of the same element that have been read already. */
  #bits(n: number, name: string, i?: number, j?: number, before = 0): number {
    if (n > 24) {
      const high = this.#bits(n - 16, name, i, j, before);
      return high * 65536 + this.#bits(16, name, i, j, before + n - 16);
    }
    const bytes = this.#bytes;
    const { position } = this;
    const end = position + n;
    if (end > 8 * bytes.length) this.failAs("cut-off", "the unit ends here", before, name, i, j);
    if (n === 0) return 0;
    this.position = end;
    const last = (end - 1) >>> 3;
    let at = position >>> 3;
    let value = bytes[at] as number;
    while (at < last) value = (value << 8) | (bytes[++at] as number);
    return (value >>> (-end & 7)) & ((1 << n) - 1);
  }

  #tell(descriptor: Descriptor, length: number, value: number, name: string, i?: number, j?: number, values?: number) {
    if (length === 0) return;
    const bit = this.position - length;
    const element: TraceElement = { name, subscripts: given([i, j]), descriptor, bit, codedBit: bit, length, value };
    this.#trace?.element(values === undefined ? element : { ...element, values });
  }
}
