/**
 * One class for each syntax structure of ITU-T H.264 (08/2021). Names are the specification's. Flags are 0 or 1, and values are
 * stored as they are coded. A property's initial value is the one that the semantics (7.4, E.2) infer for an absent element.
 */

import { frozen, noPair } from "../bitreader/frozen.ts";

/** 7.3.1 NAL unit syntax: the header, with the extensions of NAL unit types 14, 20 and 21. */
export class NalUnitHeader {
  nal_ref_idc = 0;
  nal_unit_type = 0;
  /** In types 14 and 20: 1 where an SVC extension follows, 0 where an MVC extension does. */
  svc_extension_flag = 0;
  /** In type 21: 1 where a 3D-AVC extension follows, 0 where an MVC extension does. */
  avc_3d_extension_flag = 0;
  extension: NalUnitHeaderSvcExtension | NalUnitHeaderMvcExtension | NalUnitHeader3dAvcExtension | null = null;
}

/** F.7.3.1.1 nal_unit_header_svc_extension(). */
export class NalUnitHeaderSvcExtension {
  idr_flag = 0;
  priority_id = 0;
  no_inter_layer_pred_flag = 0;
  dependency_id = 0;
  quality_id = 0;
  temporal_id = 0;
  use_ref_base_pic_flag = 0;
  discardable_flag = 0;
  output_flag = 0;
}

/** G.7.3.1.1 nal_unit_header_mvc_extension(). */
export class NalUnitHeaderMvcExtension {
  non_idr_flag = 0;
  priority_id = 0;
  view_id = 0;
  temporal_id = 0;
  anchor_pic_flag = 0;
  inter_view_flag = 0;
}

/** I.7.3.1.1 nal_unit_header_3davc_extension(). */
export class NalUnitHeader3dAvcExtension {
  view_idx = 0;
  depth_flag = 0;
  non_idr_flag = 0;
  temporal_id = 0;
  anchor_pic_flag = 0;
  inter_view_flag = 0;
}

/** 7.3.2.1.1.1 Scaling list syntax, for the lists of one parameter set. Values are in coded, that is zig-zag, order. */
export class ScalingLists {
  /** seq_ or pic_scaling_list_present_flag[i]; there are 12, and those that are not sent are 0. */
  scaling_list_present_flag: number[] = new Array<number>(12).fill(0);
  /** UseDefaultScalingMatrix4x4Flag (i < 6) and UseDefaultScalingMatrix8x8Flag (i - 6). */
  useDefaultScalingMatrixFlag: number[] = new Array<number>(12).fill(0);
  /**
   * ScalingList4x4[i], 16 values, and ScalingList8x8[i - 6], 64; null where the list was not sent or is the default.
   */
  scalingList: (Uint8Array | null)[] = new Array<Uint8Array | null>(12).fill(null);
}

/** E.1.2 HRD parameters syntax. */
export class HrdParameters {
  cpb_cnt_minus1 = 0;
  bit_rate_scale = 0;
  cpb_size_scale = 0;
  bit_rate_value_minus1: number[] = [];
  cpb_size_value_minus1: number[] = [];
  cbr_flag: number[] = [];
  initial_cpb_removal_delay_length_minus1 = 23;
  cpb_removal_delay_length_minus1 = 23;
  dpb_output_delay_length_minus1 = 23;
  time_offset_length = 24;
}

/** E.1.1 VUI parameters syntax. */
export class VuiParameters {
  aspect_ratio_info_present_flag = 0;
  aspect_ratio_idc = 0;
  sar_width = 0;
  sar_height = 0;
  overscan_info_present_flag = 0;
  overscan_appropriate_flag = 0;
  video_signal_type_present_flag = 0;
  video_format = 5;
  video_full_range_flag = 0;
  colour_description_present_flag = 0;
  colour_primaries = 2;
  transfer_characteristics = 2;
  matrix_coefficients = 2;
  chroma_loc_info_present_flag = 0;
  chroma_sample_loc_type_top_field = 0;
  chroma_sample_loc_type_bottom_field = 0;
  timing_info_present_flag = 0;
  num_units_in_tick = 0;
  time_scale = 0;
  fixed_frame_rate_flag = 0;
  nal_hrd_parameters_present_flag = 0;
  nal_hrd_parameters: HrdParameters | null = null;
  vcl_hrd_parameters_present_flag = 0;
  vcl_hrd_parameters: HrdParameters | null = null;
  low_delay_hrd_flag = 0;
  pic_struct_present_flag = 0;
  bitstream_restriction_flag = 0;
  motion_vectors_over_pic_boundaries_flag = 1;
  max_bytes_per_pic_denom = 2;
  max_bits_per_mb_denom = 1;
  log2_max_mv_length_horizontal = 15;
  log2_max_mv_length_vertical = 15;
  /**
   * Inferred to be MaxDpbFrames, or 0 for intra profiles, where bitstream_restriction_flag is 0: see `maxDpbFrames`.
   */
  max_num_reorder_frames = 0;
  max_dec_frame_buffering = 0;
}

/** 7.3.2.1.1 Sequence parameter set data syntax. */
export class SeqParameterSet {
  profile_idc = 0;
  constraint_set0_flag = 0;
  constraint_set1_flag = 0;
  constraint_set2_flag = 0;
  constraint_set3_flag = 0;
  constraint_set4_flag = 0;
  constraint_set5_flag = 0;
  reserved_zero_2bits = 0;
  level_idc = 0;
  seq_parameter_set_id = 0;
  chroma_format_idc = 1;
  separate_colour_plane_flag = 0;
  bit_depth_luma_minus8 = 0;
  bit_depth_chroma_minus8 = 0;
  qpprime_y_zero_transform_bypass_flag = 0;
  seq_scaling_matrix_present_flag = 0;
  seq_scaling_lists: ScalingLists | null = null;
  log2_max_frame_num_minus4 = 0;
  pic_order_cnt_type = 0;
  log2_max_pic_order_cnt_lsb_minus4 = 0;
  delta_pic_order_always_zero_flag = 0;
  offset_for_non_ref_pic = 0;
  offset_for_top_to_bottom_field = 0;
  num_ref_frames_in_pic_order_cnt_cycle = 0;
  offset_for_ref_frame: number[] = [];
  max_num_ref_frames = 0;
  gaps_in_frame_num_value_allowed_flag = 0;
  pic_width_in_mbs_minus1 = 0;
  pic_height_in_map_units_minus1 = 0;
  frame_mbs_only_flag = 0;
  mb_adaptive_frame_field_flag = 0;
  direct_8x8_inference_flag = 0;
  frame_cropping_flag = 0;
  frame_crop_left_offset = 0;
  frame_crop_right_offset = 0;
  frame_crop_top_offset = 0;
  frame_crop_bottom_offset = 0;
  vui_parameters_present_flag = 0;
  vui_parameters: VuiParameters | null = null;
}

/** 7.3.2.1.2 Sequence parameter set extension RBSP syntax. */
export class SeqParameterSetExtension {
  seq_parameter_set_id = 0;
  aux_format_idc = 0;
  bit_depth_aux_minus8 = 0;
  alpha_incr_flag = 0;
  alpha_opaque_value = 0;
  alpha_transparent_value = 0;
  additional_extension_flag = 0;
}

/** 7.3.2.2 Picture parameter set RBSP syntax. */
export class PicParameterSet {
  pic_parameter_set_id = 0;
  seq_parameter_set_id = 0;
  entropy_coding_mode_flag = 0;
  bottom_field_pic_order_in_frame_present_flag = 0;
  num_slice_groups_minus1 = 0;
  slice_group_map_type = 0;
  run_length_minus1: number[] = [];
  top_left: number[] = [];
  bottom_right: number[] = [];
  slice_group_change_direction_flag = 0;
  slice_group_change_rate_minus1 = 0;
  pic_size_in_map_units_minus1 = 0;
  slice_group_id: number[] = [];
  num_ref_idx_l0_default_active_minus1 = 0;
  num_ref_idx_l1_default_active_minus1 = 0;
  weighted_pred_flag = 0;
  weighted_bipred_idc = 0;
  pic_init_qp_minus26 = 0;
  pic_init_qs_minus26 = 0;
  chroma_qp_index_offset = 0;
  deblocking_filter_control_present_flag = 0;
  constrained_intra_pred_flag = 0;
  redundant_pic_cnt_present_flag = 0;
  transform_8x8_mode_flag = 0;
  pic_scaling_matrix_present_flag = 0;
  pic_scaling_lists: ScalingLists | null = null;
  /** Inferred to be chroma_qp_index_offset where absent (7.4.2.2). */
  second_chroma_qp_index_offset = 0;
}

/** 7.3.2.4 Access unit delimiter RBSP syntax. */
export class AccessUnitDelimiter {
  primary_pic_type = 0;
}

/** 7.3.2.3.1 Supplemental enhancement information message: type, size, and the payload of the types that we read. */
export class SeiMessage {
  payloadType = 0;
  /** In bytes, emulation prevention bytes not counted. */
  payloadSize = 0;
  /** Read for payload type 6 and, where the active SPS is known, type 1; null otherwise. */
  payload: RecoveryPoint | PicTiming | null = null;
}

/** D.1.8 Recovery point SEI message syntax (payloadType 6). */
export class RecoveryPoint {
  readonly type = "recovery_point";
  recovery_frame_cnt = 0;
  exact_match_flag = 0;
  broken_link_flag = 0;
  changing_slice_group_idc = 0;
}

/** D.1.3 Picture timing SEI message syntax (payloadType 1), without the values of its clock timestamps. */
export class PicTiming {
  readonly type = "pic_timing";
  cpb_removal_delay = 0;
  dpb_output_delay = 0;
  /** -1 where pic_struct_present_flag is 0. */
  pic_struct = -1;
  clock_timestamp_flag: number[] = [];
}

/** One iteration of the loops of 7.3.3.1. The operand that the operation does not have is 0. */
export class RefPicListModificationOperation {
  modification_of_pic_nums_idc = 0;
  /** Present with modification_of_pic_nums_idc 0 and 1. */
  abs_diff_pic_num_minus1 = 0;
  /** Present with modification_of_pic_nums_idc 2. */
  long_term_pic_num = 0;
}

/** 7.3.3.2 Prediction weight table syntax, for one list. Absent weights have the values of 7.4.3.2. */
export class PredWeights {
  luma_weight_flag: number[];
  luma_weight: number[];
  luma_offset: number[];
  chroma_weight_flag: number[];
  /** [entry][0 Cb, 1 Cr]. */
  chroma_weight: (readonly [number, number])[];
  chroma_offset: (readonly [number, number])[];
  /** @param entries so many entries are made, without values. */
  constructor(entries = 0) {
    this.luma_weight_flag = new Array(entries);
    this.luma_weight = new Array(entries);
    this.luma_offset = new Array(entries);
    this.chroma_weight_flag = new Array(entries);
    this.chroma_weight = new Array(entries);
    this.chroma_offset = new Array(entries);
  }
}

/** 7.3.3.2 Prediction weight table syntax. In a slice header, the list that the slice does not have is frozen and shared with other headers. */
export class PredWeightTable {
  luma_log2_weight_denom = 0;
  chroma_log2_weight_denom = 0;
  l0: PredWeights;
  l1: PredWeights;
  constructor(l0: PredWeights = new PredWeights(), l1: PredWeights = new PredWeights()) {
    this.l0 = l0;
    this.l1 = l1;
  }
}

/** One iteration of the loop of 7.3.3.3. Operands that the operation does not have are 0. */
export class MemoryManagementControlOperation {
  memory_management_control_operation = 0;
  difference_of_pic_nums_minus1 = 0;
  long_term_pic_num = 0;
  long_term_frame_idx = 0;
  max_long_term_frame_idx_plus1 = 0;
}

/** 7.3.3.3 Decoded reference picture marking syntax. */
export class DecRefPicMarking {
  no_output_of_prior_pics_flag = 0;
  long_term_reference_flag = 0;
  adaptive_ref_pic_marking_mode_flag = 0;
  /** The memory_management_control_operation 0 that ends the loop is left out. */
  operations: readonly MemoryManagementControlOperation[] = [];
}

/** What most slice headers have, which share it. */
const noModification: readonly RefPicListModificationOperation[] = /* @__PURE__ */ frozen([]);

/** 7.3.3 Slice header syntax. */
export class SliceHeader {
  /** From the header of the slice's NAL unit, as nal_unit_type is. */
  nal_ref_idc = 0;
  nal_unit_type = 0;
  first_mb_in_slice = 0;
  slice_type = 0;
  pic_parameter_set_id = 0;
  colour_plane_id = 0;
  frame_num = 0;
  field_pic_flag = 0;
  bottom_field_flag = 0;
  idr_pic_id = 0;
  pic_order_cnt_lsb = 0;
  delta_pic_order_cnt_bottom = 0;
  delta_pic_order_cnt: readonly [number, number] = noPair;
  redundant_pic_cnt = 0;
  direct_spatial_mv_pred_flag = 0;
  num_ref_idx_active_override_flag = 0;
  /** Inferred to be the PPS's default where absent and the slice type has the list. */
  num_ref_idx_l0_active_minus1 = 0;
  num_ref_idx_l1_active_minus1 = 0;
  ref_pic_list_modification_flag_l0 = 0;
  ref_pic_list_modification_l0: readonly RefPicListModificationOperation[] = noModification;
  ref_pic_list_modification_flag_l1 = 0;
  ref_pic_list_modification_l1: readonly RefPicListModificationOperation[] = noModification;
  pred_weight_table: PredWeightTable | null = null;
  /** Without operations, frozen and shared with other headers. */
  dec_ref_pic_marking: DecRefPicMarking | null = null;
  cabac_init_idc = 0;
  slice_qp_delta = 0;
  sp_for_switch_flag = 0;
  slice_qs_delta = 0;
  disable_deblocking_filter_idc = 0;
  slice_alpha_c0_offset_div2 = 0;
  slice_beta_offset_div2 = 0;
  slice_group_change_cycle = 0;

  /** Bits from the first bit of the NAL unit header to slice_data(), not counting emulation prevention bytes. */
  header_bit_size = 0;
  /** Bits of pic_order_cnt_lsb, delta_pic_order_cnt_bottom and delta_pic_order_cnt[], as far as they are present. */
  pic_order_cnt_bit_size = 0;
  /** Bits of dec_ref_pic_marking(); 0 where it is absent. */
  dec_ref_pic_marking_bit_size = 0;
}

/** The parameter sets that a slice refers to. */
export interface ParameterSets {
  readonly sps: SeqParameterSet;
  readonly pps: PicParameterSet;
}
