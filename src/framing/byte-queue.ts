const BLOCK_BYTES = 1 << 16;
/** A larger block, which an uncommon unit needed, is not kept for the next one. */
const REUSED_BYTES = 1 << 22;

/**
 * Bytes that come in any pieces and are taken in their order. What is taken is a view of the piece where it lies whole in it.
 * Only what is left of a piece is copied, when `keep` is called, and what continues it. What has been taken is valid until the
 * next piece but one is kept: two blocks of memory take turns.
 */
export class ByteQueue {
  /** Offset in the stream of the first byte that is held. */
  begin: number;
  /** Offset in the stream of the next byte to come. */
  end: number;
  /** The queue's own memory: `[from, to)` of it is held, and comes first. */
  #block = new Uint8Array(0);
  #other = new Uint8Array(0);
  #from = 0;
  #to = 0;
  /** The caller's piece: it is held from `#at` on. */
  #piece: Uint8Array = new Uint8Array(0);
  #at = 0;

  /** @param origin offset of the first byte to come. */
  constructor(origin: number) {
    this.begin = origin;
    this.end = origin;
  }

  /** How many bytes are held. */
  get length(): number {
    return this.end - this.begin;
  }

  /** Takes the next piece, after `keep`. It is not copied. */
  append(piece: Uint8Array): void {
    if (this.#at < this.#piece.length) this.keep();
    this.#piece = piece;
    this.#at = 0;
    this.end += piece.length;
  }

  /** The caller may use its piece again: copies what is held of it. */
  keep(): void {
    this.#own(this.#piece.length - this.#at);
    this.#piece = this.#block.subarray(0, 0);
    this.#at = 0;
  }

  /** The first `count` bytes; there must be as many. */
  peek(count: number): Uint8Array {
    const owned = this.#to - this.#from;
    if (owned === 0) return this.#piece.subarray(this.#at, this.#at + count);
    if (count > owned) this.#own(count - owned);
    return this.#block.subarray(this.#from, this.#from + count);
  }

  /** Lets go of the first `count` bytes. */
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

  /** Copies the next `count` bytes of the piece after what the queue has of its own. */
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
      // Twice what is needed: so a byte is moved once on average, however long what it belongs to becomes.
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
