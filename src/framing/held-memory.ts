/** A block that is larger, for one uncommon picture or unit, is not used again. */
const REUSED_BYTES = 1 << 22;

/**
 * Memory for the bytes of a picture, or of a unit that has begun, that are still needed when a call returns, after which the
 * caller may reuse its own memory. They must stay in place until the call after the one that emits them, so two alternating
 * blocks are enough.
 */
export class HeldMemory {
  #block = new Uint8Array(0);
  #other = new Uint8Array(0);
  #used = 0;

  /** Begins a picture or unit. The bytes of the one before the last are given up. */
  begin(): void {
    const other = this.#other;
    this.#other = this.#block;
    this.#block = other.length > REUSED_BYTES ? new Uint8Array(0) : other;
    this.#used = 0;
  }

  /** Copies these parts, one after the other, and returns the copy. */
  add(parts: readonly Uint8Array[]): Uint8Array {
    return this.#append(this.#used, parts);
  }

  /**
   * Copies these parts right after `last`, which must be what `add` or `extend` returned last, or the end of it. Returns both
   * as one; they may have moved.
   */
  extend(last: Uint8Array, parts: readonly Uint8Array[]): Uint8Array {
    return this.#append(this.#used - last.length, parts);
  }

  /** @param from offset of the first byte to return. */
  #append(from: number, parts: readonly Uint8Array[]): Uint8Array {
    let size = 0;
    for (const { length } of parts) size += length;
    let start = from;
    if (this.#used + size > this.#block.length) {
      // The old block stays valid for those who hold bytes of it.
      const moved = this.#block.subarray(from, this.#used);
      // Allocating twice what is needed keeps the average at one move for each byte, however many calls add to it.
      this.#block = new Uint8Array(2 * (moved.length + size));
      this.#block.set(moved);
      start = 0;
      this.#used = moved.length;
    }
    for (const part of parts) {
      this.#block.set(part, this.#used);
      this.#used += part.length;
    }
    return this.#block.subarray(start, this.#used);
  }
}
