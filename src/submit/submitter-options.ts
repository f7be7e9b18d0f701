import type { DecodeEvent } from "../events.ts";
import type { SetEvent } from "../targets/target-events.ts";
import type { AbortSignalLike } from "./abort.ts";

/** What a submitter takes: a session's events, and controls to set outside of a request (the modes). */
export type SubmitEvent = DecodeEvent | SetEvent;

/** How a submitter works. A number that an option cannot be is a TypeError before the device is opened. */
export interface SubmitterOptions {
  /** CAPTURE buffers in addition to those that decoding needs: for frames that the consumer holds, and to work ahead. Default 4. */
  readonly extraBuffers?: number | undefined;
  /** The most requests that the device has at a time. Default 4. */
  readonly requests?: number | undefined;
  /**
   * CAPTURE formats (V4L2 fourccs) to use where the driver has them, the best first. Formats with the stream's bit depth are
   * preferred. Default: the driver's choice.
   */
  readonly pixelFormats?: readonly number[] | undefined;
  /**
   * Milliseconds until a device that gives nothing back, or a consumer that holds all frames, counts as stuck; Infinity for never.
   * Default 5000.
   */
  readonly timeout?: number | undefined;
  /** Decodes also what the device's driver is known not to decode. Default: a RefusedStream where it begins. */
  readonly force?: boolean | undefined;
  /** Sends a record's controls unchanged. Default: controls are adapted to the device's target. */
  readonly verbatim?: boolean | undefined;
  /**
   * Closes the submitter when it is aborted, even while it waits for the device. The current call and every later call then
   * throw the signal's reason.
   */
  readonly signal?: AbortSignalLike | undefined;
  /** Called with one line for a person about something that the device cannot do for the stream. Decoding continues. */
  readonly onNotice?: ((message: string) => void) | undefined;
}

/**
 * The options that are numbers, with their defaults.
 *
 * @throws TypeError for a value that one of them cannot have.
 */
export function numbersOf({ extraBuffers = 4, requests = 4, timeout = 5000 }: SubmitterOptions) {
  checkCount("extraBuffers", extraBuffers, 0);
  checkCount("requests", requests, 1);
  if (typeof timeout !== "number" || !(timeout >= 0)) {
    throw new TypeError(`timeout is ${String(timeout)}; it must be a number of milliseconds`);
  }
  return { extraBuffers, requests, timeout };
}

function checkCount(name: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new TypeError(`${name} is ${String(value)}; it must be a whole number from ${least}`);
}
