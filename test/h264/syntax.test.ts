import { describe, expect, it } from "vitest";
import { BitstreamError } from "../../src/errors.ts";
import * as h264 from "../../src/h264/index.ts";
import { bitOf, described, type Row, readRows, rows, thrown, unitOf, withValue } from "../../support/rows.ts";
import { TraceRecorder } from "../../support/trace-recorder.ts";

type Trace = TraceRecorder;

const header = (nal_ref_idc: number, nal_unit_type: number): Row[] => [
  ["forbidden_zero_bit", 1, 0],
  ["nal_ref_idc", 2, nal_ref_idc],
  ["nal_unit_type", 5, nal_unit_type],
];

/** Parses the unit that the rows make, and expects that exactly these elements are read. */
function reads<T>(all: readonly Row[], parse: (unit: Uint8Array, trace: Trace) => T): T {
  const trace = new TraceRecorder();
  const result = parse(unitOf(all), trace);
  expect(readRows(trace.units[0]?.elements ?? [])).toEqual(described(all));
  return result;
}

/** The values at the ends of a range are read, those beyond are refused at their place. */
function hasRange(
  all: readonly Row[],
  name: string,
  range: readonly [number, number],
  parse: (unit: Uint8Array) => unknown,
) {
  const [min, max] = range;
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

const hrd = (count: number): Row[] => [
  ["cpb_cnt_minus1", "ue", count - 1],
  ["bit_rate_scale", 4, 1],
  ["cpb_size_scale", 4, 3],
  ...Array.from({ length: count }, (_, i): Row[] => [
    [`bit_rate_value_minus1[${i}]`, "ue", 4_294_967_294 - i],
    [`cpb_size_value_minus1[${i}]`, "ue", 7 + i],
    [`cbr_flag[${i}]`, 1, i % 2],
  ]).flat(),
  ["initial_cpb_removal_delay_length_minus1", 5, 30],
  ["cpb_removal_delay_length_minus1", 5, 9],
  ["dpb_output_delay_length_minus1", 5, 3],
  ["time_offset_length", 5, 6],
];

const vui: Row[] = [
  ["aspect_ratio_info_present_flag", 1, 1],
  ["aspect_ratio_idc", 8, 255],
  ["sar_width", 16, 65535],
  ["sar_height", 16, 1],
  ["overscan_info_present_flag", 1, 1],
  ["overscan_appropriate_flag", 1, 1],
  ["video_signal_type_present_flag", 1, 1],
  ["video_format", 3, 2],
  ["video_full_range_flag", 1, 1],
  ["colour_description_present_flag", 1, 1],
  ["colour_primaries", 8, 9],
  ["transfer_characteristics", 8, 16],
  ["matrix_coefficients", 8, 0],
  ["chroma_loc_info_present_flag", 1, 1],
  ["chroma_sample_loc_type_top_field", "ue", 5],
  ["chroma_sample_loc_type_bottom_field", "ue", 4],
  ["timing_info_present_flag", 1, 1],
  ["num_units_in_tick", 32, 1],
  ["time_scale", 32, 4_294_967_295],
  ["fixed_frame_rate_flag", 1, 1],
  ["nal_hrd_parameters_present_flag", 1, 1],
  ...hrd(2),
  ["vcl_hrd_parameters_present_flag", 1, 1],
  ...hrd(32),
  ["low_delay_hrd_flag", 1, 1],
  ["pic_struct_present_flag", 1, 1],
  ["bitstream_restriction_flag", 1, 1],
  ["motion_vectors_over_pic_boundaries_flag", 1, 0],
  ["max_bytes_per_pic_denom", "ue", 16],
  ["max_bits_per_mb_denom", "ue", 15],
  ["log2_max_mv_length_horizontal", "ue", 14],
  ["log2_max_mv_length_vertical", "ue", 13],
  ["max_num_reorder_frames", "ue", 12],
  ["max_dec_frame_buffering", "ue", 16],
];

const spsStart = (profile_idc: number): Row[] => [
  ...header(3, 7),
  ["profile_idc", 8, profile_idc],
  ...rows(1, { constraint_set0_flag: 0, constraint_set1_flag: 1, constraint_set2_flag: 0 }),
  ...rows(1, { constraint_set3_flag: 1, constraint_set4_flag: 0, constraint_set5_flag: 1 }),
  ["reserved_zero_2bits", 2, 0],
  ["level_idc", 8, 40],
  ["seq_parameter_set_id", "ue", 31],
];

/** A list whose second value is 0: the first is kept to the end. Then one that asks for the default. */
const shortList: Row[] = [
  ["delta_scale[0]", "se", 5],
  ["delta_scale[1]", "se", -13],
];

const highSps: Row[] = [
  ...spsStart(244),
  ["chroma_format_idc", "ue", 3],
  ["separate_colour_plane_flag", 1, 1],
  ["bit_depth_luma_minus8", "ue", 6],
  ["bit_depth_chroma_minus8", "ue", 5],
  ["qpprime_y_zero_transform_bypass_flag", 1, 1],
  ["seq_scaling_matrix_present_flag", 1, 1],
  ["seq_scaling_list_present_flag[0]", 1, 1],
  ...shortList,
  ["seq_scaling_list_present_flag[1]", 1, 1],
  ["delta_scale[0]", "se", -8],
  ...Array.from({ length: 9 }, (_, i): Row => [`seq_scaling_list_present_flag[${i + 2}]`, 1, 0]),
  ["seq_scaling_list_present_flag[11]", 1, 1],
  ...Array.from({ length: 64 }, (_, j): Row => [`delta_scale[${j}]`, "se", j === 9 ? 127 : j === 10 ? -128 : 1]),
  ["log2_max_frame_num_minus4", "ue", 12],
  ["pic_order_cnt_type", "ue", 1],
  ["delta_pic_order_always_zero_flag", 1, 0],
  ["offset_for_non_ref_pic", "se", -(2 ** 31) + 1],
  ["offset_for_top_to_bottom_field", "se", 2 ** 31 - 1],
  ["num_ref_frames_in_pic_order_cnt_cycle", "ue", 2],
  ["offset_for_ref_frame[0]", "se", -7],
  ["offset_for_ref_frame[1]", "se", 70_000],
  ["max_num_ref_frames", "ue", 16],
  ["gaps_in_frame_num_value_allowed_flag", 1, 1],
  ["pic_width_in_mbs_minus1", "ue", 119],
  ["pic_height_in_map_units_minus1", "ue", 33],
  ["frame_mbs_only_flag", 1, 0],
  ["mb_adaptive_frame_field_flag", 1, 1],
  ["direct_8x8_inference_flag", 1, 1],
  ["frame_cropping_flag", 1, 1],
  ...rows("ue", { frame_crop_left_offset: 1, frame_crop_right_offset: 2 }),
  ...rows("ue", { frame_crop_top_offset: 3, frame_crop_bottom_offset: 4 }),
  ["vui_parameters_present_flag", 1, 1],
  ...vui,
];

const baselineSps: Row[] = [
  ...spsStart(66),
  ["log2_max_frame_num_minus4", "ue", 0],
  ["pic_order_cnt_type", "ue", 0],
  ["log2_max_pic_order_cnt_lsb_minus4", "ue", 12],
  ["max_num_ref_frames", "ue", 0],
  ["gaps_in_frame_num_value_allowed_flag", 1, 0],
  ["pic_width_in_mbs_minus1", "ue", 10],
  ["pic_height_in_map_units_minus1", "ue", 8],
  ...rows(1, { frame_mbs_only_flag: 1, direct_8x8_inference_flag: 0, frame_cropping_flag: 0 }),
  ["vui_parameters_present_flag", 1, 0],
];

describe("seq_parameter_set_data (7.3.2.1.1)", () => {
  const parse = (unit: Uint8Array, trace?: Trace) => h264.parseSps(unit, { trace, onFlaw: thrown });

  it("reads every element of the high profiles, VUI and both HRDs included", () => {
    const sps = reads(highSps, parse);
    expect(sps).toMatchObject({
      profile_idc: 244,
      separate_colour_plane_flag: 1,
      offset_for_ref_frame: [-7, 70_000],
      mb_adaptive_frame_field_flag: 1,
      frame_crop_bottom_offset: 4,
    });
    expect(sps.vui_parameters).toMatchObject({ sar_width: 65535, matrix_coefficients: 0, low_delay_hrd_flag: 1 });
    expect(sps.vui_parameters?.nal_hrd_parameters?.bit_rate_value_minus1).toEqual([4_294_967_294, 4_294_967_293]);
    expect(sps.vui_parameters?.vcl_hrd_parameters?.cbr_flag).toHaveLength(32);
  });

  it("builds scaling lists: the last value goes on (7.3.2.1.1.1), deltas wrap, a first 0 asks for the default", () => {
    const { seq_scaling_lists: lists } = reads(highSps, parse);
    expect([...(lists?.scalingList[0] ?? [])]).toEqual(new Array(16).fill(13));
    expect(lists?.useDefaultScalingMatrixFlag).toEqual([0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    expect(lists?.scalingList.slice(1, 11)).toEqual(new Array(10).fill(null));
    const ramp = lists?.scalingList[11] as Uint8Array;
    expect([...ramp.slice(0, 12)]).toEqual([9, 10, 11, 12, 13, 14, 15, 16, 17, 144, 16, 17]);
    expect(lists?.scaling_list_present_flag.filter(Boolean)).toHaveLength(3);
  });

  it("infers what the other profiles leave out (7.4.2.1.1, E.2.1)", () => {
    expect(reads(baselineSps, parse)).toMatchObject({
      chroma_format_idc: 1,
      bit_depth_luma_minus8: 0,
      seq_scaling_lists: null,
      mb_adaptive_frame_field_flag: 0,
      vui_parameters: null,
    });
    const withEmptyVui = [...withValue(baselineSps, "vui_parameters_present_flag", 1), ...emptyVui];
    expect(reads(withEmptyVui, parse).vui_parameters).toMatchObject({
      video_format: 5,
      colour_primaries: 2,
      motion_vectors_over_pic_boundaries_flag: 1,
      max_bytes_per_pic_denom: 2,
      max_bits_per_mb_denom: 1,
      log2_max_mv_length_horizontal: 15,
    });
  });

  it.each<[string, readonly [number, number]]>([
    ["seq_parameter_set_id", [0, 31]],
    ["chroma_format_idc", [0, 3]],
    ["bit_depth_luma_minus8", [0, 6]],
    ["bit_depth_chroma_minus8", [0, 6]],
    ["log2_max_frame_num_minus4", [0, 12]],
    ["pic_order_cnt_type", [0, 2]],
    ["offset_for_non_ref_pic", [-(2 ** 31) + 1, 2 ** 31 - 1]],
    ["num_ref_frames_in_pic_order_cnt_cycle", [0, 255]],
    ["max_num_ref_frames", [0, 16]],
    ["chroma_sample_loc_type_top_field", [0, 5]],
    ["chroma_sample_loc_type_bottom_field", [0, 5]],
    ["cpb_cnt_minus1", [0, 31]],
    ["max_bytes_per_pic_denom", [0, 16]],
    ["max_bits_per_mb_denom", [0, 16]],
    ["log2_max_mv_length_horizontal", [0, 16]],
    ["max_dec_frame_buffering", [0, 16]],
  ])("%s is in the range %j", (name, range) => hasRange(highSps, name, range, parse));

  it("refuses cropping that leaves nothing (7.4.2.1.1)", () => {
    expect(() => parse(unitOf(withValue(highSps, "frame_crop_left_offset", 1918)))).toThrow(/cropping leaves 0x1074/);
    expect(() => parse(unitOf(withValue(highSps, "frame_crop_top_offset", 540)))).toThrow(/cropping leaves 1917x0/);
    expect(parse(unitOf(withValue(highSps, "frame_crop_left_offset", 1917))).frame_crop_left_offset).toBe(1917);
  });

  it("refuses delta_scale outside of -128..127, and a log2_max_pic_order_cnt_lsb_minus4 above 12", () => {
    hasRange(highSps, "delta_scale[9]", [-128, 127], parse);
    hasRange(baselineSps, "log2_max_pic_order_cnt_lsb_minus4", [0, 12], parse);
  });
});

const emptyVui: Row[] = [
  ...rows(1, { aspect_ratio_info_present_flag: 0, overscan_info_present_flag: 0, video_signal_type_present_flag: 0 }),
  ...rows(1, { chroma_loc_info_present_flag: 0, timing_info_present_flag: 0, nal_hrd_parameters_present_flag: 0 }),
  ...rows(1, { vcl_hrd_parameters_present_flag: 0, pic_struct_present_flag: 0, bitstream_restriction_flag: 0 }),
];

const sps = (values: Partial<h264.SeqParameterSet> = {}) => Object.assign(new h264.SeqParameterSet(), values);
const pps = (values: Partial<h264.PicParameterSet> = {}) => Object.assign(new h264.PicParameterSet(), values);

describe("pic_parameter_set_rbsp (7.3.2.2)", () => {
  const start: Row[] = [
    ...header(3, 8),
    ["pic_parameter_set_id", "ue", 255],
    ["seq_parameter_set_id", "ue", 31],
    ...rows(1, { entropy_coding_mode_flag: 1, bottom_field_pic_order_in_frame_present_flag: 1 }),
  ];
  const rest: Row[] = [
    ["num_ref_idx_l0_default_active_minus1", "ue", 31],
    ["num_ref_idx_l1_default_active_minus1", "ue", 30],
    ["weighted_pred_flag", 1, 1],
    ["weighted_bipred_idc", 2, 2],
    ["pic_init_qp_minus26", "se", -26],
    ["pic_init_qs_minus26", "se", 25],
    ["chroma_qp_index_offset", "se", -12],
    ...rows(1, { deblocking_filter_control_present_flag: 1, constrained_intra_pred_flag: 0 }),
    ["redundant_pic_cnt_present_flag", 1, 1],
  ];
  const groups = (count: number, type: number, ...own: Row[]): Row[] => [
    ...start,
    ["num_slice_groups_minus1", "ue", count - 1],
    ["slice_group_map_type", "ue", type],
    ...own,
    ...rest,
  ];
  const plain: Row[] = [...start, ["num_slice_groups_minus1", "ue", 0], ...rest];
  const parse = (unit: Uint8Array, trace?: Trace) => h264.parsePps(unit, { sps: sps(), trace });

  it.each<[string, Row[], Partial<h264.PicParameterSet>]>([
    ["no slice groups", plain, { num_slice_groups_minus1: 0, second_chroma_qp_index_offset: -12 }],
    [
      "type 0, interleaved",
      groups(
        3,
        0,
        ["run_length_minus1[0]", "ue", 9],
        ["run_length_minus1[1]", "ue", 0],
        ["run_length_minus1[2]", "ue", 1],
      ),
      { run_length_minus1: [9, 0, 1] },
    ],
    ["type 1, dispersed", groups(8, 1), { slice_group_map_type: 1 }],
    [
      "type 2, foreground and left-over",
      groups(2, 2, ["top_left[0]", "ue", 3], ["bottom_right[0]", "ue", 40]),
      { top_left: [3], bottom_right: [40] },
    ],
    ...[3, 4, 5].map((type): [string, Row[], Partial<h264.PicParameterSet>] => [
      `type ${type}, changing`,
      groups(2, type, ["slice_group_change_direction_flag", 1, 1], ["slice_group_change_rate_minus1", "ue", 98]),
      { slice_group_change_direction_flag: 1, slice_group_change_rate_minus1: 98 },
    ]),
    ...[
      [2, 1],
      [3, 2],
      [4, 2],
      [5, 3],
      [8, 3],
    ].map(([count = 0, bits = 0]): [string, Row[], Partial<h264.PicParameterSet>] => [
      `type 6, explicit, ${count} groups: Ceil(Log2(num_slice_groups_minus1 + 1)) bits`,
      groups(
        count,
        6,
        ["pic_size_in_map_units_minus1", "ue", 2],
        ...rows(bits, { "slice_group_id[0]": 1, "slice_group_id[1]": 0, "slice_group_id[2]": count - 1 }),
      ),
      { slice_group_id: [1, 0, count - 1] },
    ]),
  ])("reads slice groups: %s", (_, all, expected) => expect(reads(all, parse)).toMatchObject(expected));

  it.each([
    [1, 0, 6],
    [1, 1, 8],
    [3, 0, 6],
    [3, 1, 12],
  ])("chroma_format_idc %i, transform_8x8_mode_flag %i: %i scaling lists", (chroma_format_idc, transform, count) => {
    const flags = Array.from({ length: count }, (_, i): Row => [`pic_scaling_list_present_flag[${i}]`, 1, 0]);
    const all: Row[] = [
      ...plain,
      ...rows(1, { transform_8x8_mode_flag: transform, pic_scaling_matrix_present_flag: 1 }),
      ...flags,
      ["second_chroma_qp_index_offset", "se", 12],
    ];
    const result = reads(all, (unit, trace) => h264.parsePps(unit, { sps: sps({ chroma_format_idc }), trace }));
    expect(result.second_chroma_qp_index_offset).toBe(12);
  });

  it.each<[string, readonly [number, number]]>([
    ["pic_parameter_set_id", [0, 255]],
    ["seq_parameter_set_id", [0, 31]],
    ["num_slice_groups_minus1", [0, 7]],
    ["num_ref_idx_l0_default_active_minus1", [0, 31]],
    ["num_ref_idx_l1_default_active_minus1", [0, 31]],
    ["weighted_bipred_idc", [0, 2]],
    ["pic_init_qp_minus26", [-26, 25]],
    ["pic_init_qs_minus26", [-26, 25]],
    ["chroma_qp_index_offset", [-12, 12]],
  ])("%s is in the range %j", (name, range) => hasRange(plain, name, range, parse));

  it("widens pic_init_qp_minus26 by QpBdOffsetY (7.4.2.2)", () => {
    const deep = (unit: Uint8Array) => h264.parsePps(unit, { sps: sps({ bit_depth_luma_minus8: 6 }) });
    hasRange(plain, "pic_init_qp_minus26", [-62, 25], deep);
    hasRange(groups(2, 1), "slice_group_map_type", [0, 6], parse);
  });
});

describe("nal_unit (7.3.1, F.7.3.1.1, G.7.3.1.1, I.7.3.1.1)", () => {
  const svc: Row[] = [
    ["svc_extension_flag", 1, 1],
    ...[["idr_flag", 1, 1] as Row, ["priority_id", 6, 33] as Row, ["no_inter_layer_pred_flag", 1, 0] as Row],
    ...[["dependency_id", 3, 5] as Row, ["quality_id", 4, 9] as Row, ["temporal_id", 3, 6] as Row],
    ...rows(1, { use_ref_base_pic_flag: 1, discardable_flag: 0, output_flag: 1 }),
    ["reserved_three_2bits", 2, 3],
  ];
  const mvc = (flag: string): Row[] => [
    [flag, 1, 0],
    ...[["non_idr_flag", 1, 1] as Row, ["priority_id", 6, 33] as Row, ["view_id", 10, 1023] as Row],
    ...[["temporal_id", 3, 6] as Row, ["anchor_pic_flag", 1, 1] as Row, ["inter_view_flag", 1, 0] as Row],
    ["reserved_one_bit", 1, 1],
  ];
  const avc3d: Row[] = [
    ["avc_3d_extension_flag", 1, 1],
    ...[["view_idx", 8, 200] as Row, ["depth_flag", 1, 1] as Row, ["non_idr_flag", 1, 0] as Row],
    ...[["temporal_id", 3, 5] as Row, ["anchor_pic_flag", 1, 0] as Row, ["inter_view_flag", 1, 1] as Row],
  ];

  it.each<[number, string, Row[], object]>([
    [14, "SVC", svc, { dependency_id: 5, quality_id: 9, output_flag: 1 }],
    [20, "SVC", svc, { temporal_id: 6, priority_id: 33 }],
    [14, "MVC", mvc("svc_extension_flag"), { view_id: 1023, anchor_pic_flag: 1 }],
    [20, "MVC", mvc("svc_extension_flag"), { inter_view_flag: 0, non_idr_flag: 1 }],
    [21, "MVC", mvc("avc_3d_extension_flag"), { view_id: 1023 }],
    [21, "3D-AVC", avc3d, { view_idx: 200, depth_flag: 1, inter_view_flag: 1 }],
  ])("reads type %i with its %s extension", (type, _, extension, expected) => {
    const all = [...header(2, type), ...extension];
    const trace = new TraceRecorder();
    trace.unit({ name: "", byte: 0, bytes: new Uint8Array(0) });
    const nal = h264.parseNalUnitHeader(unitOf(all), { trace });
    expect(nal).toMatchObject({ nal_ref_idc: 2, nal_unit_type: type, extension: expected });
    expect(readRows(trace.units[0]?.elements ?? [])).toEqual(described(all));
  });

  it("refuses a forbidden_zero_bit of 1, a unit of another type and an empty one", () => {
    expect(() => h264.parseNalUnitHeader(Uint8Array.of(0xe7))).toThrow(/forbidden_zero_bit, bit 0/);
    expect(() => h264.parseSps(unitOf(header(3, 8)))).toThrow(/nal_unit_type, bit 3: the value must be 7, not 8/);
    expect(() => h264.parseSps(new Uint8Array(0))).toThrow(BitstreamError);
  });
});

describe("the small units", () => {
  it("reads a sequence parameter set extension (7.3.2.1.2)", () => {
    const parse = (unit: Uint8Array, trace?: Trace) => h264.parseSpsExtension(unit, { trace });
    const start: Row[] = [...header(3, 13), ["seq_parameter_set_id", "ue", 4]];
    const without: Row[] = [...start, ["aux_format_idc", "ue", 0], ["additional_extension_flag", 1, 0]];
    const all: Row[] = [
      ...start,
      ["aux_format_idc", "ue", 2],
      ["bit_depth_aux_minus8", "ue", 4],
      ["alpha_incr_flag", 1, 1],
      ["alpha_opaque_value", 13, 8191],
      ["alpha_transparent_value", 13, 1],
      ["additional_extension_flag", 1, 0],
    ];
    expect(reads(without, parse)).toMatchObject({ seq_parameter_set_id: 4, alpha_opaque_value: 0 });
    expect(reads(all, parse)).toMatchObject({ alpha_opaque_value: 8191, alpha_transparent_value: 1 });
    hasRange(all, "aux_format_idc", [0, 3], parse);
    hasRange(all, "bit_depth_aux_minus8", [0, 4], parse);
  });

  it("reads an access unit delimiter (7.3.2.4)", () => {
    const all: Row[] = [...header(0, 9), ["primary_pic_type", 3, 7]];
    expect(reads(all, (unit, trace) => h264.parseAccessUnitDelimiter(unit, { trace })).primary_pic_type).toBe(7);
  });
});

describe("sei_rbsp (7.3.2.3, D.1)", () => {
  const message = (type: number, size: number): Row[] => [
    ["last_payload_type_byte", 8, type],
    ["last_payload_size_byte", 8, size],
  ];
  const recovery: Row[] = [
    ...message(6, 2),
    ["recovery_frame_cnt", "ue", 8],
    ...[["exact_match_flag", 1, 1] as Row, ["broken_link_flag", 1, 0] as Row],
    ["changing_slice_group_idc", 2, 2],
    ["bit_equal_to_one", 1, 1],
    ...rows(1, { bit_equal_to_zero: 0 }),
    ...rows(1, { bit_equal_to_zero: 0 }),
    ...rows(1, { bit_equal_to_zero: 0 }),
    ...rows(1, { bit_equal_to_zero: 0 }),
  ];
  const withTiming = sps({
    vui_parameters: Object.assign(new h264.VuiParameters(), {
      pic_struct_present_flag: 1,
      nal_hrd_parameters: Object.assign(new h264.HrdParameters(), {
        cpb_removal_delay_length_minus1: 5,
        dpb_output_delay_length_minus1: 2,
        time_offset_length: 5,
      }),
    }),
  });
  const parse = (active: h264.SeqParameterSet | null) => (unit: Uint8Array, trace: Trace) =>
    h264.parseSei(unit, { sps: active, trace });

  it("reads a recovery point, and several messages in one unit", () => {
    const all: Row[] = [
      ...header(0, 6),
      ...recovery,
      ...message(5, 2),
      ["sei_payload_byte[0]", 8, 1],
      ["sei_payload_byte[1]", 8, 0],
      ...recovery,
    ];
    const messages = reads(all, parse(null));
    expect(messages.map(({ payloadType, payloadSize }) => [payloadType, payloadSize])).toEqual([
      [6, 2],
      [5, 2],
      [6, 2],
    ]);
    expect(messages[0]?.payload).toMatchObject({
      recovery_frame_cnt: 8,
      exact_match_flag: 1,
      changing_slice_group_idc: 2,
    });
    expect(messages[1]?.payload).toBeNull();
  });

  it("adds up ff_byte in type and size", () => {
    const bytes = Array.from({ length: 256 }, (_, i): Row => [`sei_payload_byte[${i}]`, 8, i % 7]);
    const all: Row[] = [
      ...header(0, 6),
      ["ff_byte", 8, 255],
      ["ff_byte", 8, 255],
      ["last_payload_type_byte", 8, 3],
      ["ff_byte", 8, 255],
      ["last_payload_size_byte", 8, 1],
      ...bytes,
    ];
    expect(reads(all, parse(null))).toMatchObject([{ payloadType: 513, payloadSize: 256 }]);
  });

  it("reads picture timing with the lengths of the active SPS, and as bytes without one", () => {
    const timing: Row[] = [
      ["cpb_removal_delay", 6, 33],
      ["dpb_output_delay", 3, 5],
      ["pic_struct", 4, 3],
      ["clock_timestamp_flag[0]", 1, 0],
      ["clock_timestamp_flag[1]", 1, 0],
      ["bit_equal_to_one", 1, 1],
    ];
    const all: Row[] = [...header(0, 6), ...message(1, 2), ...timing];
    expect(reads(all, parse(withTiming))[0]?.payload).toMatchObject({
      cpb_removal_delay: 33,
      dpb_output_delay: 5,
      pic_struct: 3,
      clock_timestamp_flag: [0, 0],
    });
    expect(h264.parseSei(unitOf(all))[0]).toMatchObject({ payloadType: 1, payloadSize: 2, payload: null });
  });

  it("refuses a payload that is longer than its size, and one that is cut off", () => {
    expect(() => h264.parseSei(unitOf([...header(0, 6), ...message(6, 1), ["x", 16, 0x1210]]))).toThrow(
      /broken_link_flag.*the payload ends here/,
    );
    expect(() => h264.parseSei(unitOf([...header(0, 6), ...message(6, 9), ["x", 16, 0]]))).toThrow(
      /recovery_frame_cnt.*the unit ends here/,
    );
    expect(() => h264.parseSei(unitOf([...header(0, 6), ...message(5, 9), ["x", 16, 1]]))).toThrow(
      /sei_payload_byte\[3\]/,
    );
  });
});

describe("slice_header (7.3.3)", () => {
  const big = { pic_width_in_mbs_minus1: 21, pic_height_in_map_units_minus1: 8, frame_mbs_only_flag: 1 };
  const sliceStart = (slice_type: number): Row[] => [
    ["first_mb_in_slice", "ue", 3],
    ["slice_type", "ue", slice_type],
    ["pic_parameter_set_id", "ue", 2],
  ];
  const slice = (all: readonly Row[], sets: h264.ParameterSets) =>
    reads(all, (unit, trace) => h264.parseSliceHeader(unit, { ...sets, trace }));

  it("reads an IDR picture of separate planes, with its marking and bit sizes", () => {
    const all: Row[] = [
      ...header(3, 5),
      ...sliceStart(7),
      ["colour_plane_id", 2, 2],
      ["frame_num", 4, 0],
      ["idr_pic_id", "ue", 65535],
      ["pic_order_cnt_lsb", 16, 0],
      ["delta_pic_order_cnt_bottom", "se", -3],
      ["no_output_of_prior_pics_flag", 1, 1],
      ["long_term_reference_flag", 1, 1],
      ["slice_qp_delta", "se", -26],
    ];
    const sets = {
      sps: sps({ ...big, separate_colour_plane_flag: 1, log2_max_pic_order_cnt_lsb_minus4: 12 }),
      pps: pps({ bottom_field_pic_order_in_frame_present_flag: 1 }),
    };
    expect(slice(all, sets)).toMatchObject({
      colour_plane_id: 2,
      idr_pic_id: 65535,
      dec_ref_pic_marking: { no_output_of_prior_pics_flag: 1, long_term_reference_flag: 1 },
      pic_order_cnt_bit_size: 16 + 5,
      dec_ref_pic_marking_bit_size: 2,
      header_bit_size: bitOf(all, "slice_qp_delta") + 11,
    });
    hasRange(all, "idr_pic_id", [0, 65535], (unit) => h264.parseSliceHeader(unit, sets));
    hasRange(all, "slice_qp_delta", [-26, 25], (unit) => h264.parseSliceHeader(unit, sets));
    hasRange(all, "slice_type", [0, 9], (unit) => h264.parseSliceHeader(unit, sets));
  });

  it("reads a P field with modification, weights, every marking operation and a changing slice group", () => {
    const weights: Row[] = [
      ["luma_log2_weight_denom", "ue", 7],
      ["chroma_log2_weight_denom", "ue", 0],
      ["luma_weight_l0_flag[0]", 1, 1],
      ["luma_weight_l0[0]", "se", -128],
      ["luma_offset_l0[0]", "se", 127],
      ["chroma_weight_l0_flag[0]", 1, 1],
      ["chroma_weight_l0[0][0]", "se", 1],
      ["chroma_offset_l0[0][0]", "se", 2],
      ["chroma_weight_l0[0][1]", "se", 3],
      ["chroma_offset_l0[0][1]", "se", -4],
      ["luma_weight_l0_flag[1]", 1, 0],
      ["chroma_weight_l0_flag[1]", 1, 0],
    ];
    const mmco = (operation: number, ...operands: Row[]): Row[] => [
      ["memory_management_control_operation", "ue", operation],
      ...operands,
    ];
    const marking: Row[] = [
      ["adaptive_ref_pic_marking_mode_flag", 1, 1],
      ...mmco(1, ["difference_of_pic_nums_minus1", "ue", 131_071]),
      ...mmco(2, ["long_term_pic_num", "ue", 31]),
      ...mmco(3, ["difference_of_pic_nums_minus1", "ue", 0], ["long_term_frame_idx", "ue", 15]),
      ...mmco(4, ["max_long_term_frame_idx_plus1", "ue", 16]),
      ...mmco(5),
      ...mmco(6, ["long_term_frame_idx", "ue", 7]),
      ...mmco(0),
    ];
    const modification: Row[] = [
      ["ref_pic_list_modification_flag_l0", 1, 1],
      ["modification_of_pic_nums_idc", "ue", 1],
      ["abs_diff_pic_num_minus1", "ue", 131_071],
      ["modification_of_pic_nums_idc", "ue", 2],
      ["long_term_pic_num", "ue", 31],
      ["modification_of_pic_nums_idc", "ue", 3],
    ];
    const all: Row[] = [
      ...header(1, 1),
      ...sliceStart(0),
      ["frame_num", 16, 65535],
      ...rows(1, { field_pic_flag: 1, bottom_field_flag: 1 }),
      ["delta_pic_order_cnt[0]", "se", 70_000],
      ["redundant_pic_cnt", "ue", 127],
      ["num_ref_idx_active_override_flag", 1, 1],
      ["num_ref_idx_l0_active_minus1", "ue", 1],
      ...modification,
      ...weights,
      ...marking,
      ["cabac_init_idc", "ue", 2],
      ["slice_qp_delta", "se", 1],
      ["disable_deblocking_filter_idc", "ue", 2],
      ["slice_alpha_c0_offset_div2", "se", -6],
      ["slice_beta_offset_div2", "se", 6],
      ["slice_group_change_cycle", 5, 19],
    ];
    const sets = {
      sps: sps({ ...big, frame_mbs_only_flag: 0, log2_max_frame_num_minus4: 12, pic_order_cnt_type: 1 }),
      pps: pps({
        bottom_field_pic_order_in_frame_present_flag: 1,
        redundant_pic_cnt_present_flag: 1,
        weighted_pred_flag: 1,
        entropy_coding_mode_flag: 1,
        deblocking_filter_control_present_flag: 1,
        num_slice_groups_minus1: 1,
        slice_group_map_type: 4,
        slice_group_change_rate_minus1: 9, // 198 map units in steps of 10: 0 to 20 (7-35)
      }),
    };
    const h = slice(all, sets);
    expect(h.ref_pic_list_modification_l0).toEqual([
      { modification_of_pic_nums_idc: 1, abs_diff_pic_num_minus1: 131_071, long_term_pic_num: 0 },
      { modification_of_pic_nums_idc: 2, abs_diff_pic_num_minus1: 0, long_term_pic_num: 31 },
    ]);
    expect(h.pred_weight_table?.l0).toMatchObject({
      luma_weight: [-128, 128],
      luma_offset: [127, 0],
      chroma_weight: [
        [1, 3],
        [1, 1],
      ],
      chroma_offset: [
        [2, -4],
        [0, 0],
      ],
    });
    expect(h.dec_ref_pic_marking?.operations.map((op) => op.memory_management_control_operation)).toEqual([
      1, 2, 3, 4, 5, 6,
    ]);
    expect(h.dec_ref_pic_marking_bit_size).toBe(
      bitOf(all, "cabac_init_idc") - bitOf(all, "adaptive_ref_pic_marking_mode_flag"),
    );
    expect(h.pic_order_cnt_bit_size).toBe(bitOf(all, "redundant_pic_cnt") - bitOf(all, "delta_pic_order_cnt[0]"));
    expect(h).toMatchObject({ slice_group_change_cycle: 19, delta_pic_order_cnt: [70_000, 0] });
    const parse = (unit: Uint8Array) => h264.parseSliceHeader(unit, sets);
    for (const [name, range] of Object.entries({
      redundant_pic_cnt: [0, 127],
      num_ref_idx_l0_active_minus1: [0, 31],
      luma_log2_weight_denom: [0, 7],
      chroma_log2_weight_denom: [0, 7],
      "luma_weight_l0[0]": [-128, 127],
      "chroma_offset_l0[0][1]": [-128, 127],
      max_long_term_frame_idx_plus1: [0, 16],
      cabac_init_idc: [0, 2],
      disable_deblocking_filter_idc: [0, 2],
      slice_alpha_c0_offset_div2: [-6, 6],
      slice_beta_offset_div2: [-6, 6],
    } satisfies Record<string, readonly [number, number]>)) {
      hasRange(all, name, range as [number, number], parse);
    }
  });

  it("reads a B frame: both lists, weights of both, and the PPS's sizes where there is no override (7.4.3)", () => {
    const entry = (list: string, i: number): Row[] => [[`luma_weight_${list}_flag[${i}]`, 1, 0]];
    const all: Row[] = [
      ...header(0, 1),
      ...sliceStart(6),
      ["frame_num", 4, 9],
      ["direct_spatial_mv_pred_flag", 1, 1],
      ["num_ref_idx_active_override_flag", 1, 0],
      ["ref_pic_list_modification_flag_l0", 1, 0],
      ["ref_pic_list_modification_flag_l1", 1, 1],
      ["modification_of_pic_nums_idc", "ue", 0],
      ["abs_diff_pic_num_minus1", "ue", 0],
      ["modification_of_pic_nums_idc", "ue", 3],
      ["luma_log2_weight_denom", "ue", 2],
      ...entry("l0", 0),
      ...entry("l0", 1),
      ...entry("l1", 0),
      ["slice_qp_delta", "se", 0],
    ];
    const sets = {
      sps: sps({ ...big, pic_order_cnt_type: 2, chroma_format_idc: 0 }),
      pps: pps({ weighted_bipred_idc: 1, num_ref_idx_l0_default_active_minus1: 1 }),
    };
    const h = slice(all, sets);
    expect(h).toMatchObject({
      num_ref_idx_l0_active_minus1: 1,
      num_ref_idx_l1_active_minus1: 0,
      ref_pic_list_modification_l1: [{ modification_of_pic_nums_idc: 0, abs_diff_pic_num_minus1: 0 }],
      pic_order_cnt_bit_size: 0,
      dec_ref_pic_marking_bit_size: 0,
      dec_ref_pic_marking: null,
    });
    expect(h.pred_weight_table?.l1.luma_weight).toEqual([4]);
  });

  it.each([
    [8, "SP", [["sp_for_switch_flag", 1, 1] as Row]],
    [9, "SI", []],
  ] as const)("reads slice_type %i, %s, with slice_qs_delta", (slice_type, _, own) => {
    const lists: Row[] =
      slice_type === 8
        ? [
            ["num_ref_idx_active_override_flag", 1, 0],
            ["ref_pic_list_modification_flag_l0", 1, 0],
          ]
        : [];
    const all: Row[] = [
      ...header(0, 1),
      ...sliceStart(slice_type),
      ["frame_num", 4, 1],
      ...lists,
      ["slice_qp_delta", "se", 0],
      ...own,
      ["slice_qs_delta", "se", 25],
    ];
    const sets = { sps: sps({ ...big, pic_order_cnt_type: 2 }), pps: pps() };
    expect(slice(all, sets).slice_qs_delta).toBe(25);
    hasRange(all, "slice_qs_delta", [-26, 25], (unit) => h264.parseSliceHeader(unit, sets));
  });

  it("refuses a first_mb_in_slice outside of the picture, of MBAFF pictures in pairs (7.4.3)", () => {
    const all = (first_mb: number): Row[] => [
      ...header(0, 1),
      ...withValue(sliceStart(7), "first_mb_in_slice", first_mb),
      ["frame_num", 4, 0],
      ["slice_qp_delta", "se", 0],
    ];
    const frame = sps({ ...big, pic_order_cnt_type: 2 });
    const parse = (first_mb: number) => h264.parseSliceHeader(unitOf(all(first_mb)), { sps: frame, pps: pps() });
    expect(parse(22 * 9 - 1).first_mb_in_slice).toBe(197);
    expect(() => parse(22 * 9)).toThrow(/first_mb_in_slice.*outside the picture of 198/);
    const mbaff = Object.assign(frame, { frame_mbs_only_flag: 0, mb_adaptive_frame_field_flag: 1 });
    const inPairs = (first_mb: number) => {
      const withField = all(first_mb).flatMap((row): Row[] =>
        row[0] === "frame_num" ? [row, ["field_pic_flag", 1, 0]] : [row],
      );
      return h264.parseSliceHeader(unitOf(withField), { sps: mbaff, pps: pps() });
    };
    expect(inPairs(197).first_mb_in_slice).toBe(197);
    expect(() => inPairs(198)).toThrow(/first_mb_in_slice/);
  });

  it("refuses more modification operations than the list has entries (7.4.3.1)", () => {
    const all: Row[] = [
      ...header(0, 1),
      ...sliceStart(5),
      ["frame_num", 4, 1],
      ["num_ref_idx_active_override_flag", 1, 0],
      ["ref_pic_list_modification_flag_l0", 1, 1],
      ...rows("ue", { modification_of_pic_nums_idc: 0, abs_diff_pic_num_minus1: 0 }),
      ...rows("ue", { modification_of_pic_nums_idc: 0, abs_diff_pic_num_minus1: 0 }),
    ];
    const sets = { sps: sps({ ...big, pic_order_cnt_type: 2 }), pps: pps() };
    expect(() => h264.parseSliceHeader(unitOf(all), sets)).toThrow(/modification_of_pic_nums_idc.*more than 1/);
  });
});
