/** Collects the bytes of an open picture for its OUTPUT buffer, with few copies. */

import type { StreamUnit } from "../framing/byte-stream.ts";
import { joined } from "../framing/bytes.ts";
import { HeldMemory } from "../framing/held-memory.ts";
import { emptyList } from "../framing/lists.ts";
import type { ResolvedOptions } from "../options.ts";
import { unitPrefix } from "./bitstream.ts";

/**
 * So many parts of fewer bytes, on an average, are joined into one. Without this, a picture of tiny units would take far more
 * memory than its bytes: a view of a unit takes about 100.
 */
const MANY_PARTS = 128;
const SMALL_PART_BYTES = 512;

/** The parts of a picture that has none so far: the first part takes its place. */
const NO_PARTS = /* @__PURE__ */ emptyList<Uint8Array>();

export class PictureBitstream {
  /** The parts so far. Those before index `#foreign` are in our own memory, the others in the caller's. */
  #parts = NO_PARTS;
  #foreign = 0;
  /** Number and bytes of the caller's parts. */
  #foreignParts = 0;
  #foreignBytes = 0;
  /** How many bytes the last part has with the units that follow it in memory. */
  #runBytes = 0;
  /** Where these end in the stream; -1 where no unit can follow. */
  #runEnd = -1;
  /** A call of the session has returned since the picture began. */
  #isHeld = false;
  /** The last of our own parts is at the end of `#memory`, so the next bytes can be appended to it. */
  #isOpenEnded = false;
  readonly #memory = new HeldMemory();
  readonly #prefix: Uint8Array | null;

  constructor(startCode: ResolvedOptions["startCode"]) {
    this.#prefix = unitPrefix(startCode);
  }

  /** Adds the next unit of the picture. Units that follow each other in memory, as in the OUTPUT buffer, are one part. */
  addUnit({ bytes, byte, follows }: StreamUnit): void {
    const prefix = this.#prefix;
    const end = byte + bytes.length;
    if (follows && prefix !== null && byte - prefix.length === this.#runEnd) {
      this.#runBytes += prefix.length + bytes.length;
      this.#foreignBytes += prefix.length + bytes.length;
      this.#runEnd = end;
      return;
    }
    this.add(bytes);
    this.#runBytes = bytes.length;
    this.#runEnd = this.#foreign < this.#parts.length ? end : -1;
  }

  /** Adds the next bytes of the picture. */
  add(bytes: Uint8Array): void {
    this.#endRun();
    const prefix = this.#prefix;
    // Most pictures have one unit. An array with its elements is smaller than one that has grown.
    if (this.#parts.length === 0) this.#parts = prefix === null ? [bytes] : [prefix, bytes];
    else if (prefix !== null) this.#parts.push(prefix, bytes);
    else this.#parts.push(bytes);
    this.#foreignParts++;
    this.#foreignBytes += bytes.length;
    if (this.#foreignParts < MANY_PARTS || this.#foreignBytes >= this.#foreignParts * SMALL_PART_BYTES) return;
    this.#parts.push(joined(this.#parts.splice(this.#foreign)));
    this.#countFromHere();
    this.#isOpenEnded = false;
  }

  /** Copies the parts that are in the caller's memory. Must be called before a call of the session returns. */
  hold(): void {
    this.#endRun();
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
    this.#endRun();
    const parts = this.#parts;
    this.clear();
    return parts === NO_PARTS ? [] : parts;
  }

  clear(): void {
    this.#parts = NO_PARTS;
    this.#runEnd = -1;
    this.#countFromHere();
    this.#isHeld = this.#isOpenEnded = false;
  }

  /** The last part becomes the view of its whole run. */
  #endRun(): void {
    if (this.#runEnd < 0) return;
    this.#runEnd = -1;
    const last = this.#parts.length - 1;
    const first = this.#parts[last] as Uint8Array;
    if (this.#runBytes > first.length)
      this.#parts[last] = new Uint8Array(first.buffer, first.byteOffset, this.#runBytes);
  }

  /** All parts so far are in our own memory: the caller's come after them. */
  #countFromHere(): void {
    this.#foreign = this.#parts.length;
    this.#foreignParts = this.#foreignBytes = 0;
  }
}
