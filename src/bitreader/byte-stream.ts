import { findStartCode } from "./start-code.ts";

/** A unit of a byte stream: what lies between two start code prefixes. */
export interface StreamUnit {
  readonly bytes: Uint8Array;
  /** Offset of its first byte, right behind the prefix, in all the bytes given so far. */
  readonly byte: number;
  /** True where a unit was longer than `UNIT_LIMIT`: `bytes` is its beginning, the rest is gone. */
  readonly truncated: boolean;
}

/** The longest unit that is kept, in bytes: more than the largest picture of any level. */
export const UNIT_LIMIT = 2 ** 28;

const FIRST_CAPACITY = 1 << 16;

/** Where `bytes[from, to)` ends without the zero bytes at its end: no unit of H.264 or H.265 ends in one (7.4.1). */
export function withoutTrailingZeros(bytes: Uint8Array, from: number, to: number): number {
  let end = to;
  while (end > from && bytes[end - 1] === 0) end--;
  return end;
}

/**
 * The units of a packet that holds whole units, each behind a start code prefix.
 * @param byte the packet's own offset. @param keepZeros see `ByteStream`.
 */
export function unitsOfPacket(packet: Uint8Array, byte: number, keepZeros = false): StreamUnit[] {
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
 * `flush`. Bytes once written are never overwritten, so the units stay valid while newer ones come.
 */
export class ByteStream {
  private buffer = new Uint8Array(0);
  private end = 0;
  /** Where the search for the next prefix goes on. */
  private scanned = 0;
  /** Where the unit that has begun starts; -1 before the first prefix, and behind a unit that was too long. */
  private unitStart = -1;
  /** Offset of `buffer[0]` in the stream. */
  private origin: number;
  private readonly keepZeros: boolean;

  /**
   * @param origin offset of the first byte to come, for `StreamUnit.byte`. @param keepZeros whether zero bytes before the
   * next prefix are the unit's: in MPEG-2 they may be, in Annex B of H.264 and H.265 no unit ends in one.
   */
  constructor(origin: number, keepZeros = false) {
    this.origin = origin;
    this.keepZeros = keepZeros;
  }

  /** Takes the next bytes (copied) and returns the units that they end. */
  push(chunk: Uint8Array): StreamUnit[] {
    this.append(chunk);
    const units: StreamUnit[] = [];
    for (;;) {
      const prefix = findStartCode(this.buffer, this.scanned, this.end);
      if (prefix < 0) break;
      this.endUnit(prefix, units);
      this.unitStart = this.scanned = prefix + 3;
    }
    this.scanned = Math.max(this.scanned, this.end - 2);
    if (this.unitStart >= 0 && this.end - this.unitStart > UNIT_LIMIT) {
      const bytes = this.buffer.subarray(this.unitStart, this.unitStart + UNIT_LIMIT);
      units.push({ bytes, byte: this.origin + this.unitStart, truncated: true });
      this.unitStart = -1;
    }
    return units;
  }

  /** The stream ends here: returns the unit that has begun, if any. */
  flush(): StreamUnit[] {
    const units: StreamUnit[] = [];
    this.endUnit(this.end, units);
    this.origin += this.end;
    this.buffer = new Uint8Array(0);
    this.end = this.scanned = 0;
    this.unitStart = -1;
    return units;
  }

  private endUnit(at: number, units: StreamUnit[]): void {
    if (this.unitStart < 0) return;
    const end = this.keepZeros ? at : withoutTrailingZeros(this.buffer, this.unitStart, at);
    if (end === this.unitStart) return;
    const bytes = this.buffer.subarray(this.unitStart, end);
    units.push({ bytes, byte: this.origin + this.unitStart, truncated: false });
  }

  private append(chunk: Uint8Array): void {
    if (this.end + chunk.length > this.buffer.length) {
      const keepFrom = this.unitStart >= 0 ? this.unitStart : this.scanned;
      const kept = this.buffer.subarray(keepFrom, this.end);
      const size = kept.length + chunk.length;
      this.buffer = new Uint8Array(Math.max(FIRST_CAPACITY, Math.min(4 * size, size + UNIT_LIMIT)));
      this.buffer.set(kept);
      this.origin += keepFrom;
      this.end = kept.length;
      this.scanned -= keepFrom;
      if (this.unitStart >= 0) this.unitStart = 0;
    }
    this.buffer.set(chunk, this.end);
    this.end += chunk.length;
  }
}
