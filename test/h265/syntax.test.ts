import { describe, expect, it } from "vitest";
import { fixtureStreams } from "../../conformance/streams/corpus-files.ts";
import { BitstreamError } from "../../src/errors.ts";
import * as h265 from "../../src/h265/index.ts";
import { bitOf, described, type Row, readRows, rows, thrown, unitOf, withValue } from "../../support/rows.ts";
import { TraceRecorder } from "../../support/trace-recorder.ts";

const header = (nal_unit_type: number): Row[] => [
  ["forbidden_zero_bit", 1, 0],
  ["nal_unit_type", 6, nal_unit_type],
  ["nuh_layer_id", 6, 0],
  ["nuh_temporal_id_plus1", 3, 1],
];

/** Parses the unit that the rows make, and expects that exactly these elements are read. */
function reads<T>(all: readonly Row[], parse: (unit: Uint8Array, trace: TraceRecorder) => T): T {
  const trace = new TraceRecorder();
  const result = parse(unitOf(all), trace);
  expect(readRows(trace.units[0]?.elements ?? [])).toEqual(described(all));
  return result;
}

/** The values at the ends of a range are read, those beyond are refused at their place. */
function hasRange(
  all: readonly Row[],
  name: string,
  [min, max]: readonly [number, number],
  parse: (unit: Uint8Array) => unknown,
) {
  const refusal = (value: number): BitstreamError | undefined => {
    try {
      parse(unitOf(withValue(all, name, value)));
      return undefined;
    } catch (error) {
      if (error instanceof BitstreamError) return error;
      throw error;
    }
  };
  // What follows may not fit a changed value: only this element counts.
  for (const value of [min, max]) expect(refusal(value)?.place.element, `${name} ${value}`).not.toBe(name);
  const descriptor = all.find((row) => row[0] === name)?.[1];
  for (const value of [min - 1, max + 1]) {
    if (value < 0 && descriptor !== "se") continue;
    expect(refusal(value)?.place, `${name} ${value}`).toMatchObject({ element: name, bit: bitOf(all, name) });
  }
}

const numbered = (count: number, row: (i: number) => Row[]): Row[] =>
  Array.from({ length: count }, (_, i) => row(i)).flat();

/** The part of 7.3.3 after the compatibility flags by profile_idc; `at` is the subscript of a sub-layer. */
function profile(prefix: "general" | "sub_layer", idc: number, compatible: readonly number[], at = ""): Row[] {
  const flag = (name: string, value = 1): Row => [`${prefix}_${name}${at}`, 1, value];
  const is = (...idcs: number[]) => idcs.some((one) => one === idc || compatible.includes(one));
  const reserved = (bits: number): Row[] => [
    [`${prefix}_reserved_zero_${bits}bits${at}`, 24, 0],
    [`${prefix}_reserved_zero_${bits}bits${at}`, bits - 24, 0],
  ];
  const rext = [
    ...["max_12bit", "max_10bit", "max_8bit", "max_422chroma", "max_420chroma", "max_monochrome", "intra"],
    ...["one_picture_only", "lower_bit_rate"],
  ].map((name, i) => flag(`${name}_constraint_flag`, i % 2));
  let middle: Row[] = reserved(43);
  if (is(4, 5, 6, 7, 8, 9, 10, 11)) {
    const last = is(5, 9, 10, 11) ? [flag("max_14bit_constraint_flag"), ...reserved(33)] : reserved(34);
    middle = [...rext, ...last];
  } else if (is(2)) {
    const seven: Row = [`${prefix}_reserved_zero_7bits${at}`, 7, 0];
    middle = [seven, flag("one_picture_only_constraint_flag"), ...reserved(35)];
  }
  return [
    [`${prefix}_profile_space${at}`, 2, 0],
    flag("tier_flag"),
    [`${prefix}_profile_idc${at}`, 5, idc],
    ...numbered(32, (j) => [[`${prefix}_profile_compatibility_flag${at}[${j}]`, 1, compatible.includes(j) ? 1 : 0]]),
    flag("progressive_source_flag"),
    flag("interlaced_source_flag", 0),
    flag("non_packed_constraint_flag"),
    flag("frame_only_constraint_flag", 0),
    ...middle,
    is(1, 2, 3, 4, 5, 9, 11) ? flag("inbld_flag") : [`${prefix}_reserved_zero_bit${at}`, 1, 0],
  ];
}

const plainPtl: Row[] = [...profile("general", 1, [1, 2]), ["general_level_idc", 8, 93]];

/** Three sub-layers: the lowest has a profile, the one above it a level. */
const subLayerPtl: Row[] = [
  ...profile("general", 4, [4]),
  ["general_level_idc", 8, 120],
  ...rows(1, { "sub_layer_profile_present_flag[0]": 1, "sub_layer_level_present_flag[0]": 0 }),
  ...rows(1, { "sub_layer_profile_present_flag[1]": 0, "sub_layer_level_present_flag[1]": 1 }),
  ...numbered(6, (i) => [[`reserved_zero_2bits[${i + 2}]`, 2, 0]]),
  ...profile("sub_layer", 9, [], "[0]"),
  ["sub_layer_level_idc[1]", 8, 90],
];

const subLayerHrd = (count: number, subPic: boolean): Row[] =>
  numbered(count, (i) => [
    [`bit_rate_value_minus1[${i}]`, "ue", 4_294_967_294 - i],
    [`cpb_size_value_minus1[${i}]`, "ue", 7 + i],
    ...(subPic ? rows("ue", { [`cpb_size_du_value_minus1[${i}]`]: 5, [`bit_rate_du_value_minus1[${i}]`]: 6 }) : []),
    [`cbr_flag[${i}]`, 1, i % 2],
  ]);

/** NAL and VCL parameters of 5, 20, 18 and 16 bits, with those of sub-pictures. */
const commonHrd: Row[] = [
  ...rows(1, { nal_hrd_parameters_present_flag: 1, vcl_hrd_parameters_present_flag: 1 }),
  ["sub_pic_hrd_params_present_flag", 1, 1],
  ["tick_divisor_minus2", 8, 98],
  ["du_cpb_removal_delay_increment_length_minus1", 5, 4],
  ["sub_pic_cpb_params_in_pic_timing_sei_flag", 1, 1],
  ["dpb_output_delay_du_length_minus1", 5, 15],
  ...rows(4, { bit_rate_scale: 1, cpb_size_scale: 2, cpb_size_du_scale: 3 }),
  ["initial_cpb_removal_delay_length_minus1", 5, 20],
  ["au_cpb_removal_delay_length_minus1", 5, 19],
  ["dpb_output_delay_length_minus1", 5, 17],
];

const fixedRate = (i: number): Row[] => [
  [`fixed_pic_rate_general_flag[${i}]`, 1, 1],
  [`elemental_duration_in_tc_minus1[${i}]`, "ue", 2047],
];

describe("video_parameter_set_rbsp (7.3.2.1)", () => {
  const all: Row[] = [
    ...header(32),
    ["vps_video_parameter_set_id", 4, 15],
    ...rows(1, { vps_base_layer_internal_flag: 1, vps_base_layer_available_flag: 1 }),
    ["vps_max_layers_minus1", 6, 2],
    ["vps_max_sub_layers_minus1", 3, 2],
    ["vps_temporal_id_nesting_flag", 1, 1],
    ["vps_reserved_0xffff_16bits", 16, 0xffff],
    ...subLayerPtl,
    ["vps_sub_layer_ordering_info_present_flag", 1, 0],
    ["vps_max_dec_pic_buffering_minus1[2]", "ue", 6],
    ["vps_max_num_reorder_pics[2]", "ue", 3],
    ["vps_max_latency_increase_plus1[2]", "ue", 4_294_967_294],
    ["vps_max_layer_id", 6, 1],
    ["vps_num_layer_sets_minus1", "ue", 1],
    ...rows(1, { "layer_id_included_flag[1][0]": 1, "layer_id_included_flag[1][1]": 0 }),
    ["vps_timing_info_present_flag", 1, 1],
    ...rows(32, { vps_num_units_in_tick: 4_294_967_295, vps_time_scale: 60_000 }),
    ["vps_poc_proportional_to_timing_flag", 1, 1],
    ["vps_num_ticks_poc_diff_one_minus1", "ue", 4_294_967_294],
    ["vps_num_hrd_parameters", "ue", 2],
    ["hrd_layer_set_idx[0]", "ue", 1],
    ...commonHrd,
    ...numbered(2, (i) => [
      ...fixedRate(i),
      [`cpb_cnt_minus1[${i}]`, "ue", 0],
      ...subLayerHrd(1, true),
      ...subLayerHrd(1, true),
    ]),
    ...rows(1, {
      "fixed_pic_rate_general_flag[2]": 0,
      "fixed_pic_rate_within_cvs_flag[2]": 0,
      "low_delay_hrd_flag[2]": 1,
    }),
    ...subLayerHrd(1, true),
    ...subLayerHrd(1, true),
    ["hrd_layer_set_idx[1]", "ue", 0],
    ["cprms_present_flag[1]", 1, 0],
    ...numbered(2, (i) => [
      ...fixedRate(i),
      [`cpb_cnt_minus1[${i}]`, "ue", 1],
      ...subLayerHrd(2, true),
      ...subLayerHrd(2, true),
    ]),
    ...rows(1, { "fixed_pic_rate_general_flag[2]": 0, "fixed_pic_rate_within_cvs_flag[2]": 1 }),
    ["elemental_duration_in_tc_minus1[2]", "ue", 0],
    ["cpb_cnt_minus1[2]", "ue", 31],
    ...subLayerHrd(32, true),
    ...subLayerHrd(32, true),
    ["vps_extension_flag", 1, 1],
    ...numbered(7, (i) => [["vps_extension_data_flag", 1, i % 2]]),
  ];
  const parse = (unit: Uint8Array, trace?: TraceRecorder) => h265.parseVps(unit, { trace, onFlaw: thrown });

  it("reads every element, and gives what is not coded for the lower sub-layers (7.4.3.1, 7.4.4)", () => {
    const vps = reads(all, parse);
    expect(vps).toMatchObject({
      vps_video_parameter_set_id: 15,
      vps_max_dec_pic_buffering_minus1: [6, 6, 6],
      vps_max_num_reorder_pics: [3, 3, 3],
      vps_max_latency_increase_plus1: [4_294_967_294, 4_294_967_294, 4_294_967_294],
      vps_num_units_in_tick: 4_294_967_295,
      vps_num_ticks_poc_diff_one_minus1: 4_294_967_294,
      hrd_layer_set_idx: [1, 0],
      cprms_present_flag: [1, 0],
      vps_extension_flag: 1,
    });
    expect(vps.layer_id_included_flag[1]).toEqual([1, 0]);
    const { profile_tier_level: ptl } = vps;
    expect(ptl.sub_layer_level_idc).toEqual([90, 90]);
    expect(ptl.sub_layer[1]).toBeNull();
    expect(ptl.sub_layer[0]).toMatchObject({ sub_layer_profile_idc: 9, sub_layer_max_14bit_constraint_flag: 1 });
    expect(ptl.general).toMatchObject({ general_max_10bit_constraint_flag: 1, general_max_8bit_constraint_flag: 0 });
  });

  it("takes the common HRD information from the HRD before, where cprms_present_flag is 0 (E.3.2)", () => {
    const [first, second] = reads(all, parse).hrd_parameters;
    const { au_cpb_removal_delay_length_minus1, tick_divisor_minus2 } = second as h265.HrdParameters;
    expect({ au_cpb_removal_delay_length_minus1, tick_divisor_minus2 }).toEqual({
      au_cpb_removal_delay_length_minus1: 19,
      tick_divisor_minus2: 98,
    });
    expect(first).toMatchObject({ cpb_cnt_minus1: [0, 0, 0], low_delay_hrd_flag: [0, 0, 1] });
    expect(second).toMatchObject({ cpb_cnt_minus1: [1, 1, 31], fixed_pic_rate_within_cvs_flag: [1, 1, 1] });
    expect(second?.vcl_hrd_parameters[2]?.cbr_flag).toHaveLength(32);
    expect(first?.nal_hrd_parameters).toHaveLength(3);
  });

  it.each<[string, readonly [number, number]]>([
    ["vps_max_sub_layers_minus1", [0, 6]],
    ["vps_max_dec_pic_buffering_minus1[2]", [0, 15]],
    ["vps_max_num_reorder_pics[2]", [0, 6]],
    ["vps_max_layer_id", [0, 62]],
    ["vps_num_layer_sets_minus1", [0, 1023]],
    ["vps_num_hrd_parameters", [0, 2]],
    ["hrd_layer_set_idx[0]", [0, 1]],
    ["elemental_duration_in_tc_minus1[0]", [0, 2047]],
    ["cpb_cnt_minus1[0]", [0, 31]],
  ])("%s is in the range %j", (name, range) => hasRange(all, name, range, parse));
});

describe("profile_tier_level (7.3.3)", () => {
  it.each([
    [1, []],
    [2, []],
    [3, [2]],
    [0, [2]],
    [4, []],
    [0, [4]],
    [5, []],
    [6, []],
    [9, [4]],
    [11, []],
    [12, []],
    [31, [10]],
  ])("reads the flags of profile %i, compatible with %j", (idc, compatible) => {
    const all: Row[] = [...header(32), ["vps_video_parameter_set_id", 4, 0]];
    all.push(...rows(1, { vps_base_layer_internal_flag: 1, vps_base_layer_available_flag: 1 }));
    all.push(["vps_max_layers_minus1", 6, 0], ["vps_max_sub_layers_minus1", 3, 0]);
    all.push(["vps_temporal_id_nesting_flag", 1, 1], ["vps_reserved_0xffff_16bits", 16, 0xffff]);
    all.push(...profile("general", idc, compatible), ["general_level_idc", 8, 30]);
    all.push(["vps_sub_layer_ordering_info_present_flag", 1, 1]);
    all.push(["vps_max_dec_pic_buffering_minus1[0]", "ue", 0], ["vps_max_num_reorder_pics[0]", "ue", 0]);
    all.push(["vps_max_latency_increase_plus1[0]", "ue", 0], ["vps_max_layer_id", 6, 0]);
    all.push(["vps_num_layer_sets_minus1", "ue", 0], ["vps_timing_info_present_flag", 1, 0]);
    all.push(["vps_extension_flag", 1, 0]);
    const { general } = reads(all, (unit, trace) => h265.parseVps(unit, { trace })).profile_tier_level;
    expect(general.general_profile_idc).toBe(idc);
  });
});

/** A list whose first coefficients are these and whose others stay. */
const coefs = (sizeId: number, matrixId: number, count: number, first: readonly number[]): Row[] =>
  numbered(count, (i) => [[`scaling_list_delta_coef[${sizeId}][${matrixId}][${i}]`, "se", first[i] ?? 0]]);

const scalingLists: Row[] = [0, 1, 2, 3].flatMap((sizeId) =>
  (sizeId === 3 ? [0, 3] : [0, 1, 2, 3, 4, 5]).flatMap((matrixId): Row[] => {
    const at = `[${sizeId}][${matrixId}]`;
    const isCoded = matrixId === 0;
    if (!isCoded) {
      const delta = sizeId === 3 ? 1 : matrixId === 5 ? 5 : 0;
      return [
        [`scaling_list_pred_mode_flag${at}`, 1, 0],
        [`scaling_list_pred_matrix_id_delta${at}`, "ue", delta],
      ];
    }
    const dc: Row[] = sizeId > 1 ? [[`scaling_list_dc_coef_minus8[${sizeId - 2}][0]`, "se", 247]] : [];
    // nextCoef begins with 8, or with the DC value, 255; 255 + 2 wraps to 1.
    const first = sizeId > 1 ? [2, 127] : [-7, -1 + 127];
    return [[`scaling_list_pred_mode_flag${at}`, 1, 1], ...dc, ...coefs(sizeId, 0, sizeId === 0 ? 16 : 64, first)];
  }),
);

/** 7.3.7: two pictures before and one after; then one that is predicted from it. */
const ownSet: Row[] = [
  ...rows("ue", { num_negative_pics: 2, num_positive_pics: 1, "delta_poc_s0_minus1[0]": 0 }),
  ["used_by_curr_pic_s0_flag[0]", 1, 1],
  ["delta_poc_s0_minus1[1]", "ue", 32_767],
  ["used_by_curr_pic_s0_flag[1]", 1, 0],
  ["delta_poc_s1_minus1[0]", "ue", 3],
  ["used_by_curr_pic_s1_flag[0]", 1, 1],
];

const predictedSet: Row[] = [
  ["inter_ref_pic_set_prediction_flag", 1, 1],
  ["delta_rps_sign", 1, 1],
  ["abs_delta_rps_minus1", "ue", 1],
  ["used_by_curr_pic_flag[0]", 1, 1],
  ["used_by_curr_pic_flag[1]", 1, 0],
  ["use_delta_flag[1]", 1, 0],
  ["used_by_curr_pic_flag[2]", 1, 0],
  ["use_delta_flag[2]", 1, 1],
  ["used_by_curr_pic_flag[3]", 1, 1],
];

const vui: Row[] = [
  ["aspect_ratio_info_present_flag", 1, 1],
  ["aspect_ratio_idc", 8, 255],
  ...rows(16, { sar_width: 65535, sar_height: 1 }),
  ...rows(1, { overscan_info_present_flag: 1, overscan_appropriate_flag: 1, video_signal_type_present_flag: 1 }),
  ["video_format", 3, 2],
  ...rows(1, { video_full_range_flag: 1, colour_description_present_flag: 1 }),
  ...rows(8, { colour_primaries: 9, transfer_characteristics: 16, matrix_coeffs: 0 }),
  ["chroma_loc_info_present_flag", 1, 1],
  ...rows("ue", { chroma_sample_loc_type_top_field: 5, chroma_sample_loc_type_bottom_field: 4 }),
  ...rows(1, { neutral_chroma_indication_flag: 1, field_seq_flag: 1, frame_field_info_present_flag: 1 }),
  ["default_display_window_flag", 1, 1],
  ...rows("ue", { def_disp_win_left_offset: 1, def_disp_win_right_offset: 2 }),
  ...rows("ue", { def_disp_win_top_offset: 3, def_disp_win_bottom_offset: 4 }),
  ["vui_timing_info_present_flag", 1, 1],
  ...rows(32, { vui_num_units_in_tick: 1001, vui_time_scale: 4_294_967_295 }),
  ["vui_poc_proportional_to_timing_flag", 1, 1],
  ["vui_num_ticks_poc_diff_one_minus1", "ue", 9],
  ["vui_hrd_parameters_present_flag", 1, 1],
  ...commonHrd,
  ...numbered(3, (i) => [
    ...fixedRate(i),
    [`cpb_cnt_minus1[${i}]`, "ue", 0],
    ...subLayerHrd(1, true),
    ...subLayerHrd(1, true),
  ]),
  ["bitstream_restriction_flag", 1, 1],
  ...rows(1, { tiles_fixed_structure_flag: 1, motion_vectors_over_pic_boundaries_flag: 0 }),
  ["restricted_ref_pic_lists_flag", 1, 1],
  ...rows("ue", { min_spatial_segmentation_idc: 4095, max_bytes_per_pic_denom: 16, max_bits_per_min_cu_denom: 15 }),
  ...rows("ue", { log2_max_mv_length_horizontal: 14, log2_max_mv_length_vertical: 13 }),
];

const rangeExtension: Row[] = rows(1, {
  transform_skip_rotation_enabled_flag: 1,
  transform_skip_context_enabled_flag: 0,
  implicit_rdpcm_enabled_flag: 1,
  explicit_rdpcm_enabled_flag: 0,
  extended_precision_processing_flag: 1,
  intra_smoothing_disabled_flag: 0,
  high_precision_offsets_enabled_flag: 1,
  persistent_rice_adaptation_enabled_flag: 0,
  cabac_bypass_alignment_enabled_flag: 1,
});

const sps3d: Row[] = [
  ...rows(1, { "iv_di_mc_enabled_flag[0]": 1, "iv_mv_scal_enabled_flag[0]": 0 }),
  ["log2_ivmc_sub_pb_size_minus3[0]", "ue", 3],
  ...rows(1, { "iv_res_pred_enabled_flag[0]": 1, "depth_ref_enabled_flag[0]": 0, "vsp_mc_enabled_flag[0]": 1 }),
  ["dbbp_enabled_flag[0]", 1, 1],
  ...rows(1, { "iv_di_mc_enabled_flag[1]": 0, "iv_mv_scal_enabled_flag[1]": 1, "tex_mc_enabled_flag[1]": 1 }),
  ["log2_texmc_sub_pb_size_minus3[1]", "ue", 2],
  ...rows(1, { "intra_contour_enabled_flag[1]": 1, "intra_dc_only_wedge_enabled_flag[1]": 0 }),
  ...rows(1, {
    "cqt_cu_part_pred_enabled_flag[1]": 1,
    "inter_dc_only_enabled_flag[1]": 0,
    "skip_intra_enabled_flag[1]": 1,
  }),
];

const spsScc: Row[] = [
  ...rows(1, { sps_curr_pic_ref_enabled_flag: 1, palette_mode_enabled_flag: 1 }),
  ...rows("ue", { palette_max_size: 63, delta_palette_max_predictor_size: 65 }),
  ["sps_palette_predictor_initializers_present_flag", 1, 1],
  ["sps_num_palette_predictor_initializers_minus1", "ue", 1],
  ...rows(16, { "sps_palette_predictor_initializer[0][0]": 65535, "sps_palette_predictor_initializer[0][1]": 1 }),
  ...rows(10, { "sps_palette_predictor_initializer[1][0]": 1023, "sps_palette_predictor_initializer[1][1]": 2 }),
  ...rows(10, { "sps_palette_predictor_initializer[2][0]": 3, "sps_palette_predictor_initializer[2][1]": 4 }),
  ["motion_vector_resolution_control_idc", 2, 2],
  ["intra_boundary_filtering_disabled_flag", 1, 1],
];

const spsStart = (ptl: readonly Row[], maxSubLayersMinus1: number): Row[] => [
  ...header(33),
  ["sps_video_parameter_set_id", 4, 15],
  ["sps_max_sub_layers_minus1", 3, maxSubLayersMinus1],
  ["sps_temporal_id_nesting_flag", 1, 1],
  ...ptl,
  ["sps_seq_parameter_set_id", "ue", 15],
];

const fullSps: Row[] = [
  ...spsStart(subLayerPtl, 2),
  ["chroma_format_idc", "ue", 3],
  ["separate_colour_plane_flag", 1, 0],
  ...rows("ue", { pic_width_in_luma_samples: 4096, pic_height_in_luma_samples: 2160 }),
  ["conformance_window_flag", 1, 1],
  ...rows("ue", {
    conf_win_left_offset: 1,
    conf_win_right_offset: 2,
    conf_win_top_offset: 3,
    conf_win_bottom_offset: 4,
  }),
  ...rows("ue", { bit_depth_luma_minus8: 8, bit_depth_chroma_minus8: 2, log2_max_pic_order_cnt_lsb_minus4: 12 }),
  ["sps_sub_layer_ordering_info_present_flag", 1, 1],
  ...numbered(3, (i) =>
    rows("ue", {
      [`sps_max_dec_pic_buffering_minus1[${i}]`]: 4 + i,
      [`sps_max_num_reorder_pics[${i}]`]: i,
      [`sps_max_latency_increase_plus1[${i}]`]: 10 * i,
    }),
  ),
  ...rows("ue", { log2_min_luma_coding_block_size_minus3: 1, log2_diff_max_min_luma_coding_block_size: 2 }),
  ...rows("ue", { log2_min_luma_transform_block_size_minus2: 1, log2_diff_max_min_luma_transform_block_size: 2 }),
  ...rows("ue", { max_transform_hierarchy_depth_inter: 3, max_transform_hierarchy_depth_intra: 2 }),
  ...rows(1, { scaling_list_enabled_flag: 1, sps_scaling_list_data_present_flag: 1 }),
  ...scalingLists,
  ...rows(1, { amp_enabled_flag: 1, sample_adaptive_offset_enabled_flag: 1, pcm_enabled_flag: 1 }),
  ...rows(4, { pcm_sample_bit_depth_luma_minus1: 15, pcm_sample_bit_depth_chroma_minus1: 9 }),
  ...rows("ue", { log2_min_pcm_luma_coding_block_size_minus3: 1, log2_diff_max_min_pcm_luma_coding_block_size: 1 }),
  ["pcm_loop_filter_disabled_flag", 1, 1],
  ["num_short_term_ref_pic_sets", "ue", 2],
  ...ownSet,
  ...predictedSet,
  ["long_term_ref_pics_present_flag", 1, 1],
  ["num_long_term_ref_pics_sps", "ue", 2],
  ["lt_ref_pic_poc_lsb_sps[0]", 16, 65535],
  ["used_by_curr_pic_lt_sps_flag[0]", 1, 1],
  ["lt_ref_pic_poc_lsb_sps[1]", 16, 7],
  ["used_by_curr_pic_lt_sps_flag[1]", 1, 0],
  ...rows(1, { sps_temporal_mvp_enabled_flag: 1, strong_intra_smoothing_enabled_flag: 1 }),
  ["vui_parameters_present_flag", 1, 1],
  ...vui,
  ["sps_extension_present_flag", 1, 1],
  ...rows(1, { sps_range_extension_flag: 1, sps_multilayer_extension_flag: 1, sps_3d_extension_flag: 1 }),
  ["sps_scc_extension_flag", 1, 1],
  ["sps_extension_4bits", 4, 5],
  ...rangeExtension,
  ["inter_view_mv_vert_constraint_flag", 1, 1],
  ...sps3d,
  ...spsScc,
  ...numbered(11, (i) => [["sps_extension_data_flag", 1, i % 3 === 0 ? 1 : 0]]),
];

const plainSps: Row[] = [
  ...spsStart(plainPtl, 0),
  ["chroma_format_idc", "ue", 1],
  ...rows("ue", { pic_width_in_luma_samples: 416, pic_height_in_luma_samples: 240 }),
  ["conformance_window_flag", 1, 0],
  ...rows("ue", { bit_depth_luma_minus8: 0, bit_depth_chroma_minus8: 0, log2_max_pic_order_cnt_lsb_minus4: 0 }),
  ["sps_sub_layer_ordering_info_present_flag", 1, 0],
  ["sps_max_dec_pic_buffering_minus1[0]", "ue", 0],
  ["sps_max_num_reorder_pics[0]", "ue", 0],
  ["sps_max_latency_increase_plus1[0]", "ue", 0],
  ...rows("ue", { log2_min_luma_coding_block_size_minus3: 0, log2_diff_max_min_luma_coding_block_size: 1 }),
  ...rows("ue", { log2_min_luma_transform_block_size_minus2: 0, log2_diff_max_min_luma_transform_block_size: 2 }),
  ...rows("ue", { max_transform_hierarchy_depth_inter: 0, max_transform_hierarchy_depth_intra: 0 }),
  ...rows(1, { scaling_list_enabled_flag: 0, amp_enabled_flag: 0, sample_adaptive_offset_enabled_flag: 0 }),
  ["pcm_enabled_flag", 1, 0],
  ["num_short_term_ref_pic_sets", "ue", 0],
  ...rows(1, { long_term_ref_pics_present_flag: 0, sps_temporal_mvp_enabled_flag: 0 }),
  ...rows(1, { strong_intra_smoothing_enabled_flag: 0, vui_parameters_present_flag: 0, sps_extension_present_flag: 0 }),
];

describe("seq_parameter_set_rbsp (7.3.2.2)", () => {
  const parse = (unit: Uint8Array, trace?: TraceRecorder) => h265.parseSps(unit, { trace, onFlaw: thrown });

  it("reads every element: sub-layers, lists, PCM, VUI, HRD and all extensions", () => {
    const sps = reads(fullSps, parse);
    expect(sps).toMatchObject({
      chroma_format_idc: 3,
      conf_win_bottom_offset: 4,
      sps_max_dec_pic_buffering_minus1: [4, 5, 6],
      pcm_sample_bit_depth_luma_minus1: 15,
      lt_ref_pic_poc_lsb_sps: [65535, 7],
      used_by_curr_pic_lt_sps_flag: [1, 0],
      sps_extension_4bits: 5,
    });
    expect(sps.vui_parameters).toMatchObject({ matrix_coeffs: 0, field_seq_flag: 1, def_disp_win_bottom_offset: 4 });
    expect(sps.vui_parameters?.hrd_parameters).toMatchObject({ dpb_output_delay_length_minus1: 17 });
    expect(sps.sps_range_extension?.cabac_bypass_alignment_enabled_flag).toBe(1);
    expect(sps.sps_multilayer_extension?.inter_view_mv_vert_constraint_flag).toBe(1);
    expect(sps.sps_3d_extension?.skip_intra_enabled_flag).toEqual([0, 1]);
    expect(sps.sps_scc_extension).toMatchObject({
      sps_palette_predictor_initializer: [
        [65535, 1],
        [1023, 2],
        [3, 4],
      ],
      motion_vector_resolution_control_idc: 2,
    });
  });

  it("makes scaling lists of their deltas, which wrap (7.3.4)", () => {
    const { scaling_list_data: lists } = reads(fullSps, parse);
    expect([...(lists?.ScalingList[0]?.[0] ?? [])]).toEqual([1, ...new Array(15).fill(127)]);
    expect([...(lists?.ScalingList[3]?.[0] ?? [])]).toEqual([1, ...new Array(63).fill(128)]);
    expect(lists?.ScalingList[1]?.slice(1)).toEqual([null, null, null, null, null]);
    expect(lists?.scaling_list_dc_coef_minus8).toEqual([[247], [247]]);
    expect(lists?.scaling_list_pred_matrix_id_delta[2]?.slice(1)).toEqual([0, 0, 0, 0, 5]);
    expect(lists?.scaling_list_pred_matrix_id_delta[3]?.[3]).toBe(1);
  });

  it("keeps a short-term set as it is coded, beside what (7-61) to (7-71) derive", () => {
    const [own, predicted] = reads(fullSps, parse).st_ref_pic_set;
    expect(own).toMatchObject({
      delta_poc_s0_minus1: [0, 32_767],
      DeltaPocS0: [-1, -32_769],
      UsedByCurrPicS0: [1, 0],
      DeltaPocS1: [4],
      UsedByCurrPicS1: [1],
      NumDeltaPocs: 3,
    });
    // deltaRps -2: -1, -32769 (left out) and 4 become -3 and 2; the picture itself becomes -2.
    expect(predicted).toMatchObject({
      used_by_curr_pic_flag: [1, 0, 0, 1],
      use_delta_flag: [1, 0, 1, 1],
      num_negative_pics: 0,
      DeltaPocS0: [-2, -3],
      UsedByCurrPicS0: [1, 1],
      DeltaPocS1: [2],
      UsedByCurrPicS1: [0],
    });
  });

  it("infers what is absent (7.4.3.2.1, E.3.1)", () => {
    expect(reads(plainSps, parse)).toMatchObject({
      separate_colour_plane_flag: 0,
      scaling_list_data: null,
      vui_parameters: null,
      sps_range_extension: null,
      conf_win_left_offset: 0,
    });
    const emptyVui = rows(1, {
      ...{ aspect_ratio_info_present_flag: 0, overscan_info_present_flag: 0, video_signal_type_present_flag: 0 },
      ...{ chroma_loc_info_present_flag: 0, neutral_chroma_indication_flag: 0, field_seq_flag: 0 },
      ...{ frame_field_info_present_flag: 0, default_display_window_flag: 0, vui_timing_info_present_flag: 0 },
      bitstream_restriction_flag: 0,
    });
    const all = withValue(plainSps, "vui_parameters_present_flag", 1);
    all.splice(-1, 0, ...emptyVui);
    expect(reads(all, parse).vui_parameters).toMatchObject({
      video_format: 5,
      matrix_coeffs: 2,
      motion_vectors_over_pic_boundaries_flag: 1,
      max_bytes_per_pic_denom: 2,
      max_bits_per_min_cu_denom: 1,
      log2_max_mv_length_vertical: 15,
    });
  });

  it.each<[string, readonly [number, number]]>([
    ["sps_max_sub_layers_minus1", [0, 6]],
    ["sps_seq_parameter_set_id", [0, 15]],
    ["chroma_format_idc", [0, 3]],
    ["bit_depth_luma_minus8", [0, 8]],
    ["bit_depth_chroma_minus8", [0, 8]],
    ["log2_max_pic_order_cnt_lsb_minus4", [0, 12]],
    ["sps_max_dec_pic_buffering_minus1[1]", [1, 15]],
    ["sps_max_num_reorder_pics[1]", [0, 5]],
    ["log2_min_luma_coding_block_size_minus3", [0, 3]],
    ["log2_diff_max_min_luma_coding_block_size", [0, 2]],
    ["log2_min_luma_transform_block_size_minus2", [0, 1]],
    ["log2_diff_max_min_luma_transform_block_size", [0, 2]],
    ["max_transform_hierarchy_depth_inter", [0, 3]],
    ["max_transform_hierarchy_depth_intra", [0, 3]],
    ["scaling_list_pred_matrix_id_delta[1][5]", [0, 5]],
    ["scaling_list_pred_matrix_id_delta[3][3]", [0, 1]],
    ["scaling_list_dc_coef_minus8[0][0]", [-7, 247]],
    ["scaling_list_delta_coef[1][0][5]", [-128, 127]],
    ["pcm_sample_bit_depth_chroma_minus1", [0, 9]],
    ["log2_diff_max_min_pcm_luma_coding_block_size", [0, 1]],
    ["num_short_term_ref_pic_sets", [0, 64]],
    ["num_positive_pics", [0, 13]],
    ["delta_poc_s0_minus1[0]", [0, 32_767]],
    ["delta_poc_s1_minus1[0]", [0, 32_767]],
    ["abs_delta_rps_minus1", [0, 32_767]],
    ["num_long_term_ref_pics_sps", [0, 32]],
    ["chroma_sample_loc_type_top_field", [0, 5]],
    ["min_spatial_segmentation_idc", [0, 4095]],
    ["max_bytes_per_pic_denom", [0, 16]],
    ["max_bits_per_min_cu_denom", [0, 16]],
    ["log2_max_mv_length_horizontal", [0, 16]],
    ["palette_max_size", [0, 64]],
    ["delta_palette_max_predictor_size", [0, 65]],
    ["sps_num_palette_predictor_initializers_minus1", [0, 127]],
    ["motion_vector_resolution_control_idc", [0, 2]],
  ])("%s is in the range %j", (name, [min, max]) => {
    // Where the least value is another element's matter, only the upper end is looked at.
    hasRange(fullSps, name, [name.startsWith("sps_max_dec") ? 0 : min, max], parse);
  });

  it.each<[string, Readonly<Record<string, number>>, RegExp]>([
    ["a size that is no multiple of MinCbSizeY", { pic_width_in_luma_samples: 412 }, /pic_height_in.*412x240/],
    ["a height of 0", { pic_height_in_luma_samples: 0 }, /416x0/],
    [
      "coding tree blocks have 8x8 samples; 16x16 is the least",
      { log2_diff_max_min_luma_coding_block_size: 0 },
      /coding tree blocks have 8x8 samples/,
    ],
  ])("refuses %s", (_, values, message) => {
    let all: Row[] = plainSps;
    for (const [name, value] of Object.entries(values)) all = withValue(all, name, value);
    expect(() => parse(unitOf(all))).toThrow(BitstreamError);
    expect(() => parse(unitOf(all))).toThrow(message);
  });

  it("refuses a conformance window that leaves nothing, and PCM blocks below the smallest coding block", () => {
    expect(() => parse(unitOf(withValue(fullSps, "conf_win_left_offset", 4094)))).toThrow(/window is 0x2153/);
    expect(parse(unitOf(withValue(fullSps, "conf_win_left_offset", 4093))).conf_win_left_offset).toBe(4093);
    const smallPcm = withValue(fullSps, "log2_min_pcm_luma_coding_block_size_minus3", 0);
    expect(() => parse(unitOf(smallPcm))).toThrow(/log2_min_pcm_luma_coding_block_size_minus3/);
  });

  it("reads sets of up to 15 pictures", () => {
    const all = withValue(plainSps, "num_short_term_ref_pic_sets", 1);
    const at = all.findIndex(([name]) => name === "long_term_ref_pics_present_flag");
    all.splice(at, 0, ...rows("ue", { num_negative_pics: 0, num_positive_pics: 0 }));
    hasRange(all, "num_negative_pics", [0, 15], parse);
    hasRange(all, "num_positive_pics", [0, 15], parse);
  });

  it("refuses predicted sets that grow beyond what a buffer holds (7.4.8)", () => {
    const step: Row[] = [
      ...rows(1, { inter_ref_pic_set_prediction_flag: 1, delta_rps_sign: 1 }),
      ["abs_delta_rps_minus1", "ue", 0],
    ];
    const grown = (sets: number): Row[] => {
      const all = withValue(plainSps, "num_short_term_ref_pic_sets", sets);
      const at = all.findIndex(([name]) => name === "long_term_ref_pics_present_flag");
      const own = rows("ue", { num_negative_pics: 0, num_positive_pics: 0 });
      const more = numbered(sets - 1, (i) => [
        ...step,
        ...numbered(i + 1, (j) => [[`used_by_curr_pic_flag[${j}]`, 1, 1]]),
      ]);
      all.splice(at, 0, ...own, ...more);
      return all;
    };
    expect(reads(grown(16), parse).st_ref_pic_set[15]?.NumNegativePics).toBe(15);
    expect(() => parse(unitOf(grown(17)))).toThrow(/st_ref_pic_set\[16\].*the set has 16 pictures/);
  });

  it("is the same without what comes from the VUI on, which has its inferred values there", () => {
    const later = Object.fromEntries(
      Object.entries(new h265.SeqParameterSet()).filter(([name]) => /^vui_parameters$|_extension/.test(name)),
    );
    const sets = fixtureStreams("h265").flatMap((stream) => {
      const unit = h265.units(stream.read()).find(({ type }) => type === h265.nalUnitTypes.SPS_NUT);
      return unit === undefined ? [] : [unit.bytes];
    });
    sets.push(unitOf(fullSps));
    for (const unit of sets) {
      expect(h265.parseSpsUntilVui(unit)).toEqual({ ...h265.parseSps(unit), ...later });
      const trace = new TraceRecorder();
      h265.parseSpsUntilVui(unit, { trace });
      expect(trace.units[0]?.elements.at(-1)).toMatchObject({ name: "vui_parameters_present_flag" });
    }
    expect(sets.length).toBeGreaterThan(9);
    expect(() => h265.parseSpsUntilVui(unitOf(header(34)))).toThrow(
      /nal_unit_type, bit 1: the value must be 33, not 34/,
    );
  });
});

const ppsStart: Row[] = [
  ...header(34),
  ...rows("ue", { pps_pic_parameter_set_id: 63, pps_seq_parameter_set_id: 15 }),
  ...rows(1, { dependent_slice_segments_enabled_flag: 1, output_flag_present_flag: 1 }),
  ["num_extra_slice_header_bits", 3, 7],
  ...rows(1, { sign_data_hiding_enabled_flag: 1, cabac_init_present_flag: 1 }),
  ...rows("ue", { num_ref_idx_l0_default_active_minus1: 14, num_ref_idx_l1_default_active_minus1: 13 }),
  ["init_qp_minus26", "se", -74],
  ...rows(1, { constrained_intra_pred_flag: 1, transform_skip_enabled_flag: 1, cu_qp_delta_enabled_flag: 1 }),
  ["diff_cu_qp_delta_depth", "ue", 3],
  ...rows("se", { pps_cb_qp_offset: -12, pps_cr_qp_offset: 12 }),
  ...rows(1, { pps_slice_chroma_qp_offsets_present_flag: 1, weighted_pred_flag: 1, weighted_bipred_flag: 1 }),
  ...rows(1, { transquant_bypass_enabled_flag: 1, tiles_enabled_flag: 1, entropy_coding_sync_enabled_flag: 1 }),
];

const multilayer: Row[] = [
  ...rows(1, { poc_reset_info_present_flag: 1, pps_infer_scaling_list_flag: 1 }),
  ["pps_scaling_list_ref_layer_id", 6, 62],
  ["num_ref_loc_offsets", "ue", 1],
  ["ref_loc_offset_layer_id[0]", 6, 5],
  ["scaled_ref_layer_offset_present_flag[0]", 1, 1],
  ...rows("se", { "scaled_ref_layer_left_offset[5]": -16_384, "scaled_ref_layer_top_offset[5]": 16_383 }),
  ...rows("se", { "scaled_ref_layer_right_offset[5]": 1, "scaled_ref_layer_bottom_offset[5]": -1 }),
  ["ref_region_offset_present_flag[0]", 1, 1],
  ...rows("se", { "ref_region_left_offset[5]": 2, "ref_region_top_offset[5]": 3 }),
  ...rows("se", { "ref_region_right_offset[5]": 4, "ref_region_bottom_offset[5]": 5 }),
  ["resample_phase_set_present_flag[0]", 1, 1],
  ...rows("ue", { "phase_hor_luma[5]": 31, "phase_ver_luma[5]": 0 }),
  ...rows("ue", { "phase_hor_chroma_plus8[5]": 63, "phase_ver_chroma_plus8[5]": 8 }),
  ["colour_mapping_enabled_flag", 1, 1],
  ["num_cm_ref_layers_minus1", "ue", 0],
  ["cm_ref_layer_id[0]", 6, 1],
  ...rows(2, { cm_octant_depth: 1, cm_y_part_num_log2: 0 }),
  ...rows("ue", { luma_bit_depth_cm_input_minus8: 2, chroma_bit_depth_cm_input_minus8: 0 }),
  ...rows("ue", { luma_bit_depth_cm_output_minus8: 0, chroma_bit_depth_cm_output_minus8: 0 }),
  ...rows(2, { cm_res_quant_bits: 3, cm_delta_flc_bits_minus1: 2 }),
  ...rows("se", { cm_adapt_threshold_u_delta: -5, cm_adapt_threshold_v_delta: 6 }),
  // CMResLSBits: 10 + 10 - 8 - 3 - 3.
  ["split_octant_flag", 1, 1],
  ...numbered(8, (octant) =>
    numbered(4, (j): Row[] => {
      if (octant > 0 || j > 0) return [[`coded_res_flag[0][${j}]`, 1, 0]];
      return [
        ["coded_res_flag[0][0]", 1, 1],
        ["res_coeff_q[0][0][0]", "ue", 3],
        ["res_coeff_r[0][0]", 6, 0],
        ["res_coeff_s[0][0]", 1, 1],
        ["res_coeff_q[0][0][1]", "ue", 0],
        ["res_coeff_r[0][1]", 6, 0],
        ["res_coeff_q[0][0][2]", "ue", 0],
        ["res_coeff_r[0][2]", 6, 63],
        ["res_coeff_s[0][2]", 1, 0],
      ];
    }),
  ),
];

const pps3d: Row[] = [
  ["dlts_present_flag", 1, 1],
  ["pps_depth_layers_minus1", 6, 3],
  ["pps_bit_depth_for_depth_layers_minus8", 4, 0],
  ["dlt_flag[0]", 1, 0],
  ...rows(1, { "dlt_flag[1]": 1, "dlt_pred_flag[1]": 0, "dlt_val_flags_present_flag[1]": 1 }),
  ...numbered(256, (j) => [[`dlt_value_flag[1][${j}]`, 1, j % 2]]),
  ...rows(1, { "dlt_flag[2]": 1, "dlt_pred_flag[2]": 1 }),
  ...rows(8, { num_val_delta_dlt: 3, max_diff: 9 }),
  ["min_diff_minus1", 4, 1],
  ["delta_dlt_val0", 8, 200],
  // 9 - 2 + 1 values.
  ...rows(3, { "delta_val_diff_minus_min[1]": 7, "delta_val_diff_minus_min[2]": 0 }),
  ...rows(1, { "dlt_flag[3]": 1, "dlt_pred_flag[3]": 0, "dlt_val_flags_present_flag[3]": 0 }),
  // With two values, min_diff_minus1 is max_diff - 1.
  ...rows(8, { num_val_delta_dlt: 2, max_diff: 9, delta_dlt_val0: 1 }),
];

const fullPps: Row[] = [
  ...ppsStart,
  ...rows("ue", { num_tile_columns_minus1: 2, num_tile_rows_minus1: 1 }),
  ["uniform_spacing_flag", 1, 0],
  ...rows("ue", { "column_width_minus1[0]": 3, "column_width_minus1[1]": 4, "row_height_minus1[0]": 5 }),
  ["loop_filter_across_tiles_enabled_flag", 1, 0],
  ...rows(1, { pps_loop_filter_across_slices_enabled_flag: 1, deblocking_filter_control_present_flag: 1 }),
  ...rows(1, { deblocking_filter_override_enabled_flag: 1, pps_deblocking_filter_disabled_flag: 0 }),
  ...rows("se", { pps_beta_offset_div2: -6, pps_tc_offset_div2: 6 }),
  ["pps_scaling_list_data_present_flag", 1, 1],
  ...scalingLists,
  ["lists_modification_present_flag", 1, 1],
  ["log2_parallel_merge_level_minus2", "ue", 4],
  ["slice_segment_header_extension_present_flag", 1, 1],
  ["pps_extension_present_flag", 1, 1],
  ...rows(1, { pps_range_extension_flag: 1, pps_multilayer_extension_flag: 1, pps_3d_extension_flag: 1 }),
  ["pps_scc_extension_flag", 1, 1],
  ["pps_extension_4bits", 4, 1],
  ["log2_max_transform_skip_block_size_minus2", "ue", 3],
  ...rows(1, { cross_component_prediction_enabled_flag: 1, chroma_qp_offset_list_enabled_flag: 1 }),
  ...rows("ue", { diff_cu_chroma_qp_offset_depth: 2, chroma_qp_offset_list_len_minus1: 1 }),
  ...rows("se", { "cb_qp_offset_list[0]": -12, "cr_qp_offset_list[0]": 12 }),
  ...rows("se", { "cb_qp_offset_list[1]": 1, "cr_qp_offset_list[1]": -1 }),
  ...rows("ue", { log2_sao_offset_scale_luma: 6, log2_sao_offset_scale_chroma: 0 }),
  ...multilayer,
  ...pps3d,
  ...rows(1, { pps_curr_pic_ref_enabled_flag: 1, residual_adaptive_colour_transform_enabled_flag: 1 }),
  ["pps_slice_act_qp_offsets_present_flag", 1, 1],
  ...rows("se", { pps_act_y_qp_offset_plus5: -7, pps_act_cb_qp_offset_plus5: 17, pps_act_cr_qp_offset_plus3: 15 }),
  ["pps_palette_predictor_initializers_present_flag", 1, 1],
  ["pps_num_palette_predictor_initializers", "ue", 1],
  ["monochrome_palette_flag", 1, 0],
  ...rows("ue", { luma_bit_depth_entry_minus8: 2, chroma_bit_depth_entry_minus8: 1 }),
  ["pps_palette_predictor_initializer[0][0]", 10, 1023],
  ["pps_palette_predictor_initializer[1][0]", 9, 511],
  ["pps_palette_predictor_initializer[2][0]", 9, 3],
  ...numbered(3, () => [["pps_extension_data_flag", 1, 1]]),
];

describe("pic_parameter_set_rbsp (7.3.2.3)", () => {
  const parse = (unit: Uint8Array, trace?: TraceRecorder) => h265.parsePps(unit, { trace, onFlaw: thrown });
  const end: Row[] = [
    ...rows(1, { pps_loop_filter_across_slices_enabled_flag: 0, deblocking_filter_control_present_flag: 0 }),
    ...rows(1, { pps_scaling_list_data_present_flag: 0, lists_modification_present_flag: 0 }),
    ["log2_parallel_merge_level_minus2", "ue", 0],
    ...rows(1, { slice_segment_header_extension_present_flag: 0, pps_extension_present_flag: 0 }),
  ];

  it("reads every element: tiles, lists and all extensions", () => {
    const pps = reads(fullPps, parse);
    expect(pps).toMatchObject({
      num_extra_slice_header_bits: 7,
      init_qp_minus26: -74,
      column_width_minus1: [3, 4],
      row_height_minus1: [5],
      loop_filter_across_tiles_enabled_flag: 0,
      pps_range_extension: { cb_qp_offset_list: [-12, 1], cr_qp_offset_list: [12, -1], log2_sao_offset_scale_luma: 6 },
      pps_multilayer_extension: { pps_scaling_list_ref_layer_id: 62, colour_mapping_enabled_flag: 1 },
      pps_3d_extension: { pps_depth_layers_minus1: 3 },
      pps_scc_extension: { pps_act_cr_qp_offset_plus3: 15, pps_palette_predictor_initializer: [[1023], [511], [3]] },
    });
    expect(pps.scaling_list_data?.ScalingList[0]?.[0]?.[1]).toBe(127);
  });

  it("infers what is absent (7.4.3.3.1)", () => {
    const uniform = [...ppsStart, ...rows("ue", { num_tile_columns_minus1: 19, num_tile_rows_minus1: 21 })];
    uniform.push(...rows(1, { uniform_spacing_flag: 1, loop_filter_across_tiles_enabled_flag: 1 }), ...end);
    expect(reads(uniform, parse)).toMatchObject({ num_tile_rows_minus1: 21, column_width_minus1: [] });
    const untiled = [...withValue(ppsStart, "tiles_enabled_flag", 0), ...end];
    expect(reads(untiled, parse)).toMatchObject({
      num_tile_columns_minus1: 0,
      uniform_spacing_flag: 1,
      loop_filter_across_tiles_enabled_flag: 1,
      pps_scc_extension: null,
    });
  });

  it.each<[string, readonly [number, number]]>([
    ["pps_pic_parameter_set_id", [0, 63]],
    ["pps_seq_parameter_set_id", [0, 15]],
    ["num_ref_idx_l0_default_active_minus1", [0, 14]],
    ["num_ref_idx_l1_default_active_minus1", [0, 14]],
    ["init_qp_minus26", [-74, 25]],
    ["diff_cu_qp_delta_depth", [0, 3]],
    ["pps_cb_qp_offset", [-12, 12]],
    ["pps_cr_qp_offset", [-12, 12]],
    ["pps_beta_offset_div2", [-6, 6]],
    ["pps_tc_offset_div2", [-6, 6]],
    ["log2_parallel_merge_level_minus2", [0, 4]],
    ["chroma_qp_offset_list_len_minus1", [0, 5]],
    ["cb_qp_offset_list[1]", [-12, 12]],
    ["scaled_ref_layer_left_offset[5]", [-16_384, 16_383]],
    ["pps_act_y_qp_offset_plus5", [-7, 17]],
    ["pps_act_cb_qp_offset_plus5", [-7, 17]],
    ["pps_act_cr_qp_offset_plus3", [-9, 15]],
    ["luma_bit_depth_entry_minus8", [0, 8]],
  ])("%s is in the range %j", (name, range) => hasRange(fullPps, name, range, parse));
});

describe("checkPicParameterSet (7.4.3.3)", () => {
  // 6 by 4 coding tree blocks of 64, 8 bits.
  const sps = Object.assign(new h265.SeqParameterSet(), {
    pic_width_in_luma_samples: 384,
    pic_height_in_luma_samples: 256,
    log2_diff_max_min_luma_coding_block_size: 3,
    log2_diff_max_min_luma_transform_block_size: 3,
  });
  const check = (values: Partial<h265.PicParameterSet>) => () =>
    h265.checkPicParameterSet({ sps, pps: Object.assign(new h265.PicParameterSet(), values) });
  const range = (values: Partial<h265.PpsRangeExtension>) =>
    check({ pps_range_extension: Object.assign(new h265.PpsRangeExtension(), values) });

  it.each<[string, () => void, () => void]>([
    ["init_qp_minus26", check({ init_qp_minus26: -26 }), check({ init_qp_minus26: -27 })],
    ["diff_cu_qp_delta_depth", check({ diff_cu_qp_delta_depth: 3 }), check({ diff_cu_qp_delta_depth: 4 })],
    ["num_tile_columns_minus1", check({ num_tile_columns_minus1: 5 }), check({ num_tile_columns_minus1: 6 })],
    ["num_tile_rows_minus1", check({ num_tile_rows_minus1: 3 }), check({ num_tile_rows_minus1: 4 })],
    ["column_width_minus1", check({ column_width_minus1: [0, 3] }), check({ column_width_minus1: [0, 4] })],
    ["row_height_minus1", check({ row_height_minus1: [2] }), check({ row_height_minus1: [3] })],
    [
      "log2_parallel_merge_level_minus2",
      check({ log2_parallel_merge_level_minus2: 4 }),
      check({ log2_parallel_merge_level_minus2: 5 }),
    ],
    [
      "log2_max_transform_skip_block_size_minus2",
      range({ log2_max_transform_skip_block_size_minus2: 3 }),
      range({ log2_max_transform_skip_block_size_minus2: 4 }),
    ],
    ["log2_sao_offset_scale_luma", range({ log2_sao_offset_scale_luma: 0 }), range({ log2_sao_offset_scale_luma: 1 })],
  ])("holds %s to what the SPS allows", (name, fits, fitsNot) => {
    expect(fits).not.toThrow();
    expect(fitsNot).toThrow(BitstreamError);
    expect(fitsNot).toThrow(name);
  });
});

describe("nal_unit_header (7.3.1.2) and the small units", () => {
  it("reads the header of any layer", () => {
    expect(h265.parseNalUnitHeader(Uint8Array.of(0x43, 0xff))).toEqual({
      nal_unit_type: 33,
      nuh_layer_id: 63,
      nuh_temporal_id_plus1: 7,
    });
  });

  it("refuses what is forbidden, units of another type or layer, and an empty one", () => {
    expect(() => h265.parseNalUnitHeader(Uint8Array.of(0xc2, 1))).toThrow(/forbidden_zero_bit, bit 0/);
    expect(() => h265.parseNalUnitHeader(Uint8Array.of(0x42, 8))).toThrow(/nuh_temporal_id_plus1, bit 13/);
    expect(() => h265.parseSps(unitOf(header(34)))).toThrow(/nal_unit_type, bit 1: the value must be 33, not 34/);
    expect(() => h265.parseSps(Uint8Array.of(0x42, 9, 0x80))).toThrow(/nuh_layer_id, bit 7/);
    expect(() => h265.parseSps(new Uint8Array(0))).toThrow(BitstreamError);
  });

  it("reads an access unit delimiter (7.3.2.5)", () => {
    const all: Row[] = [...header(35), ["pic_type", 3, 2]];
    expect(reads(all, (unit, trace) => h265.parseAccessUnitDelimiter(unit, { trace })).pic_type).toBe(2);
  });
});

describe("sei_rbsp (7.3.2.4, D.2)", () => {
  const message = (type: number, size: number): Row[] => [
    ["last_payload_type_byte", 8, type],
    ["last_payload_size_byte", 8, size],
  ];
  const zeros = (count: number): Row[] => numbered(count, () => [["payload_bit_equal_to_zero", 1, 0]]);
  const recovery: Row[] = [
    ["recovery_poc_cnt", "se", -32_768],
    ...rows(1, { exact_match_flag: 1, broken_link_flag: 0 }),
    ["payload_bit_equal_to_one", 1, 1],
    ...zeros(4),
  ];
  const hrd = Object.assign(new h265.HrdParameters(), {
    vcl_hrd_parameters_present_flag: 1,
    sub_pic_hrd_params_present_flag: 1,
    sub_pic_cpb_params_in_pic_timing_sei_flag: 1,
    au_cpb_removal_delay_length_minus1: 5,
    dpb_output_delay_length_minus1: 2,
    dpb_output_delay_du_length_minus1: 3,
    du_cpb_removal_delay_increment_length_minus1: 6,
  });
  const sps = Object.assign(new h265.SeqParameterSet(), {
    ...{ pic_width_in_luma_samples: 416, pic_height_in_luma_samples: 240 },
    log2_diff_max_min_luma_coding_block_size: 3,
    vui_parameters: Object.assign(new h265.VuiParameters(), { frame_field_info_present_flag: 1, hrd_parameters: hrd }),
  });
  const vps = Object.assign(new h265.VideoParameterSet(), { vps_max_layers_minus1: 2 });
  const parse =
    (sets: { readonly sps?: h265.SeqParameterSet; readonly vps?: h265.VideoParameterSet } = {}) =>
    (unit: Uint8Array, trace?: TraceRecorder) =>
      h265.parseSei(unit, { ...sets, trace });

  it("reads a recovery point, payloads it does not know, and several messages in one unit", () => {
    const all: Row[] = [...header(39), ...message(6, 5), ...recovery, ...message(5, 2)];
    all.push(["sei_payload_byte[0]", 8, 1], ["sei_payload_byte[1]", 8, 0]);
    const messages = reads(all, parse());
    expect(messages[0]).toMatchObject({ payloadType: 6, payloadSize: 5 });
    expect(messages[0]?.payload).toMatchObject({ recovery_poc_cnt: -32_768, exact_match_flag: 1 });
    expect(messages[1]).toMatchObject({ payloadType: 5, payload: null });
    hasRange(all, "recovery_poc_cnt", [-32_768, 32_767], parse());
  });

  it("leaves payloads of suffix SEI as bytes: there these types are reserved (D.2.1)", () => {
    const all: Row[] = [...header(40), ...message(6, 1), ["sei_payload_byte[0]", 8, 0xff]];
    expect(reads(all, parse())[0]?.payload).toBeNull();
  });

  it("adds up ff_byte in type and size", () => {
    const all: Row[] = [...header(39), ["ff_byte", 8, 255], ["last_payload_type_byte", 8, 3], ["ff_byte", 8, 255]];
    all.push(["last_payload_size_byte", 8, 1], ...numbered(256, (i) => [[`sei_payload_byte[${i}]`, 8, i % 7]]));
    expect(reads(all, parse())).toMatchObject([{ payloadType: 258, payloadSize: 256 }]);
  });

  it("reads picture timing with the lengths of the active SPS (D.2.3), and as bytes without one", () => {
    const all: Row[] = [...header(39), ...message(1, 6), ["pic_struct", 4, 12], ["source_scan_type", 2, 1]];
    all.push(["duplicate_flag", 1, 1], ["au_cpb_removal_delay_minus1", 6, 33], ["pic_dpb_output_delay", 3, 5]);
    all.push(["pic_dpb_output_du_delay", 4, 9], ["num_decoding_units_minus1", "ue", 2]);
    all.push(["du_common_cpb_removal_delay_flag", 1, 0]);
    all.push(["num_nalus_in_du_minus1[0]", "ue", 0], ["du_cpb_removal_delay_increment_minus1[0]", 7, 100]);
    all.push(["num_nalus_in_du_minus1[1]", "ue", 7], ["du_cpb_removal_delay_increment_minus1[1]", 7, 1]);
    all.push(["num_nalus_in_du_minus1[2]", "ue", 0], ["payload_bit_equal_to_one", 1, 1]);
    expect(reads(all, parse({ sps }))[0]?.payload).toMatchObject({
      pic_struct: 12,
      pic_dpb_output_du_delay: 9,
      num_nalus_in_du_minus1: [0, 7, 0],
      du_cpb_removal_delay_increment_minus1: [100, 1],
    });
    expect(parse()(unitOf(all))[0]).toMatchObject({ payloadType: 1, payload: null });
    hasRange(all, "pic_struct", [0, 12], parse({ sps }));
    hasRange(all, "num_decoding_units_minus1", [0, 27], parse({ sps }));
  });

  it("takes the HRD of the VPS where the SPS has none, and none at all where nothing is said", () => {
    const without = Object.assign(new h265.SeqParameterSet(), { vui_parameters: null });
    const withHrd = Object.assign(new h265.VideoParameterSet(), {
      hrd_parameters: [Object.assign(new h265.HrdParameters(), { ...hrd, sub_pic_hrd_params_present_flag: 0 })],
    });
    const all: Row[] = [...header(39), ...message(1, 2), ["au_cpb_removal_delay_minus1", 6, 1]];
    all.push(["pic_dpb_output_delay", 3, 2], ["payload_bit_equal_to_one", 1, 1], ...zeros(6));
    expect(reads(all, parse({ sps: without, vps: withHrd }))[0]?.payload).toMatchObject({ pic_struct: -1 });
    const extension: Row[] = [...header(39), ...message(1, 1), ["reserved_payload_extension_data", 1, 0]];
    extension.push(["reserved_payload_extension_data", 1, 1], ["payload_bit_equal_to_one", 1, 1], ...zeros(5));
    expect(reads(extension, parse({ sps: without }))[0]?.payload).toMatchObject({ au_cpb_removal_delay_minus1: 0 });
  });

  it("reads active parameter sets (D.2.21), by layer where the VPS has several", () => {
    const ids: Row[] = [...header(39), ...message(129, 3), ["active_video_parameter_set_id", 4, 15]];
    ids.push(...rows(1, { self_contained_cvs_flag: 1, no_parameter_set_update_flag: 0 }));
    ids.push(...rows("ue", { num_sps_ids_minus1: 1 }));
    ids.push(...rows("ue", { "active_seq_parameter_set_id[0]": 15, "active_seq_parameter_set_id[1]": 0 }));
    const one: Row[] = [...ids, ["payload_bit_equal_to_one", 1, 1], ...zeros(24 - 6 - 3 - 9 - 1 - 1)];
    expect(reads(one, parse())[0]?.payload).toMatchObject({ active_seq_parameter_set_id: [15, 0], layer_sps_idx: [] });
    const layers: Row[] = [...ids, ["layer_sps_idx[1]", "ue", 1], ["layer_sps_idx[2]", "ue", 0]];
    layers.push(["payload_bit_equal_to_one", 1, 1]);
    const padded: Row[] = [...layers, ...zeros(24 - 6 - 3 - 9 - 1 - 4 - 1)];
    const { payload } = reads(padded, parse({ vps }))[0] as h265.SeiMessage;
    expect((payload as h265.ActiveParameterSets).layer_sps_idx.slice(1)).toEqual([1, 0]);
    hasRange(one, "num_sps_ids_minus1", [0, 15], parse());
    hasRange(one, "active_seq_parameter_set_id[0]", [0, 15], parse());
  });

  it("refuses a payload that is longer than its size, and one that is cut off", () => {
    expect(() => parse()(unitOf([...header(39), ...message(6, 1), ["x", 16, 0x0110]]))).toThrow(
      /the payload ends here/,
    );
    expect(() => parse()(unitOf([...header(39), ...message(6, 9), ["x", 16, 0]]))).toThrow(
      /recovery_poc_cnt.*the unit ends here/,
    );
    expect(() => parse()(unitOf([...header(39), ...message(5, 9), ["x", 16, 1]]))).toThrow(/sei_payload_byte\[3\]/);
  });
});
