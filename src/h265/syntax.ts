/**
 * The syntax tables of ITU-T H.265 (08/2021) for the base layer, one function for each table, in the specification's order and
 * names. The functions keep no state. Ranges are those of clause 7.4. All throw BitstreamError where the bits break the table
 * or its ranges.
 */
import { frozen, noPair } from "../bitreader/frozen.ts";
import type { BitReader } from "../bitreader/index.ts";
import { BitstreamError } from "../errors.ts";
import { readExtendedByte } from "../nal/sei-bytes.ts";
import { isIdr, isIrap, PREFIX_SEI_NUT } from "./nal-types.ts";
import { activeShortTermSet } from "./ref-pic-set.ts";
import { currPicEntries, deriveShortTermRefPicSet, numPicTotalCurr } from "./rps.ts";
import type { ParameterSets } from "./structures.ts";
import {
  AccessUnitDelimiter,
  ActiveParameterSets,
  GeneralProfile,
  HrdParameters,
  NalUnitHeader,
  PicParameterSet,
  PicTiming,
  Pps3dExtension,
  PpsMultilayerExtension,
  PpsRangeExtension,
  PpsSccExtension,
  PredWeights,
  PredWeightTable,
  ProfileTierLevel,
  RecoveryPoint,
  ScalingListData,
  SeiMessage,
  SeqParameterSet,
  ShortTermRefPicSet,
  SliceSegmentHeader,
  Sps3dExtension,
  SpsMultilayerExtension,
  SpsRangeExtension,
  SpsSccExtension,
  SubLayerHrdParameters,
  SubLayerProfile,
  VideoParameterSet,
  VuiParameters,
} from "./structures.ts";
import { ctbLog2Size, picHeightInCtbs, picWidthInCtbs } from "./tiles.ts";
import { visibleRectangle } from "./visible-rectangle.ts";

/**
 * MaxDpbSize - 1 of the largest decoded picture buffer of any level (A.4.2): the most pictures that can be referred to.
 */
const MAX_REF_PICS = 15;

/** Ceil(Log2(n)). */
function ceilLog2(n: number): number {
  return n <= 1 ? 0 : 32 - Math.clz32(n - 1);
}

/** 7.3.1.2 NAL unit header syntax. */
export function nal_unit_header(r: BitReader): NalUnitHeader {
  const nal = new NalUnitHeader();
  r.f(1, 0, "forbidden_zero_bit");
  nal.nal_unit_type = r.u(6, "nal_unit_type");
  nal.nuh_layer_id = r.u(6, "nuh_layer_id");
  nal.nuh_temporal_id_plus1 = r.u(3, "nuh_temporal_id_plus1");
  if (nal.nuh_temporal_id_plus1 === 0) r.fail("0 is forbidden", 3, "nuh_temporal_id_plus1");
  return nal;
}

/**
 * 7.3.2.1 Video parameter set RBSP syntax, up to rbsp_trailing_bits(), which the caller reads. The extension (F.7.3.2.1.1)
 * concerns other layers; its bits are read as vps_extension_data_flag.
 */
export function video_parameter_set_rbsp(r: BitReader): VideoParameterSet {
  const vps = new VideoParameterSet();
  vps.vps_video_parameter_set_id = r.u(4, "vps_video_parameter_set_id");
  vps.vps_base_layer_internal_flag = r.flag("vps_base_layer_internal_flag");
  vps.vps_base_layer_available_flag = r.flag("vps_base_layer_available_flag");
  vps.vps_max_layers_minus1 = r.u(6, "vps_max_layers_minus1");
  vps.vps_max_sub_layers_minus1 = r.uMax(3, 6, "vps_max_sub_layers_minus1");
  vps.vps_temporal_id_nesting_flag = r.flag("vps_temporal_id_nesting_flag");
  r.u(16, "vps_reserved_0xffff_16bits");
  vps.profile_tier_level = profile_tier_level(r, vps.vps_max_sub_layers_minus1);
  vps.vps_sub_layer_ordering_info_present_flag = r.flag("vps_sub_layer_ordering_info_present_flag");
  const last = vps.vps_max_sub_layers_minus1;
  for (let i = vps.vps_sub_layer_ordering_info_present_flag ? 0 : last; i <= last; i++) {
    vps.vps_max_dec_pic_buffering_minus1[i] = r.ue("vps_max_dec_pic_buffering_minus1", 15, i);
    const most = vps.vps_max_dec_pic_buffering_minus1[i] as number;
    vps.vps_max_num_reorder_pics[i] = r.ue("vps_max_num_reorder_pics", most, i);
    vps.vps_max_latency_increase_plus1[i] = r.ue("vps_max_latency_increase_plus1", undefined, i);
  }
  inferLowerSubLayers(vps.vps_max_dec_pic_buffering_minus1, last);
  inferLowerSubLayers(vps.vps_max_num_reorder_pics, last);
  inferLowerSubLayers(vps.vps_max_latency_increase_plus1, last);
  vps.vps_max_layer_id = r.uMax(6, 62, "vps_max_layer_id");
  vps.vps_num_layer_sets_minus1 = r.ue("vps_num_layer_sets_minus1", 1023);
  for (let i = 1; i <= vps.vps_num_layer_sets_minus1; i++) {
    const layer_id_included_flag: number[] = [];
    vps.layer_id_included_flag[i] = layer_id_included_flag;
    for (let j = 0; j <= vps.vps_max_layer_id; j++) {
      layer_id_included_flag[j] = r.u(1, "layer_id_included_flag", i, j);
    }
  }
  r.tolerate(() => readTimingAndExtension(r, vps));
  return vps;
}

/** The end of 7.3.2.1: timing, HRD and the extension, none of which decoding needs. */
function readTimingAndExtension(r: BitReader, vps: VideoParameterSet): void {
  vps.vps_timing_info_present_flag = r.flag("vps_timing_info_present_flag");
  if (vps.vps_timing_info_present_flag) {
    vps.vps_num_units_in_tick = r.u(32, "vps_num_units_in_tick");
    vps.vps_time_scale = r.u(32, "vps_time_scale");
    vps.vps_poc_proportional_to_timing_flag = r.flag("vps_poc_proportional_to_timing_flag");
    if (vps.vps_poc_proportional_to_timing_flag) {
      vps.vps_num_ticks_poc_diff_one_minus1 = r.ue("vps_num_ticks_poc_diff_one_minus1");
    }
    vps.vps_num_hrd_parameters = r.ue("vps_num_hrd_parameters", vps.vps_num_layer_sets_minus1 + 1);
    for (let i = 0; i < vps.vps_num_hrd_parameters; i++) {
      vps.hrd_layer_set_idx[i] = r.ue("hrd_layer_set_idx", vps.vps_num_layer_sets_minus1, i);
      vps.cprms_present_flag[i] = i > 0 ? r.flag("cprms_present_flag", i) : 1;
      const common = vps.cprms_present_flag[i] ? null : (vps.hrd_parameters[i - 1] as HrdParameters);
      vps.hrd_parameters[i] = hrd_parameters(r, common, vps.vps_max_sub_layers_minus1);
    }
  }
  vps.vps_extension_flag = r.flag("vps_extension_flag");
  if (vps.vps_extension_flag) while (r.more_rbsp_data()) r.flag("vps_extension_data_flag");
}

/** 7.4.3.1, 7.4.3.2.1: values that are not coded for the lower sub-layers are those of the highest sub-layer. */
function inferLowerSubLayers(values: number[], last: number): void {
  for (let i = 0; i < last; i++) values[i] ??= values[last] as number;
}

/** 7.3.3 Profile, tier and level syntax, with profilePresentFlag 1. */
export function profile_tier_level(r: BitReader, maxNumSubLayersMinus1: number): ProfileTierLevel {
  const ptl = new ProfileTierLevel();
  ptl.general = readGeneralProfile(r);
  ptl.general_level_idc = r.u(8, "general_level_idc");
  for (let i = 0; i < maxNumSubLayersMinus1; i++) {
    ptl.sub_layer_profile_present_flag[i] = r.flag("sub_layer_profile_present_flag", i);
    ptl.sub_layer_level_present_flag[i] = r.flag("sub_layer_level_present_flag", i);
  }
  if (maxNumSubLayersMinus1 > 0) {
    for (let i = maxNumSubLayersMinus1; i < 8; i++) r.u(2, "reserved_zero_2bits", i);
  }
  for (let i = 0; i < maxNumSubLayersMinus1; i++) {
    ptl.sub_layer[i] = ptl.sub_layer_profile_present_flag[i] ? readSubLayerProfile(r, i) : null;
    if (ptl.sub_layer_level_present_flag[i]) ptl.sub_layer_level_idc[i] = r.u(8, "sub_layer_level_idc", i);
  }
  for (let i = maxNumSubLayersMinus1 - 1; i >= 0; i--) {
    ptl.sub_layer_level_idc[i] ??= ptl.sub_layer_level_idc[i + 1] ?? ptl.general_level_idc;
  }
  return ptl;
}

/** Reads the general_ elements of 7.3.3, without general_level_idc. */
function readGeneralProfile(r: BitReader): GeneralProfile {
  const p = new GeneralProfile();
  p.general_profile_space = r.u(2, "general_profile_space");
  p.general_tier_flag = r.flag("general_tier_flag");
  p.general_profile_idc = r.u(5, "general_profile_idc");
  for (let j = 0; j < 32; j++) {
    p.general_profile_compatibility_flag[j] = r.flag("general_profile_compatibility_flag", j);
  }
  const isAnyOf = (...idcs: number[]) =>
    idcs.some((idc) => p.general_profile_idc === idc || p.general_profile_compatibility_flag[idc]);
  p.general_progressive_source_flag = r.flag("general_progressive_source_flag");
  p.general_interlaced_source_flag = r.flag("general_interlaced_source_flag");
  p.general_non_packed_constraint_flag = r.flag("general_non_packed_constraint_flag");
  p.general_frame_only_constraint_flag = r.flag("general_frame_only_constraint_flag");
  if (isAnyOf(4, 5, 6, 7, 8, 9, 10, 11)) {
    p.general_max_12bit_constraint_flag = r.flag("general_max_12bit_constraint_flag");
    p.general_max_10bit_constraint_flag = r.flag("general_max_10bit_constraint_flag");
    p.general_max_8bit_constraint_flag = r.flag("general_max_8bit_constraint_flag");
    p.general_max_422chroma_constraint_flag = r.flag("general_max_422chroma_constraint_flag");
    p.general_max_420chroma_constraint_flag = r.flag("general_max_420chroma_constraint_flag");
    p.general_max_monochrome_constraint_flag = r.flag("general_max_monochrome_constraint_flag");
    p.general_intra_constraint_flag = r.flag("general_intra_constraint_flag");
    p.general_one_picture_only_constraint_flag = r.flag("general_one_picture_only_constraint_flag");
    p.general_lower_bit_rate_constraint_flag = r.flag("general_lower_bit_rate_constraint_flag");
    if (isAnyOf(5, 9, 10, 11)) {
      p.general_max_14bit_constraint_flag = r.flag("general_max_14bit_constraint_flag");
      readReserved(r, 33, "general_reserved_zero_33bits");
    } else {
      readReserved(r, 34, "general_reserved_zero_34bits");
    }
  } else if (isAnyOf(2)) {
    r.u(7, "general_reserved_zero_7bits");
    p.general_one_picture_only_constraint_flag = r.flag("general_one_picture_only_constraint_flag");
    readReserved(r, 35, "general_reserved_zero_35bits");
  } else {
    readReserved(r, 43, "general_reserved_zero_43bits");
  }
  if (isAnyOf(1, 2, 3, 4, 5, 9, 11)) p.general_inbld_flag = r.flag("general_inbld_flag");
  else r.u(1, "general_reserved_zero_bit");
  return p;
}

/** The sub_layer_ elements of 7.3.3 of sub-layer i, without sub_layer_level_idc. */
function readSubLayerProfile(r: BitReader, i: number): SubLayerProfile {
  const p = new SubLayerProfile();
  p.sub_layer_profile_space = r.u(2, "sub_layer_profile_space", i);
  p.sub_layer_tier_flag = r.flag("sub_layer_tier_flag", i);
  p.sub_layer_profile_idc = r.u(5, "sub_layer_profile_idc", i);
  for (let j = 0; j < 32; j++) {
    p.sub_layer_profile_compatibility_flag[j] = r.flag("sub_layer_profile_compatibility_flag", i, j);
  }
  const isAnyOf = (...idcs: number[]) =>
    idcs.some((idc) => p.sub_layer_profile_idc === idc || p.sub_layer_profile_compatibility_flag[idc]);
  p.sub_layer_progressive_source_flag = r.flag("sub_layer_progressive_source_flag", i);
  p.sub_layer_interlaced_source_flag = r.flag("sub_layer_interlaced_source_flag", i);
  p.sub_layer_non_packed_constraint_flag = r.flag("sub_layer_non_packed_constraint_flag", i);
  p.sub_layer_frame_only_constraint_flag = r.flag("sub_layer_frame_only_constraint_flag", i);
  if (isAnyOf(4, 5, 6, 7, 8, 9, 10, 11)) {
    p.sub_layer_max_12bit_constraint_flag = r.flag("sub_layer_max_12bit_constraint_flag", i);
    p.sub_layer_max_10bit_constraint_flag = r.flag("sub_layer_max_10bit_constraint_flag", i);
    p.sub_layer_max_8bit_constraint_flag = r.flag("sub_layer_max_8bit_constraint_flag", i);
    p.sub_layer_max_422chroma_constraint_flag = r.flag("sub_layer_max_422chroma_constraint_flag", i);
    p.sub_layer_max_420chroma_constraint_flag = r.flag("sub_layer_max_420chroma_constraint_flag", i);
    p.sub_layer_max_monochrome_constraint_flag = r.flag("sub_layer_max_monochrome_constraint_flag", i);
    p.sub_layer_intra_constraint_flag = r.flag("sub_layer_intra_constraint_flag", i);
    p.sub_layer_one_picture_only_constraint_flag = r.flag("sub_layer_one_picture_only_constraint_flag", i);
    p.sub_layer_lower_bit_rate_constraint_flag = r.flag("sub_layer_lower_bit_rate_constraint_flag", i);
    if (isAnyOf(5, 9, 10, 11)) {
      p.sub_layer_max_14bit_constraint_flag = r.flag("sub_layer_max_14bit_constraint_flag", i);
      readReserved(r, 33, "sub_layer_reserved_zero_33bits", i);
    } else {
      readReserved(r, 34, "sub_layer_reserved_zero_34bits", i);
    }
  } else if (isAnyOf(2)) {
    r.u(7, "sub_layer_reserved_zero_7bits", i);
    p.sub_layer_one_picture_only_constraint_flag = r.flag("sub_layer_one_picture_only_constraint_flag", i);
    readReserved(r, 35, "sub_layer_reserved_zero_35bits", i);
  } else {
    readReserved(r, 43, "sub_layer_reserved_zero_43bits", i);
  }
  if (isAnyOf(1, 2, 3, 4, 5, 9, 11)) p.sub_layer_inbld_flag = r.flag("sub_layer_inbld_flag", i);
  else r.u(1, "sub_layer_reserved_zero_bit", i);
  return p;
}

/** Reads an element of 33 to 48 bits that decoders ignore, in two parts of the same name. */
function readReserved(r: BitReader, n: number, name: string, i?: number): void {
  r.u(24, name, i);
  r.u(n - 24, name, i);
}

/**
 * 7.3.2.2.1 General sequence parameter set RBSP syntax, of a set with nuh_layer_id 0, up to rbsp_trailing_bits(), which
 * the caller reads.
 */
export function seq_parameter_set_rbsp(r: BitReader): SeqParameterSet {
  const sps = readSpsUntilVui(r);
  if (sps.vui_parameters_present_flag) {
    const vui = new VuiParameters();
    sps.vui_parameters = vui;
    r.tolerate(() => vui_parameters(r, vui, sps));
    if (r.flaw) return sps;
  }
  sps.sps_extension_present_flag = r.flag("sps_extension_present_flag");
  if (sps.sps_extension_present_flag) {
    sps.sps_range_extension_flag = r.flag("sps_range_extension_flag");
    sps.sps_multilayer_extension_flag = r.flag("sps_multilayer_extension_flag");
    sps.sps_3d_extension_flag = r.flag("sps_3d_extension_flag");
    sps.sps_scc_extension_flag = r.flag("sps_scc_extension_flag");
    sps.sps_extension_4bits = r.u(4, "sps_extension_4bits");
  }
  if (sps.sps_range_extension_flag) sps.sps_range_extension = sps_range_extension(r);
  r.tolerate(() => {
    if (sps.sps_multilayer_extension_flag) sps.sps_multilayer_extension = sps_multilayer_extension(r);
    if (sps.sps_3d_extension_flag) sps.sps_3d_extension = sps_3d_extension(r);
  });
  if (r.flaw) return sps;
  if (sps.sps_scc_extension_flag) sps.sps_scc_extension = sps_scc_extension(r, sps);
  if (sps.sps_extension_4bits) while (r.more_rbsp_data()) r.flag("sps_extension_data_flag");
  return sps;
}

/** The first part of 7.3.2.2.1, up to vui_parameters_present_flag. */
export function readSpsUntilVui(r: BitReader): SeqParameterSet {
  const sps = new SeqParameterSet();
  sps.sps_video_parameter_set_id = r.u(4, "sps_video_parameter_set_id");
  sps.sps_max_sub_layers_minus1 = r.uMax(3, 6, "sps_max_sub_layers_minus1");
  sps.sps_temporal_id_nesting_flag = r.flag("sps_temporal_id_nesting_flag");
  sps.profile_tier_level = profile_tier_level(r, sps.sps_max_sub_layers_minus1);
  sps.sps_seq_parameter_set_id = r.ue("sps_seq_parameter_set_id", 15);
  sps.chroma_format_idc = r.ue("chroma_format_idc", 3);
  if (sps.chroma_format_idc === 3) sps.separate_colour_plane_flag = r.flag("separate_colour_plane_flag");
  sps.pic_width_in_luma_samples = r.ue("pic_width_in_luma_samples", 0xffff);
  sps.pic_height_in_luma_samples = r.ue("pic_height_in_luma_samples", 0xffff);
  sps.conformance_window_flag = r.flag("conformance_window_flag");
  if (sps.conformance_window_flag) {
    sps.conf_win_left_offset = r.ue("conf_win_left_offset", 0xffff);
    sps.conf_win_right_offset = r.ue("conf_win_right_offset", 0xffff);
    sps.conf_win_top_offset = r.ue("conf_win_top_offset", 0xffff);
    sps.conf_win_bottom_offset = r.ue("conf_win_bottom_offset", 0xffff);
    checkConformanceWindow(r, sps);
  }
  sps.bit_depth_luma_minus8 = r.ue("bit_depth_luma_minus8", 8);
  sps.bit_depth_chroma_minus8 = r.ue("bit_depth_chroma_minus8", 8);
  sps.log2_max_pic_order_cnt_lsb_minus4 = r.ue("log2_max_pic_order_cnt_lsb_minus4", 12);
  sps.sps_sub_layer_ordering_info_present_flag = r.flag("sps_sub_layer_ordering_info_present_flag");
  const last = sps.sps_max_sub_layers_minus1;
  for (let i = sps.sps_sub_layer_ordering_info_present_flag ? 0 : last; i <= last; i++) {
    sps.sps_max_dec_pic_buffering_minus1[i] = r.ue("sps_max_dec_pic_buffering_minus1", 15, i);
    const most = sps.sps_max_dec_pic_buffering_minus1[i] as number;
    sps.sps_max_num_reorder_pics[i] = r.ue("sps_max_num_reorder_pics", most, i);
    sps.sps_max_latency_increase_plus1[i] = r.ue("sps_max_latency_increase_plus1", undefined, i);
  }
  inferLowerSubLayers(sps.sps_max_dec_pic_buffering_minus1, last);
  inferLowerSubLayers(sps.sps_max_num_reorder_pics, last);
  inferLowerSubLayers(sps.sps_max_latency_increase_plus1, last);
  sps.log2_min_luma_coding_block_size_minus3 = r.ue("log2_min_luma_coding_block_size_minus3", 3);
  const MinCbLog2SizeY = sps.log2_min_luma_coding_block_size_minus3 + 3;
  sps.log2_diff_max_min_luma_coding_block_size = r.ue("log2_diff_max_min_luma_coding_block_size", 6 - MinCbLog2SizeY);
  const CtbLog2SizeY = MinCbLog2SizeY + sps.log2_diff_max_min_luma_coding_block_size;
  checkBlockSizes(r, sps, MinCbLog2SizeY, CtbLog2SizeY);
  sps.log2_min_luma_transform_block_size_minus2 = r.ue("log2_min_luma_transform_block_size_minus2", MinCbLog2SizeY - 3);
  const MinTbLog2SizeY = sps.log2_min_luma_transform_block_size_minus2 + 2;
  sps.log2_diff_max_min_luma_transform_block_size = r.ue(
    "log2_diff_max_min_luma_transform_block_size",
    Math.min(CtbLog2SizeY, 5) - MinTbLog2SizeY,
  );
  sps.max_transform_hierarchy_depth_inter = r.ue("max_transform_hierarchy_depth_inter", CtbLog2SizeY - MinTbLog2SizeY);
  sps.max_transform_hierarchy_depth_intra = r.ue("max_transform_hierarchy_depth_intra", CtbLog2SizeY - MinTbLog2SizeY);
  sps.scaling_list_enabled_flag = r.flag("scaling_list_enabled_flag");
  if (sps.scaling_list_enabled_flag) {
    sps.sps_scaling_list_data_present_flag = r.flag("sps_scaling_list_data_present_flag");
    if (sps.sps_scaling_list_data_present_flag) sps.scaling_list_data = scaling_list_data(r);
  }
  sps.amp_enabled_flag = r.flag("amp_enabled_flag");
  sps.sample_adaptive_offset_enabled_flag = r.flag("sample_adaptive_offset_enabled_flag");
  sps.pcm_enabled_flag = r.flag("pcm_enabled_flag");
  if (sps.pcm_enabled_flag) {
    const mostLuma = sps.bit_depth_luma_minus8 + 7;
    sps.pcm_sample_bit_depth_luma_minus1 = r.uMax(4, mostLuma, "pcm_sample_bit_depth_luma_minus1");
    const mostChroma = sps.bit_depth_chroma_minus8 + 7;
    sps.pcm_sample_bit_depth_chroma_minus1 = r.uMax(4, mostChroma, "pcm_sample_bit_depth_chroma_minus1");
    const smallest = Math.min(MinCbLog2SizeY, 5);
    const largest = Math.min(CtbLog2SizeY, 5);
    sps.log2_min_pcm_luma_coding_block_size_minus3 = r.ue("log2_min_pcm_luma_coding_block_size_minus3", largest - 3);
    const Log2MinIpcmCbSizeY = sps.log2_min_pcm_luma_coding_block_size_minus3 + 3;
    if (Log2MinIpcmCbSizeY < smallest) {
      r.failAs(
        "value-out-of-range",
        `the value must be ${smallest - 3} or more`,
        0,
        "log2_min_pcm_luma_coding_block_size_minus3",
      );
    }
    sps.log2_diff_max_min_pcm_luma_coding_block_size = r.ue(
      "log2_diff_max_min_pcm_luma_coding_block_size",
      largest - Log2MinIpcmCbSizeY,
    );
    sps.pcm_loop_filter_disabled_flag = r.flag("pcm_loop_filter_disabled_flag");
  }
  sps.num_short_term_ref_pic_sets = r.ue("num_short_term_ref_pic_sets", 64);
  for (let i = 0; i < sps.num_short_term_ref_pic_sets; i++) sps.st_ref_pic_set[i] = st_ref_pic_set(r, i, sps);
  sps.long_term_ref_pics_present_flag = r.flag("long_term_ref_pics_present_flag");
  if (sps.long_term_ref_pics_present_flag) {
    sps.num_long_term_ref_pics_sps = r.ue("num_long_term_ref_pics_sps", 32);
    for (let i = 0; i < sps.num_long_term_ref_pics_sps; i++) {
      sps.lt_ref_pic_poc_lsb_sps[i] = r.u(sps.log2_max_pic_order_cnt_lsb_minus4 + 4, "lt_ref_pic_poc_lsb_sps", i);
      sps.used_by_curr_pic_lt_sps_flag[i] = r.flag("used_by_curr_pic_lt_sps_flag", i);
    }
  }
  sps.sps_temporal_mvp_enabled_flag = r.flag("sps_temporal_mvp_enabled_flag");
  sps.strong_intra_smoothing_enabled_flag = r.flag("strong_intra_smoothing_enabled_flag");
  sps.vui_parameters_present_flag = r.flag("vui_parameters_present_flag");
  return sps;
}

/** 7.4.3.2.1: checks that the conformance window leaves at least one sample. */
function checkConformanceWindow(r: BitReader, sps: SeqParameterSet): void {
  const { width, height } = visibleRectangle(sps);
  if (width <= 0 || height <= 0) r.fail(`the window is ${width}x${height} samples`, 0, "conf_win_bottom_offset");
}

/** 7.4.3.2.1: checks that a picture consists of whole coding blocks. A.3: coding tree blocks have 16 to 64 samples. */
function checkBlockSizes(r: BitReader, sps: SeqParameterSet, MinCbLog2SizeY: number, CtbLog2SizeY: number): void {
  if (CtbLog2SizeY < 4)
    r.fail("coding tree blocks have 8x8 samples; 16x16 is the least", 0, "log2_diff_max_min_luma_coding_block_size");
  const isUnaligned = (size: number) => size === 0 || size % 2 ** MinCbLog2SizeY !== 0;
  if (isUnaligned(sps.pic_width_in_luma_samples) || isUnaligned(sps.pic_height_in_luma_samples)) {
    const size = `${sps.pic_width_in_luma_samples}x${sps.pic_height_in_luma_samples}`;
    r.fail(`${size} is not a multiple of ${2 ** MinCbLog2SizeY}`, 0, "pic_height_in_luma_samples");
  }
}

/** PicSizeInCtbsY (7-19). */
function picSizeInCtbs(sps: SeqParameterSet): number {
  return picWidthInCtbs(sps) * picHeightInCtbs(sps);
}

/** 7.3.2.2.2 Sequence parameter set range extension syntax. */
export function sps_range_extension(r: BitReader): SpsRangeExtension {
  const ext = new SpsRangeExtension();
  ext.transform_skip_rotation_enabled_flag = r.flag("transform_skip_rotation_enabled_flag");
  ext.transform_skip_context_enabled_flag = r.flag("transform_skip_context_enabled_flag");
  ext.implicit_rdpcm_enabled_flag = r.flag("implicit_rdpcm_enabled_flag");
  ext.explicit_rdpcm_enabled_flag = r.flag("explicit_rdpcm_enabled_flag");
  ext.extended_precision_processing_flag = r.flag("extended_precision_processing_flag");
  ext.intra_smoothing_disabled_flag = r.flag("intra_smoothing_disabled_flag");
  ext.high_precision_offsets_enabled_flag = r.flag("high_precision_offsets_enabled_flag");
  ext.persistent_rice_adaptation_enabled_flag = r.flag("persistent_rice_adaptation_enabled_flag");
  ext.cabac_bypass_alignment_enabled_flag = r.flag("cabac_bypass_alignment_enabled_flag");
  return ext;
}

/** F.7.3.2.2.4 Sequence parameter set multilayer extension syntax. */
export function sps_multilayer_extension(r: BitReader): SpsMultilayerExtension {
  const ext = new SpsMultilayerExtension();
  ext.inter_view_mv_vert_constraint_flag = r.flag("inter_view_mv_vert_constraint_flag");
  return ext;
}

/** I.7.3.2.2.5 Sequence parameter set 3D extension syntax. */
export function sps_3d_extension(r: BitReader): Sps3dExtension {
  const ext = new Sps3dExtension();
  for (let d = 0; d <= 1; d++) {
    ext.iv_di_mc_enabled_flag[d] = r.flag("iv_di_mc_enabled_flag", d);
    ext.iv_mv_scal_enabled_flag[d] = r.flag("iv_mv_scal_enabled_flag", d);
    if (d === 0) {
      ext.log2_ivmc_sub_pb_size_minus3[d] = r.ue("log2_ivmc_sub_pb_size_minus3", 3, d);
      ext.iv_res_pred_enabled_flag[d] = r.flag("iv_res_pred_enabled_flag", d);
      ext.depth_ref_enabled_flag[d] = r.flag("depth_ref_enabled_flag", d);
      ext.vsp_mc_enabled_flag[d] = r.flag("vsp_mc_enabled_flag", d);
      ext.dbbp_enabled_flag[d] = r.flag("dbbp_enabled_flag", d);
    } else {
      ext.tex_mc_enabled_flag[d] = r.flag("tex_mc_enabled_flag", d);
      ext.log2_texmc_sub_pb_size_minus3[d] = r.ue("log2_texmc_sub_pb_size_minus3", 3, d);
      ext.intra_contour_enabled_flag[d] = r.flag("intra_contour_enabled_flag", d);
      ext.intra_dc_only_wedge_enabled_flag[d] = r.flag("intra_dc_only_wedge_enabled_flag", d);
      ext.cqt_cu_part_pred_enabled_flag[d] = r.flag("cqt_cu_part_pred_enabled_flag", d);
      ext.inter_dc_only_enabled_flag[d] = r.flag("inter_dc_only_enabled_flag", d);
      ext.skip_intra_enabled_flag[d] = r.flag("skip_intra_enabled_flag", d);
    }
  }
  return ext;
}

/** 7.3.2.2.3 Sequence parameter set screen content coding extension syntax. */
export function sps_scc_extension(r: BitReader, sps: SeqParameterSet): SpsSccExtension {
  const ext = new SpsSccExtension();
  ext.sps_curr_pic_ref_enabled_flag = r.flag("sps_curr_pic_ref_enabled_flag");
  ext.palette_mode_enabled_flag = r.flag("palette_mode_enabled_flag");
  if (ext.palette_mode_enabled_flag) {
    // PaletteMaxPredictorSize, their sum, is at most 128 (A.3.7).
    ext.palette_max_size = r.ue("palette_max_size", 64);
    ext.delta_palette_max_predictor_size = r.ue("delta_palette_max_predictor_size", 128 - ext.palette_max_size);
    ext.sps_palette_predictor_initializers_present_flag = r.flag("sps_palette_predictor_initializers_present_flag");
    if (ext.sps_palette_predictor_initializers_present_flag) {
      const PaletteMaxPredictorSize = ext.palette_max_size + ext.delta_palette_max_predictor_size;
      const most = Math.max(0, PaletteMaxPredictorSize - 1);
      ext.sps_num_palette_predictor_initializers_minus1 = r.ue("sps_num_palette_predictor_initializers_minus1", most);
      const numComps = sps.chroma_format_idc === 0 ? 1 : 3;
      for (let comp = 0; comp < numComps; comp++) {
        const sps_palette_predictor_initializer: number[] = [];
        ext.sps_palette_predictor_initializer[comp] = sps_palette_predictor_initializer;
        const n = 8 + (comp === 0 ? sps.bit_depth_luma_minus8 : sps.bit_depth_chroma_minus8);
        for (let i = 0; i <= ext.sps_num_palette_predictor_initializers_minus1; i++) {
          sps_palette_predictor_initializer[i] = r.u(n, "sps_palette_predictor_initializer", comp, i);
        }
      }
    }
  }
  ext.motion_vector_resolution_control_idc = r.uMax(2, 2, "motion_vector_resolution_control_idc");
  ext.intra_boundary_filtering_disabled_flag = r.flag("intra_boundary_filtering_disabled_flag");
  return ext;
}

/**
 * 7.3.2.3.1 General picture parameter set RBSP syntax, up to rbsp_trailing_bits(), which the caller reads. Ranges that depend
 * on the SPS are the widest that any SPS allows; `checkPicParameterSet` checks them against the SPS.
 */
export function pic_parameter_set_rbsp(r: BitReader): PicParameterSet {
  const pps = new PicParameterSet();
  pps.pps_pic_parameter_set_id = r.ue("pps_pic_parameter_set_id", 63);
  pps.pps_seq_parameter_set_id = r.ue("pps_seq_parameter_set_id", 15);
  pps.dependent_slice_segments_enabled_flag = r.flag("dependent_slice_segments_enabled_flag");
  pps.output_flag_present_flag = r.flag("output_flag_present_flag");
  pps.num_extra_slice_header_bits = r.u(3, "num_extra_slice_header_bits");
  pps.sign_data_hiding_enabled_flag = r.flag("sign_data_hiding_enabled_flag");
  pps.cabac_init_present_flag = r.flag("cabac_init_present_flag");
  pps.num_ref_idx_l0_default_active_minus1 = r.ue("num_ref_idx_l0_default_active_minus1", 14);
  pps.num_ref_idx_l1_default_active_minus1 = r.ue("num_ref_idx_l1_default_active_minus1", 14);
  pps.init_qp_minus26 = r.se("init_qp_minus26", -(26 + 48), 25);
  pps.constrained_intra_pred_flag = r.flag("constrained_intra_pred_flag");
  pps.transform_skip_enabled_flag = r.flag("transform_skip_enabled_flag");
  pps.cu_qp_delta_enabled_flag = r.flag("cu_qp_delta_enabled_flag");
  if (pps.cu_qp_delta_enabled_flag) pps.diff_cu_qp_delta_depth = r.ue("diff_cu_qp_delta_depth", 3);
  pps.pps_cb_qp_offset = r.se("pps_cb_qp_offset", -12, 12);
  pps.pps_cr_qp_offset = r.se("pps_cr_qp_offset", -12, 12);
  pps.pps_slice_chroma_qp_offsets_present_flag = r.flag("pps_slice_chroma_qp_offsets_present_flag");
  pps.weighted_pred_flag = r.flag("weighted_pred_flag");
  pps.weighted_bipred_flag = r.flag("weighted_bipred_flag");
  pps.transquant_bypass_enabled_flag = r.flag("transquant_bypass_enabled_flag");
  pps.tiles_enabled_flag = r.flag("tiles_enabled_flag");
  pps.entropy_coding_sync_enabled_flag = r.flag("entropy_coding_sync_enabled_flag");
  if (pps.tiles_enabled_flag) {
    // The widest picture has 4096 columns of the smallest coding tree blocks.
    pps.num_tile_columns_minus1 = r.ue("num_tile_columns_minus1", 4095);
    pps.num_tile_rows_minus1 = r.ue("num_tile_rows_minus1", 4095);
    pps.uniform_spacing_flag = r.flag("uniform_spacing_flag");
    if (!pps.uniform_spacing_flag) {
      for (let i = 0; i < pps.num_tile_columns_minus1; i++) {
        pps.column_width_minus1[i] = r.ue("column_width_minus1", 4095, i);
      }
      for (let i = 0; i < pps.num_tile_rows_minus1; i++) {
        pps.row_height_minus1[i] = r.ue("row_height_minus1", 4095, i);
      }
    }
    pps.loop_filter_across_tiles_enabled_flag = r.flag("loop_filter_across_tiles_enabled_flag");
  }
  pps.pps_loop_filter_across_slices_enabled_flag = r.flag("pps_loop_filter_across_slices_enabled_flag");
  pps.deblocking_filter_control_present_flag = r.flag("deblocking_filter_control_present_flag");
  if (pps.deblocking_filter_control_present_flag) {
    pps.deblocking_filter_override_enabled_flag = r.flag("deblocking_filter_override_enabled_flag");
    pps.pps_deblocking_filter_disabled_flag = r.flag("pps_deblocking_filter_disabled_flag");
    if (!pps.pps_deblocking_filter_disabled_flag) {
      pps.pps_beta_offset_div2 = r.se("pps_beta_offset_div2", -6, 6);
      pps.pps_tc_offset_div2 = r.se("pps_tc_offset_div2", -6, 6);
    }
  }
  pps.pps_scaling_list_data_present_flag = r.flag("pps_scaling_list_data_present_flag");
  if (pps.pps_scaling_list_data_present_flag) pps.scaling_list_data = scaling_list_data(r);
  pps.lists_modification_present_flag = r.flag("lists_modification_present_flag");
  pps.log2_parallel_merge_level_minus2 = r.ue("log2_parallel_merge_level_minus2", 4);
  pps.slice_segment_header_extension_present_flag = r.flag("slice_segment_header_extension_present_flag");
  pps.pps_extension_present_flag = r.flag("pps_extension_present_flag");
  if (pps.pps_extension_present_flag) {
    pps.pps_range_extension_flag = r.flag("pps_range_extension_flag");
    pps.pps_multilayer_extension_flag = r.flag("pps_multilayer_extension_flag");
    pps.pps_3d_extension_flag = r.flag("pps_3d_extension_flag");
    pps.pps_scc_extension_flag = r.flag("pps_scc_extension_flag");
    pps.pps_extension_4bits = r.u(4, "pps_extension_4bits");
  }
  if (pps.pps_range_extension_flag) pps.pps_range_extension = pps_range_extension(r, pps);
  r.tolerate(() => {
    if (pps.pps_multilayer_extension_flag) pps.pps_multilayer_extension = pps_multilayer_extension(r);
    if (pps.pps_3d_extension_flag) pps.pps_3d_extension = pps_3d_extension(r);
  });
  if (r.flaw) return pps;
  if (pps.pps_scc_extension_flag) pps.pps_scc_extension = pps_scc_extension(r);
  if (pps.pps_extension_4bits) while (r.more_rbsp_data()) r.flag("pps_extension_data_flag");
  return pps;
}

/** 7.3.2.3.2 Picture parameter set range extension syntax. */
export function pps_range_extension(r: BitReader, pps: PicParameterSet): PpsRangeExtension {
  const ext = new PpsRangeExtension();
  if (pps.transform_skip_enabled_flag) {
    ext.log2_max_transform_skip_block_size_minus2 = r.ue("log2_max_transform_skip_block_size_minus2", 3);
  }
  ext.cross_component_prediction_enabled_flag = r.flag("cross_component_prediction_enabled_flag");
  ext.chroma_qp_offset_list_enabled_flag = r.flag("chroma_qp_offset_list_enabled_flag");
  if (ext.chroma_qp_offset_list_enabled_flag) {
    ext.diff_cu_chroma_qp_offset_depth = r.ue("diff_cu_chroma_qp_offset_depth", 3);
    ext.chroma_qp_offset_list_len_minus1 = r.ue("chroma_qp_offset_list_len_minus1", 5);
    for (let i = 0; i <= ext.chroma_qp_offset_list_len_minus1; i++) {
      ext.cb_qp_offset_list[i] = r.se("cb_qp_offset_list", -12, 12, i);
      ext.cr_qp_offset_list[i] = r.se("cr_qp_offset_list", -12, 12, i);
    }
  }
  ext.log2_sao_offset_scale_luma = r.ue("log2_sao_offset_scale_luma", 6);
  ext.log2_sao_offset_scale_chroma = r.ue("log2_sao_offset_scale_chroma", 6);
  return ext;
}

/** F.7.3.2.3.4 Picture parameter set multilayer extension syntax. The offsets in its loop are read and not kept. */
export function pps_multilayer_extension(r: BitReader): PpsMultilayerExtension {
  const ext = new PpsMultilayerExtension();
  ext.poc_reset_info_present_flag = r.flag("poc_reset_info_present_flag");
  ext.pps_infer_scaling_list_flag = r.flag("pps_infer_scaling_list_flag");
  if (ext.pps_infer_scaling_list_flag) {
    ext.pps_scaling_list_ref_layer_id = r.u(6, "pps_scaling_list_ref_layer_id");
  }
  ext.num_ref_loc_offsets = r.ue("num_ref_loc_offsets", 62);
  for (let i = 0; i < ext.num_ref_loc_offsets; i++) {
    const ref_loc_offset_layer_id = r.u(6, "ref_loc_offset_layer_id", i);
    const readOffset = (name: string) => r.se(name, -(2 ** 14), 2 ** 14 - 1, ref_loc_offset_layer_id);
    if (r.flag("scaled_ref_layer_offset_present_flag", i)) {
      readOffset("scaled_ref_layer_left_offset");
      readOffset("scaled_ref_layer_top_offset");
      readOffset("scaled_ref_layer_right_offset");
      readOffset("scaled_ref_layer_bottom_offset");
    }
    if (r.flag("ref_region_offset_present_flag", i)) {
      readOffset("ref_region_left_offset");
      readOffset("ref_region_top_offset");
      readOffset("ref_region_right_offset");
      readOffset("ref_region_bottom_offset");
    }
    if (r.flag("resample_phase_set_present_flag", i)) {
      r.ue("phase_hor_luma", 31, ref_loc_offset_layer_id);
      r.ue("phase_ver_luma", 31, ref_loc_offset_layer_id);
      r.ue("phase_hor_chroma_plus8", 63, ref_loc_offset_layer_id);
      r.ue("phase_ver_chroma_plus8", 63, ref_loc_offset_layer_id);
    }
  }
  ext.colour_mapping_enabled_flag = r.flag("colour_mapping_enabled_flag");
  if (ext.colour_mapping_enabled_flag) colour_mapping_table(r);
  return ext;
}

/** F.7.3.2.3.5 General colour mapping table syntax. The elements are read and not kept. */
function colour_mapping_table(r: BitReader): void {
  const num_cm_ref_layers_minus1 = r.ue("num_cm_ref_layers_minus1", 61);
  for (let i = 0; i <= num_cm_ref_layers_minus1; i++) r.u(6, "cm_ref_layer_id", i);
  const cm_octant_depth = r.u(2, "cm_octant_depth");
  const cm_y_part_num_log2 = r.u(2, "cm_y_part_num_log2");
  const luma_bit_depth_cm_input_minus8 = r.ue("luma_bit_depth_cm_input_minus8", 8);
  r.ue("chroma_bit_depth_cm_input_minus8", 8);
  const luma_bit_depth_cm_output_minus8 = r.ue("luma_bit_depth_cm_output_minus8", 8);
  r.ue("chroma_bit_depth_cm_output_minus8", 8);
  const cm_res_quant_bits = r.u(2, "cm_res_quant_bits");
  const cm_delta_flc_bits_minus1 = r.u(2, "cm_delta_flc_bits_minus1");
  if (cm_octant_depth === 1) {
    r.se("cm_adapt_threshold_u_delta", -32768, 32767);
    r.se("cm_adapt_threshold_v_delta", -32768, 32767);
  }
  const depths = luma_bit_depth_cm_input_minus8 - luma_bit_depth_cm_output_minus8;
  const CMResLSBits = Math.max(0, 10 + depths - cm_res_quant_bits - (cm_delta_flc_bits_minus1 + 1));
  colour_mapping_octants(r, cm_octant_depth, 2 ** cm_y_part_num_log2, CMResLSBits);
}

/** F.7.3.2.3.6 Colour mapping octants syntax. `depth` is the number of splits that cm_octant_depth still allows. */
function colour_mapping_octants(r: BitReader, depth: number, PartNumY: number, CMResLSBits: number): void {
  const split_octant_flag = depth > 0 ? r.flag("split_octant_flag") : 0;
  if (split_octant_flag) {
    for (let octant = 0; octant < 8; octant++) colour_mapping_octants(r, depth - 1, PartNumY, CMResLSBits);
    return;
  }
  for (let i = 0; i < PartNumY; i++) {
    for (let j = 0; j < 4; j++) {
      if (!r.flag("coded_res_flag", i, j)) continue;
      for (let c = 0; c < 3; c++) {
        const res_coeff_q = r.ue("res_coeff_q", undefined, i, j, c);
        const res_coeff_r = r.u(CMResLSBits, "res_coeff_r", j, c);
        if (res_coeff_q || res_coeff_r) r.flag("res_coeff_s", j, c);
      }
    }
  }
}

/** I.7.3.2.3.7 Picture parameter set 3D extension syntax. */
export function pps_3d_extension(r: BitReader): Pps3dExtension {
  const ext = new Pps3dExtension();
  ext.dlts_present_flag = r.flag("dlts_present_flag");
  if (!ext.dlts_present_flag) return ext;
  ext.pps_depth_layers_minus1 = r.u(6, "pps_depth_layers_minus1");
  ext.pps_bit_depth_for_depth_layers_minus8 = r.u(4, "pps_bit_depth_for_depth_layers_minus8");
  const depth = ext.pps_bit_depth_for_depth_layers_minus8 + 8;
  for (let i = 0; i <= ext.pps_depth_layers_minus1; i++) {
    if (!r.flag("dlt_flag", i)) continue;
    const dlt_pred_flag = r.flag("dlt_pred_flag", i);
    const dlt_val_flags_present_flag = dlt_pred_flag ? 0 : r.flag("dlt_val_flags_present_flag", i);
    if (dlt_val_flags_present_flag) for (let j = 0; j < 2 ** depth; j++) r.flag("dlt_value_flag", i, j);
    else delta_dlt(r, depth);
  }
  return ext;
}

/** I.7.3.2.3.8 Delta depth look-up table syntax. The elements are read and not kept. */
function delta_dlt(r: BitReader, depth: number): void {
  const num_val_delta_dlt = r.u(depth, "num_val_delta_dlt");
  if (num_val_delta_dlt === 0) return;
  const max_diff = num_val_delta_dlt > 1 ? r.u(depth, "max_diff") : 0;
  let min_diff_minus1 = max_diff - 1;
  const bits = ceilLog2(max_diff + 1);
  if (num_val_delta_dlt > 2 && max_diff > 0) min_diff_minus1 = r.u(bits, "min_diff_minus1");
  r.u(depth, "delta_dlt_val0");
  const range = max_diff - (min_diff_minus1 + 1);
  if (range > 0) for (let k = 1; k < num_val_delta_dlt; k++) r.u(ceilLog2(range + 1), "delta_val_diff_minus_min", k);
}

/** 7.3.2.3.3 Picture parameter set screen content coding extension syntax. */
export function pps_scc_extension(r: BitReader): PpsSccExtension {
  const ext = new PpsSccExtension();
  ext.pps_curr_pic_ref_enabled_flag = r.flag("pps_curr_pic_ref_enabled_flag");
  ext.residual_adaptive_colour_transform_enabled_flag = r.flag("residual_adaptive_colour_transform_enabled_flag");
  if (ext.residual_adaptive_colour_transform_enabled_flag) {
    ext.pps_slice_act_qp_offsets_present_flag = r.flag("pps_slice_act_qp_offsets_present_flag");
    ext.pps_act_y_qp_offset_plus5 = r.se("pps_act_y_qp_offset_plus5", -7, 17);
    ext.pps_act_cb_qp_offset_plus5 = r.se("pps_act_cb_qp_offset_plus5", -7, 17);
    ext.pps_act_cr_qp_offset_plus3 = r.se("pps_act_cr_qp_offset_plus3", -9, 15);
  }
  ext.pps_palette_predictor_initializers_present_flag = r.flag("pps_palette_predictor_initializers_present_flag");
  if (!ext.pps_palette_predictor_initializers_present_flag) return ext;
  ext.pps_num_palette_predictor_initializers = r.ue("pps_num_palette_predictor_initializers", 128);
  if (ext.pps_num_palette_predictor_initializers === 0) return ext;
  ext.monochrome_palette_flag = r.flag("monochrome_palette_flag");
  ext.luma_bit_depth_entry_minus8 = r.ue("luma_bit_depth_entry_minus8", 8);
  if (!ext.monochrome_palette_flag) {
    ext.chroma_bit_depth_entry_minus8 = r.ue("chroma_bit_depth_entry_minus8", 8);
  }
  const numComps = ext.monochrome_palette_flag ? 1 : 3;
  for (let comp = 0; comp < numComps; comp++) {
    const pps_palette_predictor_initializer: number[] = [];
    ext.pps_palette_predictor_initializer[comp] = pps_palette_predictor_initializer;
    const n = 8 + (comp === 0 ? ext.luma_bit_depth_entry_minus8 : ext.chroma_bit_depth_entry_minus8);
    for (let i = 0; i < ext.pps_num_palette_predictor_initializers; i++) {
      pps_palette_predictor_initializer[i] = r.u(n, "pps_palette_predictor_initializer", comp, i);
    }
  }
  return ext;
}

/**
 * 7.4.3.3: checks the ranges of a PPS that depend on its SPS. The check must wait until a picture activates them, because
 * either may be sent again before that.
 *
 * @throws BitstreamError where an element of the PPS is out of its range.
 */
export function checkPicParameterSet({ sps, pps }: ParameterSets): void {
  const most = (value: number, max: number, element: string) => {
    if (value > max)
      throw new BitstreamError("set-mismatch", `${value} is not in the range 0..${max} of the SPS`, { element });
  };
  const PicWidthInCtbsY = picWidthInCtbs(sps);
  const PicHeightInCtbsY = picHeightInCtbs(sps);
  const lowestQp = -(26 + 6 * sps.bit_depth_luma_minus8);
  if (pps.init_qp_minus26 < lowestQp) {
    const reason = `${pps.init_qp_minus26} is below ${lowestQp}, the least that the SPS allows`;
    throw new BitstreamError("set-mismatch", reason, { element: "init_qp_minus26" });
  }
  const diff = sps.log2_diff_max_min_luma_coding_block_size;
  most(pps.diff_cu_qp_delta_depth, diff, "diff_cu_qp_delta_depth");
  most(pps.num_tile_columns_minus1, PicWidthInCtbsY - 1, "num_tile_columns_minus1");
  most(pps.num_tile_rows_minus1, PicHeightInCtbsY - 1, "num_tile_rows_minus1");
  const sum = (sizesMinus1: readonly number[]) => sizesMinus1.reduce((total, size) => total + size + 1, 0);
  most(sum(pps.column_width_minus1), PicWidthInCtbsY - 1, "column_width_minus1");
  most(sum(pps.row_height_minus1), PicHeightInCtbsY - 1, "row_height_minus1");
  most(pps.log2_parallel_merge_level_minus2, ctbLog2Size(sps) - 2, "log2_parallel_merge_level_minus2");
  const range = pps.pps_range_extension;
  if (range === null) return;
  const MaxTbLog2SizeY =
    sps.log2_min_luma_transform_block_size_minus2 + 2 + sps.log2_diff_max_min_luma_transform_block_size;
  const skip = range.log2_max_transform_skip_block_size_minus2;
  most(skip, MaxTbLog2SizeY - 2, "log2_max_transform_skip_block_size_minus2");
  most(range.diff_cu_chroma_qp_offset_depth, diff, "diff_cu_chroma_qp_offset_depth");
  const saoMax = (bit_depth_minus8: number) => Math.max(0, bit_depth_minus8 - 2);
  most(range.log2_sao_offset_scale_luma, saoMax(sps.bit_depth_luma_minus8), "log2_sao_offset_scale_luma");
  most(range.log2_sao_offset_scale_chroma, saoMax(sps.bit_depth_chroma_minus8), "log2_sao_offset_scale_chroma");
}

/** 7.3.4 Scaling list data syntax. A factor 0, which 7.4.5 forbids, is passed on to the decoder. */
export function scaling_list_data(r: BitReader): ScalingListData {
  const data = new ScalingListData();
  for (let sizeId = 0; sizeId < 4; sizeId++) {
    const predModeFlags = data.scaling_list_pred_mode_flag[sizeId] as number[];
    const matrixIdDeltas = data.scaling_list_pred_matrix_id_delta[sizeId] as number[];
    const lists = data.ScalingList[sizeId] as (Uint8Array | null)[];
    const step = sizeId === 3 ? 3 : 1;
    for (let matrixId = 0; matrixId < 6; matrixId += step) {
      const scaling_list_pred_mode_flag = r.flag("scaling_list_pred_mode_flag", sizeId, matrixId);
      predModeFlags[matrixId] = scaling_list_pred_mode_flag;
      lists[matrixId] = null;
      if (!scaling_list_pred_mode_flag) {
        const most = matrixId / step;
        const scaling_list_pred_matrix_id_delta = r.ue("scaling_list_pred_matrix_id_delta", most, sizeId, matrixId);
        matrixIdDeltas[matrixId] = scaling_list_pred_matrix_id_delta;
        continue;
      }
      let nextCoef = 8;
      const coefNum = Math.min(64, 1 << (4 + (sizeId << 1)));
      if (sizeId > 1) {
        const scaling_list_dc_coef_minus8 = r.se("scaling_list_dc_coef_minus8", -7, 247, sizeId - 2, matrixId);
        (data.scaling_list_dc_coef_minus8[sizeId - 2] as number[])[matrixId] = scaling_list_dc_coef_minus8;
        nextCoef = scaling_list_dc_coef_minus8 + 8;
      }
      const ScalingList = new Uint8Array(coefNum);
      for (let i = 0; i < coefNum; i++) {
        const scaling_list_delta_coef = r.se("scaling_list_delta_coef", -128, 127, sizeId, matrixId, i);
        nextCoef = (nextCoef + scaling_list_delta_coef + 256) % 256;
        ScalingList[i] = nextCoef;
      }
      lists[matrixId] = ScalingList;
    }
  }
  return data;
}

/**
 * 7.3.2.4 Supplemental enhancement information RBSP syntax. `take` is called with each message as soon as it has been read.
 * `sets` are the active sets, as far as they are known.
 */
export function sei_rbsp(
  r: BitReader,
  nal: NalUnitHeader,
  sets: SeiParameterSets,
  take: (message: SeiMessage) => void,
): void {
  r.tolerate(() => {
    do take(sei_message(r, nal, sets));
    while (r.more_rbsp_data());
  });
  if (r.flaw) throw r.flaw;
  r.rbsp_trailing_bits();
}

/** What the syntax of SEI messages depends on. */
export interface SeiParameterSets {
  readonly sps: SeqParameterSet | null;
  readonly vps: VideoParameterSet | null;
}

/** 7.3.5 Supplemental enhancement information message syntax. An error in a payload is the reader's flaw: payloadSize leads on. */
export function sei_message(r: BitReader, nal: NalUnitHeader, sets: SeiParameterSets): SeiMessage {
  const sei = new SeiMessage();
  sei.payloadType = readExtendedByte(r, "last_payload_type_byte");
  sei.payloadSize = readExtendedByte(r, "last_payload_size_byte");
  const end = r.position + 8 * sei.payloadSize;
  if (nal.nal_unit_type === PREFIX_SEI_NUT) r.tolerate(() => sei_payload(r, sei, sets), end);
  if (sei.payload === null) {
    r.u((end - r.position) % 8, "sei_payload_byte");
    for (let i = 0; r.position < end; i++) r.b("sei_payload_byte", i);
    return sei;
  }
  // D.2.1: a later edition may append bits to a payload. They end before the payload's last 1 bit.
  while (r.position < end) {
    const left = end - r.position;
    if (left <= 8 && r.nextByte() >> (8 - left) === 1 << (left - 1)) {
      r.f(1, 1, "payload_bit_equal_to_one");
      while (r.position < end) r.f(1, 0, "payload_bit_equal_to_zero");
    } else {
      r.u(1, "reserved_payload_extension_data");
    }
  }
  return sei;
}

/** D.2.1 General SEI message syntax, for the payloads of prefix SEI that decoding or output needs. */
function sei_payload(r: BitReader, sei: SeiMessage, { sps, vps }: SeiParameterSets): void {
  if (sei.payloadType === 1 && sps !== null && sei.payloadSize > 0) sei.payload = pic_timing(r, { sps, vps });
  else if (sei.payloadType === 6) sei.payload = recovery_point(r);
  else if (sei.payloadType === 129) sei.payload = active_parameter_sets(r, vps);
}

/** D.2.3 Picture timing SEI message syntax. The HRD parameters are those of the SPS, else the first of the VPS. */
function pic_timing(r: BitReader, { sps, vps }: ParameterSetsOfSei): PicTiming {
  const sei = new PicTiming();
  const vui = sps.vui_parameters;
  if (vui?.frame_field_info_present_flag) {
    sei.pic_struct = r.uMax(4, 12, "pic_struct");
    sei.source_scan_type = r.u(2, "source_scan_type");
    sei.duplicate_flag = r.flag("duplicate_flag");
  }
  const hrd = vui?.hrd_parameters ?? vps?.hrd_parameters[0];
  // CpbDpbDelaysPresentFlag (E.3.2).
  if (!hrd || !(hrd.nal_hrd_parameters_present_flag || hrd.vcl_hrd_parameters_present_flag)) return sei;
  sei.au_cpb_removal_delay_minus1 = r.u(hrd.au_cpb_removal_delay_length_minus1 + 1, "au_cpb_removal_delay_minus1");
  sei.pic_dpb_output_delay = r.u(hrd.dpb_output_delay_length_minus1 + 1, "pic_dpb_output_delay");
  if (!hrd.sub_pic_hrd_params_present_flag) return sei;
  sei.pic_dpb_output_du_delay = r.u(hrd.dpb_output_delay_du_length_minus1 + 1, "pic_dpb_output_du_delay");
  if (!hrd.sub_pic_cpb_params_in_pic_timing_sei_flag) return sei;
  const length = hrd.du_cpb_removal_delay_increment_length_minus1 + 1;
  sei.num_decoding_units_minus1 = r.ue("num_decoding_units_minus1", picSizeInCtbs(sps) - 1);
  sei.du_common_cpb_removal_delay_flag = r.flag("du_common_cpb_removal_delay_flag");
  if (sei.du_common_cpb_removal_delay_flag) {
    sei.du_common_cpb_removal_delay_increment_minus1 = r.u(length, "du_common_cpb_removal_delay_increment_minus1");
  }
  for (let i = 0; i <= sei.num_decoding_units_minus1; i++) {
    sei.num_nalus_in_du_minus1[i] = r.ue("num_nalus_in_du_minus1", undefined, i);
    if (!sei.du_common_cpb_removal_delay_flag && i < sei.num_decoding_units_minus1) {
      sei.du_cpb_removal_delay_increment_minus1[i] = r.u(length, "du_cpb_removal_delay_increment_minus1", i);
    }
  }
  return sei;
}

interface ParameterSetsOfSei extends SeiParameterSets {
  readonly sps: SeqParameterSet;
}

/** D.2.8 Recovery point SEI message syntax. */
function recovery_point(r: BitReader): RecoveryPoint {
  const sei = new RecoveryPoint();
  sei.recovery_poc_cnt = r.se("recovery_poc_cnt", -(2 ** 15), 2 ** 15 - 1);
  sei.exact_match_flag = r.flag("exact_match_flag");
  sei.broken_link_flag = r.flag("broken_link_flag");
  return sei;
}

/** D.2.21 Active parameter sets SEI message syntax. */
function active_parameter_sets(r: BitReader, vps: VideoParameterSet | null): ActiveParameterSets {
  const sei = new ActiveParameterSets();
  sei.active_video_parameter_set_id = r.u(4, "active_video_parameter_set_id");
  sei.self_contained_cvs_flag = r.flag("self_contained_cvs_flag");
  sei.no_parameter_set_update_flag = r.flag("no_parameter_set_update_flag");
  sei.num_sps_ids_minus1 = r.ue("num_sps_ids_minus1", 15);
  for (let i = 0; i <= sei.num_sps_ids_minus1; i++) {
    sei.active_seq_parameter_set_id[i] = r.ue("active_seq_parameter_set_id", 15, i);
  }
  const MaxLayersMinus1 = Math.min(62, vps?.vps_max_layers_minus1 ?? 0);
  for (let i = vps?.vps_base_layer_internal_flag ?? 1; i <= MaxLayersMinus1; i++) {
    sei.layer_sps_idx[i] = r.ue("layer_sps_idx", sei.num_sps_ids_minus1, i);
  }
  return sei;
}

/** 7.3.2.5 Access unit delimiter RBSP syntax. */
export function access_unit_delimiter_rbsp(r: BitReader): AccessUnitDelimiter {
  const aud = new AccessUnitDelimiter();
  aud.pic_type = r.u(3, "pic_type");
  r.rbsp_trailing_bits();
  return aud;
}

/** 7.3.2.8 Filler data RBSP syntax. */
export function filler_data_rbsp(r: BitReader): void {
  while (r.nextByte() === 0xff) r.f(8, 0xff, "ff_byte");
  r.rbsp_trailing_bits();
}

/** Finds the parameter sets for a slice_pic_parameter_set_id. @throws BitstreamError where a set is missing. */
export type FindParameterSets = (slice_pic_parameter_set_id: number) => ParameterSets;

/** A slice segment header, and the parameter sets that it was read with. */
export interface ReadSliceSegmentHeader {
  readonly h: SliceSegmentHeader;
  readonly sets: ParameterSets;
}

/**
 * 7.3.6.1 General slice segment header syntax, with the byte_alignment() that follows it. For a dependent slice segment,
 * `independent` is the header of the last independent slice segment before it.
 */
export function slice_segment_header(
  r: BitReader,
  nal: NalUnitHeader,
  find: FindParameterSets,
  independent: SliceSegmentHeader | null,
): ReadSliceSegmentHeader {
  let h = new SliceSegmentHeader();
  h.nal_unit_type = nal.nal_unit_type;
  h.nuh_layer_id = nal.nuh_layer_id;
  h.nuh_temporal_id_plus1 = nal.nuh_temporal_id_plus1;
  h.first_slice_segment_in_pic_flag = r.flag("first_slice_segment_in_pic_flag");
  if (isIrap(h.nal_unit_type)) {
    h.no_output_of_prior_pics_flag = r.flag("no_output_of_prior_pics_flag");
  }
  h.slice_pic_parameter_set_id = r.ue("slice_pic_parameter_set_id", 63);
  const sets = find(h.slice_pic_parameter_set_id);
  const { sps, pps } = sets;
  if (!h.first_slice_segment_in_pic_flag) {
    if (pps.dependent_slice_segments_enabled_flag) {
      h.dependent_slice_segment_flag = r.flag("dependent_slice_segment_flag");
    }
    const PicSizeInCtbsY = picSizeInCtbs(sps);
    h.slice_segment_address = r.uMax(ceilLog2(PicSizeInCtbsY), PicSizeInCtbsY - 1, "slice_segment_address");
  }
  if (h.dependent_slice_segment_flag) h = withIndependent(r, h, independent);
  else {
    if (pps.num_extra_slice_header_bits > 0) {
      const slice_reserved_flag = new Array<number>(pps.num_extra_slice_header_bits);
      h.slice_reserved_flag = slice_reserved_flag;
      for (let i = 0; i < pps.num_extra_slice_header_bits; i++) {
        slice_reserved_flag[i] = r.flag("slice_reserved_flag", i);
      }
    }
    h.slice_type = r.ue("slice_type", 2);
    checkSliceType(r, h, pps);
    const isB = h.slice_type === 0;
    const isP = h.slice_type === 1;
    if (pps.output_flag_present_flag) h.pic_output_flag = r.flag("pic_output_flag");
    if (sps.separate_colour_plane_flag) h.colour_plane_id = r.uMax(2, 2, "colour_plane_id");
    if (!isIdr(h.nal_unit_type)) {
      const lsbBits = sps.log2_max_pic_order_cnt_lsb_minus4 + 4;
      h.slice_pic_order_cnt_lsb = r.u(lsbBits, "slice_pic_order_cnt_lsb");
      h.short_term_ref_pic_set_sps_flag = r.flag("short_term_ref_pic_set_sps_flag");
      if (!h.short_term_ref_pic_set_sps_flag) {
        const shortTermStart = r.position;
        h.st_ref_pic_set = st_ref_pic_set(r, sps.num_short_term_ref_pic_sets, sps);
        h.short_term_ref_pic_set_size = r.position - shortTermStart;
      } else {
        const count = sps.num_short_term_ref_pic_sets;
        if (count === 0)
          r.failAs("set-mismatch", "the value is 1, but the SPS has no sets", 1, "short_term_ref_pic_set_sps_flag");
        if (count > 1) h.short_term_ref_pic_set_idx = r.uMax(ceilLog2(count), count - 1, "short_term_ref_pic_set_idx");
      }
      if (sps.long_term_ref_pics_present_flag) {
        const longTermStart = r.position;
        const most = MAX_REF_PICS - (activeShortTermSet(h, sps)?.NumDeltaPocs ?? 0);
        const mostCycles = 0xffff_ffff >>> lsbBits; // of POCs of 32 bits (7.4.7.1)
        if (sps.num_long_term_ref_pics_sps > 0) {
          h.num_long_term_sps = r.ue("num_long_term_sps", Math.min(sps.num_long_term_ref_pics_sps, most));
        }
        h.num_long_term_pics = r.ue("num_long_term_pics", most - h.num_long_term_sps);
        const lt_idx_sps: number[] = [];
        h.lt_idx_sps = lt_idx_sps;
        const poc_lsb_lt: number[] = [];
        h.poc_lsb_lt = poc_lsb_lt;
        const used_by_curr_pic_lt_flag: number[] = [];
        h.used_by_curr_pic_lt_flag = used_by_curr_pic_lt_flag;
        const delta_poc_msb_present_flag: number[] = [];
        h.delta_poc_msb_present_flag = delta_poc_msb_present_flag;
        const delta_poc_msb_cycle_lt: number[] = [];
        h.delta_poc_msb_cycle_lt = delta_poc_msb_cycle_lt;
        for (let i = 0; i < h.num_long_term_sps + h.num_long_term_pics; i++) {
          poc_lsb_lt[i] = 0;
          used_by_curr_pic_lt_flag[i] = 0;
          if (i < h.num_long_term_sps) {
            const bits = ceilLog2(sps.num_long_term_ref_pics_sps);
            lt_idx_sps[i] = r.uMax(bits, sps.num_long_term_ref_pics_sps - 1, "lt_idx_sps", i);
          } else {
            poc_lsb_lt[i] = r.u(lsbBits, "poc_lsb_lt", i);
            used_by_curr_pic_lt_flag[i] = r.flag("used_by_curr_pic_lt_flag", i);
          }
          delta_poc_msb_present_flag[i] = r.flag("delta_poc_msb_present_flag", i);
          delta_poc_msb_cycle_lt[i] = 0;
          if (delta_poc_msb_present_flag[i]) {
            delta_poc_msb_cycle_lt[i] = r.ue("delta_poc_msb_cycle_lt", mostCycles, i);
          }
        }
        h.long_term_ref_pic_set_size = r.position - longTermStart;
      }
      if (sps.sps_temporal_mvp_enabled_flag) {
        h.slice_temporal_mvp_enabled_flag = r.flag("slice_temporal_mvp_enabled_flag");
      }
    }
    if (sps.sample_adaptive_offset_enabled_flag) {
      h.slice_sao_luma_flag = r.flag("slice_sao_luma_flag");
      if (chromaArrayType(sps) !== 0) h.slice_sao_chroma_flag = r.flag("slice_sao_chroma_flag");
    }
    if (isP || isB) {
      h.num_ref_idx_l0_active_minus1 = pps.num_ref_idx_l0_default_active_minus1; // 7.4.7.1, inferred
      if (isB) h.num_ref_idx_l1_active_minus1 = pps.num_ref_idx_l1_default_active_minus1;
      h.num_ref_idx_active_override_flag = r.flag("num_ref_idx_active_override_flag");
      if (h.num_ref_idx_active_override_flag) {
        h.num_ref_idx_l0_active_minus1 = r.ue("num_ref_idx_l0_active_minus1", 14);
        if (isB) h.num_ref_idx_l1_active_minus1 = r.ue("num_ref_idx_l1_active_minus1", 14);
      }
      const NumPicTotalCurr = numPicTotalCurr(h, sets);
      if (NumPicTotalCurr === 0)
        r.fail(`slice_type is ${h.slice_type}, but there is no picture to refer to`, 0, "slice_type");
      if (pps.lists_modification_present_flag && NumPicTotalCurr > 1) ref_pic_lists_modification(r, h, NumPicTotalCurr);
      if (isB) h.mvd_l1_zero_flag = r.flag("mvd_l1_zero_flag");
      if (pps.cabac_init_present_flag) h.cabac_init_flag = r.flag("cabac_init_flag");
      if (h.slice_temporal_mvp_enabled_flag) {
        if (isB) h.collocated_from_l0_flag = r.flag("collocated_from_l0_flag");
        const last = h.collocated_from_l0_flag ? h.num_ref_idx_l0_active_minus1 : h.num_ref_idx_l1_active_minus1;
        if (last > 0) h.collocated_ref_idx = r.ue("collocated_ref_idx", last);
      }
      if ((pps.weighted_pred_flag && isP) || (pps.weighted_bipred_flag && isB)) {
        h.pred_weight_table = pred_weight_table(r, h, sets);
      }
      h.five_minus_max_num_merge_cand = r.ue("five_minus_max_num_merge_cand", 4);
      h.use_integer_mv_flag = sps.sps_scc_extension?.motion_vector_resolution_control_idc ?? 0; // 7.4.7.1, inferred
      if (h.use_integer_mv_flag === 2) h.use_integer_mv_flag = r.flag("use_integer_mv_flag");
    }
    // SliceQpY, (7-54), is in the range -QpBdOffsetY..51.
    const qp = 26 + pps.init_qp_minus26;
    h.slice_qp_delta = r.se("slice_qp_delta", -6 * sps.bit_depth_luma_minus8 - qp, 51 - qp);
    if (pps.pps_slice_chroma_qp_offsets_present_flag) {
      // The sums with the PPS's offsets must be in the range -12..12, too.
      const cb = pps.pps_cb_qp_offset;
      const cr = pps.pps_cr_qp_offset;
      h.slice_cb_qp_offset = r.se("slice_cb_qp_offset", Math.max(-12, -12 - cb), Math.min(12, 12 - cb));
      h.slice_cr_qp_offset = r.se("slice_cr_qp_offset", Math.max(-12, -12 - cr), Math.min(12, 12 - cr));
    }
    if (pps.pps_scc_extension?.pps_slice_act_qp_offsets_present_flag) {
      h.slice_act_y_qp_offset = r.se("slice_act_y_qp_offset", -12, 12);
      h.slice_act_cb_qp_offset = r.se("slice_act_cb_qp_offset", -12, 12);
      h.slice_act_cr_qp_offset = r.se("slice_act_cr_qp_offset", -12, 12);
    }
    if (pps.pps_range_extension?.chroma_qp_offset_list_enabled_flag) {
      h.cu_chroma_qp_offset_enabled_flag = r.flag("cu_chroma_qp_offset_enabled_flag");
    }
    if (pps.deblocking_filter_override_enabled_flag) {
      h.deblocking_filter_override_flag = r.flag("deblocking_filter_override_flag");
    }
    h.slice_deblocking_filter_disabled_flag = pps.pps_deblocking_filter_disabled_flag; // 7.4.7.1: these four, inferred
    h.slice_beta_offset_div2 = pps.pps_beta_offset_div2;
    h.slice_tc_offset_div2 = pps.pps_tc_offset_div2;
    h.slice_loop_filter_across_slices_enabled_flag = pps.pps_loop_filter_across_slices_enabled_flag;
    if (h.deblocking_filter_override_flag) {
      h.slice_deblocking_filter_disabled_flag = r.flag("slice_deblocking_filter_disabled_flag");
      if (!h.slice_deblocking_filter_disabled_flag) {
        h.slice_beta_offset_div2 = r.se("slice_beta_offset_div2", -6, 6);
        h.slice_tc_offset_div2 = r.se("slice_tc_offset_div2", -6, 6);
      }
    }
    const isFiltered = h.slice_sao_luma_flag || h.slice_sao_chroma_flag || !h.slice_deblocking_filter_disabled_flag;
    if (pps.pps_loop_filter_across_slices_enabled_flag && isFiltered) {
      h.slice_loop_filter_across_slices_enabled_flag = r.flag("slice_loop_filter_across_slices_enabled_flag");
    }
  }
  if (pps.tiles_enabled_flag || pps.entropy_coding_sync_enabled_flag) {
    h.num_entry_point_offsets = r.ue("num_entry_point_offsets", maxEntryPoints(sets));
    if (h.num_entry_point_offsets > 0) {
      h.offset_len_minus1 = r.ue("offset_len_minus1", 31);
      // It grows as it is read: a damaged count may be large.
      const entry_point_offset_minus1: number[] = [];
      h.entry_point_offset_minus1 = entry_point_offset_minus1;
      for (let i = 0; i < h.num_entry_point_offsets; i++) {
        entry_point_offset_minus1[i] = r.u(h.offset_len_minus1 + 1, "entry_point_offset_minus1", i);
      }
    }
  }
  if (pps.slice_segment_header_extension_present_flag) {
    h.slice_segment_header_extension_length = r.ue("slice_segment_header_extension_length", 256);
    const slice_segment_header_extension_data_byte: number[] = [];
    h.slice_segment_header_extension_data_byte = slice_segment_header_extension_data_byte;
    for (let i = 0; i < h.slice_segment_header_extension_length; i++) {
      slice_segment_header_extension_data_byte[i] = r.u(8, "slice_segment_header_extension_data_byte", i);
    }
  }
  byte_alignment(r);
  h.header_bit_size = r.position;
  h.slice_data_byte_offset = r.codedPosition(r.position) / 8;
  return { h, sets };
}

/**
 * 7.4.7.1: a dependent slice segment codes only the beginning and the end of its header; the rest is that of the independent
 * slice segment.
 */
function withIndependent(
  r: BitReader,
  own: SliceSegmentHeader,
  independent: SliceSegmentHeader | null,
): SliceSegmentHeader {
  const fail = (reason: string) => r.failAs("missing-slice", reason, 0, "dependent_slice_segment_flag");
  if (independent === null) fail("there is no independent slice segment before it");
  if (independent?.slice_pic_parameter_set_id !== own.slice_pic_parameter_set_id) {
    fail("the independent slice segment before it has another slice_pic_parameter_set_id");
  }
  return Object.assign(new SliceSegmentHeader(), independent, {
    nal_unit_type: own.nal_unit_type,
    nuh_layer_id: own.nuh_layer_id,
    nuh_temporal_id_plus1: own.nuh_temporal_id_plus1,
    first_slice_segment_in_pic_flag: own.first_slice_segment_in_pic_flag,
    no_output_of_prior_pics_flag: own.no_output_of_prior_pics_flag,
    dependent_slice_segment_flag: own.dependent_slice_segment_flag,
    slice_segment_address: own.slice_segment_address,
    num_entry_point_offsets: own.num_entry_point_offsets,
    offset_len_minus1: own.offset_len_minus1,
    entry_point_offset_minus1: own.entry_point_offset_minus1,
    slice_segment_header_extension_length: own.slice_segment_header_extension_length,
    slice_segment_header_extension_data_byte: own.slice_segment_header_extension_data_byte,
  });
}

/** 7.4.7.1: the slices of an IRAP picture are I slices, unless the picture refers to itself. */
function checkSliceType(r: BitReader, h: SliceSegmentHeader, pps: PicParameterSet): void {
  if (!isIrap(h.nal_unit_type) || h.slice_type === 2) return;
  if (pps.pps_scc_extension?.pps_curr_pic_ref_enabled_flag) return;
  r.fail(
    `slice_type is ${h.slice_type} in an IRAP picture, which has I slices only`,
    h.slice_type === 0 ? 1 : 3,
    "slice_type",
  );
}

/** ChromaArrayType of 7.4.3.2.1. */
function chromaArrayType(sps: SeqParameterSet): number {
  return sps.separate_colour_plane_flag ? 0 : sps.chroma_format_idc;
}

/** 7.4.7.1: the largest num_entry_point_offsets. */
function maxEntryPoints({ sps, pps }: ParameterSets): number {
  const columns = pps.num_tile_columns_minus1 + 1;
  const rows = pps.entropy_coding_sync_enabled_flag ? picHeightInCtbs(sps) : pps.num_tile_rows_minus1 + 1;
  return columns * rows - 1;
}

/** 7.3.2.12 Byte alignment syntax. */
export function byte_alignment(r: BitReader): void {
  r.f(1, 1, "alignment_bit_equal_to_one");
  while (!r.byteAligned) r.f(1, 0, "alignment_bit_equal_to_zero");
}

/** 7.3.6.2 Reference picture list modification syntax. */
export function ref_pic_lists_modification(r: BitReader, h: SliceSegmentHeader, NumPicTotalCurr: number): void {
  const bits = ceilLog2(NumPicTotalCurr);
  h.ref_pic_list_modification_flag_l0 = r.flag("ref_pic_list_modification_flag_l0");
  if (h.ref_pic_list_modification_flag_l0) {
    const list_entry_l0 = new Array<number>(h.num_ref_idx_l0_active_minus1 + 1);
    h.list_entry_l0 = list_entry_l0;
    for (let i = 0; i <= h.num_ref_idx_l0_active_minus1; i++) {
      list_entry_l0[i] = r.uMax(bits, NumPicTotalCurr - 1, "list_entry_l0", i);
    }
  }
  if (h.slice_type !== 0) return;
  h.ref_pic_list_modification_flag_l1 = r.flag("ref_pic_list_modification_flag_l1");
  if (h.ref_pic_list_modification_flag_l1) {
    const list_entry_l1 = new Array<number>(h.num_ref_idx_l1_active_minus1 + 1);
    h.list_entry_l1 = list_entry_l1;
    for (let i = 0; i <= h.num_ref_idx_l1_active_minus1; i++) {
      list_entry_l1[i] = r.uMax(bits, NumPicTotalCurr - 1, "list_entry_l1", i);
    }
  }
}

/** The weights of a list that the slice does not have: none. */
const noPredWeights: PredWeights = /* @__PURE__ */ frozen(/* @__PURE__ */ new PredWeights());

/** 7.3.6.3 Weighted prediction parameters syntax. */
export function pred_weight_table(r: BitReader, h: SliceSegmentHeader, sets: ParameterSets): PredWeightTable {
  const table = new PredWeightTable(noPredWeights, noPredWeights);
  const hasChroma = chromaArrayType(sets.sps) !== 0;
  table.luma_log2_weight_denom = r.ue("luma_log2_weight_denom", 7);
  if (hasChroma) {
    // ChromaLog2WeightDenom, their sum, is in the range 0..7.
    const denom = table.luma_log2_weight_denom;
    table.delta_chroma_log2_weight_denom = r.se("delta_chroma_log2_weight_denom", -denom, 7 - denom);
  }
  table.l0 = readPredWeights(r, h, sets, "l0");
  if (h.slice_type === 0) table.l1 = readPredWeights(r, h, sets, "l1");
  return table;
}

const predWeightNames = {
  l0: {
    luma_weight_flag: "luma_weight_l0_flag",
    chroma_weight_flag: "chroma_weight_l0_flag",
    delta_luma_weight: "delta_luma_weight_l0",
    luma_offset: "luma_offset_l0",
    delta_chroma_weight: "delta_chroma_weight_l0",
    delta_chroma_offset: "delta_chroma_offset_l0",
  },
  l1: {
    luma_weight_flag: "luma_weight_l1_flag",
    chroma_weight_flag: "chroma_weight_l1_flag",
    delta_luma_weight: "delta_luma_weight_l1",
    luma_offset: "luma_offset_l1",
    delta_chroma_weight: "delta_chroma_weight_l1",
    delta_chroma_offset: "delta_chroma_offset_l1",
  },
} as const;

/**
 * The part of 7.3.6.3 for one list. In the base layer, the only picture in the list that can have the current picture's POC is
 * the current picture itself.
 */
function readPredWeights(r: BitReader, h: SliceSegmentHeader, sets: ParameterSets, list: "l0" | "l1"): PredWeights {
  const { sps } = sets;
  const names = predWeightNames[list];
  const isCurrPic = currPicEntries(h, sets, list);
  const w = new PredWeights(isCurrPic.length);
  const hasChroma = chromaArrayType(sps) !== 0;
  const isHighPrecision = sps.sps_range_extension?.high_precision_offsets_enabled_flag;
  const wpOffsetHalfRangeY = 1 << (isHighPrecision ? sps.bit_depth_luma_minus8 + 7 : 7);
  const wpOffsetHalfRangeC = 1 << (isHighPrecision ? sps.bit_depth_chroma_minus8 + 7 : 7);
  for (let i = 0; i < isCurrPic.length; i++) {
    w.luma_weight_flag[i] = !isCurrPic[i] ? r.flag(names.luma_weight_flag, i) : 0;
  }
  for (let i = 0; i < isCurrPic.length; i++) {
    w.chroma_weight_flag[i] = hasChroma && !isCurrPic[i] ? r.flag(names.chroma_weight_flag, i) : 0;
  }
  for (let i = 0; i < isCurrPic.length; i++) {
    w.delta_luma_weight[i] = 0; // 7.4.7.3, as the next three
    w.luma_offset[i] = 0;
    w.delta_chroma_weight[i] = noPair;
    w.delta_chroma_offset[i] = noPair;
    if (w.luma_weight_flag[i]) {
      w.delta_luma_weight[i] = r.se(names.delta_luma_weight, -128, 127, i);
      w.luma_offset[i] = r.se(names.luma_offset, -wpOffsetHalfRangeY, wpOffsetHalfRangeY - 1, i);
    }
    if (w.chroma_weight_flag[i]) {
      const low = -4 * wpOffsetHalfRangeC;
      const delta_chroma_weight: [number, number] = [0, 0];
      const delta_chroma_offset: [number, number] = [0, 0];
      w.delta_chroma_weight[i] = delta_chroma_weight;
      w.delta_chroma_offset[i] = delta_chroma_offset;
      for (let j = 0; j < 2; j++) {
        delta_chroma_weight[j] = r.se(names.delta_chroma_weight, -128, 127, i, j);
        delta_chroma_offset[j] = r.se(names.delta_chroma_offset, low, -low - 1, i, j);
      }
    }
  }
  return w;
}

/** 7.3.7 Short-term reference picture set syntax. The sets of the SPS before stRpsIdx must have been read. */
export function st_ref_pic_set(r: BitReader, stRpsIdx: number, sps: SeqParameterSet): ShortTermRefPicSet {
  const set = new ShortTermRefPicSet();
  let ref: ShortTermRefPicSet | null = null;
  if (stRpsIdx !== 0) set.inter_ref_pic_set_prediction_flag = r.flag("inter_ref_pic_set_prediction_flag");
  if (set.inter_ref_pic_set_prediction_flag) {
    if (stRpsIdx === sps.num_short_term_ref_pic_sets) set.delta_idx_minus1 = r.ue("delta_idx_minus1", stRpsIdx - 1);
    set.delta_rps_sign = r.u(1, "delta_rps_sign");
    set.abs_delta_rps_minus1 = r.ue("abs_delta_rps_minus1", 32767);
    ref = sps.st_ref_pic_set[stRpsIdx - (set.delta_idx_minus1 + 1)] as ShortTermRefPicSet; // (7-59)
    const used_by_curr_pic_flag = new Array<number>(ref.NumDeltaPocs + 1);
    const use_delta_flag = new Array<number>(ref.NumDeltaPocs + 1);
    set.used_by_curr_pic_flag = used_by_curr_pic_flag;
    set.use_delta_flag = use_delta_flag;
    for (let j = 0; j <= ref.NumDeltaPocs; j++) {
      used_by_curr_pic_flag[j] = r.flag("used_by_curr_pic_flag", j);
      use_delta_flag[j] = used_by_curr_pic_flag[j] ? 1 : r.flag("use_delta_flag", j);
    }
  } else {
    set.num_negative_pics = r.ue("num_negative_pics", MAX_REF_PICS);
    set.num_positive_pics = r.ue("num_positive_pics", MAX_REF_PICS - set.num_negative_pics);
    const delta_poc_s0_minus1 = new Array<number>(set.num_negative_pics);
    const used_by_curr_pic_s0_flag = new Array<number>(set.num_negative_pics);
    set.delta_poc_s0_minus1 = delta_poc_s0_minus1;
    set.used_by_curr_pic_s0_flag = used_by_curr_pic_s0_flag;
    for (let i = 0; i < set.num_negative_pics; i++) {
      delta_poc_s0_minus1[i] = r.ue("delta_poc_s0_minus1", 32767, i);
      used_by_curr_pic_s0_flag[i] = r.flag("used_by_curr_pic_s0_flag", i);
    }
    const delta_poc_s1_minus1 = new Array<number>(set.num_positive_pics);
    const used_by_curr_pic_s1_flag = new Array<number>(set.num_positive_pics);
    set.delta_poc_s1_minus1 = delta_poc_s1_minus1;
    set.used_by_curr_pic_s1_flag = used_by_curr_pic_s1_flag;
    for (let i = 0; i < set.num_positive_pics; i++) {
      delta_poc_s1_minus1[i] = r.ue("delta_poc_s1_minus1", 32767, i);
      used_by_curr_pic_s1_flag[i] = r.flag("used_by_curr_pic_s1_flag", i);
    }
  }
  deriveShortTermRefPicSet(set, ref);
  if (set.NumDeltaPocs > MAX_REF_PICS)
    r.failAs(
      "value-out-of-range",
      `the set has ${set.NumDeltaPocs} pictures; at most ${MAX_REF_PICS} are allowed`,
      0,
      "st_ref_pic_set",
      stRpsIdx,
    );
  return set;
}

/** E.2.1 VUI parameters syntax. */
export function vui_parameters(r: BitReader, vui: VuiParameters, sps: SeqParameterSet): void {
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
      vui.matrix_coeffs = r.u(8, "matrix_coeffs");
    }
  }
  vui.chroma_loc_info_present_flag = r.flag("chroma_loc_info_present_flag");
  if (vui.chroma_loc_info_present_flag) {
    vui.chroma_sample_loc_type_top_field = r.ue("chroma_sample_loc_type_top_field", 5);
    vui.chroma_sample_loc_type_bottom_field = r.ue("chroma_sample_loc_type_bottom_field", 5);
  }
  vui.neutral_chroma_indication_flag = r.flag("neutral_chroma_indication_flag");
  vui.field_seq_flag = r.flag("field_seq_flag");
  vui.frame_field_info_present_flag = r.flag("frame_field_info_present_flag");
  vui.default_display_window_flag = r.flag("default_display_window_flag");
  if (vui.default_display_window_flag) {
    vui.def_disp_win_left_offset = r.ue("def_disp_win_left_offset");
    vui.def_disp_win_right_offset = r.ue("def_disp_win_right_offset");
    vui.def_disp_win_top_offset = r.ue("def_disp_win_top_offset");
    vui.def_disp_win_bottom_offset = r.ue("def_disp_win_bottom_offset");
  }
  vui.vui_timing_info_present_flag = r.flag("vui_timing_info_present_flag");
  if (vui.vui_timing_info_present_flag) {
    vui.vui_num_units_in_tick = r.u(32, "vui_num_units_in_tick");
    vui.vui_time_scale = r.u(32, "vui_time_scale");
    vui.vui_poc_proportional_to_timing_flag = r.flag("vui_poc_proportional_to_timing_flag");
    if (vui.vui_poc_proportional_to_timing_flag) {
      vui.vui_num_ticks_poc_diff_one_minus1 = r.ue("vui_num_ticks_poc_diff_one_minus1");
    }
    vui.vui_hrd_parameters_present_flag = r.flag("vui_hrd_parameters_present_flag");
    if (vui.vui_hrd_parameters_present_flag) {
      vui.hrd_parameters = hrd_parameters(r, null, sps.sps_max_sub_layers_minus1);
    }
  }
  vui.bitstream_restriction_flag = r.flag("bitstream_restriction_flag");
  if (vui.bitstream_restriction_flag) {
    vui.tiles_fixed_structure_flag = r.flag("tiles_fixed_structure_flag");
    vui.motion_vectors_over_pic_boundaries_flag = r.flag("motion_vectors_over_pic_boundaries_flag");
    vui.restricted_ref_pic_lists_flag = r.flag("restricted_ref_pic_lists_flag");
    vui.min_spatial_segmentation_idc = r.ue("min_spatial_segmentation_idc", 4095);
    vui.max_bytes_per_pic_denom = r.ue("max_bytes_per_pic_denom", 16);
    vui.max_bits_per_min_cu_denom = r.ue("max_bits_per_min_cu_denom", 16);
    // The range ends at 15, but encoders that follow H.264's first editions write 16.
    vui.log2_max_mv_length_horizontal = r.ue("log2_max_mv_length_horizontal", 16);
    vui.log2_max_mv_length_vertical = r.ue("log2_max_mv_length_vertical", 16);
  }
}

/** E.2.2 HRD parameters syntax. Where commonInfPresentFlag is 0, the common information is that of `common` (E.3.2). */
export function hrd_parameters(
  r: BitReader,
  common: HrdParameters | null,
  maxNumSubLayersMinus1: number,
): HrdParameters {
  const hrd = common === null ? new HrdParameters() : withCommonInformation(common);
  if (common === null) {
    hrd.nal_hrd_parameters_present_flag = r.flag("nal_hrd_parameters_present_flag");
    hrd.vcl_hrd_parameters_present_flag = r.flag("vcl_hrd_parameters_present_flag");
    if (hrd.nal_hrd_parameters_present_flag || hrd.vcl_hrd_parameters_present_flag) {
      hrd.sub_pic_hrd_params_present_flag = r.flag("sub_pic_hrd_params_present_flag");
      if (hrd.sub_pic_hrd_params_present_flag) {
        hrd.tick_divisor_minus2 = r.u(8, "tick_divisor_minus2");
        hrd.du_cpb_removal_delay_increment_length_minus1 = r.u(5, "du_cpb_removal_delay_increment_length_minus1");
        hrd.sub_pic_cpb_params_in_pic_timing_sei_flag = r.flag("sub_pic_cpb_params_in_pic_timing_sei_flag");
        hrd.dpb_output_delay_du_length_minus1 = r.u(5, "dpb_output_delay_du_length_minus1");
      }
      hrd.bit_rate_scale = r.u(4, "bit_rate_scale");
      hrd.cpb_size_scale = r.u(4, "cpb_size_scale");
      if (hrd.sub_pic_hrd_params_present_flag) hrd.cpb_size_du_scale = r.u(4, "cpb_size_du_scale");
      hrd.initial_cpb_removal_delay_length_minus1 = r.u(5, "initial_cpb_removal_delay_length_minus1");
      hrd.au_cpb_removal_delay_length_minus1 = r.u(5, "au_cpb_removal_delay_length_minus1");
      hrd.dpb_output_delay_length_minus1 = r.u(5, "dpb_output_delay_length_minus1");
    }
  }
  for (let i = 0; i <= maxNumSubLayersMinus1; i++) {
    hrd.fixed_pic_rate_general_flag[i] = r.flag("fixed_pic_rate_general_flag", i);
    hrd.fixed_pic_rate_within_cvs_flag[i] = hrd.fixed_pic_rate_general_flag[i]
      ? 1
      : r.flag("fixed_pic_rate_within_cvs_flag", i);
    hrd.elemental_duration_in_tc_minus1[i] = 0;
    hrd.low_delay_hrd_flag[i] = 0;
    hrd.cpb_cnt_minus1[i] = 0;
    if (hrd.fixed_pic_rate_within_cvs_flag[i]) {
      hrd.elemental_duration_in_tc_minus1[i] = r.ue("elemental_duration_in_tc_minus1", 2047, i);
    } else {
      hrd.low_delay_hrd_flag[i] = r.flag("low_delay_hrd_flag", i);
    }
    if (!hrd.low_delay_hrd_flag[i]) hrd.cpb_cnt_minus1[i] = r.ue("cpb_cnt_minus1", 31, i);
    if (hrd.nal_hrd_parameters_present_flag) hrd.nal_hrd_parameters[i] = sub_layer_hrd_parameters(r, hrd, i);
    if (hrd.vcl_hrd_parameters_present_flag) hrd.vcl_hrd_parameters[i] = sub_layer_hrd_parameters(r, hrd, i);
  }
  return hrd;
}

/** New HRD parameters that have the common information of `common`. */
function withCommonInformation(common: HrdParameters): HrdParameters {
  return Object.assign(new HrdParameters(), common, {
    fixed_pic_rate_general_flag: [],
    fixed_pic_rate_within_cvs_flag: [],
    elemental_duration_in_tc_minus1: [],
    low_delay_hrd_flag: [],
    cpb_cnt_minus1: [],
    nal_hrd_parameters: [],
    vcl_hrd_parameters: [],
  });
}

/** E.2.3 Sub-layer HRD parameters syntax. */
function sub_layer_hrd_parameters(r: BitReader, hrd: HrdParameters, subLayerId: number): SubLayerHrdParameters {
  const sub = new SubLayerHrdParameters();
  for (let i = 0; i <= (hrd.cpb_cnt_minus1[subLayerId] as number); i++) {
    sub.bit_rate_value_minus1[i] = r.ue("bit_rate_value_minus1", undefined, i);
    sub.cpb_size_value_minus1[i] = r.ue("cpb_size_value_minus1", undefined, i);
    if (hrd.sub_pic_hrd_params_present_flag) {
      sub.cpb_size_du_value_minus1[i] = r.ue("cpb_size_du_value_minus1", undefined, i);
      sub.bit_rate_du_value_minus1[i] = r.ue("bit_rate_du_value_minus1", undefined, i);
    }
    sub.cbr_flag[i] = r.flag("cbr_flag", i);
  }
  return sub;
}
