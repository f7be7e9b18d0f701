import { type StreamUnit, streamUnit } from "../framing/byte-stream.ts";
import { emptyList } from "../framing/lists.ts";

/** An access unit never has nearly as many units. */
const LIMIT = 256;

/** Units that wait for a picture to end or to begin. */
export class WaitingUnits {
  #units = emptyList<StreamUnit>();
  /** The first so many units have been copied. */
  #copied = 0;

  get isEmpty(): boolean {
    return this.#units.length === 0;
  }

  /** Whether the units must be taken before another one is added. */
  get isFull(): boolean {
    return this.#units.length >= LIMIT;
  }

  add(unit: StreamUnit): void {
    this.#units.push(unit);
  }

  /** Removes the units, and returns them in the order in which they came. */
  take(): readonly StreamUnit[] {
    if (this.#units.length === 0) return this.#units;
    const units = this.#units;
    this.#units = emptyList();
    this.#copied = 0;
    return units;
  }

  /** Copies the units that came with this call. Must be called before a call of the session returns. */
  hold(): void {
    const units = this.#units;
    for (; this.#copied < units.length; this.#copied++) {
      const { bytes, byte } = units[this.#copied] as StreamUnit;
      units[this.#copied] = streamUnit(bytes.slice(), byte);
    }
  }
}
