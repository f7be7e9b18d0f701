import type { OutputEvent } from "../events.ts";
import type { Frame } from "./dpb.ts";
import { BOTH_FIELDS, BOTTOM_FIELD, TOP_FIELD } from "./dpb.ts";

/** Table D-1, by pic_struct: which field is first, and for how many field durations the picture is repeated. */
// biome-ignore format: the table's rows
const picStructs: readonly [OutputEvent["fieldOrder"], number][] = [
  ["progressive", 0], // (progressive) frame
  ["top-only", 0], // top field
  ["bottom-only", 0], // bottom field
  ["top-first", 0], // top field, bottom field, in that order
  ["bottom-first", 0], // bottom field, top field, in that order
  ["top-first", 1], // top field, bottom field, top field repeated, in that order
  ["bottom-first", 1], // bottom field, top field, bottom field repeated, in that order
  ["progressive", 2], // frame doubling
  ["progressive", 4], // frame tripling
];

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
