import { h264FrameControls, h264SliceControls, hevcFrameControls, mpeg2Controls, vp8Controls } from "./control-sets.ts";
import { fields } from "./fields.ts";
import type { Target } from "./target.ts";

const sliceModes = { decodeModes: ["slice"], startCodes: ["none"] } as const;
const noModes = { decodeModes: [], startCodes: [] } as const;
const size = { maxWidth: 4096, maxHeight: 2304 } as const;

const h264Reads = [
  ...fields(
    "V4L2_CID_STATELESS_H264_SPS",
    `
    chroma_format_idc bit_depth_luma_minus8 bit_depth_chroma_minus8 pic_width_in_mbs_minus1
    pic_height_in_map_units_minus1 flags.V4L2_H264_SPS_FLAG_FRAME_MBS_ONLY
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
    dpb.reference_ts dpb.top_field_order_cnt dpb.bottom_field_order_cnt dpb.flags.V4L2_H264_DPB_ENTRY_FLAG_VALID
    dpb.flags.V4L2_H264_DPB_ENTRY_FLAG_ACTIVE nal_ref_idc top_field_order_cnt bottom_field_order_cnt
    flags.V4L2_H264_DECODE_PARAM_FLAG_FIELD_PIC flags.V4L2_H264_DECODE_PARAM_FLAG_BOTTOM_FIELD
  `,
  ),
  ...fields(
    "V4L2_CID_STATELESS_H264_SLICE_PARAMS",
    `
    header_bit_size first_mb_in_slice slice_type cabac_init_idc slice_qp_delta disable_deblocking_filter_idc
    slice_alpha_c0_offset_div2 slice_beta_offset_div2 num_ref_idx_l0_active_minus1 num_ref_idx_l1_active_minus1
    ref_pic_list0.fields ref_pic_list0.index ref_pic_list1.fields ref_pic_list1.index
    flags.V4L2_H264_SLICE_FLAG_DIRECT_SPATIAL_MV_PRED
  `,
  ),
  ...fields(
    "V4L2_CID_STATELESS_H264_PRED_WEIGHTS",
    `
    luma_log2_weight_denom chroma_log2_weight_denom weight_factors.luma_weight weight_factors.luma_offset
    weight_factors.chroma_weight weight_factors.chroma_offset
  `,
  ),
];

const h265Reads = [
  ...fields(
    "V4L2_CID_STATELESS_HEVC_SPS",
    `
    pic_width_in_luma_samples bit_depth_luma_minus8 bit_depth_chroma_minus8 log2_min_luma_coding_block_size_minus3
    log2_diff_max_min_luma_coding_block_size log2_min_luma_transform_block_size_minus2
    log2_diff_max_min_luma_transform_block_size max_transform_hierarchy_depth_inter max_transform_hierarchy_depth_intra
    pcm_sample_bit_depth_luma_minus1 pcm_sample_bit_depth_chroma_minus1 log2_min_pcm_luma_coding_block_size_minus3
    log2_diff_max_min_pcm_luma_coding_block_size chroma_format_idc flags.V4L2_HEVC_SPS_FLAG_SEPARATE_COLOUR_PLANE
    flags.V4L2_HEVC_SPS_FLAG_SCALING_LIST_ENABLED flags.V4L2_HEVC_SPS_FLAG_AMP_ENABLED
    flags.V4L2_HEVC_SPS_FLAG_SAMPLE_ADAPTIVE_OFFSET flags.V4L2_HEVC_SPS_FLAG_PCM_ENABLED
    flags.V4L2_HEVC_SPS_FLAG_PCM_LOOP_FILTER_DISABLED flags.V4L2_HEVC_SPS_FLAG_SPS_TEMPORAL_MVP_ENABLED
    flags.V4L2_HEVC_SPS_FLAG_STRONG_INTRA_SMOOTHING_ENABLED
  `,
  ),
  ...fields(
    "V4L2_CID_STATELESS_HEVC_PPS",
    `
    init_qp_minus26 diff_cu_qp_delta_depth pps_cb_qp_offset pps_cr_qp_offset num_tile_columns_minus1
    num_tile_rows_minus1 column_width_minus1 row_height_minus1 log2_parallel_merge_level_minus2
    flags.V4L2_HEVC_PPS_FLAG_SIGN_DATA_HIDING_ENABLED flags.V4L2_HEVC_PPS_FLAG_CONSTRAINED_INTRA_PRED
    flags.V4L2_HEVC_PPS_FLAG_TRANSFORM_SKIP_ENABLED flags.V4L2_HEVC_PPS_FLAG_CU_QP_DELTA_ENABLED
    flags.V4L2_HEVC_PPS_FLAG_WEIGHTED_PRED flags.V4L2_HEVC_PPS_FLAG_WEIGHTED_BIPRED
    flags.V4L2_HEVC_PPS_FLAG_TRANSQUANT_BYPASS_ENABLED flags.V4L2_HEVC_PPS_FLAG_TILES_ENABLED
    flags.V4L2_HEVC_PPS_FLAG_ENTROPY_CODING_SYNC_ENABLED flags.V4L2_HEVC_PPS_FLAG_LOOP_FILTER_ACROSS_TILES_ENABLED
    flags.V4L2_HEVC_PPS_FLAG_PPS_LOOP_FILTER_ACROSS_SLICES_ENABLED
  `,
  ),
  ...fields(
    "V4L2_CID_STATELESS_HEVC_SCALING_MATRIX",
    `
    scaling_list_4x4 scaling_list_8x8 scaling_list_16x16 scaling_list_32x32 scaling_list_dc_coef_16x16
    scaling_list_dc_coef_32x32
  `,
  ),
  ...fields(
    "V4L2_CID_STATELESS_HEVC_DECODE_PARAMS",
    `
    pic_order_cnt_val num_active_dpb_entries dpb.timestamp dpb.flags.V4L2_HEVC_DPB_ENTRY_LONG_TERM_REFERENCE
    dpb.field_pic dpb.pic_order_cnt_val
  `,
  ),
  ...fields(
    "V4L2_CID_STATELESS_HEVC_SLICE_PARAMS",
    `
    data_byte_offset num_entry_point_offsets nal_unit_type nuh_temporal_id_plus1 slice_type colour_plane_id
    slice_pic_order_cnt num_ref_idx_l0_active_minus1 num_ref_idx_l1_active_minus1 collocated_ref_idx
    five_minus_max_num_merge_cand slice_qp_delta slice_cb_qp_offset slice_cr_qp_offset slice_beta_offset_div2
    slice_tc_offset_div2 pic_struct slice_segment_addr ref_idx_l0 ref_idx_l1 pred_weight_table.delta_luma_weight_l0
    pred_weight_table.luma_offset_l0 pred_weight_table.delta_chroma_weight_l0 pred_weight_table.chroma_offset_l0
    pred_weight_table.delta_luma_weight_l1 pred_weight_table.luma_offset_l1 pred_weight_table.delta_chroma_weight_l1
    pred_weight_table.chroma_offset_l1 pred_weight_table.luma_log2_weight_denom
    pred_weight_table.delta_chroma_log2_weight_denom flags.V4L2_HEVC_SLICE_PARAMS_FLAG_SLICE_SAO_LUMA
    flags.V4L2_HEVC_SLICE_PARAMS_FLAG_SLICE_SAO_CHROMA flags.V4L2_HEVC_SLICE_PARAMS_FLAG_SLICE_TEMPORAL_MVP_ENABLED
    flags.V4L2_HEVC_SLICE_PARAMS_FLAG_MVD_L1_ZERO flags.V4L2_HEVC_SLICE_PARAMS_FLAG_CABAC_INIT
    flags.V4L2_HEVC_SLICE_PARAMS_FLAG_COLLOCATED_FROM_L0
    flags.V4L2_HEVC_SLICE_PARAMS_FLAG_SLICE_DEBLOCKING_FILTER_DISABLED
    flags.V4L2_HEVC_SLICE_PARAMS_FLAG_SLICE_LOOP_FILTER_ACROSS_SLICES_ENABLED
    flags.V4L2_HEVC_SLICE_PARAMS_FLAG_DEPENDENT_SLICE_SEGMENT
  `,
  ),
  "V4L2_CID_STATELESS_HEVC_ENTRY_POINT_OFFSETS",
];

const vp8Reads = [
  ...fields(
    "V4L2_CID_STATELESS_VP8_FRAME",
    `
    segment.quant_update segment.lf_update segment.segment_probs segment.flags.V4L2_VP8_SEGMENT_FLAG_ENABLED
    segment.flags.V4L2_VP8_SEGMENT_FLAG_UPDATE_MAP segment.flags.V4L2_VP8_SEGMENT_FLAG_DELTA_VALUE_MODE
    lf.ref_frm_delta lf.mb_mode_delta lf.sharpness_level lf.level lf.flags.V4L2_VP8_LF_ADJ_ENABLE
    lf.flags.V4L2_VP8_LF_DELTA_UPDATE lf.flags.V4L2_VP8_LF_FILTER_TYPE_SIMPLE quant.y_ac_qi quant.y_dc_delta
    quant.y2_dc_delta quant.y2_ac_delta quant.uv_dc_delta quant.uv_ac_delta entropy.coeff_probs entropy.y_mode_probs
    entropy.uv_mode_probs entropy.mv_probs width height version prob_skip_false prob_intra prob_last prob_gf
    num_dct_parts first_part_size last_frame_ts golden_frame_ts alt_frame_ts flags.V4L2_VP8_FRAME_FLAG_KEY_FRAME
    flags.V4L2_VP8_FRAME_FLAG_MB_NO_SKIP_COEFF flags.V4L2_VP8_FRAME_FLAG_SIGN_BIAS_GOLDEN
    flags.V4L2_VP8_FRAME_FLAG_SIGN_BIAS_ALT
  `,
  ),
];

const mpeg2Reads = [
  ...fields("V4L2_CID_STATELESS_MPEG2_SEQUENCE", "horizontal_size vertical_size"),
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

/** Allwinner. The codecs depend on the SoC. The limits are those of the H6. */
export const cedrus: Target = {
  name: "cedrus",
  source: "drivers/staging/media/sunxi/cedrus",
  codecs: {
    h264: {
      ...sliceModes,
      since: "5.11",
      controls: { ...h264FrameControls, ...h264SliceControls },
      limits: { ...size, bitDepths: [8], chromaFormats: [1], maxSliceGroups: 1 },
      reads: h264Reads,
      missingReferences: "mark",
    },
    h265: {
      ...sliceModes,
      since: "6.0",
      controls: {
        ...hevcFrameControls,
        V4L2_CID_STATELESS_HEVC_SLICE_PARAMS: 1,
        V4L2_CID_STATELESS_HEVC_ENTRY_POINT_OFFSETS: 256,
      },
      // 10 bit only on the H6.
      limits: { ...size, bitDepths: [8, 10], chromaFormats: [1] },
      reads: h265Reads,
      // cedrus_h265_ref_pic_list_write() uses list entries as indices into `dpb` without a check, and 0xff (a missing
      // reference) is past its end.
      missingReferences: "nearest",
    },
    vp8: {
      ...noModes,
      since: "5.13",
      controls: vp8Controls,
      limits: size,
      reads: vp8Reads,
      missingReferences: "mark",
    },
    mpeg2: {
      ...noModes,
      since: "5.14",
      controls: mpeg2Controls,
      // The driver does not read chroma_format: the hardware decodes anything as 4:2:0.
      limits: { ...size, chromaFormats: [1] },
      reads: mpeg2Reads,
      missingReferences: "mark",
    },
  },
};
