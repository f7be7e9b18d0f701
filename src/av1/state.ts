/** What outlives a frame: the reference slots. 7.20 Reference frame update process, 7.21 Reference frame loading process. */
import type { Rectangle } from "../events.ts";
import { type ReleaseListener, releaseUnused } from "../session/frame-events.ts";
import type { References } from "./frame-refs.ts";
import type { FrameHeader } from "./structures.ts";
import { NUM_REF_FRAMES } from "./tables.ts";

/** A decoded frame. */
export interface Frame {
  /** Nanoseconds. */
  readonly timestamp: number;
  /** What 7.20 saves of it. */
  readonly header: FrameHeader;
  readonly visible: Rectangle;
  readonly corrupt: boolean;
  /** 6.8.2: whether show_existing_frame may name it. A key frame that was shown this way is not shown again. */
  isShowable: boolean;
  /** Waits to be output: 7.18.1. */
  isWaiting: boolean;
}

/** The frames that later ones can refer to. A frame may lie in several slots. */
export class ReferenceSlots {
  readonly frames: (Frame | null)[] = new Array(NUM_REF_FRAMES).fill(null);
  readonly #headers: (FrameHeader | null)[] = new Array(NUM_REF_FRAMES).fill(null);
  /** RefValid, as far as ref_order_hint clears it: 5.9.2. */
  readonly #isValid: boolean[] = new Array(NUM_REF_FRAMES).fill(false);
  readonly #listener: ReleaseListener<Frame>;

  constructor(listener: ReleaseListener<Frame>) {
    this.#listener = listener;
  }

  /** The headers of the frames; null for an empty slot, and for a frame of the coded video sequence before: see `retire`. */
  get headers(): References {
    return this.#headers;
  }

  /** The frame that was decoded last, of those that can be referred to. */
  get newest(): Frame | null {
    return this.frames.reduce((a, b, i) => (b && this.#headers[i] && (!a || b.timestamp > a.timestamp) ? b : a), null);
  }

  isValid(slot: number): boolean {
    return this.#isValid[slot] as boolean;
  }

  /** 5.9.2: an order hint that is not that of the slot's frame says that the slot should hold another one. */
  checkOrderHints(ref_order_hint: readonly number[]): void {
    for (let i = 0; i < NUM_REF_FRAMES; i++) {
      if (this.#headers[i]?.OrderHint !== ref_order_hint[i]) this.#isValid[i] = false;
    }
  }

  /**
   * 7.20; after 7.21 too, with the frame that is shown again and all slots. Frames that are in no slot afterwards are released,
   * in decoding order, and so are those that `retire` left.
   */
  update(frame: Frame, refresh_frame_flags: number): void {
    const { frames } = this;
    const gone: Frame[] = [];
    for (let i = 0; i < NUM_REF_FRAMES; i++) {
      const before = frames[i] ?? null;
      const isRefreshed = ((refresh_frame_flags >> i) & 1) !== 0;
      if (!isRefreshed && this.#headers[i] !== null) continue;
      frames[i] = isRefreshed ? frame : null;
      if (isRefreshed) {
        this.#headers[i] = frame.header;
        this.#isValid[i] = true;
      }
      if (before !== null) gone.push(before);
    }
    if (refresh_frame_flags === 0) gone.push(frame);
    releaseUnused(gone, frames, this.#listener);
  }

  /**
   * 7.5: a new coded video sequence begins. The slots keep their frames, which its first frame's request lists (7.20), until that frame
   * updates them; nothing refers to them any more.
   */
  retire(): void {
    this.#headers.fill(null);
    this.#isValid.fill(false);
  }

  clear(): void {
    const before = this.frames.filter((frame) => frame !== null);
    this.frames.fill(null);
    this.#headers.fill(null);
    this.#isValid.fill(false);
    releaseUnused(before, this.frames, this.#listener);
  }
}
