const BLOCK_BYTES = 1 << 16;
/** A block that is larger, for one uncommon unit, is not used again. */
const REUSED_BYTES = 1 << 22;

/**
 * A queue of bytes that come in pieces of any size and are taken in order. Bytes that lie in one piece are taken as a view of
 * it. Bytes are copied only if they are left over when `keep` is called, or if they continue such bytes. Two blocks of memory
 * alternate, so taken bytes stay valid until the second call of `keep` after that.
 */
export class ByteQueue {
  /** Offset in the stream of the first byte in the queue. */
  begin: number;
  /** Offset in the stream of the next byte to come. */
  end: number;
  /** The queue's own memory. Its bytes `[from, to)` are the first bytes of the queue. */
  #block = new Uint8Array(0);
  #other = new Uint8Array(0);
  #from = 0;
  #to = 0;
  /** The caller's piece. Its bytes from `#at` on are the other bytes of the queue. */
  #piece: Uint8Array = new Uint8Array(0);
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

  /** Adds the next piece without copying it. `keep` must have been called for the piece before. */
  append(piece: Uint8Array): void {
    if (this.#at < this.#piece.length) this.keep();
    this.#piece = piece;
    this.#at = 0;
    this.end += piece.length;
  }

  /** Copies the bytes left in the caller's piece, which the caller may then reuse. */
  keep(): void {
    this.#own(this.#piece.length - this.#at);
    this.#piece = this.#block.subarray(0, 0);
    this.#at = 0;
  }

  /** The first `count` bytes. The queue must have that many. */
  peek(count: number): Uint8Array {
    const owned = this.#to - this.#from;
    if (owned === 0) return this.#piece.subarray(this.#at, this.#at + count);
    if (count > owned) this.#own(count - owned);
    return this.#block.subarray(this.#from, this.#from + count);
  }

  /** Removes the first `count` bytes. */
  skip(count: number): void {
    this.begin += count;
    const owned = Math.min(count, this.#to - this.#from);
    this.#from += owned;
    this.#at += count - owned;
  }

  /** `peek`, then `skip`. */
  take(count: number): Uint8Array {
    const bytes = this.peek(count);
    this.skip(count);
    return bytes;
  }

  /** Appends the next `count` bytes of the piece to the queue's own memory. */
  #own(count: number): void {
    if (count === 0) return;
    if (this.#from === this.#to) {
      const other = this.#other;
      this.#other = this.#block;
      this.#block = other.length > REUSED_BYTES ? new Uint8Array(0) : other;
      this.#from = this.#to = 0;
    }
    if (this.#to + count > this.#block.length) {
      const owned = this.#block.subarray(this.#from, this.#to);
      // Allocating twice what is needed keeps the average at one move for each byte, however long a unit becomes.
      this.#block = new Uint8Array(Math.max(BLOCK_BYTES, 2 * (owned.length + count)));
      this.#block.set(owned);
      this.#from = 0;
      this.#to = owned.length;
    }
    this.#block.set(this.#piece.subarray(this.#at, this.#at + count), this.#to);
    this.#to += count;
    this.#at += count;
  }
}
