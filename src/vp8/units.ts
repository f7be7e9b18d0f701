/** A frame's bytes: RFC 6386, sections 9.1 and 9.5. */
import type { Trace } from "../bitreader/index.ts";
import { BitstreamError } from "../errors.ts";

/** `"key frame"` or `"interframe"`: the first bit says it. */
export function unitName(frame: Uint8Array): string {
  if (frame.length === 0) return "empty frame";
  return ((frame[0] as number) & 1) === 0 ? "key frame" : "interframe";
}

/** Reads the uncompressed chunk: fields lie from the least significant bit on. At most 32 bits a read. */
export class LittleEndianReader {
  private readonly bytes: Uint8Array;
  private readonly trace: Trace | undefined;
  /** Bits read so far. */
  position = 0;

  constructor(bytes: Uint8Array, trace: Trace | undefined) {
    this.bytes = bytes;
    this.trace = trace;
  }

  u(length: number, name: string): number {
    const bit = this.position;
    if (bit + length > this.bytes.length * 8) {
      throw new BitstreamError("the frame ends here", { unit: unitName(this.bytes), element: name, bit });
    }
    let value = 0;
    for (let i = 0; i < length; i++) {
      const at = bit + i;
      value += (((this.bytes[at >> 3] as number) >> (at & 7)) & 1) * 2 ** i;
    }
    this.position = bit + length;
    this.trace?.element({ name, subscripts: [], descriptor: "le", bit, codedBit: bit, length, value });
    return value;
  }

  f(length: number, pattern: number, name: string): void {
    const value = this.u(length, name);
    if (value !== pattern) this.fail(`${value} where ${pattern} is required`, length, name);
  }

  /** Throws the error of an element that has just been read and was `length` bits long. */
  fail(reason: string, length: number, name: string): never {
    const bit = this.position - length;
    throw new BitstreamError(reason, { unit: unitName(this.bytes), element: name, bit });
  }
}

/** 9.5: the sizes of the DCT partitions. @param at where the first partition ends. */
export function dctPartitionSizes(frame: Uint8Array, at: number, count: number, trace: Trace | undefined): number[] {
  const r = new LittleEndianReader(frame, trace);
  r.position = at * 8;
  const sizes: number[] = [];
  let left = frame.length - at - 3 * (count - 1);
  for (let i = 0; i < count - 1; i++) {
    const size = r.u(24, "partition_size");
    if (size > left) r.fail(`${size} bytes, of which ${Math.max(left, 0)} are there`, 24, "partition_size");
    sizes.push(size);
    left -= size;
  }
  sizes.push(left);
  return sizes;
}
