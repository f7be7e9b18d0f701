/** 8.3.4 Decoding process for reference picture lists construction. */
import type { ReferencePicture } from "./dpb.ts";
import type { RefPicSet } from "./ref-pic-set.ts";
import type { SliceSegmentHeader } from "./structures.ts";

/** Null is "no reference picture". */
export type RefPicList = readonly (ReferencePicture | null)[];

/** 8.3.4: builds RefPicList0 and RefPicList1. A list is empty where the slice type has none, or where the set is empty. */
export function buildRefPicLists(set: RefPicSet, h: SliceSegmentHeader): { list0: RefPicList; list1: RefPicList } {
  const { StCurrBefore, StCurrAfter, LtCurr } = set;
  const isB = h.slice_type === 0;
  const isInter = isB || h.slice_type === 1;
  return {
    list0: isInter
      ? buildList([...StCurrBefore, ...StCurrAfter, ...LtCurr], h.num_ref_idx_l0_active_minus1, listEntries(h, 0))
      : [],
    list1: isB
      ? buildList([...StCurrAfter, ...StCurrBefore, ...LtCurr], h.num_ref_idx_l1_active_minus1, listEntries(h, 1))
      : [],
  };
}

function listEntries(h: SliceSegmentHeader, list: 0 | 1): readonly number[] | null {
  if (list === 0) return h.ref_pic_list_modification_flag_l0 ? h.list_entry_l0 : null;
  return h.ref_pic_list_modification_flag_l1 ? h.list_entry_l1 : null;
}

/** (8-8) to (8-11): repeats the pictures in order until the list is full, or takes those that list_entry_lX names. */
function buildList(
  turn: RefPicList,
  num_ref_idx_active_minus1: number,
  list_entry: readonly number[] | null,
): RefPicList {
  if (turn.length === 0) return [];
  const made = new Array<ReferencePicture | null>(num_ref_idx_active_minus1 + 1);
  for (let rIdx = 0; rIdx <= num_ref_idx_active_minus1; rIdx++) {
    const place = list_entry === null ? rIdx : (list_entry[rIdx] ?? rIdx);
    made[rIdx] = turn[place % turn.length] ?? null;
  }
  return made;
}

/**
 * Finds a stand-in for a missing reference: the one with the nearest PicOrderCntVal. Null where there is no reference.
 */
export function nearestReference(frames: readonly ReferencePicture[], PicOrderCntVal: number): ReferencePicture | null {
  let nearest: ReferencePicture | null = null;
  for (const frame of frames) {
    if (frame.marking === "unused") continue;
    const distance = Math.abs(frame.PicOrderCntVal - PicOrderCntVal);
    if (nearest === null || distance < Math.abs(nearest.PicOrderCntVal - PicOrderCntVal)) nearest = frame;
  }
  return nearest;
}
