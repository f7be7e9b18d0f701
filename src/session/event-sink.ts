import { BitstreamError, type BitstreamErrorCode, StreamError } from "../errors.ts";
import type { DecodeEvent, ErrorEvent } from "../events.ts";
import type { StreamUnit } from "../framing/byte-stream.ts";

/** Collects a call's events, and turns what units throw into `error` events. */
export class EventSink {
  #events: DecodeEvent[] = [];
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
    body();
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
