/** 8.2.5 Decoded reference picture marking process, over the frames of the decoded picture buffer. */
import type { Frame, ReferenceFrame } from "./dpb.ts";
import { BOTH_FIELDS, isNonExisting } from "./dpb.ts";
import type { DecRefPicMarking, MemoryManagementControlOperation } from "./structures.ts";

/** The picture that is marked. */
export interface CurrentPicture {
  readonly frame: Frame;
  /** TOP_FIELD, BOTTOM_FIELD, or BOTH_FIELDS for a frame. */
  readonly structure: number;
  readonly isSecondField: boolean;
  readonly isIdr: boolean;
}

/** Receives the reason why an operation cannot be carried out as it is written. */
export type Complain = (element: string, reason: string) => void;

/** 8.2.4.1: derives FrameNumWrap (8-27) of every frame. It is valid for frames with a short-term reference field. */
export function updateFrameNumWrap(frames: readonly Frame[], frame_num: number, MaxFrameNum: number): void {
  for (const frame of frames) {
    frame.FrameNumWrap = frame.frame_num > frame_num ? frame.frame_num - MaxFrameNum : frame.frame_num;
  }
}

/**
 * 8.2.5.3 Sliding window decoded reference picture marking process, before the current picture is marked. Returns false where
 * the current picture does not fit: long-term frames alone fill the window, which the clause forbids.
 */
export function slideWindow(frames: readonly Frame[], current: Frame | null, max_num_ref_frames: number): boolean {
  const limit = Math.max(max_num_ref_frames, 1);
  for (;;) {
    let used = 0;
    let oldest: Frame | undefined;
    for (const frame of frames) {
      if (frame === current || !frame.isUsedForReference) continue;
      used++;
      if (frame.shortTerm !== 0 && (oldest === undefined || frame.FrameNumWrap < oldest.FrameNumWrap)) oldest = frame;
    }
    if (used < limit) return true;
    if (oldest === undefined) return false;
    oldest.unmark(BOTH_FIELDS);
  }
}

/** MaxLongTermFrameIdx, and the marking that changes it. */
export class RefPicMarking {
  /** -1: "no long-term frame indices". */
  #MaxLongTermFrameIdx = -1;

  reset(): void {
    this.#MaxLongTermFrameIdx = -1;
  }

  /**
   * 8.2.5.1: marks a reference picture, and changes the marks of other pictures as its header says. FrameNumWrap of the frames
   * must be that for the current picture.
   *
   * @param complain receives the operations that name a missing picture. The others are carried out.
   */
  mark(
    frames: readonly Frame[],
    current: CurrentPicture,
    marking: DecRefPicMarking,
    max_num_ref_frames: number,
    complain: Complain,
  ): void {
    const { frame, structure } = current;
    if (current.isIdr) {
      for (const other of frames) if (other !== frame) other.unmark(BOTH_FIELDS);
      this.#MaxLongTermFrameIdx = marking.long_term_reference_flag ? 0 : -1;
      if (marking.long_term_reference_flag) frame.longTerm |= structure;
      else frame.shortTerm |= structure;
      if (marking.long_term_reference_flag) frame.LongTermFrameIdx = 0;
      return;
    }
    if (marking.adaptive_ref_pic_marking_mode_flag) {
      for (const operation of marking.operations) this.#carryOut(frames, current, operation, complain);
    } else if (!(current.isSecondField && frame.shortTerm !== 0)) {
      slideWindow(frames, current.isSecondField ? frame : null, max_num_ref_frames);
    }
    if ((frame.longTerm & structure) === 0) frame.shortTerm |= structure;
  }

  /** 8.2.5.4 Adaptive memory control decoded reference picture marking process. */
  #carryOut(
    frames: readonly Frame[],
    current: CurrentPicture,
    op: MemoryManagementControlOperation,
    complain: Complain,
  ): void {
    const { frame, structure } = current;
    switch (op.memory_management_control_operation) {
      case 1: {
        const found = findShortTerm(frames, current, op.difference_of_pic_nums_minus1);
        if (found) found.frame.shortTerm &= ~found.fields;
        else
          complain("difference_of_pic_nums_minus1", `${op.difference_of_pic_nums_minus1} names no short-term picture`);
        return;
      }
      case 2: {
        const found = findLongTerm(frames, structure, op.long_term_pic_num);
        if (found) found.frame.longTerm &= ~found.fields;
        else complain("long_term_pic_num", `${op.long_term_pic_num} names no long-term picture`);
        return;
      }
      case 3: {
        const found = findShortTerm(frames, current, op.difference_of_pic_nums_minus1);
        if (found) this.#assignLongTerm(frames, found, op.long_term_frame_idx, complain);
        // 8.2.5.2: nor may it name a frame that has not come.
        if (!found || isNonExisting(found.frame))
          complain("difference_of_pic_nums_minus1", `${op.difference_of_pic_nums_minus1} names no short-term picture`);
        return;
      }
      case 4:
        this.#MaxLongTermFrameIdx = op.max_long_term_frame_idx_plus1 - 1;
        for (const other of frames) if (other.LongTermFrameIdx > this.#MaxLongTermFrameIdx) other.longTerm = 0;
        return;
      case 5:
        for (const other of frames) other.unmark(BOTH_FIELDS);
        this.#MaxLongTermFrameIdx = -1;
        return;
      case 6:
        this.#assignLongTerm(frames, { frame, fields: structure }, op.long_term_frame_idx, complain);
        return;
    }
  }

  /** 8.2.5.4.3 and 8.2.5.4.6: gives LongTermFrameIdx to a picture and takes it from any other frame. */
  #assignLongTerm(frames: readonly Frame[], found: Found, long_term_frame_idx: number, complain: Complain): void {
    const { frame, fields } = found;
    if (long_term_frame_idx > this.#MaxLongTermFrameIdx) {
      complain(
        "long_term_frame_idx",
        `${long_term_frame_idx} exceeds MaxLongTermFrameIdx, ${this.#MaxLongTermFrameIdx}`,
      );
    }
    for (const other of frames) {
      if (other !== frame && other.LongTermFrameIdx === long_term_frame_idx) other.longTerm = 0;
    }
    if (frame.LongTermFrameIdx !== long_term_frame_idx) frame.longTerm = 0;
    frame.LongTermFrameIdx = long_term_frame_idx;
    frame.shortTerm &= ~fields;
    frame.longTerm |= fields;
  }
}

/** A frame or some of its fields. */
interface Found<F = Frame> {
  readonly frame: F;
  readonly fields: number;
}

/** The short-term picture with PicNum picNumX of (8-39). PicNum is that of (8-28), (8-30) and (8-31). */
function findShortTerm(
  frames: readonly Frame[],
  { frame: currentFrame, structure }: CurrentPicture,
  difference_of_pic_nums_minus1: number,
): Found | undefined {
  const CurrPicNum = structure === BOTH_FIELDS ? currentFrame.frame_num : 2 * currentFrame.frame_num + 1;
  return findByPicNum(frames, structure, CurrPicNum - (difference_of_pic_nums_minus1 + 1), "short");
}

/** The long-term picture with this LongTermPicNum: (8-29), (8-32), (8-33). */
function findLongTerm(frames: readonly Frame[], structure: number, long_term_pic_num: number): Found | undefined {
  return findByPicNum(frames, structure, long_term_pic_num, "long");
}

/**
 * 8.2.4.1: the picture that has this PicNum (`short`) or LongTermPicNum (`long`) while a picture of `structure` is decoded.
 * While a frame is decoded, only frames and complementary pairs with both fields marked have such a number.
 */
export function findByPicNum<F extends ReferenceFrame>(
  frames: readonly F[],
  structure: number,
  picNum: number,
  term: "short" | "long",
): Found<F> | undefined {
  for (const frame of frames) {
    const marked = term === "short" ? frame.shortTerm : frame.longTerm;
    const num = term === "short" ? frame.FrameNumWrap : frame.LongTermFrameIdx;
    if (structure === BOTH_FIELDS) {
      if (marked === BOTH_FIELDS && num === picNum) return { frame, fields: BOTH_FIELDS };
      continue;
    }
    const fields = picNum === 2 * num + 1 ? structure : picNum === 2 * num ? BOTH_FIELDS - structure : 0;
    if ((marked & fields) !== 0) return { frame, fields };
  }
  return undefined;
}
