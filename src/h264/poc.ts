import { picOrderCntMsb } from "../nal/order-count.ts";
import { IDR_SLICE } from "./nal-types.ts";
import type { SeqParameterSet, SliceHeader } from "./structures.ts";

/** TopFieldOrderCnt and BottomFieldOrderCnt of a picture. For a field, the count of the opposite field is 0. */
export interface FieldOrderCnt {
  TopFieldOrderCnt: number;
  BottomFieldOrderCnt: number;
}

/** The elements of a slice header that determine the picture's order. A frame that 8.2.5.2 infers has inferred values. */
export type PicOrderCntSyntax = Pick<
  SliceHeader,
  | "frame_num"
  | "field_pic_flag"
  | "bottom_field_flag"
  | "nal_ref_idc"
  | "nal_unit_type"
  | "pic_order_cnt_lsb"
  | "delta_pic_order_cnt_bottom"
  | "delta_pic_order_cnt"
>;

/** PicOrderCnt(CurrPic) of (8-1). */
export function picOrderCnt({ h, poc }: { readonly h: PicOrderCntSyntax; readonly poc: FieldOrderCnt }): number {
  if (!h.field_pic_flag) return Math.min(poc.TopFieldOrderCnt, poc.BottomFieldOrderCnt);
  return h.bottom_field_flag ? poc.BottomFieldOrderCnt : poc.TopFieldOrderCnt;
}

/** MaxFrameNum (7-10). */
export function maxFrameNum(sps: SeqParameterSet): number {
  return 1 << (sps.log2_max_frame_num_minus4 + 4);
}

/** 8.2.1 Decoding process for picture order count, with the variables that it carries from picture to picture. */
export class PicOrderCnt {
  #prevPicOrderCntMsb = 0;
  #prevPicOrderCntLsb = 0;
  #prevFrameNum = 0;
  #prevFrameNumOffset = 0;
  /** The value of the last picture that `decode` was called for. */
  #PicOrderCntMsb = 0;
  #FrameNumOffset = 0;

  /** Forgets the variables of earlier pictures: the next picture is a new start. */
  reset(): void {
    this.#prevPicOrderCntMsb = this.#prevPicOrderCntLsb = this.#prevFrameNum = this.#prevFrameNumOffset = 0;
    this.#PicOrderCntMsb = this.#FrameNumOffset = 0;
  }

  /**
   * 8.2.1, without the step for memory_management_control_operation 5, which is carried out after the picture: see `remember`.
   */
  decode(sps: SeqParameterSet, h: PicOrderCntSyntax): FieldOrderCnt {
    if (sps.pic_order_cnt_type === 0) return this.#decodeType0(sps, h);
    this.#updateFrameNumOffset(sps, h);
    return sps.pic_order_cnt_type === 1 ? this.#decodeType1(sps, h) : this.#decodeType2(h);
  }

  /**
   * Stores the variables that the next picture needs. Must be called once for each picture, after `decode`.
   *
   * @param poc the picture's order counts, after the picture's own memory_management_control_operation 5 if it has one.
   */
  remember(h: PicOrderCntSyntax, poc: FieldOrderCnt, hasMmco5: boolean): void {
    if (hasMmco5) {
      this.#prevPicOrderCntMsb = 0;
      this.#prevPicOrderCntLsb = h.bottom_field_flag ? 0 : poc.TopFieldOrderCnt;
      this.#prevFrameNumOffset = 0;
      this.#prevFrameNum = 0; // 7.4.3, frame_num
      return;
    }
    if (h.nal_ref_idc !== 0) {
      this.#prevPicOrderCntMsb = this.#PicOrderCntMsb;
      this.#prevPicOrderCntLsb = h.pic_order_cnt_lsb;
    }
    this.#prevFrameNumOffset = this.#FrameNumOffset;
    this.#prevFrameNum = h.frame_num;
  }

  /** 8.2.1.1 Decoding process for picture order count type 0. */
  #decodeType0(sps: SeqParameterSet, h: PicOrderCntSyntax): FieldOrderCnt {
    const MaxPicOrderCntLsb = 1 << (sps.log2_max_pic_order_cnt_lsb_minus4 + 4);
    const IdrPicFlag = h.nal_unit_type === IDR_SLICE;
    const prevMsb = IdrPicFlag ? 0 : this.#prevPicOrderCntMsb;
    const prevLsb = IdrPicFlag ? 0 : this.#prevPicOrderCntLsb;
    const lsb = h.pic_order_cnt_lsb;
    const msb = picOrderCntMsb(lsb, prevLsb, prevMsb, MaxPicOrderCntLsb);
    this.#PicOrderCntMsb = msb;
    if (h.field_pic_flag) return fieldOrderCnt(h, msb + lsb);
    return frameOrderCnt(msb + lsb, msb + lsb + h.delta_pic_order_cnt_bottom);
  }

  /** (8-6) and (8-11): FrameNumOffset, the same in types 1 and 2. */
  #updateFrameNumOffset(sps: SeqParameterSet, h: PicOrderCntSyntax): void {
    const MaxFrameNum = maxFrameNum(sps);
    if (h.nal_unit_type === IDR_SLICE) this.#FrameNumOffset = 0;
    else if (this.#prevFrameNum > h.frame_num) this.#FrameNumOffset = this.#prevFrameNumOffset + MaxFrameNum;
    else this.#FrameNumOffset = this.#prevFrameNumOffset;
  }

  /** 8.2.1.2 Decoding process for picture order count type 1. */
  #decodeType1(sps: SeqParameterSet, h: PicOrderCntSyntax): FieldOrderCnt {
    const cycle = sps.num_ref_frames_in_pic_order_cnt_cycle;
    let absFrameNum = cycle !== 0 ? this.#FrameNumOffset + h.frame_num : 0;
    if (h.nal_ref_idc === 0 && absFrameNum > 0) absFrameNum--;
    let expectedPicOrderCnt = 0;
    if (absFrameNum > 0) {
      const picOrderCntCycleCnt = Math.floor((absFrameNum - 1) / cycle);
      const frameNumInPicOrderCntCycle = (absFrameNum - 1) % cycle;
      for (let i = 0; i < cycle; i++) {
        const times = i <= frameNumInPicOrderCntCycle ? picOrderCntCycleCnt + 1 : picOrderCntCycleCnt;
        expectedPicOrderCnt += times * (sps.offset_for_ref_frame[i] as number);
      }
    }
    if (h.nal_ref_idc === 0) expectedPicOrderCnt += sps.offset_for_non_ref_pic;
    const [delta0, delta1] = h.delta_pic_order_cnt;
    if (!h.field_pic_flag) {
      const top = expectedPicOrderCnt + delta0;
      return frameOrderCnt(top, top + sps.offset_for_top_to_bottom_field + delta1);
    }
    if (!h.bottom_field_flag) return fieldOrderCnt(h, expectedPicOrderCnt + delta0);
    return fieldOrderCnt(h, expectedPicOrderCnt + sps.offset_for_top_to_bottom_field + delta0);
  }

  /** 8.2.1.3 Decoding process for picture order count type 2. */
  #decodeType2(h: PicOrderCntSyntax): FieldOrderCnt {
    const twice = 2 * (this.#FrameNumOffset + h.frame_num);
    let tempPicOrderCnt = twice;
    if (h.nal_unit_type === IDR_SLICE) tempPicOrderCnt = 0;
    else if (h.nal_ref_idc === 0) tempPicOrderCnt = twice - 1;
    return h.field_pic_flag ? fieldOrderCnt(h, tempPicOrderCnt) : frameOrderCnt(tempPicOrderCnt, tempPicOrderCnt);
  }
}

// A conforming stream stays within 32 bits (8.2.1). In a stream that does not conform the counts wrap, as the kernel's s32
// would.
function frameOrderCnt(top: number, bottom: number): FieldOrderCnt {
  return { TopFieldOrderCnt: top | 0, BottomFieldOrderCnt: bottom | 0 };
}

function fieldOrderCnt(h: PicOrderCntSyntax, count: number): FieldOrderCnt {
  return h.bottom_field_flag ? frameOrderCnt(0, count) : frameOrderCnt(count, 0);
}
