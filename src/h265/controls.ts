/**
 * Writes structures and state into the kernel's structs (linux/v4l2-controls.h; Documentation:
 * ext-ctrls-codec-stateless), one function for each struct, without side effects. A field that is not copied one to one
 * names its authority.
 */
import { setTimestamp } from "../session/timestamps.ts";
import {
  V4L2_HEVC_DECODE_PARAM_FLAG_IDR_PIC,
  V4L2_HEVC_DECODE_PARAM_FLAG_IRAP_PIC,
  V4L2_HEVC_DECODE_PARAM_FLAG_NO_OUTPUT_OF_PRIOR,
  V4L2_HEVC_DPB_ENTRY_LONG_TERM_REFERENCE,
  V4L2_HEVC_EXT_SPS_LT_RPS_FLAG_USED_LT,
  V4L2_HEVC_EXT_SPS_ST_RPS_FLAG_INTER_REF_PIC_SET_PRED,
  V4L2_HEVC_PPS_FLAG_CABAC_INIT_PRESENT,
  V4L2_HEVC_PPS_FLAG_CONSTRAINED_INTRA_PRED,
  V4L2_HEVC_PPS_FLAG_CU_QP_DELTA_ENABLED,
  V4L2_HEVC_PPS_FLAG_DEBLOCKING_FILTER_CONTROL_PRESENT,
  V4L2_HEVC_PPS_FLAG_DEBLOCKING_FILTER_OVERRIDE_ENABLED,
  V4L2_HEVC_PPS_FLAG_DEPENDENT_SLICE_SEGMENT_ENABLED,
  V4L2_HEVC_PPS_FLAG_ENTROPY_CODING_SYNC_ENABLED,
  V4L2_HEVC_PPS_FLAG_LISTS_MODIFICATION_PRESENT,
  V4L2_HEVC_PPS_FLAG_LOOP_FILTER_ACROSS_TILES_ENABLED,
  V4L2_HEVC_PPS_FLAG_OUTPUT_FLAG_PRESENT,
  V4L2_HEVC_PPS_FLAG_PPS_DISABLE_DEBLOCKING_FILTER,
  V4L2_HEVC_PPS_FLAG_PPS_LOOP_FILTER_ACROSS_SLICES_ENABLED,
  V4L2_HEVC_PPS_FLAG_PPS_SLICE_CHROMA_QP_OFFSETS_PRESENT,
  V4L2_HEVC_PPS_FLAG_SIGN_DATA_HIDING_ENABLED,
  V4L2_HEVC_PPS_FLAG_SLICE_SEGMENT_HEADER_EXTENSION_PRESENT,
  V4L2_HEVC_PPS_FLAG_TILES_ENABLED,
  V4L2_HEVC_PPS_FLAG_TRANSFORM_SKIP_ENABLED,
  V4L2_HEVC_PPS_FLAG_TRANSQUANT_BYPASS_ENABLED,
  V4L2_HEVC_PPS_FLAG_UNIFORM_SPACING,
  V4L2_HEVC_PPS_FLAG_WEIGHTED_BIPRED,
  V4L2_HEVC_PPS_FLAG_WEIGHTED_PRED,
  V4L2_HEVC_SPS_FLAG_AMP_ENABLED,
  V4L2_HEVC_SPS_FLAG_LONG_TERM_REF_PICS_PRESENT,
  V4L2_HEVC_SPS_FLAG_PCM_ENABLED,
  V4L2_HEVC_SPS_FLAG_PCM_LOOP_FILTER_DISABLED,
  V4L2_HEVC_SPS_FLAG_SAMPLE_ADAPTIVE_OFFSET,
  V4L2_HEVC_SPS_FLAG_SCALING_LIST_ENABLED,
  V4L2_HEVC_SPS_FLAG_SEPARATE_COLOUR_PLANE,
  V4L2_HEVC_SPS_FLAG_SPS_TEMPORAL_MVP_ENABLED,
  V4L2_HEVC_SPS_FLAG_STRONG_INTRA_SMOOTHING_ENABLED,
  v4l2_ctrl_hevc_decode_params,
  v4l2_ctrl_hevc_ext_sps_lt_rps,
  v4l2_ctrl_hevc_ext_sps_st_rps,
  v4l2_ctrl_hevc_pps,
  v4l2_ctrl_hevc_scaling_matrix,
  v4l2_ctrl_hevc_sps,
  v4l2_hevc_dpb_entry,
} from "../uapi/h265.ts";
import { draftPayload, newPayload } from "../uapi/payload.ts";
import { viewOf } from "../uapi/struct.ts";
import type { ReferencePicture } from "./dpb.ts";
import { isIdr, isIrap } from "./nal-types.ts";
import { activeShortTermSet, type RefPicSet } from "./ref-pic-set.ts";
import { scalingMatrix } from "./scaling.ts";
import type { ParameterSets, SeqParameterSet, ShortTermRefPicSet, SliceSegmentHeader } from "./structures.ts";
import { columnWidths, rowHeights } from "./tiles.ts";

/** v4l2_ctrl_hevc_sps: 40 bytes. */
export function hevcSps(sps: SeqParameterSet): Uint8Array {
  const payload = newPayload(v4l2_ctrl_hevc_sps.size);
  const view = viewOf(payload);
  const o = v4l2_ctrl_hevc_sps.offsets;
  view.setUint8(o.video_parameter_set_id, sps.sps_video_parameter_set_id);
  view.setUint8(o.seq_parameter_set_id, sps.sps_seq_parameter_set_id);
  view.setUint16(o.pic_width_in_luma_samples, sps.pic_width_in_luma_samples, true);
  view.setUint16(o.pic_height_in_luma_samples, sps.pic_height_in_luma_samples, true);
  view.setUint8(o.bit_depth_luma_minus8, sps.bit_depth_luma_minus8);
  view.setUint8(o.bit_depth_chroma_minus8, sps.bit_depth_chroma_minus8);
  view.setUint8(o.log2_max_pic_order_cnt_lsb_minus4, sps.log2_max_pic_order_cnt_lsb_minus4);
  // UAPI: "for the CVS", which means the values of the highest sub-layer. vdpu381, vdpu383 and mediatek use them as the DPB's
  // size.
  const HighestTid = sps.sps_max_sub_layers_minus1;
  view.setUint8(o.sps_max_dec_pic_buffering_minus1, sps.sps_max_dec_pic_buffering_minus1[HighestTid] as number);
  view.setUint8(o.sps_max_num_reorder_pics, sps.sps_max_num_reorder_pics[HighestTid] as number);
  // 7.4.3.2.1 allows up to 2^32 - 2, and the field ends at 255. A larger value is sent as 255: no DPB holds that many pictures,
  // and 0 would mean no limit.
  view.setUint8(
    o.sps_max_latency_increase_plus1,
    Math.min(sps.sps_max_latency_increase_plus1[HighestTid] as number, 255),
  );
  view.setUint8(o.log2_min_luma_coding_block_size_minus3, sps.log2_min_luma_coding_block_size_minus3);
  view.setUint8(o.log2_diff_max_min_luma_coding_block_size, sps.log2_diff_max_min_luma_coding_block_size);
  view.setUint8(o.log2_min_luma_transform_block_size_minus2, sps.log2_min_luma_transform_block_size_minus2);
  view.setUint8(o.log2_diff_max_min_luma_transform_block_size, sps.log2_diff_max_min_luma_transform_block_size);
  view.setUint8(o.max_transform_hierarchy_depth_inter, sps.max_transform_hierarchy_depth_inter);
  view.setUint8(o.max_transform_hierarchy_depth_intra, sps.max_transform_hierarchy_depth_intra);
  view.setUint8(o.pcm_sample_bit_depth_luma_minus1, sps.pcm_sample_bit_depth_luma_minus1);
  view.setUint8(o.pcm_sample_bit_depth_chroma_minus1, sps.pcm_sample_bit_depth_chroma_minus1);
  view.setUint8(o.log2_min_pcm_luma_coding_block_size_minus3, sps.log2_min_pcm_luma_coding_block_size_minus3);
  view.setUint8(o.log2_diff_max_min_pcm_luma_coding_block_size, sps.log2_diff_max_min_pcm_luma_coding_block_size);
  view.setUint8(o.num_short_term_ref_pic_sets, sps.num_short_term_ref_pic_sets);
  view.setUint8(o.num_long_term_ref_pics_sps, sps.num_long_term_ref_pics_sps);
  view.setUint8(o.chroma_format_idc, sps.chroma_format_idc);
  view.setUint8(o.sps_max_sub_layers_minus1, sps.sps_max_sub_layers_minus1);
  view.setUint32(
    o.flags,
    (sps.separate_colour_plane_flag ? V4L2_HEVC_SPS_FLAG_SEPARATE_COLOUR_PLANE : 0) |
      (sps.scaling_list_enabled_flag ? V4L2_HEVC_SPS_FLAG_SCALING_LIST_ENABLED : 0) |
      (sps.amp_enabled_flag ? V4L2_HEVC_SPS_FLAG_AMP_ENABLED : 0) |
      (sps.sample_adaptive_offset_enabled_flag ? V4L2_HEVC_SPS_FLAG_SAMPLE_ADAPTIVE_OFFSET : 0) |
      (sps.pcm_enabled_flag ? V4L2_HEVC_SPS_FLAG_PCM_ENABLED : 0) |
      (sps.pcm_loop_filter_disabled_flag ? V4L2_HEVC_SPS_FLAG_PCM_LOOP_FILTER_DISABLED : 0) |
      (sps.long_term_ref_pics_present_flag ? V4L2_HEVC_SPS_FLAG_LONG_TERM_REF_PICS_PRESENT : 0) |
      (sps.sps_temporal_mvp_enabled_flag ? V4L2_HEVC_SPS_FLAG_SPS_TEMPORAL_MVP_ENABLED : 0) |
      (sps.strong_intra_smoothing_enabled_flag ? V4L2_HEVC_SPS_FLAG_STRONG_INTRA_SMOOTHING_ENABLED : 0),
    true,
  );
  return payload;
}

/**
 * v4l2_ctrl_hevc_pps: 64 bytes. The sizes of uniform tiles are written, too, because rkvdec on rk3399, cedrus and rpi read
 * them.
 */
export function hevcPps({ sps, pps }: ParameterSets): Uint8Array {
  const payload = newPayload(v4l2_ctrl_hevc_pps.size);
  const view = viewOf(payload);
  const o = v4l2_ctrl_hevc_pps.offsets;
  view.setUint8(o.pic_parameter_set_id, pps.pps_pic_parameter_set_id);
  view.setUint8(o.num_extra_slice_header_bits, pps.num_extra_slice_header_bits);
  view.setUint8(o.num_ref_idx_l0_default_active_minus1, pps.num_ref_idx_l0_default_active_minus1);
  view.setUint8(o.num_ref_idx_l1_default_active_minus1, pps.num_ref_idx_l1_default_active_minus1);
  view.setInt8(o.init_qp_minus26, pps.init_qp_minus26);
  view.setUint8(o.diff_cu_qp_delta_depth, pps.diff_cu_qp_delta_depth);
  view.setInt8(o.pps_cb_qp_offset, pps.pps_cb_qp_offset);
  view.setInt8(o.pps_cr_qp_offset, pps.pps_cr_qp_offset);
  if (pps.tiles_enabled_flag) {
    view.setUint8(o.num_tile_columns_minus1, pps.num_tile_columns_minus1);
    view.setUint8(o.num_tile_rows_minus1, pps.num_tile_rows_minus1);
    for (const [i, width] of columnWidths(sps, pps).entries()) view.setUint8(o.column_width_minus1 + i, width - 1);
    for (const [i, height] of rowHeights(sps, pps).entries()) view.setUint8(o.row_height_minus1 + i, height - 1);
  }
  view.setInt8(o.pps_beta_offset_div2, pps.pps_beta_offset_div2);
  view.setInt8(o.pps_tc_offset_div2, pps.pps_tc_offset_div2);
  view.setUint8(o.log2_parallel_merge_level_minus2, pps.log2_parallel_merge_level_minus2);
  view.setUint32(o.flags, ppsFlags({ sps, pps }), true);
  return payload;
}

function ppsFlags({ pps }: ParameterSets): number {
  return (
    (pps.dependent_slice_segments_enabled_flag ? V4L2_HEVC_PPS_FLAG_DEPENDENT_SLICE_SEGMENT_ENABLED : 0) |
    (pps.output_flag_present_flag ? V4L2_HEVC_PPS_FLAG_OUTPUT_FLAG_PRESENT : 0) |
    (pps.sign_data_hiding_enabled_flag ? V4L2_HEVC_PPS_FLAG_SIGN_DATA_HIDING_ENABLED : 0) |
    (pps.cabac_init_present_flag ? V4L2_HEVC_PPS_FLAG_CABAC_INIT_PRESENT : 0) |
    (pps.constrained_intra_pred_flag ? V4L2_HEVC_PPS_FLAG_CONSTRAINED_INTRA_PRED : 0) |
    (pps.transform_skip_enabled_flag ? V4L2_HEVC_PPS_FLAG_TRANSFORM_SKIP_ENABLED : 0) |
    (pps.cu_qp_delta_enabled_flag ? V4L2_HEVC_PPS_FLAG_CU_QP_DELTA_ENABLED : 0) |
    (pps.pps_slice_chroma_qp_offsets_present_flag ? V4L2_HEVC_PPS_FLAG_PPS_SLICE_CHROMA_QP_OFFSETS_PRESENT : 0) |
    (pps.weighted_pred_flag ? V4L2_HEVC_PPS_FLAG_WEIGHTED_PRED : 0) |
    (pps.weighted_bipred_flag ? V4L2_HEVC_PPS_FLAG_WEIGHTED_BIPRED : 0) |
    (pps.transquant_bypass_enabled_flag ? V4L2_HEVC_PPS_FLAG_TRANSQUANT_BYPASS_ENABLED : 0) |
    (pps.tiles_enabled_flag ? V4L2_HEVC_PPS_FLAG_TILES_ENABLED : 0) |
    (pps.entropy_coding_sync_enabled_flag ? V4L2_HEVC_PPS_FLAG_ENTROPY_CODING_SYNC_ENABLED : 0) |
    (pps.loop_filter_across_tiles_enabled_flag ? V4L2_HEVC_PPS_FLAG_LOOP_FILTER_ACROSS_TILES_ENABLED : 0) |
    (pps.pps_loop_filter_across_slices_enabled_flag ? V4L2_HEVC_PPS_FLAG_PPS_LOOP_FILTER_ACROSS_SLICES_ENABLED : 0) |
    (pps.deblocking_filter_override_enabled_flag ? V4L2_HEVC_PPS_FLAG_DEBLOCKING_FILTER_OVERRIDE_ENABLED : 0) |
    (pps.pps_deblocking_filter_disabled_flag ? V4L2_HEVC_PPS_FLAG_PPS_DISABLE_DEBLOCKING_FILTER : 0) |
    (pps.lists_modification_present_flag ? V4L2_HEVC_PPS_FLAG_LISTS_MODIFICATION_PRESENT : 0) |
    (pps.slice_segment_header_extension_present_flag ? V4L2_HEVC_PPS_FLAG_SLICE_SEGMENT_HEADER_EXTENSION_PRESENT : 0) |
    (pps.deblocking_filter_control_present_flag ? V4L2_HEVC_PPS_FLAG_DEBLOCKING_FILTER_CONTROL_PRESENT : 0) |
    (pps.uniform_spacing_flag ? V4L2_HEVC_PPS_FLAG_UNIFORM_SPACING : 0)
  );
}

/** v4l2_ctrl_hevc_scaling_matrix: 1000 bytes, with the lists of the PPS, else of the SPS, else the defaults (7.4.5). */
export function hevcScalingMatrix(sets: ParameterSets): Uint8Array {
  const payload = newPayload(v4l2_ctrl_hevc_scaling_matrix.size);
  const o = v4l2_ctrl_hevc_scaling_matrix.offsets;
  const matrix = scalingMatrix(sets);
  for (const [i, list] of matrix.scaling_list_4x4.entries()) payload.set(list, o.scaling_list_4x4 + 16 * i);
  for (const [i, list] of matrix.scaling_list_8x8.entries()) payload.set(list, o.scaling_list_8x8 + 64 * i);
  for (const [i, list] of matrix.scaling_list_16x16.entries()) payload.set(list, o.scaling_list_16x16 + 64 * i);
  for (const [i, list] of matrix.scaling_list_32x32.entries()) payload.set(list, o.scaling_list_32x32 + 64 * i);
  payload.set(matrix.scaling_list_dc_coef_16x16, o.scaling_list_dc_coef_16x16);
  payload.set(matrix.scaling_list_dc_coef_32x32, o.scaling_list_dc_coef_32x32);
  return payload;
}

/**
 * v4l2_ctrl_hevc_ext_sps_st_rps: 80 bytes for each of num_short_term_ref_pic_sets. UAPI: "As in 7.3.7", so the elements are
 * those of the coded syntax.
 */
export function hevcExtSpsStRps(sps: SeqParameterSet): Uint8Array {
  const { size, offsets: o } = v4l2_ctrl_hevc_ext_sps_st_rps;
  const payload = new Uint8Array(size * sps.st_ref_pic_set.length);
  const view = viewOf(payload);
  for (const [i, set] of sps.st_ref_pic_set.entries()) {
    const at = i * size;
    const isPredicted = set.inter_ref_pic_set_prediction_flag === 1;
    view.setUint8(at + o.delta_idx_minus1, set.delta_idx_minus1);
    view.setUint8(at + o.delta_rps_sign, set.delta_rps_sign);
    view.setUint8(at + o.num_negative_pics, set.num_negative_pics);
    view.setUint8(at + o.num_positive_pics, set.num_positive_pics);
    view.setUint32(at + o.used_by_curr_pic, bits(usedByCurrPic(set)), true);
    view.setUint32(at + o.use_delta_flag, isPredicted ? bits(set.use_delta_flag) : 0, true);
    view.setUint16(at + o.abs_delta_rps_minus1, set.abs_delta_rps_minus1, true);
    for (const [j, delta] of set.delta_poc_s0_minus1.entries()) {
      view.setUint16(at + o.delta_poc_s0_minus1 + 2 * j, delta, true);
    }
    for (const [j, delta] of set.delta_poc_s1_minus1.entries()) {
      view.setUint16(at + o.delta_poc_s1_minus1 + 2 * j, delta, true);
    }
    view.setUint16(at + o.flags, isPredicted ? V4L2_HEVC_EXT_SPS_ST_RPS_FLAG_INTER_REF_PIC_SET_PRED : 0, true);
  }
  return payload;
}

/** The flag of each bit j: used_by_curr_pic_flag[j]; in a set that is not predicted, the flags of S0, then those of S1. */
function usedByCurrPic(set: ShortTermRefPicSet): readonly number[] {
  if (set.inter_ref_pic_set_prediction_flag) return set.used_by_curr_pic_flag;
  return [...set.used_by_curr_pic_s0_flag, ...set.used_by_curr_pic_s1_flag];
}

function bits(flags: readonly number[]): number {
  return flags.reduce((value, flag, j) => value + flag * 2 ** j, 0);
}

/** v4l2_ctrl_hevc_ext_sps_lt_rps: 4 bytes for each of num_long_term_ref_pics_sps. */
export function hevcExtSpsLtRps(sps: SeqParameterSet): Uint8Array {
  const { size, offsets: o } = v4l2_ctrl_hevc_ext_sps_lt_rps;
  const payload = new Uint8Array(size * sps.lt_ref_pic_poc_lsb_sps.length);
  const view = viewOf(payload);
  for (const [i, lsb] of sps.lt_ref_pic_poc_lsb_sps.entries()) {
    view.setUint16(i * size + o.lt_ref_pic_poc_lsb_sps, lsb, true);
    const used = sps.used_by_curr_pic_lt_sps_flag[i];
    view.setUint16(i * size + o.flags, used ? V4L2_HEVC_EXT_SPS_LT_RPS_FLAG_USED_LT : 0, true);
  }
  return payload;
}

/** What the fields of v4l2_ctrl_hevc_decode_params are computed from. */
export interface DecodeParamsInput {
  /** The header of the picture's first slice segment. */
  readonly h: SliceSegmentHeader;
  readonly sps: SeqParameterSet;
  readonly PicOrderCntVal: number;
  readonly set: RefPicSet;
  /** The pictures that are used for reference, in the order of the DPB array. At most 16. */
  readonly references: readonly ReferencePicture[];
}

/** v4l2_ctrl_hevc_decode_params: 328 bytes. */
export function hevcDecodeParams(picture: DecodeParamsInput): Uint8Array {
  const { payload, view, at } = draftPayload(v4l2_ctrl_hevc_decode_params.size);
  const o = v4l2_ctrl_hevc_decode_params.offsets;
  const { h, sps, set, references } = picture;
  view.setInt32(at + o.pic_order_cnt_val, picture.PicOrderCntVal, true);
  view.setUint16(at + o.short_term_ref_pic_set_size, h.short_term_ref_pic_set_size, true);
  view.setUint16(at + o.long_term_ref_pic_set_size, h.long_term_ref_pic_set_size, true);
  view.setUint8(at + o.num_active_dpb_entries, references.length);
  view.setUint8(at + o.num_poc_st_curr_before, set.StCurrBefore.length);
  view.setUint8(at + o.num_poc_st_curr_after, set.StCurrAfter.length);
  view.setUint8(at + o.num_poc_lt_curr, set.LtCurr.length);
  writeIndices(view, at + o.poc_st_curr_before, references, set.StCurrBefore);
  writeIndices(view, at + o.poc_st_curr_after, references, set.StCurrAfter);
  writeIndices(view, at + o.poc_lt_curr, references, set.LtCurr);
  const num_delta_pocs_of_ref_rps_idx = numDeltaPocsOfRefRpsIdx(h, sps);
  view.setUint8(at + o.num_delta_pocs_of_ref_rps_idx, num_delta_pocs_of_ref_rps_idx);
  for (let i = 0; i < references.length; i++) {
    writeDpbEntry(view, at + o.dpb + i * v4l2_hevc_dpb_entry.size, references[i] as ReferencePicture);
  }
  const flags =
    (isIrap(h.nal_unit_type) ? V4L2_HEVC_DECODE_PARAM_FLAG_IRAP_PIC : 0) |
    (isIdr(h.nal_unit_type) ? V4L2_HEVC_DECODE_PARAM_FLAG_IDR_PIC : 0) |
    (h.no_output_of_prior_pics_flag ? V4L2_HEVC_DECODE_PARAM_FLAG_NO_OUTPUT_OF_PRIOR : 0);
  view.setUint32(at + o.flags, flags, true);
  return payload;
}

/**
 * Writes the pictures' indices in the DPB array to an array of 16. A missing picture and the unused places have 0xff, as in
 * GStreamer and Chromium.
 */
export function writeIndices(
  view: DataView,
  at: number,
  references: readonly ReferencePicture[],
  pictures: readonly (ReferencePicture | null)[],
): void {
  for (let i = 0; i < 16; i++) {
    const picture = i < pictures.length ? (pictures[i] as ReferencePicture | null) : null;
    const index = picture === null ? 0xff : references.indexOf(picture) & 0xff;
    view.setUint8(at + i, index);
  }
}

/**
 * UAPI: NumDeltaPocs[RefRpsIdx] (7-59) of the set from which the slice header predicts its own; 0 where it does not predict.
 */
function numDeltaPocsOfRefRpsIdx(h: SliceSegmentHeader, sps: SeqParameterSet): number {
  const set = h.short_term_ref_pic_set_sps_flag ? null : activeShortTermSet(h, sps);
  if (!set?.inter_ref_pic_set_prediction_flag) return 0;
  const RefRpsIdx = sps.num_short_term_ref_pic_sets - (set.delta_idx_minus1 + 1);
  return sps.st_ref_pic_set[RefRpsIdx]?.NumDeltaPocs ?? 0;
}

/** v4l2_hevc_dpb_entry: 16 bytes. */
function writeDpbEntry(view: DataView, at: number, frame: ReferencePicture): void {
  const o = v4l2_hevc_dpb_entry.offsets;
  setTimestamp(view, at + o.timestamp, frame.timestamp);
  const flags = frame.marking === "long" ? V4L2_HEVC_DPB_ENTRY_LONG_TERM_REFERENCE : 0;
  view.setUint8(at + o.flags, flags);
  view.setUint8(at + o.field_pic, frame.pic_struct);
  view.setInt32(at + o.pic_order_cnt_val, frame.PicOrderCntVal, true);
}
