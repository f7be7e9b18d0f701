import { type ByteSource, readableBytes } from "../bytes.ts";
import { BitstreamError, type BitstreamErrorCode } from "../errors.ts";
import type { Trace } from "./trace.ts";

/** Reads fields whose first bit is the least significant one, as in VP8's frame tag and start code (RFC 6386, 9.1). */
export class LittleEndianReader {
  readonly #bytes: Uint8Array;
  readonly #trace: Trace | undefined;
  readonly #unit: string;
  /** The number of bits read so far. */
  position = 0;

  /** @param options.unit the unit's name, for errors. */
  constructor(bytes: ByteSource, options: { readonly unit: string; readonly trace?: Trace | undefined }) {
    this.#bytes = readableBytes(bytes);
    this.#trace = options.trace;
    this.#unit = options.unit;
  }

  /**
   * An unsigned number of 0 to 32 bits.
   *
   * @throws BitstreamError where the bytes end before the field does.
   */
  u(length: number, name: string): number {
    const bit = this.position;
    if (bit + length > this.#bytes.length * 8) {
      throw new BitstreamError("cut-off", "the frame ends here", { unit: this.#unit, element: name, bit });
    }
    let value = 0;
    for (let taken = 0; taken < length; ) {
      const at = bit + taken;
      const count = Math.min(8 - (at & 7), length - taken);
      value |= (((this.#bytes[at >>> 3] as number) >> (at & 7)) & ((1 << count) - 1)) << taken;
      taken += count;
    }
    value >>>= 0;
    this.position = bit + length;
    this.#trace?.element({ name, subscripts: [], descriptor: "le", bit, codedBit: bit, length, value });
    return value;
  }

  /**
   * A fixed pattern.
   *
   * @throws BitstreamError where the bits differ.
   */
  f(length: number, pattern: number, name: string): void {
    const value = this.u(length, name);
    if (value !== pattern) this.failAs("wrong-fixed-bits", `the value must be ${pattern}, not ${value}`, length, name);
  }

  /**
   * Refuses the value of an element that has just been read and was `length` bits long: "forbidden-value".
   *
   * @throws BitstreamError always.
   */
  fail(reason: string, length: number, name: string): never {
    this.failAs("forbidden-value", reason, length, name);
  }

  /**
   * `fail` with another error code.
   *
   * @throws BitstreamError always.
   */
  failAs(code: BitstreamErrorCode, reason: string, length: number, name: string): never {
    const bit = this.position - length;
    throw new BitstreamError(code, reason, { unit: this.#unit, element: name, bit });
  }
}
