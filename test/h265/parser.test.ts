import { describe, expect, it } from "vitest";
import { BitstreamError } from "../../src/errors.ts";
import * as h265 from "../../src/h265/index.ts";
import { currPicEntries } from "../../src/h265/rps.ts";
import { bitOf, described, type Row, readRows, rows, unitOf, withValue } from "../../support/rows.ts";
import { TraceRecorder } from "../../support/trace-recorder.ts";

const TRAIL_R = 1;
const BLA_W_LP = 16;
const IDR_N_LP = 20;

const start = (nal_unit_type: number, first = 1): Row[] => [
  ["forbidden_zero_bit", 1, 0],
  ["nal_unit_type", 6, nal_unit_type],
  ["nuh_layer_id", 6, 0],
  ["nuh_temporal_id_plus1", 3, 2],
  ["first_slice_segment_in_pic_flag", 1, first],
  ...(nal_unit_type >= 16 ? rows(1, { no_output_of_prior_pics_flag: 1 }) : []),
  ["slice_pic_parameter_set_id", "ue", 5],
];

const make = <T extends object>(made: T, values: Partial<T>): T => Object.assign(made, values);
/** A set of which each of these pictures may be referred to by the current one. */
const shortTermSet = (before: number, after: number) =>
  make(new h265.ShortTermRefPicSet(), {
    NumNegativePics: before,
    NumPositivePics: after,
    NumDeltaPocs: before + after,
    UsedByCurrPicS0: new Array<number>(before).fill(1),
    UsedByCurrPicS1: new Array<number>(after).fill(1),
    DeltaPocS0: Array.from({ length: before }, (_, i) => -1 - i),
    DeltaPocS1: Array.from({ length: after }, (_, i) => 1 + i),
  });

/** 7 by 4 coding tree blocks of 64. */
const sps = (values: Partial<h265.SeqParameterSet> = {}) =>
  make(new h265.SeqParameterSet(), {
    pic_width_in_luma_samples: 416,
    pic_height_in_luma_samples: 240,
    log2_diff_max_min_luma_coding_block_size: 3,
    ...values,
  });
const pps = (values: Partial<h265.PicParameterSet> = {}) => make(new h265.PicParameterSet(), values);

interface Sets extends h265.ParameterSets {
  readonly independent?: h265.SliceSegmentHeader;
}

/** Parses the slice segment that the rows make, and expects that exactly these elements are read. */
function reads(all: readonly Row[], sets: Sets): h265.SliceSegmentHeader {
  const trace = new TraceRecorder();
  const h = h265.parseSliceSegmentHeader(unitOf(all), { ...sets, trace });
  const elements = (trace.units[0]?.elements ?? []).filter(({ name }) => !name.startsWith("alignment_bit"));
  expect(readRows(elements)).toEqual(described(all));
  return h;
}

function refusal(all: readonly Row[], sets: Sets): BitstreamError | undefined {
  try {
    h265.parseSliceSegmentHeader(unitOf(all), sets);
    return undefined;
  } catch (error) {
    if (error instanceof BitstreamError) return error;
    throw error;
  }
}

function hasRange(all: readonly Row[], name: string, [min, max]: readonly [number, number], sets: Sets): void {
  const descriptor = all.find((row) => row[0] === name)?.[1];
  for (const value of [min, max]) {
    expect(refusal(withValue(all, name, value), sets)?.place.element, `${name} ${value}`).not.toBe(name);
  }
  for (const value of [min - 1, max + 1]) {
    if (value < 0 && descriptor !== "se") continue;
    const place = refusal(withValue(all, name, value), sets)?.place;
    expect(place, `${name} ${value}`).toMatchObject({ element: name, bit: bitOf(all, name) });
  }
}

const distance = (all: readonly Row[], from: string, to: string) => bitOf(all, to) - bitOf(all, from);

describe("parseSliceSegmentHeader (7.3.6.1)", () => {
  it("reads an IDR picture of separate planes, and infers what the PPS says (7.4.7.1)", () => {
    const all: Row[] = [
      ...start(IDR_N_LP),
      ...rows(1, { "slice_reserved_flag[0]": 1, "slice_reserved_flag[1]": 0 }),
      ["slice_type", "ue", 2],
      ["pic_output_flag", 1, 0],
      ["colour_plane_id", 2, 2],
      ["slice_sao_luma_flag", 1, 1],
      ["slice_qp_delta", "se", -26],
      ["slice_loop_filter_across_slices_enabled_flag", 1, 0],
    ];
    const sets = {
      sps: sps({ separate_colour_plane_flag: 1, chroma_format_idc: 3, sample_adaptive_offset_enabled_flag: 1 }),
      pps: pps({
        ...{ num_extra_slice_header_bits: 2, output_flag_present_flag: 1, pps_deblocking_filter_disabled_flag: 1 },
        ...{ pps_beta_offset_div2: 3, pps_tc_offset_div2: -3, pps_loop_filter_across_slices_enabled_flag: 1 },
      }),
    };
    const h = reads(all, sets);
    expect(h).toMatchObject({
      nal_unit_type: IDR_N_LP,
      nuh_temporal_id_plus1: 2,
      no_output_of_prior_pics_flag: 1,
      slice_reserved_flag: [1, 0],
      pic_output_flag: 0,
      colour_plane_id: 2,
      slice_sao_chroma_flag: 0,
      st_ref_pic_set: null,
      slice_deblocking_filter_disabled_flag: 1,
      slice_beta_offset_div2: 3,
      slice_tc_offset_div2: -3,
      collocated_from_l0_flag: 1,
      short_term_ref_pic_set_size: 0,
      long_term_ref_pic_set_size: 0,
      header_bit_size: unitOf(all).length * 8,
      slice_data_byte_offset: unitOf(all).length,
    });
    hasRange(all, "slice_type", [2, 2], sets);
    hasRange(all, "colour_plane_id", [0, 2], sets);
    hasRange(all, "slice_qp_delta", [-26, 25], sets);
    hasRange(all, "slice_pic_parameter_set_id", [0, 63], sets);
  });

  const weights: Row[] = [
    ["luma_log2_weight_denom", "ue", 5],
    ["delta_chroma_log2_weight_denom", "se", -5],
    ...rows(1, { "luma_weight_l0_flag[0]": 1, "luma_weight_l0_flag[1]": 0 }),
    ...rows(1, { "chroma_weight_l0_flag[0]": 0, "chroma_weight_l0_flag[1]": 1 }),
    ...rows("se", { "delta_luma_weight_l0[0]": -128, "luma_offset_l0[0]": 127 }),
    ...rows("se", { "delta_chroma_weight_l0[1][0]": 127, "delta_chroma_offset_l0[1][0]": -512 }),
    ...rows("se", { "delta_chroma_weight_l0[1][1]": 1, "delta_chroma_offset_l0[1][1]": 511 }),
    ...rows(1, { "luma_weight_l1_flag[0]": 0, "chroma_weight_l1_flag[0]": 0 }),
  ];

  const bSlice: Row[] = [
    ...start(TRAIL_R, 0),
    ["slice_segment_address", 5, 27],
    ["slice_type", "ue", 0],
    ["slice_pic_order_cnt_lsb", 8, 255],
    ["short_term_ref_pic_set_sps_flag", 1, 0],
    ["inter_ref_pic_set_prediction_flag", 1, 1],
    ["delta_idx_minus1", "ue", 1],
    ["delta_rps_sign", 1, 0],
    ["abs_delta_rps_minus1", "ue", 0],
    ...rows(1, { "used_by_curr_pic_flag[0]": 0, "use_delta_flag[0]": 1, "used_by_curr_pic_flag[1]": 1 }),
    ["used_by_curr_pic_flag[2]", 1, 1],
    ["num_long_term_sps", "ue", 2],
    ["num_long_term_pics", "ue", 1],
    ["lt_idx_sps[0]", 2, 2],
    ["delta_poc_msb_present_flag[0]", 1, 0],
    ["lt_idx_sps[1]", 2, 0],
    ["delta_poc_msb_present_flag[1]", 1, 1],
    ["delta_poc_msb_cycle_lt[1]", "ue", 9],
    ["poc_lsb_lt[2]", 8, 200],
    ["used_by_curr_pic_lt_flag[2]", 1, 1],
    ["delta_poc_msb_present_flag[2]", 1, 0],
    ["slice_temporal_mvp_enabled_flag", 1, 1],
    ...rows(1, { slice_sao_luma_flag: 0, slice_sao_chroma_flag: 1, num_ref_idx_active_override_flag: 1 }),
    ...rows("ue", { num_ref_idx_l0_active_minus1: 1, num_ref_idx_l1_active_minus1: 0 }),
    ["ref_pic_list_modification_flag_l0", 1, 1],
    ...rows(2, { "list_entry_l0[0]": 3, "list_entry_l0[1]": 0 }),
    ["ref_pic_list_modification_flag_l1", 1, 1],
    ["list_entry_l1[0]", 2, 2],
    ...rows(1, { mvd_l1_zero_flag: 1, cabac_init_flag: 1, collocated_from_l0_flag: 1 }),
    ["collocated_ref_idx", "ue", 1],
    ...weights,
    ["five_minus_max_num_merge_cand", "ue", 4],
    ["slice_qp_delta", "se", 1],
    ...rows("se", { slice_cb_qp_offset: -6, slice_cr_qp_offset: 12 }),
    ["cu_chroma_qp_offset_enabled_flag", 1, 1],
    ["deblocking_filter_override_flag", 1, 1],
    ["slice_deblocking_filter_disabled_flag", 1, 0],
    ...rows("se", { slice_beta_offset_div2: -6, slice_tc_offset_div2: 6 }),
    ["slice_loop_filter_across_slices_enabled_flag", 1, 1],
    ["num_entry_point_offsets", "ue", 2],
    ["offset_len_minus1", "ue", 31],
    ...rows(32, { "entry_point_offset_minus1[0]": 4_294_967_295, "entry_point_offset_minus1[1]": 0 }),
    ["slice_segment_header_extension_length", "ue", 2],
    ...rows(8, { "slice_segment_header_extension_data_byte[0]": 0 }),
    ...rows(8, { "slice_segment_header_extension_data_byte[1]": 255 }),
  ];
  const bSets = {
    sps: sps({
      log2_max_pic_order_cnt_lsb_minus4: 4,
      num_short_term_ref_pic_sets: 3,
      st_ref_pic_set: [shortTermSet(1, 0), shortTermSet(1, 1), shortTermSet(3, 0)],
      long_term_ref_pics_present_flag: 1,
      num_long_term_ref_pics_sps: 3,
      lt_ref_pic_poc_lsb_sps: [1, 2, 3],
      used_by_curr_pic_lt_sps_flag: [0, 1, 1],
      sps_temporal_mvp_enabled_flag: 1,
      sample_adaptive_offset_enabled_flag: 1,
    }),
    pps: pps({
      ...{ dependent_slice_segments_enabled_flag: 0, lists_modification_present_flag: 1, cabac_init_present_flag: 1 },
      ...{ weighted_bipred_flag: 1, pps_slice_chroma_qp_offsets_present_flag: 1, pps_cb_qp_offset: -6 },
      ...{ deblocking_filter_override_enabled_flag: 1, pps_loop_filter_across_slices_enabled_flag: 1 },
      ...{ entropy_coding_sync_enabled_flag: 1, slice_segment_header_extension_present_flag: 1 },
      pps_range_extension: make(new h265.PpsRangeExtension(), { chroma_qp_offset_list_enabled_flag: 1 }),
    }),
  };

  it("reads a B slice with its own predicted set, long-term pictures, modification, weights and entry points", () => {
    const h = reads(bSlice, bSets);
    // delta_idx_minus1 1 is set 1, {-1, 1}; deltaRps 1 makes 0 (left out), 2 and 1.
    expect(h.st_ref_pic_set).toMatchObject({ DeltaPocS0: [], DeltaPocS1: [1, 2], UsedByCurrPicS1: [1, 1] });
    expect(h).toMatchObject({
      slice_segment_address: 27,
      lt_idx_sps: [2, 0],
      poc_lsb_lt: [0, 0, 200],
      used_by_curr_pic_lt_flag: [0, 0, 1],
      delta_poc_msb_cycle_lt: [0, 9, 0],
      // NumPicTotalCurr: two short-term, lt_idx_sps 2 and poc_lsb_lt. So list entries have two bits (7.4.7.2).
      list_entry_l0: [3, 0],
      list_entry_l1: [2],
      collocated_ref_idx: 1,
      slice_tc_offset_div2: 6,
      entry_point_offset_minus1: [4_294_967_295, 0],
      slice_segment_header_extension_data_byte: [0, 255],
    });
    expect(h.pred_weight_table?.l0).toMatchObject({
      delta_luma_weight: [-128, 0],
      luma_offset: [127, 0],
      delta_chroma_weight: [
        [0, 0],
        [127, 1],
      ],
      delta_chroma_offset: [
        [0, 0],
        [-512, 511],
      ],
    });
    expect(h.pred_weight_table?.l1.luma_weight_flag).toEqual([0]);
  });

  it("measures what hardware skips: the sets, the header, and its bytes with emulation prevention", () => {
    const h = reads(bSlice, bSets);
    const unit = unitOf(bSlice);
    const epbs = unit.filter((byte, i) => byte === 3 && unit[i - 1] === 0 && unit[i - 2] === 0).length;
    expect(epbs).toBeGreaterThan(0);
    expect(h).toMatchObject({
      short_term_ref_pic_set_size: distance(bSlice, "inter_ref_pic_set_prediction_flag", "num_long_term_sps"),
      long_term_ref_pic_set_size: distance(bSlice, "num_long_term_sps", "slice_temporal_mvp_enabled_flag"),
      header_bit_size: (unit.length - epbs) * 8,
      slice_data_byte_offset: unit.length,
    });
  });

  it.each<[string, readonly [number, number]]>([
    ["slice_segment_address", [0, 27]],
    ["slice_type", [0, 2]],
    ["delta_idx_minus1", [0, 2]],
    ["abs_delta_rps_minus1", [0, 32_767]],
    ["num_long_term_sps", [0, 3]],
    ["num_long_term_pics", [0, 11]],
    ["lt_idx_sps[0]", [0, 2]],
    ["delta_poc_msb_cycle_lt[1]", [0, 16_777_215]],
    ["num_ref_idx_l0_active_minus1", [0, 14]],
    ["num_ref_idx_l1_active_minus1", [0, 14]],
    ["collocated_ref_idx", [0, 1]],
    ["luma_log2_weight_denom", [0, 7]],
    ["delta_chroma_log2_weight_denom", [-5, 2]],
    ["delta_luma_weight_l0[0]", [-128, 127]],
    ["luma_offset_l0[0]", [-128, 127]],
    ["delta_chroma_weight_l0[1][0]", [-128, 127]],
    ["delta_chroma_offset_l0[1][1]", [-512, 511]],
    ["five_minus_max_num_merge_cand", [0, 4]],
    ["slice_qp_delta", [-26, 25]],
    ["slice_cb_qp_offset", [-6, 12]],
    ["slice_cr_qp_offset", [-12, 12]],
    ["slice_beta_offset_div2", [-6, 6]],
    ["slice_tc_offset_div2", [-6, 6]],
    ["num_entry_point_offsets", [0, 3]],
    ["offset_len_minus1", [0, 31]],
    ["slice_segment_header_extension_length", [0, 256]],
  ])("%s is in the range %j", (name, range) => hasRange(bSlice, name, range, bSets));

  it("widens weights' offsets by the bit depth with high_precision_offsets_enabled_flag (7.4.7.3)", () => {
    const sps_range_extension = make(new h265.SpsRangeExtension(), { high_precision_offsets_enabled_flag: 1 });
    const deep = make(new h265.SeqParameterSet(), {
      ...{ ...bSets.sps, bit_depth_luma_minus8: 8, bit_depth_chroma_minus8: 2, sps_range_extension },
    });
    hasRange(bSlice, "luma_offset_l0[0]", [-32_768, 32_767], { ...bSets, sps: deep });
    hasRange(bSlice, "delta_chroma_offset_l0[1][1]", [-2048, 2047], { ...bSets, sps: deep });
    hasRange(bSlice, "slice_qp_delta", [-74, 25], { ...bSets, sps: deep });
  });

  /** A P slice that takes the SPS's set of this index. */
  const pSlice = (...index: Row[]): Row[] => [
    ...start(TRAIL_R),
    ["slice_type", "ue", 1],
    ["slice_pic_order_cnt_lsb", 4, 3],
    ["short_term_ref_pic_set_sps_flag", 1, 1],
    ...index,
    ["num_ref_idx_active_override_flag", 1, 0],
    ["five_minus_max_num_merge_cand", "ue", 0],
    ["slice_qp_delta", "se", 0],
  ];

  it.each([
    [1, 0],
    [2, 1],
    [3, 2],
    [4, 2],
    [5, 3],
    [64, 6],
  ])("of %i sets in the SPS, short_term_ref_pic_set_idx has %i bits", (sets, bits) => {
    const num = { num_short_term_ref_pic_sets: sets, st_ref_pic_set: new Array(sets).fill(shortTermSet(1, 0)) };
    const index: Row[] = bits > 0 ? [["short_term_ref_pic_set_idx", bits, sets - 1]] : [];
    const all = pSlice(...index);
    const h = reads(all, { sps: sps(num), pps: pps({ num_ref_idx_l0_default_active_minus1: 3 }) });
    expect(h).toMatchObject({
      short_term_ref_pic_set_idx: sets - 1,
      short_term_ref_pic_set_size: 0,
      num_ref_idx_l0_active_minus1: 3,
      num_ref_idx_l1_active_minus1: 0,
    });
    const beyond = refusal(withValue([...all, ["x", 1, 0]], bits ? "short_term_ref_pic_set_idx" : "x", sets), {
      sps: sps(num),
      pps: pps(),
    });
    if (bits > 0 && sets < 2 ** bits) expect(beyond?.place.element).toBe("short_term_ref_pic_set_idx");
  });

  it("refuses sets that the SPS does not have, and P slices without a picture to refer to (7.4.7.1)", () => {
    expect(refusal(pSlice(), { sps: sps(), pps: pps() })?.message).toMatch(/short_term_ref_pic_set_sps_flag/);
    const empty = { num_short_term_ref_pic_sets: 1, st_ref_pic_set: [shortTermSet(0, 0)] };
    expect(refusal(pSlice(), { sps: sps(empty), pps: pps() })?.message).toMatch(/there is no picture to refer to/);
    const irap = withValue(pSlice(), "nal_unit_type", BLA_W_LP);
    irap.splice(5, 0, ["no_output_of_prior_pics_flag", 1, 0]);
    expect(refusal(irap, { sps: sps(), pps: pps() })?.message).toMatch(/slice_type.*in an IRAP picture/);
  });

  it.each([
    ["tiles", { tiles_enabled_flag: 1, num_tile_columns_minus1: 2, num_tile_rows_minus1: 1 }, 5],
    ["wavefronts", { entropy_coding_sync_enabled_flag: 1 }, 3],
    [
      "both",
      {
        tiles_enabled_flag: 1,
        num_tile_columns_minus1: 2,
        num_tile_rows_minus1: 1,
        entropy_coding_sync_enabled_flag: 1,
      },
      11,
    ],
  ])("takes as many entry points as %s have (7.4.7.1)", (_, values, most) => {
    const all: Row[] = [...start(IDR_N_LP), ["slice_type", "ue", 2], ["slice_qp_delta", "se", 0]];
    all.push(["num_entry_point_offsets", "ue", 1], ["offset_len_minus1", "ue", 0]);
    all.push(["entry_point_offset_minus1[0]", 1, 1]);
    const sets = { sps: sps(), pps: pps(values) };
    expect(reads(all, sets).entry_point_offset_minus1).toEqual([1]);
    hasRange(all, "num_entry_point_offsets", [0, most], sets);
  });

  it("reads a dependent slice segment, which has the rest from the independent one", () => {
    const independent = reads(bSlice, bSets);
    const sets = { ...bSets, pps: make(pps(), { ...bSets.pps, dependent_slice_segments_enabled_flag: 1 }) };
    const all: Row[] = [...start(TRAIL_R, 0), ["dependent_slice_segment_flag", 1, 1], ["slice_segment_address", 5, 3]];
    all.push(["num_entry_point_offsets", "ue", 0], ["slice_segment_header_extension_length", "ue", 0]);
    const h = reads(all, { ...sets, independent });
    expect(h).toMatchObject({
      dependent_slice_segment_flag: 1,
      slice_segment_address: 3,
      slice_type: 0,
      slice_pic_order_cnt_lsb: 255,
      list_entry_l0: [3, 0],
      short_term_ref_pic_set_size: independent.short_term_ref_pic_set_size,
      num_entry_point_offsets: 0,
      entry_point_offset_minus1: [],
      slice_segment_header_extension_data_byte: [],
      header_bit_size: unitOf(all).length * 8,
    });
    expect(h).toBeInstanceOf(h265.SliceSegmentHeader);
    expect(independent.entry_point_offset_minus1).toHaveLength(2);
    expect(refusal(all, sets)?.message).toMatch(/no independent slice segment before it/);
    const other = make(new h265.SliceSegmentHeader(), { slice_pic_parameter_set_id: 6 });
    expect(refusal(all, { ...sets, independent: other })?.message).toMatch(/another slice_pic_parameter_set_id/);
  });

  it("has no bits for an address in a picture of one coding tree block, and refuses other units", () => {
    const small = sps({ pic_width_in_luma_samples: 64, pic_height_in_luma_samples: 64 });
    const all: Row[] = [...start(IDR_N_LP, 0), ["slice_type", "ue", 2], ["slice_qp_delta", "se", 0]];
    expect(reads(all, { sps: small, pps: pps() }).slice_segment_address).toBe(0);
    const reserved = withValue(all, "nal_unit_type", 22);
    expect(refusal(reserved, { sps: small, pps: pps() })?.place.element).toBe("nal_unit_type");
    const wrongAlignment = [...all, ["x", 3, 7] as Row];
    expect(refusal(wrongAlignment, { sps: small, pps: pps() })?.place.element).toBe("alignment_bit_equal_to_zero");
  });
});

describe("screen content (7.3.6.1, 8.3.4)", () => {
  const scc = (values: Partial<h265.PpsSccExtension>) =>
    make(new h265.PpsSccExtension(), { pps_curr_pic_ref_enabled_flag: 1, ...values });

  it("reads a P slice of an IDR picture that refers to itself: no weights for that entry (7.3.6.3)", () => {
    const all: Row[] = [
      ...start(IDR_N_LP),
      ["slice_type", "ue", 1],
      ["num_ref_idx_active_override_flag", 1, 0],
      ["luma_log2_weight_denom", "ue", 0],
      ["delta_chroma_log2_weight_denom", "se", 0],
      ["five_minus_max_num_merge_cand", "ue", 0],
      ["use_integer_mv_flag", 1, 1],
      ["slice_qp_delta", "se", 0],
      ...rows("se", { slice_act_y_qp_offset: -12, slice_act_cb_qp_offset: 12, slice_act_cr_qp_offset: 1 }),
    ];
    const sets = {
      sps: sps({ sps_scc_extension: make(new h265.SpsSccExtension(), { motion_vector_resolution_control_idc: 2 }) }),
      pps: pps({ weighted_pred_flag: 1, pps_scc_extension: scc({ pps_slice_act_qp_offsets_present_flag: 1 }) }),
    };
    const h = reads(all, sets);
    expect(h).toMatchObject({ use_integer_mv_flag: 1, slice_act_y_qp_offset: -12 });
    expect(h.pred_weight_table?.l0).toMatchObject({ luma_weight_flag: [0], chroma_weight_flag: [0] });
    hasRange(all, "slice_act_cb_qp_offset", [-12, 12], sets);
  });

  it("infers use_integer_mv_flag to be motion_vector_resolution_control_idc (7.4.7.1)", () => {
    const all: Row[] = [...start(IDR_N_LP), ["slice_type", "ue", 1], ["num_ref_idx_active_override_flag", 1, 0]];
    all.push(["five_minus_max_num_merge_cand", "ue", 0], ["slice_qp_delta", "se", 0]);
    const sps_scc_extension = make(new h265.SpsSccExtension(), { motion_vector_resolution_control_idc: 1 });
    const h = reads(all, { sps: sps({ sps_scc_extension }), pps: pps({ pps_scc_extension: scc({}) }) });
    expect(h.use_integer_mv_flag).toBe(1);
  });

  it.each<[string, Partial<h265.SliceSegmentHeader>, "l0" | "l1", readonly number[]]>([
    ["after all others, in each turn", { num_ref_idx_l0_active_minus1: 5 }, "l0", [2, 5]],
    ["last in a list 0 without room for it (8-9)", { num_ref_idx_l0_active_minus1: 1 }, "l0", [1]],
    ["not in a list 1 without room for it", { num_ref_idx_l1_active_minus1: 1 }, "l1", []],
    [
      "where list_entry_l0 says so",
      { num_ref_idx_l0_active_minus1: 2, ref_pic_list_modification_flag_l0: 1, list_entry_l0: [2, 0, 2] },
      "l0",
      [0, 2],
    ],
  ])("finds the current picture in a reference list: %s", (_, values, list, places) => {
    const h = make(new h265.SliceSegmentHeader(), { st_ref_pic_set: shortTermSet(1, 1), ...values });
    const entries = currPicEntries(h, { sps: sps(), pps: pps({ pps_scc_extension: scc({}) }) }, list);
    expect(entries.flatMap((isCurrPic, i) => (isCurrPic ? [i] : []))).toEqual(places);
    expect(currPicEntries(h, { sps: sps(), pps: pps() }, list)).not.toContain(true);
  });
});
