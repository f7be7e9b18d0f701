/** The parts of ITU-T H.265 (08/2021), 7.3, that edit scripts put into headers: one function a syntax structure. */
import { type Element, flag, u, ue } from "./elements.ts";

/** A picture of a short-term set: delta_poc_s0_minus1 or delta_poc_s1_minus1, and its used_by_curr_pic flag. */
export type Delta = readonly [minus1: number, used: 0 | 1];

/** 7.3.7 with inter_ref_pic_set_prediction_flag 0, which is not coded for the first set of an SPS. */
export function explicitSet(stRpsIdx: number, s0: readonly Delta[], s1: readonly Delta[] = []): Element[] {
  return [
    ...(stRpsIdx > 0 ? [flag("inter_ref_pic_set_prediction_flag", 0)] : []),
    ue("num_negative_pics", s0.length),
    ue("num_positive_pics", s1.length),
    ...s0.flatMap(([minus1, used], i) => [
      ue("delta_poc_s0_minus1", minus1, i),
      flag("used_by_curr_pic_s0_flag", used, i),
    ]),
    ...s1.flatMap(([minus1, used], i) => [
      ue("delta_poc_s1_minus1", minus1, i),
      flag("used_by_curr_pic_s1_flag", used, i),
    ]),
  ];
}

/** What becomes of a picture of the set that another is predicted from. */
export type Use = "used" | "kept" | "left out";

/**
 * 7.3.7 with inter_ref_pic_set_prediction_flag 1.
 * @param uses of the NumDeltaPocs pictures of the set with RefRpsIdx, and of the picture that it belongs to.
 * @param delta_idx_minus1 only in a slice header.
 */
export function predictedSet(deltaRps: number, uses: readonly Use[], delta_idx_minus1?: number): Element[] {
  return [
    flag("inter_ref_pic_set_prediction_flag", 1),
    ...(delta_idx_minus1 === undefined ? [] : [ue("delta_idx_minus1", delta_idx_minus1)]),
    u(1, "delta_rps_sign", deltaRps < 0 ? 1 : 0),
    ue("abs_delta_rps_minus1", Math.abs(deltaRps) - 1),
    ...uses.flatMap((use, j) =>
      use === "used"
        ? [flag("used_by_curr_pic_flag", 1, j)]
        : [flag("used_by_curr_pic_flag", 0, j), flag("use_delta_flag", use === "kept" ? 1 : 0, j)],
    ),
  ];
}

/** The long-term part of 7.3.2.2.1, from long_term_ref_pics_present_flag on. */
export function longTermOfSps(lsbBits: number, entries: readonly (readonly [lsb: number, used: 0 | 1])[]): Element[] {
  return [
    flag("long_term_ref_pics_present_flag", 1),
    ue("num_long_term_ref_pics_sps", entries.length),
    ...entries.flatMap(([lsb, used], i) => [
      u(lsbBits, "lt_ref_pic_poc_lsb_sps", lsb, i),
      flag("used_by_curr_pic_lt_sps_flag", used, i),
    ]),
  ];
}

/** A long-term picture of a slice header. `cycle`: delta_poc_msb_cycle_lt, where delta_poc_msb_present_flag is 1. */
export type LongTerm = ({ readonly lt_idx_sps: number } | { readonly lsb: number; readonly used: 0 | 1 }) & {
  readonly cycle?: number;
};

/**
 * The long-term part of 7.3.6.1. Entries of the SPS come first.
 * @param inSps num_long_term_ref_pics_sps.
 */
export function longTermOfSlice(lsbBits: number, inSps: number, entries: readonly LongTerm[]): Element[] {
  const num_long_term_sps = entries.filter((entry) => "lt_idx_sps" in entry).length;
  return [
    ...(inSps > 0 ? [ue("num_long_term_sps", num_long_term_sps)] : []),
    ue("num_long_term_pics", entries.length - num_long_term_sps),
    ...entries.flatMap((entry, i) => [
      ...("lt_idx_sps" in entry
        ? u0(Math.ceil(Math.log2(inSps)), "lt_idx_sps", entry.lt_idx_sps, i)
        : [u(lsbBits, "poc_lsb_lt", entry.lsb, i), flag("used_by_curr_pic_lt_flag", entry.used, i)]),
      flag("delta_poc_msb_present_flag", entry.cycle === undefined ? 0 : 1, i),
      ...(entry.cycle === undefined ? [] : [ue("delta_poc_msb_cycle_lt", entry.cycle, i)]),
    ]),
  ];
}

/** u(v) that is absent where it has no bits. */
export function u0(n: number, name: string, value: number, ...subscripts: readonly number[]): Element[] {
  return n > 0 ? [u(n, name, value, ...subscripts)] : [];
}

/** num_entry_point_offsets and what follows it in 7.3.6.1. Offsets as they are coded: less 1. */
export function entryPoints(offset_len_minus1: number, minus1: readonly number[]): Element[] {
  return [
    ue("num_entry_point_offsets", minus1.length),
    ...(minus1.length > 0 ? [ue("offset_len_minus1", offset_len_minus1)] : []),
    ...minus1.map((offset, i) => u(offset_len_minus1 + 1, "entry_point_offset_minus1", offset, i)),
  ];
}

/** The extension of a slice segment header (7.3.6.1). */
export function headerExtension(bytes: readonly number[]): Element[] {
  return [
    ue("slice_segment_header_extension_length", bytes.length),
    ...bytes.map((byte, i) => u(8, "slice_segment_header_extension_data_byte", byte, i)),
  ];
}
