/**
 * Pure functions of structures: what 7.4.8 derives, and what the slice header's syntax needs to know about reference picture
 * sets.
 */
import { activeShortTermSet } from "./ref-pic-set.ts";
import type { ParameterSets, SeqParameterSet, ShortTermRefPicSet, SliceSegmentHeader } from "./structures.ts";

/**
 * (7-61) to (7-71): fills in what 7.4.8 derives from a set's syntax. `ref` is the set with RefRpsIdx, which is used only where
 * inter_ref_pic_set_prediction_flag is 1.
 */
export function deriveShortTermRefPicSet(set: ShortTermRefPicSet, ref: ShortTermRefPicSet | null): void {
  if (set.inter_ref_pic_set_prediction_flag && ref !== null) predict(set, ref);
  else derive(set);
  set.NumNegativePics = set.DeltaPocS0.length;
  set.NumPositivePics = set.DeltaPocS1.length;
  set.NumDeltaPocs = set.NumNegativePics + set.NumPositivePics;
}

/** (7-63) to (7-70). */
function derive(set: ShortTermRefPicSet): void {
  set.UsedByCurrPicS0 = set.used_by_curr_pic_s0_flag.slice();
  set.UsedByCurrPicS1 = set.used_by_curr_pic_s1_flag.slice();
  set.DeltaPocS0 = set.delta_poc_s0_minus1.slice();
  set.DeltaPocS1 = set.delta_poc_s1_minus1.slice();
  let delta = 0;
  for (let i = 0; i < set.DeltaPocS0.length; i++) {
    delta -= (set.delta_poc_s0_minus1[i] as number) + 1;
    set.DeltaPocS0[i] = delta;
  }
  delta = 0;
  for (let i = 0; i < set.DeltaPocS1.length; i++) {
    delta += (set.delta_poc_s1_minus1[i] as number) + 1;
    set.DeltaPocS1[i] = delta;
  }
}

/**
 * (7-61) and (7-62): the pictures of `ref` and the picture that `ref` belongs to, moved by deltaRps and sorted by distance.
 */
function predict(set: ShortTermRefPicSet, ref: ShortTermRefPicSet): void {
  const deltaRps = (1 - 2 * set.delta_rps_sign) * (set.abs_delta_rps_minus1 + 1);
  const before = ref.DeltaPocS0;
  const after = ref.DeltaPocS1;
  for (let j = after.length - 1; j >= 0; j--) addS0(set, (after[j] as number) + deltaRps, ref.NumNegativePics + j);
  addS0(set, deltaRps, ref.NumDeltaPocs);
  for (let j = 0; j < before.length; j++) addS0(set, (before[j] as number) + deltaRps, j);
  for (let j = before.length - 1; j >= 0; j--) addS1(set, (before[j] as number) + deltaRps, j);
  addS1(set, deltaRps, ref.NumDeltaPocs);
  for (let j = 0; j < after.length; j++) addS1(set, (after[j] as number) + deltaRps, ref.NumNegativePics + j);
}

/** Adds the picture with index j, if it is in the set and precedes the current one in output order. */
function addS0(set: ShortTermRefPicSet, delta: number, j: number): void {
  if (delta >= 0 || !set.use_delta_flag[j]) return;
  set.DeltaPocS0.push(delta);
  set.UsedByCurrPicS0.push(set.used_by_curr_pic_flag[j] as number);
}

/** Adds the picture with index j, if it is in the set and follows the current one. */
function addS1(set: ShortTermRefPicSet, delta: number, j: number): void {
  if (delta <= 0 || !set.use_delta_flag[j]) return;
  set.DeltaPocS1.push(delta);
  set.UsedByCurrPicS1.push(set.used_by_curr_pic_flag[j] as number);
}

/** (7-52), UsedByCurrPicLt[i] for each long-term picture of the slice header. */
export function usedByCurrPicLt(h: SliceSegmentHeader, sps: SeqParameterSet): number[] {
  return h.delta_poc_msb_present_flag.map((_, i) =>
    i < h.num_long_term_sps
      ? (sps.used_by_curr_pic_lt_sps_flag[h.lt_idx_sps[i] as number] ?? 0)
      : (h.used_by_curr_pic_lt_flag[i] as number),
  );
}

/** How many pictures of each kind may be referred to by the current one: the lengths of the lists of 8.3.2. */
export interface CurrentPictureCounts {
  readonly NumPocStCurrBefore: number;
  readonly NumPocStCurrAfter: number;
  readonly NumPocLtCurr: number;
}

/** The counts of (8-5). They depend on the slice header only, not on the pictures in the buffer. */
export function currentPictureCounts(h: SliceSegmentHeader, sps: SeqParameterSet): CurrentPictureCounts {
  const set = activeShortTermSet(h, sps);
  return {
    NumPocStCurrBefore: set === null ? 0 : countSet(set.UsedByCurrPicS0),
    NumPocStCurrAfter: set === null ? 0 : countSet(set.UsedByCurrPicS1),
    NumPocLtCurr: countSet(usedByCurrPicLt(h, sps)),
  };
}

function countSet(flags: readonly number[]): number {
  let count = 0;
  for (const flag of flags) if (flag) count++;
  return count;
}

/** (7-55), NumPicTotalCurr: the number of pictures that the reference lists are made of. */
export function numPicTotalCurr(h: SliceSegmentHeader, { sps, pps }: ParameterSets): number {
  const { NumPocStCurrBefore, NumPocStCurrAfter, NumPocLtCurr } = currentPictureCounts(h, sps);
  const currPic = pps.pps_scc_extension?.pps_curr_pic_ref_enabled_flag ?? 0;
  return NumPocStCurrBefore + NumPocStCurrAfter + NumPocLtCurr + currPic;
}

/**
 * 8.3.4: which entries of a reference list are the current picture itself (pps_curr_pic_ref_enabled_flag). The header alone
 * determines its place: after all others in each round of (8-8); in a list 0 that is too short for that, it takes the last
 * place (8-9).
 */
export function currPicEntries(h: SliceSegmentHeader, { sps, pps }: ParameterSets, list: "l0" | "l1"): boolean[] {
  const active = (list === "l0" ? h.num_ref_idx_l0_active_minus1 : h.num_ref_idx_l1_active_minus1) + 1;
  const entries = new Array<boolean>(active).fill(false);
  if (!pps.pps_scc_extension?.pps_curr_pic_ref_enabled_flag) return entries;
  const total = numPicTotalCurr(h, { sps, pps });
  const isModified = list === "l0" ? h.ref_pic_list_modification_flag_l0 : h.ref_pic_list_modification_flag_l1;
  const list_entry = list === "l0" ? h.list_entry_l0 : h.list_entry_l1;
  for (let rIdx = 0; rIdx < active; rIdx++) {
    const place = isModified ? (list_entry[rIdx] as number) : rIdx;
    entries[rIdx] = place % total === total - 1;
  }
  if (list === "l0" && !isModified && total > active) entries[active - 1] = true;
  return entries;
}
