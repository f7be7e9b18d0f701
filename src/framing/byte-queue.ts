import { joined } from "./bytes.ts";

const BLOCK_BYTES = 1 << 16;

/**
 * Bytes that come in any pieces and are taken in their order. Each is copied once when it comes, and a second time only
 * where what is taken lies in several blocks: so a byte costs the same, however long what it belongs to becomes. Bytes
 * once written are never overwritten, so what has been taken stays valid.
 */
export class ByteQueue {
  /** Offset in the stream of the first byte that is held. */
  begin: number;
  /** Offset in the stream of the next byte to come. */
  end: number;
  /** What is held in blocks that are full, in order. */
  #full: Uint8Array[] = [];
  /** The block that is being filled: `[from, to)` of it is held. */
  #block: Uint8Array;
  #from = 0;
  #to: number;

  /** @param origin offset of the first byte to come. @param first the first bytes; not copied. */
  constructor(origin: number, first: Uint8Array = new Uint8Array(0)) {
    this.begin = origin;
    this.end = origin + first.length;
    this.#block = first;
    this.#to = first.length;
  }

  /** How many bytes are held. */
  get length(): number {
    return this.end - this.begin;
  }

  append(chunk: Uint8Array): void {
    if (this.#to + chunk.length > this.#block.length) {
      if (this.#to > this.#from) this.#full.push(this.#block.subarray(this.#from, this.#to));
      this.#block = new Uint8Array(Math.max(BLOCK_BYTES, 4 * chunk.length));
      this.#from = this.#to = 0;
    }
    this.#block.set(chunk, this.#to);
    this.#to += chunk.length;
    this.end += chunk.length;
  }

  /** The first `count` bytes; there must be as many. */
  peek(count: number): Uint8Array {
    if (this.#full.length === 0) return this.#block.subarray(this.#from, this.#from + count);
    const parts: Uint8Array[] = [];
    let left = count;
    for (const held of [...this.#full, this.#block.subarray(this.#from, this.#to)]) {
      const part = held.subarray(0, left);
      parts.push(part);
      left -= part.length;
      if (left === 0) break;
    }
    return joined(parts);
  }

  /** Lets go of the first `count` bytes. */
  skip(count: number): void {
    this.begin += count;
    let left = count;
    while (left > 0 && this.#full[0] !== undefined) {
      const part = this.#full[0];
      if (left < part.length) this.#full[0] = part.subarray(left);
      else this.#full.shift();
      left -= Math.min(left, part.length);
    }
    this.#from += left;
  }

  /** `peek`, then `skip`. */
  take(count: number): Uint8Array {
    const bytes = this.peek(count);
    this.skip(count);
    return bytes;
  }
}
