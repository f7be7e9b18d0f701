/** 8.3.2 Decoding process for reference picture set. */
import type { ReferencePicture } from "./dpb.ts";
import type { SeqParameterSet, ShortTermRefPicSet, SliceSegmentHeader } from "./structures.ts";

/** A picture that the set names, but that is not in the buffer. */
export interface MissingReference {
  /** Its PicOrderCntVal or, where `isLsb`, the bits of it that the slice header gives. */
  readonly poc: number;
  readonly isLsb: boolean;
}

/** RefPicSetStCurrBefore, -StCurrAfter and -LtCurr; null stands for "no reference picture". */
export interface RefPicSet {
  readonly StCurrBefore: readonly (ReferencePicture | null)[];
  readonly StCurrAfter: readonly (ReferencePicture | null)[];
  readonly LtCurr: readonly (ReferencePicture | null)[];
  /** The missing pictures of these three sets. Pictures that only later pictures may refer to are not listed. */
  readonly missing: readonly MissingReference[];
}

/** The short-term set in force, (7-61) to (7-71): the slice header's own or one of the SPS. Null where there is none. */
export function activeShortTermSet(h: SliceSegmentHeader, sps: SeqParameterSet): ShortTermRefPicSet | null {
  if (!h.short_term_ref_pic_set_sps_flag) return h.st_ref_pic_set;
  return sps.st_ref_pic_set[h.short_term_ref_pic_set_idx] ?? null;
}

/** UsedByCurrPicLt[i] of 7.4.7.1, for a long-term picture of the slice header. */
export function usedByCurrPicLt(h: SliceSegmentHeader, sps: SeqParameterSet, i: number): number {
  if (i < h.num_long_term_sps) return sps.used_by_curr_pic_lt_sps_flag[h.lt_idx_sps[i] as number] ?? 0;
  return h.used_by_curr_pic_lt_flag[i] as number;
}

/** A long-term entry of the slice header: 7.4.7.1. */
interface LongTermEntry {
  /** (8-5): pocLt. */
  readonly poc: number;
  readonly isLsb: boolean;
  readonly isUsedByCurrPic: boolean;
}

const NO_ENTRIES: readonly LongTermEntry[] = [];

function longTermEntries(
  h: SliceSegmentHeader,
  sps: SeqParameterSet,
  PicOrderCntVal: number,
): readonly LongTermEntry[] {
  if (h.num_long_term_sps + h.num_long_term_pics === 0) return NO_ENTRIES;
  const MaxPicOrderCntLsb = maxPicOrderCntLsb(sps);
  const entries: LongTermEntry[] = [];
  let DeltaPocMsbCycleLt = 0;
  for (let i = 0; i < h.num_long_term_sps + h.num_long_term_pics; i++) {
    const inSps = i < h.num_long_term_sps;
    const PocLsbLt = inSps ? sps.lt_ref_pic_poc_lsb_sps[h.lt_idx_sps[i] as number] : h.poc_lsb_lt[i];
    const delta_poc_msb_cycle_lt = h.delta_poc_msb_cycle_lt[i] ?? 0;
    if (i === 0 || i === h.num_long_term_sps) DeltaPocMsbCycleLt = 0;
    DeltaPocMsbCycleLt += delta_poc_msb_cycle_lt;
    const hasMsb = h.delta_poc_msb_present_flag[i] === 1;
    let pocLt = PocLsbLt ?? 0;
    if (hasMsb) {
      pocLt += PicOrderCntVal - DeltaPocMsbCycleLt * MaxPicOrderCntLsb - (PicOrderCntVal & (MaxPicOrderCntLsb - 1));
    }
    entries.push({ poc: pocLt, isLsb: !hasMsb, isUsedByCurrPic: usedByCurrPicLt(h, sps, i) === 1 });
  }
  return entries;
}

/** MaxPicOrderCntLsb (7-8). */
export function maxPicOrderCntLsb(sps: SeqParameterSet): number {
  return 1 << (sps.log2_max_pic_order_cnt_lsb_minus4 + 4);
}

/**
 * Derives the sets for the current picture and marks the buffer's pictures accordingly: as long-term, or as unused if they are
 * in no set. Must not be called for an IRAP picture with NoRaslOutputFlag 1, which makes all pictures unused.
 */
export function applyRefPicSet(
  frames: readonly ReferencePicture[],
  h: SliceSegmentHeader,
  sps: SeqParameterSet,
  PicOrderCntVal: number,
): RefPicSet {
  const MaxPicOrderCntLsb = maxPicOrderCntLsb(sps);
  const references = frames.filter((frame) => frame.marking !== "unused");
  const kept: ReferencePicture[] = [];
  const missing: MissingReference[] = [];
  const LtCurr: (ReferencePicture | null)[] = [];
  const longTerm: ReferencePicture[] = [];
  for (const { poc, isLsb, isUsedByCurrPic } of longTermEntries(h, sps, PicOrderCntVal)) {
    const orderOf = (frame: ReferencePicture) =>
      isLsb ? frame.PicOrderCntVal & (MaxPicOrderCntLsb - 1) : frame.PicOrderCntVal;
    const found = references.find((frame) => orderOf(frame) === poc) ?? null;
    if (found) longTerm.push(found);
    else if (isUsedByCurrPic) missing.push({ poc, isLsb });
    if (isUsedByCurrPic) LtCurr.push(found);
  }
  const shortTerm = (poc: number, isUsed: boolean, list: (ReferencePicture | null)[]) => {
    const found = references.find(
      (frame) => frame.PicOrderCntVal === poc && frame.marking === "short" && !longTerm.includes(frame),
    );
    if (found) kept.push(found);
    if (!isUsed) return;
    list.push(found ?? null);
    if (!found) missing.push({ poc, isLsb: false });
  };
  const StCurrBefore: (ReferencePicture | null)[] = [];
  const StCurrAfter: (ReferencePicture | null)[] = [];
  const set = activeShortTermSet(h, sps);
  for (let i = 0; i < (set?.NumNegativePics ?? 0); i++) {
    shortTerm(PicOrderCntVal + (set?.DeltaPocS0[i] as number), set?.UsedByCurrPicS0[i] === 1, StCurrBefore);
  }
  for (let i = 0; i < (set?.NumPositivePics ?? 0); i++) {
    shortTerm(PicOrderCntVal + (set?.DeltaPocS1[i] as number), set?.UsedByCurrPicS1[i] === 1, StCurrAfter);
  }
  for (const frame of longTerm) frame.marking = "long";
  for (const frame of frames) if (!kept.includes(frame) && !longTerm.includes(frame)) frame.marking = "unused";
  return { StCurrBefore, StCurrAfter, LtCurr, missing };
}
