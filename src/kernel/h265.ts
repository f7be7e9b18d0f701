/**
 * What the V4L2 core does to the H.265 controls: std_validate_compound of drivers/media/v4l2-core/v4l2-ctrls-core.c, Linux 7.2.
 */

import {
  V4L2_HEVC_DPB_ENTRIES_NUM_MAX,
  V4L2_HEVC_PPS_FLAG_CU_QP_DELTA_ENABLED,
  V4L2_HEVC_PPS_FLAG_LOOP_FILTER_ACROSS_TILES_ENABLED,
  V4L2_HEVC_PPS_FLAG_PPS_DISABLE_DEBLOCKING_FILTER,
  V4L2_HEVC_PPS_FLAG_TILES_ENABLED,
  V4L2_HEVC_SLICE_TYPE_B,
  V4L2_HEVC_SPS_FLAG_LONG_TERM_REF_PICS_PRESENT,
  V4L2_HEVC_SPS_FLAG_PCM_ENABLED,
  v4l2_ctrl_hevc_decode_params,
  v4l2_ctrl_hevc_ext_sps_lt_rps,
  v4l2_ctrl_hevc_ext_sps_st_rps,
  v4l2_ctrl_hevc_pps,
  v4l2_ctrl_hevc_scaling_matrix,
  v4l2_ctrl_hevc_slice_params,
  v4l2_ctrl_hevc_sps,
} from "../uapi/h265.ts";
import { type Checks, clearBits, type KernelRules, kernelRule, nothing, zero } from "./rules.ts";

function normaliseSps(view: DataView): void {
  const o = v4l2_ctrl_hevc_sps.offsets;
  const flags = view.getUint32(o.flags, true);
  if (!(flags & V4L2_HEVC_SPS_FLAG_PCM_ENABLED)) {
    view.setUint8(o.pcm_sample_bit_depth_luma_minus1, 0);
    view.setUint8(o.pcm_sample_bit_depth_chroma_minus1, 0);
    view.setUint8(o.log2_min_pcm_luma_coding_block_size_minus3, 0);
    view.setUint8(o.log2_diff_max_min_pcm_luma_coding_block_size, 0);
  }
  if (!(flags & V4L2_HEVC_SPS_FLAG_LONG_TERM_REF_PICS_PRESENT)) view.setUint8(o.num_long_term_ref_pics_sps, 0);
}

function checkSps(checks: Checks): void {
  checks.range("num_short_term_ref_pic_sets", 0, 64);
  checks.range("num_long_term_ref_pics_sps", 0, 32);
}

function normalisePps(view: DataView): void {
  const o = v4l2_ctrl_hevc_pps.offsets;
  const flags = view.getUint32(o.flags, true);
  if (!(flags & V4L2_HEVC_PPS_FLAG_CU_QP_DELTA_ENABLED)) view.setUint8(o.diff_cu_qp_delta_depth, 0);
  if (!(flags & V4L2_HEVC_PPS_FLAG_TILES_ENABLED)) {
    view.setUint8(o.num_tile_columns_minus1, 0);
    view.setUint8(o.num_tile_rows_minus1, 0);
    zero(view, o.column_width_minus1, 20);
    zero(view, o.row_height_minus1, 22);
    // 7.4.3.3.1 infers 1 for this flag, but the kernel clears it.
    clearBits(view, o.flags, V4L2_HEVC_PPS_FLAG_LOOP_FILTER_ACROSS_TILES_ENABLED);
  }
  if (flags & V4L2_HEVC_PPS_FLAG_PPS_DISABLE_DEBLOCKING_FILTER) {
    view.setInt8(o.pps_beta_offset_div2, 0);
    view.setInt8(o.pps_tc_offset_div2, 0);
  }
}

/** The limits are the lengths of the two arrays. */
function checkPps(checks: Checks): void {
  checks.range("num_tile_columns_minus1", 0, 19);
  checks.range("num_tile_rows_minus1", 0, 21);
}

/** The first limit holds for slices of every type, so for I slices too. */
function checkSliceParams(checks: Checks): void {
  checks.range("num_ref_idx_l0_active_minus1", 0, V4L2_HEVC_DPB_ENTRIES_NUM_MAX - 1);
  if (checks.get("slice_type") === V4L2_HEVC_SLICE_TYPE_B) {
    checks.range("num_ref_idx_l1_active_minus1", 0, V4L2_HEVC_DPB_ENTRIES_NUM_MAX - 1, " in a B slice");
  }
}

function checkDecodeParams(checks: Checks): void {
  checks.range("num_active_dpb_entries", 0, V4L2_HEVC_DPB_ENTRIES_NUM_MAX);
}

function checkExtSpsStRps(checks: Checks): void {
  checks.namedBits("flags");
  checks.range("num_negative_pics", 0, 16);
  // The kernel has three conditions: neither count may be above 16, nor may their sum.
  const negative = checks.get("num_negative_pics");
  if (negative <= 16) checks.range("num_positive_pics", 0, 16 - negative, ` with num_negative_pics ${negative}`);
  else checks.range("num_positive_pics", 0, 16);
}

function checkExtSpsLtRps(checks: Checks): void {
  checks.namedBits("flags");
}

/**
 * The rules of the H.265 controls by name. Those of dynamic arrays are for one element; the menus and ENTRY_POINT_OFFSETS have
 * none. The kernel does not clear the reserved fields of H.265.
 */
export const hevcKernelRules = {
  V4L2_CID_STATELESS_HEVC_SPS: /* @__PURE__ */ kernelRule(v4l2_ctrl_hevc_sps, normaliseSps, checkSps),
  V4L2_CID_STATELESS_HEVC_PPS: /* @__PURE__ */ kernelRule(v4l2_ctrl_hevc_pps, normalisePps, checkPps),
  V4L2_CID_STATELESS_HEVC_SLICE_PARAMS: /* @__PURE__ */ kernelRule(
    v4l2_ctrl_hevc_slice_params,
    nothing,
    checkSliceParams,
  ),
  V4L2_CID_STATELESS_HEVC_SCALING_MATRIX: /* @__PURE__ */ kernelRule(v4l2_ctrl_hevc_scaling_matrix, nothing, nothing),
  V4L2_CID_STATELESS_HEVC_DECODE_PARAMS: /* @__PURE__ */ kernelRule(
    v4l2_ctrl_hevc_decode_params,
    nothing,
    checkDecodeParams,
  ),
  V4L2_CID_STATELESS_HEVC_EXT_SPS_ST_RPS: /* @__PURE__ */ kernelRule(
    v4l2_ctrl_hevc_ext_sps_st_rps,
    nothing,
    checkExtSpsStRps,
  ),
  V4L2_CID_STATELESS_HEVC_EXT_SPS_LT_RPS: /* @__PURE__ */ kernelRule(
    v4l2_ctrl_hevc_ext_sps_lt_rps,
    nothing,
    checkExtSpsLtRps,
  ),
} as const satisfies KernelRules;
