/** Writes the descriptors of clause 7.2, bit by bit and without thought of speed: the reader's counterpart in tests. */
export class BitWriter {
  readonly #bits: number[] = [];

  get position(): number {
    return this.#bits.length;
  }

  /** What was written so far. */
  get bits(): readonly number[] {
    return this.#bits;
  }

  u(n: number, value: number): this {
    for (let i = n - 1; i >= 0; i--) this.#bits.push(Math.floor(value / 2 ** i) % 2);
    return this;
  }

  i(n: number, value: number): this {
    return this.u(n, value < 0 ? value + 2 ** n : value);
  }

  /** s(n): a magnitude and a sign, which -0 has too. */
  s(n: number, value: number): this {
    return this.u(n, Math.abs(value)).u(1, value < 0 || Object.is(value, -0) ? 1 : 0);
  }

  /** Of `n` bytes the least significant one first. */
  le(n: number, value: number): this {
    for (let i = 0; i < n; i++) this.u(8, Math.floor(value / 256 ** i) % 256);
    return this;
  }

  /** ns(n) of AV1: one of `n` values. */
  ns(n: number, value: number): this {
    const w = 32 - Math.clz32(n);
    const m = 2 ** w - n;
    return value < m ? this.u(w - 1, value) : this.u(w, value + m);
  }

  /** leb128() of AV1, in so many bytes. */
  leb128(bytes: number, value: number): this {
    for (let i = 0; i < bytes; i++) {
      this.u(1, i + 1 < bytes ? 1 : 0).u(7, Math.floor(value / 128 ** i) % 128);
    }
    return this;
  }

  /** uvlc() of AV1. 2^32 - 1 has no bits after the one, so its length may be anything from 33 bits on. */
  uvlc(length: number, value: number): this {
    if (value === 2 ** 32 - 1) return this.u(length, 1);
    const zeros = Math.floor(Math.log2(value + 1));
    return this.u(zeros, 0).u(zeros + 1, value + 1);
  }

  ue(value: number): this {
    const length = Math.floor(Math.log2(value + 1));
    return this.u(length, 0).u(length + 1, value + 1);
  }

  se(value: number): this {
    return this.ue(value > 0 ? 2 * value - 1 : -2 * value);
  }

  /** te(v) with the range 0..max. */
  te(value: number, max: number): this {
    return max > 1 ? this.ue(value) : this.u(1, 1 - value);
  }

  /** rbsp_trailing_bits(). */
  trailing(): this {
    this.u(1, 1);
    while (this.#bits.length % 8 !== 0) this.u(1, 0);
    return this;
  }

  /** Bytes without emulation prevention; zero bits fill the last one. */
  bytes(): Uint8Array {
    const bytes = new Uint8Array(Math.ceil(this.#bits.length / 8));
    for (const [i, bit] of this.#bits.entries()) bytes[i >> 3] = (bytes[i >> 3] as number) | (bit << (7 - (i & 7)));
    return bytes;
  }
}

/** 7.4.1: puts an emulation_prevention_three_byte wherever one is needed. */
export function escaped(rbsp: Uint8Array): Uint8Array {
  const bytes: number[] = [];
  let zeros = 0;
  for (const byte of rbsp) {
    if (zeros === 2 && byte <= 3) {
      bytes.push(3);
      zeros = 0;
    }
    bytes.push(byte);
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  if (rbsp.at(-1) === 0) bytes.push(3); // 7.4.1.1: cabac_zero_words end in 03.
  return Uint8Array.from(bytes);
}

/** A unit without its emulation prevention bytes, and where each byte that is left lay. */
export function unescaped(unit: Uint8Array): { bytes: Uint8Array; codedByte: number[] } {
  const bytes: number[] = [];
  const codedByte: number[] = [];
  for (const [at, byte] of unit.entries()) {
    if (byte === 3 && at >= 2 && unit[at - 1] === 0 && unit[at - 2] === 0) continue;
    bytes.push(byte);
    codedByte.push(at);
  }
  return { bytes: Uint8Array.from(bytes), codedByte };
}
