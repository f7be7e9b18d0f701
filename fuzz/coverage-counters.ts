/** Reads the counters that `coverage.ts` puts into a bundle. */

/** What runs of the bundle have reached. */
export class Coverage {
  readonly #hits = (globalThis as { $hits?: Uint8Array }).$hits ?? new Uint8Array();
  readonly #words = new Uint32Array(this.#hits.buffer);
  /** For each counter, the classes of counts that were seen: 1, 2, 3, 4, 8, 16, 32, 128 times. */
  readonly #seen = new Uint8Array(this.#hits.length);
  /** Counters that were reached at all. */
  reached = 0;

  /** Whether the runs since the last call reached a place, or a place in another class of counts. */
  isNew(): boolean {
    let isNew = false;
    const hits = this.#hits;
    const words = this.#words;
    for (let word = 0; word < words.length; word++) {
      if (words[word] !== 0) isNew = this.#takeWord(hits, word * 4) || isNew;
    }
    return isNew;
  }

  #takeWord(hits: Uint8Array, from: number): boolean {
    let isNew = false;
    for (let i = from; i < from + 4; i++) {
      const count = hits[i] as number;
      if (count === 0) continue;
      hits[i] = 0;
      const bit =
        count < 4 ? 1 << (count - 1) : count < 8 ? 8 : count < 16 ? 16 : count < 32 ? 32 : count < 128 ? 64 : 128;
      const seen = this.#seen[i] as number;
      if (seen & bit) continue;
      if (seen === 0) this.reached++;
      this.#seen[i] = seen | bit;
      isNew = true;
    }
    return isNew;
  }
}
