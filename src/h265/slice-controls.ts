/** The controls of slice segments: v4l2_ctrl_hevc_slice_params, and the entry points. */
import {
  V4L2_HEVC_SLICE_PARAMS_FLAG_CABAC_INIT,
  V4L2_HEVC_SLICE_PARAMS_FLAG_COLLOCATED_FROM_L0,
  V4L2_HEVC_SLICE_PARAMS_FLAG_DEPENDENT_SLICE_SEGMENT,
  V4L2_HEVC_SLICE_PARAMS_FLAG_MVD_L1_ZERO,
  V4L2_HEVC_SLICE_PARAMS_FLAG_SLICE_DEBLOCKING_FILTER_DISABLED,
  V4L2_HEVC_SLICE_PARAMS_FLAG_SLICE_LOOP_FILTER_ACROSS_SLICES_ENABLED,
  V4L2_HEVC_SLICE_PARAMS_FLAG_SLICE_SAO_CHROMA,
  V4L2_HEVC_SLICE_PARAMS_FLAG_SLICE_SAO_LUMA,
  V4L2_HEVC_SLICE_PARAMS_FLAG_SLICE_TEMPORAL_MVP_ENABLED,
  V4L2_HEVC_SLICE_PARAMS_FLAG_USE_INTEGER_MV,
  v4l2_ctrl_hevc_slice_params,
  v4l2_hevc_pred_weight_table,
} from "../uapi/h265.ts";
import { draftPayload } from "../uapi/payload.ts";
import { writeIndices } from "./controls.ts";
import type { ReferencePicture } from "./dpb.ts";
import type { RefPicList } from "./ref-lists.ts";
import type { PredWeightTable, SeqParameterSet, SliceSegmentHeader } from "./structures.ts";

/** What the fields of v4l2_ctrl_hevc_slice_params are computed from. */
export interface SliceParamsInput {
  readonly h: SliceSegmentHeader;
  readonly sps: SeqParameterSet;
  readonly PicOrderCntVal: number;
  /** pic_struct of the picture timing SEI message; 0 without one. */
  readonly pic_struct: number;
  readonly list0: RefPicList;
  readonly list1: RefPicList;
  /** In the order of the DPB array. */
  readonly references: readonly ReferencePicture[];
  /** Bytes of the NAL unit, and of the start code before it in the OUTPUT buffer. */
  readonly unitBytes: number;
  readonly startCodeBytes: number;
}

/** v4l2_ctrl_hevc_slice_params: 280 bytes for each slice segment of the request, the elements of the dynamic array. */
export function hevcSliceParams(slices: readonly SliceParamsInput[]): Uint8Array {
  const { size } = v4l2_ctrl_hevc_slice_params;
  const { payload, view, at } = draftPayload(slices.length * size);
  for (let i = 0; i < slices.length; i++) writeSliceParams(view, at + i * size, slices[i] as SliceParamsInput);
  return payload;
}

function writeSliceParams(view: DataView, at: number, slice: SliceParamsInput): void {
  const o = v4l2_ctrl_hevc_slice_params.offsets;
  const { h, references, startCodeBytes } = slice;
  // GStreamer, FFmpeg and rpi-hevc-dec count the start code. The UAPI's offset is "in the current slice data", so in every
  // segment it counts from the segment's own start code. FFmpeg counts from the beginning of the buffer instead.
  view.setUint32(at + o.bit_size, 8 * (startCodeBytes + slice.unitBytes), true);
  view.setUint32(at + o.data_byte_offset, startCodeBytes + h.slice_data_byte_offset, true);
  view.setUint32(at + o.num_entry_point_offsets, h.num_entry_point_offsets, true);
  view.setUint8(at + o.nal_unit_type, h.nal_unit_type);
  view.setUint8(at + o.nuh_temporal_id_plus1, h.nuh_temporal_id_plus1);
  view.setUint8(at + o.slice_type, h.slice_type);
  view.setUint8(at + o.colour_plane_id, h.colour_plane_id);
  view.setInt32(at + o.slice_pic_order_cnt, slice.PicOrderCntVal, true);
  view.setUint8(at + o.num_ref_idx_l0_active_minus1, h.num_ref_idx_l0_active_minus1);
  view.setUint8(at + o.num_ref_idx_l1_active_minus1, h.num_ref_idx_l1_active_minus1);
  view.setUint8(at + o.collocated_ref_idx, h.collocated_ref_idx);
  view.setUint8(at + o.five_minus_max_num_merge_cand, h.five_minus_max_num_merge_cand);
  view.setInt8(at + o.slice_qp_delta, h.slice_qp_delta);
  view.setInt8(at + o.slice_cb_qp_offset, h.slice_cb_qp_offset);
  view.setInt8(at + o.slice_cr_qp_offset, h.slice_cr_qp_offset);
  view.setInt8(at + o.slice_act_y_qp_offset, h.slice_act_y_qp_offset);
  view.setInt8(at + o.slice_act_cb_qp_offset, h.slice_act_cb_qp_offset);
  view.setInt8(at + o.slice_act_cr_qp_offset, h.slice_act_cr_qp_offset);
  view.setInt8(at + o.slice_beta_offset_div2, h.slice_beta_offset_div2);
  view.setInt8(at + o.slice_tc_offset_div2, h.slice_tc_offset_div2);
  view.setUint8(at + o.pic_struct, slice.pic_struct);
  view.setUint32(at + o.slice_segment_addr, h.slice_segment_address, true);
  writeIndices(view, at + o.ref_idx_l0, references, slice.list0);
  writeIndices(view, at + o.ref_idx_l1, references, slice.list1);
  view.setUint16(at + o.short_term_ref_pic_set_size, h.short_term_ref_pic_set_size, true);
  view.setUint16(at + o.long_term_ref_pic_set_size, h.long_term_ref_pic_set_size, true);
  if (h.pred_weight_table) writePredWeightTable(view, at + o.pred_weight_table, h.pred_weight_table, slice.sps);
  const flags = sliceFlags(h);
  view.setUint32(at + o.flags, flags, true);
}

function sliceFlags(h: SliceSegmentHeader): number {
  return (
    (h.slice_sao_luma_flag ? V4L2_HEVC_SLICE_PARAMS_FLAG_SLICE_SAO_LUMA : 0) |
    (h.slice_sao_chroma_flag ? V4L2_HEVC_SLICE_PARAMS_FLAG_SLICE_SAO_CHROMA : 0) |
    (h.slice_temporal_mvp_enabled_flag ? V4L2_HEVC_SLICE_PARAMS_FLAG_SLICE_TEMPORAL_MVP_ENABLED : 0) |
    (h.mvd_l1_zero_flag ? V4L2_HEVC_SLICE_PARAMS_FLAG_MVD_L1_ZERO : 0) |
    (h.cabac_init_flag ? V4L2_HEVC_SLICE_PARAMS_FLAG_CABAC_INIT : 0) |
    (h.collocated_from_l0_flag ? V4L2_HEVC_SLICE_PARAMS_FLAG_COLLOCATED_FROM_L0 : 0) |
    (h.use_integer_mv_flag ? V4L2_HEVC_SLICE_PARAMS_FLAG_USE_INTEGER_MV : 0) |
    (h.slice_deblocking_filter_disabled_flag ? V4L2_HEVC_SLICE_PARAMS_FLAG_SLICE_DEBLOCKING_FILTER_DISABLED : 0) |
    (h.slice_loop_filter_across_slices_enabled_flag
      ? V4L2_HEVC_SLICE_PARAMS_FLAG_SLICE_LOOP_FILTER_ACROSS_SLICES_ENABLED
      : 0) |
    (h.dependent_slice_segment_flag ? V4L2_HEVC_SLICE_PARAMS_FLAG_DEPENDENT_SLICE_SEGMENT : 0)
  );
}

/** v4l2_hevc_pred_weight_table: 194 bytes. */
function writePredWeightTable(view: DataView, at: number, table: PredWeightTable, sps: SeqParameterSet): void {
  const o = v4l2_hevc_pred_weight_table.offsets;
  view.setUint8(at + o.luma_log2_weight_denom, table.luma_log2_weight_denom);
  view.setInt8(at + o.delta_chroma_log2_weight_denom, table.delta_chroma_log2_weight_denom);
  const lists = [
    [table.l0, o.delta_luma_weight_l0, o.luma_offset_l0, o.delta_chroma_weight_l0, o.chroma_offset_l0],
    [table.l1, o.delta_luma_weight_l1, o.luma_offset_l1, o.delta_chroma_weight_l1, o.chroma_offset_l1],
  ] as const;
  for (const [weights, luma_weight, luma_offset, chroma_weight, chroma_offset] of lists) {
    for (const i of weights.luma_weight_flag.keys()) {
      view.setInt8(at + luma_weight + i, weights.delta_luma_weight[i] ?? 0);
      view.setInt8(at + luma_offset + i, saturated(weights.luma_offset[i] ?? 0));
      for (let j = 0; j < 2; j++) {
        view.setInt8(at + chroma_weight + 2 * i + j, weights.delta_chroma_weight[i]?.[j] ?? 0);
        view.setInt8(at + chroma_offset + 2 * i + j, saturated(chromaOffset(table, sps, weights, i, j)));
      }
    }
  }
}

/** The kernel's fields are __s8; offsets of high precision may be larger. */
function saturated(offset: number): number {
  return Math.max(-128, Math.min(127, offset));
}

/** Whether an offset of the table does not fit the kernel's __s8; high_precision_offsets_enabled_flag allows that. */
export function hasLargeOffset(table: PredWeightTable, sps: SeqParameterSet): boolean {
  if (!sps.sps_range_extension?.high_precision_offsets_enabled_flag) return false;
  return [table.l0, table.l1].some((weights) =>
    [...weights.luma_weight_flag.keys()].some((i) =>
      [
        weights.luma_offset[i] ?? 0,
        chromaOffset(table, sps, weights, i, 0),
        chromaOffset(table, sps, weights, i, 1),
      ].some((offset) => saturated(offset) !== offset),
    ),
  );
}

/** (7-56): delta_chroma_offset is coded as a difference, and the kernel's field is the offset itself. */
function chromaOffset(
  table: PredWeightTable,
  sps: SeqParameterSet,
  weights: PredWeightTable["l0"],
  i: number,
  j: number,
) {
  if (!weights.chroma_weight_flag[i]) return 0;
  const highPrecision = sps.sps_range_extension?.high_precision_offsets_enabled_flag === 1;
  const wpOffsetHalfRangeC = 2 ** (highPrecision ? sps.bit_depth_chroma_minus8 + 7 : 7);
  const ChromaLog2WeightDenom = table.luma_log2_weight_denom + table.delta_chroma_log2_weight_denom;
  const ChromaWeight = 2 ** ChromaLog2WeightDenom + (weights.delta_chroma_weight[i]?.[j] ?? 0);
  const predicted = (wpOffsetHalfRangeC * ChromaWeight) >> ChromaLog2WeightDenom;
  const offset = wpOffsetHalfRangeC + (weights.delta_chroma_offset[i]?.[j] ?? 0) - predicted;
  return Math.max(-wpOffsetHalfRangeC, Math.min(wpOffsetHalfRangeC - 1, offset));
}

/** V4L2_CID_STATELESS_HEVC_ENTRY_POINT_OFFSETS: one __u32 each, for all segments of the request in order. */
export function hevcEntryPointOffsets(headers: readonly SliceSegmentHeader[]): Uint8Array {
  let count = 0;
  for (const h of headers) count += h.entry_point_offset_minus1.length;
  const { payload, view, at } = draftPayload(4 * count);
  let next = at;
  for (const h of headers) {
    for (const minus1 of h.entry_point_offset_minus1) {
      view.setUint32(next, minus1 + 1, true);
      next += 4;
    }
  }
  return payload;
}
