/** 8.2.4 Decoding process for reference picture lists construction. */
import { BOTH_FIELDS, BOTTOM_FIELD, isNonExisting, picOrderCntOf, type ReferenceFrame, TOP_FIELD } from "./dpb.ts";
import { findByPicNum } from "./ref-marking.ts";
import type { RefPicListModificationOperation, SliceHeader } from "./structures.ts";

/** An entry: a frame, or one field of it. Null is "no reference picture". */
export interface Reference {
  readonly frame: ReferenceFrame;
  /** TOP_FIELD, BOTTOM_FIELD, or BOTH_FIELDS while a frame is decoded. */
  readonly fields: number;
}

export type RefPicList = (Reference | null)[];

/** The picture that the lists are for. */
export interface ListPicture {
  readonly frame: ReferenceFrame;
  /** TOP_FIELD, BOTTOM_FIELD, or BOTH_FIELDS for a frame. */
  readonly structure: number;
}

/** What the construction of the lists depends on. */
export interface ListContext {
  /**
   * The frames of the decoded picture buffer. While a second field is decoded, the frame with its first field is one of them.
   */
  readonly frames: readonly ReferenceFrame[];
  readonly current: ListPicture;
  /** PicOrderCnt(CurrPic). */
  readonly PicOrderCnt: number;
  readonly MaxFrameNum: number;
  readonly pic_order_cnt_type: number;
}

/** RefPicList0 and RefPicList1 of a slice, and the operations of 8.2.4.3 that name a missing picture. */
export interface RefPicLists {
  readonly list0: RefPicList;
  readonly list1: RefPicList;
  readonly missing: readonly RefPicListModificationOperation[];
}

/** 8.2.4: builds the lists of a P, SP or B slice. FrameNumWrap of the frames must be that for the current picture. */
export function buildRefPicLists(context: ListContext, h: SliceHeader): RefPicLists {
  const missing: RefPicListModificationOperation[] = [];
  const size0 = h.num_ref_idx_l0_active_minus1 + 1;
  const isB = h.slice_type % 5 === 1;
  if (!isB) {
    const list0 = withLength(initialListP(context), size0);
    return { list0: modifyList(context, list0, h.ref_pic_list_modification_l0, missing), list1: [], missing };
  }
  const [initial0, initial1] = initialListsB(context);
  const list0 = withLength(initial0, size0);
  const list1 = withLength(initial1, h.num_ref_idx_l1_active_minus1 + 1);
  return {
    list0: modifyList(context, list0, h.ref_pic_list_modification_l0, missing),
    list1: modifyList(context, list1, h.ref_pic_list_modification_l1, missing),
    missing,
  };
}

/** The operations of 8.2.4.3 that name a missing picture. The lists themselves are not built. */
export function missingOperations(context: ListContext, h: SliceHeader): readonly RefPicListModificationOperation[] {
  const missing: RefPicListModificationOperation[] = [];
  modifyList(context, [], h.ref_pic_list_modification_l0, missing);
  modifyList(context, [], h.ref_pic_list_modification_l1, missing);
  return missing;
}

/**
 * The end of 8.2.4.2: cuts a list to num_ref_idx_lX_active_minus1 + 1 entries, or fills it with "no reference picture".
 */
function withLength(initial: readonly Reference[], size: number): RefPicList {
  const list: RefPicList = [];
  for (let i = 0; i < size; i++) list.push(initial[i] ?? null);
  return list;
}

const byFrameNumWrap = (a: ReferenceFrame, b: ReferenceFrame) => b.FrameNumWrap - a.FrameNumWrap;
const byLongTermFrameIdx = (a: ReferenceFrame, b: ReferenceFrame) => a.LongTermFrameIdx - b.LongTermFrameIdx;
const asFrame = (frame: ReferenceFrame): Reference => ({ frame, fields: BOTH_FIELDS });

/** 8.2.4.2.1 for frames, 8.2.4.2.2 for fields. */
function initialListP({ frames, current }: ListContext): Reference[] {
  if (current.structure === BOTH_FIELDS) {
    const short = frames.filter((frame) => frame.shortTerm === BOTH_FIELDS).sort(byFrameNumWrap);
    const long = frames.filter((frame) => frame.longTerm === BOTH_FIELDS).sort(byLongTermFrameIdx);
    return [...short, ...long].map(asFrame);
  }
  const short = frames.filter((frame) => frame.shortTerm !== 0).sort(byFrameNumWrap);
  return [...alternateFields(short, current.structure, "shortTerm"), ...longTermFields(frames, current.structure)];
}

function longTermFields(frames: readonly ReferenceFrame[], structure: number): Reference[] {
  const long = frames.filter((frame) => frame.longTerm !== 0).sort(byLongTermFrameIdx);
  return alternateFields(long, structure, "longTerm");
}

/** 8.2.4.2.3 for frames, 8.2.4.2.4 for fields. */
function initialListsB(context: ListContext): [Reference[], Reference[]] {
  const { frames, current, PicOrderCnt, pic_order_cnt_type } = context;
  const isFrame = current.structure === BOTH_FIELDS;
  const short = frames.filter(
    (frame) =>
      (isFrame ? frame.shortTerm === BOTH_FIELDS : frame.shortTerm !== 0) &&
      !(isNonExisting(frame) && pic_order_cnt_type === 0),
  );
  const atOrBefore = (frame: ReferenceFrame) =>
    isFrame ? picOrderCntOf(frame) < PicOrderCnt : orderOf(frame, current) <= PicOrderCnt;
  const order = isFrame ? picOrderCntOf : (frame: ReferenceFrame) => orderOf(frame, current);
  const before = short.filter(atOrBefore).sort((a, b) => order(b) - order(a));
  const after = short.filter((frame) => !atOrBefore(frame)).sort((a, b) => order(a) - order(b));
  const long = isFrame
    ? frames
        .filter((frame) => frame.longTerm === BOTH_FIELDS)
        .sort(byLongTermFrameIdx)
        .map(asFrame)
    : longTermFields(frames, current.structure);
  const arrange = (list: ReferenceFrame[]) =>
    isFrame ? list.map(asFrame) : alternateFields(list, current.structure, "shortTerm");
  const list0 = [...arrange([...before, ...after]), ...long];
  const list1 = [...arrange([...after, ...before]), ...long];
  if (list1.length > 1 && list1.every((entry, i) => isSameEntry(entry, list0[i]))) {
    const [first, second] = list1 as [Reference, Reference];
    list1[0] = second;
    list1[1] = first;
  }
  return [list0, list1];
}

/** PicOrderCnt(f) in 8.2.4.2.4: in the frame that the current field completes, only the first field counts. */
function orderOf(frame: ReferenceFrame, current: ListPicture): number {
  if (frame !== current.frame) return picOrderCntOf(frame);
  return fieldOrder(frame, frame.firstField);
}

function isSameEntry(a: Reference | undefined, b: Reference | undefined): boolean {
  return a?.frame === b?.frame && a?.fields === b?.fields;
}

/** 8.2.4.2.5: takes fields in turn from an ordered list of frames, beginning with the parity of the current field. */
function alternateFields(
  frames: readonly ReferenceFrame[],
  parity: number,
  marked: "shortTerm" | "longTerm",
): Reference[] {
  const withField = (fields: number) =>
    frames.filter((frame) => (frame[marked] & fields) !== 0).map((frame) => ({ frame, fields }));
  const own = withField(parity);
  const other = withField(parity === TOP_FIELD ? BOTTOM_FIELD : TOP_FIELD);
  const turns = Math.min(own.length, other.length);
  const list: Reference[] = [];
  for (let i = 0; i < turns; i++) list.push(own[i] as Reference, other[i] as Reference);
  return [...list, ...own.slice(turns), ...other.slice(turns)];
}

/** 8.2.4.3 Modification process for reference picture lists. */
function modifyList(
  context: ListContext,
  list: RefPicList,
  operations: readonly RefPicListModificationOperation[],
  missing: RefPicListModificationOperation[],
): RefPicList {
  const { current, MaxFrameNum, frames } = context;
  const isFrame = current.structure === BOTH_FIELDS;
  const MaxPicNum = isFrame ? MaxFrameNum : 2 * MaxFrameNum;
  const CurrPicNum = isFrame ? current.frame.frame_num : 2 * current.frame.frame_num + 1;
  let picNumPred = CurrPicNum;
  let refIdx = 0;
  for (const operation of operations) {
    let found: Reference | undefined;
    if (operation.modification_of_pic_nums_idc === 2) {
      found = findByPicNum(frames, current.structure, operation.long_term_pic_num, "long");
    } else {
      const absDiffPicNum = operation.abs_diff_pic_num_minus1 + 1;
      // (8-34), (8-35): picNumLXNoWrap.
      picNumPred += operation.modification_of_pic_nums_idc === 0 ? -absDiffPicNum : absDiffPicNum;
      if (picNumPred < 0) picNumPred += MaxPicNum;
      else if (picNumPred >= MaxPicNum) picNumPred -= MaxPicNum;
      const picNum = picNumPred > CurrPicNum ? picNumPred - MaxPicNum : picNumPred; // (8-36)
      found = findByPicNum(frames, current.structure, picNum, "short");
    }
    // 8.2.5.2: an operation that names a "non-existing" frame shows that the frame was lost.
    if (!found || isNonExisting(found.frame)) missing.push(operation);
    // A missing picture keeps its place, so that the indices of the others stay right.
    insert(list, refIdx++, found ?? null);
  }
  return list;
}

/** (8-37), (8-38): puts an entry at refIdx, shifts the others, and removes its other occurrence. */
function insert(list: RefPicList, refIdx: number, entry: Reference | null): void {
  let carried = entry;
  for (let i = refIdx; i < list.length; i++) {
    const displaced = list[i] ?? null;
    list[i] = carried;
    if (displaced !== null && entry !== null && isSameEntry(displaced, entry)) return;
    carried = displaced;
  }
}

/**
 * Finds a stand-in for a missing reference: the reference with the nearest order count. Among fields, those with the
 * parity of the current one come first. Null where there is no reference at all.
 */
export function nearestReference({ frames, current, PicOrderCnt }: ListContext): Reference | null {
  const { structure } = current;
  let nearest: Reference | null = null;
  let smallest = Infinity;
  for (const parity of structure === BOTH_FIELDS ? [BOTH_FIELDS] : [structure, BOTH_FIELDS - structure]) {
    for (const frame of frames) {
      if (isNonExisting(frame) || ((frame.shortTerm | frame.longTerm) & parity) !== parity) continue;
      const order = parity === BOTH_FIELDS ? picOrderCntOf(frame) : fieldOrder(frame, parity);
      const distance = Math.abs(order - PicOrderCnt);
      if (distance >= smallest) continue;
      smallest = distance;
      nearest = { frame, fields: parity };
    }
    if (nearest) return nearest;
  }
  return null;
}

function fieldOrder(frame: ReferenceFrame, parity: number): number {
  return parity === TOP_FIELD ? frame.TopFieldOrderCnt : frame.BottomFieldOrderCnt;
}
