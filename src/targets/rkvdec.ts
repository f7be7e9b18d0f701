/**
 * rkvdec: Rockchip's video decoders of rk3399, vdpu381 (rk3588) and vdpu383 (rk3576).
 *
 * The driver reads no field differently than the kernel's documentation says, so there are no `quirks`. But vdpu381 and
 * vdpu383 do not notice an array of zeros (`needsPriming`).
 */
import { h264FrameControls, hevcFrameControls, vp9Controls } from "./control-sets.ts";
import { fields } from "./fields.ts";
import type { Target, TargetCodec } from "./target.ts";

const frameModes = { decodeModes: ["frame"], startCodes: ["annexb"] } as const;

/**
 * The fields that all generations write into the hardware's tables, and those from which the kernel builds the lists
 * (v4l2-h264.c).
 */
const h264Reads = [
  ...fields(
    "V4L2_CID_STATELESS_H264_SPS",
    `
    profile_idc constraint_set_flags seq_parameter_set_id chroma_format_idc bit_depth_luma_minus8
    bit_depth_chroma_minus8 log2_max_frame_num_minus4 pic_order_cnt_type log2_max_pic_order_cnt_lsb_minus4
    max_num_ref_frames pic_width_in_mbs_minus1 pic_height_in_map_units_minus1
    flags.V4L2_H264_SPS_FLAG_QPPRIME_Y_ZERO_TRANSFORM_BYPASS flags.V4L2_H264_SPS_FLAG_DELTA_PIC_ORDER_ALWAYS_ZERO
    flags.V4L2_H264_SPS_FLAG_FRAME_MBS_ONLY flags.V4L2_H264_SPS_FLAG_MB_ADAPTIVE_FRAME_FIELD
    flags.V4L2_H264_SPS_FLAG_DIRECT_8X8_INFERENCE
  `,
  ),
  ...fields(
    "V4L2_CID_STATELESS_H264_PPS",
    `
    pic_parameter_set_id seq_parameter_set_id num_ref_idx_l0_default_active_minus1 num_ref_idx_l1_default_active_minus1
    weighted_bipred_idc pic_init_qp_minus26 pic_init_qs_minus26 chroma_qp_index_offset second_chroma_qp_index_offset
    flags.V4L2_H264_PPS_FLAG_ENTROPY_CODING_MODE flags.V4L2_H264_PPS_FLAG_BOTTOM_FIELD_PIC_ORDER_IN_FRAME_PRESENT
    flags.V4L2_H264_PPS_FLAG_WEIGHTED_PRED flags.V4L2_H264_PPS_FLAG_DEBLOCKING_FILTER_CONTROL_PRESENT
    flags.V4L2_H264_PPS_FLAG_CONSTRAINED_INTRA_PRED flags.V4L2_H264_PPS_FLAG_REDUNDANT_PIC_CNT_PRESENT
    flags.V4L2_H264_PPS_FLAG_TRANSFORM_8X8_MODE flags.V4L2_H264_PPS_FLAG_SCALING_MATRIX_PRESENT
  `,
  ),
  ...fields("V4L2_CID_STATELESS_H264_SCALING_MATRIX", "scaling_list_4x4 scaling_list_8x8"),
  ...fields(
    "V4L2_CID_STATELESS_H264_DECODE_PARAMS",
    `
    dpb.reference_ts dpb.frame_num dpb.fields dpb.top_field_order_cnt dpb.bottom_field_order_cnt
    dpb.flags.V4L2_H264_DPB_ENTRY_FLAG_ACTIVE dpb.flags.V4L2_H264_DPB_ENTRY_FLAG_LONG_TERM
    dpb.flags.V4L2_H264_DPB_ENTRY_FLAG_FIELD frame_num top_field_order_cnt bottom_field_order_cnt
    flags.V4L2_H264_DECODE_PARAM_FLAG_FIELD_PIC flags.V4L2_H264_DECODE_PARAM_FLAG_BOTTOM_FIELD
  `,
  ),
];

/** The driver writes all scaling lists to memory. */
const h265ScalingReads = [
  ...fields(
    "V4L2_CID_STATELESS_HEVC_SCALING_MATRIX",
    `
    scaling_list_4x4 scaling_list_8x8 scaling_list_16x16 scaling_list_32x32 scaling_list_dc_coef_16x16
    scaling_list_dc_coef_32x32
  `,
  ),
];
const h265SpsReads = [
  ...fields(
    "V4L2_CID_STATELESS_HEVC_SPS",
    `
    video_parameter_set_id seq_parameter_set_id pic_width_in_luma_samples pic_height_in_luma_samples
    bit_depth_luma_minus8 bit_depth_chroma_minus8 log2_max_pic_order_cnt_lsb_minus4
    log2_min_luma_coding_block_size_minus3 log2_diff_max_min_luma_coding_block_size
    log2_min_luma_transform_block_size_minus2 log2_diff_max_min_luma_transform_block_size
    max_transform_hierarchy_depth_inter max_transform_hierarchy_depth_intra pcm_sample_bit_depth_luma_minus1
    pcm_sample_bit_depth_chroma_minus1 log2_min_pcm_luma_coding_block_size_minus3
    log2_diff_max_min_pcm_luma_coding_block_size num_short_term_ref_pic_sets num_long_term_ref_pics_sps
    chroma_format_idc flags.V4L2_HEVC_SPS_FLAG_SCALING_LIST_ENABLED flags.V4L2_HEVC_SPS_FLAG_AMP_ENABLED
    flags.V4L2_HEVC_SPS_FLAG_SAMPLE_ADAPTIVE_OFFSET flags.V4L2_HEVC_SPS_FLAG_PCM_ENABLED
    flags.V4L2_HEVC_SPS_FLAG_PCM_LOOP_FILTER_DISABLED flags.V4L2_HEVC_SPS_FLAG_LONG_TERM_REF_PICS_PRESENT
    flags.V4L2_HEVC_SPS_FLAG_SPS_TEMPORAL_MVP_ENABLED flags.V4L2_HEVC_SPS_FLAG_STRONG_INTRA_SMOOTHING_ENABLED
  `,
  ),
];
const h265PpsReads = [
  ...fields(
    "V4L2_CID_STATELESS_HEVC_PPS",
    `
    pic_parameter_set_id num_extra_slice_header_bits num_ref_idx_l0_default_active_minus1
    num_ref_idx_l1_default_active_minus1 init_qp_minus26 diff_cu_qp_delta_depth pps_cb_qp_offset pps_cr_qp_offset
    num_tile_columns_minus1 num_tile_rows_minus1 column_width_minus1 row_height_minus1 pps_beta_offset_div2
    pps_tc_offset_div2 log2_parallel_merge_level_minus2 flags.V4L2_HEVC_PPS_FLAG_DEPENDENT_SLICE_SEGMENT_ENABLED
    flags.V4L2_HEVC_PPS_FLAG_OUTPUT_FLAG_PRESENT flags.V4L2_HEVC_PPS_FLAG_SIGN_DATA_HIDING_ENABLED
    flags.V4L2_HEVC_PPS_FLAG_CABAC_INIT_PRESENT flags.V4L2_HEVC_PPS_FLAG_CONSTRAINED_INTRA_PRED
    flags.V4L2_HEVC_PPS_FLAG_TRANSFORM_SKIP_ENABLED flags.V4L2_HEVC_PPS_FLAG_CU_QP_DELTA_ENABLED
    flags.V4L2_HEVC_PPS_FLAG_PPS_SLICE_CHROMA_QP_OFFSETS_PRESENT flags.V4L2_HEVC_PPS_FLAG_WEIGHTED_PRED
    flags.V4L2_HEVC_PPS_FLAG_WEIGHTED_BIPRED flags.V4L2_HEVC_PPS_FLAG_TRANSQUANT_BYPASS_ENABLED
    flags.V4L2_HEVC_PPS_FLAG_TILES_ENABLED flags.V4L2_HEVC_PPS_FLAG_ENTROPY_CODING_SYNC_ENABLED
    flags.V4L2_HEVC_PPS_FLAG_LOOP_FILTER_ACROSS_TILES_ENABLED
    flags.V4L2_HEVC_PPS_FLAG_PPS_LOOP_FILTER_ACROSS_SLICES_ENABLED
    flags.V4L2_HEVC_PPS_FLAG_DEBLOCKING_FILTER_OVERRIDE_ENABLED flags.V4L2_HEVC_PPS_FLAG_PPS_DISABLE_DEBLOCKING_FILTER
    flags.V4L2_HEVC_PPS_FLAG_LISTS_MODIFICATION_PRESENT flags.V4L2_HEVC_PPS_FLAG_SLICE_SEGMENT_HEADER_EXTENSION_PRESENT
  `,
  ),
];
/** vdpu381 and vdpu383 use the tables of the SPS to skip the slice header's reference picture set. */
const vdpu38xH265Reads = [
  ...h265SpsReads,
  ...fields("V4L2_CID_STATELESS_HEVC_SPS", "sps_max_dec_pic_buffering_minus1"),
  ...h265PpsReads,
  ...fields("V4L2_CID_STATELESS_HEVC_PPS", "flags.V4L2_HEVC_PPS_FLAG_UNIFORM_SPACING"),
  ...h265ScalingReads,
  ...fields(
    "V4L2_CID_STATELESS_HEVC_DECODE_PARAMS",
    `
    pic_order_cnt_val num_active_dpb_entries dpb.timestamp
  `,
  ),
  ...fields(
    "V4L2_CID_STATELESS_HEVC_EXT_SPS_ST_RPS",
    `
    delta_idx_minus1 delta_rps_sign num_negative_pics num_positive_pics used_by_curr_pic use_delta_flag
    abs_delta_rps_minus1 delta_poc_s0_minus1 delta_poc_s1_minus1
    flags.V4L2_HEVC_EXT_SPS_ST_RPS_FLAG_INTER_REF_PIC_SET_PRED
  `,
  ),
  ...fields(
    "V4L2_CID_STATELESS_HEVC_EXT_SPS_LT_RPS",
    `
    lt_ref_pic_poc_lsb_sps flags.V4L2_HEVC_EXT_SPS_LT_RPS_FLAG_USED_LT
  `,
  ),
];

/** The kernel (v4l2-vp9.c) adapts the probabilities by the compressed header's deltas. */
const vp9Reads = [
  ...fields(
    "V4L2_CID_STATELESS_VP9_FRAME",
    `
    lf.ref_deltas lf.mode_deltas seg.feature_data seg.feature_enabled seg.tree_probs seg.pred_probs
    seg.flags.V4L2_VP9_SEGMENTATION_FLAG_ENABLED seg.flags.V4L2_VP9_SEGMENTATION_FLAG_UPDATE_MAP
    seg.flags.V4L2_VP9_SEGMENTATION_FLAG_ABS_OR_DELTA_UPDATE flags.V4L2_VP9_FRAME_FLAG_KEY_FRAME
    flags.V4L2_VP9_FRAME_FLAG_SHOW_FRAME flags.V4L2_VP9_FRAME_FLAG_ERROR_RESILIENT flags.V4L2_VP9_FRAME_FLAG_INTRA_ONLY
    flags.V4L2_VP9_FRAME_FLAG_ALLOW_HIGH_PREC_MV flags.V4L2_VP9_FRAME_FLAG_REFRESH_FRAME_CTX
    flags.V4L2_VP9_FRAME_FLAG_PARALLEL_DEC_MODE compressed_header_size uncompressed_header_size frame_width_minus_1
    frame_height_minus_1 last_frame_ts golden_frame_ts alt_frame_ts reset_frame_context frame_context_idx profile
    bit_depth interpolation_filter reference_mode
  `,
  ),
  ...fields(
    "V4L2_CID_STATELESS_VP9_COMPRESSED_HDR",
    `
    tx_mode tx8 tx16 tx32 coef skip inter_mode interp_filter is_inter comp_mode single_ref comp_ref y_mode partition
    mv.joint mv.sign mv.classes mv.class0_bit mv.bits mv.class0_fr mv.fr mv.class0_hp mv.hp
  `,
  ),
];

/** try_ctrl refuses an SPS with another bit depth or chroma format. The profile menu lacks Extended and High 4:4:4. */
const h264Limits = {
  bitDepths: [8, 10],
  equalBitDepths: true,
  chromaFormats: [0, 1, 2],
  profiles: [66, 77, 100, 110, 122],
  maxSliceGroups: 1,
} as const;

/** The first generation: rk3328 and rk3399. rk3288 has only its HEVC part. */
export const rk3399: Target = {
  name: "rk3399",
  source: "drivers/media/platform/rockchip/rkvdec",
  codecs: {
    h264: {
      ...frameModes,
      since: "5.11",
      controls: h264FrameControls,
      limits: { ...h264Limits, maxWidth: 4096, maxHeight: 2560 },
      reads: h264Reads,
      missingReferences: "mark",
    },
    h265: {
      ...frameModes,
      // The code is in 7.0; earlier kernels were not checked.
      since: "7.0",
      // The driver takes the slice headers' sizes and lists from this control, one element for each slice segment.
      controls: { ...hevcFrameControls, V4L2_CID_STATELESS_HEVC_SLICE_PARAMS: 600 },
      limits: { maxWidth: 4096, maxHeight: 2304, bitDepths: [8, 10], equalBitDepths: true, chromaFormats: [0, 1] },
      reads: [
        ...h265SpsReads,
        ...h265PpsReads,
        ...h265ScalingReads,
        ...fields(
          "V4L2_CID_STATELESS_HEVC_SLICE_PARAMS",
          `
    slice_type slice_pic_order_cnt num_ref_idx_l0_active_minus1 num_ref_idx_l1_active_minus1 ref_idx_l0 ref_idx_l1
    short_term_ref_pic_set_size long_term_ref_pic_set_size
  `,
        ),
        ...fields(
          "V4L2_CID_STATELESS_HEVC_DECODE_PARAMS",
          `
    num_active_dpb_entries num_poc_st_curr_before num_poc_st_curr_after num_poc_lt_curr dpb.timestamp
    dpb.flags.V4L2_HEVC_DPB_ENTRY_LONG_TERM_REFERENCE dpb.pic_order_cnt_val flags.V4L2_HEVC_DECODE_PARAM_FLAG_IDR_PIC
  `,
        ),
      ],
      // assemble_sw_rps() uses list entries as indices into `dpb` without a check, and 0xff (a missing reference) is past its
      // end.
      missingReferences: "nearest",
    },
    vp9: {
      since: "5.17",
      decodeModes: [],
      startCodes: [],
      controls: vp9Controls,
      limits: { maxWidth: 4096, maxHeight: 2304, bitDepths: [8], chromaFormats: [1], profiles: [0] },
      reads: vp9Reads,
      missingReferences: "mark",
    },
  },
};

const vdpu38xH265 = {
  ...frameModes,
  since: "7.0",
  controls: {
    ...hevcFrameControls,
    V4L2_CID_STATELESS_HEVC_EXT_SPS_ST_RPS: 64,
    V4L2_CID_STATELESS_HEVC_EXT_SPS_LT_RPS: 32,
  },
  limits: { maxWidth: 65472, maxHeight: 65472, bitDepths: [8, 10], equalBitDepths: true, chromaFormats: [1] },
  reads: vdpu38xH265Reads,
  missingReferences: "mark",
  // rkvdec_s_ctrl() (rkvdec.c): `ctx->has_sps_st_rps |= ctrl->has_changed`. An array of one set without pictures equals the
  // control's initial value, so it never counts as changed: vdpu383 then fails every job with -EINVAL; vdpu381 warns and
  // decodes with tables that were never filled.
  needsPriming: ["V4L2_CID_STATELESS_HEVC_EXT_SPS_ST_RPS", "V4L2_CID_STATELESS_HEVC_EXT_SPS_LT_RPS"],
} as const satisfies TargetCodec;

const vdpu38xH264 = {
  ...frameModes,
  since: "7.0",
  controls: h264FrameControls,
  limits: { ...h264Limits, maxWidth: 65520, maxHeight: 65520 },
  missingReferences: "mark",
} as const satisfies Omit<TargetCodec, "reads">;

/** rk3588. */
export const vdpu381: Target = {
  name: "vdpu381",
  source: "drivers/media/platform/rockchip/rkvdec",
  codecs: {
    h264: {
      ...vdpu38xH264,
      reads: [
        ...h264Reads,
        ...fields("V4L2_CID_STATELESS_H264_DECODE_PARAMS", "flags.V4L2_H264_DECODE_PARAM_FLAG_IDR_PIC"),
      ],
    },
    h265: {
      ...vdpu38xH265,
      reads: [
        ...vdpu38xH265.reads,
        ...fields(
          "V4L2_CID_STATELESS_HEVC_DECODE_PARAMS",
          "dpb.pic_order_cnt_val flags.V4L2_HEVC_DECODE_PARAM_FLAG_IDR_PIC",
        ),
      ],
    },
  },
};

/** rk3576. */
export const vdpu383: Target = {
  name: "vdpu383",
  source: "drivers/media/platform/rockchip/rkvdec",
  codecs: {
    h264: { ...vdpu38xH264, reads: h264Reads },
    h265: {
      ...vdpu38xH265,
      // rkvdec-vdpu383-hevc.c writes the POC of each reference into its table (REF_PIC_POC).
      reads: [...vdpu38xH265.reads, ...fields("V4L2_CID_STATELESS_HEVC_DECODE_PARAMS", "dpb.pic_order_cnt_val")],
    },
  },
};
