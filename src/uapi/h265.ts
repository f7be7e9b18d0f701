/** H.265 (ITU-T H.265, "HEVC" in the header) in linux/v4l2-controls.h: everything of `V4L2_CID_STATELESS_HEVC_*`. */

import type { ControlDefinition } from "./control.ts";
import { array, enumeration, flagSet, type Infer, s8, s32, struct, u8, u16, u32, u64 } from "./struct.ts";

/** The OUTPUT format: parsed HEVC slices (linux/videodev2.h). The fourcc "S265". */
export const V4L2_PIX_FMT_HEVC_SLICE = 0x35363253;

/** Control ids. */
export const V4L2_CID_STATELESS_HEVC_SPS = 0xa40a90;
export const V4L2_CID_STATELESS_HEVC_PPS = 0xa40a91;
export const V4L2_CID_STATELESS_HEVC_SLICE_PARAMS = 0xa40a92;
export const V4L2_CID_STATELESS_HEVC_SCALING_MATRIX = 0xa40a93;
export const V4L2_CID_STATELESS_HEVC_DECODE_PARAMS = 0xa40a94;
export const V4L2_CID_STATELESS_HEVC_DECODE_MODE = 0xa40a95;
export const V4L2_CID_STATELESS_HEVC_START_CODE = 0xa40a96;
export const V4L2_CID_STATELESS_HEVC_ENTRY_POINT_OFFSETS = 0xa40a97;
export const V4L2_CID_STATELESS_HEVC_EXT_SPS_ST_RPS = 0xa40a98;
export const V4L2_CID_STATELESS_HEVC_EXT_SPS_LT_RPS = 0xa40a99;

/** `enum v4l2_stateless_hevc_decode_mode`: what one request holds. */
export const V4L2_STATELESS_HEVC_DECODE_MODE_SLICE_BASED = 0;
export const V4L2_STATELESS_HEVC_DECODE_MODE_FRAME_BASED = 1;

/** `enum v4l2_stateless_hevc_start_code`: what stands before each slice segment in the OUTPUT buffer. */
export const V4L2_STATELESS_HEVC_START_CODE_NONE = 0;
export const V4L2_STATELESS_HEVC_START_CODE_ANNEX_B = 1;

/** Bits of `v4l2_ctrl_hevc_sps.flags`. */
export const V4L2_HEVC_SPS_FLAG_SEPARATE_COLOUR_PLANE = 0x1;
export const V4L2_HEVC_SPS_FLAG_SCALING_LIST_ENABLED = 0x2;
export const V4L2_HEVC_SPS_FLAG_AMP_ENABLED = 0x4;
export const V4L2_HEVC_SPS_FLAG_SAMPLE_ADAPTIVE_OFFSET = 0x8;
export const V4L2_HEVC_SPS_FLAG_PCM_ENABLED = 0x10;
export const V4L2_HEVC_SPS_FLAG_PCM_LOOP_FILTER_DISABLED = 0x20;
export const V4L2_HEVC_SPS_FLAG_LONG_TERM_REF_PICS_PRESENT = 0x40;
export const V4L2_HEVC_SPS_FLAG_SPS_TEMPORAL_MVP_ENABLED = 0x80;
export const V4L2_HEVC_SPS_FLAG_STRONG_INTRA_SMOOTHING_ENABLED = 0x100;

/** Sequence parameter set, 7.3.2.2. */
export const v4l2_ctrl_hevc_sps = /* @__PURE__ */ struct("v4l2_ctrl_hevc_sps", 40, {
  video_parameter_set_id: u8,
  seq_parameter_set_id: u8,
  pic_width_in_luma_samples: u16,
  pic_height_in_luma_samples: u16,
  bit_depth_luma_minus8: u8,
  bit_depth_chroma_minus8: u8,
  log2_max_pic_order_cnt_lsb_minus4: u8,
  sps_max_dec_pic_buffering_minus1: u8,
  sps_max_num_reorder_pics: u8,
  sps_max_latency_increase_plus1: u8,
  log2_min_luma_coding_block_size_minus3: u8,
  log2_diff_max_min_luma_coding_block_size: u8,
  log2_min_luma_transform_block_size_minus2: u8,
  log2_diff_max_min_luma_transform_block_size: u8,
  max_transform_hierarchy_depth_inter: u8,
  max_transform_hierarchy_depth_intra: u8,
  pcm_sample_bit_depth_luma_minus1: u8,
  pcm_sample_bit_depth_chroma_minus1: u8,
  log2_min_pcm_luma_coding_block_size_minus3: u8,
  log2_diff_max_min_pcm_luma_coding_block_size: u8,
  num_short_term_ref_pic_sets: u8,
  num_long_term_ref_pics_sps: u8,
  chroma_format_idc: u8,
  sps_max_sub_layers_minus1: u8,
  reserved: array(u8, 6),
  flags: flagSet(u64, {
    V4L2_HEVC_SPS_FLAG_SEPARATE_COLOUR_PLANE,
    V4L2_HEVC_SPS_FLAG_SCALING_LIST_ENABLED,
    V4L2_HEVC_SPS_FLAG_AMP_ENABLED,
    V4L2_HEVC_SPS_FLAG_SAMPLE_ADAPTIVE_OFFSET,
    V4L2_HEVC_SPS_FLAG_PCM_ENABLED,
    V4L2_HEVC_SPS_FLAG_PCM_LOOP_FILTER_DISABLED,
    V4L2_HEVC_SPS_FLAG_LONG_TERM_REF_PICS_PRESENT,
    V4L2_HEVC_SPS_FLAG_SPS_TEMPORAL_MVP_ENABLED,
    V4L2_HEVC_SPS_FLAG_STRONG_INTRA_SMOOTHING_ENABLED,
  }),
});
/** The plain value of `struct v4l2_ctrl_hevc_sps`. */
export type v4l2_ctrl_hevc_sps = Infer<typeof v4l2_ctrl_hevc_sps>;

/** Bits of `v4l2_ctrl_hevc_ext_sps_st_rps.flags`. */
export const V4L2_HEVC_EXT_SPS_ST_RPS_FLAG_INTER_REF_PIC_SET_PRED = 0x1;

/** One st_ref_pic_set of the sequence parameter set as coded, 7.3.7. Bit i of the two masks belongs to candidate i. */
export const v4l2_ctrl_hevc_ext_sps_st_rps = /* @__PURE__ */ struct("v4l2_ctrl_hevc_ext_sps_st_rps", 80, {
  delta_idx_minus1: u8,
  delta_rps_sign: u8,
  num_negative_pics: u8,
  num_positive_pics: u8,
  used_by_curr_pic: u32,
  use_delta_flag: u32,
  abs_delta_rps_minus1: u16,
  delta_poc_s0_minus1: array(u16, 16),
  delta_poc_s1_minus1: array(u16, 16),
  flags: flagSet(u16, { V4L2_HEVC_EXT_SPS_ST_RPS_FLAG_INTER_REF_PIC_SET_PRED }),
});
/** The plain value of `struct v4l2_ctrl_hevc_ext_sps_st_rps`. */
export type v4l2_ctrl_hevc_ext_sps_st_rps = Infer<typeof v4l2_ctrl_hevc_ext_sps_st_rps>;

/** Bits of `v4l2_ctrl_hevc_ext_sps_lt_rps.flags`. */
export const V4L2_HEVC_EXT_SPS_LT_RPS_FLAG_USED_LT = 0x1;

/** One long-term candidate of the sequence parameter set, 7.3.2.2. */
export const v4l2_ctrl_hevc_ext_sps_lt_rps = /* @__PURE__ */ struct("v4l2_ctrl_hevc_ext_sps_lt_rps", 4, {
  lt_ref_pic_poc_lsb_sps: u16,
  flags: flagSet(u16, { V4L2_HEVC_EXT_SPS_LT_RPS_FLAG_USED_LT }),
});
/** The plain value of `struct v4l2_ctrl_hevc_ext_sps_lt_rps`. */
export type v4l2_ctrl_hevc_ext_sps_lt_rps = Infer<typeof v4l2_ctrl_hevc_ext_sps_lt_rps>;

/** Bits of `v4l2_ctrl_hevc_pps.flags`. */
export const V4L2_HEVC_PPS_FLAG_DEPENDENT_SLICE_SEGMENT_ENABLED = 0x1;
export const V4L2_HEVC_PPS_FLAG_OUTPUT_FLAG_PRESENT = 0x2;
export const V4L2_HEVC_PPS_FLAG_SIGN_DATA_HIDING_ENABLED = 0x4;
export const V4L2_HEVC_PPS_FLAG_CABAC_INIT_PRESENT = 0x8;
export const V4L2_HEVC_PPS_FLAG_CONSTRAINED_INTRA_PRED = 0x10;
export const V4L2_HEVC_PPS_FLAG_TRANSFORM_SKIP_ENABLED = 0x20;
export const V4L2_HEVC_PPS_FLAG_CU_QP_DELTA_ENABLED = 0x40;
export const V4L2_HEVC_PPS_FLAG_PPS_SLICE_CHROMA_QP_OFFSETS_PRESENT = 0x80;
export const V4L2_HEVC_PPS_FLAG_WEIGHTED_PRED = 0x100;
export const V4L2_HEVC_PPS_FLAG_WEIGHTED_BIPRED = 0x200;
export const V4L2_HEVC_PPS_FLAG_TRANSQUANT_BYPASS_ENABLED = 0x400;
export const V4L2_HEVC_PPS_FLAG_TILES_ENABLED = 0x800;
export const V4L2_HEVC_PPS_FLAG_ENTROPY_CODING_SYNC_ENABLED = 0x1000;
export const V4L2_HEVC_PPS_FLAG_LOOP_FILTER_ACROSS_TILES_ENABLED = 0x2000;
export const V4L2_HEVC_PPS_FLAG_PPS_LOOP_FILTER_ACROSS_SLICES_ENABLED = 0x4000;
export const V4L2_HEVC_PPS_FLAG_DEBLOCKING_FILTER_OVERRIDE_ENABLED = 0x8000;
export const V4L2_HEVC_PPS_FLAG_PPS_DISABLE_DEBLOCKING_FILTER = 0x10000;
export const V4L2_HEVC_PPS_FLAG_LISTS_MODIFICATION_PRESENT = 0x20000;
export const V4L2_HEVC_PPS_FLAG_SLICE_SEGMENT_HEADER_EXTENSION_PRESENT = 0x40000;
export const V4L2_HEVC_PPS_FLAG_DEBLOCKING_FILTER_CONTROL_PRESENT = 0x80000;
export const V4L2_HEVC_PPS_FLAG_UNIFORM_SPACING = 0x100000;

/** Picture parameter set, 7.3.2.3. */
export const v4l2_ctrl_hevc_pps = /* @__PURE__ */ struct("v4l2_ctrl_hevc_pps", 64, {
  pic_parameter_set_id: u8,
  num_extra_slice_header_bits: u8,
  num_ref_idx_l0_default_active_minus1: u8,
  num_ref_idx_l1_default_active_minus1: u8,
  init_qp_minus26: s8,
  diff_cu_qp_delta_depth: u8,
  pps_cb_qp_offset: s8,
  pps_cr_qp_offset: s8,
  num_tile_columns_minus1: u8,
  num_tile_rows_minus1: u8,
  column_width_minus1: array(u8, 20),
  row_height_minus1: array(u8, 22),
  pps_beta_offset_div2: s8,
  pps_tc_offset_div2: s8,
  log2_parallel_merge_level_minus2: u8,
  reserved: u8,
  flags: flagSet(u64, {
    V4L2_HEVC_PPS_FLAG_DEPENDENT_SLICE_SEGMENT_ENABLED,
    V4L2_HEVC_PPS_FLAG_OUTPUT_FLAG_PRESENT,
    V4L2_HEVC_PPS_FLAG_SIGN_DATA_HIDING_ENABLED,
    V4L2_HEVC_PPS_FLAG_CABAC_INIT_PRESENT,
    V4L2_HEVC_PPS_FLAG_CONSTRAINED_INTRA_PRED,
    V4L2_HEVC_PPS_FLAG_TRANSFORM_SKIP_ENABLED,
    V4L2_HEVC_PPS_FLAG_CU_QP_DELTA_ENABLED,
    V4L2_HEVC_PPS_FLAG_PPS_SLICE_CHROMA_QP_OFFSETS_PRESENT,
    V4L2_HEVC_PPS_FLAG_WEIGHTED_PRED,
    V4L2_HEVC_PPS_FLAG_WEIGHTED_BIPRED,
    V4L2_HEVC_PPS_FLAG_TRANSQUANT_BYPASS_ENABLED,
    V4L2_HEVC_PPS_FLAG_TILES_ENABLED,
    V4L2_HEVC_PPS_FLAG_ENTROPY_CODING_SYNC_ENABLED,
    V4L2_HEVC_PPS_FLAG_LOOP_FILTER_ACROSS_TILES_ENABLED,
    V4L2_HEVC_PPS_FLAG_PPS_LOOP_FILTER_ACROSS_SLICES_ENABLED,
    V4L2_HEVC_PPS_FLAG_DEBLOCKING_FILTER_OVERRIDE_ENABLED,
    V4L2_HEVC_PPS_FLAG_PPS_DISABLE_DEBLOCKING_FILTER,
    V4L2_HEVC_PPS_FLAG_LISTS_MODIFICATION_PRESENT,
    V4L2_HEVC_PPS_FLAG_SLICE_SEGMENT_HEADER_EXTENSION_PRESENT,
    V4L2_HEVC_PPS_FLAG_DEBLOCKING_FILTER_CONTROL_PRESENT,
    V4L2_HEVC_PPS_FLAG_UNIFORM_SPACING,
  }),
});
/** The plain value of `struct v4l2_ctrl_hevc_pps`. */
export type v4l2_ctrl_hevc_pps = Infer<typeof v4l2_ctrl_hevc_pps>;

/** Scaling lists in raster scan; the DC coefficients of 16x16 and 32x32 apart. */
export const v4l2_ctrl_hevc_scaling_matrix = /* @__PURE__ */ struct("v4l2_ctrl_hevc_scaling_matrix", 1000, {
  scaling_list_4x4: array(u8, 6, 16),
  scaling_list_8x8: array(u8, 6, 64),
  scaling_list_16x16: array(u8, 6, 64),
  scaling_list_32x32: array(u8, 2, 64),
  scaling_list_dc_coef_16x16: array(u8, 6),
  scaling_list_dc_coef_32x32: array(u8, 2),
});
/** The plain value of `struct v4l2_ctrl_hevc_scaling_matrix`. */
export type v4l2_ctrl_hevc_scaling_matrix = Infer<typeof v4l2_ctrl_hevc_scaling_matrix>;

/** pic_struct of Table D.2: `v4l2_hevc_dpb_entry.field_pic` and `v4l2_ctrl_hevc_slice_params.pic_struct`. */
export const V4L2_HEVC_SEI_PIC_STRUCT_FRAME = 0;
export const V4L2_HEVC_SEI_PIC_STRUCT_TOP_FIELD = 1;
export const V4L2_HEVC_SEI_PIC_STRUCT_BOTTOM_FIELD = 2;
export const V4L2_HEVC_SEI_PIC_STRUCT_TOP_BOTTOM = 3;
export const V4L2_HEVC_SEI_PIC_STRUCT_BOTTOM_TOP = 4;
export const V4L2_HEVC_SEI_PIC_STRUCT_TOP_BOTTOM_TOP = 5;
export const V4L2_HEVC_SEI_PIC_STRUCT_BOTTOM_TOP_BOTTOM = 6;
export const V4L2_HEVC_SEI_PIC_STRUCT_FRAME_DOUBLING = 7;
export const V4L2_HEVC_SEI_PIC_STRUCT_FRAME_TRIPLING = 8;
export const V4L2_HEVC_SEI_PIC_STRUCT_TOP_PAIRED_PREVIOUS_BOTTOM = 9;
export const V4L2_HEVC_SEI_PIC_STRUCT_BOTTOM_PAIRED_PREVIOUS_TOP = 10;
export const V4L2_HEVC_SEI_PIC_STRUCT_TOP_PAIRED_NEXT_BOTTOM = 11;
export const V4L2_HEVC_SEI_PIC_STRUCT_BOTTOM_PAIRED_NEXT_TOP = 12;

/** Length of `dpb`, of its index lists and of the reference lists. */
export const V4L2_HEVC_DPB_ENTRIES_NUM_MAX = 16;

/** Bits of `v4l2_hevc_dpb_entry.flags`. */
export const V4L2_HEVC_DPB_ENTRY_LONG_TERM_REFERENCE = 0x1;

/** A pic_struct of the picture timing SEI message (D.3.3), in a byte. */
const picStruct = /* @__PURE__ */ enumeration(u8, {
  V4L2_HEVC_SEI_PIC_STRUCT_FRAME,
  V4L2_HEVC_SEI_PIC_STRUCT_TOP_FIELD,
  V4L2_HEVC_SEI_PIC_STRUCT_BOTTOM_FIELD,
  V4L2_HEVC_SEI_PIC_STRUCT_TOP_BOTTOM,
  V4L2_HEVC_SEI_PIC_STRUCT_BOTTOM_TOP,
  V4L2_HEVC_SEI_PIC_STRUCT_TOP_BOTTOM_TOP,
  V4L2_HEVC_SEI_PIC_STRUCT_BOTTOM_TOP_BOTTOM,
  V4L2_HEVC_SEI_PIC_STRUCT_FRAME_DOUBLING,
  V4L2_HEVC_SEI_PIC_STRUCT_FRAME_TRIPLING,
  V4L2_HEVC_SEI_PIC_STRUCT_TOP_PAIRED_PREVIOUS_BOTTOM,
  V4L2_HEVC_SEI_PIC_STRUCT_BOTTOM_PAIRED_PREVIOUS_TOP,
  V4L2_HEVC_SEI_PIC_STRUCT_TOP_PAIRED_NEXT_BOTTOM,
  V4L2_HEVC_SEI_PIC_STRUCT_BOTTOM_PAIRED_NEXT_TOP,
});

/** A picture of the decoded picture buffer; `timestamp` is the nanosecond timestamp of its CAPTURE buffer. */
export const v4l2_hevc_dpb_entry = /* @__PURE__ */ struct("v4l2_hevc_dpb_entry", 16, {
  timestamp: u64,
  flags: flagSet(u8, { V4L2_HEVC_DPB_ENTRY_LONG_TERM_REFERENCE }),
  field_pic: picStruct,
  reserved: u16,
  pic_order_cnt_val: s32,
});
/** The plain value of `struct v4l2_hevc_dpb_entry`. */
export type v4l2_hevc_dpb_entry = Infer<typeof v4l2_hevc_dpb_entry>;

/** Prediction weights, 7.3.6.3; the second index of chroma is Cb, Cr. */
export const v4l2_hevc_pred_weight_table = /* @__PURE__ */ struct("v4l2_hevc_pred_weight_table", 194, {
  delta_luma_weight_l0: array(s8, 16),
  luma_offset_l0: array(s8, 16),
  delta_chroma_weight_l0: array(s8, 16, 2),
  chroma_offset_l0: array(s8, 16, 2),
  delta_luma_weight_l1: array(s8, 16),
  luma_offset_l1: array(s8, 16),
  delta_chroma_weight_l1: array(s8, 16, 2),
  chroma_offset_l1: array(s8, 16, 2),
  luma_log2_weight_denom: u8,
  delta_chroma_log2_weight_denom: s8,
});
/** The plain value of `struct v4l2_hevc_pred_weight_table`. */
export type v4l2_hevc_pred_weight_table = Infer<typeof v4l2_hevc_pred_weight_table>;

/** `v4l2_ctrl_hevc_slice_params.slice_type`. */
export const V4L2_HEVC_SLICE_TYPE_B = 0;
export const V4L2_HEVC_SLICE_TYPE_P = 1;
export const V4L2_HEVC_SLICE_TYPE_I = 2;

/** Bits of `v4l2_ctrl_hevc_slice_params.flags`. */
export const V4L2_HEVC_SLICE_PARAMS_FLAG_SLICE_SAO_LUMA = 0x1;
export const V4L2_HEVC_SLICE_PARAMS_FLAG_SLICE_SAO_CHROMA = 0x2;
export const V4L2_HEVC_SLICE_PARAMS_FLAG_SLICE_TEMPORAL_MVP_ENABLED = 0x4;
export const V4L2_HEVC_SLICE_PARAMS_FLAG_MVD_L1_ZERO = 0x8;
export const V4L2_HEVC_SLICE_PARAMS_FLAG_CABAC_INIT = 0x10;
export const V4L2_HEVC_SLICE_PARAMS_FLAG_COLLOCATED_FROM_L0 = 0x20;
export const V4L2_HEVC_SLICE_PARAMS_FLAG_USE_INTEGER_MV = 0x40;
export const V4L2_HEVC_SLICE_PARAMS_FLAG_SLICE_DEBLOCKING_FILTER_DISABLED = 0x80;
export const V4L2_HEVC_SLICE_PARAMS_FLAG_SLICE_LOOP_FILTER_ACROSS_SLICES_ENABLED = 0x100;
export const V4L2_HEVC_SLICE_PARAMS_FLAG_DEPENDENT_SLICE_SEGMENT = 0x200;

/** Slice segment header, 7.3.6.1. The reference lists are indices into `dpb` of the decode parameters. */
export const v4l2_ctrl_hevc_slice_params = /* @__PURE__ */ struct("v4l2_ctrl_hevc_slice_params", 280, {
  bit_size: u32,
  data_byte_offset: u32,
  num_entry_point_offsets: u32,
  nal_unit_type: u8,
  nuh_temporal_id_plus1: u8,
  slice_type: enumeration(u8, { V4L2_HEVC_SLICE_TYPE_B, V4L2_HEVC_SLICE_TYPE_P, V4L2_HEVC_SLICE_TYPE_I }),
  colour_plane_id: u8,
  slice_pic_order_cnt: s32,
  num_ref_idx_l0_active_minus1: u8,
  num_ref_idx_l1_active_minus1: u8,
  collocated_ref_idx: u8,
  five_minus_max_num_merge_cand: u8,
  slice_qp_delta: s8,
  slice_cb_qp_offset: s8,
  slice_cr_qp_offset: s8,
  slice_act_y_qp_offset: s8,
  slice_act_cb_qp_offset: s8,
  slice_act_cr_qp_offset: s8,
  slice_beta_offset_div2: s8,
  slice_tc_offset_div2: s8,
  pic_struct: picStruct,
  reserved0: array(u8, 3),
  slice_segment_addr: u32,
  ref_idx_l0: array(u8, 16),
  ref_idx_l1: array(u8, 16),
  short_term_ref_pic_set_size: u16,
  long_term_ref_pic_set_size: u16,
  pred_weight_table: v4l2_hevc_pred_weight_table,
  reserved1: array(u8, 2),
  flags: flagSet(u64, {
    V4L2_HEVC_SLICE_PARAMS_FLAG_SLICE_SAO_LUMA,
    V4L2_HEVC_SLICE_PARAMS_FLAG_SLICE_SAO_CHROMA,
    V4L2_HEVC_SLICE_PARAMS_FLAG_SLICE_TEMPORAL_MVP_ENABLED,
    V4L2_HEVC_SLICE_PARAMS_FLAG_MVD_L1_ZERO,
    V4L2_HEVC_SLICE_PARAMS_FLAG_CABAC_INIT,
    V4L2_HEVC_SLICE_PARAMS_FLAG_COLLOCATED_FROM_L0,
    V4L2_HEVC_SLICE_PARAMS_FLAG_USE_INTEGER_MV,
    V4L2_HEVC_SLICE_PARAMS_FLAG_SLICE_DEBLOCKING_FILTER_DISABLED,
    V4L2_HEVC_SLICE_PARAMS_FLAG_SLICE_LOOP_FILTER_ACROSS_SLICES_ENABLED,
    V4L2_HEVC_SLICE_PARAMS_FLAG_DEPENDENT_SLICE_SEGMENT,
  }),
});
/** The plain value of `struct v4l2_ctrl_hevc_slice_params`. */
export type v4l2_ctrl_hevc_slice_params = Infer<typeof v4l2_ctrl_hevc_slice_params>;

/** Bits of `v4l2_ctrl_hevc_decode_params.flags`. */
export const V4L2_HEVC_DECODE_PARAM_FLAG_IRAP_PIC = 0x1;
export const V4L2_HEVC_DECODE_PARAM_FLAG_IDR_PIC = 0x2;
export const V4L2_HEVC_DECODE_PARAM_FLAG_NO_OUTPUT_OF_PRIOR = 0x4;

/** What belongs to the picture: the DPB and the reference picture set, which holds indices into `dpb`. */
export const v4l2_ctrl_hevc_decode_params = /* @__PURE__ */ struct("v4l2_ctrl_hevc_decode_params", 328, {
  pic_order_cnt_val: s32,
  short_term_ref_pic_set_size: u16,
  long_term_ref_pic_set_size: u16,
  num_active_dpb_entries: u8,
  num_poc_st_curr_before: u8,
  num_poc_st_curr_after: u8,
  num_poc_lt_curr: u8,
  poc_st_curr_before: array(u8, 16),
  poc_st_curr_after: array(u8, 16),
  poc_lt_curr: array(u8, 16),
  num_delta_pocs_of_ref_rps_idx: u8,
  reserved: array(u8, 3),
  dpb: array(v4l2_hevc_dpb_entry, 16),
  flags: flagSet(u64, {
    V4L2_HEVC_DECODE_PARAM_FLAG_IRAP_PIC,
    V4L2_HEVC_DECODE_PARAM_FLAG_IDR_PIC,
    V4L2_HEVC_DECODE_PARAM_FLAG_NO_OUTPUT_OF_PRIOR,
  }),
});
/** The plain value of `struct v4l2_ctrl_hevc_decode_params`. */
export type v4l2_ctrl_hevc_decode_params = Infer<typeof v4l2_ctrl_hevc_decode_params>;

/** The controls of H.265 by name. Stable since Linux 6.0; the two EXT_SPS came with 7.0, commit fa05705107a4. */
export const hevcControls = {
  V4L2_CID_STATELESS_HEVC_SPS: {
    name: "V4L2_CID_STATELESS_HEVC_SPS",
    id: V4L2_CID_STATELESS_HEVC_SPS,
    type: "struct",
    struct: v4l2_ctrl_hevc_sps,
    since: "6.0",
  },
  V4L2_CID_STATELESS_HEVC_PPS: {
    name: "V4L2_CID_STATELESS_HEVC_PPS",
    id: V4L2_CID_STATELESS_HEVC_PPS,
    type: "struct",
    struct: v4l2_ctrl_hevc_pps,
    since: "6.0",
  },
  V4L2_CID_STATELESS_HEVC_SLICE_PARAMS: {
    name: "V4L2_CID_STATELESS_HEVC_SLICE_PARAMS",
    id: V4L2_CID_STATELESS_HEVC_SLICE_PARAMS,
    type: "struct",
    struct: v4l2_ctrl_hevc_slice_params,
    dynamicArray: 600,
    since: "6.0",
  },
  V4L2_CID_STATELESS_HEVC_SCALING_MATRIX: {
    name: "V4L2_CID_STATELESS_HEVC_SCALING_MATRIX",
    id: V4L2_CID_STATELESS_HEVC_SCALING_MATRIX,
    type: "struct",
    struct: v4l2_ctrl_hevc_scaling_matrix,
    since: "6.0",
  },
  V4L2_CID_STATELESS_HEVC_DECODE_PARAMS: {
    name: "V4L2_CID_STATELESS_HEVC_DECODE_PARAMS",
    id: V4L2_CID_STATELESS_HEVC_DECODE_PARAMS,
    type: "struct",
    struct: v4l2_ctrl_hevc_decode_params,
    since: "6.0",
  },
  V4L2_CID_STATELESS_HEVC_DECODE_MODE: {
    name: "V4L2_CID_STATELESS_HEVC_DECODE_MODE",
    id: V4L2_CID_STATELESS_HEVC_DECODE_MODE,
    type: "menu",
    menu: { V4L2_STATELESS_HEVC_DECODE_MODE_SLICE_BASED, V4L2_STATELESS_HEVC_DECODE_MODE_FRAME_BASED },
    since: "6.0",
  },
  V4L2_CID_STATELESS_HEVC_START_CODE: {
    name: "V4L2_CID_STATELESS_HEVC_START_CODE",
    id: V4L2_CID_STATELESS_HEVC_START_CODE,
    type: "menu",
    menu: { V4L2_STATELESS_HEVC_START_CODE_NONE, V4L2_STATELESS_HEVC_START_CODE_ANNEX_B },
    since: "6.0",
  },
  V4L2_CID_STATELESS_HEVC_ENTRY_POINT_OFFSETS: {
    name: "V4L2_CID_STATELESS_HEVC_ENTRY_POINT_OFFSETS",
    id: V4L2_CID_STATELESS_HEVC_ENTRY_POINT_OFFSETS,
    type: "u32 array",
    dynamicArray: 256,
    since: "6.0",
  },
  V4L2_CID_STATELESS_HEVC_EXT_SPS_ST_RPS: {
    name: "V4L2_CID_STATELESS_HEVC_EXT_SPS_ST_RPS",
    id: V4L2_CID_STATELESS_HEVC_EXT_SPS_ST_RPS,
    type: "struct",
    struct: v4l2_ctrl_hevc_ext_sps_st_rps,
    dynamicArray: 64,
    since: "7.0",
  },
  V4L2_CID_STATELESS_HEVC_EXT_SPS_LT_RPS: {
    name: "V4L2_CID_STATELESS_HEVC_EXT_SPS_LT_RPS",
    id: V4L2_CID_STATELESS_HEVC_EXT_SPS_LT_RPS,
    type: "struct",
    struct: v4l2_ctrl_hevc_ext_sps_lt_rps,
    dynamicArray: 32,
    since: "7.0",
  },
} as const satisfies Readonly<Record<string, ControlDefinition>>;
