import { h264FrameControls, hevcFrameControls, vp8Controls } from "./control-sets.ts";
import { fields } from "./fields.ts";
import type { Target } from "./target.ts";
import { commonAv1Reads } from "./vpu981.ts";

const frameModes = { decodeModes: ["frame"], startCodes: ["annexb"] } as const;
const noModes = { decodeModes: [], startCodes: [] } as const;
const size = { maxWidth: 4096, maxHeight: 2304 } as const;

const h264Reads = [
  ...fields(
    "V4L2_CID_STATELESS_H264_SPS",
    `
    chroma_format_idc bit_depth_luma_minus8 bit_depth_chroma_minus8 log2_max_frame_num_minus4 pic_order_cnt_type
    log2_max_pic_order_cnt_lsb_minus4 max_num_ref_frames pic_width_in_mbs_minus1 pic_height_in_map_units_minus1
    flags.V4L2_H264_SPS_FLAG_SEPARATE_COLOUR_PLANE flags.V4L2_H264_SPS_FLAG_QPPRIME_Y_ZERO_TRANSFORM_BYPASS
    flags.V4L2_H264_SPS_FLAG_DELTA_PIC_ORDER_ALWAYS_ZERO flags.V4L2_H264_SPS_FLAG_FRAME_MBS_ONLY
    flags.V4L2_H264_SPS_FLAG_MB_ADAPTIVE_FRAME_FIELD flags.V4L2_H264_SPS_FLAG_DIRECT_8X8_INFERENCE
  `,
  ),
  ...fields(
    "V4L2_CID_STATELESS_H264_PPS",
    `
    num_ref_idx_l0_default_active_minus1 num_ref_idx_l1_default_active_minus1 weighted_bipred_idc pic_init_qp_minus26
    chroma_qp_index_offset second_chroma_qp_index_offset flags.V4L2_H264_PPS_FLAG_ENTROPY_CODING_MODE
    flags.V4L2_H264_PPS_FLAG_BOTTOM_FIELD_PIC_ORDER_IN_FRAME_PRESENT flags.V4L2_H264_PPS_FLAG_WEIGHTED_PRED
    flags.V4L2_H264_PPS_FLAG_DEBLOCKING_FILTER_CONTROL_PRESENT flags.V4L2_H264_PPS_FLAG_CONSTRAINED_INTRA_PRED
    flags.V4L2_H264_PPS_FLAG_REDUNDANT_PIC_CNT_PRESENT flags.V4L2_H264_PPS_FLAG_TRANSFORM_8X8_MODE
    flags.V4L2_H264_PPS_FLAG_SCALING_MATRIX_PRESENT
  `,
  ),
  ...fields("V4L2_CID_STATELESS_H264_SCALING_MATRIX", "scaling_list_4x4 scaling_list_8x8"),
  ...fields(
    "V4L2_CID_STATELESS_H264_DECODE_PARAMS",
    `
    dpb.reference_ts dpb.pic_num dpb.frame_num dpb.fields dpb.top_field_order_cnt dpb.bottom_field_order_cnt
    dpb.flags.V4L2_H264_DPB_ENTRY_FLAG_ACTIVE dpb.flags.V4L2_H264_DPB_ENTRY_FLAG_LONG_TERM nal_ref_idc frame_num
    top_field_order_cnt bottom_field_order_cnt pic_order_cnt_lsb delta_pic_order_cnt_bottom delta_pic_order_cnt0
    delta_pic_order_cnt1 flags.V4L2_H264_DECODE_PARAM_FLAG_IDR_PIC flags.V4L2_H264_DECODE_PARAM_FLAG_FIELD_PIC
    flags.V4L2_H264_DECODE_PARAM_FLAG_BOTTOM_FIELD
  `,
  ),
];

const h265Reads = [
  ...fields(
    "V4L2_CID_STATELESS_HEVC_SPS",
    `
    video_parameter_set_id seq_parameter_set_id pic_width_in_luma_samples pic_height_in_luma_samples
    bit_depth_luma_minus8 bit_depth_chroma_minus8 log2_max_pic_order_cnt_lsb_minus4 sps_max_dec_pic_buffering_minus1
    sps_max_num_reorder_pics sps_max_latency_increase_plus1 log2_min_luma_coding_block_size_minus3
    log2_diff_max_min_luma_coding_block_size log2_min_luma_transform_block_size_minus2
    log2_diff_max_min_luma_transform_block_size max_transform_hierarchy_depth_inter max_transform_hierarchy_depth_intra
    pcm_sample_bit_depth_luma_minus1 pcm_sample_bit_depth_chroma_minus1 log2_min_pcm_luma_coding_block_size_minus3
    log2_diff_max_min_pcm_luma_coding_block_size num_short_term_ref_pic_sets num_long_term_ref_pics_sps
    chroma_format_idc sps_max_sub_layers_minus1 flags.V4L2_HEVC_SPS_FLAG_SEPARATE_COLOUR_PLANE
    flags.V4L2_HEVC_SPS_FLAG_SCALING_LIST_ENABLED flags.V4L2_HEVC_SPS_FLAG_AMP_ENABLED
    flags.V4L2_HEVC_SPS_FLAG_SAMPLE_ADAPTIVE_OFFSET flags.V4L2_HEVC_SPS_FLAG_PCM_ENABLED
    flags.V4L2_HEVC_SPS_FLAG_PCM_LOOP_FILTER_DISABLED flags.V4L2_HEVC_SPS_FLAG_LONG_TERM_REF_PICS_PRESENT
    flags.V4L2_HEVC_SPS_FLAG_SPS_TEMPORAL_MVP_ENABLED flags.V4L2_HEVC_SPS_FLAG_STRONG_INTRA_SMOOTHING_ENABLED
  `,
  ),
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
    flags.V4L2_HEVC_PPS_FLAG_DEBLOCKING_FILTER_CONTROL_PRESENT flags.V4L2_HEVC_PPS_FLAG_UNIFORM_SPACING
  `,
  ),
  ...fields(
    "V4L2_CID_STATELESS_HEVC_DECODE_PARAMS",
    `
    pic_order_cnt_val short_term_ref_pic_set_size long_term_ref_pic_set_size num_active_dpb_entries
    num_poc_st_curr_before num_poc_st_curr_after num_poc_lt_curr poc_st_curr_before poc_st_curr_after poc_lt_curr
    num_delta_pocs_of_ref_rps_idx dpb.timestamp dpb.flags dpb.field_pic dpb.pic_order_cnt_val flags
  `,
  ),
  // The driver copies the whole struct.
  ...fields(
    "V4L2_CID_STATELESS_HEVC_SCALING_MATRIX",
    `
    scaling_list_4x4 scaling_list_8x8 scaling_list_16x16 scaling_list_32x32 scaling_list_dc_coef_16x16
    scaling_list_dc_coef_32x32
  `,
  ),
];

const vp8Reads = [...fields("V4L2_CID_STATELESS_VP8_FRAME", "last_frame_ts golden_frame_ts alt_frame_ts flags")];

const vp9Reads = [
  ...fields(
    "V4L2_CID_STATELESS_VP9_FRAME",
    `
    lf.ref_deltas lf.mode_deltas lf.level lf.sharpness quant.base_q_idx quant.delta_q_y_dc quant.delta_q_uv_dc
    quant.delta_q_uv_ac seg.feature_data seg.feature_enabled seg.tree_probs seg.pred_probs
    flags.V4L2_VP9_FRAME_FLAG_ALLOW_HIGH_PREC_MV compressed_header_size uncompressed_header_size frame_width_minus_1
    frame_height_minus_1 last_frame_ts golden_frame_ts alt_frame_ts ref_frame_sign_bias reset_frame_context
    frame_context_idx profile bit_depth interpolation_filter tile_cols_log2 tile_rows_log2
  `,
  ),
  // Read by HDR_FLAG, LF_FLAG and SEG_FLAG of vdec_vp9_req_lat_if.c.
  ...fields(
    "V4L2_CID_STATELESS_VP9_FRAME",
    `
    flags.V4L2_VP9_FRAME_FLAG_KEY_FRAME flags.V4L2_VP9_FRAME_FLAG_SHOW_FRAME flags.V4L2_VP9_FRAME_FLAG_ERROR_RESILIENT
    flags.V4L2_VP9_FRAME_FLAG_INTRA_ONLY flags.V4L2_VP9_FRAME_FLAG_REFRESH_FRAME_CTX
    flags.V4L2_VP9_FRAME_FLAG_PARALLEL_DEC_MODE lf.flags.V4L2_VP9_LOOP_FILTER_FLAG_DELTA_ENABLED
    seg.flags.V4L2_VP9_SEGMENTATION_FLAG_ENABLED seg.flags.V4L2_VP9_SEGMENTATION_FLAG_UPDATE_MAP
    seg.flags.V4L2_VP9_SEGMENTATION_FLAG_TEMPORAL_UPDATE seg.flags.V4L2_VP9_SEGMENTATION_FLAG_UPDATE_DATA
    seg.flags.V4L2_VP9_SEGMENTATION_FLAG_ABS_OR_DELTA_UPDATE
  `,
  ),
];

/** Without film grain: the pictures of such streams come without grain. */
const av1Reads = [
  ...commonAv1Reads,
  ...fields(
    "V4L2_CID_STATELESS_AV1_SEQUENCE",
    `
    max_frame_width_minus_1 max_frame_height_minus_1 flags.V4L2_AV1_SEQUENCE_FLAG_ENABLE_ORDER_HINT
    flags.V4L2_AV1_SEQUENCE_FLAG_ENABLE_SUPERRES flags.V4L2_AV1_SEQUENCE_FLAG_MONO_CHROME
    flags.V4L2_AV1_SEQUENCE_FLAG_SUBSAMPLING_X flags.V4L2_AV1_SEQUENCE_FLAG_SUBSAMPLING_Y
  `,
  ),
  ...fields(
    "V4L2_CID_STATELESS_AV1_FRAME",
    `
    tile_info.mi_col_starts tile_info.mi_row_starts tile_info.flags.V4L2_AV1_TILE_INFO_FLAG_UNIFORM_TILE_SPACING
    segmentation.last_active_seg_id segmentation.flags.V4L2_AV1_SEGMENTATION_FLAG_UPDATE_DATA
    segmentation.flags.V4L2_AV1_SEGMENTATION_FLAG_SEG_ID_PRE_SKIP loop_restoration.loop_restoration_size
    global_motion.invalid
  `,
  ),
  ...fields("V4L2_CID_STATELESS_AV1_TILE_GROUP_ENTRY", "tile_row tile_col"),
];

/**
 * MT8183, MT8186, MT8188, MT8192, MT8195. The firmware parses headers itself, so a field that the driver does not read has no
 * effect. The limits are those of the largest chip: only MT8188 and MT8195 have 10 bit H.264 and HEVC, and MT8183 ends at
 * 2048x1088.
 */
export const mediatek: Target = {
  name: "mediatek",
  source: "drivers/media/platform/mediatek/vcodec/decoder",
  codecs: {
    h264: {
      ...frameModes,
      since: "5.16",
      controls: h264FrameControls,
      // "Firmware does not support field decoding" (vdec_h264_req_common.c).
      limits: {
        ...size,
        bitDepths: [8, 10],
        profiles: [66, 77, 100, 110],
        maxSliceGroups: 1,
        refusedFlags: [["V4L2_CID_STATELESS_H264_DECODE_PARAMS.flags.V4L2_H264_DECODE_PARAM_FLAG_FIELD_PIC"]],
      },
      reads: h264Reads,
      missingReferences: "mark",
    },
    h265: {
      ...frameModes,
      since: "6.5",
      controls: hevcFrameControls,
      limits: { ...size, bitDepths: [8, 10] },
      reads: h265Reads,
      missingReferences: "mark",
    },
    vp8: {
      ...noModes,
      since: "5.19",
      controls: vp8Controls,
      limits: { maxWidth: 2048, maxHeight: 1088 },
      reads: vp8Reads,
      missingReferences: "mark",
    },
    vp9: {
      ...noModes,
      since: "5.19",
      // The firmware reads the compressed header and keeps the probabilities.
      controls: { V4L2_CID_STATELESS_VP9_FRAME: 1 },
      limits: { ...size, bitDepths: [8, 10], chromaFormats: [1], profiles: [0, 2] },
      reads: vp9Reads,
      missingReferences: "mark",
    },
    av1: {
      ...noModes,
      since: "6.5",
      controls: {
        V4L2_CID_STATELESS_AV1_SEQUENCE: 1,
        V4L2_CID_STATELESS_AV1_FRAME: 1,
        V4L2_CID_STATELESS_AV1_TILE_GROUP_ENTRY: 512,
      },
      limits: { ...size, bitDepths: [8, 10], chromaFormats: [1], profiles: [0] },
      reads: av1Reads,
      missingReferences: "mark",
    },
  },
};
