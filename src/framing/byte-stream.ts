import { type ByteSource, bytesOf } from "../bytes.ts";
import { ByteQueue } from "./byte-queue.ts";
import { emptyList } from "./lists.ts";
import { findStartCodes, OffsetList } from "./start-codes.ts";

/** A unit of a byte stream: the bytes between two start code prefixes; or several units that join, with the prefixes between them. */
export interface StreamUnit {
  readonly bytes: Uint8Array;
  /** Offset of its first byte, the one after the prefix, in all the bytes given so far. */
  readonly byte: number;
  /** `bytes` is only the unit's beginning: the rest is lost, is not there, or has not come yet; or the unit is longer than `UNIT_LIMIT`. */
  readonly truncated: boolean;
  /** True where the unit lies in memory right after the one before it, with only its prefix between them. */
  readonly follows?: boolean;
}

/** A unit. All that are made here have one hidden class, so that V8 compiles what reads them once. */
export function streamUnit(bytes: Uint8Array, byte: number, truncated = false, follows = false): StreamUnit {
  return { bytes, byte, truncated, follows };
}

/** The longest unit that is kept, in bytes. The largest picture of any level is shorter. */
export const UNIT_LIMIT = 1 << 28;

/** How many first bytes of a unit `begun` returns: enough for almost any slice header. */
const FORESEEN_MIN = 64;
const FORESEEN_MAX = 512;

/** The end of `bytes[from, to)` without trailing zero bytes: no unit of H.264 or H.265 ends in one (7.4.1). */
export function withoutTrailingZeros(bytes: Uint8Array, from: number, to: number): number {
  let end = to;
  while (end > from && bytes[end - 1] === 0) end--;
  return end;
}

/** Whether a unit with this first byte is given together with the next units, where these have such a first byte, too. */
export type Joins = (firstByte: number) => boolean;

const joinsNone: Joins = () => false;

/**
 * The units of a packet that holds whole units, each after a start code prefix.
 * @param byte the packet's own offset. @param keepZeros @param joins see `ByteStream`.
 */
export function unitsOfPacket(source: ByteSource, byte: number, keepZeros = false, joins = joinsNone): StreamUnit[] {
  const packet = bytesOf(source, "a packet");
  const units = emptyList<StreamUnit>();
  const prefixes = new OffsetList();
  findStartCodes(packet, prefixes);
  let lastEnd = -1;
  for (let i = 0; i < prefixes.length; i++) {
    const start = prefixes.at(i) + 3;
    if (isJoined(packet, prefixes.at(i), joins)) {
      while (i + 1 < prefixes.length && isJoined(packet, prefixes.at(i + 1), joins)) i++;
    }
    const next = i + 1 < prefixes.length ? prefixes.at(i + 1) : packet.length;
    const end = keepZeros ? next : withoutTrailingZeros(packet, start, next);
    if (end === start) continue;
    const follows = start - 3 === lastEnd;
    units.push(streamUnit(packet.subarray(start, end), byte + start, false, follows));
    lastEnd = end;
  }
  return units;
}

/** Whether the unit after the prefix at `prefix` is joined to one before it. A unit without a byte does not join. */
function isJoined(bytes: Uint8Array, prefix: number, joins: Joins): boolean {
  return prefix + 3 < bytes.length && joins(bytes[prefix + 3] as number);
}

/**
 * Cuts a byte stream that comes in pieces of any size into its units. A unit ends at the next prefix, or with `flush`; units
 * that join may be given as one. A unit that lies in one piece is a view of it; any other unit is a copy. Both are valid until the
 * next call.
 */
export class ByteStream {
  /** The bytes of the unit that has begun, and those after it. */
  readonly #queue: ByteQueue;
  /** False before the first prefix, and after a unit that was too long. */
  #isInUnit = false;
  /** How many zero bytes the bytes so far end in; at most 2. */
  #zeros = 0;
  readonly #keepZeros: boolean;
  readonly #joins: Joins;
  /** Where the last unit ended that lies whole in the current piece; -1 where there is none. */
  #lastEnd = -1;
  /** The offsets of prefixes in the current piece. */
  readonly #prefixes = new OffsetList();

  /**
   * @param origin offset of the first byte to come, for `StreamUnit.byte`. @param keepZeros whether zero bytes before the next
   * prefix belong to the unit. In MPEG-2 they may; in Annex B of H.264 and H.265 no unit ends in one. @param joins which units are
   * given as one, with the prefixes between them, where they lie whole in one piece: a view of each of MPEG-2's many slices takes
   * longer than all else that is done with it.
   */
  constructor(origin: number, keepZeros = false, joins = joinsNone) {
    this.#queue = new ByteQueue(origin);
    this.#keepZeros = keepZeros;
    this.#joins = joins;
  }

  /** Takes the next bytes and returns the units that they complete. The bytes of an incomplete unit are copied. */
  push(source: ByteSource): StreamUnit[] {
    const chunk = bytesOf(source, "a chunk");
    const queue = this.#queue;
    const units = emptyList<StreamUnit>();
    const origin = queue.end;
    queue.append(chunk);
    this.#lastEnd = -1;
    this.#findPrefixes(chunk);
    /** Whether the unit that has begun joins others. One from an earlier piece does not: bytes that it gets from this one are copied. */
    let isRun = false;
    /** The prefix of the last unit that was joined to it; -1 where there is none. */
    let lastOfRun = -1;
    for (let i = 0; i < this.#prefixes.length; i++) {
      const prefix = this.#prefixes.at(i);
      const joins = isJoined(chunk, prefix, this.#joins);
      if (isRun && joins) {
        lastOfRun = prefix;
        continue;
      }
      this.#beginUnit(origin + prefix, units);
      isRun = joins;
      lastOfRun = -1;
    }
    // The last unit goes on in the next piece: only its bytes must be kept until then.
    if (lastOfRun >= 0) this.#beginUnit(origin + lastOfRun, units);
    this.#countZeros(chunk);
    if (this.#isInUnit && queue.length > UNIT_LIMIT) {
      const byte = queue.begin;
      units.push(streamUnit(queue.take(UNIT_LIMIT), byte, true));
      this.#isInUnit = false;
    }
    if (!this.#isInUnit) queue.skip(queue.length);
    queue.keep();
    return units;
  }

  /**
   * The first bytes of the unit that has begun: null where there are fewer than `FORESEEN_MIN`. A whole unit begins with the
   * same bytes: zeros at the end, which may not belong to it, are left out.
   */
  begun(): StreamUnit | null {
    const queue = this.#queue;
    if (!this.#isInUnit || queue.length < FORESEEN_MIN) return null;
    const first = queue.peek(Math.min(queue.length, FORESEEN_MAX));
    const bytes = first.subarray(0, withoutTrailingZeros(first, 0, first.length));
    return streamUnit(bytes, queue.begin, true);
  }

  /** Ends the stream: returns the unit that has begun, if there is one. */
  flush(): StreamUnit[] {
    const units = emptyList<StreamUnit>();
    this.#endUnit(this.#queue.end, units);
    this.#isInUnit = false;
    this.#zeros = 0;
    return units;
  }

  /** Finds the prefixes that end in `chunk`. The first offset is negative where the prefix begins in an earlier piece. */
  #findPrefixes(chunk: Uint8Array): void {
    const prefixes = this.#prefixes;
    prefixes.length = 0;
    if (this.#zeros === 2 && chunk[0] === 1) prefixes.push(-2);
    else if (this.#zeros > 0 && chunk[0] === 0 && chunk[1] === 1) prefixes.push(-1);
    findStartCodes(chunk, prefixes);
  }

  #countZeros(chunk: Uint8Array): void {
    let zeros = 0;
    while (zeros < Math.min(2, chunk.length) && chunk[chunk.length - 1 - zeros] === 0) zeros++;
    this.#zeros = zeros < chunk.length ? zeros : Math.min(2, this.#zeros + zeros);
  }

  /** Ends the unit before the prefix at this offset in the stream, and begins the one after it. */
  #beginUnit(prefix: number, units: StreamUnit[]): void {
    this.#endUnit(prefix, units);
    this.#queue.skip(prefix + 3 - this.#queue.begin);
    this.#isInUnit = true;
  }

  /** @param end offset in the stream. */
  #endUnit(end: number, units: StreamUnit[]): void {
    if (!this.#isInUnit) return;
    const byte = this.#queue.begin;
    const isView = this.#queue.isInPiece;
    const bytes = this.#keepZeros ? this.#queue.take(end - byte) : this.#queue.takeTrimmed(end - byte);
    if (bytes.length === 0) return;
    const follows = isView && byte - 3 === this.#lastEnd;
    units.push(streamUnit(bytes, byte, false, follows));
    this.#lastEnd = isView ? byte + bytes.length : -1;
  }
}
