/** What a session still needs of a picture's units when a call returns: the caller may use its memory again. */

/** A unit of a picture whose last unit has not come. */
export interface HeldUnit {
  unit: Uint8Array;
}

/** A larger block, which an uncommon picture needed, is not kept for the next one. */
const REUSED_BYTES = 1 << 22;

/**
 * Memory for the units of open pictures. A picture's units stay where they are until the call after the one that emits them;
 * so two blocks that take turns are enough.
 */
export class HeldUnits {
  #block = new Uint8Array(0);
  #other = new Uint8Array(0);
  #used = 0;

  /**
   * Copies the units from place `copied` on. Those before it were copied by earlier calls.
   *
   * @returns how many units are copies then: all.
   */
  copy(units: readonly HeldUnit[], copied: number): number {
    if (copied === units.length) return copied;
    if (copied === 0) this.#beginPicture();
    let size = 0;
    for (let i = copied; i < units.length; i++) size += (units[i] as HeldUnit).unit.length;
    this.#reserve(size);
    for (let i = copied; i < units.length; i++) {
      const held = units[i] as HeldUnit;
      const end = this.#used + held.unit.length;
      this.#block.set(held.unit, this.#used);
      held.unit = this.#block.subarray(this.#used, end);
      this.#used = end;
    }
    return units.length;
  }

  #beginPicture(): void {
    const other = this.#other;
    this.#other = this.#block;
    this.#block = other.length > REUSED_BYTES ? new Uint8Array(0) : other;
    this.#used = 0;
  }

  /** Units that lie in a block which is too small now keep it alive. */
  #reserve(size: number): void {
    if (this.#used + size <= this.#block.length) return;
    this.#block = new Uint8Array(2 * (this.#used + size));
    this.#used = 0;
  }
}
