/**
 * What the V4L2 core does to the MPEG-2 controls: std_validate_compound of drivers/media/v4l2-core/v4l2-ctrls-core.c, Linux
 * 7.2.
 */

import {
  V4L2_MPEG2_PIC_CODING_TYPE_B,
  V4L2_MPEG2_PIC_CODING_TYPE_I,
  V4L2_MPEG2_PIC_FRAME,
  V4L2_MPEG2_PIC_TOP_FIELD,
  v4l2_ctrl_mpeg2_picture,
  v4l2_ctrl_mpeg2_quantisation,
  v4l2_ctrl_mpeg2_sequence,
} from "../uapi/mpeg2.ts";
import { type Checks, type KernelRules, kernelRule, nothing, zero } from "./rules.ts";

/** chroma_format 0, which an MPEG-1 stream would have, is refused. */
function checkSequence(checks: Checks): void {
  checks.range("chroma_format", 1, 3);
}

function normalisePicture(view: DataView): void {
  zero(view, v4l2_ctrl_mpeg2_picture.offsets.reserved, 5);
}

/** D pictures are refused, although the header has a constant for them. */
function checkPicture(checks: Checks): void {
  checks.range("intra_dc_precision", 0, 3);
  checks.range("picture_structure", V4L2_MPEG2_PIC_TOP_FIELD, V4L2_MPEG2_PIC_FRAME);
  checks.range("picture_coding_type", V4L2_MPEG2_PIC_CODING_TYPE_I, V4L2_MPEG2_PIC_CODING_TYPE_B);
}

/** The rules of the MPEG-2 controls by name. */
export const mpeg2KernelRules = {
  V4L2_CID_STATELESS_MPEG2_SEQUENCE: /* @__PURE__ */ kernelRule(v4l2_ctrl_mpeg2_sequence, nothing, checkSequence),
  V4L2_CID_STATELESS_MPEG2_PICTURE: /* @__PURE__ */ kernelRule(v4l2_ctrl_mpeg2_picture, normalisePicture, checkPicture),
  V4L2_CID_STATELESS_MPEG2_QUANTISATION: /* @__PURE__ */ kernelRule(v4l2_ctrl_mpeg2_quantisation, nothing, nothing),
} as const satisfies KernelRules;
