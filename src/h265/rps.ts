/**
 * Pure functions of structures: what 7.4.8 derives, and what the slice header's syntax needs to know about reference picture
 * sets.
 */
import { activeShortTermSet } from "./ref-pic-set.ts";
import type { ParameterSets, SeqParameterSet, ShortTermRefPicSet, SliceSegmentHeader } from "./structures.ts";

/** What 7.4.8 derives from a short-term reference picture set's syntax. */
export type DerivedShortTermRefPicSet = Pick<
  ShortTermRefPicSet,
  | "NumNegativePics"
  | "UsedByCurrPicS0"
  | "DeltaPocS0"
  | "NumPositivePics"
  | "UsedByCurrPicS1"
  | "DeltaPocS1"
  | "NumDeltaPocs"
>;

/**
 * (7-61) to (7-71). `ref` is the set with RefRpsIdx, which is used only where inter_ref_pic_set_prediction_flag is 1.
 */
export function deriveShortTermRefPicSet(
  set: ShortTermRefPicSet,
  ref: DerivedShortTermRefPicSet | null,
): DerivedShortTermRefPicSet {
  const derived =
    set.inter_ref_pic_set_prediction_flag && ref !== null
      ? predictedFrom(ref, set)
      : { s0: ownS0(set), s1: ownS1(set) };
  const { s0, s1 } = derived;
  return {
    NumNegativePics: s0.length,
    UsedByCurrPicS0: s0.map(({ used }) => used),
    DeltaPocS0: s0.map(({ delta }) => delta),
    NumPositivePics: s1.length,
    UsedByCurrPicS1: s1.map(({ used }) => used),
    DeltaPocS1: s1.map(({ delta }) => delta),
    NumDeltaPocs: s0.length + s1.length,
  };
}

interface Entry {
  readonly delta: number;
  readonly used: number;
}

/** (7-63) to (7-70), the first halves. */
function ownS0(set: ShortTermRefPicSet): Entry[] {
  let delta = 0;
  return set.delta_poc_s0_minus1.map((minus1, i) => {
    delta -= minus1 + 1;
    return { delta, used: set.used_by_curr_pic_s0_flag[i] as number };
  });
}

/** (7-63) to (7-70), the second halves. */
function ownS1(set: ShortTermRefPicSet): Entry[] {
  let delta = 0;
  return set.delta_poc_s1_minus1.map((minus1, i) => {
    delta += minus1 + 1;
    return { delta, used: set.used_by_curr_pic_s1_flag[i] as number };
  });
}

/**
 * (7-61) and (7-62): the pictures of `ref` and the picture that `ref` belongs to, moved by deltaRps and sorted by distance.
 */
function predictedFrom(ref: DerivedShortTermRefPicSet, set: ShortTermRefPicSet): { s0: Entry[]; s1: Entry[] } {
  const deltaRps = (1 - 2 * set.delta_rps_sign) * (set.abs_delta_rps_minus1 + 1);
  const entry = (delta: number, j: number): Entry[] =>
    set.use_delta_flag[j] ? [{ delta: delta + deltaRps, used: set.used_by_curr_pic_flag[j] as number }] : [];
  const before = ref.DeltaPocS0.flatMap(entry);
  const after = ref.DeltaPocS1.flatMap((delta, j) => entry(delta, ref.NumNegativePics + j));
  const self = entry(0, ref.NumDeltaPocs);
  const s0 = [...[...after].reverse(), ...self, ...before].filter(({ delta }) => delta < 0);
  const s1 = [...[...before].reverse(), ...self, ...after].filter(({ delta }) => delta > 0);
  return { s0, s1 };
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
  const count = (flags: readonly number[]) => flags.filter(Boolean).length;
  return {
    NumPocStCurrBefore: set === null ? 0 : count(set.UsedByCurrPicS0),
    NumPocStCurrAfter: set === null ? 0 : count(set.UsedByCurrPicS1),
    NumPocLtCurr: count(usedByCurrPicLt(h, sps)),
  };
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
