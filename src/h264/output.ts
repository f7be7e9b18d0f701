import type { OutputEvent } from "../events.ts";
import type { Frame } from "./dpb.ts";
import { BOTTOM_FIELD, TOP_FIELD } from "./dpb.ts";

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

/** The event with which a picture is shown. */
export function outputEvent(frame: Frame): OutputEvent {
  const { timestamp, pts, visible, corrupt } = frame;
  const [fieldOrder, repeat] = fieldOrderOf(frame);
  return { type: "output", timestamp, pts, visible, fieldOrder, repeat, corrupt };
}

/** What the SEI message says of a whole frame or, without one, what the order counts of its fields say. */
function fieldOrderOf(frame: Frame): [OutputEvent["fieldOrder"], number] {
  if (frame.fields === TOP_FIELD) return ["top-only", 0];
  if (frame.fields === BOTTOM_FIELD) return ["bottom-only", 0];
  const said = frame.firstField === 0 ? picStructs[frame.pic_struct] : undefined;
  if (said) return said;
  const { TopFieldOrderCnt: top, BottomFieldOrderCnt: bottom } = frame;
  if (top !== bottom) return [top < bottom ? "top-first" : "bottom-first", 0];
  if (frame.firstField === 0) return ["progressive", 0];
  return [frame.firstField === TOP_FIELD ? "top-first" : "bottom-first", 0];
}
