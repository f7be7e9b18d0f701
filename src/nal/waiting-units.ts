import type { StreamUnit } from "../framing/byte-stream.ts";

/** Far more units than an access unit has. */
const LIMIT = 256;

/** Units that wait for a picture to end or to begin. They are copies, because the caller may use its bytes again. */
export class WaitingUnits {
  #units: StreamUnit[] = [];

  get isEmpty(): boolean {
    return this.#units.length === 0;
  }

  /** Whether those that wait must be taken before another one is added. */
  get isFull(): boolean {
    return this.#units.length >= LIMIT;
  }

  add(unit: StreamUnit): void {
    this.#units.push({ ...unit, bytes: unit.bytes.slice() });
  }

  /** The units in the order in which they came. They wait no longer. */
  take(): readonly StreamUnit[] {
    const units = this.#units;
    this.#units = [];
    return units;
  }
}
