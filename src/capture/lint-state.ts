/** What lint keeps of a device. */

import type { Codec } from "../uapi/codecs.ts";
import type { BufferCall, FormatCall } from "./calls.ts";
import { Pictures } from "./lint-pictures.ts";

/** What is kept of a device. */
export function newState() {
  return {
    codec: undefined as Codec | undefined,
    /** A fourcc, once the capture shows it. */
    outputFormat: undefined as string | undefined,
    /** The last call on the CAPTURE format, and the line of the one that set the sequence's controls. */
    captureFormat: undefined as FormatCall | undefined,
    sequenceLine: undefined as number | undefined,
    /** Since the OUTPUT format was set. */
    buffers: { OUTPUT: 0, CAPTURE: 0 },
    isStreaming: { OUTPUT: false, CAPTURE: false },
    /** The log shows how the device was started. */
    hasStarted: false,
    hasHole: false,
    /** MPEG-2: the first I picture after a hole. From the next I or P picture on, every reference is in the capture. */
    anchor: undefined as bigint | undefined,
    lastQueued: undefined as BufferCall | undefined,
    pictures: new Pictures(),
  };
}
export type State = ReturnType<typeof newState>;

/** What is missing may have changed everything: nothing that stands before it is held against what comes after it. */
export function stateAfterHole({ codec, pictures }: State): State {
  return { ...newState(), codec, pictures: pictures.afterHole(), hasHole: true };
}

/**
 * Why the queue takes no format; undefined where it does. OUTPUT must take another size while it holds buffers: they stay at a dynamic
 * resolution change (dev-stateless-decoder). Some drivers refuse this, and then the error shows it.
 */
export function busyFor({ queue, error, pixelFormat }: FormatCall, state: State): string | undefined {
  if (state.isStreaming[queue]) return "streams";
  if (state.buffers[queue] === 0) return undefined;
  if (queue === "CAPTURE" || error === "EBUSY") return "holds buffers";
  const { outputFormat } = state;
  if (outputFormat === undefined || outputFormat === pixelFormat) return undefined;
  return `holds buffers for ${outputFormat}, not ${pixelFormat}`;
}
