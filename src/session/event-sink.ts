import { BitstreamError, type BitstreamErrorCode, StreamError } from "../errors.ts";
import type { DecodeEvent, ErrorEvent } from "../events.ts";
import type { StreamUnit } from "../framing/byte-stream.ts";
import { emptyList } from "../framing/lists.ts";

/** Error.stackTraceLimit of V8 and the engines that adopted it; undefined in others. */
function stackTraceLimit(): number | undefined {
  return (Error as { readonly stackTraceLimit?: number }).stackTraceLimit;
}

function setStackTraceLimit(limit: number | undefined): void {
  if (limit !== undefined) Reflect.set(Error, "stackTraceLimit", limit);
}

/**
 * The most errors that one call reports as events of their own. Random bytes have an error every few bytes, and an event costs
 * more than reading the bytes.
 */
export const MAX_REPORTED_ERRORS = 100;

/** Collects a call's events, and turns what units throw into `error` events. */
export class EventSink {
  #events: DecodeEvent[] = [];
  /** The errors of this call so far. */
  #errors = 0;
  /** The errors of this call that `guardOnce` reported earlier. */
  #repeated = 0;
  /** The caller's value of Error.stackTraceLimit, which `during` restores. */
  #stackTraceLimit: number | undefined;
  /** The unit types and elements whose errors `guardOnce` has reported. */
  readonly #reported = new Set<string>();
  /** Names a unit by its first byte or bytes. */
  readonly #nameOf: (unit: Uint8Array) => string;

  constructor(nameOf: (unit: Uint8Array) => string) {
    this.#nameOf = nameOf;
  }

  /** Runs one call, and returns its events. */
  during(body: () => void): DecodeEvent[] {
    const events = emptyList<DecodeEvent>();
    this.#events = events;
    this.#errors = 0;
    this.#repeated = 0;
    try {
      body();
    } finally {
      if (this.#errors + this.#repeated >= MAX_REPORTED_ERRORS) setStackTraceLimit(this.#stackTraceLimit);
    }
    const more = this.#errors - MAX_REPORTED_ERRORS;
    this.#errors = 0;
    if (more > 0) this.report("more-errors", `${more} more errors in this call, which are only counted`);
    // The events belong to the caller from here on. Keeping them would keep requests, which need far more memory than a tiny unit.
    this.#events = [];
    return events;
  }

  /**
   * Counts the error of a unit that ends with its header, where this call has reported so many that the next ones are only counted.
   * An object for the error would take far more time than all that the rest of a tiny unit needs.
   *
   * @returns whether it was counted; otherwise the unit must be read.
   */
  countIfEmpty({ bytes }: StreamUnit, headerBytes: number): boolean {
    if (bytes.length > headerBytes || this.#errors < MAX_REPORTED_ERRORS) return false;
    this.#errors++;
    return true;
  }

  emit(event: DecodeEvent): void {
    this.#events.push(event);
  }

  /** Runs `body`, which reads `unit`. A BitstreamError or UnsupportedError becomes an event; false is returned then. */
  guard(unit: StreamUnit | undefined, body: () => void): boolean {
    try {
      body();
      return true;
    } catch (error) {
      this.catchError(error, unit);
      return false;
    }
  }

  /** Turns a BitstreamError or UnsupportedError into an event. Throws any other error again. */
  catchError(error: unknown, unit: StreamUnit | undefined): void {
    if (!(error instanceof StreamError)) throw error;
    this.error(error, unit);
  }

  /**
   * Runs `body`, which reads a unit that decoding does not need, or not completely. A session reports an error in such a unit
   * once for each unit type and element: an encoder that writes the unit wrong does so in every access unit. False is returned where
   * the unit has an error.
   */
  guardOnce(unit: StreamUnit, body: () => void): boolean {
    try {
      body();
      return true;
    } catch (error) {
      if (!(error instanceof StreamError)) throw error;
      const key = `${this.#nameOf(unit.bytes)} ${error.place.element?.replace(/\[.*/, "")}`;
      if (this.#reported.has(key)) {
        this.#repeated++;
        this.#limitStackTraces();
        return false;
      }
      this.#reported.add(key);
      this.error(error, unit);
      return false;
    }
  }

  /** Emits the event for an error that was found, not thrown. */
  report(code: BitstreamErrorCode, reason: string, unit?: StreamUnit, element?: string): void {
    this.error(new BitstreamError(code, reason, { element }), unit);
  }

  /**
   * Emits the event for an error. Its place is the unit's, unless the error has its own.
   *
   * @param byteWithoutUnit where the error is if there is no unit.
   */
  error(error: StreamError, unit: StreamUnit | undefined, byteWithoutUnit = -1): void {
    this.#errors++;
    if (this.#errors > MAX_REPORTED_ERRORS) return;
    this.#limitStackTraces();
    const { place } = error;
    // A unit from a container's record has no offset in the stream.
    const byte = unit ? unit.byte : byteWithoutUnit;
    const event: ErrorEvent = {
      type: "error",
      kind: error.kind,
      code: error.code,
      unit: place.unit ?? (unit && this.#nameOf(unit.bytes)),
      element: place.element,
      bit: place.bit,
      byte: place.byte ?? (byte < 0 ? undefined : byte),
      message: error.reason,
      error,
    };
    this.#events.push(event);
  }

  /** Nobody sees the stack traces of errors that are only counted, or were reported before, and they are expensive. */
  #limitStackTraces(): void {
    if (this.#errors + this.#repeated !== MAX_REPORTED_ERRORS) return;
    this.#stackTraceLimit = stackTraceLimit();
    setStackTraceLimit(0);
  }
}
