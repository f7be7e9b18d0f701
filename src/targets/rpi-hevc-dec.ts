/**
 * rpi-hevc-dec: the Raspberry Pi's HEVC decoder.
 *
 * What the driver reads differently than the kernel's documentation says: bit_size and data_byte_offset of
 * V4L2_CID_STATELESS_HEVC_SLICE_PARAMS (`quirks`, rewritten by `countedFromTheBuffer`).
 */
import { v4l2_ctrl_hevc_slice_params } from "../uapi/index.ts";
import { hevcFrameControls } from "./control-sets.ts";
import { fields } from "./fields.ts";
import type { Target } from "./target.ts";

/** The fields that hevc_d_h265.c reads. */
const h265Reads = [
  ...fields(
    "V4L2_CID_STATELESS_HEVC_SPS",
    `
    pic_width_in_luma_samples pic_height_in_luma_samples bit_depth_luma_minus8 bit_depth_chroma_minus8
    log2_min_luma_coding_block_size_minus3 log2_diff_max_min_luma_coding_block_size
    log2_min_luma_transform_block_size_minus2 log2_diff_max_min_luma_transform_block_size
    max_transform_hierarchy_depth_inter max_transform_hierarchy_depth_intra pcm_sample_bit_depth_luma_minus1
    pcm_sample_bit_depth_chroma_minus1 log2_min_pcm_luma_coding_block_size_minus3
    log2_diff_max_min_pcm_luma_coding_block_size chroma_format_idc sps_max_sub_layers_minus1
    flags.V4L2_HEVC_SPS_FLAG_SEPARATE_COLOUR_PLANE flags.V4L2_HEVC_SPS_FLAG_SCALING_LIST_ENABLED
    flags.V4L2_HEVC_SPS_FLAG_AMP_ENABLED flags.V4L2_HEVC_SPS_FLAG_PCM_ENABLED
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
    num_active_dpb_entries dpb.timestamp dpb.flags.V4L2_HEVC_DPB_ENTRY_LONG_TERM_REFERENCE dpb.pic_order_cnt_val
  `,
  ),
  ...fields(
    "V4L2_CID_STATELESS_HEVC_SLICE_PARAMS",
    `
    bit_size data_byte_offset nal_unit_type nuh_temporal_id_plus1 slice_type slice_pic_order_cnt
    num_ref_idx_l0_active_minus1 num_ref_idx_l1_active_minus1 collocated_ref_idx five_minus_max_num_merge_cand
    slice_qp_delta slice_cb_qp_offset slice_cr_qp_offset slice_beta_offset_div2 slice_tc_offset_div2
    slice_segment_addr ref_idx_l0 ref_idx_l1 pred_weight_table.delta_luma_weight_l0 pred_weight_table.luma_offset_l0
    pred_weight_table.delta_chroma_weight_l0 pred_weight_table.chroma_offset_l0
    pred_weight_table.delta_luma_weight_l1 pred_weight_table.luma_offset_l1
    pred_weight_table.delta_chroma_weight_l1 pred_weight_table.chroma_offset_l1
    pred_weight_table.luma_log2_weight_denom pred_weight_table.delta_chroma_log2_weight_denom
    flags.V4L2_HEVC_SLICE_PARAMS_FLAG_SLICE_SAO_LUMA flags.V4L2_HEVC_SLICE_PARAMS_FLAG_SLICE_SAO_CHROMA
    flags.V4L2_HEVC_SLICE_PARAMS_FLAG_SLICE_TEMPORAL_MVP_ENABLED flags.V4L2_HEVC_SLICE_PARAMS_FLAG_MVD_L1_ZERO
    flags.V4L2_HEVC_SLICE_PARAMS_FLAG_CABAC_INIT flags.V4L2_HEVC_SLICE_PARAMS_FLAG_COLLOCATED_FROM_L0
    flags.V4L2_HEVC_SLICE_PARAMS_FLAG_SLICE_DEBLOCKING_FILTER_DISABLED
    flags.V4L2_HEVC_SLICE_PARAMS_FLAG_SLICE_LOOP_FILTER_ACROSS_SLICES_ENABLED
    flags.V4L2_HEVC_SLICE_PARAMS_FLAG_DEPENDENT_SLICE_SEGMENT
  `,
  ),
];

/** Rewrites both values of each segment so that they count from the beginning of the OUTPUT buffer. */
function countedFromTheBuffer(payload: Uint8Array): Uint8Array {
  const { size, offsets } = v4l2_ctrl_hevc_slice_params;
  const counted = payload.slice();
  const view = new DataView(counted.buffer);
  let start = 0;
  for (let at = 0; at < counted.length; at += size) {
    const bytes = view.getUint32(at + offsets.bit_size, true) / 8;
    view.setUint32(at + offsets.bit_size, 8 * (start + bytes), true);
    view.setUint32(at + offsets.data_byte_offset, start + view.getUint32(at + offsets.data_byte_offset, true), true);
    start += bytes;
  }
  return counted;
}

/** The Raspberry Pi's HEVC decoder. Its driver is in the tree of raspberrypi/linux, not in Linux 7.2. */
export const rpiHevcDec: Target = {
  name: "rpi-hevc-dec",
  source: "drivers/media/platform/raspberrypi/hevc_dec (raspberrypi/linux)",
  codecs: {
    h265: {
      since: undefined,
      decodeModes: ["frame"],
      startCodes: ["none", "annexb"],
      controls: { ...hevcFrameControls, V4L2_CID_STATELESS_HEVC_SLICE_PARAMS: 600 },
      limits: {
        maxWidth: 4096,
        maxHeight: 4096,
        bitDepths: [8, 10],
        equalBitDepths: true,
        chromaFormats: [1],
        refusedFlags: [
          [
            "V4L2_CID_STATELESS_HEVC_PPS.flags.V4L2_HEVC_PPS_FLAG_TILES_ENABLED",
            "V4L2_CID_STATELESS_HEVC_PPS.flags.V4L2_HEVC_PPS_FLAG_ENTROPY_CODING_SYNC_ENABLED",
          ],
        ],
      },
      reads: h265Reads,
      // pre_slice_decode() uses list entries as indices into `dpb` without a check, and a missing collocated picture makes the
      // job fail.
      missingReferences: "nearest",
      quirks: {
        V4L2_CID_STATELESS_HEVC_SLICE_PARAMS: {
          fields: ["bit_size", "data_byte_offset"],
          text:
            "The driver counts data_byte_offset and bit_size of every slice segment from the beginning of the OUTPUT buffer. " +
            "The kernel's text counts both from the segment",
          rewrite: countedFromTheBuffer,
        },
      },
    },
  },
};
