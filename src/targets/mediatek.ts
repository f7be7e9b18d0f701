import * as sets from "./control-sets.ts";
import { fields } from "./fields.ts";
import * as shared from "./shared-reads.ts";
import type { Target } from "./target.ts";
import { commonAv1Reads } from "./vpu981.ts";

const size = { maxWidth: 4096, maxHeight: 2304 } as const;

const h264Reads = [
  ...shared.h264Reads,
  ...shared.h264FrameReads,
  ...fields(
    "V4L2_CID_STATELESS_H264_SPS",
    `
    pic_order_cnt_type log2_max_pic_order_cnt_lsb_minus4 pic_width_in_mbs_minus1 pic_height_in_map_units_minus1
    flags.V4L2_H264_SPS_FLAG_SEPARATE_COLOUR_PLANE flags.V4L2_H264_SPS_FLAG_QPPRIME_Y_ZERO_TRANSFORM_BYPASS
    flags.V4L2_H264_SPS_FLAG_DELTA_PIC_ORDER_ALWAYS_ZERO
  `,
  ),
  ...fields("V4L2_CID_STATELESS_H264_PPS", "flags.V4L2_H264_PPS_FLAG_BOTTOM_FIELD_PIC_ORDER_IN_FRAME_PRESENT"),
  ...fields(
    "V4L2_CID_STATELESS_H264_DECODE_PARAMS",
    `
    dpb.pic_num nal_ref_idc pic_order_cnt_lsb delta_pic_order_cnt_bottom delta_pic_order_cnt0 delta_pic_order_cnt1
    flags.V4L2_H264_DECODE_PARAM_FLAG_IDR_PIC
  `,
  ),
];

const h265Reads = [
  ...shared.hevcReads,
  ...shared.hevcHeaderReads,
  ...fields(
    "V4L2_CID_STATELESS_HEVC_SPS",
    `
    video_parameter_set_id seq_parameter_set_id sps_max_dec_pic_buffering_minus1 sps_max_num_reorder_pics
    sps_max_latency_increase_plus1 num_long_term_ref_pics_sps chroma_format_idc sps_max_sub_layers_minus1
    flags.V4L2_HEVC_SPS_FLAG_SEPARATE_COLOUR_PLANE flags.V4L2_HEVC_SPS_FLAG_LONG_TERM_REF_PICS_PRESENT
  `,
  ),
  ...fields(
    "V4L2_CID_STATELESS_HEVC_PPS",
    `
    pic_parameter_set_id flags.V4L2_HEVC_PPS_FLAG_DEBLOCKING_FILTER_CONTROL_PRESENT
    flags.V4L2_HEVC_PPS_FLAG_UNIFORM_SPACING
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
];

const vp8Reads = fields("V4L2_CID_STATELESS_VP8_FRAME", "last_frame_ts golden_frame_ts alt_frame_ts flags");

/** Flags are read by HDR_FLAG, LF_FLAG and SEG_FLAG of vdec_vp9_req_lat_if.c. */
const vp9Reads = [
  ...shared.vp9Reads,
  ...fields(
    "V4L2_CID_STATELESS_VP9_FRAME",
    `
    lf.level lf.sharpness lf.flags.V4L2_VP9_LOOP_FILTER_FLAG_DELTA_ENABLED quant.base_q_idx quant.delta_q_y_dc
    quant.delta_q_uv_dc quant.delta_q_uv_ac seg.flags.V4L2_VP9_SEGMENTATION_FLAG_TEMPORAL_UPDATE
    seg.flags.V4L2_VP9_SEGMENTATION_FLAG_UPDATE_DATA ref_frame_sign_bias profile tile_cols_log2 tile_rows_log2
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
 * effect. The limits are those of the largest chip: only MT8188 and MT8195 have 10 bits, and MT8183 ends at 2048x1088.
 */
export const mediatek: Target = {
  name: "mediatek",
  source: "drivers/media/platform/mediatek/vcodec/decoder",
  codecs: {
    h264: {
      ...sets.frameModes,
      since: "5.16",
      controls: sets.h264FrameControls,
      // "Firmware does not support field decoding" (vdec_h264_req_common.c). Where one bit depth is 8 and the other is not,
      // mtk_vdec_s_ctrl() keeps the CAPTURE format of 8 bits.
      limits: {
        ...size,
        bitDepths: [8, 10],
        equalBitDepths: true,
        profiles: [66, 77, 100, 110],
        maxSliceGroups: 1,
        refusedFlags: [["V4L2_CID_STATELESS_H264_DECODE_PARAMS.flags.V4L2_H264_DECODE_PARAM_FLAG_FIELD_PIC"]],
      },
      reads: h264Reads,
      missingReferences: "mark",
    },
    h265: {
      ...sets.frameModes,
      since: "6.5",
      controls: sets.hevcFrameControls,
      // The driver does not check chroma_format_idc. The profiles of its menu and its CAPTURE formats are 4:2:0.
      limits: { ...size, bitDepths: [8, 10], equalBitDepths: true, chromaFormats: [1] },
      reads: h265Reads,
      missingReferences: "mark",
    },
    vp8: {
      ...sets.noModes,
      since: "5.19",
      controls: sets.vp8Controls,
      limits: { maxWidth: 2048, maxHeight: 1088 },
      reads: vp8Reads,
      missingReferences: "mark",
    },
    vp9: {
      ...sets.noModes,
      since: "5.19",
      // The firmware reads the compressed header and keeps the probabilities.
      controls: { V4L2_CID_STATELESS_VP9_FRAME: 1 },
      limits: { ...size, bitDepths: [8, 10], chromaFormats: [1], profiles: [0, 2] },
      reads: vp9Reads,
      missingReferences: "mark",
    },
    av1: {
      ...sets.noModes,
      since: "6.5",
      controls: sets.av1Controls,
      // vdec_av1_slice_setup_tile_group() fails for other entries.
      limits: { ...size, bitDepths: [8, 10], chromaFormats: [1], profiles: [0], tileEntries: "exact" },
      reads: av1Reads,
      missingReferences: "mark",
    },
  },
};
