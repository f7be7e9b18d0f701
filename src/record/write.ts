import { objectOf } from "../bytes.ts";
import type { DecodeEvent, ErrorEvent, OutputEvent, RequestEvent, SequenceEvent } from "../events.ts";
import { joined, sameBytes } from "../framing/bytes.ts";
import { crc32 } from "./crc32.ts";
import { toBase64, toHex } from "./encoding.ts";
import {
  type Controls,
  fourccText,
  modeControls,
  persists,
  type RecordableControl,
  type RecordHeader,
  recordCodecs,
  recordFormat,
  type Timestamp,
} from "./format.ts";
import type { RecordLine } from "./lines.ts";
import { recordDataLimit } from "./split-lines.ts";

/** The keys of an event that may have other values in a record. */
interface WiderKeys {
  readonly timestamp: Timestamp;
  readonly controls: readonly RecordableControl[];
}

type Recordable<Event> = Event extends DecodeEvent
  ? Omit<Event, keyof WiderKeys> & Pick<WiderKeys, keyof WiderKeys & keyof Event>
  : never;

/**
 * A session's event, or one of another program: its timestamps may be above 2^53 - 1, and its controls may be unknown to this
 * package.
 */
export type RecordableEvent = Recordable<DecodeEvent>;

/** Options of the writer. */
export interface RecordWriterOptions {
  /** Write the OUTPUT buffer's bytes too, as base64. Default false. */
  readonly withData?: boolean | undefined;
}

/**
 * Turns a session's events into a request record, line by line: first `head`, then what `write` returns for each event in
 * order. A control is written only when its value differs from the one written last, so the lines of a record depend on each
 * other.
 */
export class RecordWriter {
  /** The header line and, when the header names modes and the codec has them, the `set` line that sets them. */
  readonly head: string;
  readonly #withData: boolean;
  /** The value written last, by the control's name. Payloads never change, so no copy is needed. */
  readonly #written = new Map<string, Uint8Array | number>();
  #requests = 0;

  /** @throws TypeError when the header names an unknown codec. */
  constructor(header: RecordHeader, options: RecordWriterOptions = {}) {
    if (!recordCodecs.includes(header.codec)) throw new TypeError(`unknown codec: ${String(header.codec)}`);
    this.#withData = options.withData ?? false;
    this.head = recordHeaderText(header) + this.#modeLine(header);
  }

  /**
   * The event's lines, each with its line feed: one, or two for a sequence that sets controls. A request's bytes are read during the call.
   *
   * @throws TypeError when a timestamp is not a whole number from 0 to 2^64 - 1; RangeError when the OUTPUT buffer's bytes must be
   *   written and are more than `recordDataLimit`.
   */
  write(event: RecordableEvent): string {
    switch (event.type) {
      case "sequence":
        return line({ sequence: sequenceValue(event) }) + this.#setLine(event.controls);
      case "request":
        return this.#requestLine(event);
      case "output":
        return line(outputValue(event));
      case "release":
        return line({ release: timestampValue(event.timestamp) });
      case "error":
        return line({ error: errorValue(event) });
    }
  }

  /**
   * A line that sets these controls outside of a request, with its line feed. Menus that already have the value are left out.
   */
  set(controls: readonly RecordableControl[]): string {
    return this.#setLine(controls);
  }

  #modeLine(header: RecordHeader): string {
    const values = modeControls(header);
    for (const [name, value] of values) this.#written.set(name, value);
    return values.size === 0 ? "" : line({ set: Object.fromEntries(values) });
  }

  #setLine(controls: readonly RecordableControl[]): string {
    const values: Record<string, string | number> = {};
    for (const { name, payload } of controls) {
      // The head already has the menus, which hardly ever change.
      if (typeof payload === "number" && this.#written.get(name) === payload) continue;
      values[name] = controlValue(payload);
    }
    for (const { name, payload } of controls) this.#written.set(name, payload);
    return Object.keys(values).length === 0 ? "" : line({ set: values });
  }

  #requestLine(event: Recordable<RequestEvent>): string {
    const controls: Record<string, string | number> = {};
    for (const { name, payload } of event.controls) {
      if (persists(name) && isSame(this.#written.get(name), payload)) continue;
      controls[name] = controlValue(payload);
    }
    const text = line({
      request: this.#requests,
      timestamp: timestampValue(event.timestamp),
      ...(event.hold ? { hold: true } : {}),
      bitstream: bitstreamValue(event.bitstream, this.#withData),
      controls,
    });
    // What throws before this does not count as written.
    for (const { name, payload } of event.controls) if (persists(name)) this.#written.set(name, payload);
    this.#requests++;
    return text;
  }
}

/**
 * The text of a line, with its line feed: what `readRecord` gave, written again. Data is written where the line has it.
 *
 * @throws TypeError as `RecordWriter.write`.
 */
export function recordLineText(source: RecordLine): string {
  objectOf(source, "a line");
  switch (source.type) {
    case "set":
      return line({ set: controlValues(source.controls) });
    case "sequence": {
      const { type: _type, line: _line, ...value } = source;
      return line({ sequence: value });
    }
    case "output": {
      const { type: _type, line: _line, timestamp, ...value } = source;
      return line({ output: timestampValue(timestamp), ...value });
    }
    case "release":
      return line({ release: timestampValue(source.timestamp) });
    case "error": {
      const { type: _type, line: _line, kind, ...value } = source;
      return line({ error: { cause: kind, ...value } });
    }
    case "request": {
      const { request, timestamp, hold, known } = source;
      const { bytes, crc32: checksum, data } = source.bitstream;
      return line({
        request,
        timestamp: timestampValue(timestamp),
        ...(hold ? { hold } : {}),
        bitstream: {
          bytes,
          crc32: checksum?.toString(16).padStart(8, "0"),
          data: data === undefined ? undefined : toBase64(data),
        },
        controls: controlValues(source.controls),
        ...(known.size > 0 ? { known: Object.fromEntries(known) } : {}),
      });
    }
  }
}

function controlValues(controls: Controls): Readonly<Record<string, string | number>> {
  return Object.fromEntries([...controls].map(([name, payload]) => [name, controlValue(payload)]));
}

/** The first line of a record, with its line feed. */
export function recordHeaderText(header: RecordHeader): string {
  const { codec, producer, target, decodeMode, startCode, kernel, requests, stream } = objectOf(header, "a header");
  // JSON leaves out keys whose value is undefined.
  return line({ format: recordFormat, codec, producer, target, decodeMode, startCode, kernel, requests, stream });
}

function line(value: object): string {
  return `${JSON.stringify(value)}\n`;
}

function controlValue(payload: Uint8Array | number): string | number {
  return typeof payload === "number" ? payload : toHex(payload);
}

/** Whether two payloads are the same value. */
export function isSame(a: Uint8Array | number | undefined, b: Uint8Array | number): boolean {
  return a === b || (a instanceof Uint8Array && b instanceof Uint8Array && sameBytes(a, b));
}

function timestampValue(timestamp: Timestamp): number | string {
  const exact = typeof timestamp === "bigint" || Number.isSafeInteger(timestamp);
  if (!exact || timestamp < 0 || BigInt(timestamp) > 0xffff_ffff_ffff_ffffn) {
    throw new TypeError(
      `a timestamp is a whole number from 0 to 2^64 - 1, and above 2^53 - 1 a bigint; got ${timestamp}`,
    );
  }
  return timestamp <= Number.MAX_SAFE_INTEGER ? Number(timestamp) : String(timestamp);
}

function bitstreamValue(parts: readonly Uint8Array[], withData: boolean): object {
  let checksum = 0;
  let bytes = 0;
  for (const part of parts) {
    checksum = crc32(part, checksum);
    bytes += part.length;
  }
  if (withData && bytes > recordDataLimit) {
    throw new RangeError(`the OUTPUT buffer has ${bytes} bytes, and a record's line can hold ${recordDataLimit}`);
  }
  const value = { bytes, crc32: checksum.toString(16).padStart(8, "0") };
  return withData ? { ...value, data: toBase64(joined(parts)) } : value;
}

function sequenceValue(event: Recordable<SequenceEvent>): object {
  const { type: _type, codec: _codec, controls: _controls, pixelFormat, ...value } = event;
  return { pixelFormat: fourccText(pixelFormat), ...value };
}

function outputValue(event: Recordable<OutputEvent>): object {
  const { type: _type, timestamp, pts, ...value } = event;
  // JSON cannot represent NaN and the infinities.
  return { output: timestampValue(timestamp), ...(Number.isFinite(pts) ? { pts } : {}), ...value };
}

function errorValue(event: ErrorEvent): object {
  const { kind, code, unit, element, bit, byte, message } = event;
  return { cause: kind, code, unit, element, bit, byte, message };
}
