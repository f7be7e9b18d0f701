/** Reads the counters that `coverage.ts` puts into a bundle. */

/** What runs of the bundle have reached. */
export class Coverage {
  readonly #hits = (globalThis as { $hits?: Uint8Array }).$hits ?? new Uint8Array();
  readonly #words = new Uint32Array(this.#hits.buffer);
  /** For each counter, the classes of counts that were seen: 1, 2, 3, 4, 8, 16, 32, 128 times. */
  readonly #seen = new Uint8Array(this.#hits.length);

  /** Counters that were reached at all. */
  get reached(): number {
    return this.#seen.reduce((sum, classes) => sum + (classes === 0 ? 0 : 1), 0);
  }

  /** What was seen, to be kept for the next process. */
  get seen(): Uint8Array {
    return this.#seen.slice();
  }

  /** Takes what another process with the same bundle has seen. */
  remember(seen: Uint8Array): void {
    this.#seen.set(seen.subarray(0, this.#seen.length));
  }

  /** The places that the runs since the last call were the first to reach, or the first so many times. Begins anew. */
  taken(): number[] {
    const places: number[] = [];
    const words = this.#words;
    for (let word = 0; word < words.length; word++) {
      if (words[word] !== 0) this.#takeWord(word * 4, places);
    }
    return places;
  }

  /** Whether the runs since the last call reached all these places. Begins anew. */
  reaches(places: readonly number[]): boolean {
    const doesReach = places.every((place) => classOf(this.#hits[place >> 8] as number) === (place & 0xff));
    this.#hits.fill(0);
    return doesReach;
  }

  #takeWord(from: number, places: number[]): void {
    for (let i = from; i < from + 4; i++) {
      const bit = classOf(this.#hits[i] as number);
      this.#hits[i] = 0;
      const seen = this.#seen[i] as number;
      if ((seen | bit) === seen) continue;
      this.#seen[i] = seen | bit;
      places.push(i * 256 + bit);
    }
  }
}

/** A bit for each class of counts. */
function classOf(count: number): number {
  if (count < 4) return (1 << count) >> 1;
  return count < 8 ? 8 : count < 16 ? 16 : count < 32 ? 32 : count < 128 ? 64 : 128;
}
