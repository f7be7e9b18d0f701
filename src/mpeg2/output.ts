import type { OutputEvent } from "../events.ts";
import type { Frame } from "./state.ts";
import { FRAME_PICTURE, TOP_FIELD } from "./tables.ts";

/** The event that tells the consumer to show a picture: 6.3.10, top_field_first and repeat_first_field. */
export function outputEvent(frame: Frame): OutputEvent {
  const { timestamp, pts, visible, corrupt } = frame;
  return { type: "output", timestamp, pts, visible, fieldOrder: fieldOrder(frame), repeat: repeat(frame), corrupt };
}

function fieldOrder(frame: Frame): OutputEvent["fieldOrder"] {
  if (frame.isHalf) return frame.first === TOP_FIELD ? "top-only" : "bottom-only";
  if (frame.first !== FRAME_PICTURE) return frame.first === TOP_FIELD ? "top-first" : "bottom-first";
  if (frame.progressive_sequence || (frame.progressive_frame && !frame.repeat_first_field)) return "progressive";
  return frame.top_field_first ? "top-first" : "bottom-first";
}

/** In a progressive sequence the whole frame is repeated, once or twice; in another sequence the first field, once. */
function repeat(frame: Frame): number {
  if (!frame.repeat_first_field) return 0;
  if (!frame.progressive_sequence) return 1;
  return frame.top_field_first ? 4 : 2;
}
