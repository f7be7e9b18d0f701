/**
 * The fields that several drivers read, each list once. Whether a driver of Linux 7.2 (for the Raspberry Pi's, of
 * raspberrypi/linux) reads a field was looked up in that driver's own source, which `Target.source` names; a list has what these
 * lookups have in common. A driver's file adds what only that driver reads.
 */
import { fields } from "./fields.ts";

/** H.264: read by cedrus, hantro, mediatek and rkvdec. */
export const h264Reads: readonly string[] = [
  ...fields(
    "V4L2_CID_STATELESS_H264_SPS",
    `
    chroma_format_idc bit_depth_luma_minus8 bit_depth_chroma_minus8 flags.V4L2_H264_SPS_FLAG_FRAME_MBS_ONLY
    flags.V4L2_H264_SPS_FLAG_MB_ADAPTIVE_FRAME_FIELD flags.V4L2_H264_SPS_FLAG_DIRECT_8X8_INFERENCE
  `,
  ),
  ...fields(
    "V4L2_CID_STATELESS_H264_PPS",
    `
    weighted_bipred_idc pic_init_qp_minus26 chroma_qp_index_offset second_chroma_qp_index_offset
    flags.V4L2_H264_PPS_FLAG_ENTROPY_CODING_MODE flags.V4L2_H264_PPS_FLAG_WEIGHTED_PRED
    flags.V4L2_H264_PPS_FLAG_CONSTRAINED_INTRA_PRED flags.V4L2_H264_PPS_FLAG_TRANSFORM_8X8_MODE
    flags.V4L2_H264_PPS_FLAG_SCALING_MATRIX_PRESENT
  `,
  ),
  ...fields("V4L2_CID_STATELESS_H264_SCALING_MATRIX", "scaling_list_4x4 scaling_list_8x8"),
  ...fields(
    "V4L2_CID_STATELESS_H264_DECODE_PARAMS",
    `
    dpb.reference_ts dpb.top_field_order_cnt dpb.bottom_field_order_cnt dpb.flags.V4L2_H264_DPB_ENTRY_FLAG_ACTIVE
    top_field_order_cnt bottom_field_order_cnt flags.V4L2_H264_DECODE_PARAM_FLAG_FIELD_PIC
    flags.V4L2_H264_DECODE_PARAM_FLAG_BOTTOM_FIELD
  `,
  ),
];

/**
 * H.264 in frame mode, read by hantro, mediatek and rkvdec beside `h264Reads`: what the hardware needs to read the slice headers
 * itself, and the kernel to build the reference lists (v4l2-h264.c).
 */
export const h264FrameReads: readonly string[] = [
  ...fields("V4L2_CID_STATELESS_H264_SPS", "log2_max_frame_num_minus4 max_num_ref_frames"),
  ...fields(
    "V4L2_CID_STATELESS_H264_PPS",
    `
    num_ref_idx_l0_default_active_minus1 num_ref_idx_l1_default_active_minus1
    flags.V4L2_H264_PPS_FLAG_DEBLOCKING_FILTER_CONTROL_PRESENT flags.V4L2_H264_PPS_FLAG_REDUNDANT_PIC_CNT_PRESENT
  `,
  ),
  ...fields(
    "V4L2_CID_STATELESS_H264_DECODE_PARAMS",
    "dpb.frame_num dpb.fields dpb.flags.V4L2_H264_DPB_ENTRY_FLAG_LONG_TERM frame_num",
  ),
];

/** The SPS of HEVC: read by cedrus, hantro, mediatek, rkvdec and rpi-hevc-dec. */
const hevcSpsReads = fields(
  "V4L2_CID_STATELESS_HEVC_SPS",
  `
  pic_width_in_luma_samples bit_depth_luma_minus8 bit_depth_chroma_minus8 log2_min_luma_coding_block_size_minus3
  log2_diff_max_min_luma_coding_block_size log2_min_luma_transform_block_size_minus2
  log2_diff_max_min_luma_transform_block_size max_transform_hierarchy_depth_inter max_transform_hierarchy_depth_intra
  pcm_sample_bit_depth_luma_minus1 pcm_sample_bit_depth_chroma_minus1 log2_min_pcm_luma_coding_block_size_minus3
  log2_diff_max_min_pcm_luma_coding_block_size flags.V4L2_HEVC_SPS_FLAG_SCALING_LIST_ENABLED
  flags.V4L2_HEVC_SPS_FLAG_AMP_ENABLED flags.V4L2_HEVC_SPS_FLAG_PCM_ENABLED
  flags.V4L2_HEVC_SPS_FLAG_PCM_LOOP_FILTER_DISABLED flags.V4L2_HEVC_SPS_FLAG_SPS_TEMPORAL_MVP_ENABLED
  flags.V4L2_HEVC_SPS_FLAG_STRONG_INTRA_SMOOTHING_ENABLED
`,
);

/** The PPS of HEVC: read by the same five. Hantro reads num_tile_rows_minus1 by v4l2_hevc_pps_num_tile_rows(). */
const hevcPpsReads = fields(
  "V4L2_CID_STATELESS_HEVC_PPS",
  `
  init_qp_minus26 diff_cu_qp_delta_depth pps_cb_qp_offset pps_cr_qp_offset num_tile_columns_minus1
  num_tile_rows_minus1 column_width_minus1 row_height_minus1 log2_parallel_merge_level_minus2
  flags.V4L2_HEVC_PPS_FLAG_SIGN_DATA_HIDING_ENABLED flags.V4L2_HEVC_PPS_FLAG_CONSTRAINED_INTRA_PRED
  flags.V4L2_HEVC_PPS_FLAG_TRANSFORM_SKIP_ENABLED flags.V4L2_HEVC_PPS_FLAG_CU_QP_DELTA_ENABLED
  flags.V4L2_HEVC_PPS_FLAG_WEIGHTED_PRED flags.V4L2_HEVC_PPS_FLAG_WEIGHTED_BIPRED
  flags.V4L2_HEVC_PPS_FLAG_TRANSQUANT_BYPASS_ENABLED flags.V4L2_HEVC_PPS_FLAG_TILES_ENABLED
  flags.V4L2_HEVC_PPS_FLAG_ENTROPY_CODING_SYNC_ENABLED flags.V4L2_HEVC_PPS_FLAG_LOOP_FILTER_ACROSS_TILES_ENABLED
`,
);

/** The scaling lists of HEVC: read by the same five, all of them. Mediatek copies the whole struct. */
const hevcScalingReads = fields(
  "V4L2_CID_STATELESS_HEVC_SCALING_MATRIX",
  `
  scaling_list_4x4 scaling_list_8x8 scaling_list_16x16 scaling_list_32x32 scaling_list_dc_coef_16x16
  scaling_list_dc_coef_32x32
`,
);

/** HEVC: the parameter sets as all drivers read them. */
export const hevcReads: readonly string[] = [...hevcSpsReads, ...hevcPpsReads, ...hevcScalingReads];

/** HEVC, read by hantro, mediatek and rkvdec beside `hevcReads`: their hardware reads the slice segment headers itself. */
export const hevcHeaderReads: readonly string[] = [
  ...fields(
    "V4L2_CID_STATELESS_HEVC_SPS",
    `
    pic_height_in_luma_samples log2_max_pic_order_cnt_lsb_minus4 num_short_term_ref_pic_sets
    flags.V4L2_HEVC_SPS_FLAG_SAMPLE_ADAPTIVE_OFFSET
  `,
  ),
  ...fields(
    "V4L2_CID_STATELESS_HEVC_PPS",
    `
    num_extra_slice_header_bits num_ref_idx_l0_default_active_minus1 num_ref_idx_l1_default_active_minus1
    pps_beta_offset_div2 pps_tc_offset_div2 flags.V4L2_HEVC_PPS_FLAG_DEPENDENT_SLICE_SEGMENT_ENABLED
    flags.V4L2_HEVC_PPS_FLAG_OUTPUT_FLAG_PRESENT flags.V4L2_HEVC_PPS_FLAG_CABAC_INIT_PRESENT
    flags.V4L2_HEVC_PPS_FLAG_PPS_SLICE_CHROMA_QP_OFFSETS_PRESENT
    flags.V4L2_HEVC_PPS_FLAG_PPS_LOOP_FILTER_ACROSS_SLICES_ENABLED
    flags.V4L2_HEVC_PPS_FLAG_DEBLOCKING_FILTER_OVERRIDE_ENABLED flags.V4L2_HEVC_PPS_FLAG_PPS_DISABLE_DEBLOCKING_FILTER
    flags.V4L2_HEVC_PPS_FLAG_LISTS_MODIFICATION_PRESENT flags.V4L2_HEVC_PPS_FLAG_SLICE_SEGMENT_HEADER_EXTENSION_PRESENT
  `,
  ),
];

/** HEVC, read by cedrus and rpi-hevc-dec: they program the hardware slice by slice. */
export const hevcSliceReads: readonly string[] = fields(
  "V4L2_CID_STATELESS_HEVC_SLICE_PARAMS",
  `
  data_byte_offset nal_unit_type nuh_temporal_id_plus1 slice_type slice_pic_order_cnt num_ref_idx_l0_active_minus1
  num_ref_idx_l1_active_minus1 collocated_ref_idx five_minus_max_num_merge_cand slice_qp_delta slice_cb_qp_offset
  slice_cr_qp_offset slice_beta_offset_div2 slice_tc_offset_div2 slice_segment_addr ref_idx_l0 ref_idx_l1
  pred_weight_table.delta_luma_weight_l0 pred_weight_table.luma_offset_l0 pred_weight_table.delta_chroma_weight_l0
  pred_weight_table.chroma_offset_l0 pred_weight_table.delta_luma_weight_l1 pred_weight_table.luma_offset_l1
  pred_weight_table.delta_chroma_weight_l1 pred_weight_table.chroma_offset_l1
  pred_weight_table.luma_log2_weight_denom pred_weight_table.delta_chroma_log2_weight_denom
  flags.V4L2_HEVC_SLICE_PARAMS_FLAG_SLICE_SAO_LUMA flags.V4L2_HEVC_SLICE_PARAMS_FLAG_SLICE_SAO_CHROMA
  flags.V4L2_HEVC_SLICE_PARAMS_FLAG_SLICE_TEMPORAL_MVP_ENABLED flags.V4L2_HEVC_SLICE_PARAMS_FLAG_MVD_L1_ZERO
  flags.V4L2_HEVC_SLICE_PARAMS_FLAG_CABAC_INIT flags.V4L2_HEVC_SLICE_PARAMS_FLAG_COLLOCATED_FROM_L0
  flags.V4L2_HEVC_SLICE_PARAMS_FLAG_SLICE_DEBLOCKING_FILTER_DISABLED
  flags.V4L2_HEVC_SLICE_PARAMS_FLAG_SLICE_LOOP_FILTER_ACROSS_SLICES_ENABLED
  flags.V4L2_HEVC_SLICE_PARAMS_FLAG_DEPENDENT_SLICE_SEGMENT
`,
);

/** VP8: read by cedrus and hantro. Hantro reads the key frame's flag by the macro V4L2_VP8_FRAME_IS_KEY_FRAME. */
export const vp8Reads: readonly string[] = fields(
  "V4L2_CID_STATELESS_VP8_FRAME",
  `
  segment.quant_update segment.lf_update segment.segment_probs segment.flags.V4L2_VP8_SEGMENT_FLAG_ENABLED
  segment.flags.V4L2_VP8_SEGMENT_FLAG_UPDATE_MAP segment.flags.V4L2_VP8_SEGMENT_FLAG_DELTA_VALUE_MODE
  lf.ref_frm_delta lf.mb_mode_delta lf.sharpness_level lf.level lf.flags.V4L2_VP8_LF_ADJ_ENABLE
  lf.flags.V4L2_VP8_LF_FILTER_TYPE_SIMPLE quant.y_ac_qi quant.y_dc_delta quant.y2_dc_delta quant.y2_ac_delta
  quant.uv_dc_delta quant.uv_ac_delta entropy.coeff_probs entropy.y_mode_probs entropy.uv_mode_probs entropy.mv_probs
  version prob_skip_false prob_intra prob_last prob_gf num_dct_parts first_part_size last_frame_ts golden_frame_ts
  alt_frame_ts flags.V4L2_VP8_FRAME_FLAG_KEY_FRAME flags.V4L2_VP8_FRAME_FLAG_MB_NO_SKIP_COEFF
  flags.V4L2_VP8_FRAME_FLAG_SIGN_BIAS_GOLDEN flags.V4L2_VP8_FRAME_FLAG_SIGN_BIAS_ALT
`,
);

/** VP9: read by hantro, mediatek and rkvdec. */
export const vp9Reads: readonly string[] = fields(
  "V4L2_CID_STATELESS_VP9_FRAME",
  `
  lf.ref_deltas lf.mode_deltas seg.feature_data seg.feature_enabled seg.tree_probs seg.pred_probs
  seg.flags.V4L2_VP9_SEGMENTATION_FLAG_ENABLED seg.flags.V4L2_VP9_SEGMENTATION_FLAG_UPDATE_MAP
  seg.flags.V4L2_VP9_SEGMENTATION_FLAG_ABS_OR_DELTA_UPDATE flags.V4L2_VP9_FRAME_FLAG_KEY_FRAME
  flags.V4L2_VP9_FRAME_FLAG_SHOW_FRAME flags.V4L2_VP9_FRAME_FLAG_ERROR_RESILIENT flags.V4L2_VP9_FRAME_FLAG_INTRA_ONLY
  flags.V4L2_VP9_FRAME_FLAG_ALLOW_HIGH_PREC_MV flags.V4L2_VP9_FRAME_FLAG_REFRESH_FRAME_CTX
  flags.V4L2_VP9_FRAME_FLAG_PARALLEL_DEC_MODE compressed_header_size uncompressed_header_size frame_width_minus_1
  frame_height_minus_1 last_frame_ts golden_frame_ts alt_frame_ts reset_frame_context frame_context_idx bit_depth
  interpolation_filter
`,
);

/** VP9: read by hantro and rkvdec. For them the kernel (v4l2-vp9.c) adapts the probabilities by the compressed header's deltas. */
export const vp9ProbabilityReads: readonly string[] = [
  ...fields("V4L2_CID_STATELESS_VP9_FRAME", "reference_mode"),
  ...fields(
    "V4L2_CID_STATELESS_VP9_COMPRESSED_HDR",
    `
    tx_mode tx8 tx16 tx32 coef skip inter_mode interp_filter is_inter comp_mode single_ref comp_ref y_mode partition
    mv.joint mv.sign mv.classes mv.class0_bit mv.bits mv.class0_fr mv.fr mv.class0_hp mv.hp
  `,
  ),
];

/** MPEG-2: read by cedrus and hantro. */
export const mpeg2Reads: readonly string[] = [
  ...fields(
    "V4L2_CID_STATELESS_MPEG2_PICTURE",
    `
    backward_ref_ts forward_ref_ts flags.V4L2_MPEG2_PIC_FLAG_TOP_FIELD_FIRST flags.V4L2_MPEG2_PIC_FLAG_FRAME_PRED_DCT
    flags.V4L2_MPEG2_PIC_FLAG_CONCEALMENT_MV flags.V4L2_MPEG2_PIC_FLAG_Q_SCALE_TYPE flags.V4L2_MPEG2_PIC_FLAG_INTRA_VLC
    flags.V4L2_MPEG2_PIC_FLAG_ALT_SCAN f_code picture_coding_type picture_structure intra_dc_precision
  `,
  ),
  ...fields("V4L2_CID_STATELESS_MPEG2_QUANTISATION", "intra_quantiser_matrix non_intra_quantiser_matrix"),
];
