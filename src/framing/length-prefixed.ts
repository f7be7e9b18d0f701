import { type ByteSource, bytesOf } from "../bytes.ts";
import { type StreamUnit, streamUnit, UNIT_LIMIT, withoutTrailingZeros } from "./byte-stream.ts";
import { joined } from "./bytes.ts";

/** Cuts length-prefixed units (ISO/IEC 14496-15, 5.3.3 and 8.3.3) out of bytes that come in pieces of any size. */
export class LengthPrefixedStream {
  readonly #lengthSize: number;
  /** The bytes of the incomplete prefix or unit, in pieces. */
  #pieces: Uint8Array[] = [];
  #held = 0;
  /** The number of bytes that the next prefix or unit needs to be complete. */
  #needed: number;
  /** The number of coming bytes that belong to a unit that is not kept. */
  #skipped = 0;
  /** Offset of the first held byte in the stream. */
  #origin: number;

  /**
   * @param lengthSize bytes of each prefix, 1 to 4. @param origin offset of the first byte to come.
   * @throws TypeError where the size is another one.
   */
  constructor(lengthSize: number, origin: number) {
    if (!(Number.isInteger(lengthSize) && lengthSize >= 1 && lengthSize <= 4))
      throw new TypeError(`lengthSize must be a whole number from 1 to 4, not ${typeof lengthSize} ${lengthSize}`);
    this.#lengthSize = this.#needed = lengthSize;
    this.#origin = origin;
  }

  /**
   * Takes the next bytes and returns the units that are complete: views of `chunk`, or of a copy. Zero bytes at a unit's end
   * are removed, as in a byte stream. A unit longer than `UNIT_LIMIT` is returned empty and `truncated` when its prefix is
   * seen, and its bytes are skipped.
   */
  push(source: ByteSource): StreamUnit[] {
    const chunk = bytesOf(source, "a chunk");
    const units: StreamUnit[] = [];
    if (this.#held + chunk.length < this.#needed) {
      this.#hold(chunk.slice());
      return units;
    }
    const bytes = this.#held === 0 ? chunk : joined([...this.#pieces, chunk]);
    let at = this.#skip(bytes, 0);
    this.#needed = this.#lengthSize;
    while (at + this.#lengthSize <= bytes.length) {
      const start = at + this.#lengthSize;
      const length = prefix(bytes, at, start);
      if (length > UNIT_LIMIT) {
        units.push(streamUnit(bytes.subarray(start, start), this.#origin + start, true));
        this.#skipped = length;
        at = this.#skip(bytes, start);
        continue;
      }
      if (start + length > bytes.length) {
        this.#needed = this.#lengthSize + length;
        break;
      }
      at = start + length;
      const end = withoutTrailingZeros(bytes, start, at);
      if (end > start) units.push(streamUnit(bytes.subarray(start, end), this.#origin + start));
    }
    this.#origin += at;
    this.#pieces = [];
    this.#held = 0;
    this.#hold(bytes.slice(at));
    if (this.#skipped > 0) this.#needed = 0;
    return units;
  }

  /** Ends the input: returns the unit that is cut off, if there is one. */
  flush(): StreamUnit[] {
    const lengthSize = this.#lengthSize;
    const held = this.#held;
    const origin = this.#origin;
    const bytes = joined(this.#pieces);
    this.#pieces = [];
    this.#held = this.#skipped = 0;
    this.#needed = lengthSize;
    this.#origin += held;
    return held === 0 ? [] : [streamUnit(bytes.subarray(lengthSize), origin + Math.min(lengthSize, held), true)];
  }

  /** The offset in `bytes`, from `at` on, of the first byte that is not skipped. */
  #skip(bytes: Uint8Array, at: number): number {
    const count = Math.min(this.#skipped, bytes.length - at);
    this.#skipped -= count;
    return at + count;
  }

  #hold(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#pieces.push(bytes);
    this.#held += bytes.length;
  }
}

function prefix(bytes: Uint8Array, from: number, to: number): number {
  let length = 0;
  for (let i = from; i < to; i++) length = length * 256 + (bytes[i] as number);
  return length;
}

/** Whether the lengths of a packet's units lead exactly to its end. */
export function isLengthPrefixed(packet: Uint8Array, lengthSize: number): boolean {
  let at = 0;
  while (at + lengthSize <= packet.length) at += lengthSize + prefix(packet, at, at + lengthSize);
  return at === packet.length;
}
