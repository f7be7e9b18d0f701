import { HeldMemory } from "../framing/held-memory.ts";
import { emptyList } from "../framing/lists.ts";

/** A unit of an open picture. */
export interface HeldUnit {
  unit: Uint8Array;
}

/** The units of an open picture. Those that are still needed when a call returns are copied: see `HeldMemory`. */
export class HeldUnits<Unit extends HeldUnit> {
  #units = emptyList<Unit>();
  /** How many of them have been copied. */
  #copied = 0;
  readonly #memory = new HeldMemory();

  get count(): number {
    return this.#units.length;
  }

  /** Adds the next unit of the picture. */
  add(unit: Unit): void {
    this.#units.push(unit);
  }

  /** Copies the units that are in the caller's memory. Must be called before a call of the session returns. */
  hold(): void {
    const units = this.#units;
    if (this.#copied === 0 && units.length > 0) this.#memory.begin();
    for (let i = this.#copied; i < units.length; i++) {
      const held = units[i] as Unit;
      held.unit = this.#memory.add([held.unit]);
    }
    this.#copied = units.length;
  }

  /** Returns the units for the picture's requests, and gets ready for the next picture. */
  take(): readonly Unit[] {
    const units = this.#units;
    this.clear();
    return units;
  }

  clear(): void {
    if (this.#units.length > 0) this.#units = emptyList();
    this.#copied = 0;
  }
}
