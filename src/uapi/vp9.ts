/** VP9 (VP9 Bitstream & Decoding Process Specification) in linux/v4l2-controls.h. */

import type { ControlDefinition } from "./control.ts";
import { array, enumeration, flagSet, type Infer, s8, s16, struct, u8, u16, u32, u64 } from "./struct.ts";

/** The OUTPUT format: parsed VP9 frames (linux/videodev2.h). The fourcc "VP9F". */
export const V4L2_PIX_FMT_VP9_FRAME = 0x46395056;

/** Control ids. */
export const V4L2_CID_STATELESS_VP9_FRAME = 0xa40a2c;
export const V4L2_CID_STATELESS_VP9_COMPRESSED_HDR = 0xa40a2d;

/** Bits of `v4l2_vp9_loop_filter.flags`. */
export const V4L2_VP9_LOOP_FILTER_FLAG_DELTA_ENABLED = 0x1;
export const V4L2_VP9_LOOP_FILTER_FLAG_DELTA_UPDATE = 0x2;

/** Loop filter parameters, 6.2.8. */
export const v4l2_vp9_loop_filter = /* @__PURE__ */ struct("v4l2_vp9_loop_filter", 16, {
  ref_deltas: array(s8, 4),
  mode_deltas: array(s8, 2),
  level: u8,
  sharpness: u8,
  flags: flagSet(u8, { V4L2_VP9_LOOP_FILTER_FLAG_DELTA_ENABLED, V4L2_VP9_LOOP_FILTER_FLAG_DELTA_UPDATE }),
  reserved: array(u8, 7),
});
/** The plain value of `struct v4l2_vp9_loop_filter`. */
export type v4l2_vp9_loop_filter = Infer<typeof v4l2_vp9_loop_filter>;

/** Quantization parameters, 6.2.9. */
export const v4l2_vp9_quantization = /* @__PURE__ */ struct("v4l2_vp9_quantization", 8, {
  base_q_idx: u8,
  delta_q_y_dc: s8,
  delta_q_uv_dc: s8,
  delta_q_uv_ac: s8,
  reserved: array(u8, 4),
});
/** The plain value of `struct v4l2_vp9_quantization`. */
export type v4l2_vp9_quantization = Infer<typeof v4l2_vp9_quantization>;

/** Bits of `v4l2_vp9_segmentation.flags`. */
export const V4L2_VP9_SEGMENTATION_FLAG_ENABLED = 0x1;
export const V4L2_VP9_SEGMENTATION_FLAG_UPDATE_MAP = 0x2;
export const V4L2_VP9_SEGMENTATION_FLAG_TEMPORAL_UPDATE = 0x4;
export const V4L2_VP9_SEGMENTATION_FLAG_UPDATE_DATA = 0x8;
export const V4L2_VP9_SEGMENTATION_FLAG_ABS_OR_DELTA_UPDATE = 0x10;

/** Segment features: the second index of `v4l2_vp9_segmentation.feature_data`, and their number. */
export const V4L2_VP9_SEG_LVL_ALT_Q = 0;
export const V4L2_VP9_SEG_LVL_ALT_L = 1;
export const V4L2_VP9_SEG_LVL_REF_FRAME = 2;
export const V4L2_VP9_SEG_LVL_SKIP = 3;
export const V4L2_VP9_SEG_LVL_MAX = 4;

/** The bit of a segment feature in `v4l2_vp9_segmentation.feature_enabled`: the header's macro. */
export function V4L2_VP9_SEGMENT_FEATURE_ENABLED(id: number): number {
  return 1 << id;
}

/** All bits of `v4l2_vp9_segmentation.feature_enabled`. */
export const V4L2_VP9_SEGMENT_FEATURE_ENABLED_MASK = 0xf;

/** Segmentation parameters, 6.2.11. */
export const v4l2_vp9_segmentation = /* @__PURE__ */ struct("v4l2_vp9_segmentation", 88, {
  feature_data: array(s16, 8, 4),
  feature_enabled: array(u8, 8),
  tree_probs: array(u8, 7),
  pred_probs: array(u8, 3),
  flags: flagSet(u8, {
    V4L2_VP9_SEGMENTATION_FLAG_ENABLED,
    V4L2_VP9_SEGMENTATION_FLAG_UPDATE_MAP,
    V4L2_VP9_SEGMENTATION_FLAG_TEMPORAL_UPDATE,
    V4L2_VP9_SEGMENTATION_FLAG_UPDATE_DATA,
    V4L2_VP9_SEGMENTATION_FLAG_ABS_OR_DELTA_UPDATE,
  }),
  reserved: array(u8, 5),
});
/** The plain value of `struct v4l2_vp9_segmentation`. */
export type v4l2_vp9_segmentation = Infer<typeof v4l2_vp9_segmentation>;

/** Bits of `v4l2_ctrl_vp9_frame.flags`. */
export const V4L2_VP9_FRAME_FLAG_KEY_FRAME = 0x1;
export const V4L2_VP9_FRAME_FLAG_SHOW_FRAME = 0x2;
export const V4L2_VP9_FRAME_FLAG_ERROR_RESILIENT = 0x4;
export const V4L2_VP9_FRAME_FLAG_INTRA_ONLY = 0x8;
export const V4L2_VP9_FRAME_FLAG_ALLOW_HIGH_PREC_MV = 0x10;
export const V4L2_VP9_FRAME_FLAG_REFRESH_FRAME_CTX = 0x20;
export const V4L2_VP9_FRAME_FLAG_PARALLEL_DEC_MODE = 0x40;
export const V4L2_VP9_FRAME_FLAG_X_SUBSAMPLING = 0x80;
export const V4L2_VP9_FRAME_FLAG_Y_SUBSAMPLING = 0x100;
export const V4L2_VP9_FRAME_FLAG_COLOR_RANGE_FULL_SWING = 0x200;

/** Bits of `v4l2_ctrl_vp9_frame.ref_frame_sign_bias`. */
export const V4L2_VP9_SIGN_BIAS_LAST = 0x1;
export const V4L2_VP9_SIGN_BIAS_GOLDEN = 0x2;
export const V4L2_VP9_SIGN_BIAS_ALT = 0x4;

/** `v4l2_ctrl_vp9_frame.reset_frame_context`. */
export const V4L2_VP9_RESET_FRAME_CTX_NONE = 0;
export const V4L2_VP9_RESET_FRAME_CTX_SPEC = 1;
export const V4L2_VP9_RESET_FRAME_CTX_ALL = 2;

/** `v4l2_ctrl_vp9_frame.interpolation_filter`. */
export const V4L2_VP9_INTERP_FILTER_EIGHTTAP = 0;
export const V4L2_VP9_INTERP_FILTER_EIGHTTAP_SMOOTH = 1;
export const V4L2_VP9_INTERP_FILTER_EIGHTTAP_SHARP = 2;
export const V4L2_VP9_INTERP_FILTER_BILINEAR = 3;
export const V4L2_VP9_INTERP_FILTER_SWITCHABLE = 4;

/** `v4l2_ctrl_vp9_frame.reference_mode`. */
export const V4L2_VP9_REFERENCE_MODE_SINGLE_REFERENCE = 0;
export const V4L2_VP9_REFERENCE_MODE_COMPOUND_REFERENCE = 1;
export const V4L2_VP9_REFERENCE_MODE_SELECT = 2;

/** The highest profile, and how many frame contexts there are. */
export const V4L2_VP9_PROFILE_MAX = 3;
export const V4L2_VP9_NUM_FRAME_CTX = 4;

/** Uncompressed header, 6.2; the references are nanosecond timestamps of CAPTURE buffers. */
export const v4l2_ctrl_vp9_frame = /* @__PURE__ */ struct("v4l2_ctrl_vp9_frame", 168, {
  lf: v4l2_vp9_loop_filter,
  quant: v4l2_vp9_quantization,
  seg: v4l2_vp9_segmentation,
  flags: flagSet(u32, {
    V4L2_VP9_FRAME_FLAG_KEY_FRAME,
    V4L2_VP9_FRAME_FLAG_SHOW_FRAME,
    V4L2_VP9_FRAME_FLAG_ERROR_RESILIENT,
    V4L2_VP9_FRAME_FLAG_INTRA_ONLY,
    V4L2_VP9_FRAME_FLAG_ALLOW_HIGH_PREC_MV,
    V4L2_VP9_FRAME_FLAG_REFRESH_FRAME_CTX,
    V4L2_VP9_FRAME_FLAG_PARALLEL_DEC_MODE,
    V4L2_VP9_FRAME_FLAG_X_SUBSAMPLING,
    V4L2_VP9_FRAME_FLAG_Y_SUBSAMPLING,
    V4L2_VP9_FRAME_FLAG_COLOR_RANGE_FULL_SWING,
  }),
  compressed_header_size: u16,
  uncompressed_header_size: u16,
  frame_width_minus_1: u16,
  frame_height_minus_1: u16,
  render_width_minus_1: u16,
  render_height_minus_1: u16,
  last_frame_ts: u64,
  golden_frame_ts: u64,
  alt_frame_ts: u64,
  ref_frame_sign_bias: flagSet(u8, { V4L2_VP9_SIGN_BIAS_LAST, V4L2_VP9_SIGN_BIAS_GOLDEN, V4L2_VP9_SIGN_BIAS_ALT }),
  reset_frame_context: enumeration(u8, {
    V4L2_VP9_RESET_FRAME_CTX_NONE,
    V4L2_VP9_RESET_FRAME_CTX_SPEC,
    V4L2_VP9_RESET_FRAME_CTX_ALL,
  }),
  frame_context_idx: u8,
  profile: u8,
  bit_depth: u8,
  interpolation_filter: enumeration(u8, {
    V4L2_VP9_INTERP_FILTER_EIGHTTAP,
    V4L2_VP9_INTERP_FILTER_EIGHTTAP_SMOOTH,
    V4L2_VP9_INTERP_FILTER_EIGHTTAP_SHARP,
    V4L2_VP9_INTERP_FILTER_BILINEAR,
    V4L2_VP9_INTERP_FILTER_SWITCHABLE,
  }),
  tile_cols_log2: u8,
  tile_rows_log2: u8,
  reference_mode: enumeration(u8, {
    V4L2_VP9_REFERENCE_MODE_SINGLE_REFERENCE,
    V4L2_VP9_REFERENCE_MODE_COMPOUND_REFERENCE,
    V4L2_VP9_REFERENCE_MODE_SELECT,
  }),
  reserved: array(u8, 7),
});
/** The plain value of `struct v4l2_ctrl_vp9_frame`. */
export type v4l2_ctrl_vp9_frame = Infer<typeof v4l2_ctrl_vp9_frame>;

/** `v4l2_ctrl_vp9_compressed_hdr.tx_mode`. */
export const V4L2_VP9_TX_MODE_ONLY_4X4 = 0;
export const V4L2_VP9_TX_MODE_ALLOW_8X8 = 1;
export const V4L2_VP9_TX_MODE_ALLOW_16X16 = 2;
export const V4L2_VP9_TX_MODE_ALLOW_32X32 = 3;
export const V4L2_VP9_TX_MODE_SELECT = 4;

/** Motion vector probabilities of the compressed header: the new value, or 0 for no update. */
export const v4l2_vp9_mv_probs = /* @__PURE__ */ struct("v4l2_vp9_mv_probs", 69, {
  joint: array(u8, 3),
  sign: array(u8, 2),
  classes: array(u8, 2, 10),
  class0_bit: array(u8, 2),
  bits: array(u8, 2, 10),
  class0_fr: array(u8, 2, 2, 3),
  fr: array(u8, 2, 3),
  class0_hp: array(u8, 2),
  hp: array(u8, 2),
});
/** The plain value of `struct v4l2_vp9_mv_probs`. */
export type v4l2_vp9_mv_probs = Infer<typeof v4l2_vp9_mv_probs>;

/** Compressed header, 6.3: updates as read through inv_map_table (those of `mv` are the new values), 0 for no update. */
export const v4l2_ctrl_vp9_compressed_hdr = /* @__PURE__ */ struct("v4l2_ctrl_vp9_compressed_hdr", 2040, {
  tx_mode: enumeration(u8, {
    V4L2_VP9_TX_MODE_ONLY_4X4,
    V4L2_VP9_TX_MODE_ALLOW_8X8,
    V4L2_VP9_TX_MODE_ALLOW_16X16,
    V4L2_VP9_TX_MODE_ALLOW_32X32,
    V4L2_VP9_TX_MODE_SELECT,
  }),
  tx8: array(u8, 2, 1),
  tx16: array(u8, 2, 2),
  tx32: array(u8, 2, 3),
  coef: array(u8, 4, 2, 2, 6, 6, 3),
  skip: array(u8, 3),
  inter_mode: array(u8, 7, 3),
  interp_filter: array(u8, 4, 2),
  is_inter: array(u8, 4),
  comp_mode: array(u8, 5),
  single_ref: array(u8, 5, 2),
  comp_ref: array(u8, 5),
  y_mode: array(u8, 4, 9),
  uv_mode: array(u8, 10, 9),
  partition: array(u8, 16, 3),
  mv: v4l2_vp9_mv_probs,
});
/** The plain value of `struct v4l2_ctrl_vp9_compressed_hdr`. */
export type v4l2_ctrl_vp9_compressed_hdr = Infer<typeof v4l2_ctrl_vp9_compressed_hdr>;

/** The controls of VP9 by name. Stable since Linux 5.17. */
export const vp9Controls = {
  V4L2_CID_STATELESS_VP9_FRAME: {
    name: "V4L2_CID_STATELESS_VP9_FRAME",
    id: V4L2_CID_STATELESS_VP9_FRAME,
    type: "struct",
    struct: v4l2_ctrl_vp9_frame,
    since: "5.17",
  },
  V4L2_CID_STATELESS_VP9_COMPRESSED_HDR: {
    name: "V4L2_CID_STATELESS_VP9_COMPRESSED_HDR",
    id: V4L2_CID_STATELESS_VP9_COMPRESSED_HDR,
    type: "struct",
    struct: v4l2_ctrl_vp9_compressed_hdr,
    since: "5.17",
  },
} as const satisfies Readonly<Record<string, ControlDefinition>>;
