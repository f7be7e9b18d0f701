/** 7.18.1: of the frames of a temporal unit that are shown, only that of the highest spatial layer is output. */
import type { EventSink } from "../session/event-sink.ts";
import type { Frame } from "./state.ts";

/** A frame that is shown. */
interface Shown {
  readonly frame: Frame;
  readonly spatial_id: number;
  readonly pts: number | undefined;
  readonly corrupt: boolean;
}

/** Outputs frames, and holds one back while one of a higher layer may follow. */
export class Output {
  readonly #sink: EventSink;
  /** Called when a frame that waited has been output or dropped. */
  readonly #onDone: (frame: Frame) => void;
  #waiting: Shown | null = null;
  /** The highest spatial layer of the operating point. */
  highestLayer = 0;

  constructor(sink: EventSink, onDone: (frame: Frame) => void) {
    this.#sink = sink;
    this.#onDone = onDone;
  }

  /**
   * A frame of this layer comes, which is shown. A frame of a lower layer that waits is dropped; one of the same layer or a higher
   * one belongs to another temporal unit, and is output.
   */
  makeWay(spatial_id: number): void {
    const before = this.#waiting;
    if (before !== null && before.spatial_id >= spatial_id) this.endTemporalUnit();
    else this.#drop();
  }

  /** A frame of this layer is shown. */
  show(frame: Frame, spatial_id: number, pts: number | undefined, corrupt = frame.corrupt): void {
    this.makeWay(spatial_id);
    const shown = { frame, spatial_id, pts, corrupt };
    frame.isWaiting = spatial_id < this.highestLayer;
    if (frame.isWaiting) this.#waiting = shown;
    else this.#emit(shown);
  }

  /** No frame of a higher layer follows. */
  endTemporalUnit(): void {
    const waiting = this.#waiting;
    if (waiting === null) return;
    this.#emit(waiting);
    this.#drop();
  }

  #drop(): void {
    const waiting = this.#waiting;
    if (waiting === null) return;
    this.#waiting = null;
    waiting.frame.isWaiting = false;
    this.#onDone(waiting.frame);
  }

  #emit({ frame: { timestamp, visible }, pts, corrupt }: Shown): void {
    this.#sink.emit({ type: "output", timestamp, pts, visible, fieldOrder: "progressive", repeat: 0, corrupt });
  }

  /** Forgets the frame that waits. */
  clear(): void {
    this.#drop();
  }
}
