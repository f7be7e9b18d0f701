import type { ReadUnit } from "./read-unit.ts";

/**
 * The units of parameter sets by id, as `ActiveSetStore` keeps the sets: a unit for the active set waits for a picture that may
 * activate one. That is also so where it repeats the set: it is then the unit that a later picture depends on.
 */
export class ParameterSetUnits {
  readonly #stored = new Map<number, ReadUnit>();
  readonly #waiting = new Map<number, ReadUnit>();
  #active: ReadUnit | undefined;

  /** The set of the last picture. */
  get active(): ReadUnit | undefined {
    return this.#active;
  }

  /** @param id undefined where the unit could not be read: then the old set stays. */
  receive(id: number | undefined, unit: ReadUnit): void {
    if (id === undefined) return;
    const stored = this.#stored.get(id);
    if (stored === undefined || stored !== this.#active) this.#stored.set(id, unit);
    else this.#waiting.set(id, unit);
  }

  /** The set of a picture, which becomes the active one. */
  activate(id: number, mayActivate: boolean): ReadUnit | undefined {
    const waiting = mayActivate ? this.#waiting.get(id) : undefined;
    if (waiting !== undefined) {
      this.#stored.set(id, waiting);
      this.#waiting.delete(id);
    }
    this.#active = this.#stored.get(id);
    return this.#active;
  }
}

/** Runs a parser over a unit once more, for the elements that the session did not report. Undefined where it fails. */
export function parsed<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch {
    return undefined;
  }
}
