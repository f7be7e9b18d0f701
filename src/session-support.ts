/** What every codec's session does in the same way. */
import type { BitstreamError, UnsupportedError } from "./errors.ts";
import type { ErrorEvent, PacketInfo } from "./events.ts";

/** The event for an error. `unit` and `byte` are those of the unit it came with, where it does not say itself. */
export function errorEvent(error: BitstreamError | UnsupportedError, unit?: string, byte?: number): ErrorEvent {
  const { place } = error;
  return {
    type: "error",
    cause: error.why,
    unit: place.unit ?? unit,
    element: place.element,
    bit: place.bit,
    byte: place.byte ?? byte,
    message: error.reason,
    error,
  };
}

/** Throws TypeError unless these can be given to `decode`. */
export function checkDecodeArguments(packet: unknown, info: PacketInfo | undefined): void {
  if (!(packet instanceof Uint8Array)) throw new TypeError("a packet is to be a Uint8Array");
  if (info?.pts !== undefined && typeof info.pts !== "number") throw new TypeError("pts is to be a number");
}

/** Throws TypeError unless this can be given to `configure`. */
export function checkConfigureArgument(record: unknown): void {
  if (record === null || record instanceof Uint8Array) return;
  throw new TypeError("a configuration record is to be a Uint8Array, or null for start codes");
}
