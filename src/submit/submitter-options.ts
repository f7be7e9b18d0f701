import type { DecodeEvent } from "../events.ts";
import type { SetEvent } from "../targets/target-events.ts";
import type { AbortSignalLike } from "./abort.ts";

/** What a submitter takes: a session's events, and controls to set outside of a request (the modes). */
export type SubmitEvent = DecodeEvent | SetEvent;

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
  /** Milliseconds until a device that gives nothing back, or a consumer that holds all frames, counts as stuck. Default 5000. */
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
