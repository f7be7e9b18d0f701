/** A larger block, which an uncommon picture needed, is not kept for the next one. */
const REUSED_BYTES = 1 << 22;

/**
 * Memory for what a session still needs of a picture when a call returns: the caller may use its own again. A picture's bytes stay
 * where they are until the call after the one that emits them. So two blocks that take turns are enough.
 */
export class HeldMemory {
  #block = new Uint8Array(0);
  #other = new Uint8Array(0);
  #used = 0;

  /** Another picture begins: nothing of the one before last is needed. */
  begin(): void {
    const other = this.#other;
    this.#other = this.#block;
    this.#block = other.length > REUSED_BYTES ? new Uint8Array(0) : other;
    this.#used = 0;
  }

  /** Copies these parts, one after the other. */
  add(parts: readonly Uint8Array[]): Uint8Array {
    return this.#append(this.#used, parts);
  }

  /** Copies these parts right after `last`, which was added or extended last. Returns all of it, which may have moved. */
  extend(last: Uint8Array, parts: readonly Uint8Array[]): Uint8Array {
    return this.#append(this.#used - last.length, parts);
  }

  /** @param from where the bytes begin that are returned. */
  #append(from: number, parts: readonly Uint8Array[]): Uint8Array {
    let size = 0;
    for (const { length } of parts) size += length;
    let start = from;
    if (this.#used + size > this.#block.length) {
      // Bytes in the old block that someone has keep it alive.
      const moved = this.#block.subarray(from, this.#used);
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
