/** The OUTPUT buffer of a picture whose units are coming: as few parts as its memory allows. */

import { joined } from "../framing/bytes.ts";
import type { ResolvedOptions } from "../options.ts";
import { startCodePrefix } from "./bitstream.ts";
import { HeldMemory } from "./held-memory.ts";

/** So many parts become one, so that a picture of tiny units takes no more memory than its bytes. */
const MOST_PARTS = 256;

export class PictureBitstream {
  /** The parts so far: first those in memory of our own, from `#foreign` on those in the caller's. */
  #parts: Uint8Array[] = [];
  #foreign = 0;
  /** A call has returned since the picture began. */
  #isHeld = false;
  /** The last of our own parts lies at the end of the held memory: what comes next can go on there. */
  #isOpenEnded = false;
  readonly #memory = new HeldMemory();
  readonly #startCode: ResolvedOptions["startCode"];
  constructor(startCode: ResolvedOptions["startCode"]) {
    this.#startCode = startCode;
  }

  /** The next unit of the picture. */
  add(unit: Uint8Array): void {
    if (this.#startCode === "annexb") this.#parts.push(startCodePrefix);
    this.#parts.push(unit);
    if (this.#parts.length - this.#foreign < MOST_PARTS) return;
    this.#parts.push(joined(this.#parts.splice(this.#foreign)));
    this.#foreign = this.#parts.length;
    this.#isOpenEnded = false;
  }

  /** A call returns: copies what lies in the caller's memory. */
  hold(): void {
    if (this.#foreign === this.#parts.length) return;
    if (!this.#isHeld) this.#memory.begin();
    this.#isHeld = true;
    const coming = this.#parts.splice(this.#foreign);
    if (this.#isOpenEnded) this.#parts.push(this.#memory.extend(this.#parts.pop() as Uint8Array, coming));
    else this.#parts.push(this.#memory.add(coming));
    this.#isOpenEnded = true;
    this.#foreign = this.#parts.length;
  }

  /** The parts of the picture's request. The next picture begins. */
  take(): Uint8Array[] {
    const parts = this.#parts;
    this.clear();
    return parts;
  }

  clear(): void {
    this.#parts = [];
    this.#foreign = 0;
    this.#isHeld = this.#isOpenEnded = false;
  }
}
