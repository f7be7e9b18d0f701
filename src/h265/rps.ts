/**
 * Pure functions of structures: what 7.4.8 derives, and what the slice header's syntax needs to know about reference picture
 * sets.
 */
import { noNumbers } from "../bitreader/frozen.ts";
import { activeShortTermSet, usedByCurrPicLt } from "./ref-pic-set.ts";
import type { ParameterSets, ShortTermRefPicSet, SliceSegmentHeader } from "./structures.ts";

/** Fills in what 7.4.8 derives. `ref` is the set with RefRpsIdx; null where inter_ref_pic_set_prediction_flag is 0. */
export function deriveShortTermRefPicSet(set: ShortTermRefPicSet, ref: ShortTermRefPicSet | null): void {
  if (ref === null) {
    addCodedPictures(set);
  } else {
    addPredictedPictures(set, ref);
  }
  set.NumNegativePics = set.DeltaPocS0.length;
  set.NumPositivePics = set.DeltaPocS1.length;
  set.NumDeltaPocs = set.NumNegativePics + set.NumPositivePics;
}

/** (7-63) to (7-70). */
function addCodedPictures(set: ShortTermRefPicSet): void {
  set.UsedByCurrPicS0 = set.used_by_curr_pic_s0_flag;
  set.UsedByCurrPicS1 = set.used_by_curr_pic_s1_flag;
  set.DeltaPocS0 = sums(set.delta_poc_s0_minus1, -1);
  set.DeltaPocS1 = sums(set.delta_poc_s1_minus1, 1);
}

/** The sum of the values up to each, each with 1 more, times `sign`. */
function sums(minus1: readonly number[], sign: 1 | -1): readonly number[] {
  if (minus1.length === 0) return noNumbers;
  const deltas = new Array<number>(minus1.length);
  let delta = 0;
  for (let i = 0; i < minus1.length; i++) {
    delta += sign * ((minus1[i] as number) + 1);
    deltas[i] = delta;
  }
  return deltas;
}

/** (7-61) and (7-62): the pictures of `ref` and the one that `ref` belongs to, from the last in output order to the first. */
function addPredictedPictures(set: ShortTermRefPicSet, ref: ShortTermRefPicSet): void {
  const deltaRps = (1 - 2 * set.delta_rps_sign) * (set.abs_delta_rps_minus1 + 1);
  const DeltaPocS0: number[] = [];
  const UsedByCurrPicS0: number[] = [];
  const DeltaPocS1: number[] = [];
  const UsedByCurrPicS1: number[] = [];
  const add = (delta: number, j: number) => {
    const dPoc = delta + deltaRps;
    if (!set.use_delta_flag[j] || dPoc === 0) return;
    const used = set.used_by_curr_pic_flag[j] as number;
    // In both lists the nearest picture comes first.
    if (dPoc < 0) {
      DeltaPocS0.push(dPoc);
      UsedByCurrPicS0.push(used);
    } else {
      DeltaPocS1.unshift(dPoc);
      UsedByCurrPicS1.unshift(used);
    }
  };
  for (let i = ref.NumPositivePics - 1; i >= 0; i--) add(ref.DeltaPocS1[i] as number, ref.NumNegativePics + i);
  add(0, ref.NumDeltaPocs);
  ref.DeltaPocS0.forEach(add);
  set.DeltaPocS0 = DeltaPocS0;
  set.UsedByCurrPicS0 = UsedByCurrPicS0;
  set.DeltaPocS1 = DeltaPocS1;
  set.UsedByCurrPicS1 = UsedByCurrPicS1;
}

/** (7-55), NumPicTotalCurr: the number of pictures that the reference lists are made of. */
export function numPicTotalCurr(h: SliceSegmentHeader, { sps, pps }: ParameterSets): number {
  const set = activeShortTermSet(h, sps);
  let NumPicTotalCurr = set === null ? 0 : countSet(set.UsedByCurrPicS0) + countSet(set.UsedByCurrPicS1);
  const longTermPics = h.num_long_term_sps + h.num_long_term_pics;
  for (let i = 0; i < longTermPics; i++) if (usedByCurrPicLt(h, sps, i)) NumPicTotalCurr++;
  if (pps.pps_scc_extension?.pps_curr_pic_ref_enabled_flag) NumPicTotalCurr++;
  return NumPicTotalCurr;
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

function countSet(flags: readonly number[]): number {
  let count = 0;
  // An index, because V8 is slow in the iteration of frozen lists.
  for (let i = 0; i < flags.length; i++) if (flags[i]) count++;
  return count;
}
