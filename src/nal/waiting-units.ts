import type { StreamUnit } from "../framing/byte-stream.ts";

/** Far more units than an access unit has. */
const LIMIT = 256;

/** Units that wait for a picture to end or to begin. */
export class WaitingUnits {
  #units: StreamUnit[] = [];
  /** How many of them, from the first on, have been copied. */
  #copied = 0;

  get isEmpty(): boolean {
    return this.#units.length === 0;
  }

  /** Whether those that wait must be taken before another one is added. */
  get isFull(): boolean {
    return this.#units.length >= LIMIT;
  }

  add(unit: StreamUnit): void {
    this.#units.push(unit);
  }

  /** The units in the order in which they came. They wait no longer. */
  take(): readonly StreamUnit[] {
    if (this.#units.length === 0) return this.#units;
    const units = this.#units;
    this.#units = [];
    this.#copied = 0;
    return units;
  }

  /** A call returns: copies the units that came with it. */
  hold(): void {
    const units = this.#units;
    for (; this.#copied < units.length; this.#copied++) {
      const unit = units[this.#copied] as StreamUnit;
      units[this.#copied] = { ...unit, bytes: unit.bytes.slice() };
    }
  }
}
