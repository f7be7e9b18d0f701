import { HeldMemory } from "../framing/held-memory.ts";

/** A unit of an open picture. */
export interface HeldUnit {
  unit: Uint8Array;
}

/** Copies the units of open pictures: see `HeldMemory`. */
export class HeldUnits {
  readonly #memory = new HeldMemory();

  /**
   * Copies the units from index `copied` on; the units before were copied earlier. Must be called before a call of the session
   * returns.
   *
   * @returns the number of units that are copies now: all of them.
   */
  copy(units: readonly HeldUnit[], copied: number): number {
    if (copied === 0 && units.length > 0) this.#memory.begin();
    for (let i = copied; i < units.length; i++) {
      const held = units[i] as HeldUnit;
      held.unit = this.#memory.add([held.unit]);
    }
    return units.length;
  }
}
