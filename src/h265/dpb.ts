import type { Rectangle } from "../events.ts";
import { emptyList } from "../framing/lists.ts";
import type { FrameListener } from "../session/frame-events.ts";

/** What controls and reference picture sets read of a picture in the decoded picture buffer. */
export interface ReferencePicture {
  /** Nanoseconds. */
  readonly timestamp: number;
  readonly PicOrderCntVal: number;
  /** pic_struct of its picture timing SEI message; 0 (a frame) without one. */
  readonly pic_struct: number;
  /** "unused for reference", "used for short-term reference" or "used for long-term reference": 8.3.2 changes it. */
  marking: "unused" | "short" | "long";
}

/** A picture of the decoded picture buffer. */
export class Frame implements ReferencePicture {
  readonly timestamp: number;
  readonly pts: number | undefined;
  readonly visible: Rectangle;
  readonly PicOrderCntVal: number;
  marking: ReferencePicture["marking"] = "short";
  neededForOutput = false;
  /** C.5.2.3: counts the pictures that have been decoded while it waits for output. */
  PicLatencyCount = 0;
  corrupt = false;
  pic_struct = 0;

  constructor(timestamp: number, pts: number | undefined, visible: Rectangle, PicOrderCntVal: number) {
    this.timestamp = timestamp;
    this.pts = pts;
    this.visible = visible;
    this.PicOrderCntVal = PicOrderCntVal;
  }
}

/** The values of the SPS for HighestTid: C.5.2.2. */
export interface DpbLimits {
  readonly sps_max_dec_pic_buffering_minus1: number;
  readonly sps_max_num_reorder_pics: number;
  /** (7-9); infinite where sps_max_latency_increase_plus1 is 0. */
  readonly SpsMaxLatencyPictures: number;
}

/** The decoded picture buffer in output order operation: C.5.2. */
export class DecodedPictureBuffer {
  /** In decoding order. */
  readonly frames = emptyList<Frame>();
  readonly #listener: FrameListener<Frame>;

  constructor(listener: FrameListener<Frame>) {
    this.#listener = listener;
  }

  /** C.5.2.2 for a picture that is not an IRAP picture with NoRaslOutputFlag 1, after its RPS has been applied. */
  makeRoom(limits: DpbLimits): void {
    this.#removeUnused();
    while (this.#exceeds(limits) || this.frames.length > limits.sps_max_dec_pic_buffering_minus1) {
      if (!this.#bump()) return;
    }
  }

  /** C.5.2.3 Picture decoding, marking, additional bumping and storage. */
  store(frame: Frame, limits: DpbLimits): void {
    for (const other of this.frames) {
      const isLater = other.neededForOutput && other.PicOrderCntVal > frame.PicOrderCntVal;
      if (frame.neededForOutput && isLater) other.PicLatencyCount++;
    }
    this.frames.push(frame);
    while (this.#exceeds(limits)) this.#bump();
  }

  /** C.5.2.2: outputs all pictures that wait for output, and frees all pictures. */
  flush(): void {
    for (const frame of this.frames) frame.marking = "unused";
    while (this.#bump());
    this.#removeUnused();
  }

  /** C.5.2.2 with NoOutputOfPriorPicsFlag: frees all pictures without output. */
  clear(): void {
    for (const frame of this.frames) this.#listener.release(frame);
    this.frames.length = 0;
  }

  #exceeds(limits: DpbLimits): boolean {
    let waiting = 0;
    let isLate = false;
    for (const frame of this.frames) {
      if (!frame.neededForOutput) continue;
      waiting++;
      if (frame.PicLatencyCount >= limits.SpsMaxLatencyPictures) isLate = true;
    }
    return waiting > limits.sps_max_num_reorder_pics || isLate;
  }

  /** C.5.2.4 "Bumping" process. Returns false where no picture waits for output. */
  #bump(): boolean {
    let first: Frame | undefined;
    for (const frame of this.frames) {
      if (frame.neededForOutput && (first === undefined || frame.PicOrderCntVal < first.PicOrderCntVal)) first = frame;
    }
    if (first === undefined) return false;
    first.neededForOutput = false;
    this.#listener.output(first);
    this.#removeUnused();
    return true;
  }

  #removeUnused(): void {
    const { frames } = this;
    let kept = 0;
    for (const frame of frames) {
      if (frame.neededForOutput || frame.marking !== "unused") frames[kept++] = frame;
      else this.#listener.release(frame);
    }
    while (frames.length > kept) frames.pop(); // To set the length would be slower.
  }
}
