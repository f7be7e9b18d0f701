/** What every codec's session does in the same way. */
import type { StreamUnit } from "./bitreader/index.ts";
import type { ErrorCause } from "./errors.ts";
import { BitstreamError, UnsupportedError } from "./errors.ts";
import type { ChunkInfo, DecodeEvent, ErrorEvent, PacketInfo, SequenceEvent } from "./events.ts";

/** Collects a call's events, and turns what units throw into `error` events. */
export class EventSink {
  private events: DecodeEvent[] = [];
  /** What a unit's first byte, or bytes, say it is. */
  private readonly nameOf: (unit: Uint8Array) => string;

  constructor(nameOf: (unit: Uint8Array) => string) {
    this.nameOf = nameOf;
  }

  /** The events of one call. */
  during(body: () => void): DecodeEvent[] {
    const events: DecodeEvent[] = [];
    this.events = events;
    body();
    return events;
  }

  emit(...events: readonly DecodeEvent[]): void {
    this.events.push(...events);
  }

  /** Runs what reads `unit`. False if it threw one of the two errors, which is an event then. */
  guard(unit: StreamUnit | undefined, body: () => void): boolean {
    try {
      body();
      return true;
    } catch (error) {
      if (!(error instanceof BitstreamError || error instanceof UnsupportedError)) throw error;
      this.error(error, unit);
      return false;
    }
  }

  /** An error that is known without a throw. */
  report(why: ErrorCause, reason: string, unit?: StreamUnit, element?: string): void {
    this.error(new BitstreamError(reason, { element }, why), unit);
  }

  /** The event for an error, at the unit unless it says itself where. */
  error(error: BitstreamError | UnsupportedError, unit: StreamUnit | undefined): void {
    const { place } = error;
    const event: ErrorEvent = {
      type: "error",
      cause: error.why,
      unit: place.unit ?? (unit && this.nameOf(unit.bytes)),
      element: place.element,
      bit: place.bit,
      byte: place.byte ?? unit?.byte,
      message: error.reason,
      error,
    };
    this.events.push(event);
  }
}

/** Throws TypeError unless these can be given to `decode`. */
export function checkDecodeArguments(packet: unknown, info: PacketInfo = {}): void {
  checkBytes("a packet", packet);
  checkInfo(info);
}

/** Throws TypeError unless these can be given to `push`. */
export function checkPushArguments(chunk: unknown, info: ChunkInfo = {}): void {
  checkBytes("a chunk", chunk);
  checkInfo(info);
  const lost: unknown = info.lost;
  if (lost === undefined || lost instanceof BitstreamError || lost instanceof UnsupportedError) return;
  throw new TypeError("lost is to be a BitstreamError or an UnsupportedError");
}

function checkBytes(what: string, bytes: unknown): void {
  if (!(bytes instanceof Uint8Array)) throw new TypeError(`${what} is to be a Uint8Array`);
}

function checkInfo(info: PacketInfo): void {
  if (typeof info !== "object" || info === null) throw new TypeError("what comes with bytes is to be an object");
  if (info.pts !== undefined && typeof info.pts !== "number") throw new TypeError("pts is to be a number");
}

/** Throws TypeError unless this can be given to `configure`. */
export function checkConfigureArgument(record: unknown): void {
  if (record === null || record instanceof Uint8Array) return;
  throw new TypeError("a configuration record is to be a Uint8Array, or null for start codes");
}

/** The event to emit for a sequence, when `before` is in force: null where nothing changed, without `realloc` where only looks did. */
export function nextSequence(event: SequenceEvent, before: SequenceEvent | null): SequenceEvent | null {
  if (before === null || needsNewBuffers(event, before)) return event;
  return looksDifferent(event, before) ? { ...event, realloc: false } : null;
}

function needsNewBuffers(a: SequenceEvent, b: SequenceEvent): boolean {
  return (
    a.codedWidth !== b.codedWidth ||
    a.codedHeight !== b.codedHeight ||
    a.bitDepthLuma !== b.bitDepthLuma ||
    a.bitDepthChroma !== b.bitDepthChroma ||
    a.chromaFormat !== b.chromaFormat ||
    a.captureBuffers !== b.captureBuffers
  );
}

function looksDifferent(a: SequenceEvent, b: SequenceEvent): boolean {
  return (
    a.visible.left !== b.visible.left ||
    a.visible.top !== b.visible.top ||
    a.visible.width !== b.visible.width ||
    a.visible.height !== b.visible.height ||
    a.colour.colour_primaries !== b.colour.colour_primaries ||
    a.colour.transfer_characteristics !== b.colour.transfer_characteristics ||
    a.colour.matrix_coefficients !== b.colour.matrix_coefficients ||
    a.colour.video_full_range_flag !== b.colour.video_full_range_flag
  );
}
