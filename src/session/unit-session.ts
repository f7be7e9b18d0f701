/**
 * The part that is common to the sessions of codecs with byte streams: it cuts the input into units, hands them to the codec,
 * and returns the events.
 */

import { BitstreamError, type StreamError } from "../errors.ts";
import type { ChunkInfo, Session } from "../events.ts";
import { type Joins, type StreamUnit, streamUnit } from "../framing/byte-stream.ts";
import { UnitInput } from "../framing/unit-input.ts";
import type { EventSink } from "./event-sink.ts";
import type { PictureTimes } from "./picture-times.ts";
import { type InputDecoder, sessionOf } from "./session-calls.ts";

/** What is wrong with a length prefix after which no byte of its unit is kept. */
const noByteOfUnit = "no byte of the unit is there; for start codes, call configure(null)";

/** What a container's record contains. */
export interface Configuration {
  /** The size in bytes of the length prefix before each later unit; 0 for start codes. */
  readonly lengthSize: number;
  /** The record's own units. */
  readonly units: readonly Uint8Array[];
}

/** What a codec does with the units of its input. */
export interface UnitReader {
  readonly sink: EventSink;
  /** Gives the pts of each picture that begins. */
  readonly times: PictureTimes;
  /**
   * Reads a whole unit.
   *
   * @throws BitstreamError, UnsupportedError which become `error` events.
   */
  readUnit(unit: StreamUnit): void;
  /**
   * Looks at the first bytes of a unit that has begun in a pushed stream. Where they show that the unit begins another picture,
   * the open picture is complete and ends now: it comes earlier, and its bytes need not be copied.
   */
  foresee(unit: StreamUnit): void;
  /** Takes note of a unit that the input's end or a loss cuts off. The session has reported it. */
  loseUnit(unit: StreamUnit): void;
  /** Takes note that bytes are missing after the last unit: units or whole pictures may be lost. */
  loseBytes(): void;
  /**
   * Reads a container's record.
   *
   * @throws BitstreamError, UnsupportedError which become `error` events.
   */
  readConfiguration(record: Uint8Array): Configuration;
  /** Ends the open picture: no more units of it come. */
  endPicture(): void;
  /** Ends a pushed stream, after its last picture. A packet, a record or nothing comes next. */
  endStream(): void;
  flush(): void;
  reset(): void;
  /** Copies the bytes of units that are still needed. Called before a call of the session returns. */
  holdUnits(): void;
}

/**
 * Opens a session whose units `reader` reads.
 *
 * @param unitText a unit's name in messages, as in "there is no NAL unit".
 * @param keepZeros whether zero bytes after a unit belong to it. @param joins which units are read as one: see `ByteStream`.
 */
export function openUnitSession(reader: UnitReader, unitText: string, keepZeros = false, joins?: Joins): Session {
  return sessionOf(new UnitDecoder(reader, unitText, new UnitInput(keepZeros, joins)), reader.sink);
}

class UnitDecoder implements InputDecoder {
  readonly #reader: UnitReader;
  readonly #input: UnitInput;
  readonly #unitText: string;

  constructor(reader: UnitReader, unitText: string, input: UnitInput) {
    this.#reader = reader;
    this.#input = input;
    this.#unitText = unitText;
  }

  decode(bytes: Uint8Array, pts: number | undefined): void {
    this.#reader.times.beginPacket(pts);
    const units = this.#input.unitsOf(bytes);
    for (const unit of units) this.#takeUnit(unit);
    if (units.length === 0 && bytes.length > 0) this.#reportNoUnit("packet");
    this.#reader.endPicture();
    this.#reader.holdUnits();
  }

  push(bytes: Uint8Array, { pts, unitEnds, lost }: ChunkInfo): void {
    const reader = this.#reader;
    const input = this.#input;
    if (unitEnds) for (const unit of input.endUnit()) this.#takeUnit(unit);
    if (lost) this.#lose(lost);
    reader.times.noteChunk(input.received, pts);
    for (const unit of input.push(bytes)) this.#takeUnit(unit);
    const begun = input.begun();
    if (begun) reader.foresee(begun);
    reader.holdUnits();
  }

  /** A record that cannot be read leaves the framing as it was. */
  configure(record: Uint8Array | null): void {
    const input = this.#input;
    if (record === null) {
      input.frameBy(0);
      return;
    }
    this.#reader.sink.guard(undefined, () => {
      const { lengthSize, units } = this.#reader.readConfiguration(record);
      input.frameBy(lengthSize);
      for (const unit of units) this.#takeUnit(streamUnit(unit, -1));
    });
    this.#reader.holdUnits();
  }

  /** Reads the stream's last unit, and ends its last picture. */
  endStream(): void {
    const { units, hadNoUnit } = this.#input.end();
    for (const unit of units) this.#takeUnit(unit);
    if (hadNoUnit) this.#reportNoUnit("stream");
    this.#reader.endPicture();
    this.#reader.endStream();
    this.#reader.times.clear();
  }

  flush(): void {
    this.#reader.flush();
  }

  reset(): void {
    this.#input.end();
    this.#reader.times.clear();
    this.#reader.reset();
  }

  /** Takes note of missing bytes in the stream. */
  #lose(reason: StreamError): void {
    const [cut] = this.#input.cut();
    const unit = cut?.bytes.length ? cut : undefined;
    this.#reader.sink.error(reason, unit, this.#input.received);
    if (unit) {
      this.#reader.times.reach(unit.byte - this.#input.prefixSize);
      this.#reader.loseUnit(unit);
    }
    this.#reader.loseBytes();
    // The pictures that these pts belong to begin in the missing bytes.
    this.#reader.times.clear();
  }

  #takeUnit(unit: StreamUnit): void {
    const reader = this.#reader;
    reader.times.reach(unit.byte - this.#input.prefixSize);
    if (unit.truncated) {
      const { length } = unit.bytes;
      if (length > 0) reader.sink.report("cut-off", `the unit is cut off after ${length} bytes`, unit);
      else reader.sink.error(new BitstreamError("cut-off", noByteOfUnit), undefined, unit.byte);
      reader.loseUnit(unit);
      return;
    }
    try {
      reader.readUnit(unit);
    } catch (error) {
      reader.sink.catchError(error, unit);
    }
  }

  #reportNoUnit(where: "packet" | "stream"): void {
    this.#reader.sink.report("no-unit", `there is no ${this.#unitText} in the ${where}`);
  }
}
