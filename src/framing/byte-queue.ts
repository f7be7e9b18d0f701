import { HeldMemory } from "./held-memory.ts";

const NO_BYTES = /* @__PURE__ */ new Uint8Array(0);

/**
 * A queue of bytes that come in pieces of any size and are taken in order. Bytes that lie in one piece are taken as a view of
 * it. Bytes are copied only if they are left over when `keep` is called, or if they continue such bytes. Their
 * memory alternates (`HeldMemory`), so taken bytes stay valid until the second call of `keep` after that.
 */
export class ByteQueue {
  /** Offset in the stream of the first byte in the queue. */
  begin: number;
  /** Offset in the stream of the next byte to come. */
  end: number;
  readonly #memory = new HeldMemory();
  /** The first bytes of the queue, in its own memory. */
  #held: Uint8Array = NO_BYTES;
  /** The caller's piece. Its bytes from `#at` on are the other bytes of the queue. */
  #piece: Uint8Array = NO_BYTES;
  /** The piece's memory, and its place there. To make a view of these takes half the time of `subarray`. */
  #buffer: ArrayBufferLike = NO_BYTES.buffer;
  #offset = 0;
  #at = 0;

  /** @param origin offset of the first byte to come. */
  constructor(origin: number) {
    this.begin = origin;
    this.end = origin;
  }

  /** The number of bytes in the queue. */
  get length(): number {
    return this.end - this.begin;
  }

  /** Whether all its bytes lie in the caller's piece. */
  get isInPiece(): boolean {
    return this.#held.length === 0;
  }

  /** Adds the next piece without copying it. `keep` must have been called for the piece before. */
  append(piece: Uint8Array): void {
    if (this.#at < this.#piece.length) this.keep();
    this.#piece = piece;
    this.#buffer = piece.buffer;
    this.#offset = piece.byteOffset;
    this.#at = 0;
    this.end += piece.length;
  }

  /** Copies the bytes left in the caller's piece, which the caller may then reuse. */
  keep(): void {
    this.#own(this.#piece.length - this.#at);
    this.#piece = NO_BYTES;
    this.#buffer = NO_BYTES.buffer;
    this.#offset = this.#at = 0;
  }

  /** The first `count` bytes. The queue must have that many. */
  peek(count: number): Uint8Array {
    const owned = this.#held.length;
    if (owned === 0) return new Uint8Array(this.#buffer, this.#offset + this.#at, count);
    if (count > owned) this.#own(count - owned);
    return this.#held.subarray(0, count);
  }

  /** Removes the first `count` bytes. */
  skip(count: number): void {
    this.begin += count;
    const held = this.#held.length;
    if (held === 0) {
      this.#at += count;
      return;
    }
    this.#held = count < held ? this.#held.subarray(count) : NO_BYTES;
    if (count > held) this.#at += count - held;
  }

  /** `peek`, then `skip`. */
  take(count: number): Uint8Array {
    const bytes = this.peek(count);
    this.skip(count);
    return bytes;
  }

  /** Removes the first `count` bytes, and returns them without the zero bytes at their end. */
  takeTrimmed(count: number): Uint8Array {
    let length = count;
    if (this.#held.length === 0) {
      const piece = this.#piece;
      while (length > 0 && piece[this.#at + length - 1] === 0) length--;
    } else {
      const bytes = this.peek(count);
      while (length > 0 && bytes[length - 1] === 0) length--;
    }
    const bytes = this.peek(length);
    this.skip(count);
    return bytes;
  }

  /** Appends the next `count` bytes of the piece to the queue's own memory. */
  #own(count: number): void {
    if (count === 0) return;
    if (this.#held.length === 0) this.#memory.begin();
    this.#held = this.#memory.extend(this.#held, [this.#piece.subarray(this.#at, this.#at + count)]);
    this.#at += count;
  }
}
