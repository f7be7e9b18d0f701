/**
 * Writes structures and state into the kernel's structs (linux/v4l2-controls.h; Documentation:
 * ext-ctrls-codec-stateless), one function for each struct, without side effects. A field that is not copied one to one
 * names its authority.
 */
import { noPair } from "../bitreader/frozen.ts";
import { setTimestamp } from "../session/timestamps.ts";
import {
  V4L2_H264_DECODE_PARAM_FLAG_BFRAME,
  V4L2_H264_DECODE_PARAM_FLAG_BOTTOM_FIELD,
  V4L2_H264_DECODE_PARAM_FLAG_FIELD_PIC,
  V4L2_H264_DECODE_PARAM_FLAG_IDR_PIC,
  V4L2_H264_DECODE_PARAM_FLAG_PFRAME,
  V4L2_H264_DPB_ENTRY_FLAG_ACTIVE,
  V4L2_H264_DPB_ENTRY_FLAG_FIELD,
  V4L2_H264_DPB_ENTRY_FLAG_LONG_TERM,
  V4L2_H264_DPB_ENTRY_FLAG_VALID,
  V4L2_H264_PPS_FLAG_BOTTOM_FIELD_PIC_ORDER_IN_FRAME_PRESENT,
  V4L2_H264_PPS_FLAG_CONSTRAINED_INTRA_PRED,
  V4L2_H264_PPS_FLAG_DEBLOCKING_FILTER_CONTROL_PRESENT,
  V4L2_H264_PPS_FLAG_ENTROPY_CODING_MODE,
  V4L2_H264_PPS_FLAG_REDUNDANT_PIC_CNT_PRESENT,
  V4L2_H264_PPS_FLAG_SCALING_MATRIX_PRESENT,
  V4L2_H264_PPS_FLAG_TRANSFORM_8X8_MODE,
  V4L2_H264_PPS_FLAG_WEIGHTED_PRED,
  V4L2_H264_SLICE_FLAG_DIRECT_SPATIAL_MV_PRED,
  V4L2_H264_SLICE_FLAG_SP_FOR_SWITCH,
  V4L2_H264_SPS_CONSTRAINT_SET0_FLAG,
  V4L2_H264_SPS_CONSTRAINT_SET1_FLAG,
  V4L2_H264_SPS_CONSTRAINT_SET2_FLAG,
  V4L2_H264_SPS_CONSTRAINT_SET3_FLAG,
  V4L2_H264_SPS_CONSTRAINT_SET4_FLAG,
  V4L2_H264_SPS_CONSTRAINT_SET5_FLAG,
  V4L2_H264_SPS_FLAG_DELTA_PIC_ORDER_ALWAYS_ZERO,
  V4L2_H264_SPS_FLAG_DIRECT_8X8_INFERENCE,
  V4L2_H264_SPS_FLAG_FRAME_MBS_ONLY,
  V4L2_H264_SPS_FLAG_GAPS_IN_FRAME_NUM_VALUE_ALLOWED,
  V4L2_H264_SPS_FLAG_MB_ADAPTIVE_FRAME_FIELD,
  V4L2_H264_SPS_FLAG_QPPRIME_Y_ZERO_TRANSFORM_BYPASS,
  V4L2_H264_SPS_FLAG_SEPARATE_COLOUR_PLANE,
  v4l2_ctrl_h264_decode_params,
  v4l2_ctrl_h264_pps,
  v4l2_ctrl_h264_pred_weights,
  v4l2_ctrl_h264_scaling_matrix,
  v4l2_ctrl_h264_slice_params,
  v4l2_ctrl_h264_sps,
  v4l2_h264_dpb_entry,
  v4l2_h264_weight_factors,
} from "../uapi/h264.ts";
import { draftPayload, newPayload } from "../uapi/payload.ts";
import { viewOf } from "../uapi/struct.ts";
import { BOTH_FIELDS, BOTTOM_FIELD, type ReferenceFrame, TOP_FIELD } from "./dpb.ts";
import { IDR_SLICE } from "./nal-types.ts";
import type { FieldOrderCnt } from "./poc.ts";
import type { RefPicList } from "./ref-lists.ts";
import { scalingLists } from "./scaling.ts";
import type { ParameterSets, PicParameterSet, PredWeights, SeqParameterSet, SliceHeader } from "./structures.ts";

/** v4l2_ctrl_h264_sps: 1048 bytes. */
export function h264Sps(sps: SeqParameterSet): Uint8Array {
  const payload = newPayload(v4l2_ctrl_h264_sps.size);
  const view = viewOf(payload);
  const o = v4l2_ctrl_h264_sps.offsets;
  view.setUint8(o.profile_idc, sps.profile_idc);
  view.setUint8(
    o.constraint_set_flags,
    (sps.constraint_set0_flag ? V4L2_H264_SPS_CONSTRAINT_SET0_FLAG : 0) |
      (sps.constraint_set1_flag ? V4L2_H264_SPS_CONSTRAINT_SET1_FLAG : 0) |
      (sps.constraint_set2_flag ? V4L2_H264_SPS_CONSTRAINT_SET2_FLAG : 0) |
      (sps.constraint_set3_flag ? V4L2_H264_SPS_CONSTRAINT_SET3_FLAG : 0) |
      (sps.constraint_set4_flag ? V4L2_H264_SPS_CONSTRAINT_SET4_FLAG : 0) |
      (sps.constraint_set5_flag ? V4L2_H264_SPS_CONSTRAINT_SET5_FLAG : 0),
  );
  view.setUint8(o.level_idc, sps.level_idc);
  view.setUint8(o.seq_parameter_set_id, sps.seq_parameter_set_id);
  view.setUint8(o.chroma_format_idc, sps.chroma_format_idc);
  view.setUint8(o.bit_depth_luma_minus8, sps.bit_depth_luma_minus8);
  view.setUint8(o.bit_depth_chroma_minus8, sps.bit_depth_chroma_minus8);
  view.setUint8(o.log2_max_frame_num_minus4, sps.log2_max_frame_num_minus4);
  view.setUint8(o.pic_order_cnt_type, sps.pic_order_cnt_type);
  view.setUint8(o.log2_max_pic_order_cnt_lsb_minus4, sps.log2_max_pic_order_cnt_lsb_minus4);
  view.setUint8(o.max_num_ref_frames, sps.max_num_ref_frames);
  view.setUint8(o.num_ref_frames_in_pic_order_cnt_cycle, sps.num_ref_frames_in_pic_order_cnt_cycle);
  for (const [i, offset] of sps.offset_for_ref_frame.entries()) {
    view.setInt32(o.offset_for_ref_frame + 4 * i, offset, true);
  }
  view.setInt32(o.offset_for_non_ref_pic, sps.offset_for_non_ref_pic, true);
  view.setInt32(o.offset_for_top_to_bottom_field, sps.offset_for_top_to_bottom_field, true);
  view.setUint16(o.pic_width_in_mbs_minus1, sps.pic_width_in_mbs_minus1, true);
  view.setUint16(o.pic_height_in_map_units_minus1, sps.pic_height_in_map_units_minus1, true);
  view.setUint32(
    o.flags,
    (sps.separate_colour_plane_flag ? V4L2_H264_SPS_FLAG_SEPARATE_COLOUR_PLANE : 0) |
      (sps.qpprime_y_zero_transform_bypass_flag ? V4L2_H264_SPS_FLAG_QPPRIME_Y_ZERO_TRANSFORM_BYPASS : 0) |
      (sps.delta_pic_order_always_zero_flag ? V4L2_H264_SPS_FLAG_DELTA_PIC_ORDER_ALWAYS_ZERO : 0) |
      (sps.gaps_in_frame_num_value_allowed_flag ? V4L2_H264_SPS_FLAG_GAPS_IN_FRAME_NUM_VALUE_ALLOWED : 0) |
      (sps.frame_mbs_only_flag ? V4L2_H264_SPS_FLAG_FRAME_MBS_ONLY : 0) |
      (sps.mb_adaptive_frame_field_flag ? V4L2_H264_SPS_FLAG_MB_ADAPTIVE_FRAME_FIELD : 0) |
      (sps.direct_8x8_inference_flag ? V4L2_H264_SPS_FLAG_DIRECT_8X8_INFERENCE : 0),
    true,
  );
  return payload;
}

/** Whether "V4L2_CID_STATELESS_H264_SCALING_MATRIX must be used for this picture" (UAPI): the SPS or the PPS has lists. */
export function hasScalingMatrix({ sps, pps }: ParameterSets): boolean {
  return sps.seq_scaling_matrix_present_flag === 1 || pps.pic_scaling_matrix_present_flag === 1;
}

/**
 * v4l2_ctrl_h264_pps: 12 bytes. The num_ref_idx defaults are the PPS's own, not a slice's override: hantro's hardware parses
 * the override itself.
 */
export function h264Pps(sets: ParameterSets): Uint8Array {
  const payload = newPayload(v4l2_ctrl_h264_pps.size);
  const view = viewOf(payload);
  const o = v4l2_ctrl_h264_pps.offsets;
  const pps: PicParameterSet = sets.pps;
  view.setUint8(o.pic_parameter_set_id, pps.pic_parameter_set_id);
  view.setUint8(o.seq_parameter_set_id, pps.seq_parameter_set_id);
  view.setUint8(o.num_slice_groups_minus1, pps.num_slice_groups_minus1);
  view.setUint8(o.num_ref_idx_l0_default_active_minus1, pps.num_ref_idx_l0_default_active_minus1);
  view.setUint8(o.num_ref_idx_l1_default_active_minus1, pps.num_ref_idx_l1_default_active_minus1);
  view.setUint8(o.weighted_bipred_idc, pps.weighted_bipred_idc);
  view.setInt8(o.pic_init_qp_minus26, pps.pic_init_qp_minus26);
  view.setInt8(o.pic_init_qs_minus26, pps.pic_init_qs_minus26);
  view.setInt8(o.chroma_qp_index_offset, pps.chroma_qp_index_offset);
  view.setInt8(o.second_chroma_qp_index_offset, pps.second_chroma_qp_index_offset);
  view.setUint16(
    o.flags,
    (pps.entropy_coding_mode_flag ? V4L2_H264_PPS_FLAG_ENTROPY_CODING_MODE : 0) |
      (pps.bottom_field_pic_order_in_frame_present_flag
        ? V4L2_H264_PPS_FLAG_BOTTOM_FIELD_PIC_ORDER_IN_FRAME_PRESENT
        : 0) |
      (pps.weighted_pred_flag ? V4L2_H264_PPS_FLAG_WEIGHTED_PRED : 0) |
      (pps.deblocking_filter_control_present_flag ? V4L2_H264_PPS_FLAG_DEBLOCKING_FILTER_CONTROL_PRESENT : 0) |
      (pps.constrained_intra_pred_flag ? V4L2_H264_PPS_FLAG_CONSTRAINED_INTRA_PRED : 0) |
      (pps.redundant_pic_cnt_present_flag ? V4L2_H264_PPS_FLAG_REDUNDANT_PIC_CNT_PRESENT : 0) |
      (pps.transform_8x8_mode_flag ? V4L2_H264_PPS_FLAG_TRANSFORM_8X8_MODE : 0) |
      (hasScalingMatrix(sets) ? V4L2_H264_PPS_FLAG_SCALING_MATRIX_PRESENT : 0),
    true,
  );
  return payload;
}

/**
 * v4l2_ctrl_h264_scaling_matrix: 480 bytes. "The values on each scaling list are expected in raster scan order" (UAPI).
 */
export function h264ScalingMatrix(sets: ParameterSets): Uint8Array {
  const payload = newPayload(v4l2_ctrl_h264_scaling_matrix.size);
  const o = v4l2_ctrl_h264_scaling_matrix.offsets;
  const { lists4x4, lists8x8 } = scalingLists(sets);
  // UAPI: Intra Y, Cb, Cr, Inter Y, Cb, Cr for 4x4; Intra Y, Inter Y, Intra Cb, … for 8x8. This is the order of Table 7-2. The
  // 8x8 lists of Cb and Cr stay 0 where chroma_format_idc is not 3, as in GStreamer and FFmpeg.
  for (const [i, list] of lists4x4.entries()) payload.set(list, o.scaling_list_4x4 + 16 * i);
  for (const [i, list] of lists8x8.entries()) payload.set(list, o.scaling_list_8x8 + 64 * i);
  return payload;
}

/** What the fields of v4l2_ctrl_h264_decode_params are computed from. */
export interface DecodeParamsInput {
  /** The header of the picture's first slice. */
  readonly h: SliceHeader;
  /** The order counts of the picture's frame. While its first field is decoded, the other field's count is 0. */
  readonly poc: Readonly<FieldOrderCnt>;
  /** TOP_FIELD, BOTTOM_FIELD, or BOTH_FIELDS for a frame. */
  readonly structure: number;
  /** Whether the picture has a P or SP slice, and whether it has a B slice. */
  readonly hasP: boolean;
  readonly hasB: boolean;
  /** The frames that are used for reference, before the picture's own marking. At most 16. */
  readonly references: readonly ReferenceFrame[];
}

/** v4l2_ctrl_h264_decode_params: 560 bytes. */
export function h264DecodeParams(picture: DecodeParamsInput): Uint8Array {
  const { payload, view, at } = draftPayload(v4l2_ctrl_h264_decode_params.size);
  const o = v4l2_ctrl_h264_decode_params.offsets;
  const { h, poc, references } = picture;
  for (let i = 0; i < references.length; i++) {
    writeDpbEntry(view, at + o.dpb + i * v4l2_h264_dpb_entry.size, references[i] as ReferenceFrame, picture.structure);
  }
  view.setUint16(at + o.nal_ref_idc, h.nal_ref_idc, true);
  view.setUint16(at + o.frame_num, h.frame_num, true);
  view.setInt32(at + o.top_field_order_cnt, poc.TopFieldOrderCnt, true);
  view.setInt32(at + o.bottom_field_order_cnt, poc.BottomFieldOrderCnt, true);
  view.setUint16(at + o.idr_pic_id, h.idr_pic_id, true);
  view.setUint16(at + o.pic_order_cnt_lsb, h.pic_order_cnt_lsb, true);
  view.setInt32(at + o.delta_pic_order_cnt_bottom, h.delta_pic_order_cnt_bottom, true);
  if (h.delta_pic_order_cnt !== noPair) {
    view.setInt32(at + o.delta_pic_order_cnt0, h.delta_pic_order_cnt[0], true);
    view.setInt32(at + o.delta_pic_order_cnt1, h.delta_pic_order_cnt[1], true);
  }
  view.setUint32(at + o.dec_ref_pic_marking_bit_size, h.dec_ref_pic_marking_bit_size, true);
  view.setUint32(at + o.pic_order_cnt_bit_size, h.pic_order_cnt_bit_size, true);
  view.setUint32(at + o.slice_group_change_cycle, h.slice_group_change_cycle, true);
  const flags =
    (h.nal_unit_type === IDR_SLICE ? V4L2_H264_DECODE_PARAM_FLAG_IDR_PIC : 0) |
    (h.field_pic_flag ? V4L2_H264_DECODE_PARAM_FLAG_FIELD_PIC : 0) |
    (h.bottom_field_flag ? V4L2_H264_DECODE_PARAM_FLAG_BOTTOM_FIELD : 0) |
    (picture.hasP ? V4L2_H264_DECODE_PARAM_FLAG_PFRAME : 0) |
    (picture.hasB ? V4L2_H264_DECODE_PARAM_FLAG_BFRAME : 0);
  view.setUint32(at + o.flags, flags, true);
  return payload;
}

/** v4l2_h264_dpb_entry: 32 bytes. */
function writeDpbEntry(view: DataView, at: number, frame: ReferenceFrame, structure: number): void {
  const o = v4l2_h264_dpb_entry.offsets;
  const isLongTerm = frame.longTerm !== 0;
  const pic_num = picNum(frame, structure);
  // UAPI: the slice header's frame_num; for a long-term reference, its long_term_frame_idx.
  const frame_num = isLongTerm ? frame.LongTermFrameIdx : frame.frame_num;
  // A field that has not been decoded has no order count.
  const top_field_order_cnt = frame.fields & TOP_FIELD ? frame.TopFieldOrderCnt : 0;
  const bottom_field_order_cnt = frame.fields & BOTTOM_FIELD ? frame.BottomFieldOrderCnt : 0;
  // The flag LONG_TERM is one for the whole entry. An entry whose first field is a long-term and whose second field is a
  // short-term reference has it, too.
  const flags =
    V4L2_H264_DPB_ENTRY_FLAG_VALID |
    V4L2_H264_DPB_ENTRY_FLAG_ACTIVE |
    (isLongTerm ? V4L2_H264_DPB_ENTRY_FLAG_LONG_TERM : 0) |
    (frame.firstField !== 0 ? V4L2_H264_DPB_ENTRY_FLAG_FIELD : 0);
  setTimestamp(view, at + o.reference_ts, frame.timestamp);
  view.setUint32(at + o.pic_num, pic_num, true);
  view.setUint16(at + o.frame_num, frame_num, true);
  view.setUint8(at + o.fields, frame.shortTerm | frame.longTerm);
  view.setInt32(at + o.top_field_order_cnt, top_field_order_cnt, true);
  view.setInt32(at + o.bottom_field_order_cnt, bottom_field_order_cnt, true);
  view.setUint32(at + o.flags, flags, true);
}

/**
 * UAPI: PicNum (8-28) of a short-term reference, LongTermPicNum (8-29) of a long-term reference. While a field is decoded, each
 * field of an entry has its own number (8-30 to 8-33), and the UAPI does not say which one it means. We send what GStreamer
 * sends: the number of the field that was decoded first. In a frame that was coded as a frame, it is that of the field that
 * comes first in output order, or of the bottom field if both are equal.
 */
function picNum(frame: ReferenceFrame, structure: number): number {
  const num = frame.longTerm !== 0 ? frame.LongTermFrameIdx : frame.FrameNumWrap;
  if (structure === BOTH_FIELDS) return num;
  const first =
    frame.firstField !== 0
      ? frame.firstField
      : frame.TopFieldOrderCnt < frame.BottomFieldOrderCnt
        ? TOP_FIELD
        : BOTTOM_FIELD;
  return 2 * num + (first === structure ? 1 : 0);
}

/**
 * v4l2_ctrl_h264_slice_params: 152 bytes.
 *
 * @param indexOf gives a frame's index in the DPB array.
 */
export function h264SliceParams(
  h: SliceHeader,
  list0: RefPicList,
  list1: RefPicList,
  indexOf: (frame: ReferenceFrame | null) => number,
): Uint8Array {
  const { payload, view, at } = draftPayload(v4l2_ctrl_h264_slice_params.size);
  const o = v4l2_ctrl_h264_slice_params.offsets;
  view.setUint32(at + o.header_bit_size, h.header_bit_size, true);
  view.setUint32(at + o.first_mb_in_slice, h.first_mb_in_slice, true);
  view.setUint8(at + o.slice_type, h.slice_type % 5); // V4L2_H264_SLICE_TYPE_*: 0 to 4
  view.setUint8(at + o.colour_plane_id, h.colour_plane_id);
  view.setUint8(at + o.redundant_pic_cnt, h.redundant_pic_cnt);
  view.setUint8(at + o.cabac_init_idc, h.cabac_init_idc);
  view.setInt8(at + o.slice_qp_delta, h.slice_qp_delta);
  view.setInt8(at + o.slice_qs_delta, h.slice_qs_delta);
  view.setUint8(at + o.disable_deblocking_filter_idc, h.disable_deblocking_filter_idc);
  view.setInt8(at + o.slice_alpha_c0_offset_div2, h.slice_alpha_c0_offset_div2);
  view.setInt8(at + o.slice_beta_offset_div2, h.slice_beta_offset_div2);
  view.setUint8(at + o.num_ref_idx_l0_active_minus1, h.num_ref_idx_l0_active_minus1);
  view.setUint8(at + o.num_ref_idx_l1_active_minus1, h.num_ref_idx_l1_active_minus1);
  writeRefPicList(view, at + o.ref_pic_list0, list0, indexOf);
  writeRefPicList(view, at + o.ref_pic_list1, list1, indexOf);
  view.setUint32(
    at + o.flags,
    (h.direct_spatial_mv_pred_flag ? V4L2_H264_SLICE_FLAG_DIRECT_SPATIAL_MV_PRED : 0) |
      (h.sp_for_switch_flag ? V4L2_H264_SLICE_FLAG_SP_FOR_SWITCH : 0),
    true,
  );
  return payload;
}

/** An array of v4l2_h264_reference, 2 bytes each: fields, index. */
function writeRefPicList(
  view: DataView,
  at: number,
  list: RefPicList,
  indexOf: (frame: ReferenceFrame | null) => number,
): void {
  for (let i = 0; i < list.length; i++) {
    const fields = list[i]?.fields ?? 0;
    const index = indexOf(list[i]?.frame ?? null);
    view.setUint8(at + 2 * i, fields);
    view.setUint8(at + 2 * i + 1, index);
  }
}

/** v4l2_ctrl_h264_pred_weights: 772 bytes. Null where the slice header has no pred_weight_table(). */
export function h264PredWeights(h: Pick<SliceHeader, "pred_weight_table">): Uint8Array | null {
  const table = h.pred_weight_table;
  if (table === null) return null;
  const { payload, view, at } = draftPayload(v4l2_ctrl_h264_pred_weights.size);
  const o = v4l2_ctrl_h264_pred_weights.offsets;
  view.setUint16(at + o.luma_log2_weight_denom, table.luma_log2_weight_denom, true);
  view.setUint16(at + o.chroma_log2_weight_denom, table.chroma_log2_weight_denom, true);
  writeWeightFactors(view, at + o.weight_factors, table.l0);
  writeWeightFactors(view, at + o.weight_factors + v4l2_h264_weight_factors.size, table.l1);
  return payload;
}

/** v4l2_h264_weight_factors: 384 bytes. */
function writeWeightFactors(view: DataView, at: number, weights: PredWeights): void {
  const o = v4l2_h264_weight_factors.offsets;
  for (let i = 0; i < weights.luma_weight.length; i++) {
    view.setInt16(at + o.luma_weight + 2 * i, weights.luma_weight[i] as number, true);
    view.setInt16(at + o.luma_offset + 2 * i, weights.luma_offset[i] as number, true);
    for (let j = 0; j < 2; j++) {
      view.setInt16(at + o.chroma_weight + 4 * i + 2 * j, weights.chroma_weight[i]?.[j] as number, true);
      view.setInt16(at + o.chroma_offset + 4 * i + 2 * j, weights.chroma_offset[i]?.[j] as number, true);
    }
  }
}
