/**
 * hantro: the Hantro G1 and G2, and Rockchip's VPU2.
 *
 * What the driver reads differently than the kernel's documentation says: in MPEG-2 fields, the flag
 * V4L2_MPEG2_PIC_FLAG_TOP_FIELD_FIRST (`quirks` of `hantroG1`, rewritten by `withFirstField`).
 */
import {
  V4L2_MPEG2_PIC_FLAG_TOP_FIELD_FIRST,
  V4L2_MPEG2_PIC_FRAME,
  V4L2_MPEG2_PIC_TOP_FIELD,
  v4l2_ctrl_mpeg2_picture,
} from "../uapi/index.ts";
import { h264FrameControls, hevcFrameControls, mpeg2Controls, vp8Controls, vp9Controls } from "./control-sets.ts";
import { fields } from "./fields.ts";
import type { Target } from "./target.ts";

const frameModes = { decodeModes: ["frame"], startCodes: ["annexb"] } as const;
const noModes = { decodeModes: [], startCodes: [] } as const;

const g1H264Reads = [
  ...fields(
    "V4L2_CID_STATELESS_H264_SPS",
    `
    profile_idc chroma_format_idc bit_depth_luma_minus8 bit_depth_chroma_minus8 log2_max_frame_num_minus4
    max_num_ref_frames flags.V4L2_H264_SPS_FLAG_FRAME_MBS_ONLY
    flags.V4L2_H264_SPS_FLAG_MB_ADAPTIVE_FRAME_FIELD flags.V4L2_H264_SPS_FLAG_DIRECT_8X8_INFERENCE
  `,
  ),
  ...fields(
    "V4L2_CID_STATELESS_H264_PPS",
    `
    pic_parameter_set_id num_ref_idx_l0_default_active_minus1 num_ref_idx_l1_default_active_minus1 weighted_bipred_idc
    pic_init_qp_minus26 chroma_qp_index_offset second_chroma_qp_index_offset
    flags.V4L2_H264_PPS_FLAG_ENTROPY_CODING_MODE flags.V4L2_H264_PPS_FLAG_WEIGHTED_PRED
    flags.V4L2_H264_PPS_FLAG_DEBLOCKING_FILTER_CONTROL_PRESENT flags.V4L2_H264_PPS_FLAG_CONSTRAINED_INTRA_PRED
    flags.V4L2_H264_PPS_FLAG_REDUNDANT_PIC_CNT_PRESENT flags.V4L2_H264_PPS_FLAG_TRANSFORM_8X8_MODE
    flags.V4L2_H264_PPS_FLAG_SCALING_MATRIX_PRESENT
  `,
  ),
  ...fields("V4L2_CID_STATELESS_H264_SCALING_MATRIX", "scaling_list_4x4 scaling_list_8x8"),
  ...fields(
    "V4L2_CID_STATELESS_H264_DECODE_PARAMS",
    `
    dpb.reference_ts dpb.frame_num dpb.fields dpb.top_field_order_cnt dpb.bottom_field_order_cnt
    dpb.flags.V4L2_H264_DPB_ENTRY_FLAG_VALID dpb.flags.V4L2_H264_DPB_ENTRY_FLAG_ACTIVE
    dpb.flags.V4L2_H264_DPB_ENTRY_FLAG_LONG_TERM dpb.flags.V4L2_H264_DPB_ENTRY_FLAG_FIELD nal_ref_idc frame_num
    top_field_order_cnt bottom_field_order_cnt idr_pic_id dec_ref_pic_marking_bit_size pic_order_cnt_bit_size
    flags.V4L2_H264_DECODE_PARAM_FLAG_IDR_PIC flags.V4L2_H264_DECODE_PARAM_FLAG_FIELD_PIC
    flags.V4L2_H264_DECODE_PARAM_FLAG_BOTTOM_FIELD
  `,
  ),
];

const g1Vp8Reads = [
  ...fields(
    "V4L2_CID_STATELESS_VP8_FRAME",
    `
    segment.quant_update segment.lf_update segment.segment_probs segment.flags.V4L2_VP8_SEGMENT_FLAG_ENABLED
    segment.flags.V4L2_VP8_SEGMENT_FLAG_UPDATE_MAP segment.flags.V4L2_VP8_SEGMENT_FLAG_DELTA_VALUE_MODE
    lf.ref_frm_delta lf.mb_mode_delta lf.sharpness_level lf.level lf.flags.V4L2_VP8_LF_ADJ_ENABLE
    lf.flags.V4L2_VP8_LF_FILTER_TYPE_SIMPLE quant.y_ac_qi quant.y_dc_delta quant.y2_dc_delta quant.y2_ac_delta
    quant.uv_dc_delta quant.uv_ac_delta entropy.coeff_probs entropy.y_mode_probs entropy.uv_mode_probs entropy.mv_probs
    coder_state.range coder_state.value version prob_skip_false prob_intra prob_last prob_gf num_dct_parts
    first_part_size first_part_header_bits dct_part_sizes last_frame_ts golden_frame_ts alt_frame_ts
    flags.V4L2_VP8_FRAME_FLAG_MB_NO_SKIP_COEFF flags.V4L2_VP8_FRAME_FLAG_SIGN_BIAS_GOLDEN
    flags.V4L2_VP8_FRAME_FLAG_SIGN_BIAS_ALT
  `,
  ),
  // Read by the macro V4L2_VP8_FRAME_IS_KEY_FRAME.
  ...fields("V4L2_CID_STATELESS_VP8_FRAME", "flags.V4L2_VP8_FRAME_FLAG_KEY_FRAME"),
];

const g1Mpeg2Reads = [
  ...fields("V4L2_CID_STATELESS_MPEG2_SEQUENCE", "flags.V4L2_MPEG2_SEQ_FLAG_PROGRESSIVE"),
  ...fields(
    "V4L2_CID_STATELESS_MPEG2_PICTURE",
    `
    backward_ref_ts forward_ref_ts flags.V4L2_MPEG2_PIC_FLAG_TOP_FIELD_FIRST flags.V4L2_MPEG2_PIC_FLAG_FRAME_PRED_DCT
    flags.V4L2_MPEG2_PIC_FLAG_CONCEALMENT_MV flags.V4L2_MPEG2_PIC_FLAG_Q_SCALE_TYPE flags.V4L2_MPEG2_PIC_FLAG_INTRA_VLC
    flags.V4L2_MPEG2_PIC_FLAG_ALT_SCAN f_code picture_coding_type picture_structure intra_dc_precision
  `,
  ),
  ...fields(
    "V4L2_CID_STATELESS_MPEG2_QUANTISATION",
    `
    intra_quantiser_matrix non_intra_quantiser_matrix chroma_intra_quantiser_matrix chroma_non_intra_quantiser_matrix
  `,
  ),
];

/** Rewrites TOP_FIELD_FIRST in fields: it is set where the frame's first field, the one with `hold`, is the top field. */
function withFirstField(payload: Uint8Array, { hold }: { readonly hold: boolean }): Uint8Array {
  const { offsets } = v4l2_ctrl_mpeg2_picture;
  const rewritten = payload.slice();
  const structure = rewritten[offsets.picture_structure];
  if (structure === V4L2_MPEG2_PIC_FRAME) return rewritten;
  const isTopFirst = (structure === V4L2_MPEG2_PIC_TOP_FIELD) === hold;
  const view = new DataView(rewritten.buffer);
  const others = view.getUint32(offsets.flags, true) & ~V4L2_MPEG2_PIC_FLAG_TOP_FIELD_FIRST;
  view.setUint32(offsets.flags, others | (isTopFirst ? V4L2_MPEG2_PIC_FLAG_TOP_FIELD_FIRST : 0), true);
  return rewritten;
}

/**
 * G1: rk3036 to rk3288, i.MX8M, SAMA5D4, STM32MP25. The limits are those of the largest decoder: on most chips, H.264 and VP8
 * end at 1920x1088 or 3840x2160.
 */
export const hantroG1: Target = {
  name: "hantro-g1",
  source: "drivers/media/platform/verisilicon",
  codecs: {
    h264: {
      ...frameModes,
      since: "5.11",
      controls: h264FrameControls,
      limits: {
        maxWidth: 4096,
        maxHeight: 2304,
        bitDepths: [8],
        chromaFormats: [0, 1],
        profiles: [66, 77, 100],
        maxSliceGroups: 1,
      },
      reads: g1H264Reads,
      missingReferences: "mark",
    },
    vp8: {
      ...noModes,
      since: "5.13",
      controls: vp8Controls,
      limits: { maxWidth: 3840, maxHeight: 2160 },
      reads: g1Vp8Reads,
      missingReferences: "mark",
    },
    mpeg2: {
      ...noModes,
      since: "5.14",
      controls: mpeg2Controls,
      // The driver does not read chroma_format: the hardware decodes anything as 4:2:0.
      limits: { maxWidth: 1920, maxHeight: 1088, chromaFormats: [1] },
      reads: g1Mpeg2Reads,
      missingReferences: "mark",
      quirks: {
        V4L2_CID_STATELESS_MPEG2_PICTURE: {
          fields: ["flags.V4L2_MPEG2_PIC_FLAG_TOP_FIELD_FIRST"],
          text:
            "The driver recognises a frame's second field by this flag, so in a field picture the flag must say whether the " +
            "top field came first. In the stream it is 0 in every field (6.3.10), and GStreamer and FFmpeg send 0. If the " +
            "first field was the top field, a second P field then takes both references from the frame before, instead of " +
            "one from its own first field. See hantro_g1_mpeg2_dec_set_buffers() and rockchip_vpu2_mpeg2_dec_set_buffers(); " +
            "the latter tests the bit by the name of another constant with the same value, V4L2_MPEG2_PIC_TOP_FIELD",
          rewrite: withFirstField,
        },
      },
    },
  },
};

const g2H265Reads = [
  ...fields(
    "V4L2_CID_STATELESS_HEVC_SPS",
    `
    pic_width_in_luma_samples pic_height_in_luma_samples bit_depth_luma_minus8 bit_depth_chroma_minus8
    log2_max_pic_order_cnt_lsb_minus4 log2_min_luma_coding_block_size_minus3 log2_diff_max_min_luma_coding_block_size
    log2_min_luma_transform_block_size_minus2 log2_diff_max_min_luma_transform_block_size
    max_transform_hierarchy_depth_inter max_transform_hierarchy_depth_intra pcm_sample_bit_depth_luma_minus1
    pcm_sample_bit_depth_chroma_minus1 log2_min_pcm_luma_coding_block_size_minus3
    log2_diff_max_min_pcm_luma_coding_block_size num_short_term_ref_pic_sets
    flags.V4L2_HEVC_SPS_FLAG_SEPARATE_COLOUR_PLANE flags.V4L2_HEVC_SPS_FLAG_SCALING_LIST_ENABLED
    flags.V4L2_HEVC_SPS_FLAG_AMP_ENABLED flags.V4L2_HEVC_SPS_FLAG_SAMPLE_ADAPTIVE_OFFSET
    flags.V4L2_HEVC_SPS_FLAG_PCM_ENABLED flags.V4L2_HEVC_SPS_FLAG_PCM_LOOP_FILTER_DISABLED
    flags.V4L2_HEVC_SPS_FLAG_SPS_TEMPORAL_MVP_ENABLED flags.V4L2_HEVC_SPS_FLAG_STRONG_INTRA_SMOOTHING_ENABLED
  `,
  ),
  ...fields(
    "V4L2_CID_STATELESS_HEVC_PPS",
    `
    num_extra_slice_header_bits num_ref_idx_l0_default_active_minus1 num_ref_idx_l1_default_active_minus1
    init_qp_minus26 diff_cu_qp_delta_depth pps_cb_qp_offset pps_cr_qp_offset num_tile_columns_minus1
    column_width_minus1 row_height_minus1 pps_beta_offset_div2 pps_tc_offset_div2 log2_parallel_merge_level_minus2
    flags.V4L2_HEVC_PPS_FLAG_DEPENDENT_SLICE_SEGMENT_ENABLED flags.V4L2_HEVC_PPS_FLAG_OUTPUT_FLAG_PRESENT
    flags.V4L2_HEVC_PPS_FLAG_SIGN_DATA_HIDING_ENABLED flags.V4L2_HEVC_PPS_FLAG_CABAC_INIT_PRESENT
    flags.V4L2_HEVC_PPS_FLAG_CONSTRAINED_INTRA_PRED flags.V4L2_HEVC_PPS_FLAG_TRANSFORM_SKIP_ENABLED
    flags.V4L2_HEVC_PPS_FLAG_CU_QP_DELTA_ENABLED flags.V4L2_HEVC_PPS_FLAG_PPS_SLICE_CHROMA_QP_OFFSETS_PRESENT
    flags.V4L2_HEVC_PPS_FLAG_WEIGHTED_PRED flags.V4L2_HEVC_PPS_FLAG_WEIGHTED_BIPRED
    flags.V4L2_HEVC_PPS_FLAG_TRANSQUANT_BYPASS_ENABLED flags.V4L2_HEVC_PPS_FLAG_TILES_ENABLED
    flags.V4L2_HEVC_PPS_FLAG_ENTROPY_CODING_SYNC_ENABLED flags.V4L2_HEVC_PPS_FLAG_LOOP_FILTER_ACROSS_TILES_ENABLED
    flags.V4L2_HEVC_PPS_FLAG_PPS_LOOP_FILTER_ACROSS_SLICES_ENABLED
    flags.V4L2_HEVC_PPS_FLAG_DEBLOCKING_FILTER_OVERRIDE_ENABLED flags.V4L2_HEVC_PPS_FLAG_PPS_DISABLE_DEBLOCKING_FILTER
    flags.V4L2_HEVC_PPS_FLAG_LISTS_MODIFICATION_PRESENT flags.V4L2_HEVC_PPS_FLAG_SLICE_SEGMENT_HEADER_EXTENSION_PRESENT
    flags.V4L2_HEVC_PPS_FLAG_DEBLOCKING_FILTER_CONTROL_PRESENT flags.V4L2_HEVC_PPS_FLAG_UNIFORM_SPACING
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
    pic_order_cnt_val short_term_ref_pic_set_size long_term_ref_pic_set_size num_active_dpb_entries
    num_poc_st_curr_before num_poc_st_curr_after num_poc_lt_curr poc_st_curr_before poc_st_curr_after poc_lt_curr
    dpb.flags.V4L2_HEVC_DPB_ENTRY_LONG_TERM_REFERENCE dpb.pic_order_cnt_val flags.V4L2_HEVC_DECODE_PARAM_FLAG_IRAP_PIC
    flags.V4L2_HEVC_DECODE_PARAM_FLAG_IDR_PIC
  `,
  ),
  // Read by v4l2_hevc_pps_num_tile_rows().
  ...fields("V4L2_CID_STATELESS_HEVC_PPS", "num_tile_rows_minus1"),
];

/** The kernel (v4l2-vp9.c) adapts the probabilities by the compressed header's deltas. */
const g2Vp9Reads = [
  ...fields(
    "V4L2_CID_STATELESS_VP9_FRAME",
    `
    lf.ref_deltas lf.mode_deltas lf.level lf.sharpness lf.flags.V4L2_VP9_LOOP_FILTER_FLAG_DELTA_ENABLED
    quant.base_q_idx quant.delta_q_y_dc quant.delta_q_uv_dc quant.delta_q_uv_ac seg.feature_data seg.feature_enabled
    seg.tree_probs seg.pred_probs seg.flags.V4L2_VP9_SEGMENTATION_FLAG_ENABLED
    seg.flags.V4L2_VP9_SEGMENTATION_FLAG_UPDATE_MAP seg.flags.V4L2_VP9_SEGMENTATION_FLAG_TEMPORAL_UPDATE
    seg.flags.V4L2_VP9_SEGMENTATION_FLAG_UPDATE_DATA seg.flags.V4L2_VP9_SEGMENTATION_FLAG_ABS_OR_DELTA_UPDATE
    flags.V4L2_VP9_FRAME_FLAG_KEY_FRAME flags.V4L2_VP9_FRAME_FLAG_SHOW_FRAME flags.V4L2_VP9_FRAME_FLAG_ERROR_RESILIENT
    flags.V4L2_VP9_FRAME_FLAG_INTRA_ONLY flags.V4L2_VP9_FRAME_FLAG_ALLOW_HIGH_PREC_MV
    flags.V4L2_VP9_FRAME_FLAG_REFRESH_FRAME_CTX flags.V4L2_VP9_FRAME_FLAG_PARALLEL_DEC_MODE compressed_header_size
    uncompressed_header_size frame_width_minus_1 frame_height_minus_1 last_frame_ts golden_frame_ts alt_frame_ts
    ref_frame_sign_bias reset_frame_context frame_context_idx bit_depth interpolation_filter tile_cols_log2
    tile_rows_log2 reference_mode
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

/** G2: i.MX8MQ; on the Allwinner H6 it has only VP9. */
export const hantroG2: Target = {
  name: "hantro-g2",
  source: "drivers/media/platform/verisilicon",
  codecs: {
    h265: {
      ...frameModes,
      since: "6.0",
      controls: hevcFrameControls,
      // The driver does not read chroma_format_idc, and chooses the CAPTURE format by luma's bit depth alone.
      limits: { maxWidth: 3840, maxHeight: 2160, bitDepths: [8, 10], equalBitDepths: true, chromaFormats: [1] },
      reads: g2H265Reads,
      // hantro_hevc_get_ref_buf() looks up every entry of `dpb` by its POC; a missing one makes the job fail (-ENOMEM).
      missingReferences: "nearest",
    },
    vp9: {
      ...noModes,
      since: "5.17",
      controls: vp9Controls,
      limits: { maxWidth: 3840, maxHeight: 2160, bitDepths: [8, 10], chromaFormats: [1], profiles: [0, 2] },
      reads: g2Vp9Reads,
      missingReferences: "mark",
    },
  },
};
