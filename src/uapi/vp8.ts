/** VP8 (RFC 6386) in linux/v4l2-controls.h. */

import type { ControlDefinition } from "./control.ts";
import { array, flagSet, type Infer, s8, struct, u8, u16, u32, u64 } from "./struct.ts";

/** The OUTPUT format: parsed VP8 frames (linux/videodev2.h). The fourcc "VP8F". */
export const V4L2_PIX_FMT_VP8_FRAME = 0x46385056;

/** Control id. */
export const V4L2_CID_STATELESS_VP8_FRAME = 0xa409c8;

/** Bits of `v4l2_vp8_segment.flags`. */
export const V4L2_VP8_SEGMENT_FLAG_ENABLED = 0x1;
export const V4L2_VP8_SEGMENT_FLAG_UPDATE_MAP = 0x2;
export const V4L2_VP8_SEGMENT_FLAG_UPDATE_FEATURE_DATA = 0x4;
export const V4L2_VP8_SEGMENT_FLAG_DELTA_VALUE_MODE = 0x8;

/** Segmentation, RFC 6386 section 9.3. */
export const v4l2_vp8_segment = /* @__PURE__ */ struct("v4l2_vp8_segment", 16, {
  quant_update: array(s8, 4),
  lf_update: array(s8, 4),
  segment_probs: array(u8, 3),
  padding: u8,
  flags: flagSet(u32, {
    V4L2_VP8_SEGMENT_FLAG_ENABLED,
    V4L2_VP8_SEGMENT_FLAG_UPDATE_MAP,
    V4L2_VP8_SEGMENT_FLAG_UPDATE_FEATURE_DATA,
    V4L2_VP8_SEGMENT_FLAG_DELTA_VALUE_MODE,
  }),
});
/** The plain value of `struct v4l2_vp8_segment`. */
export type v4l2_vp8_segment = Infer<typeof v4l2_vp8_segment>;

/** Bits of `v4l2_vp8_loop_filter.flags`. */
export const V4L2_VP8_LF_ADJ_ENABLE = 0x1;
export const V4L2_VP8_LF_DELTA_UPDATE = 0x2;
export const V4L2_VP8_LF_FILTER_TYPE_SIMPLE = 0x4;

/** Loop filter, RFC 6386 section 9.4. */
export const v4l2_vp8_loop_filter = /* @__PURE__ */ struct("v4l2_vp8_loop_filter", 16, {
  ref_frm_delta: array(s8, 4),
  mb_mode_delta: array(s8, 4),
  sharpness_level: u8,
  level: u8,
  padding: u16,
  flags: flagSet(u32, { V4L2_VP8_LF_ADJ_ENABLE, V4L2_VP8_LF_DELTA_UPDATE, V4L2_VP8_LF_FILTER_TYPE_SIMPLE }),
});
/** The plain value of `struct v4l2_vp8_loop_filter`. */
export type v4l2_vp8_loop_filter = Infer<typeof v4l2_vp8_loop_filter>;

/** Quantization indices, RFC 6386 section 9.6. */
export const v4l2_vp8_quantization = /* @__PURE__ */ struct("v4l2_vp8_quantization", 8, {
  y_ac_qi: u8,
  y_dc_delta: s8,
  y2_dc_delta: s8,
  y2_ac_delta: s8,
  uv_dc_delta: s8,
  uv_ac_delta: s8,
  padding: u16,
});
/** The plain value of `struct v4l2_vp8_quantization`. */
export type v4l2_vp8_quantization = Infer<typeof v4l2_vp8_quantization>;

/** Probabilities of a coefficient context and of a motion vector component. */
export const V4L2_VP8_COEFF_PROB_CNT = 11;
export const V4L2_VP8_MV_PROB_CNT = 19;

/** The probabilities this frame is decoded with, its own updates included. */
export const v4l2_vp8_entropy = /* @__PURE__ */ struct("v4l2_vp8_entropy", 1104, {
  coeff_probs: array(u8, 4, 8, 3, 11),
  y_mode_probs: array(u8, 4),
  uv_mode_probs: array(u8, 3),
  mv_probs: array(u8, 2, 19),
  padding: array(u8, 3),
});
/** The plain value of `struct v4l2_vp8_entropy`. */
export type v4l2_vp8_entropy = Infer<typeof v4l2_vp8_entropy>;

/** The boolean decoder's state at the end of the first partition's header. */
export const v4l2_vp8_entropy_coder_state = /* @__PURE__ */ struct("v4l2_vp8_entropy_coder_state", 4, {
  range: u8,
  value: u8,
  bit_count: u8,
  padding: u8,
});
/** The plain value of `struct v4l2_vp8_entropy_coder_state`. */
export type v4l2_vp8_entropy_coder_state = Infer<typeof v4l2_vp8_entropy_coder_state>;

/** Bits of `v4l2_ctrl_vp8_frame.flags`. */
export const V4L2_VP8_FRAME_FLAG_KEY_FRAME = 0x1;
export const V4L2_VP8_FRAME_FLAG_EXPERIMENTAL = 0x2;
export const V4L2_VP8_FRAME_FLAG_SHOW_FRAME = 0x4;
export const V4L2_VP8_FRAME_FLAG_MB_NO_SKIP_COEFF = 0x8;
export const V4L2_VP8_FRAME_FLAG_SIGN_BIAS_GOLDEN = 0x10;
export const V4L2_VP8_FRAME_FLAG_SIGN_BIAS_ALT = 0x20;

/** Frame header, RFC 6386 section 19.2; the references are nanosecond timestamps of CAPTURE buffers. */
export const v4l2_ctrl_vp8_frame = /* @__PURE__ */ struct("v4l2_ctrl_vp8_frame", 1232, {
  segment: v4l2_vp8_segment,
  lf: v4l2_vp8_loop_filter,
  quant: v4l2_vp8_quantization,
  entropy: v4l2_vp8_entropy,
  coder_state: v4l2_vp8_entropy_coder_state,
  width: u16,
  height: u16,
  horizontal_scale: u8,
  vertical_scale: u8,
  version: u8,
  prob_skip_false: u8,
  prob_intra: u8,
  prob_last: u8,
  prob_gf: u8,
  num_dct_parts: u8,
  first_part_size: u32,
  first_part_header_bits: u32,
  dct_part_sizes: array(u32, 8),
  last_frame_ts: u64,
  golden_frame_ts: u64,
  alt_frame_ts: u64,
  flags: flagSet(u64, {
    V4L2_VP8_FRAME_FLAG_KEY_FRAME,
    V4L2_VP8_FRAME_FLAG_EXPERIMENTAL,
    V4L2_VP8_FRAME_FLAG_SHOW_FRAME,
    V4L2_VP8_FRAME_FLAG_MB_NO_SKIP_COEFF,
    V4L2_VP8_FRAME_FLAG_SIGN_BIAS_GOLDEN,
    V4L2_VP8_FRAME_FLAG_SIGN_BIAS_ALT,
  }),
});
/** The plain value of `struct v4l2_ctrl_vp8_frame`. */
export type v4l2_ctrl_vp8_frame = Infer<typeof v4l2_ctrl_vp8_frame>;

/** The control of VP8 by name. Stable since Linux 5.13. */
export const vp8Controls = {
  V4L2_CID_STATELESS_VP8_FRAME: {
    name: "V4L2_CID_STATELESS_VP8_FRAME",
    id: V4L2_CID_STATELESS_VP8_FRAME,
    type: "struct",
    struct: v4l2_ctrl_vp8_frame,
    since: "5.13",
  },
} as const satisfies Readonly<Record<string, ControlDefinition>>;
