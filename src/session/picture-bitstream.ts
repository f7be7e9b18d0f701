/** Collects the bytes of an open picture for its OUTPUT buffer, with few copies. */

import { joined } from "../framing/bytes.ts";
import { HeldMemory } from "../framing/held-memory.ts";
import type { ResolvedOptions } from "../options.ts";
import { startCodePrefix } from "./bitstream.ts";

/**
 * So many units of fewer bytes, on an average, are joined into one part. Without this, a picture of tiny units would take far more
 * memory than its bytes: a view of a unit takes about 100.
 */
const MANY_UNITS = 128;
const SMALL_UNIT_BYTES = 512;

export class PictureBitstream {
  /** The parts so far. Those before index `#foreign` are in our own memory, the others in the caller's. */
  #parts: Uint8Array[] = [];
  #foreign = 0;
  /** Number and bytes of the units in the caller's parts. */
  #foreignUnits = 0;
  #foreignBytes = 0;
  /** A call of the session has returned since the picture began. */
  #isHeld = false;
  /** The last of our own parts is at the end of `#memory`, so the next bytes can be appended to it. */
  #isOpenEnded = false;
  readonly #memory = new HeldMemory();
  readonly #startCode: ResolvedOptions["startCode"];
  constructor(startCode: ResolvedOptions["startCode"]) {
    this.#startCode = startCode;
  }

  /** Adds the next unit of the picture. */
  add(unit: Uint8Array): void {
    const annexB = this.#startCode === "annexb";
    // Most pictures have one unit. An array with its elements is smaller than one that has grown.
    if (this.#parts.length === 0) this.#parts = annexB ? [startCodePrefix, unit] : [unit];
    else if (annexB) this.#parts.push(startCodePrefix, unit);
    else this.#parts.push(unit);
    this.#foreignUnits++;
    this.#foreignBytes += unit.length;
    if (this.#foreignUnits < MANY_UNITS || this.#foreignBytes >= this.#foreignUnits * SMALL_UNIT_BYTES) return;
    this.#parts.push(joined(this.#parts.splice(this.#foreign)));
    this.#countFromHere();
    this.#isOpenEnded = false;
  }

  /** Copies the parts that are in the caller's memory. Must be called before a call of the session returns. */
  hold(): void {
    if (this.#foreign === this.#parts.length) return;
    if (!this.#isHeld) this.#memory.begin();
    this.#isHeld = true;
    const coming = this.#parts.splice(this.#foreign);
    if (this.#isOpenEnded) this.#parts.push(this.#memory.extend(this.#parts.pop() as Uint8Array, coming));
    else this.#parts.push(this.#memory.add(coming));
    this.#isOpenEnded = true;
    this.#countFromHere();
  }

  /** Returns the parts for the picture's request, and gets ready for the next picture. */
  take(): Uint8Array[] {
    const parts = this.#parts;
    this.clear();
    return parts;
  }

  clear(): void {
    this.#parts = [];
    this.#countFromHere();
    this.#isHeld = this.#isOpenEnded = false;
  }

  /** All parts so far are in our own memory: the caller's come after them. */
  #countFromHere(): void {
    this.#foreign = this.#parts.length;
    this.#foreignUnits = this.#foreignBytes = 0;
  }
}
