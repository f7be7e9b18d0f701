import { BitstreamError, type BitstreamErrorCode, StreamError } from "../errors.ts";
import type { DecodeEvent, ErrorEvent } from "../events.ts";
import type { StreamUnit } from "../framing/byte-stream.ts";

/** Error.stackTraceLimit: V8's, and of engines that followed it; elsewhere undefined. */
function stackTraceLimit(): number | undefined {
  return (Error as { readonly stackTraceLimit?: number }).stackTraceLimit;
}

function setStackTraceLimit(limit: number | undefined): void {
  if (limit !== undefined) Reflect.set(Error, "stackTraceLimit", limit);
}

/** So many errors a call tells one by one: rubbish has one every few bytes, and each costs more than reading its bytes. */
export const MOST_ERRORS = 100;

/** Collects a call's events, and turns what units throw into `error` events. */
export class EventSink {
  #events: DecodeEvent[] = [];
  /** The errors of this call so far. */
  #errors = 0;
  /** What Error.stackTraceLimit is while errors are counted, where the engine has it. */
  #stackTraceLimit: number | undefined;
  /** The unit types and elements of which `guardOnce` has told. */
  readonly #told = new Set<string>();
  /** What a unit's first byte, or bytes, say it is. */
  readonly #nameOf: (unit: Uint8Array) => string;

  constructor(nameOf: (unit: Uint8Array) => string) {
    this.#nameOf = nameOf;
  }

  /** The events of one call. */
  during(body: () => void): DecodeEvent[] {
    const events: DecodeEvent[] = [];
    this.#events = events;
    this.#errors = 0;
    try {
      body();
    } finally {
      if (this.#errors >= MOST_ERRORS) setStackTraceLimit(this.#stackTraceLimit);
    }
    const more = this.#errors - MOST_ERRORS;
    this.#errors = 0;
    if (more > 0) this.report("more-errors", `${more} more errors, which are not told one by one`);
    return events;
  }

  emit(event: DecodeEvent): void {
    this.#events.push(event);
  }

  /** Runs what reads `unit`. False if it threw one of the two errors, which is an event then. */
  guard(unit: StreamUnit | undefined, body: () => void): boolean {
    try {
      body();
      return true;
    } catch (error) {
      this.catchError(error, unit);
      return false;
    }
  }

  /** Makes an event of what reading `unit` threw, if that is one of the two errors. Throws it again if not. */
  catchError(error: unknown, unit: StreamUnit | undefined): void {
    if (!(error instanceof StreamError)) throw error;
    this.error(error, unit);
  }

  /**
   * Runs what reads a unit that decoding does not need, or needs only in part. An error in it becomes an event once a
   * session for each unit type and element: an encoder that writes such a unit wrong does so in every access unit.
   */
  guardOnce(unit: StreamUnit, body: () => void): void {
    try {
      body();
    } catch (error) {
      if (!(error instanceof StreamError)) throw error;
      const key = `${this.#nameOf(unit.bytes)} ${error.place.element?.replace(/\[.*/, "")}`;
      if (this.#told.has(key)) return;
      this.#told.add(key);
      this.error(error, unit);
    }
  }

  /** An error that is known without a throw. */
  report(code: BitstreamErrorCode, reason: string, unit?: StreamUnit, element?: string): void {
    this.error(new BitstreamError(code, reason, { element }), unit);
  }

  /** Emits the event for an error. Its place is the unit's, unless the error has its own. */
  error(error: StreamError, unit: StreamUnit | undefined): void {
    this.#errors++;
    if (this.#errors > MOST_ERRORS) return;
    if (this.#errors === MOST_ERRORS) {
      // The errors after this one are only counted. What costs is their stacks, which nobody sees.
      this.#stackTraceLimit = stackTraceLimit();
      setStackTraceLimit(0);
    }
    const { place } = error;
    const event: ErrorEvent = {
      type: "error",
      kind: error.kind,
      code: error.code,
      unit: place.unit ?? (unit && this.#nameOf(unit.bytes)),
      element: place.element,
      bit: place.bit,
      // A unit of a container's record has no place in the stream.
      byte: place.byte ?? (unit && unit.byte >= 0 ? unit.byte : undefined),
      message: error.reason,
      error,
    };
    this.#events.push(event);
  }
}
