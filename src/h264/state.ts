/** What outlives a picture: order counts, reference marking and the decoded picture buffer. */
import type { Rectangle } from "../events.ts";
import type { ResolvedOptions } from "../options.ts";
import type { FrameListener } from "../session/frame-events.ts";
import { BOTH_FIELDS, BOTTOM_FIELD, DecodedPictureBuffer, Frame, TOP_FIELD } from "./dpb.ts";
import { IDR_SLICE } from "./nal-types.ts";
import type { FieldOrderCnt, PicOrderCntSyntax } from "./poc.ts";
import { maxFrameNum, PicOrderCnt, picOrderCnt } from "./poc.ts";
import type { Complain, CurrentPicture } from "./ref-marking.ts";
import { RefPicMarking, slideWindow, updateFrameNumWrap } from "./ref-marking.ts";
import type { SeqParameterSet, SliceHeader } from "./structures.ts";
import { intraProfiles, MaxDpbMbs } from "./tables.ts";

/** A picture (a frame or a field) that is being decoded. */
export interface Picture extends CurrentPicture {
  readonly sps: SeqParameterSet;
  /** Of its first slice. */
  readonly h: SliceHeader;
  readonly poc: FieldOrderCnt;
  /** A slice so far is a P or SP slice. SP counts because tegra-vde needs to know whether there is inter prediction. */
  hasP: boolean;
  /** A slice so far is a B slice. */
  hasB: boolean;
}

const NOWHERE: Rectangle = { left: 0, top: 0, width: 0, height: 0 };

/** A.3.1 h), A.3.2 f): MaxDpbFrames. A level_idc that Table A-1 does not have counts as the highest. */
export function maxDpbFrames(sps: SeqParameterSet): number {
  const is1b = sps.level_idc === 11 && sps.constraint_set3_flag && [66, 77, 88].includes(sps.profile_idc);
  const mbs = MaxDpbMbs.get(is1b ? 9 : sps.level_idc) ?? Infinity;
  const FrameHeightInMbs = (2 - sps.frame_mbs_only_flag) * (sps.pic_height_in_map_units_minus1 + 1);
  return Math.min(Math.floor(mbs / ((sps.pic_width_in_mbs_minus1 + 1) * FrameHeightInMbs)), 16);
}

/**
 * C.4.5.3: how many frames the decoded picture buffer holds. It has room for the reference frames that 8.2.5.3 keeps, even
 * where the level or max_dec_frame_buffering is too low for them.
 */
export function dpbFrames(sps: SeqParameterSet): number {
  const vui = sps.vui_parameters;
  let frames = maxDpbFrames(sps);
  // E.2.1: max_dec_frame_buffering must not exceed MaxDpbFrames. A larger value is ignored.
  if (vui?.bitstream_restriction_flag) frames = Math.min(vui.max_dec_frame_buffering, frames);
  else if (isIntraOnly(sps)) frames = 0; // E.2.1
  return Math.max(frames, sps.max_num_ref_frames, 1);
}

/**
 * E.2.1, max_num_reorder_frames: how many frames can precede another one in decoding order and follow it in output order;
 * Infinite where the stream does not say. With pic_order_cnt_type 2 the orders are the same (8.2.1.3).
 */
function maxNumReorderFrames(sps: SeqParameterSet): number {
  if (sps.pic_order_cnt_type === 2 || isIntraOnly(sps)) return 0;
  const vui = sps.vui_parameters;
  return vui?.bitstream_restriction_flag ? vui.max_num_reorder_frames : Infinity;
}

/** A.2.8 to A.2.11: all pictures are IDR pictures. */
function isIntraOnly(sps: SeqParameterSet): boolean {
  return sps.constraint_set3_flag === 1 && intraProfiles.has(sps.profile_idc);
}

export class DecoderState {
  readonly dpb: DecodedPictureBuffer;
  readonly #listener: FrameListener<Frame>;
  readonly #poc = new PicOrderCnt();
  readonly #marking = new RefPicMarking();
  /** PrevRefFrameNum of 7.4.3; -1 before the first picture. */
  #PrevRefFrameNum = -1;
  /** Reference pictures were lost, and the window may have some of them still. */
  #hasLost = false;
  /** The previous picture, if it was the first field of a frame: the next picture may be its second field. */
  #unpaired: Frame | null = null;
  /** A frame that is output without being stored (C.4.5.2), and whose second field may still come. */
  #unstored: Frame | null = null;
  /** Whether a frame is output as soon as its place in the output order is known, instead of when the buffer is full. */
  readonly #outputsEarly: boolean;
  #maxNumReorderFrames = Infinity;

  constructor(listener: FrameListener<Frame>, output: ResolvedOptions["output"]) {
    this.#listener = listener;
    this.#outputsEarly = output === "earliest";
    this.dpb = new DecodedPictureBuffer(listener);
  }

  /** Outputs all pictures that wait for output, and forgets the references. */
  flush(): void {
    this.endFrame();
    this.dpb.flush();
    this.#forget();
  }

  /** Forgets all pictures without output. */
  reset(): void {
    if (this.#unstored) this.#listener.release(this.#unstored);
    this.#unstored = null;
    this.dpb.clear();
    this.#forget();
  }

  /** The second field of the last picture's frame will not come. */
  endFrame(): void {
    this.#endUnstored();
    if (this.#unpaired !== null) this.#completeFrame();
  }

  /** The last frame, or field without a second one, is complete. */
  #completeFrame(): void {
    this.#unpaired = null;
    if (this.#outputsEarly) this.dpb.outputSettled(this.#maxNumReorderFrames);
  }

  /**
   * C.4.4: empties the buffer before an IDR picture, or another picture that begins a sequence. no_output_of_prior_pics_flag
   * counts as coded, even where the picture size changes. A frame that C.4.5.2 outputs without storing it is output whatever
   * the flag says.
   */
  emptyBuffer(h: SliceHeader): void {
    this.endFrame();
    this.#hasLost = false;
    if (h.dec_ref_pic_marking?.no_output_of_prior_pics_flag) this.dpb.clear();
    else this.dpb.flush();
  }

  /** A sequence begins with an empty buffer: nothing is carried over from the one before. */
  beginSequence(sps: SeqParameterSet): void {
    this.#forget();
    this.dpb.resize(dpbFrames(sps));
    this.#maxNumReorderFrames = maxNumReorderFrames(sps);
  }

  /** Gives up the picture: it is not decoded. Its numbers still count for later pictures, which cannot refer to it. */
  abandonPicture(picture: Picture): void {
    const { h, frame, isSecondField } = picture;
    const mmco5 = hasMmco5(h);
    if (mmco5) {
      // Order counts begin anew.
      this.dpb.flush();
      subtractTempPicOrderCnt(picture);
    }
    this.#poc.remember(h, frame, mmco5);
    if (h.nal_ref_idc !== 0) this.#PrevRefFrameNum = mmco5 ? 0 : h.frame_num;
    if (isSecondField) this.endFrame();
  }

  #forget(): void {
    this.#unpaired = null;
    this.#PrevRefFrameNum = -1;
    this.#hasLost = false;
    this.#poc.reset();
    this.#marking.reset();
  }

  #endUnstored(): void {
    if (!this.#unstored) return;
    this.#listener.output(this.#unstored);
    this.#listener.release(this.#unstored);
    this.#unstored = null;
  }

  /** 3.30 and 3.31 (complementary field pairs): whether this field completes the frame of the field before it. */
  isSecondField(h: SliceHeader): boolean {
    const first = this.#unpaired;
    return (
      first !== null &&
      h.field_pic_flag === 1 &&
      (h.bottom_field_flag ? TOP_FIELD : BOTTOM_FIELD) === first.firstField &&
      h.frame_num === first.frame_num &&
      h.nal_unit_type !== IDR_SLICE &&
      (h.nal_ref_idc !== 0) === first.isReference &&
      !hasMmco5(h)
    );
  }

  /**
   * The first and last frame_num that are missing between the last reference picture and this one; null where none is.
   */
  gapBefore(sps: SeqParameterSet, h: SliceHeader): { first: number; last: number } | null {
    const MaxFrameNum = maxFrameNum(sps);
    if (this.#PrevRefFrameNum < 0 || h.nal_unit_type === IDR_SLICE || this.isSecondField(h)) return null;
    const first = (this.#PrevRefFrameNum + 1) % MaxFrameNum;
    if (h.frame_num === this.#PrevRefFrameNum || h.frame_num === first) return null;
    return { first, last: (h.frame_num - 1 + MaxFrameNum) % MaxFrameNum };
  }

  /** Infers no frames for a gap whose pictures were lost, not left out by the encoder. */
  skipGap(last: number): void {
    this.endFrame();
    this.#PrevRefFrameNum = last;
    this.#hasLost = true;
    for (const frame of this.dpb.references()) frame.isBeforeLoss = true;
  }

  /**
   * Whether a slice may refer to a lost picture. 8.2.5.3: the window gives that up only when it is full of frames that came after the loss,
   * and of long-term frames.
   */
  mayHoldLost({ max_num_ref_frames }: SeqParameterSet): boolean {
    if (!this.#hasLost) return false;
    const later = this.dpb.references().filter((frame) => !frame.isBeforeLoss || frame.longTerm !== 0);
    this.#hasLost = later.length < Math.max(max_num_ref_frames, 1);
    return this.#hasLost;
  }

  /**
   * 8.2.5.2 Decoding process for gaps in frame_num. Returns false where a frame does not fit into the sliding window (8.2.5.3).
   */
  fillGap(sps: SeqParameterSet, first: number, last: number): boolean {
    this.endFrame();
    const MaxFrameNum = maxFrameNum(sps);
    // The sliding window keeps only the last frames of a long gap, so those before them need not be made.
    const count = Math.min(((last - first + MaxFrameNum) % MaxFrameNum) + 1, Math.max(sps.max_num_ref_frames, 1));
    for (let i = count - 1; i >= 0; i--) {
      const UnusedShortTermFrameNum = (last - i + MaxFrameNum) % MaxFrameNum;
      updateFrameNumWrap(this.dpb.frames, UnusedShortTermFrameNum, MaxFrameNum);
      const hasRoom = slideWindow(this.dpb.frames, null, sps.max_num_ref_frames);
      const poc = this.#inferOrderCounts(sps, UnusedShortTermFrameNum);
      if (hasRoom) this.dpb.store(nonExistingFrame(UnusedShortTermFrameNum, poc));
      if (i === 0) this.#PrevRefFrameNum = last;
      if (i === 0 && !hasRoom) return false;
    }
    return true;
  }

  /**
   * 8.2.4.2.3 sorts inferred frames by their order counts. With pic_order_cnt_type 0 they have none, and the payload has 0.
   * FrameNumOffset takes them into account (8.2.1.2, prevFrameNum).
   */
  #inferOrderCounts(sps: SeqParameterSet, frame_num: number): FieldOrderCnt {
    if (sps.pic_order_cnt_type === 0) return { TopFieldOrderCnt: 0, BottomFieldOrderCnt: 0 };
    const inferred: PicOrderCntSyntax = {
      frame_num,
      field_pic_flag: 0,
      bottom_field_flag: 0,
      nal_ref_idc: 1,
      nal_unit_type: 1,
      pic_order_cnt_lsb: 0,
      delta_pic_order_cnt_bottom: 0,
      delta_pic_order_cnt: [0, 0],
    };
    const poc = this.#poc.decode(sps, inferred);
    this.#poc.remember(inferred, poc, false);
    return poc;
  }

  /**
   * Begins a picture with its first slice: finds its order counts, and the frame that it belongs to. The caller must have
   * filled or skipped a gap and, for an IDR picture, emptied the buffer.
   *
   * @param newFrame null where the picture is the second field of the frame before.
   */
  beginPicture(sps: SeqParameterSet, h: SliceHeader, newFrame: Frame | null): Picture {
    const isSecondField = newFrame === null;
    if (!isSecondField) this.endFrame();
    const poc = this.#poc.decode(sps, h);
    const frame = newFrame ?? (this.#unpaired as Frame);
    const structure = !h.field_pic_flag ? BOTH_FIELDS : h.bottom_field_flag ? BOTTOM_FIELD : TOP_FIELD;
    if (structure & TOP_FIELD) frame.TopFieldOrderCnt = poc.TopFieldOrderCnt;
    if (structure & BOTTOM_FIELD) frame.BottomFieldOrderCnt = poc.BottomFieldOrderCnt;
    if (!isSecondField && h.field_pic_flag) frame.firstField = structure;
    updateFrameNumWrap(this.dpb.frames, h.frame_num, maxFrameNum(sps));
    const isIdr = h.nal_unit_type === IDR_SLICE;
    return { sps, h, poc, frame, structure, isSecondField, isIdr, hasP: false, hasB: false };
  }

  /** Ends the picture: marks it (8.2.5), stores it and outputs what can be output (C.4). */
  endPicture(picture: Picture, complain: Complain): void {
    const { sps, h, frame, structure } = picture;
    const { frames } = this.dpb;
    const mmco5 = hasMmco5(h);
    frame.fields |= structure;
    if (h.dec_ref_pic_marking) {
      this.#marking.mark(frames, picture, h.dec_ref_pic_marking, sps.max_num_ref_frames, complain);
      this.#enforceLimit(picture, complain);
      this.#PrevRefFrameNum = mmco5 ? 0 : h.frame_num;
    }
    if (mmco5) this.#applyMmco5(picture);
    this.#poc.remember(h, frame, mmco5);
    if (this.#outputsEarly) this.#checkOrder(picture, complain);
    if (picture.isSecondField) {
      if (this.#unstored) this.#endUnstored();
      else this.dpb.removeUnused();
    } else if (!this.dpb.store(frame)) {
      this.#unstored = frame;
      if (!h.field_pic_flag) this.#endUnstored();
    }
    if (h.field_pic_flag && !picture.isSecondField) this.#unpaired = frame;
    else this.#completeFrame();
  }

  /**
   * Checks that the output order keeps to max_num_reorder_frames. After the first violation, only the buffer's size decides
   * about output.
   */
  #checkOrder({ sps, frame, isIdr }: Picture, complain: Complain): void {
    const limit = this.#maxNumReorderFrames;
    if (limit === Infinity) return;
    if (isIntraOnly(sps) && !isIdr) this.#maxNumReorderFrames = Infinity;
    else if (this.dpb.isLate(frame)) {
      this.#maxNumReorderFrames = Infinity;
      complain("max_num_reorder_frames", `is ${limit}, and the picture precedes one that has been output`);
    }
  }

  /** 7.4.3: frame_num is considered to be 0. C.4.4: all pictures that wait are output first. */
  #applyMmco5(picture: Picture): void {
    subtractTempPicOrderCnt(picture);
    picture.frame.frame_num = 0;
    this.#hasLost = false;
    this.dpb.outputAll();
  }

  /** 8.2.5.1: no more than Max(max_num_ref_frames, 1) frames are marked, the current one included. */
  #enforceLimit({ frame, sps }: Picture, complain: Complain): void {
    const limit = Math.max(sps.max_num_ref_frames, 1);
    const { frames } = this.dpb;
    let count = 0;
    for (const other of frames) if (other !== frame && other.isUsedForReference) count++;
    if (count < limit) return;
    complain("dec_ref_pic_marking", `leaves ${count + 1} reference frames, max_num_ref_frames is ${limit}`);
    if (slideWindow(frames, frame, limit)) return;
    // Long-term frames alone are too many: those that were decoded first are given up.
    const longTerm = frames.filter((other) => other !== frame && other.isUsedForReference);
    for (const other of longTerm.slice(0, longTerm.length - limit + 1)) other.unmark(BOTH_FIELDS);
  }
}

/** The end of 8.2.1: after memory_management_control_operation 5, order counts are relative to the picture itself. */
function subtractTempPicOrderCnt(picture: Picture): void {
  const { frame, structure } = picture;
  const tempPicOrderCnt = picOrderCnt(picture);
  if (structure & TOP_FIELD) frame.TopFieldOrderCnt -= tempPicOrderCnt;
  if (structure & BOTTOM_FIELD) frame.BottomFieldOrderCnt -= tempPicOrderCnt;
}

function nonExistingFrame(frame_num: number, poc: FieldOrderCnt): Frame {
  const frame = new Frame(0, undefined, NOWHERE, frame_num, true);
  frame.TopFieldOrderCnt = poc.TopFieldOrderCnt;
  frame.BottomFieldOrderCnt = poc.BottomFieldOrderCnt;
  frame.fields = BOTH_FIELDS;
  frame.shortTerm = BOTH_FIELDS;
  frame.neededForOutput = false;
  return frame;
}

export function hasMmco5(h: SliceHeader): boolean {
  const marking = h.dec_ref_pic_marking;
  if (marking === null || marking.operations.length === 0) return false;
  return marking.operations.some((operation) => operation.memory_management_control_operation === 5);
}
