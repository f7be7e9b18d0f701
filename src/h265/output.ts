import type { OutputEvent } from "../events.ts";
import type { Frame } from "./dpb.ts";

/** Table D.2, by pic_struct: which field is first, and for how many field durations the picture is repeated. */
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
  ["top-only", 0], // top field paired with previous bottom field in output order
  ["bottom-only", 0], // bottom field paired with previous top field in output order
  ["top-only", 0], // top field paired with next bottom field in output order
  ["bottom-only", 0], // bottom field paired with next top field in output order
];

/** The event that tells the consumer to show a picture. */
export function outputEvent({ timestamp, pts, visible, corrupt, pic_struct }: Frame): OutputEvent {
  const [fieldOrder, repeat] = picStructs[pic_struct] ?? ["progressive", 0];
  return { type: "output", timestamp, pts, visible, fieldOrder, repeat, corrupt };
}
