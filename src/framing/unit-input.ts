import {
  ByteStream,
  type Joins,
  type StreamUnit,
  streamUnit,
  unitsOfPacket,
  withoutTrailingZeros,
} from "./byte-stream.ts";
import { isLengthPrefixed, LengthPrefixedStream } from "./length-prefixed.ts";
import { findStartCode } from "./start-code.ts";

/**
 * A start code is searched for in so many first bytes of a length-prefixed unit. Once a unit had one inside, later units are
 * searched completely.
 */
const SEARCHED_BYTES = 256;

/** The units of a session's input, in packets or as a stream, with start codes or length prefixes. */
export class UnitInput {
  /** 0 means start codes. */
  #lengthSize = 0;
  /** The number of bytes given so far. */
  received = 0;
  #stream: ByteStream | LengthPrefixedStream | null = null;
  /** The number of bytes of the current or last pushed stream. */
  #streamBytes = 0;
  #streamUnits = 0;
  /** Offset of the last unit that `begun` returned. */
  #foreseen = -1;
  readonly #keepZeros: boolean;
  readonly #joins: Joins | undefined;
  /** A length-prefixed unit had a start code inside. */
  #hasInnerStartCodes = false;

  /** The size in bytes of the start code or length prefix before a unit. */
  get prefixSize(): number {
    return this.#lengthSize === 0 ? 3 : this.#lengthSize;
  }

  /** @param keepZeros whether zero bytes after a unit belong to it. @param joins which units are given as one: see `ByteStream`. */
  constructor(keepZeros = false, joins?: Joins) {
    this.#keepZeros = keepZeros;
    this.#joins = joins;
  }

  /** @param lengthSize bytes of each length prefix, 1 to 4; 0 for start codes. Ends the stream. */
  frameBy(lengthSize: number): void {
    this.#stream = null;
    this.#lengthSize = lengthSize;
    this.#hasInnerStartCodes = false;
  }

  /**
   * The units of a packet that holds whole units. The last one is `truncated` where the packet is too short for it. Some muxers
   * write start codes instead of length prefixes: a packet that begins with a start code is read that way, unless its lengths
   * are right after all.
   */
  unitsOf(bytes: Uint8Array): StreamUnit[] {
    const { received: origin } = this;
    const lengthSize = this.#lengthSize;
    this.received += bytes.length;
    if (lengthSize === 0 || (beginsWithStartCode(bytes) && !isLengthPrefixed(bytes, lengthSize))) {
      return unitsOfPacket(bytes, origin, this.#keepZeros, this.#joins);
    }
    const stream = new LengthPrefixedStream(lengthSize, origin);
    return this.#parted([...stream.push(bytes), ...stream.flush()]);
  }

  /**
   * No NAL unit has a start code inside (7.4.1). Where one does, a muxer has put several units after one length, and they are
   * separated here.
   */
  #parted(units: StreamUnit[]): StreamUnit[] {
    return units.flatMap((unit) => {
      const { bytes, byte, truncated } = unit;
      const end = this.#hasInnerStartCodes ? bytes.length : Math.min(bytes.length, SEARCHED_BYTES);
      const first = findStartCode(bytes, 0, end);
      if (first < 0) return [unit];
      this.#hasInnerStartCodes = true;
      const before = withoutTrailingZeros(bytes, 0, first);
      const rest = unitsOfPacket(bytes.subarray(first), byte + first);
      const parts = before > 0 ? [streamUnit(bytes.subarray(0, before), byte), ...rest] : rest;
      return parts.map((part, i) =>
        streamUnit(part.bytes, part.byte, truncated && i === parts.length - 1, part.follows),
      );
    });
  }

  /**
   * The units that the next bytes of a stream complete: views of `bytes`, or of a copy. The bytes of an incomplete unit are
   * copied.
   */
  push(bytes: Uint8Array): StreamUnit[] {
    if (this.#stream === null) {
      const { received } = this;
      const lengthSize = this.#lengthSize;
      this.#stream =
        lengthSize === 0
          ? new ByteStream(received, this.#keepZeros, this.#joins)
          : new LengthPrefixedStream(lengthSize, received);
      this.#streamBytes = this.#streamUnits = 0;
    }
    this.received += bytes.length;
    this.#streamBytes += bytes.length;
    if (this.#lengthSize === 0) return this.#counted(this.#stream.push(bytes));
    return this.#counted(this.#parted(this.#stream.push(bytes)));
  }

  /** The first bytes of the unit of a byte stream that has begun: see `ByteStream`. Returned once for each unit. */
  begun(): StreamUnit | null {
    const unit = this.#stream instanceof ByteStream ? this.#stream.begun() : null;
    if (unit === null || unit.byte === this.#foreseen) return null;
    this.#foreseen = unit.byte;
    return unit;
  }

  #counted(units: StreamUnit[]): StreamUnit[] {
    this.#streamUnits += units.length;
    return units;
  }

  /** Ends the unit that has begun, which is complete. */
  endUnit(): StreamUnit[] {
    return this.#counted(this.#stream?.flush() ?? []);
  }

  /**
   * Handles missing bytes in the stream: returns the unit that has begun, cut off. The next unit begins at a start code or
   * prefix.
   */
  cut(): StreamUnit[] {
    return this.endUnit().map(({ bytes, byte }) => streamUnit(bytes, byte, true));
  }

  /** Ends the stream: returns its last unit, and whether bytes were pushed that held no unit at all. */
  end(): { units: StreamUnit[]; hadNoUnit: boolean } {
    if (this.#stream === null) return { units: [], hadNoUnit: false };
    const units = this.#stream.flush();
    this.#stream = null;
    return { units, hadNoUnit: this.#streamBytes > 0 && this.#streamUnits + units.length === 0 };
  }
}

/** 00 00 01 alone may also be the beginning of a length, so another start code must follow. */
function beginsWithStartCode(bytes: Uint8Array): boolean {
  const begin = findStartCode(bytes, 0, Math.min(bytes.length, 4));
  return begin === 1 || (begin === 0 && findStartCode(bytes, 3, bytes.length) >= 0);
}
