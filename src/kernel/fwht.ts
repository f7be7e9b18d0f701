/**
 * What the V4L2 core does to the FWHT control: std_validate_compound of drivers/media/v4l2-core/v4l2-ctrls-core.c, Linux 7.2. It
 * takes later versions than V4L2_FWHT_VERSION, which vicodec refuses.
 */

import { V4L2_FWHT_VERSION, v4l2_ctrl_fwht_params } from "../uapi/fwht.ts";
import { type Checks, type KernelRules, kernelRule, nothing } from "./rules.ts";

function checkParams(checks: Checks): void {
  checks.range("version", V4L2_FWHT_VERSION, 0xffffffff);
  checks.range("width", 1, 0xffffffff);
  checks.range("height", 1, 0xffffffff);
}

/** The rule of the FWHT control by name. */
export const fwhtKernelRules = {
  V4L2_CID_STATELESS_FWHT_PARAMS: /* @__PURE__ */ kernelRule(v4l2_ctrl_fwht_params, nothing, checkParams),
} as const satisfies KernelRules;
