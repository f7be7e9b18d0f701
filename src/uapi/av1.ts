/** AV1 (AV1 Bitstream & Decoding Process Specification, 1.0.0 with errata 1) in linux/v4l2-controls.h. */

import type { ControlDefinition } from "./control.ts";
import { array, enumeration, flagSet, type Infer, s8, s16, s32, struct, u8, u16, u32, u64 } from "./struct.ts";

/** The OUTPUT format: parsed AV1 frames (linux/videodev2.h). The fourcc "AV1F". */
export const V4L2_PIX_FMT_AV1_FRAME = 0x46315641;

/** Control ids. */
export const V4L2_CID_STATELESS_AV1_SEQUENCE = 0xa40af4;
export const V4L2_CID_STATELESS_AV1_TILE_GROUP_ENTRY = 0xa40af5;
export const V4L2_CID_STATELESS_AV1_FRAME = 0xa40af6;
export const V4L2_CID_STATELESS_AV1_FILM_GRAIN = 0xa40af9;

/** The sizes of arrays. */
export const V4L2_AV1_TOTAL_REFS_PER_FRAME = 8;
export const V4L2_AV1_CDEF_MAX = 8;
export const V4L2_AV1_NUM_PLANES_MAX = 3;
export const V4L2_AV1_MAX_SEGMENTS = 8;
export const V4L2_AV1_MAX_OPERATING_POINTS = 32;
export const V4L2_AV1_REFS_PER_FRAME = 7;
export const V4L2_AV1_MAX_NUM_Y_POINTS = 16;
export const V4L2_AV1_MAX_NUM_CB_POINTS = 16;
export const V4L2_AV1_MAX_NUM_CR_POINTS = 16;
export const V4L2_AV1_AR_COEFFS_SIZE = 25;
export const V4L2_AV1_MAX_NUM_PLANES = 3;
export const V4L2_AV1_MAX_TILE_COLS = 64;
export const V4L2_AV1_MAX_TILE_ROWS = 64;
export const V4L2_AV1_MAX_TILE_COUNT = 512;

/** Bits of `v4l2_ctrl_av1_sequence.flags`. */
export const V4L2_AV1_SEQUENCE_FLAG_STILL_PICTURE = 0x1;
export const V4L2_AV1_SEQUENCE_FLAG_USE_128X128_SUPERBLOCK = 0x2;
export const V4L2_AV1_SEQUENCE_FLAG_ENABLE_FILTER_INTRA = 0x4;
export const V4L2_AV1_SEQUENCE_FLAG_ENABLE_INTRA_EDGE_FILTER = 0x8;
export const V4L2_AV1_SEQUENCE_FLAG_ENABLE_INTERINTRA_COMPOUND = 0x10;
export const V4L2_AV1_SEQUENCE_FLAG_ENABLE_MASKED_COMPOUND = 0x20;
export const V4L2_AV1_SEQUENCE_FLAG_ENABLE_WARPED_MOTION = 0x40;
export const V4L2_AV1_SEQUENCE_FLAG_ENABLE_DUAL_FILTER = 0x80;
export const V4L2_AV1_SEQUENCE_FLAG_ENABLE_ORDER_HINT = 0x100;
export const V4L2_AV1_SEQUENCE_FLAG_ENABLE_JNT_COMP = 0x200;
export const V4L2_AV1_SEQUENCE_FLAG_ENABLE_REF_FRAME_MVS = 0x400;
export const V4L2_AV1_SEQUENCE_FLAG_ENABLE_SUPERRES = 0x800;
export const V4L2_AV1_SEQUENCE_FLAG_ENABLE_CDEF = 0x1000;
export const V4L2_AV1_SEQUENCE_FLAG_ENABLE_RESTORATION = 0x2000;
export const V4L2_AV1_SEQUENCE_FLAG_MONO_CHROME = 0x4000;
export const V4L2_AV1_SEQUENCE_FLAG_COLOR_RANGE = 0x8000;
export const V4L2_AV1_SEQUENCE_FLAG_SUBSAMPLING_X = 0x10000;
export const V4L2_AV1_SEQUENCE_FLAG_SUBSAMPLING_Y = 0x20000;
export const V4L2_AV1_SEQUENCE_FLAG_FILM_GRAIN_PARAMS_PRESENT = 0x40000;
export const V4L2_AV1_SEQUENCE_FLAG_SEPARATE_UV_DELTA_Q = 0x80000;

/** Sequence header OBU, 5.5. */
export const v4l2_ctrl_av1_sequence = /* @__PURE__ */ struct("v4l2_ctrl_av1_sequence", 12, {
  flags: flagSet(u32, {
    V4L2_AV1_SEQUENCE_FLAG_STILL_PICTURE,
    V4L2_AV1_SEQUENCE_FLAG_USE_128X128_SUPERBLOCK,
    V4L2_AV1_SEQUENCE_FLAG_ENABLE_FILTER_INTRA,
    V4L2_AV1_SEQUENCE_FLAG_ENABLE_INTRA_EDGE_FILTER,
    V4L2_AV1_SEQUENCE_FLAG_ENABLE_INTERINTRA_COMPOUND,
    V4L2_AV1_SEQUENCE_FLAG_ENABLE_MASKED_COMPOUND,
    V4L2_AV1_SEQUENCE_FLAG_ENABLE_WARPED_MOTION,
    V4L2_AV1_SEQUENCE_FLAG_ENABLE_DUAL_FILTER,
    V4L2_AV1_SEQUENCE_FLAG_ENABLE_ORDER_HINT,
    V4L2_AV1_SEQUENCE_FLAG_ENABLE_JNT_COMP,
    V4L2_AV1_SEQUENCE_FLAG_ENABLE_REF_FRAME_MVS,
    V4L2_AV1_SEQUENCE_FLAG_ENABLE_SUPERRES,
    V4L2_AV1_SEQUENCE_FLAG_ENABLE_CDEF,
    V4L2_AV1_SEQUENCE_FLAG_ENABLE_RESTORATION,
    V4L2_AV1_SEQUENCE_FLAG_MONO_CHROME,
    V4L2_AV1_SEQUENCE_FLAG_COLOR_RANGE,
    V4L2_AV1_SEQUENCE_FLAG_SUBSAMPLING_X,
    V4L2_AV1_SEQUENCE_FLAG_SUBSAMPLING_Y,
    V4L2_AV1_SEQUENCE_FLAG_FILM_GRAIN_PARAMS_PRESENT,
    V4L2_AV1_SEQUENCE_FLAG_SEPARATE_UV_DELTA_Q,
  }),
  seq_profile: u8,
  order_hint_bits: u8,
  bit_depth: u8,
  reserved: u8,
  max_frame_width_minus_1: u16,
  max_frame_height_minus_1: u16,
});
/** The plain value of `struct v4l2_ctrl_av1_sequence`. */
export type v4l2_ctrl_av1_sequence = Infer<typeof v4l2_ctrl_av1_sequence>;

/** One tile of 5.11: where it lies in the OUTPUT buffer, in bytes. */
export const v4l2_ctrl_av1_tile_group_entry = /* @__PURE__ */ struct("v4l2_ctrl_av1_tile_group_entry", 16, {
  tile_offset: u32,
  tile_size: u32,
  tile_row: u32,
  tile_col: u32,
});
/** The plain value of `struct v4l2_ctrl_av1_tile_group_entry`. */
export type v4l2_ctrl_av1_tile_group_entry = Infer<typeof v4l2_ctrl_av1_tile_group_entry>;

/** `v4l2_av1_global_motion.type`. */
export const V4L2_AV1_WARP_MODEL_IDENTITY = 0;
export const V4L2_AV1_WARP_MODEL_TRANSLATION = 1;
export const V4L2_AV1_WARP_MODEL_ROTZOOM = 2;
export const V4L2_AV1_WARP_MODEL_AFFINE = 3;

/** The names of references: indices of `order_hints`, `v4l2_av1_global_motion` and `v4l2_av1_loop_filter.ref_deltas`. */
export const V4L2_AV1_REF_INTRA_FRAME = 0;
export const V4L2_AV1_REF_LAST_FRAME = 1;
export const V4L2_AV1_REF_LAST2_FRAME = 2;
export const V4L2_AV1_REF_LAST3_FRAME = 3;
export const V4L2_AV1_REF_GOLDEN_FRAME = 4;
export const V4L2_AV1_REF_BWDREF_FRAME = 5;
export const V4L2_AV1_REF_ALTREF2_FRAME = 6;
export const V4L2_AV1_REF_ALTREF_FRAME = 7;

/** Bits of `v4l2_av1_global_motion.flags`. */
export const V4L2_AV1_GLOBAL_MOTION_FLAG_IS_GLOBAL = 0x1;
export const V4L2_AV1_GLOBAL_MOTION_FLAG_IS_ROT_ZOOM = 0x2;
export const V4L2_AV1_GLOBAL_MOTION_FLAG_IS_TRANSLATION = 0x4;

/** The bit of a reference in `v4l2_av1_global_motion.invalid`: the header's macro. */
export function V4L2_AV1_GLOBAL_MOTION_IS_INVALID(ref: number): number {
  return 1 << ref;
}

/** Global motion parameters, 5.9.24. */
export const v4l2_av1_global_motion = /* @__PURE__ */ struct("v4l2_av1_global_motion", 236, {
  flags: array(
    flagSet(u8, {
      V4L2_AV1_GLOBAL_MOTION_FLAG_IS_GLOBAL,
      V4L2_AV1_GLOBAL_MOTION_FLAG_IS_ROT_ZOOM,
      V4L2_AV1_GLOBAL_MOTION_FLAG_IS_TRANSLATION,
    }),
    8,
  ),
  type: array(
    enumeration(u32, {
      V4L2_AV1_WARP_MODEL_IDENTITY,
      V4L2_AV1_WARP_MODEL_TRANSLATION,
      V4L2_AV1_WARP_MODEL_ROTZOOM,
      V4L2_AV1_WARP_MODEL_AFFINE,
    }),
    8,
  ),
  params: array(s32, 8, 6),
  invalid: u8,
  reserved: array(u8, 3),
});
/** The plain value of `struct v4l2_av1_global_motion`. */
export type v4l2_av1_global_motion = Infer<typeof v4l2_av1_global_motion>;

/** `v4l2_av1_loop_restoration.frame_restoration_type`. */
export const V4L2_AV1_FRAME_RESTORE_NONE = 0;
export const V4L2_AV1_FRAME_RESTORE_WIENER = 1;
export const V4L2_AV1_FRAME_RESTORE_SGRPROJ = 2;
export const V4L2_AV1_FRAME_RESTORE_SWITCHABLE = 3;

/** Bits of `v4l2_av1_loop_restoration.flags`. */
export const V4L2_AV1_LOOP_RESTORATION_FLAG_USES_LR = 0x1;
export const V4L2_AV1_LOOP_RESTORATION_FLAG_USES_CHROMA_LR = 0x2;

/** Loop restoration parameters, 5.9.20. */
export const v4l2_av1_loop_restoration = /* @__PURE__ */ struct("v4l2_av1_loop_restoration", 28, {
  flags: flagSet(u8, { V4L2_AV1_LOOP_RESTORATION_FLAG_USES_LR, V4L2_AV1_LOOP_RESTORATION_FLAG_USES_CHROMA_LR }),
  lr_unit_shift: u8,
  lr_uv_shift: u8,
  reserved: u8,
  frame_restoration_type: array(
    enumeration(u32, {
      V4L2_AV1_FRAME_RESTORE_NONE,
      V4L2_AV1_FRAME_RESTORE_WIENER,
      V4L2_AV1_FRAME_RESTORE_SGRPROJ,
      V4L2_AV1_FRAME_RESTORE_SWITCHABLE,
    }),
    3,
  ),
  loop_restoration_size: array(u32, 3),
});
/** The plain value of `struct v4l2_av1_loop_restoration`. */
export type v4l2_av1_loop_restoration = Infer<typeof v4l2_av1_loop_restoration>;

/** CDEF parameters, 5.9.19. */
export const v4l2_av1_cdef = /* @__PURE__ */ struct("v4l2_av1_cdef", 34, {
  damping_minus_3: u8,
  bits: u8,
  y_pri_strength: array(u8, 8),
  y_sec_strength: array(u8, 8),
  uv_pri_strength: array(u8, 8),
  uv_sec_strength: array(u8, 8),
});
/** The plain value of `struct v4l2_av1_cdef`. */
export type v4l2_av1_cdef = Infer<typeof v4l2_av1_cdef>;

/** Bits of `v4l2_av1_segmentation.flags`. */
export const V4L2_AV1_SEGMENTATION_FLAG_ENABLED = 0x1;
export const V4L2_AV1_SEGMENTATION_FLAG_UPDATE_MAP = 0x2;
export const V4L2_AV1_SEGMENTATION_FLAG_TEMPORAL_UPDATE = 0x4;
export const V4L2_AV1_SEGMENTATION_FLAG_UPDATE_DATA = 0x8;
export const V4L2_AV1_SEGMENTATION_FLAG_SEG_ID_PRE_SKIP = 0x10;

/** Segment features: the second index of `v4l2_av1_segmentation.feature_data`, and their number. */
export const V4L2_AV1_SEG_LVL_ALT_Q = 0;
export const V4L2_AV1_SEG_LVL_ALT_LF_Y_V = 1;
export const V4L2_AV1_SEG_LVL_REF_FRAME = 5;
export const V4L2_AV1_SEG_LVL_REF_SKIP = 6;
export const V4L2_AV1_SEG_LVL_REF_GLOBALMV = 7;
export const V4L2_AV1_SEG_LVL_MAX = 8;

/** The bit of a segment feature in `v4l2_av1_segmentation.feature_enabled`: the header's macro. */
export function V4L2_AV1_SEGMENT_FEATURE_ENABLED(id: number): number {
  return 1 << id;
}

/** Segmentation parameters, 5.9.14. */
export const v4l2_av1_segmentation = /* @__PURE__ */ struct("v4l2_av1_segmentation", 138, {
  flags: flagSet(u8, {
    V4L2_AV1_SEGMENTATION_FLAG_ENABLED,
    V4L2_AV1_SEGMENTATION_FLAG_UPDATE_MAP,
    V4L2_AV1_SEGMENTATION_FLAG_TEMPORAL_UPDATE,
    V4L2_AV1_SEGMENTATION_FLAG_UPDATE_DATA,
    V4L2_AV1_SEGMENTATION_FLAG_SEG_ID_PRE_SKIP,
  }),
  last_active_seg_id: u8,
  feature_enabled: array(u8, 8),
  feature_data: array(s16, 8, 8),
});
/** The plain value of `struct v4l2_av1_segmentation`. */
export type v4l2_av1_segmentation = Infer<typeof v4l2_av1_segmentation>;

/** Bits of `v4l2_av1_loop_filter.flags`. */
export const V4L2_AV1_LOOP_FILTER_FLAG_DELTA_ENABLED = 0x1;
export const V4L2_AV1_LOOP_FILTER_FLAG_DELTA_UPDATE = 0x2;
export const V4L2_AV1_LOOP_FILTER_FLAG_DELTA_LF_PRESENT = 0x4;
export const V4L2_AV1_LOOP_FILTER_FLAG_DELTA_LF_MULTI = 0x8;

/** Loop filter parameters, 5.9.11 and 5.9.18. */
export const v4l2_av1_loop_filter = /* @__PURE__ */ struct("v4l2_av1_loop_filter", 17, {
  flags: flagSet(u8, {
    V4L2_AV1_LOOP_FILTER_FLAG_DELTA_ENABLED,
    V4L2_AV1_LOOP_FILTER_FLAG_DELTA_UPDATE,
    V4L2_AV1_LOOP_FILTER_FLAG_DELTA_LF_PRESENT,
    V4L2_AV1_LOOP_FILTER_FLAG_DELTA_LF_MULTI,
  }),
  level: array(u8, 4),
  sharpness: u8,
  ref_deltas: array(s8, 8),
  mode_deltas: array(s8, 2),
  delta_lf_res: u8,
});
/** The plain value of `struct v4l2_av1_loop_filter`. */
export type v4l2_av1_loop_filter = Infer<typeof v4l2_av1_loop_filter>;

/** Bits of `v4l2_av1_quantization.flags`. */
export const V4L2_AV1_QUANTIZATION_FLAG_DIFF_UV_DELTA = 0x1;
export const V4L2_AV1_QUANTIZATION_FLAG_USING_QMATRIX = 0x2;
export const V4L2_AV1_QUANTIZATION_FLAG_DELTA_Q_PRESENT = 0x4;

/** Quantization parameters, 5.9.12 and 5.9.17. */
export const v4l2_av1_quantization = /* @__PURE__ */ struct("v4l2_av1_quantization", 11, {
  flags: flagSet(u8, {
    V4L2_AV1_QUANTIZATION_FLAG_DIFF_UV_DELTA,
    V4L2_AV1_QUANTIZATION_FLAG_USING_QMATRIX,
    V4L2_AV1_QUANTIZATION_FLAG_DELTA_Q_PRESENT,
  }),
  base_q_idx: u8,
  delta_q_y_dc: s8,
  delta_q_u_dc: s8,
  delta_q_u_ac: s8,
  delta_q_v_dc: s8,
  delta_q_v_ac: s8,
  qm_y: u8,
  qm_u: u8,
  qm_v: u8,
  delta_q_res: u8,
});
/** The plain value of `struct v4l2_av1_quantization`. */
export type v4l2_av1_quantization = Infer<typeof v4l2_av1_quantization>;

/** Bits of `v4l2_av1_tile_info.flags`. */
export const V4L2_AV1_TILE_INFO_FLAG_UNIFORM_TILE_SPACING = 0x1;

/** Tile info, 5.9.15. */
export const v4l2_av1_tile_info = /* @__PURE__ */ struct("v4l2_av1_tile_info", 1040, {
  flags: flagSet(u8, { V4L2_AV1_TILE_INFO_FLAG_UNIFORM_TILE_SPACING }),
  context_update_tile_id: u8,
  tile_cols: u8,
  tile_rows: u8,
  mi_col_starts: array(u32, 65),
  mi_row_starts: array(u32, 65),
  width_in_sbs_minus_1: array(u32, 64),
  height_in_sbs_minus_1: array(u32, 64),
  tile_size_bytes: u8,
  reserved: array(u8, 3),
});
/** The plain value of `struct v4l2_av1_tile_info`. */
export type v4l2_av1_tile_info = Infer<typeof v4l2_av1_tile_info>;

/** `v4l2_ctrl_av1_frame.frame_type`. */
export const V4L2_AV1_KEY_FRAME = 0;
export const V4L2_AV1_INTER_FRAME = 1;
export const V4L2_AV1_INTRA_ONLY_FRAME = 2;
export const V4L2_AV1_SWITCH_FRAME = 3;

/** `v4l2_ctrl_av1_frame.interpolation_filter`. */
export const V4L2_AV1_INTERPOLATION_FILTER_EIGHTTAP = 0;
export const V4L2_AV1_INTERPOLATION_FILTER_EIGHTTAP_SMOOTH = 1;
export const V4L2_AV1_INTERPOLATION_FILTER_EIGHTTAP_SHARP = 2;
export const V4L2_AV1_INTERPOLATION_FILTER_BILINEAR = 3;
export const V4L2_AV1_INTERPOLATION_FILTER_SWITCHABLE = 4;

/** `v4l2_ctrl_av1_frame.tx_mode`. */
export const V4L2_AV1_TX_MODE_ONLY_4X4 = 0;
export const V4L2_AV1_TX_MODE_LARGEST = 1;
export const V4L2_AV1_TX_MODE_SELECT = 2;

/** Bits of `v4l2_ctrl_av1_frame.flags`. */
export const V4L2_AV1_FRAME_FLAG_SHOW_FRAME = 0x1;
export const V4L2_AV1_FRAME_FLAG_SHOWABLE_FRAME = 0x2;
export const V4L2_AV1_FRAME_FLAG_ERROR_RESILIENT_MODE = 0x4;
export const V4L2_AV1_FRAME_FLAG_DISABLE_CDF_UPDATE = 0x8;
export const V4L2_AV1_FRAME_FLAG_ALLOW_SCREEN_CONTENT_TOOLS = 0x10;
export const V4L2_AV1_FRAME_FLAG_FORCE_INTEGER_MV = 0x20;
export const V4L2_AV1_FRAME_FLAG_ALLOW_INTRABC = 0x40;
export const V4L2_AV1_FRAME_FLAG_USE_SUPERRES = 0x80;
export const V4L2_AV1_FRAME_FLAG_ALLOW_HIGH_PRECISION_MV = 0x100;
export const V4L2_AV1_FRAME_FLAG_IS_MOTION_MODE_SWITCHABLE = 0x200;
export const V4L2_AV1_FRAME_FLAG_USE_REF_FRAME_MVS = 0x400;
export const V4L2_AV1_FRAME_FLAG_DISABLE_FRAME_END_UPDATE_CDF = 0x800;
export const V4L2_AV1_FRAME_FLAG_ALLOW_WARPED_MOTION = 0x1000;
export const V4L2_AV1_FRAME_FLAG_REFERENCE_SELECT = 0x2000;
export const V4L2_AV1_FRAME_FLAG_REDUCED_TX_SET = 0x4000;
export const V4L2_AV1_FRAME_FLAG_SKIP_MODE_ALLOWED = 0x8000;
export const V4L2_AV1_FRAME_FLAG_SKIP_MODE_PRESENT = 0x10000;
export const V4L2_AV1_FRAME_FLAG_FRAME_SIZE_OVERRIDE = 0x20000;
export const V4L2_AV1_FRAME_FLAG_BUFFER_REMOVAL_TIME_PRESENT = 0x40000;
export const V4L2_AV1_FRAME_FLAG_FRAME_REFS_SHORT_SIGNALING = 0x80000;

/** Uncompressed header, 5.9.2; the references are nanosecond timestamps of CAPTURE buffers. */
export const v4l2_ctrl_av1_frame = /* @__PURE__ */ struct("v4l2_ctrl_av1_frame", 1784, {
  tile_info: v4l2_av1_tile_info,
  quantization: v4l2_av1_quantization,
  superres_denom: u8,
  segmentation: v4l2_av1_segmentation,
  loop_filter: v4l2_av1_loop_filter,
  cdef: v4l2_av1_cdef,
  skip_mode_frame: array(u8, 2),
  primary_ref_frame: u8,
  loop_restoration: v4l2_av1_loop_restoration,
  global_motion: v4l2_av1_global_motion,
  flags: flagSet(u32, {
    V4L2_AV1_FRAME_FLAG_SHOW_FRAME,
    V4L2_AV1_FRAME_FLAG_SHOWABLE_FRAME,
    V4L2_AV1_FRAME_FLAG_ERROR_RESILIENT_MODE,
    V4L2_AV1_FRAME_FLAG_DISABLE_CDF_UPDATE,
    V4L2_AV1_FRAME_FLAG_ALLOW_SCREEN_CONTENT_TOOLS,
    V4L2_AV1_FRAME_FLAG_FORCE_INTEGER_MV,
    V4L2_AV1_FRAME_FLAG_ALLOW_INTRABC,
    V4L2_AV1_FRAME_FLAG_USE_SUPERRES,
    V4L2_AV1_FRAME_FLAG_ALLOW_HIGH_PRECISION_MV,
    V4L2_AV1_FRAME_FLAG_IS_MOTION_MODE_SWITCHABLE,
    V4L2_AV1_FRAME_FLAG_USE_REF_FRAME_MVS,
    V4L2_AV1_FRAME_FLAG_DISABLE_FRAME_END_UPDATE_CDF,
    V4L2_AV1_FRAME_FLAG_ALLOW_WARPED_MOTION,
    V4L2_AV1_FRAME_FLAG_REFERENCE_SELECT,
    V4L2_AV1_FRAME_FLAG_REDUCED_TX_SET,
    V4L2_AV1_FRAME_FLAG_SKIP_MODE_ALLOWED,
    V4L2_AV1_FRAME_FLAG_SKIP_MODE_PRESENT,
    V4L2_AV1_FRAME_FLAG_FRAME_SIZE_OVERRIDE,
    V4L2_AV1_FRAME_FLAG_BUFFER_REMOVAL_TIME_PRESENT,
    V4L2_AV1_FRAME_FLAG_FRAME_REFS_SHORT_SIGNALING,
  }),
  frame_type: enumeration(u32, {
    V4L2_AV1_KEY_FRAME,
    V4L2_AV1_INTER_FRAME,
    V4L2_AV1_INTRA_ONLY_FRAME,
    V4L2_AV1_SWITCH_FRAME,
  }),
  order_hint: u32,
  upscaled_width: u32,
  interpolation_filter: enumeration(u32, {
    V4L2_AV1_INTERPOLATION_FILTER_EIGHTTAP,
    V4L2_AV1_INTERPOLATION_FILTER_EIGHTTAP_SMOOTH,
    V4L2_AV1_INTERPOLATION_FILTER_EIGHTTAP_SHARP,
    V4L2_AV1_INTERPOLATION_FILTER_BILINEAR,
    V4L2_AV1_INTERPOLATION_FILTER_SWITCHABLE,
  }),
  tx_mode: enumeration(u32, { V4L2_AV1_TX_MODE_ONLY_4X4, V4L2_AV1_TX_MODE_LARGEST, V4L2_AV1_TX_MODE_SELECT }),
  frame_width_minus_1: u32,
  frame_height_minus_1: u32,
  render_width_minus_1: u16,
  render_height_minus_1: u16,
  current_frame_id: u32,
  buffer_removal_time: array(u32, 32),
  reserved: array(u8, 4),
  order_hints: array(u32, 8),
  reference_frame_ts: array(u64, 8),
  ref_frame_idx: array(s8, 7),
  refresh_frame_flags: u8,
});
/** The plain value of `struct v4l2_ctrl_av1_frame`. */
export type v4l2_ctrl_av1_frame = Infer<typeof v4l2_ctrl_av1_frame>;

/** Bits of `v4l2_ctrl_av1_film_grain.flags`. */
export const V4L2_AV1_FILM_GRAIN_FLAG_APPLY_GRAIN = 0x1;
export const V4L2_AV1_FILM_GRAIN_FLAG_UPDATE_GRAIN = 0x2;
export const V4L2_AV1_FILM_GRAIN_FLAG_CHROMA_SCALING_FROM_LUMA = 0x4;
export const V4L2_AV1_FILM_GRAIN_FLAG_OVERLAP = 0x8;
export const V4L2_AV1_FILM_GRAIN_FLAG_CLIP_TO_RESTRICTED_RANGE = 0x10;

/** Film grain parameters, 5.9.30. */
export const v4l2_ctrl_av1_film_grain = /* @__PURE__ */ struct("v4l2_ctrl_av1_film_grain", 194, {
  flags: flagSet(u8, {
    V4L2_AV1_FILM_GRAIN_FLAG_APPLY_GRAIN,
    V4L2_AV1_FILM_GRAIN_FLAG_UPDATE_GRAIN,
    V4L2_AV1_FILM_GRAIN_FLAG_CHROMA_SCALING_FROM_LUMA,
    V4L2_AV1_FILM_GRAIN_FLAG_OVERLAP,
    V4L2_AV1_FILM_GRAIN_FLAG_CLIP_TO_RESTRICTED_RANGE,
  }),
  cr_mult: u8,
  grain_seed: u16,
  film_grain_params_ref_idx: u8,
  num_y_points: u8,
  point_y_value: array(u8, 16),
  point_y_scaling: array(u8, 16),
  num_cb_points: u8,
  point_cb_value: array(u8, 16),
  point_cb_scaling: array(u8, 16),
  num_cr_points: u8,
  point_cr_value: array(u8, 16),
  point_cr_scaling: array(u8, 16),
  grain_scaling_minus_8: u8,
  ar_coeff_lag: u8,
  ar_coeffs_y_plus_128: array(u8, 25),
  ar_coeffs_cb_plus_128: array(u8, 25),
  ar_coeffs_cr_plus_128: array(u8, 25),
  ar_coeff_shift_minus_6: u8,
  grain_scale_shift: u8,
  cb_mult: u8,
  cb_luma_mult: u8,
  cr_luma_mult: u8,
  cb_offset: u16,
  cr_offset: u16,
  reserved: array(u8, 4),
});
/** The plain value of `struct v4l2_ctrl_av1_film_grain`. */
export type v4l2_ctrl_av1_film_grain = Infer<typeof v4l2_ctrl_av1_film_grain>;

/** The controls of AV1 by name. Stable since Linux 6.5. */
export const av1Controls = {
  V4L2_CID_STATELESS_AV1_SEQUENCE: {
    name: "V4L2_CID_STATELESS_AV1_SEQUENCE",
    id: V4L2_CID_STATELESS_AV1_SEQUENCE,
    type: "struct",
    struct: v4l2_ctrl_av1_sequence,
    since: "6.5",
  },
  V4L2_CID_STATELESS_AV1_TILE_GROUP_ENTRY: {
    name: "V4L2_CID_STATELESS_AV1_TILE_GROUP_ENTRY",
    id: V4L2_CID_STATELESS_AV1_TILE_GROUP_ENTRY,
    type: "struct",
    struct: v4l2_ctrl_av1_tile_group_entry,
    dynamicArray: V4L2_AV1_MAX_TILE_COUNT,
    since: "6.5",
  },
  V4L2_CID_STATELESS_AV1_FRAME: {
    name: "V4L2_CID_STATELESS_AV1_FRAME",
    id: V4L2_CID_STATELESS_AV1_FRAME,
    type: "struct",
    struct: v4l2_ctrl_av1_frame,
    since: "6.5",
  },
  V4L2_CID_STATELESS_AV1_FILM_GRAIN: {
    name: "V4L2_CID_STATELESS_AV1_FILM_GRAIN",
    id: V4L2_CID_STATELESS_AV1_FILM_GRAIN,
    type: "struct",
    struct: v4l2_ctrl_av1_film_grain,
    since: "6.5",
  },
} as const satisfies Readonly<Record<string, ControlDefinition>>;
