/**
 * What the V4L2 core does to the VP8 control: std_validate_compound of drivers/media/v4l2-core/v4l2-ctrls-core.c, Linux 7.2.
 */

import {
  v4l2_ctrl_vp8_frame,
  v4l2_vp8_entropy,
  v4l2_vp8_entropy_coder_state,
  v4l2_vp8_loop_filter,
  v4l2_vp8_quantization,
  v4l2_vp8_segment,
} from "../uapi/vp8.ts";
import { type Checks, type KernelRules, kernelRule, zero } from "./rules.ts";

function normaliseFrame(view: DataView): void {
  const o = v4l2_ctrl_vp8_frame.offsets;
  zero(view, o.segment + v4l2_vp8_segment.offsets.padding, 1);
  zero(view, o.lf + v4l2_vp8_loop_filter.offsets.padding, 2);
  zero(view, o.quant + v4l2_vp8_quantization.offsets.padding, 2);
  zero(view, o.entropy + v4l2_vp8_entropy.offsets.padding, 3);
  zero(view, o.coder_state + v4l2_vp8_entropy_coder_state.offsets.padding, 1);
}

function checkFrame(checks: Checks): void {
  checks.oneOf("num_dct_parts", [1, 2, 4, 8]);
}

/** The rule of the VP8 control by name. */
export const vp8KernelRules = {
  V4L2_CID_STATELESS_VP8_FRAME: /* @__PURE__ */ kernelRule(v4l2_ctrl_vp8_frame, normaliseFrame, checkFrame),
} as const satisfies KernelRules;
