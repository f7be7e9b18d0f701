/** What the V4L2 core does to the VP9 controls: validate_vp9_* of drivers/media/v4l2-core/v4l2-ctrls-core.c, Linux 7.2. */

import {
  V4L2_VP9_FRAME_FLAG_ERROR_RESILIENT,
  V4L2_VP9_FRAME_FLAG_REFRESH_FRAME_CTX,
  V4L2_VP9_FRAME_FLAG_X_SUBSAMPLING,
  V4L2_VP9_FRAME_FLAG_Y_SUBSAMPLING,
  V4L2_VP9_INTERP_FILTER_SWITCHABLE,
  V4L2_VP9_NUM_FRAME_CTX,
  V4L2_VP9_PROFILE_MAX,
  V4L2_VP9_REFERENCE_MODE_SELECT,
  V4L2_VP9_RESET_FRAME_CTX_ALL,
  V4L2_VP9_SEGMENT_FEATURE_ENABLED_MASK,
  V4L2_VP9_TX_MODE_SELECT,
  v4l2_ctrl_vp9_compressed_hdr,
  v4l2_ctrl_vp9_frame,
  v4l2_vp9_loop_filter,
  v4l2_vp9_quantization,
  v4l2_vp9_segmentation,
} from "../uapi/vp9.ts";
import { type Checks, type KernelRules, kernelRule, nothing, zero } from "./rules.ts";

function normaliseFrame(view: DataView): void {
  const o = v4l2_ctrl_vp9_frame.offsets;
  zero(view, o.lf + v4l2_vp9_loop_filter.offsets.reserved, 7);
  zero(view, o.quant + v4l2_vp9_quantization.offsets.reserved, 4);
  zero(view, o.seg + v4l2_vp9_segmentation.offsets.reserved, 5);
  zero(view, o.reserved, 7);
}

function checkFrame(checks: Checks): void {
  checks.namedBits("flags");
  const resilientRefresh = V4L2_VP9_FRAME_FLAG_ERROR_RESILIENT | V4L2_VP9_FRAME_FLAG_REFRESH_FRAME_CTX;
  if ((checks.get("flags") & resilientRefresh) === resilientRefresh) {
    checks.refuse("flags", "ERROR_RESILIENT together with REFRESH_FRAME_CTX");
  }
  checks.range("profile", 0, V4L2_VP9_PROFILE_MAX);
  checks.range("reset_frame_context", 0, V4L2_VP9_RESET_FRAME_CTX_ALL);
  checks.range("frame_context_idx", 0, V4L2_VP9_NUM_FRAME_CTX - 1);
  if (checks.get("profile") <= V4L2_VP9_PROFILE_MAX) checkProfile(checks);
  checks.range("interpolation_filter", 0, V4L2_VP9_INTERP_FILTER_SWITCHABLE);
  checks.range("tile_cols_log2", 0, 6);
  checks.range("reference_mode", 0, V4L2_VP9_REFERENCE_MODE_SELECT);
  checkLoopFilter(checks);
  checkQuantization(checks);
  checkSegmentation(checks);
}

function checkProfile(checks: Checks): void {
  const profile = checks.get("profile");
  checks.oneOf("bit_depth", profile < 2 ? [8] : [10, 12], ` with profile ${profile}`);
  const subsampledBoth = V4L2_VP9_FRAME_FLAG_X_SUBSAMPLING | V4L2_VP9_FRAME_FLAG_Y_SUBSAMPLING;
  const is420 = (checks.get("flags") & subsampledBoth) === subsampledBoth;
  if (profile % 2 === 0 && !is420) checks.refuse("flags", `not 4:2:0 with profile ${profile}`);
  if (profile % 2 === 1 && is420) checks.refuse("flags", `4:2:0 with profile ${profile}`);
}

function checkLoopFilter(checks: Checks): void {
  checks.namedBits("lf.flags");
  checks.range("lf.level", 0, 63);
  checks.range("lf.sharpness", 0, 7);
  for (let i = 0; i < 4; i++) checks.range(`lf.ref_deltas[${i}]`, -63, 63);
  for (let i = 0; i < 2; i++) checks.range(`lf.mode_deltas[${i}]`, -63, 63);
}

function checkQuantization(checks: Checks): void {
  checks.range("quant.delta_q_y_dc", -15, 15);
  checks.range("quant.delta_q_uv_dc", -15, 15);
  checks.range("quant.delta_q_uv_ac", -15, 15);
}

/** The largest magnitude of `feature_data`, by V4L2_VP9_SEG_LVL_*. The kernel checks disabled features, too. */
const featureMax: readonly number[] = [255, 63, 3, 0];

function checkSegmentation(checks: Checks): void {
  checks.namedBits("seg.flags");
  for (let i = 0; i < 8; i++) checks.range(`seg.feature_enabled[${i}]`, 0, V4L2_VP9_SEGMENT_FEATURE_ENABLED_MASK);
  for (let i = 0; i < 8; i++) {
    for (const [j, max] of featureMax.entries()) checks.range(`seg.feature_data[${i}][${j}]`, -max, max);
  }
}

function checkCompressedHeader(checks: Checks): void {
  checks.range("tx_mode", 0, V4L2_VP9_TX_MODE_SELECT);
}

/** The rules of the VP9 controls by name. */
export const vp9KernelRules = {
  V4L2_CID_STATELESS_VP9_FRAME: /* @__PURE__ */ kernelRule(v4l2_ctrl_vp9_frame, normaliseFrame, checkFrame),
  V4L2_CID_STATELESS_VP9_COMPRESSED_HDR: /* @__PURE__ */ kernelRule(
    v4l2_ctrl_vp9_compressed_hdr,
    nothing,
    checkCompressedHeader,
  ),
} as const satisfies KernelRules;
