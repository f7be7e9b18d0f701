/** The boolean encoder of RFC 6386, section 7.3, in its plainest form: exact intervals in a bigint. */
export class BoolEncoder {
  #low = 0n;
  #range = 255;
  /** Bits shifted out so far. */
  shifts = 0;

  bool(value: number, probability: number): this {
    const split = 1 + (((this.#range - 1) * probability) >> 8);
    if (value) this.#low += BigInt(split);
    this.#range = value ? this.#range - split : split;
    while (this.#range < 128) {
      this.#range *= 2;
      this.#low *= 2n;
      this.shifts++;
    }
    return this;
  }

  u(n: number, value: number): this {
    for (let i = n - 1; i >= 0; i--) this.bool((value >> i) & 1, 128);
    return this;
  }

  /** All the bits of the interval's lower end, and zeros up to a byte's end. */
  bytes(): Uint8Array {
    const length = Math.ceil((this.shifts + 8) / 8);
    let rest = this.#low << BigInt(length * 8 - this.shifts - 8);
    const bytes = new Uint8Array(length);
    for (let i = length - 1; i >= 0; i--, rest >>= 8n) bytes[i] = Number(rest & 0xffn);
    return bytes;
  }
}
