/**
 * One class for each syntax structure of ITU-T H.265 (08/2021), of the base layer. Names are the specification's. Flags are 0
 * or 1, and values are stored as they are coded. A property's initial value is the one that the semantics (7.4, D.3, E.3) infer
 * for an absent element. An array has the elements that are coded or inferred at the specification's subscripts.
 */

import { noNumbers } from "../bitreader/frozen.ts";

/** 7.3.1.2 NAL unit header syntax. */
export class NalUnitHeader {
  nal_unit_type = 0;
  nuh_layer_id = 0;
  nuh_temporal_id_plus1 = 1;
}

/** The general_ elements of 7.3.3, Profile, tier and level syntax. Constraint flags that the profile does not have are 0. */
export class GeneralProfile {
  general_profile_space = 0;
  general_tier_flag = 0;
  general_profile_idc = 0;
  /** 32 flags. */
  general_profile_compatibility_flag: number[] = [];
  general_progressive_source_flag = 0;
  general_interlaced_source_flag = 0;
  general_non_packed_constraint_flag = 0;
  general_frame_only_constraint_flag = 0;
  general_max_12bit_constraint_flag = 0;
  general_max_10bit_constraint_flag = 0;
  general_max_8bit_constraint_flag = 0;
  general_max_422chroma_constraint_flag = 0;
  general_max_420chroma_constraint_flag = 0;
  general_max_monochrome_constraint_flag = 0;
  general_intra_constraint_flag = 0;
  general_one_picture_only_constraint_flag = 0;
  general_lower_bit_rate_constraint_flag = 0;
  general_max_14bit_constraint_flag = 0;
  general_inbld_flag = 0;
}

/** The sub_layer_ elements of 7.3.3 for one sub-layer. They are those of `GeneralProfile`. */
export class SubLayerProfile {
  sub_layer_profile_space = 0;
  sub_layer_tier_flag = 0;
  sub_layer_profile_idc = 0;
  /** 32 flags. */
  sub_layer_profile_compatibility_flag: number[] = [];
  sub_layer_progressive_source_flag = 0;
  sub_layer_interlaced_source_flag = 0;
  sub_layer_non_packed_constraint_flag = 0;
  sub_layer_frame_only_constraint_flag = 0;
  sub_layer_max_12bit_constraint_flag = 0;
  sub_layer_max_10bit_constraint_flag = 0;
  sub_layer_max_8bit_constraint_flag = 0;
  sub_layer_max_422chroma_constraint_flag = 0;
  sub_layer_max_420chroma_constraint_flag = 0;
  sub_layer_max_monochrome_constraint_flag = 0;
  sub_layer_intra_constraint_flag = 0;
  sub_layer_one_picture_only_constraint_flag = 0;
  sub_layer_lower_bit_rate_constraint_flag = 0;
  sub_layer_max_14bit_constraint_flag = 0;
  sub_layer_inbld_flag = 0;
}

/** 7.3.3 Profile, tier and level syntax. */
export class ProfileTierLevel {
  general = new GeneralProfile();
  general_level_idc = 0;
  /** By sub-layer. The highest one is left out: its values are the general ones. */
  sub_layer_profile_present_flag: number[] = [];
  sub_layer_level_present_flag: number[] = [];
  /** null where sub_layer_profile_present_flag[i] is 0. */
  sub_layer: (SubLayerProfile | null)[] = [];
  /** By sub-layer. Where absent, it is that of the next higher sub-layer (7.4.4). */
  sub_layer_level_idc: number[] = [];
}

/** E.2.3 Sub-layer HRD parameters syntax. */
export class SubLayerHrdParameters {
  bit_rate_value_minus1: number[] = [];
  cpb_size_value_minus1: number[] = [];
  cpb_size_du_value_minus1: number[] = [];
  bit_rate_du_value_minus1: number[] = [];
  cbr_flag: number[] = [];
}

/** E.2.2 HRD parameters syntax. */
export class HrdParameters {
  nal_hrd_parameters_present_flag = 0;
  vcl_hrd_parameters_present_flag = 0;
  sub_pic_hrd_params_present_flag = 0;
  tick_divisor_minus2 = 0;
  du_cpb_removal_delay_increment_length_minus1 = 0;
  sub_pic_cpb_params_in_pic_timing_sei_flag = 0;
  dpb_output_delay_du_length_minus1 = 0;
  bit_rate_scale = 0;
  cpb_size_scale = 0;
  cpb_size_du_scale = 0;
  initial_cpb_removal_delay_length_minus1 = 23;
  au_cpb_removal_delay_length_minus1 = 23;
  dpb_output_delay_length_minus1 = 23;
  /** This and the next properties are arrays by sub-layer. */
  fixed_pic_rate_general_flag: number[] = [];
  fixed_pic_rate_within_cvs_flag: number[] = [];
  elemental_duration_in_tc_minus1: number[] = [];
  low_delay_hrd_flag: number[] = [];
  cpb_cnt_minus1: number[] = [];
  /** Empty where nal_hrd_parameters_present_flag is 0. */
  nal_hrd_parameters: SubLayerHrdParameters[] = [];
  /** Empty where vcl_hrd_parameters_present_flag is 0. */
  vcl_hrd_parameters: SubLayerHrdParameters[] = [];
}

/** 7.3.2.1 Video parameter set RBSP syntax, without the data of its extension. */
export class VideoParameterSet {
  vps_video_parameter_set_id = 0;
  vps_base_layer_internal_flag = 1;
  vps_base_layer_available_flag = 1;
  vps_max_layers_minus1 = 0;
  vps_max_sub_layers_minus1 = 0;
  vps_temporal_id_nesting_flag = 0;
  profile_tier_level = new ProfileTierLevel();
  vps_sub_layer_ordering_info_present_flag = 0;
  /** By sub-layer; values that are not coded are those of the highest sub-layer (7.4.3.1). */
  vps_max_dec_pic_buffering_minus1: number[] = [];
  vps_max_num_reorder_pics: number[] = [];
  vps_max_latency_increase_plus1: number[] = [];
  vps_max_layer_id = 0;
  vps_num_layer_sets_minus1 = 0;
  /** [layer set, from 1][layer]. */
  layer_id_included_flag: number[][] = [];
  vps_timing_info_present_flag = 0;
  vps_num_units_in_tick = 0;
  vps_time_scale = 0;
  vps_poc_proportional_to_timing_flag = 0;
  vps_num_ticks_poc_diff_one_minus1 = 0;
  vps_num_hrd_parameters = 0;
  hrd_layer_set_idx: number[] = [];
  cprms_present_flag: number[] = [];
  hrd_parameters: HrdParameters[] = [];
  vps_extension_flag = 0;
}

/** 7.3.4 Scaling list data syntax: by sizeId, then by matrixId (0 and 3 alone where sizeId is 3). */
export class ScalingListData {
  scaling_list_pred_mode_flag: number[][] = [[], [], [], []];
  scaling_list_pred_matrix_id_delta: number[][] = [[], [], [], []];
  /** [sizeId - 2][matrixId]; 0 where absent: the value in effect is in `scalingMatrix`. */
  scaling_list_dc_coef_minus8: number[][] = [[], []];
  /** ScalingList[sizeId][matrixId] in coded order, 16 or 64 values; null where it is predicted or the default. */
  ScalingList: (Uint8Array | null)[][] = [[], [], [], []];
}

/** 7.3.7 Short-term reference picture set syntax, with what 7.4.8 derives from it. */
export class ShortTermRefPicSet {
  inter_ref_pic_set_prediction_flag = 0;
  delta_idx_minus1 = 0;
  delta_rps_sign = 0;
  abs_delta_rps_minus1 = 0;
  /** By j, from 0 to NumDeltaPocs of the set that this set is predicted from. */
  used_by_curr_pic_flag: readonly number[] = noNumbers;
  use_delta_flag: readonly number[] = noNumbers;
  num_negative_pics = 0;
  num_positive_pics = 0;
  delta_poc_s0_minus1: readonly number[] = noNumbers;
  used_by_curr_pic_s0_flag: readonly number[] = noNumbers;
  delta_poc_s1_minus1: readonly number[] = noNumbers;
  used_by_curr_pic_s1_flag: readonly number[] = noNumbers;

  /** (7-61) to (7-70): pictures before the current one in output order, the nearest first. */
  NumNegativePics = 0;
  UsedByCurrPicS0: readonly number[] = noNumbers;
  DeltaPocS0: readonly number[] = noNumbers;
  /** Pictures after it, the nearest first. */
  NumPositivePics = 0;
  UsedByCurrPicS1: readonly number[] = noNumbers;
  DeltaPocS1: readonly number[] = noNumbers;
  /** (7-71). */
  NumDeltaPocs = 0;
}

/** E.2.1 VUI parameters syntax. */
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
  matrix_coeffs = 2;
  chroma_loc_info_present_flag = 0;
  chroma_sample_loc_type_top_field = 0;
  chroma_sample_loc_type_bottom_field = 0;
  neutral_chroma_indication_flag = 0;
  field_seq_flag = 0;
  frame_field_info_present_flag = 0;
  default_display_window_flag = 0;
  def_disp_win_left_offset = 0;
  def_disp_win_right_offset = 0;
  def_disp_win_top_offset = 0;
  def_disp_win_bottom_offset = 0;
  vui_timing_info_present_flag = 0;
  vui_num_units_in_tick = 0;
  vui_time_scale = 0;
  vui_poc_proportional_to_timing_flag = 0;
  vui_num_ticks_poc_diff_one_minus1 = 0;
  vui_hrd_parameters_present_flag = 0;
  hrd_parameters: HrdParameters | null = null;
  bitstream_restriction_flag = 0;
  tiles_fixed_structure_flag = 0;
  motion_vectors_over_pic_boundaries_flag = 1;
  restricted_ref_pic_lists_flag = 0;
  min_spatial_segmentation_idc = 0;
  max_bytes_per_pic_denom = 2;
  max_bits_per_min_cu_denom = 1;
  log2_max_mv_length_horizontal = 15;
  log2_max_mv_length_vertical = 15;
}

/** 7.3.2.2.2 Sequence parameter set range extension syntax. */
export class SpsRangeExtension {
  transform_skip_rotation_enabled_flag = 0;
  transform_skip_context_enabled_flag = 0;
  implicit_rdpcm_enabled_flag = 0;
  explicit_rdpcm_enabled_flag = 0;
  extended_precision_processing_flag = 0;
  intra_smoothing_disabled_flag = 0;
  high_precision_offsets_enabled_flag = 0;
  persistent_rice_adaptation_enabled_flag = 0;
  cabac_bypass_alignment_enabled_flag = 0;
}

/** F.7.3.2.2.4 Sequence parameter set multilayer extension syntax. */
export class SpsMultilayerExtension {
  inter_view_mv_vert_constraint_flag = 0;
}

/** I.7.3.2.2.5 Sequence parameter set 3D extension syntax; by d, 0 texture and 1 depth. */
export class Sps3dExtension {
  iv_di_mc_enabled_flag = [0, 0];
  iv_mv_scal_enabled_flag = [0, 0];
  log2_ivmc_sub_pb_size_minus3 = [0, 0];
  iv_res_pred_enabled_flag = [0, 0];
  depth_ref_enabled_flag = [0, 0];
  vsp_mc_enabled_flag = [0, 0];
  dbbp_enabled_flag = [0, 0];
  tex_mc_enabled_flag = [0, 0];
  log2_texmc_sub_pb_size_minus3 = [0, 0];
  intra_contour_enabled_flag = [0, 0];
  intra_dc_only_wedge_enabled_flag = [0, 0];
  cqt_cu_part_pred_enabled_flag = [0, 0];
  inter_dc_only_enabled_flag = [0, 0];
  skip_intra_enabled_flag = [0, 0];
}

/** 7.3.2.2.3 Sequence parameter set screen content coding extension syntax. */
export class SpsSccExtension {
  sps_curr_pic_ref_enabled_flag = 0;
  palette_mode_enabled_flag = 0;
  palette_max_size = 0;
  delta_palette_max_predictor_size = 0;
  sps_palette_predictor_initializers_present_flag = 0;
  sps_num_palette_predictor_initializers_minus1 = 0;
  /** [component][entry]. */
  sps_palette_predictor_initializer: number[][] = [];
  motion_vector_resolution_control_idc = 0;
  intra_boundary_filtering_disabled_flag = 0;
}

/** 7.3.2.2.1 General sequence parameter set RBSP syntax, of a set with nuh_layer_id 0. */
export class SeqParameterSet {
  sps_video_parameter_set_id = 0;
  sps_max_sub_layers_minus1 = 0;
  sps_temporal_id_nesting_flag = 0;
  profile_tier_level = new ProfileTierLevel();
  sps_seq_parameter_set_id = 0;
  chroma_format_idc = 1;
  separate_colour_plane_flag = 0;
  pic_width_in_luma_samples = 0;
  pic_height_in_luma_samples = 0;
  conformance_window_flag = 0;
  conf_win_left_offset = 0;
  conf_win_right_offset = 0;
  conf_win_top_offset = 0;
  conf_win_bottom_offset = 0;
  bit_depth_luma_minus8 = 0;
  bit_depth_chroma_minus8 = 0;
  log2_max_pic_order_cnt_lsb_minus4 = 0;
  sps_sub_layer_ordering_info_present_flag = 0;
  /**
   * By sub-layer, 0 to sps_max_sub_layers_minus1; values that are not coded are those of the highest sub-layer (7.4.3.2.1).
   */
  sps_max_dec_pic_buffering_minus1: number[] = [];
  sps_max_num_reorder_pics: number[] = [];
  sps_max_latency_increase_plus1: number[] = [];
  log2_min_luma_coding_block_size_minus3 = 0;
  log2_diff_max_min_luma_coding_block_size = 0;
  log2_min_luma_transform_block_size_minus2 = 0;
  log2_diff_max_min_luma_transform_block_size = 0;
  max_transform_hierarchy_depth_inter = 0;
  max_transform_hierarchy_depth_intra = 0;
  scaling_list_enabled_flag = 0;
  sps_scaling_list_data_present_flag = 0;
  scaling_list_data: ScalingListData | null = null;
  amp_enabled_flag = 0;
  sample_adaptive_offset_enabled_flag = 0;
  pcm_enabled_flag = 0;
  pcm_sample_bit_depth_luma_minus1 = 0;
  pcm_sample_bit_depth_chroma_minus1 = 0;
  log2_min_pcm_luma_coding_block_size_minus3 = 0;
  log2_diff_max_min_pcm_luma_coding_block_size = 0;
  pcm_loop_filter_disabled_flag = 0;
  num_short_term_ref_pic_sets = 0;
  st_ref_pic_set: ShortTermRefPicSet[] = [];
  long_term_ref_pics_present_flag = 0;
  num_long_term_ref_pics_sps = 0;
  lt_ref_pic_poc_lsb_sps: number[] = [];
  used_by_curr_pic_lt_sps_flag: number[] = [];
  sps_temporal_mvp_enabled_flag = 0;
  strong_intra_smoothing_enabled_flag = 0;
  vui_parameters_present_flag = 0;
  vui_parameters: VuiParameters | null = null;
  sps_extension_present_flag = 0;
  sps_range_extension_flag = 0;
  sps_multilayer_extension_flag = 0;
  sps_3d_extension_flag = 0;
  sps_scc_extension_flag = 0;
  sps_extension_4bits = 0;
  sps_range_extension: SpsRangeExtension | null = null;
  sps_multilayer_extension: SpsMultilayerExtension | null = null;
  sps_3d_extension: Sps3dExtension | null = null;
  sps_scc_extension: SpsSccExtension | null = null;
}

/** 7.3.2.3.2 Picture parameter set range extension syntax. */
export class PpsRangeExtension {
  log2_max_transform_skip_block_size_minus2 = 0;
  cross_component_prediction_enabled_flag = 0;
  chroma_qp_offset_list_enabled_flag = 0;
  diff_cu_chroma_qp_offset_depth = 0;
  chroma_qp_offset_list_len_minus1 = 0;
  cb_qp_offset_list: number[] = [];
  cr_qp_offset_list: number[] = [];
  log2_sao_offset_scale_luma = 0;
  log2_sao_offset_scale_chroma = 0;
}

/** F.7.3.2.3.4 Picture parameter set multilayer extension syntax. Elements about other layers are read and not kept. */
export class PpsMultilayerExtension {
  poc_reset_info_present_flag = 0;
  pps_infer_scaling_list_flag = 0;
  pps_scaling_list_ref_layer_id = 0;
  num_ref_loc_offsets = 0;
  colour_mapping_enabled_flag = 0;
}

/** I.7.3.2.3.7 Picture parameter set 3D extension syntax. Its depth lookup tables are read and not kept. */
export class Pps3dExtension {
  dlts_present_flag = 0;
  pps_depth_layers_minus1 = 0;
  pps_bit_depth_for_depth_layers_minus8 = 0;
}

/** 7.3.2.3.3 Picture parameter set screen content coding extension syntax. */
export class PpsSccExtension {
  pps_curr_pic_ref_enabled_flag = 0;
  residual_adaptive_colour_transform_enabled_flag = 0;
  pps_slice_act_qp_offsets_present_flag = 0;
  pps_act_y_qp_offset_plus5 = 0;
  pps_act_cb_qp_offset_plus5 = 0;
  pps_act_cr_qp_offset_plus3 = 0;
  pps_palette_predictor_initializers_present_flag = 0;
  pps_num_palette_predictor_initializers = 0;
  monochrome_palette_flag = 0;
  luma_bit_depth_entry_minus8 = 0;
  chroma_bit_depth_entry_minus8 = 0;
  /** [component][entry]. */
  pps_palette_predictor_initializer: number[][] = [];
}

/** 7.3.2.3.1 General picture parameter set RBSP syntax. */
export class PicParameterSet {
  pps_pic_parameter_set_id = 0;
  pps_seq_parameter_set_id = 0;
  dependent_slice_segments_enabled_flag = 0;
  output_flag_present_flag = 0;
  num_extra_slice_header_bits = 0;
  sign_data_hiding_enabled_flag = 0;
  cabac_init_present_flag = 0;
  num_ref_idx_l0_default_active_minus1 = 0;
  num_ref_idx_l1_default_active_minus1 = 0;
  init_qp_minus26 = 0;
  constrained_intra_pred_flag = 0;
  transform_skip_enabled_flag = 0;
  cu_qp_delta_enabled_flag = 0;
  diff_cu_qp_delta_depth = 0;
  pps_cb_qp_offset = 0;
  pps_cr_qp_offset = 0;
  pps_slice_chroma_qp_offsets_present_flag = 0;
  weighted_pred_flag = 0;
  weighted_bipred_flag = 0;
  transquant_bypass_enabled_flag = 0;
  tiles_enabled_flag = 0;
  entropy_coding_sync_enabled_flag = 0;
  num_tile_columns_minus1 = 0;
  num_tile_rows_minus1 = 0;
  uniform_spacing_flag = 1;
  /** As coded: without the last column and row, and empty where uniform_spacing_flag is 1. */
  column_width_minus1: number[] = [];
  row_height_minus1: number[] = [];
  loop_filter_across_tiles_enabled_flag = 1;
  pps_loop_filter_across_slices_enabled_flag = 0;
  deblocking_filter_control_present_flag = 0;
  deblocking_filter_override_enabled_flag = 0;
  pps_deblocking_filter_disabled_flag = 0;
  pps_beta_offset_div2 = 0;
  pps_tc_offset_div2 = 0;
  pps_scaling_list_data_present_flag = 0;
  scaling_list_data: ScalingListData | null = null;
  lists_modification_present_flag = 0;
  log2_parallel_merge_level_minus2 = 0;
  slice_segment_header_extension_present_flag = 0;
  pps_extension_present_flag = 0;
  pps_range_extension_flag = 0;
  pps_multilayer_extension_flag = 0;
  pps_3d_extension_flag = 0;
  pps_scc_extension_flag = 0;
  pps_extension_4bits = 0;
  pps_range_extension: PpsRangeExtension | null = null;
  pps_multilayer_extension: PpsMultilayerExtension | null = null;
  pps_3d_extension: Pps3dExtension | null = null;
  pps_scc_extension: PpsSccExtension | null = null;
}

/** 7.3.2.5 Access unit delimiter RBSP syntax. */
export class AccessUnitDelimiter {
  pic_type = 0;
}

/** 7.3.5 Supplemental enhancement information message: type, size, and the payload of the types that we read. */
export class SeiMessage {
  payloadType = 0;
  /** In bytes, emulation prevention bytes not counted. */
  payloadSize = 0;
  /** Read in prefix SEI for payload types 6, 129 and, where the active SPS is known, 1; null otherwise. */
  payload: RecoveryPoint | PicTiming | ActiveParameterSets | null = null;
}

/** D.2.8 Recovery point SEI message syntax (payloadType 6). */
export class RecoveryPoint {
  readonly type = "recovery_point";
  recovery_poc_cnt = 0;
  exact_match_flag = 0;
  broken_link_flag = 0;
}

/** D.2.3 Picture timing SEI message syntax (payloadType 1). */
export class PicTiming {
  readonly type = "pic_timing";
  /** -1 where frame_field_info_present_flag is 0. */
  pic_struct = -1;
  source_scan_type = 2;
  duplicate_flag = 0;
  au_cpb_removal_delay_minus1 = 0;
  pic_dpb_output_delay = 0;
  pic_dpb_output_du_delay = 0;
  num_decoding_units_minus1 = 0;
  du_common_cpb_removal_delay_flag = 0;
  du_common_cpb_removal_delay_increment_minus1 = 0;
  num_nalus_in_du_minus1: number[] = [];
  du_cpb_removal_delay_increment_minus1: number[] = [];
}

/** D.2.21 Active parameter sets SEI message syntax (payloadType 129). */
export class ActiveParameterSets {
  readonly type = "active_parameter_sets";
  active_video_parameter_set_id = 0;
  self_contained_cvs_flag = 0;
  no_parameter_set_update_flag = 0;
  num_sps_ids_minus1 = 0;
  active_seq_parameter_set_id: number[] = [];
  layer_sps_idx: number[] = [];
}

/** 7.3.6.3 Weighted prediction parameters syntax, for one list, as coded; what is absent is 0 (7.4.7.3). */
export class PredWeights {
  luma_weight_flag: number[];
  chroma_weight_flag: number[];
  delta_luma_weight: number[];
  luma_offset: number[];
  /** [entry][0 Cb, 1 Cr]. */
  delta_chroma_weight: (readonly [number, number])[];
  delta_chroma_offset: (readonly [number, number])[];
  /** @param entries so many entries are made, without values. */
  constructor(entries = 0) {
    this.luma_weight_flag = new Array(entries);
    this.chroma_weight_flag = new Array(entries);
    this.delta_luma_weight = new Array(entries);
    this.luma_offset = new Array(entries);
    this.delta_chroma_weight = new Array(entries);
    this.delta_chroma_offset = new Array(entries);
  }
}

/** 7.3.6.3 Weighted prediction parameters syntax. In a slice header, the list that the slice does not have is frozen and shared with others. */
export class PredWeightTable {
  luma_log2_weight_denom = 0;
  delta_chroma_log2_weight_denom = 0;
  l0: PredWeights;
  /** Empty in P slices. */
  l1: PredWeights;
  constructor(l0: PredWeights = new PredWeights(), l1: PredWeights = new PredWeights()) {
    this.l0 = l0;
    this.l1 = l1;
  }
}

/**
 * 7.3.6.1 General slice segment header syntax. In the header of a dependent slice segment, all elements from
 * slice_reserved_flag to slice_loop_filter_across_slices_enabled_flag, and the sizes of the reference picture sets, have the
 * values of the independent slice segment before it (7.4.7.1).
 */
export class SliceSegmentHeader {
  /** From the header of the slice segment's NAL unit. */
  nal_unit_type = 0;
  nuh_layer_id = 0;
  nuh_temporal_id_plus1 = 1;
  first_slice_segment_in_pic_flag = 0;
  no_output_of_prior_pics_flag = 0;
  slice_pic_parameter_set_id = 0;
  dependent_slice_segment_flag = 0;
  slice_segment_address = 0;
  slice_reserved_flag: readonly number[] = noNumbers;
  /** Table 7-7: 0 B, 1 P, 2 I. */
  slice_type = 2;
  pic_output_flag = 1;
  colour_plane_id = 0;
  slice_pic_order_cnt_lsb = 0;
  short_term_ref_pic_set_sps_flag = 0;
  /** The set in the slice header. Null where the slice uses one of the SPS, and in IDR pictures. */
  st_ref_pic_set: ShortTermRefPicSet | null = null;
  short_term_ref_pic_set_idx = 0;
  num_long_term_sps = 0;
  num_long_term_pics = 0;
  /** By i, for i less than num_long_term_sps. */
  lt_idx_sps: readonly number[] = noNumbers;
  /** By i, for i from num_long_term_sps on; the entries before are 0. */
  poc_lsb_lt: readonly number[] = noNumbers;
  used_by_curr_pic_lt_flag: readonly number[] = noNumbers;
  delta_poc_msb_present_flag: readonly number[] = noNumbers;
  delta_poc_msb_cycle_lt: readonly number[] = noNumbers;
  slice_temporal_mvp_enabled_flag = 0;
  slice_sao_luma_flag = 0;
  slice_sao_chroma_flag = 0;
  num_ref_idx_active_override_flag = 0;
  /** Inferred to be the PPS's default where absent and the slice type has the list. */
  num_ref_idx_l0_active_minus1 = 0;
  num_ref_idx_l1_active_minus1 = 0;
  /** 7.3.6.2 Reference picture list modification syntax. */
  ref_pic_list_modification_flag_l0 = 0;
  list_entry_l0: readonly number[] = noNumbers;
  ref_pic_list_modification_flag_l1 = 0;
  list_entry_l1: readonly number[] = noNumbers;
  mvd_l1_zero_flag = 0;
  cabac_init_flag = 0;
  collocated_from_l0_flag = 1;
  collocated_ref_idx = 0;
  pred_weight_table: PredWeightTable | null = null;
  five_minus_max_num_merge_cand = 0;
  /** Inferred to be motion_vector_resolution_control_idc where absent. */
  use_integer_mv_flag = 0;
  slice_qp_delta = 0;
  slice_cb_qp_offset = 0;
  slice_cr_qp_offset = 0;
  slice_act_y_qp_offset = 0;
  slice_act_cb_qp_offset = 0;
  slice_act_cr_qp_offset = 0;
  cu_chroma_qp_offset_enabled_flag = 0;
  deblocking_filter_override_flag = 0;
  /** Where absent, these four have the PPS's values. */
  slice_deblocking_filter_disabled_flag = 0;
  slice_beta_offset_div2 = 0;
  slice_tc_offset_div2 = 0;
  slice_loop_filter_across_slices_enabled_flag = 0;
  num_entry_point_offsets = 0;
  offset_len_minus1 = 0;
  entry_point_offset_minus1: readonly number[] = noNumbers;
  slice_segment_header_extension_length = 0;
  slice_segment_header_extension_data_byte: readonly number[] = noNumbers;

  /**
   * Bits of st_ref_pic_set() in the slice header; 0 where short_term_ref_pic_set_sps_flag is 1, and in IDR pictures.
   */
  short_term_ref_pic_set_size = 0;
  /** Bits in the slice header from num_long_term_sps, or num_long_term_pics, to the last delta_poc_msb_cycle_lt. */
  long_term_ref_pic_set_size = 0;
  /** Bits from the first bit of the NAL unit header to slice_segment_data(), not counting emulation prevention bytes. */
  header_bit_size = 0;
  /** Bytes from the first byte of the NAL unit header to slice_segment_data(), counting emulation prevention bytes. */
  slice_data_byte_offset = 0;
}

/** The parameter sets that a slice segment refers to. */
export interface ParameterSets {
  readonly sps: SeqParameterSet;
  readonly pps: PicParameterSet;
}
