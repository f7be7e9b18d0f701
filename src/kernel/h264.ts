/**
 * What the V4L2 core does to the H.264 controls: std_validate_compound of drivers/media/v4l2-core/v4l2-ctrls-core.c, Linux 7.2.
 */

import {
  V4L2_H264_NUM_DPB_ENTRIES,
  V4L2_H264_REF_LIST_LEN,
  V4L2_H264_SLICE_FLAG_DIRECT_SPATIAL_MV_PRED,
  V4L2_H264_SLICE_TYPE_B,
  V4L2_H264_SLICE_TYPE_I,
  V4L2_H264_SLICE_TYPE_SI,
  V4L2_H264_SPS_FLAG_FRAME_MBS_ONLY,
  V4L2_H264_SPS_FLAG_MB_ADAPTIVE_FRAME_FIELD,
  V4L2_H264_SPS_FLAG_QPPRIME_Y_ZERO_TRANSFORM_BYPASS,
  V4L2_H264_SPS_FLAG_SEPARATE_COLOUR_PLANE,
  V4L2_H264_SPS_HAS_CHROMA_FORMAT,
  v4l2_ctrl_h264_decode_params,
  v4l2_ctrl_h264_pps,
  v4l2_ctrl_h264_pred_weights,
  v4l2_ctrl_h264_scaling_matrix,
  v4l2_ctrl_h264_slice_params,
  v4l2_ctrl_h264_sps,
  v4l2_h264_dpb_entry,
} from "../uapi/h264.ts";
import { type Checks, clearBits, type KernelRules, kernelRule, nothing, zero } from "./rules.ts";

function normaliseSps(view: DataView): void {
  const o = v4l2_ctrl_h264_sps.offsets;
  // The kernel's branches are kept: for type 0, fields that belong to type 1 are cleared; for type 2, all fields keep the
  // values given.
  if (view.getUint8(o.pic_order_cnt_type) !== 0) {
    view.setUint8(o.log2_max_pic_order_cnt_lsb_minus4, 0);
  } else {
    view.setUint8(o.num_ref_frames_in_pic_order_cnt_cycle, 0);
    view.setInt32(o.offset_for_non_ref_pic, 0, true);
    view.setInt32(o.offset_for_top_to_bottom_field, 0, true);
    zero(view, o.offset_for_ref_frame, 255 * 4);
  }
  if (!V4L2_H264_SPS_HAS_CHROMA_FORMAT({ profile_idc: view.getUint8(o.profile_idc) })) {
    view.setUint8(o.chroma_format_idc, 1);
    view.setUint8(o.bit_depth_luma_minus8, 0);
    view.setUint8(o.bit_depth_chroma_minus8, 0);
    clearBits(view, o.flags, V4L2_H264_SPS_FLAG_QPPRIME_Y_ZERO_TRANSFORM_BYPASS);
  }
  if (view.getUint8(o.chroma_format_idc) < 3) clearBits(view, o.flags, V4L2_H264_SPS_FLAG_SEPARATE_COLOUR_PLANE);
  if (view.getUint32(o.flags, true) & V4L2_H264_SPS_FLAG_FRAME_MBS_ONLY) {
    clearBits(view, o.flags, V4L2_H264_SPS_FLAG_MB_ADAPTIVE_FRAME_FIELD);
  }
}

function checkSps(checks: Checks): void {
  // The kernel compares profile_idc numerically, so it refuses 4:4:4 in profile 44 (CAVLC 4:4:4 Intra).
  const profile = checks.get("profile_idc");
  const chroma = profile < 122 ? 1 : profile < 244 ? 2 : 3;
  checks.range("chroma_format_idc", 0, chroma, ` with profile_idc ${profile}`);
  checks.range("bit_depth_luma_minus8", 0, 6);
  checks.range("bit_depth_chroma_minus8", 0, 6);
  checks.range("log2_max_frame_num_minus4", 0, 12);
  checks.range("pic_order_cnt_type", 0, 2);
  checks.range("log2_max_pic_order_cnt_lsb_minus4", 0, 12);
  // The kernel's limit is the length of a list of fields, not the 16 frames of A.3.1.
  checks.range("max_num_ref_frames", 0, V4L2_H264_REF_LIST_LEN);
}

function checkPps(checks: Checks): void {
  checks.range("num_slice_groups_minus1", 0, 7);
  checks.range("num_ref_idx_l0_default_active_minus1", 0, V4L2_H264_REF_LIST_LEN - 1);
  checks.range("num_ref_idx_l1_default_active_minus1", 0, V4L2_H264_REF_LIST_LEN - 1);
  checks.range("weighted_bipred_idc", 0, 2);
  // The lower limit is -(26 + QpBdOffsetY) for 14 bits, whatever bit depth the SPS has.
  checks.range("pic_init_qp_minus26", -62, 25);
  checks.range("pic_init_qs_minus26", -26, 25);
  checks.range("chroma_qp_index_offset", -12, 12);
  checks.range("second_chroma_qp_index_offset", -12, 12);
}

function checkPredWeights(checks: Checks): void {
  checks.range("luma_log2_weight_denom", 0, 7);
  checks.range("chroma_log2_weight_denom", 0, 7);
}

function normaliseSliceParams(view: DataView): void {
  const o = v4l2_ctrl_h264_slice_params.offsets;
  const sliceType = view.getUint8(o.slice_type);
  if (sliceType !== V4L2_H264_SLICE_TYPE_B) {
    clearBits(view, o.flags, V4L2_H264_SLICE_FLAG_DIRECT_SPATIAL_MV_PRED);
    view.setUint8(o.num_ref_idx_l1_active_minus1, 0);
  }
  if (sliceType === V4L2_H264_SLICE_TYPE_I || sliceType === V4L2_H264_SLICE_TYPE_SI) {
    view.setUint8(o.num_ref_idx_l0_active_minus1, 0);
  }
  view.setUint8(o.reserved, 0);
}

/** The kernel does not check slice_type itself. */
function checkSliceParams(checks: Checks): void {
  checks.range("colour_plane_id", 0, 2);
  checks.range("cabac_init_idc", 0, 2);
  checks.range("disable_deblocking_filter_idc", 0, 2);
  checks.range("slice_alpha_c0_offset_div2", -6, 6);
  checks.range("slice_beta_offset_div2", -6, 6);
  checks.range("num_ref_idx_l0_active_minus1", 0, V4L2_H264_REF_LIST_LEN - 1);
  checks.range("num_ref_idx_l1_active_minus1", 0, V4L2_H264_REF_LIST_LEN - 1);
}

function normaliseDecodeParams(view: DataView): void {
  const o = v4l2_ctrl_h264_decode_params.offsets;
  for (let i = 0; i < V4L2_H264_NUM_DPB_ENTRIES; i++) {
    zero(view, o.dpb + i * v4l2_h264_dpb_entry.size + v4l2_h264_dpb_entry.offsets.reserved, 5);
  }
  view.setUint32(o.reserved, 0, true);
}

function checkDecodeParams(checks: Checks): void {
  checks.range("nal_ref_idc", 0, 3);
}

/** The rules of the H.264 controls by name; the menus have none. */
export const h264KernelRules = {
  V4L2_CID_STATELESS_H264_SPS: /* @__PURE__ */ kernelRule(v4l2_ctrl_h264_sps, normaliseSps, checkSps),
  V4L2_CID_STATELESS_H264_PPS: /* @__PURE__ */ kernelRule(v4l2_ctrl_h264_pps, nothing, checkPps),
  V4L2_CID_STATELESS_H264_SCALING_MATRIX: /* @__PURE__ */ kernelRule(v4l2_ctrl_h264_scaling_matrix, nothing, nothing),
  V4L2_CID_STATELESS_H264_PRED_WEIGHTS: /* @__PURE__ */ kernelRule(
    v4l2_ctrl_h264_pred_weights,
    nothing,
    checkPredWeights,
  ),
  V4L2_CID_STATELESS_H264_SLICE_PARAMS: /* @__PURE__ */ kernelRule(
    v4l2_ctrl_h264_slice_params,
    normaliseSliceParams,
    checkSliceParams,
  ),
  V4L2_CID_STATELESS_H264_DECODE_PARAMS: /* @__PURE__ */ kernelRule(
    v4l2_ctrl_h264_decode_params,
    normaliseDecodeParams,
    checkDecodeParams,
  ),
} as const satisfies KernelRules;
