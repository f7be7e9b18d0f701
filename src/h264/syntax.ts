/**
 * The syntax tables of ITU-T H.264 (08/2021), one function for each table, in the specification's order and names. The
 * functions keep no state. Ranges are those of clause 7.4. All throw BitstreamError where the bits break the table or its
 * ranges.
 */

import { frozen, noPair } from "../bitreader/frozen.ts";
import type { BitReader } from "../bitreader/index.ts";
import { readExtendedByte } from "../nal/sei-bytes.ts";
import { IDR_SLICE } from "./nal-types.ts";
import type { ParameterSets } from "./structures.ts";
import {
  AccessUnitDelimiter,
  DecRefPicMarking,
  HrdParameters,
  MemoryManagementControlOperation,
  NalUnitHeader,
  NalUnitHeader3dAvcExtension,
  NalUnitHeaderMvcExtension,
  NalUnitHeaderSvcExtension,
  PicParameterSet,
  PicTiming,
  PredWeights,
  PredWeightTable,
  RecoveryPoint,
  RefPicListModificationOperation,
  ScalingLists,
  SeiMessage,
  SeqParameterSet,
  SeqParameterSetExtension,
  SliceHeader,
  VuiParameters,
} from "./structures.ts";
import { NumClockTS, profilesWithChromaFormat } from "./tables.ts";
import { visibleRectangle } from "./visible-rectangle.ts";

const S32_MIN = -(2 ** 31) + 1;
const S32_MAX = 2 ** 31 - 1;

/** 7.3.1 NAL unit syntax, up to the RBSP: the header with its extension. */
export function nal_unit(r: BitReader): NalUnitHeader {
  const nal = new NalUnitHeader();
  r.f(1, 0, "forbidden_zero_bit");
  nal.nal_ref_idc = r.u(2, "nal_ref_idc");
  nal.nal_unit_type = r.u(5, "nal_unit_type");
  if (nal.nal_unit_type === 14 || nal.nal_unit_type === 20 || nal.nal_unit_type === 21) {
    if (nal.nal_unit_type !== 21) nal.svc_extension_flag = r.flag("svc_extension_flag");
    else nal.avc_3d_extension_flag = r.flag("avc_3d_extension_flag");
    if (nal.svc_extension_flag) nal.extension = nal_unit_header_svc_extension(r);
    else if (nal.avc_3d_extension_flag) nal.extension = nal_unit_header_3davc_extension(r);
    else nal.extension = nal_unit_header_mvc_extension(r);
  }
  return nal;
}

/** F.7.3.1.1 NAL unit header SVC extension syntax. */
export function nal_unit_header_svc_extension(r: BitReader): NalUnitHeaderSvcExtension {
  const ext = new NalUnitHeaderSvcExtension();
  ext.idr_flag = r.flag("idr_flag");
  ext.priority_id = r.u(6, "priority_id");
  ext.no_inter_layer_pred_flag = r.flag("no_inter_layer_pred_flag");
  ext.dependency_id = r.u(3, "dependency_id");
  ext.quality_id = r.u(4, "quality_id");
  ext.temporal_id = r.u(3, "temporal_id");
  ext.use_ref_base_pic_flag = r.flag("use_ref_base_pic_flag");
  ext.discardable_flag = r.flag("discardable_flag");
  ext.output_flag = r.flag("output_flag");
  r.u(2, "reserved_three_2bits");
  return ext;
}

/** G.7.3.1.1 NAL unit header MVC extension syntax. */
export function nal_unit_header_mvc_extension(r: BitReader): NalUnitHeaderMvcExtension {
  const ext = new NalUnitHeaderMvcExtension();
  ext.non_idr_flag = r.flag("non_idr_flag");
  ext.priority_id = r.u(6, "priority_id");
  ext.view_id = r.u(10, "view_id");
  ext.temporal_id = r.u(3, "temporal_id");
  ext.anchor_pic_flag = r.flag("anchor_pic_flag");
  ext.inter_view_flag = r.flag("inter_view_flag");
  r.u(1, "reserved_one_bit");
  return ext;
}

/** I.7.3.1.1 NAL unit header 3D-AVC extension syntax. */
export function nal_unit_header_3davc_extension(r: BitReader): NalUnitHeader3dAvcExtension {
  const ext = new NalUnitHeader3dAvcExtension();
  ext.view_idx = r.u(8, "view_idx");
  ext.depth_flag = r.flag("depth_flag");
  ext.non_idr_flag = r.flag("non_idr_flag");
  ext.temporal_id = r.u(3, "temporal_id");
  ext.anchor_pic_flag = r.flag("anchor_pic_flag");
  ext.inter_view_flag = r.flag("inter_view_flag");
  return ext;
}

/** 7.3.2.1.1 Sequence parameter set data syntax. */
export function seq_parameter_set_data(r: BitReader): SeqParameterSet {
  const sps = new SeqParameterSet();
  sps.profile_idc = r.u(8, "profile_idc");
  sps.constraint_set0_flag = r.flag("constraint_set0_flag");
  sps.constraint_set1_flag = r.flag("constraint_set1_flag");
  sps.constraint_set2_flag = r.flag("constraint_set2_flag");
  sps.constraint_set3_flag = r.flag("constraint_set3_flag");
  sps.constraint_set4_flag = r.flag("constraint_set4_flag");
  sps.constraint_set5_flag = r.flag("constraint_set5_flag");
  sps.reserved_zero_2bits = r.u(2, "reserved_zero_2bits");
  sps.level_idc = r.u(8, "level_idc");
  sps.seq_parameter_set_id = r.ue("seq_parameter_set_id", 31);
  if (profilesWithChromaFormat.has(sps.profile_idc)) {
    sps.chroma_format_idc = r.ue("chroma_format_idc", 3);
    if (sps.chroma_format_idc === 3) sps.separate_colour_plane_flag = r.flag("separate_colour_plane_flag");
    sps.bit_depth_luma_minus8 = r.ue("bit_depth_luma_minus8", 6);
    sps.bit_depth_chroma_minus8 = r.ue("bit_depth_chroma_minus8", 6);
    sps.qpprime_y_zero_transform_bypass_flag = r.flag("qpprime_y_zero_transform_bypass_flag");
    sps.seq_scaling_matrix_present_flag = r.flag("seq_scaling_matrix_present_flag");
    if (sps.seq_scaling_matrix_present_flag) {
      sps.seq_scaling_lists = new ScalingLists();
      for (let i = 0; i < (sps.chroma_format_idc !== 3 ? 8 : 12); i++) {
        const seq_scaling_list_present_flag = r.flag("seq_scaling_list_present_flag", i);
        sps.seq_scaling_lists.scaling_list_present_flag[i] = seq_scaling_list_present_flag;
        if (seq_scaling_list_present_flag) scaling_list(r, sps.seq_scaling_lists, i);
      }
    }
  }
  sps.log2_max_frame_num_minus4 = r.ue("log2_max_frame_num_minus4", 12);
  sps.pic_order_cnt_type = r.ue("pic_order_cnt_type", 2);
  if (sps.pic_order_cnt_type === 0) {
    sps.log2_max_pic_order_cnt_lsb_minus4 = r.ue("log2_max_pic_order_cnt_lsb_minus4", 12);
  } else if (sps.pic_order_cnt_type === 1) {
    sps.delta_pic_order_always_zero_flag = r.flag("delta_pic_order_always_zero_flag");
    sps.offset_for_non_ref_pic = r.se("offset_for_non_ref_pic", S32_MIN, S32_MAX);
    sps.offset_for_top_to_bottom_field = r.se("offset_for_top_to_bottom_field", S32_MIN, S32_MAX);
    sps.num_ref_frames_in_pic_order_cnt_cycle = r.ue("num_ref_frames_in_pic_order_cnt_cycle", 255);
    for (let i = 0; i < sps.num_ref_frames_in_pic_order_cnt_cycle; i++) {
      sps.offset_for_ref_frame[i] = r.se("offset_for_ref_frame", S32_MIN, S32_MAX, i);
    }
  }
  sps.max_num_ref_frames = r.ue("max_num_ref_frames", 16);
  sps.gaps_in_frame_num_value_allowed_flag = r.flag("gaps_in_frame_num_value_allowed_flag");
  sps.pic_width_in_mbs_minus1 = r.ue("pic_width_in_mbs_minus1", 0xffff);
  sps.pic_height_in_map_units_minus1 = r.ue("pic_height_in_map_units_minus1", 0xffff);
  sps.frame_mbs_only_flag = r.flag("frame_mbs_only_flag");
  if (!sps.frame_mbs_only_flag) sps.mb_adaptive_frame_field_flag = r.flag("mb_adaptive_frame_field_flag");
  sps.direct_8x8_inference_flag = r.flag("direct_8x8_inference_flag");
  sps.frame_cropping_flag = r.flag("frame_cropping_flag");
  if (sps.frame_cropping_flag) {
    sps.frame_crop_left_offset = r.ue("frame_crop_left_offset");
    sps.frame_crop_right_offset = r.ue("frame_crop_right_offset");
    sps.frame_crop_top_offset = r.ue("frame_crop_top_offset");
    sps.frame_crop_bottom_offset = r.ue("frame_crop_bottom_offset");
    checkCropping(r, sps);
  }
  sps.vui_parameters_present_flag = r.flag("vui_parameters_present_flag");
  if (sps.vui_parameters_present_flag) {
    const vui = new VuiParameters();
    sps.vui_parameters = vui;
    r.tolerate(() => vui_parameters(r, vui));
    // max_dec_frame_buffering is the VUI's last element: after an error it has not been read.
    if (r.flaw) vui.bitstream_restriction_flag = 0;
  }
  return sps;
}

/** 7.4.2.1.1: checks that cropping leaves at least one sample. */
function checkCropping(r: BitReader, sps: SeqParameterSet): void {
  const { width, height } = visibleRectangle(sps);
  if (width > 0 && height > 0) return;
  r.failAs("value-out-of-range", `cropping leaves ${width}x${height} samples`, 0, "frame_crop_bottom_offset");
}

/** 7.3.2.1.1.1 Scaling list syntax: list i of the twelve. */
export function scaling_list(r: BitReader, lists: ScalingLists, i: number): void {
  const scalingList = new Uint8Array(i < 6 ? 16 : 64);
  let lastScale = 8;
  let nextScale = 8;
  for (let j = 0; j < scalingList.length; j++) {
    if (nextScale !== 0) {
      const delta_scale = r.se("delta_scale", -128, 127, j);
      nextScale = (lastScale + delta_scale + 256) % 256;
      if (j === 0 && nextScale === 0) {
        lists.useDefaultScalingMatrixFlag[i] = 1;
        return;
      }
    }
    lastScale = nextScale === 0 ? lastScale : nextScale;
    scalingList[j] = lastScale;
  }
  lists.scalingList[i] = scalingList;
}

/** 7.3.2.1.2 Sequence parameter set extension RBSP syntax. */
export function seq_parameter_set_extension_rbsp(r: BitReader): SeqParameterSetExtension {
  const ext = new SeqParameterSetExtension();
  ext.seq_parameter_set_id = r.ue("seq_parameter_set_id", 31);
  ext.aux_format_idc = r.ue("aux_format_idc", 3);
  if (ext.aux_format_idc !== 0) {
    ext.bit_depth_aux_minus8 = r.ue("bit_depth_aux_minus8", 4);
    ext.alpha_incr_flag = r.flag("alpha_incr_flag");
    ext.alpha_opaque_value = r.u(ext.bit_depth_aux_minus8 + 9, "alpha_opaque_value");
    ext.alpha_transparent_value = r.u(ext.bit_depth_aux_minus8 + 9, "alpha_transparent_value");
  }
  ext.additional_extension_flag = r.flag("additional_extension_flag");
  r.rbsp_trailing_bits();
  return ext;
}

/**
 * 7.3.2.2 Picture parameter set RBSP syntax, up to rbsp_trailing_bits(), which the caller reads. `sps` is the one that
 * the PPS refers to, for its chroma_format_idc and bit depth.
 */
export function pic_parameter_set_rbsp(r: BitReader, sps: ParameterSets["sps"]): PicParameterSet {
  const pps = new PicParameterSet();
  pps.pic_parameter_set_id = r.ue("pic_parameter_set_id", 255);
  pps.seq_parameter_set_id = r.ue("seq_parameter_set_id", 31);
  pps.entropy_coding_mode_flag = r.flag("entropy_coding_mode_flag");
  pps.bottom_field_pic_order_in_frame_present_flag = r.flag("bottom_field_pic_order_in_frame_present_flag");
  pps.num_slice_groups_minus1 = r.ue("num_slice_groups_minus1", 7);
  if (pps.num_slice_groups_minus1 > 0) {
    pps.slice_group_map_type = r.ue("slice_group_map_type", 6);
    if (pps.slice_group_map_type === 0) {
      for (let iGroup = 0; iGroup <= pps.num_slice_groups_minus1; iGroup++) {
        pps.run_length_minus1[iGroup] = r.ue("run_length_minus1", undefined, iGroup);
      }
    } else if (pps.slice_group_map_type === 2) {
      for (let iGroup = 0; iGroup < pps.num_slice_groups_minus1; iGroup++) {
        pps.top_left[iGroup] = r.ue("top_left", undefined, iGroup);
        pps.bottom_right[iGroup] = r.ue("bottom_right", undefined, iGroup);
      }
    } else if (pps.slice_group_map_type >= 3 && pps.slice_group_map_type <= 5) {
      pps.slice_group_change_direction_flag = r.flag("slice_group_change_direction_flag");
      pps.slice_group_change_rate_minus1 = r.ue("slice_group_change_rate_minus1");
    } else if (pps.slice_group_map_type === 6) {
      pps.pic_size_in_map_units_minus1 = r.ue("pic_size_in_map_units_minus1");
      const bits = Math.ceil(Math.log2(pps.num_slice_groups_minus1 + 1));
      for (let i = 0; i <= pps.pic_size_in_map_units_minus1; i++) {
        pps.slice_group_id[i] = r.u(bits, "slice_group_id", i);
      }
    }
  }
  pps.num_ref_idx_l0_default_active_minus1 = r.ue("num_ref_idx_l0_default_active_minus1", 31);
  pps.num_ref_idx_l1_default_active_minus1 = r.ue("num_ref_idx_l1_default_active_minus1", 31);
  pps.weighted_pred_flag = r.flag("weighted_pred_flag");
  pps.weighted_bipred_idc = r.uMax(2, 2, "weighted_bipred_idc");
  pps.pic_init_qp_minus26 = r.se("pic_init_qp_minus26", -(26 + 6 * sps.bit_depth_luma_minus8), 25);
  pps.pic_init_qs_minus26 = r.se("pic_init_qs_minus26", -26, 25);
  pps.chroma_qp_index_offset = r.se("chroma_qp_index_offset", -12, 12);
  pps.deblocking_filter_control_present_flag = r.flag("deblocking_filter_control_present_flag");
  pps.constrained_intra_pred_flag = r.flag("constrained_intra_pred_flag");
  pps.redundant_pic_cnt_present_flag = r.flag("redundant_pic_cnt_present_flag");
  if (r.more_rbsp_data()) {
    pps.transform_8x8_mode_flag = r.flag("transform_8x8_mode_flag");
    pps.pic_scaling_matrix_present_flag = r.flag("pic_scaling_matrix_present_flag");
    if (pps.pic_scaling_matrix_present_flag) {
      pps.pic_scaling_lists = new ScalingLists();
      for (let i = 0; i < 6 + (sps.chroma_format_idc !== 3 ? 2 : 6) * pps.transform_8x8_mode_flag; i++) {
        const pic_scaling_list_present_flag = r.flag("pic_scaling_list_present_flag", i);
        pps.pic_scaling_lists.scaling_list_present_flag[i] = pic_scaling_list_present_flag;
        if (pic_scaling_list_present_flag) scaling_list(r, pps.pic_scaling_lists, i);
      }
    }
    pps.second_chroma_qp_index_offset = r.se("second_chroma_qp_index_offset", -12, 12);
  } else {
    pps.second_chroma_qp_index_offset = pps.chroma_qp_index_offset; // 7.4.2.2
  }
  return pps;
}

/**
 * 7.3.2.3 Supplemental enhancement information RBSP syntax. `take` is called with each message as soon as it has been read.
 * `sps` is the active one, if it is known: pic_timing() depends on it.
 */
export function sei_rbsp(r: BitReader, sps: ParameterSets["sps"] | null, take: (message: SeiMessage) => void): void {
  r.tolerate(() => {
    do take(sei_message(r, sps));
    while (r.more_rbsp_data());
  });
  if (r.flaw) throw r.flaw;
  r.rbsp_trailing_bits();
}

/** 7.3.2.3.1 Supplemental enhancement information message syntax. An error in a payload is the reader's flaw: payloadSize leads on. */
export function sei_message(r: BitReader, sps: ParameterSets["sps"] | null): SeiMessage {
  const sei = new SeiMessage();
  sei.payloadType = readExtendedByte(r, "last_payload_type_byte");
  sei.payloadSize = readExtendedByte(r, "last_payload_size_byte");
  const end = r.position + 8 * sei.payloadSize;
  r.tolerate(() => {
    const payload = sei_payload(r, sei, sps);
    if (!r.byteAligned) {
      r.f(1, 1, "bit_equal_to_one");
      while (!r.byteAligned) r.f(1, 0, "bit_equal_to_zero");
    }
    sei.payload = payload;
  }, end);
  r.u((end - r.position) % 8, "sei_payload_byte");
  for (let i = 0; r.position < end; i++) r.b(sei.payload ? "reserved_payload_extension_data" : "sei_payload_byte", i);
  return sei;
}

/** D.1.1 General SEI message syntax, for the payloads that decoding or output needs. */
function sei_payload(r: BitReader, sei: SeiMessage, sps: ParameterSets["sps"] | null): SeiMessage["payload"] {
  if (sei.payloadType === 6) return recovery_point(r);
  return sei.payloadType === 1 && sps !== null && sei.payloadSize > 0 ? pic_timing(r, sps) : null;
}

/** D.1.8 Recovery point SEI message syntax. */
function recovery_point(r: BitReader): RecoveryPoint {
  const sei = new RecoveryPoint();
  sei.recovery_frame_cnt = r.ue("recovery_frame_cnt", 65535);
  sei.exact_match_flag = r.flag("exact_match_flag");
  sei.broken_link_flag = r.flag("broken_link_flag");
  sei.changing_slice_group_idc = r.u(2, "changing_slice_group_idc");
  return sei;
}

/** D.1.3 Picture timing SEI message syntax. The values of its clock timestamps are read and not kept. */
function pic_timing(r: BitReader, sps: ParameterSets["sps"]): PicTiming {
  const sei = new PicTiming();
  const vui = sps.vui_parameters;
  const hrd = vui?.nal_hrd_parameters ?? vui?.vcl_hrd_parameters;
  if (hrd) {
    sei.cpb_removal_delay = r.u(hrd.cpb_removal_delay_length_minus1 + 1, "cpb_removal_delay");
    sei.dpb_output_delay = r.u(hrd.dpb_output_delay_length_minus1 + 1, "dpb_output_delay");
  }
  if (vui?.pic_struct_present_flag) {
    sei.pic_struct = r.uMax(4, 8, "pic_struct");
    for (let i = 0; i < (NumClockTS[sei.pic_struct] as number); i++) {
      const clock_timestamp_flag = r.flag("clock_timestamp_flag", i);
      sei.clock_timestamp_flag[i] = clock_timestamp_flag;
      if (!clock_timestamp_flag) continue;
      r.u(2, "ct_type");
      r.flag("nuit_field_based_flag");
      r.u(5, "counting_type");
      const full_timestamp_flag = r.flag("full_timestamp_flag");
      r.flag("discontinuity_flag");
      r.flag("cnt_dropped_flag");
      r.u(8, "n_frames");
      if (full_timestamp_flag) {
        r.u(6, "seconds_value");
        r.u(6, "minutes_value");
        r.u(5, "hours_value");
      } else if (r.flag("seconds_flag")) {
        r.u(6, "seconds_value");
        if (r.flag("minutes_flag")) {
          r.u(6, "minutes_value");
          if (r.flag("hours_flag")) r.u(5, "hours_value");
        }
      }
      const time_offset_length = hrd?.time_offset_length ?? 24;
      if (time_offset_length > 0) r.i(time_offset_length, "time_offset");
    }
  }
  return sei;
}

/** 7.3.2.4 Access unit delimiter RBSP syntax. */
export function access_unit_delimiter_rbsp(r: BitReader): AccessUnitDelimiter {
  const aud = new AccessUnitDelimiter();
  aud.primary_pic_type = r.u(3, "primary_pic_type");
  r.rbsp_trailing_bits();
  return aud;
}

/** 7.3.2.7 Filler data RBSP syntax. */
export function filler_data_rbsp(r: BitReader): void {
  while (r.nextByte() === 0xff) r.f(8, 0xff, "ff_byte");
  r.rbsp_trailing_bits();
}

/** Finds the parameter sets for a pic_parameter_set_id. @throws BitstreamError where a set is missing. */
export type FindParameterSets = (pic_parameter_set_id: number) => ParameterSets;

/** A slice header, and the parameter sets that it was read with. */
export interface ReadSliceHeader {
  readonly h: SliceHeader;
  readonly sets: ParameterSets;
}

/** 7.3.3 Slice header syntax. Slices of other views (nal_unit_type 20 and 21) are not read. */
export function slice_header(r: BitReader, nal: NalUnitHeader, find: FindParameterSets): ReadSliceHeader {
  const start = r.position;
  const h = new SliceHeader();
  h.nal_ref_idc = nal.nal_ref_idc;
  h.nal_unit_type = nal.nal_unit_type;
  const IdrPicFlag = nal.nal_unit_type === IDR_SLICE;
  h.first_mb_in_slice = r.ue("first_mb_in_slice");
  h.slice_type = r.ue("slice_type", 9);
  // Table 7-6
  const type = h.slice_type % 5;
  const isP = type === 0;
  const isB = type === 1;
  const isSP = type === 3;
  const isSI = type === 4;
  h.pic_parameter_set_id = r.ue("pic_parameter_set_id", 255);
  const sets = find(h.pic_parameter_set_id);
  const { sps, pps } = sets;
  if (sps.separate_colour_plane_flag) h.colour_plane_id = r.uMax(2, 2, "colour_plane_id");
  h.frame_num = r.u(sps.log2_max_frame_num_minus4 + 4, "frame_num");
  if (!sps.frame_mbs_only_flag) {
    h.field_pic_flag = r.flag("field_pic_flag");
    if (h.field_pic_flag) h.bottom_field_flag = r.flag("bottom_field_flag");
  }
  checkFirstMb(r, h, sps, start);
  if (IdrPicFlag) h.idr_pic_id = r.ue("idr_pic_id", 65535);
  const picOrderCntStart = r.position;
  if (sps.pic_order_cnt_type === 0) {
    h.pic_order_cnt_lsb = r.u(sps.log2_max_pic_order_cnt_lsb_minus4 + 4, "pic_order_cnt_lsb");
    if (pps.bottom_field_pic_order_in_frame_present_flag && !h.field_pic_flag) {
      h.delta_pic_order_cnt_bottom = r.se("delta_pic_order_cnt_bottom", S32_MIN, S32_MAX);
    }
  }
  if (sps.pic_order_cnt_type === 1 && !sps.delta_pic_order_always_zero_flag) {
    const delta_pic_order_cnt: [number, number] = [0, 0];
    h.delta_pic_order_cnt = delta_pic_order_cnt;
    delta_pic_order_cnt[0] = r.se("delta_pic_order_cnt", S32_MIN, S32_MAX, 0);
    if (pps.bottom_field_pic_order_in_frame_present_flag && !h.field_pic_flag) {
      delta_pic_order_cnt[1] = r.se("delta_pic_order_cnt", S32_MIN, S32_MAX, 1);
    }
  }
  h.pic_order_cnt_bit_size = r.position - picOrderCntStart;
  if (pps.redundant_pic_cnt_present_flag) h.redundant_pic_cnt = r.ue("redundant_pic_cnt", 127);
  if (isB) h.direct_spatial_mv_pred_flag = r.flag("direct_spatial_mv_pred_flag");
  if (isP || isSP || isB) {
    h.num_ref_idx_l0_active_minus1 = pps.num_ref_idx_l0_default_active_minus1; // 7.4.3, inferred
    if (isB) h.num_ref_idx_l1_active_minus1 = pps.num_ref_idx_l1_default_active_minus1;
    h.num_ref_idx_active_override_flag = r.flag("num_ref_idx_active_override_flag");
    const most = h.field_pic_flag ? 31 : 15;
    if (h.num_ref_idx_active_override_flag) {
      h.num_ref_idx_l0_active_minus1 = r.ue("num_ref_idx_l0_active_minus1", most);
      if (isB) h.num_ref_idx_l1_active_minus1 = r.ue("num_ref_idx_l1_active_minus1", most);
    } else if (Math.max(h.num_ref_idx_l0_active_minus1, h.num_ref_idx_l1_active_minus1) > most) {
      r.fail("it must be 1: a frame has at most 16 references", 1, "num_ref_idx_active_override_flag");
    }
  }
  ref_pic_list_modification(r, h);
  if ((pps.weighted_pred_flag && (isP || isSP)) || (pps.weighted_bipred_idc === 1 && isB)) {
    h.pred_weight_table = pred_weight_table(r, h, sps);
  }
  if (h.nal_ref_idc !== 0) {
    const markingStart = r.position;
    h.dec_ref_pic_marking = dec_ref_pic_marking(r, h);
    h.dec_ref_pic_marking_bit_size = r.position - markingStart;
  }
  if (pps.entropy_coding_mode_flag && (isP || isSP || isB)) h.cabac_init_idc = r.ue("cabac_init_idc", 2);
  // SliceQPY, 26 + pic_init_qp_minus26 + slice_qp_delta, is in the range -QpBdOffsetY..51 (7.4.3).
  const qp = 26 + pps.pic_init_qp_minus26;
  h.slice_qp_delta = r.se("slice_qp_delta", -6 * sps.bit_depth_luma_minus8 - qp, 51 - qp);
  if (isSP || isSI) {
    if (isSP) h.sp_for_switch_flag = r.flag("sp_for_switch_flag");
    const qs = 26 + pps.pic_init_qs_minus26;
    h.slice_qs_delta = r.se("slice_qs_delta", -qs, 51 - qs);
  }
  if (pps.deblocking_filter_control_present_flag) {
    h.disable_deblocking_filter_idc = r.ue("disable_deblocking_filter_idc", 2);
    if (h.disable_deblocking_filter_idc !== 1) {
      h.slice_alpha_c0_offset_div2 = r.se("slice_alpha_c0_offset_div2", -6, 6);
      h.slice_beta_offset_div2 = r.se("slice_beta_offset_div2", -6, 6);
    }
  }
  if (pps.num_slice_groups_minus1 > 0 && pps.slice_group_map_type >= 3 && pps.slice_group_map_type <= 5) {
    h.slice_group_change_cycle = r.u(sliceGroupChangeCycleBits(sets), "slice_group_change_cycle");
  }
  h.header_bit_size = r.position;
  return { h, sets };
}

/** 7.4.3: first_mb_in_slice * (1 + MbaffFrameFlag) is less than PicSizeInMbs. */
function checkFirstMb(r: BitReader, h: SliceHeader, sps: ParameterSets["sps"], start: number): void {
  const MbaffFrameFlag = sps.mb_adaptive_frame_field_flag && !h.field_pic_flag ? 1 : 0;
  const fields = h.field_pic_flag || sps.frame_mbs_only_flag ? 1 : 2;
  const PicSizeInMbs = (sps.pic_width_in_mbs_minus1 + 1) * (sps.pic_height_in_map_units_minus1 + 1) * fields;
  if (h.first_mb_in_slice * (1 + MbaffFrameFlag) < PicSizeInMbs) return;
  const reason = `${h.first_mb_in_slice} lies outside the picture of ${PicSizeInMbs} macroblocks`;
  r.fail(reason, r.position - start, "first_mb_in_slice");
}

/** (7-35): the length of slice_group_change_cycle. */
function sliceGroupChangeCycleBits({ sps, pps }: ParameterSets): number {
  const PicSizeInMapUnits = (sps.pic_width_in_mbs_minus1 + 1) * (sps.pic_height_in_map_units_minus1 + 1);
  const SliceGroupChangeRate = pps.slice_group_change_rate_minus1 + 1;
  return Math.ceil(Math.log2(PicSizeInMapUnits / SliceGroupChangeRate + 1));
}

/** 7.3.3.1 Reference picture list modification syntax. */
export function ref_pic_list_modification(r: BitReader, h: SliceHeader): void {
  if (h.slice_type % 5 !== 2 && h.slice_type % 5 !== 4) {
    h.ref_pic_list_modification_flag_l0 = r.flag("ref_pic_list_modification_flag_l0");
    if (h.ref_pic_list_modification_flag_l0) {
      h.ref_pic_list_modification_l0 = readListModification(r, h.num_ref_idx_l0_active_minus1 + 1);
    }
  }
  if (h.slice_type % 5 === 1) {
    h.ref_pic_list_modification_flag_l1 = r.flag("ref_pic_list_modification_flag_l1");
    if (h.ref_pic_list_modification_flag_l1) {
      h.ref_pic_list_modification_l1 = readListModification(r, h.num_ref_idx_l1_active_minus1 + 1);
    }
  }
}

/** The loop of 7.3.3.1 for one list. It has at most as many operations as the list has entries (7.4.3.1). */
function readListModification(r: BitReader, most: number): RefPicListModificationOperation[] {
  const operations: RefPicListModificationOperation[] = [];
  for (;;) {
    const start = r.position;
    const op = new RefPicListModificationOperation();
    op.modification_of_pic_nums_idc = r.ue("modification_of_pic_nums_idc", 3);
    if (op.modification_of_pic_nums_idc === 3) return operations;
    if (operations.length === most) {
      r.fail(`the picture has more than ${most} operations`, r.position - start, "modification_of_pic_nums_idc");
    }
    if (op.modification_of_pic_nums_idc === 0 || op.modification_of_pic_nums_idc === 1) {
      op.abs_diff_pic_num_minus1 = r.ue("abs_diff_pic_num_minus1", 131071);
    } else {
      op.long_term_pic_num = r.ue("long_term_pic_num", 31);
    }
    operations.push(op);
  }
}

/** The weights of a list that the slice does not have: none. */
const noPredWeights: PredWeights = /* @__PURE__ */ frozen(/* @__PURE__ */ new PredWeights());

/** 7.3.3.2 Prediction weight table syntax. */
export function pred_weight_table(r: BitReader, h: SliceHeader, sps: ParameterSets["sps"]): PredWeightTable {
  const table = new PredWeightTable(noPredWeights, noPredWeights);
  const ChromaArrayType = sps.separate_colour_plane_flag ? 0 : sps.chroma_format_idc;
  table.luma_log2_weight_denom = r.ue("luma_log2_weight_denom", 7);
  if (ChromaArrayType !== 0) table.chroma_log2_weight_denom = r.ue("chroma_log2_weight_denom", 7);
  table.l0 = readPredWeights(r, table, "l0", h.num_ref_idx_l0_active_minus1, ChromaArrayType);
  if (h.slice_type % 5 === 1) {
    table.l1 = readPredWeights(r, table, "l1", h.num_ref_idx_l1_active_minus1, ChromaArrayType);
  }
  return table;
}

const predWeightNames = {
  l0: {
    luma_weight_flag: "luma_weight_l0_flag",
    luma_weight: "luma_weight_l0",
    luma_offset: "luma_offset_l0",
    chroma_weight_flag: "chroma_weight_l0_flag",
    chroma_weight: "chroma_weight_l0",
    chroma_offset: "chroma_offset_l0",
  },
  l1: {
    luma_weight_flag: "luma_weight_l1_flag",
    luma_weight: "luma_weight_l1",
    luma_offset: "luma_offset_l1",
    chroma_weight_flag: "chroma_weight_l1_flag",
    chroma_weight: "chroma_weight_l1",
    chroma_offset: "chroma_offset_l1",
  },
} as const;

/** The chroma weights that 7.4.3.2 infers, for each chroma_log2_weight_denom. All entries share them. */
const inferredChromaWeights: readonly (readonly [number, number])[] = /* @__PURE__ */ Array.from(
  { length: 8 },
  (_, denom) => frozen([1 << denom, 1 << denom]),
);

/** The loop over one list in 7.3.3.2. */
function readPredWeights(
  r: BitReader,
  table: PredWeightTable,
  list: "l0" | "l1",
  last: number,
  ChromaArrayType: number,
): PredWeights {
  const names = predWeightNames[list];
  const w = new PredWeights(last + 1);
  const lumaWeight = 1 << table.luma_log2_weight_denom;
  const chromaWeight = inferredChromaWeights[table.chroma_log2_weight_denom] as readonly [number, number];
  for (let i = 0; i <= last; i++) {
    w.luma_weight[i] = lumaWeight; // 7.4.3.2, as the next three
    w.luma_offset[i] = 0;
    w.chroma_weight[i] = chromaWeight;
    w.chroma_offset[i] = noPair;
    w.luma_weight_flag[i] = r.flag(names.luma_weight_flag, i);
    if (w.luma_weight_flag[i]) {
      w.luma_weight[i] = r.se(names.luma_weight, -128, 127, i);
      w.luma_offset[i] = r.se(names.luma_offset, -128, 127, i);
    }
    w.chroma_weight_flag[i] = ChromaArrayType !== 0 ? r.flag(names.chroma_weight_flag, i) : 0;
    if (w.chroma_weight_flag[i]) {
      const chroma_weight: [number, number] = [0, 0];
      const chroma_offset: [number, number] = [0, 0];
      w.chroma_weight[i] = chroma_weight;
      w.chroma_offset[i] = chroma_offset;
      for (let j = 0; j < 2; j++) {
        chroma_weight[j] = r.se(names.chroma_weight, -128, 127, i, j);
        chroma_offset[j] = r.se(names.chroma_offset, -128, 127, i, j);
      }
    }
  }
  return w;
}

/**
 * 7.4.3.3 allows fewer: each of at most 32 fields becomes a long-term reference once and unused once, and 4, 5 and 6 come at
 * most twice. Others take an object for every few bits.
 */
const MARKING_OPERATIONS_LIMIT = 72;

/** Without operations, as in most slices, whose headers share it. */
const noMarking: DecRefPicMarking = /* @__PURE__ */ frozen(/* @__PURE__ */ new DecRefPicMarking());

/** 7.3.3.3 Decoded reference picture marking syntax. */
export function dec_ref_pic_marking(r: BitReader, h: SliceHeader): DecRefPicMarking {
  if (h.nal_unit_type === IDR_SLICE) {
    const marking = new DecRefPicMarking();
    marking.no_output_of_prior_pics_flag = r.flag("no_output_of_prior_pics_flag");
    marking.long_term_reference_flag = r.flag("long_term_reference_flag");
    return marking;
  }
  const adaptive_ref_pic_marking_mode_flag = r.flag("adaptive_ref_pic_marking_mode_flag");
  if (!adaptive_ref_pic_marking_mode_flag) return noMarking;
  const marking = new DecRefPicMarking();
  marking.adaptive_ref_pic_marking_mode_flag = adaptive_ref_pic_marking_mode_flag;
  const operations: MemoryManagementControlOperation[] = [];
  marking.operations = operations;
  for (;;) {
    const op = new MemoryManagementControlOperation();
    const start = r.position;
    op.memory_management_control_operation = r.ue("memory_management_control_operation", 6);
    if (operations.length > MARKING_OPERATIONS_LIMIT) {
      const reason = `a slice header has at most ${MARKING_OPERATIONS_LIMIT} operations`;
      r.fail(reason, r.position - start, "memory_management_control_operation");
    }
    switch (op.memory_management_control_operation) {
      case 0:
        return marking;
      case 1:
        op.difference_of_pic_nums_minus1 = r.ue("difference_of_pic_nums_minus1", 131071);
        break;
      case 2:
        op.long_term_pic_num = r.ue("long_term_pic_num", 31);
        break;
      case 3:
        op.difference_of_pic_nums_minus1 = r.ue("difference_of_pic_nums_minus1", 131071);
        op.long_term_frame_idx = r.ue("long_term_frame_idx", 15);
        break;
      case 4:
        op.max_long_term_frame_idx_plus1 = r.ue("max_long_term_frame_idx_plus1", 16);
        break;
      case 6:
        op.long_term_frame_idx = r.ue("long_term_frame_idx", 15);
        break;
    }
    operations.push(op);
  }
}

/** E.1.1 VUI parameters syntax. */
export function vui_parameters(r: BitReader, vui: VuiParameters): void {
  vui.aspect_ratio_info_present_flag = r.flag("aspect_ratio_info_present_flag");
  if (vui.aspect_ratio_info_present_flag) {
    vui.aspect_ratio_idc = r.u(8, "aspect_ratio_idc");
    if (vui.aspect_ratio_idc === 255) {
      vui.sar_width = r.u(16, "sar_width");
      vui.sar_height = r.u(16, "sar_height");
    }
  }
  vui.overscan_info_present_flag = r.flag("overscan_info_present_flag");
  if (vui.overscan_info_present_flag) vui.overscan_appropriate_flag = r.flag("overscan_appropriate_flag");
  vui.video_signal_type_present_flag = r.flag("video_signal_type_present_flag");
  if (vui.video_signal_type_present_flag) {
    vui.video_format = r.u(3, "video_format");
    vui.video_full_range_flag = r.flag("video_full_range_flag");
    vui.colour_description_present_flag = r.flag("colour_description_present_flag");
    if (vui.colour_description_present_flag) {
      vui.colour_primaries = r.u(8, "colour_primaries");
      vui.transfer_characteristics = r.u(8, "transfer_characteristics");
      vui.matrix_coefficients = r.u(8, "matrix_coefficients");
    }
  }
  vui.chroma_loc_info_present_flag = r.flag("chroma_loc_info_present_flag");
  if (vui.chroma_loc_info_present_flag) {
    vui.chroma_sample_loc_type_top_field = r.ue("chroma_sample_loc_type_top_field", 5);
    vui.chroma_sample_loc_type_bottom_field = r.ue("chroma_sample_loc_type_bottom_field", 5);
  }
  vui.timing_info_present_flag = r.flag("timing_info_present_flag");
  if (vui.timing_info_present_flag) {
    vui.num_units_in_tick = r.u(32, "num_units_in_tick");
    vui.time_scale = r.u(32, "time_scale");
    vui.fixed_frame_rate_flag = r.flag("fixed_frame_rate_flag");
  }
  vui.nal_hrd_parameters_present_flag = r.flag("nal_hrd_parameters_present_flag");
  if (vui.nal_hrd_parameters_present_flag) vui.nal_hrd_parameters = hrd_parameters(r);
  vui.vcl_hrd_parameters_present_flag = r.flag("vcl_hrd_parameters_present_flag");
  if (vui.vcl_hrd_parameters_present_flag) vui.vcl_hrd_parameters = hrd_parameters(r);
  if (vui.nal_hrd_parameters_present_flag || vui.vcl_hrd_parameters_present_flag) {
    vui.low_delay_hrd_flag = r.flag("low_delay_hrd_flag");
  }
  vui.pic_struct_present_flag = r.flag("pic_struct_present_flag");
  vui.bitstream_restriction_flag = r.flag("bitstream_restriction_flag");
  if (vui.bitstream_restriction_flag) {
    vui.motion_vectors_over_pic_boundaries_flag = r.flag("motion_vectors_over_pic_boundaries_flag");
    vui.max_bytes_per_pic_denom = r.ue("max_bytes_per_pic_denom", 16);
    vui.max_bits_per_mb_denom = r.ue("max_bits_per_mb_denom", 16);
    // Since the edition of 2012 the range ends at 15. Older editions allow 16, and older encoders write it.
    vui.log2_max_mv_length_horizontal = r.ue("log2_max_mv_length_horizontal", 16);
    vui.log2_max_mv_length_vertical = r.ue("log2_max_mv_length_vertical", 16);
    vui.max_num_reorder_frames = r.ue("max_num_reorder_frames", 16);
    vui.max_dec_frame_buffering = r.ue("max_dec_frame_buffering", 16);
  }
}

/** E.1.2 HRD parameters syntax. */
export function hrd_parameters(r: BitReader): HrdParameters {
  const hrd = new HrdParameters();
  hrd.cpb_cnt_minus1 = r.ue("cpb_cnt_minus1", 31);
  hrd.bit_rate_scale = r.u(4, "bit_rate_scale");
  hrd.cpb_size_scale = r.u(4, "cpb_size_scale");
  for (let SchedSelIdx = 0; SchedSelIdx <= hrd.cpb_cnt_minus1; SchedSelIdx++) {
    hrd.bit_rate_value_minus1[SchedSelIdx] = r.ue("bit_rate_value_minus1", undefined, SchedSelIdx);
    hrd.cpb_size_value_minus1[SchedSelIdx] = r.ue("cpb_size_value_minus1", undefined, SchedSelIdx);
    hrd.cbr_flag[SchedSelIdx] = r.flag("cbr_flag", SchedSelIdx);
  }
  hrd.initial_cpb_removal_delay_length_minus1 = r.u(5, "initial_cpb_removal_delay_length_minus1");
  hrd.cpb_removal_delay_length_minus1 = r.u(5, "cpb_removal_delay_length_minus1");
  hrd.dpb_output_delay_length_minus1 = r.u(5, "dpb_output_delay_length_minus1");
  hrd.time_offset_length = r.u(5, "time_offset_length");
  return hrd;
}
