import { HeldMemory } from "./held-memory.ts";

/** A unit of a picture whose last unit has not come. */
export interface HeldUnit {
  unit: Uint8Array;
}

/** Copies the units of open pictures: see `HeldMemory`. */
export class HeldUnits {
  readonly #memory = new HeldMemory();

  /**
   * A call returns: copies the units from place `copied` on. Those before it were copied by earlier calls.
   *
   * @returns how many units are copies then: all.
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
