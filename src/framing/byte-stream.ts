import { type ByteSource, bytesOf } from "../bytes.ts";
import { ByteQueue } from "./byte-queue.ts";
import { findStartCode } from "./start-code.ts";

/** A unit of a byte stream: what lies between two start code prefixes. */
export interface StreamUnit {
  readonly bytes: Uint8Array;
  /** Offset of its first byte, the one after the prefix, in all the bytes given so far. */
  readonly byte: number;
  /** True where a unit was longer than `UNIT_LIMIT`: `bytes` is its beginning, the rest is gone. */
  readonly truncated: boolean;
}

/** The longest unit that is kept, in bytes: more than the largest picture of any level. */
export const UNIT_LIMIT = 2 ** 28;

/** Where `bytes[from, to)` ends without the zero bytes at its end: no unit of H.264 or H.265 ends in one (7.4.1). */
export function withoutTrailingZeros(bytes: Uint8Array, from: number, to: number): number {
  let end = to;
  while (end > from && bytes[end - 1] === 0) end--;
  return end;
}

/**
 * The units of a packet that holds whole units, each after a start code prefix.
 * @param byte the packet's own offset. @param keepZeros see `ByteStream`.
 */
export function unitsOfPacket(source: ByteSource, byte: number, keepZeros = false): StreamUnit[] {
  const packet = bytesOf(source, "a packet");
  const units: StreamUnit[] = [];
  let prefix = findStartCode(packet, 0, packet.length);
  while (prefix >= 0) {
    const start = prefix + 3;
    prefix = findStartCode(packet, start, packet.length);
    const last = prefix < 0 ? packet.length : prefix;
    const end = keepZeros ? last : withoutTrailingZeros(packet, start, last);
    if (end > start) units.push({ bytes: packet.subarray(start, end), byte: byte + start, truncated: false });
  }
  return units;
}

/**
 * Cuts a byte stream that comes in any pieces into its units. A unit ends where the next prefix is seen, or with
 * `flush`. The units stay valid while newer ones come.
 */
export class ByteStream {
  /** The unit that has begun, and what follows it. */
  readonly #queue: ByteQueue;
  /** False before the first prefix, and after a unit that was too long. */
  #isInUnit = false;
  /** How many of the last two bytes that came are zero, from the end. */
  #zeros = 0;
  readonly #keepZeros: boolean;

  /**
   * @param origin offset of the first byte to come, for `StreamUnit.byte`. @param keepZeros whether zero bytes before the
   * next prefix are the unit's: in MPEG-2 they may be, in Annex B of H.264 and H.265 no unit ends in one.
   */
  constructor(origin: number, keepZeros = false) {
    this.#queue = new ByteQueue(origin);
    this.#keepZeros = keepZeros;
  }

  /** Takes the next bytes (copied) and returns the units that they end. */
  push(source: ByteSource): StreamUnit[] {
    const chunk = bytesOf(source, "a chunk");
    const queue = this.#queue;
    const units: StreamUnit[] = [];
    const origin = queue.end;
    queue.append(chunk);
    for (let prefix = this.#firstPrefix(chunk); prefix !== undefined; prefix = prefixIn(chunk, prefix + 3)) {
      this.#endUnit(origin + prefix, units);
      queue.skip(origin + prefix + 3 - queue.begin);
      this.#isInUnit = true;
    }
    this.#countZeros(chunk);
    if (this.#isInUnit && queue.length > UNIT_LIMIT) {
      units.push({ byte: queue.begin, bytes: queue.take(UNIT_LIMIT), truncated: true });
      this.#isInUnit = false;
    }
    if (!this.#isInUnit) queue.skip(queue.length);
    return units;
  }

  /** The stream ends here: returns the unit that has begun, if any. */
  flush(): StreamUnit[] {
    const units: StreamUnit[] = [];
    this.#endUnit(this.#queue.end, units);
    this.#isInUnit = false;
    this.#zeros = 0;
    return units;
  }

  /** Where the first prefix begins that ends in `chunk`: below 0 where it begins in what came before. */
  #firstPrefix(chunk: Uint8Array): number | undefined {
    if (this.#zeros === 2 && chunk[0] === 1) return -2;
    if (this.#zeros > 0 && chunk[0] === 0 && chunk[1] === 1) return -1;
    return prefixIn(chunk, 0);
  }

  #countZeros(chunk: Uint8Array): void {
    let zeros = 0;
    while (zeros < Math.min(2, chunk.length) && chunk[chunk.length - 1 - zeros] === 0) zeros++;
    this.#zeros = zeros < chunk.length ? zeros : Math.min(2, this.#zeros + zeros);
  }

  /** @param end offset in the stream. */
  #endUnit(end: number, units: StreamUnit[]): void {
    if (!this.#isInUnit) return;
    const byte = this.#queue.begin;
    const bytes = this.#queue.take(end - byte);
    const length = this.#keepZeros ? bytes.length : withoutTrailingZeros(bytes, 0, bytes.length);
    if (length > 0) units.push({ bytes: bytes.subarray(0, length), byte, truncated: false });
  }
}

function prefixIn(bytes: Uint8Array, from: number): number | undefined {
  const prefix = findStartCode(bytes, from, bytes.length);
  return prefix < 0 ? undefined : prefix;
}
