import type { OutputEvent } from "../events.ts";
import { picStructs } from "../nal/pic-structs.ts";
import type { Frame } from "./dpb.ts";

/** The event that tells the consumer to show a picture. */
export function outputEvent({ timestamp, pts, visible, corrupt, pic_struct }: Frame): OutputEvent {
  const [fieldOrder, repeat] = picStructs[pic_struct] ?? ["progressive", 0];
  return { type: "output", timestamp, pts, visible, fieldOrder, repeat, corrupt };
}
