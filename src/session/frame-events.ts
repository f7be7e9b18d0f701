/** What becomes of decoded frames: they are shown and freed. */

import type { OutputEvent } from "../events.ts";
import type { EventSink } from "./event-sink.ts";

/** Frees the frames of reference slots. */
export interface ReleaseListener<Frame> {
  /** A frame is no longer used for reference. It may still wait for output. */
  release(frame: Frame): void;
}

/** Shows and frees the frames of a decoded picture buffer. */
export interface FrameListener<Frame> extends ReleaseListener<Frame> {
  /** A frame is output. The calls come in output order. */
  output(frame: Frame): void;
  /** A frame is no longer used for reference and does not wait for output. Called once for each frame. */
  release(frame: Frame): void;
}

/** A frame as far as its events concern it. */
interface Timed {
  /** Nanoseconds; 0 for a frame that has no CAPTURE buffer. */
  readonly timestamp: number;
}

/** Makes the events of frames. */
export class FrameEvents<Frame extends Timed> implements FrameListener<Frame> {
  readonly #sink: EventSink;
  readonly #outputEvent: (frame: Frame) => OutputEvent;

  constructor(sink: EventSink, outputEvent: (frame: Frame) => OutputEvent) {
    this.#sink = sink;
    this.#outputEvent = outputEvent;
  }

  output(frame: Frame): void {
    this.#sink.emit(this.#outputEvent(frame));
  }

  release({ timestamp }: Frame): void {
    if (timestamp !== 0) this.#sink.emit({ type: "release", timestamp });
  }
}

/** Releases those of the frames that are in no slot, in decoding order. A frame may be among them several times. */
export function releaseUnused<Frame extends Timed>(
  frames: readonly Frame[],
  slots: readonly (Frame | null)[],
  listener: ReleaseListener<Frame>,
): void {
  const gone = frames.filter((frame, i) => !slots.includes(frame) && frames.indexOf(frame) === i);
  if (gone.length > 1) gone.sort((a, b) => a.timestamp - b.timestamp);
  for (const frame of gone) listener.release(frame);
}
