/** H.264 (ITU-T H.264) in linux/v4l2-controls.h: everything that begins with `V4L2_CID_STATELESS_H264`, and what belongs to it. */

import type { ControlDefinition } from "./control.ts";
import { array, enumeration, flagSet, type Infer, s8, s16, s32, struct, u8, u16, u32, u64 } from "./struct.ts";

/** The OUTPUT format: parsed H.264 slices (linux/videodev2.h). The fourcc "S264". */
export const V4L2_PIX_FMT_H264_SLICE = 0x34363253;

/** Control ids. */
export const V4L2_CID_STATELESS_H264_DECODE_MODE = 0xa40900;
export const V4L2_CID_STATELESS_H264_START_CODE = 0xa40901;
export const V4L2_CID_STATELESS_H264_SPS = 0xa40902;
export const V4L2_CID_STATELESS_H264_PPS = 0xa40903;
export const V4L2_CID_STATELESS_H264_SCALING_MATRIX = 0xa40904;
export const V4L2_CID_STATELESS_H264_PRED_WEIGHTS = 0xa40905;
export const V4L2_CID_STATELESS_H264_SLICE_PARAMS = 0xa40906;
export const V4L2_CID_STATELESS_H264_DECODE_PARAMS = 0xa40907;

/** `enum v4l2_stateless_h264_decode_mode`: what one request holds. */
export const V4L2_STATELESS_H264_DECODE_MODE_SLICE_BASED = 0;
export const V4L2_STATELESS_H264_DECODE_MODE_FRAME_BASED = 1;

/** `enum v4l2_stateless_h264_start_code`: what stands before each slice in the OUTPUT buffer. */
export const V4L2_STATELESS_H264_START_CODE_NONE = 0;
export const V4L2_STATELESS_H264_START_CODE_ANNEX_B = 1;

/** Bits of `v4l2_ctrl_h264_sps.constraint_set_flags`. */
export const V4L2_H264_SPS_CONSTRAINT_SET0_FLAG = 0x1;
export const V4L2_H264_SPS_CONSTRAINT_SET1_FLAG = 0x2;
export const V4L2_H264_SPS_CONSTRAINT_SET2_FLAG = 0x4;
export const V4L2_H264_SPS_CONSTRAINT_SET3_FLAG = 0x8;
export const V4L2_H264_SPS_CONSTRAINT_SET4_FLAG = 0x10;
export const V4L2_H264_SPS_CONSTRAINT_SET5_FLAG = 0x20;

/** Bits of `v4l2_ctrl_h264_sps.flags`. */
export const V4L2_H264_SPS_FLAG_SEPARATE_COLOUR_PLANE = 0x1;
export const V4L2_H264_SPS_FLAG_QPPRIME_Y_ZERO_TRANSFORM_BYPASS = 0x2;
export const V4L2_H264_SPS_FLAG_DELTA_PIC_ORDER_ALWAYS_ZERO = 0x4;
export const V4L2_H264_SPS_FLAG_GAPS_IN_FRAME_NUM_VALUE_ALLOWED = 0x8;
export const V4L2_H264_SPS_FLAG_FRAME_MBS_ONLY = 0x10;
export const V4L2_H264_SPS_FLAG_MB_ADAPTIVE_FRAME_FIELD = 0x20;
export const V4L2_H264_SPS_FLAG_DIRECT_8X8_INFERENCE = 0x40;

/** Sequence parameter set, 7.3.2.1.1. */
export const v4l2_ctrl_h264_sps = /* @__PURE__ */ struct("v4l2_ctrl_h264_sps", 1048, {
  profile_idc: u8,
  constraint_set_flags: flagSet(u8, {
    V4L2_H264_SPS_CONSTRAINT_SET0_FLAG,
    V4L2_H264_SPS_CONSTRAINT_SET1_FLAG,
    V4L2_H264_SPS_CONSTRAINT_SET2_FLAG,
    V4L2_H264_SPS_CONSTRAINT_SET3_FLAG,
    V4L2_H264_SPS_CONSTRAINT_SET4_FLAG,
    V4L2_H264_SPS_CONSTRAINT_SET5_FLAG,
  }),
  level_idc: u8,
  seq_parameter_set_id: u8,
  chroma_format_idc: u8,
  bit_depth_luma_minus8: u8,
  bit_depth_chroma_minus8: u8,
  log2_max_frame_num_minus4: u8,
  pic_order_cnt_type: u8,
  log2_max_pic_order_cnt_lsb_minus4: u8,
  max_num_ref_frames: u8,
  num_ref_frames_in_pic_order_cnt_cycle: u8,
  offset_for_ref_frame: array(s32, 255),
  offset_for_non_ref_pic: s32,
  offset_for_top_to_bottom_field: s32,
  pic_width_in_mbs_minus1: u16,
  pic_height_in_map_units_minus1: u16,
  flags: flagSet(u32, {
    V4L2_H264_SPS_FLAG_SEPARATE_COLOUR_PLANE,
    V4L2_H264_SPS_FLAG_QPPRIME_Y_ZERO_TRANSFORM_BYPASS,
    V4L2_H264_SPS_FLAG_DELTA_PIC_ORDER_ALWAYS_ZERO,
    V4L2_H264_SPS_FLAG_GAPS_IN_FRAME_NUM_VALUE_ALLOWED,
    V4L2_H264_SPS_FLAG_FRAME_MBS_ONLY,
    V4L2_H264_SPS_FLAG_MB_ADAPTIVE_FRAME_FIELD,
    V4L2_H264_SPS_FLAG_DIRECT_8X8_INFERENCE,
  }),
});
/** The plain value of `struct v4l2_ctrl_h264_sps`. */
export type v4l2_ctrl_h264_sps = Infer<typeof v4l2_ctrl_h264_sps>;

/** Whether a sequence parameter set of this profile has chroma_format_idc and bit depths, 7.3.2.1.1: the header's macro. */
export function V4L2_H264_SPS_HAS_CHROMA_FORMAT(sps: { readonly profile_idc: number }): boolean {
  return [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135].includes(sps.profile_idc);
}

/** Bits of `v4l2_ctrl_h264_pps.flags`. */
export const V4L2_H264_PPS_FLAG_ENTROPY_CODING_MODE = 0x1;
export const V4L2_H264_PPS_FLAG_BOTTOM_FIELD_PIC_ORDER_IN_FRAME_PRESENT = 0x2;
export const V4L2_H264_PPS_FLAG_WEIGHTED_PRED = 0x4;
export const V4L2_H264_PPS_FLAG_DEBLOCKING_FILTER_CONTROL_PRESENT = 0x8;
export const V4L2_H264_PPS_FLAG_CONSTRAINED_INTRA_PRED = 0x10;
export const V4L2_H264_PPS_FLAG_REDUNDANT_PIC_CNT_PRESENT = 0x20;
export const V4L2_H264_PPS_FLAG_TRANSFORM_8X8_MODE = 0x40;
export const V4L2_H264_PPS_FLAG_SCALING_MATRIX_PRESENT = 0x80;

/** Picture parameter set, 7.3.2.2. */
export const v4l2_ctrl_h264_pps = /* @__PURE__ */ struct("v4l2_ctrl_h264_pps", 12, {
  pic_parameter_set_id: u8,
  seq_parameter_set_id: u8,
  num_slice_groups_minus1: u8,
  num_ref_idx_l0_default_active_minus1: u8,
  num_ref_idx_l1_default_active_minus1: u8,
  weighted_bipred_idc: u8,
  pic_init_qp_minus26: s8,
  pic_init_qs_minus26: s8,
  chroma_qp_index_offset: s8,
  second_chroma_qp_index_offset: s8,
  flags: flagSet(u16, {
    V4L2_H264_PPS_FLAG_ENTROPY_CODING_MODE,
    V4L2_H264_PPS_FLAG_BOTTOM_FIELD_PIC_ORDER_IN_FRAME_PRESENT,
    V4L2_H264_PPS_FLAG_WEIGHTED_PRED,
    V4L2_H264_PPS_FLAG_DEBLOCKING_FILTER_CONTROL_PRESENT,
    V4L2_H264_PPS_FLAG_CONSTRAINED_INTRA_PRED,
    V4L2_H264_PPS_FLAG_REDUNDANT_PIC_CNT_PRESENT,
    V4L2_H264_PPS_FLAG_TRANSFORM_8X8_MODE,
    V4L2_H264_PPS_FLAG_SCALING_MATRIX_PRESENT,
  }),
});
/** The plain value of `struct v4l2_ctrl_h264_pps`. */
export type v4l2_ctrl_h264_pps = Infer<typeof v4l2_ctrl_h264_pps>;

/** Scaling lists in raster scan: 4x4 Intra Y Cb Cr, Inter Y Cb Cr; 8x8 Intra Y, Inter Y, Intra Cb, Inter Cb, Intra Cr, Inter Cr. */
export const v4l2_ctrl_h264_scaling_matrix = /* @__PURE__ */ struct("v4l2_ctrl_h264_scaling_matrix", 480, {
  scaling_list_4x4: array(u8, 6, 16),
  scaling_list_8x8: array(u8, 6, 64),
});
/** The plain value of `struct v4l2_ctrl_h264_scaling_matrix`. */
export type v4l2_ctrl_h264_scaling_matrix = Infer<typeof v4l2_ctrl_h264_scaling_matrix>;

/** Explicit prediction weights of one reference list; the second index of chroma is Cb, Cr. */
export const v4l2_h264_weight_factors = /* @__PURE__ */ struct("v4l2_h264_weight_factors", 384, {
  luma_weight: array(s16, 32),
  luma_offset: array(s16, 32),
  chroma_weight: array(s16, 32, 2),
  chroma_offset: array(s16, 32, 2),
});
/** The plain value of `struct v4l2_h264_weight_factors`. */
export type v4l2_h264_weight_factors = Infer<typeof v4l2_h264_weight_factors>;

/** Prediction weight table, 7.3.3.2; one set of factors a list. */
export const v4l2_ctrl_h264_pred_weights = /* @__PURE__ */ struct("v4l2_ctrl_h264_pred_weights", 772, {
  luma_log2_weight_denom: u16,
  chroma_log2_weight_denom: u16,
  weight_factors: array(v4l2_h264_weight_factors, 2),
});
/** The plain value of `struct v4l2_ctrl_h264_pred_weights`. */
export type v4l2_ctrl_h264_pred_weights = Infer<typeof v4l2_ctrl_h264_pred_weights>;

/** `v4l2_ctrl_h264_slice_params.slice_type`. */
export const V4L2_H264_SLICE_TYPE_P = 0;
export const V4L2_H264_SLICE_TYPE_B = 1;
export const V4L2_H264_SLICE_TYPE_I = 2;
export const V4L2_H264_SLICE_TYPE_SP = 3;
export const V4L2_H264_SLICE_TYPE_SI = 4;

/** Whether a slice needs V4L2_CID_STATELESS_H264_PRED_WEIGHTS: the header's macro. */
export function V4L2_H264_CTRL_PRED_WEIGHTS_REQUIRED(
  pps: { readonly flags: number; readonly weighted_bipred_idc: number },
  slice: { readonly slice_type: number },
): boolean {
  const { slice_type } = slice;
  if (slice_type === V4L2_H264_SLICE_TYPE_B) return pps.weighted_bipred_idc === 1;
  const predicted = slice_type === V4L2_H264_SLICE_TYPE_P || slice_type === V4L2_H264_SLICE_TYPE_SP;
  return predicted && (pps.flags & V4L2_H264_PPS_FLAG_WEIGHTED_PRED) !== 0;
}

/** Bits of `v4l2_ctrl_h264_slice_params.flags`. */
export const V4L2_H264_SLICE_FLAG_DIRECT_SPATIAL_MV_PRED = 0x1;
export const V4L2_H264_SLICE_FLAG_SP_FOR_SWITCH = 0x2;

/** Which fields of a frame a reference is: `fields` of list and DPB entries. */
export const V4L2_H264_TOP_FIELD_REF = 0x1;
export const V4L2_H264_BOTTOM_FIELD_REF = 0x2;
export const V4L2_H264_FRAME_REF = 0x3;

/** Lengths of `dpb` and of the reference lists. */
export const V4L2_H264_NUM_DPB_ENTRIES = 16;
export const V4L2_H264_REF_LIST_LEN = 32;

/** One entry of a reference list: an index into `dpb`. */
export const v4l2_h264_reference = /* @__PURE__ */ struct("v4l2_h264_reference", 2, {
  fields: enumeration(u8, { V4L2_H264_TOP_FIELD_REF, V4L2_H264_BOTTOM_FIELD_REF, V4L2_H264_FRAME_REF }),
  index: u8,
});
/** The plain value of `struct v4l2_h264_reference`. */
export type v4l2_h264_reference = Infer<typeof v4l2_h264_reference>;

/** Slice header, 7.3.3, with the reference lists after modification; only slice-based drivers take it. */
export const v4l2_ctrl_h264_slice_params = /* @__PURE__ */ struct("v4l2_ctrl_h264_slice_params", 152, {
  header_bit_size: u32,
  first_mb_in_slice: u32,
  slice_type: enumeration(u8, {
    V4L2_H264_SLICE_TYPE_P,
    V4L2_H264_SLICE_TYPE_B,
    V4L2_H264_SLICE_TYPE_I,
    V4L2_H264_SLICE_TYPE_SP,
    V4L2_H264_SLICE_TYPE_SI,
  }),
  colour_plane_id: u8,
  redundant_pic_cnt: u8,
  cabac_init_idc: u8,
  slice_qp_delta: s8,
  slice_qs_delta: s8,
  disable_deblocking_filter_idc: u8,
  slice_alpha_c0_offset_div2: s8,
  slice_beta_offset_div2: s8,
  num_ref_idx_l0_active_minus1: u8,
  num_ref_idx_l1_active_minus1: u8,
  reserved: u8,
  ref_pic_list0: array(v4l2_h264_reference, 32),
  ref_pic_list1: array(v4l2_h264_reference, 32),
  flags: flagSet(u32, { V4L2_H264_SLICE_FLAG_DIRECT_SPATIAL_MV_PRED, V4L2_H264_SLICE_FLAG_SP_FOR_SWITCH }),
});
/** The plain value of `struct v4l2_ctrl_h264_slice_params`. */
export type v4l2_ctrl_h264_slice_params = Infer<typeof v4l2_ctrl_h264_slice_params>;

/** Bits of `v4l2_h264_dpb_entry.flags`. */
export const V4L2_H264_DPB_ENTRY_FLAG_VALID = 0x1;
export const V4L2_H264_DPB_ENTRY_FLAG_ACTIVE = 0x2;
export const V4L2_H264_DPB_ENTRY_FLAG_LONG_TERM = 0x4;
export const V4L2_H264_DPB_ENTRY_FLAG_FIELD = 0x8;

/** A picture of the decoded picture buffer; `reference_ts` is the nanosecond timestamp of its CAPTURE buffer. */
export const v4l2_h264_dpb_entry = /* @__PURE__ */ struct("v4l2_h264_dpb_entry", 32, {
  reference_ts: u64,
  pic_num: u32,
  frame_num: u16,
  fields: enumeration(u8, { V4L2_H264_TOP_FIELD_REF, V4L2_H264_BOTTOM_FIELD_REF, V4L2_H264_FRAME_REF }),
  reserved: array(u8, 5),
  top_field_order_cnt: s32,
  bottom_field_order_cnt: s32,
  flags: flagSet(u32, {
    V4L2_H264_DPB_ENTRY_FLAG_VALID,
    V4L2_H264_DPB_ENTRY_FLAG_ACTIVE,
    V4L2_H264_DPB_ENTRY_FLAG_LONG_TERM,
    V4L2_H264_DPB_ENTRY_FLAG_FIELD,
  }),
});
/** The plain value of `struct v4l2_h264_dpb_entry`. */
export type v4l2_h264_dpb_entry = Infer<typeof v4l2_h264_dpb_entry>;

/** Bits of `v4l2_ctrl_h264_decode_params.flags`. */
export const V4L2_H264_DECODE_PARAM_FLAG_IDR_PIC = 0x1;
export const V4L2_H264_DECODE_PARAM_FLAG_FIELD_PIC = 0x2;
export const V4L2_H264_DECODE_PARAM_FLAG_BOTTOM_FIELD = 0x4;
export const V4L2_H264_DECODE_PARAM_FLAG_PFRAME = 0x8;
export const V4L2_H264_DECODE_PARAM_FLAG_BFRAME = 0x10;

/** What belongs to the picture: the DPB, and slice header elements that all its slices share. */
export const v4l2_ctrl_h264_decode_params = /* @__PURE__ */ struct("v4l2_ctrl_h264_decode_params", 560, {
  dpb: array(v4l2_h264_dpb_entry, 16),
  nal_ref_idc: u16,
  frame_num: u16,
  top_field_order_cnt: s32,
  bottom_field_order_cnt: s32,
  idr_pic_id: u16,
  pic_order_cnt_lsb: u16,
  delta_pic_order_cnt_bottom: s32,
  delta_pic_order_cnt0: s32,
  delta_pic_order_cnt1: s32,
  dec_ref_pic_marking_bit_size: u32,
  pic_order_cnt_bit_size: u32,
  slice_group_change_cycle: u32,
  reserved: u32,
  flags: flagSet(u32, {
    V4L2_H264_DECODE_PARAM_FLAG_IDR_PIC,
    V4L2_H264_DECODE_PARAM_FLAG_FIELD_PIC,
    V4L2_H264_DECODE_PARAM_FLAG_BOTTOM_FIELD,
    V4L2_H264_DECODE_PARAM_FLAG_PFRAME,
    V4L2_H264_DECODE_PARAM_FLAG_BFRAME,
  }),
});
/** The plain value of `struct v4l2_ctrl_h264_decode_params`. */
export type v4l2_ctrl_h264_decode_params = Infer<typeof v4l2_ctrl_h264_decode_params>;

/** The controls of H.264 by name. Stable since Linux 5.11. */
export const h264Controls = {
  V4L2_CID_STATELESS_H264_DECODE_MODE: {
    name: "V4L2_CID_STATELESS_H264_DECODE_MODE",
    id: V4L2_CID_STATELESS_H264_DECODE_MODE,
    type: "menu",
    menu: { V4L2_STATELESS_H264_DECODE_MODE_SLICE_BASED, V4L2_STATELESS_H264_DECODE_MODE_FRAME_BASED },
    since: "5.11",
  },
  V4L2_CID_STATELESS_H264_START_CODE: {
    name: "V4L2_CID_STATELESS_H264_START_CODE",
    id: V4L2_CID_STATELESS_H264_START_CODE,
    type: "menu",
    menu: { V4L2_STATELESS_H264_START_CODE_NONE, V4L2_STATELESS_H264_START_CODE_ANNEX_B },
    since: "5.11",
  },
  V4L2_CID_STATELESS_H264_SPS: {
    name: "V4L2_CID_STATELESS_H264_SPS",
    id: V4L2_CID_STATELESS_H264_SPS,
    type: "struct",
    struct: v4l2_ctrl_h264_sps,
    since: "5.11",
  },
  V4L2_CID_STATELESS_H264_PPS: {
    name: "V4L2_CID_STATELESS_H264_PPS",
    id: V4L2_CID_STATELESS_H264_PPS,
    type: "struct",
    struct: v4l2_ctrl_h264_pps,
    since: "5.11",
  },
  V4L2_CID_STATELESS_H264_SCALING_MATRIX: {
    name: "V4L2_CID_STATELESS_H264_SCALING_MATRIX",
    id: V4L2_CID_STATELESS_H264_SCALING_MATRIX,
    type: "struct",
    struct: v4l2_ctrl_h264_scaling_matrix,
    since: "5.11",
  },
  V4L2_CID_STATELESS_H264_PRED_WEIGHTS: {
    name: "V4L2_CID_STATELESS_H264_PRED_WEIGHTS",
    id: V4L2_CID_STATELESS_H264_PRED_WEIGHTS,
    type: "struct",
    struct: v4l2_ctrl_h264_pred_weights,
    since: "5.11",
  },
  V4L2_CID_STATELESS_H264_SLICE_PARAMS: {
    name: "V4L2_CID_STATELESS_H264_SLICE_PARAMS",
    id: V4L2_CID_STATELESS_H264_SLICE_PARAMS,
    type: "struct",
    struct: v4l2_ctrl_h264_slice_params,
    since: "5.11",
  },
  V4L2_CID_STATELESS_H264_DECODE_PARAMS: {
    name: "V4L2_CID_STATELESS_H264_DECODE_PARAMS",
    id: V4L2_CID_STATELESS_H264_DECODE_PARAMS,
    type: "struct",
    struct: v4l2_ctrl_h264_decode_params,
    since: "5.11",
  },
} as const satisfies Readonly<Record<string, ControlDefinition>>;
