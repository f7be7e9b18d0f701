import type { OutputEvent } from "../events.ts";
import type { DpbListener } from "../nal/dpb-listener.ts";
import { picStructs } from "../nal/pic-structs.ts";
import type { EventSink } from "../session/event-sink.ts";
import type { Frame } from "./dpb.ts";

/** The events of the frames that the decoded picture buffer shows and frees. */
export class FrameEvents implements DpbListener<Frame> {
  readonly #sink: EventSink;

  constructor(sink: EventSink) {
    this.#sink = sink;
  }

  output(frame: Frame): void {
    this.#sink.emit(outputEvent(frame));
  }

  release({ timestamp }: Frame): void {
    this.#sink.emit({ type: "release", timestamp });
  }
}

/** The event that tells the consumer to show a picture. */
function outputEvent({ timestamp, pts, visible, corrupt, pic_struct }: Frame): OutputEvent {
  const [fieldOrder, repeat] = picStructs[pic_struct] ?? ["progressive", 0];
  return { type: "output", timestamp, pts, visible, fieldOrder, repeat, corrupt };
}
