import type { OutputEvent } from "../events.ts";
import { picStructs } from "../nal/pic-structs.ts";
import type { Frame } from "./dpb.ts";
import { BOTH_FIELDS, BOTTOM_FIELD, TOP_FIELD } from "./dpb.ts";

/** The event that tells the consumer to show a picture. */
export function outputEvent(frame: Frame): OutputEvent {
  const { timestamp, pts, visible, corrupt } = frame;
  const isSaid = frame.pic_struct >= 0 && frame.fields === BOTH_FIELDS && frame.firstField === 0;
  const said = isSaid ? picStructs[frame.pic_struct] : undefined;
  const fieldOrder = said?.[0] ?? fieldOrderOf(frame);
  return { type: "output", timestamp, pts, visible, fieldOrder, repeat: said?.[1] ?? 0, corrupt };
}

/** The field order that the fields' order counts imply, for a frame without a picture timing SEI message. */
function fieldOrderOf(frame: Frame): OutputEvent["fieldOrder"] {
  if (frame.fields === TOP_FIELD) return "top-only";
  if (frame.fields === BOTTOM_FIELD) return "bottom-only";
  const { TopFieldOrderCnt: top, BottomFieldOrderCnt: bottom } = frame;
  if (top !== bottom) return top < bottom ? "top-first" : "bottom-first";
  if (frame.firstField === 0) return "progressive";
  return frame.firstField === TOP_FIELD ? "top-first" : "bottom-first";
}
