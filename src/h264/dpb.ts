import type { Rectangle } from "../events.ts";
import { emptyList } from "../framing/lists.ts";
import type { FrameListener } from "../session/frame-events.ts";
import type { FieldOrderCnt } from "./poc.ts";

/** Fields of a frame, as a mask: V4L2_H264_TOP_FIELD_REF, _BOTTOM_FIELD_REF, _FRAME_REF have the same values. */
export const TOP_FIELD = 1;
export const BOTTOM_FIELD = 2;
export const BOTH_FIELDS = 3;

/** What controls and reference picture lists read of a frame in the decoded picture buffer. */
export interface ReferenceFrame extends Readonly<FieldOrderCnt> {
  /** Nanoseconds; 0 for a "non-existing" frame of 8.2.5.2, which has no CAPTURE buffer. */
  readonly timestamp: number;
  readonly frame_num: number;
  /** (8-27), computed for the current picture. */
  readonly FrameNumWrap: number;
  /** Valid while a field is marked for long-term reference. */
  readonly LongTermFrameIdx: number;
  /** The fields decoded so far. This and the next three properties are masks. */
  readonly fields: number;
  /** The field that was decoded first; 0 for a frame coded as one. */
  readonly firstField: number;
  /** The fields marked as "used for short-term reference". */
  readonly shortTerm: number;
  /** The fields marked as "used for long-term reference". */
  readonly longTerm: number;
}

/** Whether 8.2.5.2 has inferred the frame: it was never decoded. */
export function isNonExisting({ timestamp }: ReferenceFrame): boolean {
  return timestamp === 0;
}

/** PicOrderCnt(f) of (8-1): the smaller count of a frame or complementary field pair; a single field's own count. */
export function picOrderCntOf(frame: ReferenceFrame): number {
  if (frame.fields === TOP_FIELD) return frame.TopFieldOrderCnt;
  if (frame.fields === BOTTOM_FIELD) return frame.BottomFieldOrderCnt;
  return Math.min(frame.TopFieldOrderCnt, frame.BottomFieldOrderCnt);
}

/**
 * The smallest PicOrderCnt that a frame after this one in output order can have: it cannot have the counts of this frame's
 * fields.
 */
function followingPicOrderCnt(frame: ReferenceFrame): number {
  const next = picOrderCntOf(frame) + 1;
  const isTaken = frame.fields === BOTH_FIELDS && Math.max(frame.TopFieldOrderCnt, frame.BottomFieldOrderCnt) === next;
  return isTaken ? next + 1 : next;
}

/** A frame buffer's content (C.4): a frame, a complementary field pair or a single field. */
export class Frame implements ReferenceFrame {
  readonly timestamp: number;
  readonly pts: number | undefined;
  readonly visible: Rectangle;
  frame_num: number;
  LongTermFrameIdx = 0;
  FrameNumWrap = 0;
  fields = 0;
  firstField = 0;
  shortTerm = 0;
  longTerm = 0;
  TopFieldOrderCnt = 0;
  BottomFieldOrderCnt = 0;
  /** Whether all fields decoded so far are reference fields (nal_ref_idc is not 0). */
  isReference: boolean;
  neededForOutput = true;
  corrupt = false;
  /** Reference pictures were lost after it. */
  isBeforeLoss = false;
  /** pic_struct of the picture timing SEI message; -1 without one. */
  pic_struct = -1;

  constructor(timestamp: number, pts: number | undefined, visible: Rectangle, frame_num: number, isReference: boolean) {
    this.timestamp = timestamp;
    this.pts = pts;
    this.visible = visible;
    this.frame_num = frame_num;
    this.isReference = isReference;
  }

  get PicOrderCnt(): number {
    return picOrderCntOf(this);
  }

  /** Whether at least one of its fields is marked for reference. */
  get isUsedForReference(): boolean {
    return (this.shortTerm | this.longTerm) !== 0;
  }

  unmark(fields: number): void {
    this.shortTerm &= ~fields;
    this.longTerm &= ~fields;
  }
}

/** The decoded picture buffer in output order operation: C.4. */
export class DecodedPictureBuffer {
  /** In decoding order. */
  readonly frames = emptyList<Frame>();
  readonly #references = emptyList<Frame>();
  readonly #listener: FrameListener<Frame>;
  /** How many frames it holds. */
  #capacity = 1;
  /** The smallest PicOrderCnt that a frame after the last output one can have. NaN before the first output. */
  #nextPicOrderCnt = NaN;
  /** 8.2.1: no two frames have had the same PicOrderCnt so far. */
  #hasUniqueCounts = true;

  constructor(listener: FrameListener<Frame>) {
    this.#listener = listener;
  }

  /**
   * Begins a sequence. The buffer must be empty.
   * @param capacity in frames, at least 1.
   */
  resize(capacity: number): void {
    this.#capacity = capacity;
  }

  /** Whether the frame precedes, in output order, one that has been output. */
  isLate(frame: Frame): boolean {
    return frame.PicOrderCnt < this.#nextPicOrderCnt;
  }

  /**
   * C.4.5.1, C.4.5.2: stores a picture's first (or only) part. False where the picture is output without being stored.
   */
  store(frame: Frame): boolean {
    this.removeUnused();
    if (this.isLate(frame) || this.#hasCountOf(frame)) this.#hasUniqueCounts = false;
    while (this.frames.length >= this.#capacity) {
      const first = this.#firstToOutput();
      if (!frame.isReference && (first === undefined || frame.PicOrderCnt < first.PicOrderCnt)) return false;
      if (first === undefined) break; // The caller has reported that there are more reference frames than fit in.
      this.#bump(first);
    }
    this.frames.push(frame);
    return true;
  }

  /** The frames used for reference, in decoding order. The next call changes the array. */
  references(): readonly Frame[] {
    const references = this.#references;
    let count = 0;
    for (const frame of this.frames) if (frame.isUsedForReference) references[count++] = frame;
    while (references.length > count) references.pop();
    return references;
  }

  /** C.4.4: frees what is neither needed for output nor for reference. */
  removeUnused(): void {
    const { frames } = this;
    let kept = 0;
    for (const frame of frames) {
      if (frame.neededForOutput || frame.isUsedForReference) frames[kept++] = frame;
      else this.#listener.release(frame);
    }
    while (frames.length > kept) frames.pop(); // To set the length would be slower.
  }

  /** Outputs all frames that wait for output, in order, and frees all frames, references included. */
  flush(): void {
    for (const frame of this.frames) frame.unmark(BOTH_FIELDS);
    for (let frame = this.#firstToOutput(); frame !== undefined; frame = this.#firstToOutput()) this.#bump(frame);
    this.clear();
  }

  /** Frees everything without output: no_output_of_prior_pics_flag, or a seek. */
  clear(): void {
    this.#beginCounts();
    for (const frame of this.frames) this.#listener.release(frame);
    this.frames.length = 0;
  }

  /** C.4.4 for memory_management_control_operation 5, which has cleared the marks: outputs all frames that wait for output. */
  outputAll(): void {
    for (let frame = this.#firstToOutput(); frame !== undefined; frame = this.#firstToOutput()) this.#bump(frame);
    this.removeUnused();
    this.#beginCounts();
  }

  /** Order counts begin anew: they cannot be compared with earlier ones. */
  #beginCounts(): void {
    this.#nextPicOrderCnt = NaN;
    this.#hasUniqueCounts = true;
  }

  #hasCountOf(frame: Frame): boolean {
    for (const other of this.frames) if (other.neededForOutput && other.PicOrderCnt === frame.PicOrderCnt) return true;
    return false;
  }

  /**
   * Outputs the frames that no later one can precede in output order. All frames of the buffer are complete.
   *
   * @param maxNumReorderFrames how many frames can precede another one in decoding order and follow it in output order.
   */
  outputSettled(maxNumReorderFrames: number): void {
    for (let first = this.#firstToOutput(); first !== undefined; first = this.#firstToOutput()) {
      // E.2.1: if a frame that precedes `first` came now, more frames than max_num_reorder_frames would precede it in decoding
      // order and follow it in output order.
      const isSettled = maxNumReorderFrames < this.#countWaiting() || this.#hasNoHoleBefore(first);
      if (!isSettled) return;
      this.#bump(first);
    }
  }

  /** 8.2.1: frames have different counts. Where the counts continue without a hole, no other frame can come between. */
  #hasNoHoleBefore(first: Frame): boolean {
    return this.#hasUniqueCounts && first.PicOrderCnt <= this.#nextPicOrderCnt;
  }

  #countWaiting(): number {
    let waiting = 0;
    for (const frame of this.frames) if (frame.neededForOutput) waiting++;
    return waiting;
  }

  /** C.4.5.3: the picture that is first in output order. */
  #firstToOutput(): Frame | undefined {
    let first: Frame | undefined;
    for (const frame of this.frames) {
      if (frame.neededForOutput && (first === undefined || frame.PicOrderCnt < first.PicOrderCnt)) first = frame;
    }
    return first;
  }

  /** C.4.5.3 "Bumping" process. */
  #bump(frame: Frame): void {
    frame.neededForOutput = false;
    this.#nextPicOrderCnt = followingPicOrderCnt(frame);
    this.#listener.output(frame);
    this.removeUnused();
  }
}
