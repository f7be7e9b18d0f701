/**
 * The syntax structures of the AV1 Bitstream & Decoding Process Specification, version 1.0.0 with errata 1: one class for each
 * table. Values are stored as they are coded, with the variables that the tables derive from them. A property's initial value is the one that is
 * inferred where the element is absent.
 */
import { frozen, noNumbers } from "../bitreader/frozen.ts";
import { zeros } from "../framing/lists.ts";
import {
  CP_UNSPECIFIED,
  CSP_UNKNOWN,
  defaultModeDeltas,
  defaultRefDeltas,
  IDENTITY,
  INTRA_ONLY_FRAME,
  KEY_FRAME,
  MAX_SEGMENTS,
  MC_UNSPECIFIED,
  ONLY_4X4,
  PRIMARY_REF_NONE,
  RESTORE_NONE,
  SEG_LVL_MAX,
  SELECT_INTEGER_MV,
  SELECT_SCREEN_CONTENT_TOOLS,
  SUPERRES_NUM,
  TC_UNSPECIFIED,
  TOTAL_REFS_PER_FRAME,
} from "./tables.ts";

/** 5.3.2 obu_header and 5.3.3 obu_extension_header. */
export class ObuHeader {
  obu_type = 0;
  obu_extension_flag = 0;
  obu_has_size_field = 0;
  temporal_id = 0;
  spatial_id = 0;
}

/** 5.5.2 color_config. */
export class ColorConfig {
  high_bitdepth = 0;
  twelve_bit = 0;
  BitDepth = 8;
  mono_chrome = 0;
  color_description_present_flag = 0;
  color_primaries = CP_UNSPECIFIED;
  transfer_characteristics = TC_UNSPECIFIED;
  matrix_coefficients = MC_UNSPECIFIED;
  color_range = 0;
  subsampling_x = 1;
  subsampling_y = 1;
  chroma_sample_position = CSP_UNKNOWN;
  separate_uv_delta_q = 0;

  get NumPlanes(): number {
    return this.mono_chrome ? 1 : 3;
  }
}

/** 5.5.3 timing_info. */
export class TimingInfo {
  num_units_in_display_tick = 0;
  time_scale = 0;
  equal_picture_interval = 0;
  num_ticks_per_picture_minus_1 = 0;
}

/** 5.5.4 decoder_model_info. */
export class DecoderModelInfo {
  buffer_delay_length_minus_1 = 0;
  num_units_in_decoding_tick = 0;
  buffer_removal_time_length_minus_1 = 0;
  frame_presentation_time_length_minus_1 = 0;
}

/** 5.5.5 operating_parameters_info. */
export class OperatingParametersInfo {
  decoder_buffer_delay = 0;
  encoder_buffer_delay = 0;
  low_delay_mode_flag = 0;
}

/** One operating point of 5.5.1. */
export class OperatingPoint {
  operating_point_idc = 0;
  seq_level_idx = 0;
  seq_tier = 0;
  decoder_model_present_for_this_op = 0;
  /** Null where decoder_model_present_for_this_op is 0. */
  operating_parameters_info: OperatingParametersInfo | null = null;
  initial_display_delay_present_for_this_op = 0;
  initial_display_delay_minus_1 = 0;
}

/** 5.5.1 sequence_header_obu. */
export class SequenceHeader {
  seq_profile = 0;
  still_picture = 0;
  reduced_still_picture_header = 0;
  /** Null where timing_info_present_flag is 0. */
  timing_info: TimingInfo | null = null;
  /** Null where decoder_model_info_present_flag is 0. */
  decoder_model_info: DecoderModelInfo | null = null;
  initial_display_delay_present_flag = 0;
  /** operating_points_cnt_minus_1 + 1 of them. */
  operating_points: OperatingPoint[] = [];
  frame_width_bits_minus_1 = 0;
  frame_height_bits_minus_1 = 0;
  max_frame_width_minus_1 = 0;
  max_frame_height_minus_1 = 0;
  frame_id_numbers_present_flag = 0;
  delta_frame_id_length_minus_2 = 0;
  additional_frame_id_length_minus_1 = 0;
  use_128x128_superblock = 0;
  enable_filter_intra = 0;
  enable_intra_edge_filter = 0;
  enable_interintra_compound = 0;
  enable_masked_compound = 0;
  enable_warped_motion = 0;
  enable_dual_filter = 0;
  enable_order_hint = 0;
  enable_jnt_comp = 0;
  enable_ref_frame_mvs = 0;
  seq_force_screen_content_tools = SELECT_SCREEN_CONTENT_TOOLS;
  seq_force_integer_mv = SELECT_INTEGER_MV;
  OrderHintBits = 0;
  enable_superres = 0;
  enable_cdef = 0;
  enable_restoration = 0;
  color_config = new ColorConfig();
  film_grain_params_present = 0;

  /** 5.9.2: the length of frame ids. */
  get idLen(): number {
    return this.additional_frame_id_length_minus_1 + this.delta_frame_id_length_minus_2 + 3;
  }
}

/** 5.9.5 to 5.9.9: frame_size, render_size, frame_size_with_refs, superres_params, compute_image_size. */
export class FrameSize {
  /** The index in ref_frame_idx of the reference that has the frame's size; null where the size is coded. */
  found_ref: number | null = null;
  /** After superres_params: the width before upscaling. */
  FrameWidth = 0;
  FrameHeight = 0;
  UpscaledWidth = 0;
  render_and_frame_size_different = 0;
  RenderWidth = 0;
  RenderHeight = 0;
  use_superres = 0;
  SuperresDenom = SUPERRES_NUM;
  MiCols = 0;
  MiRows = 0;
}

/** 5.9.15 tile_info. */
export class TileInfo {
  uniform_tile_spacing_flag = 0;
  TileCols = 1;
  TileRows = 1;
  TileColsLog2 = 0;
  TileRowsLog2 = 0;
  /** Where tiles begin, in superblocks, and the number of superblocks as the last entry. */
  colStartsSb: readonly number[] = noNumbers;
  rowStartsSb: readonly number[] = noNumbers;
  /** TileCols + 1 and TileRows + 1 entries, in units of 4x4 samples. */
  MiColStarts: readonly number[] = noNumbers;
  MiRowStarts: readonly number[] = noNumbers;
  context_update_tile_id = 0;
  /** 0 where there is one tile only. */
  TileSizeBytes = 0;
}

/** 5.9.12 quantization_params. */
export class QuantizationParams {
  base_q_idx = 0;
  DeltaQYDc = 0;
  diff_uv_delta = 0;
  DeltaQUDc = 0;
  DeltaQUAc = 0;
  DeltaQVDc = 0;
  DeltaQVAc = 0;
  using_qmatrix = 0;
  qm_y = 0;
  qm_u = 0;
  qm_v = 0;
}

/** 5.9.14: the features of all segments, which later frames inherit. */
export class SegmentationFeatures {
  /** FeatureEnabled[ i ][ j ] at 8 * i + j. */
  readonly FeatureEnabled: Uint8Array = new Uint8Array(MAX_SEGMENTS * SEG_LVL_MAX);
  /** FeatureData[ i ][ j ] at 8 * i + j. */
  readonly FeatureData: Int16Array = new Int16Array(MAX_SEGMENTS * SEG_LVL_MAX);
}

/** The features where segmentation is off. */
export const noFeatures: SegmentationFeatures = /* @__PURE__ */ new SegmentationFeatures();

/** 5.9.14 segmentation_params. */
export class SegmentationParams {
  segmentation_enabled = 0;
  segmentation_update_map = 0;
  segmentation_temporal_update = 0;
  segmentation_update_data = 0;
  /** Those in force: coded, or those of the primary reference frame. */
  features: SegmentationFeatures = noFeatures;
  SegIdPreSkip = 0;
  LastActiveSegId = 0;
}

/** 5.9.17 delta_q_params and 5.9.18 delta_lf_params. */
export class DeltaParams {
  delta_q_present = 0;
  delta_q_res = 0;
  delta_lf_present = 0;
  delta_lf_res = 0;
  delta_lf_multi = 0;
}

/** 5.9.11 loop_filter_params. */
export class LoopFilterParams {
  loop_filter_level: number[] = [0, 0, 0, 0];
  loop_filter_sharpness = 0;
  loop_filter_delta_enabled = 0;
  loop_filter_delta_update = 0;
  /** Those in force: coded, or those of the primary reference frame. */
  loop_filter_ref_deltas: readonly number[] = defaultRefDeltas;
  loop_filter_mode_deltas: readonly number[] = defaultModeDeltas;
}

/** 5.9.19 cdef_params. Secondary strengths of 3 have become 4. */
export class CdefParams {
  cdef_damping_minus_3 = 0;
  cdef_bits = 0;
  cdef_y_pri_strength: number[];
  cdef_y_sec_strength: number[];
  cdef_uv_pri_strength: number[];
  cdef_uv_sec_strength: number[];

  /** @param count 1 << cdef_bits: how many strengths there are. */
  constructor(count = 1) {
    this.cdef_y_pri_strength = zeros(count);
    this.cdef_y_sec_strength = zeros(count);
    this.cdef_uv_pri_strength = zeros(count);
    this.cdef_uv_sec_strength = zeros(count);
  }
}

/** The strengths where there is no filter. */
export const noCdef: CdefParams = /* @__PURE__ */ frozen(/* @__PURE__ */ new CdefParams());

/** 5.9.20 lr_params. */
export class LrParams {
  FrameRestorationType: number[] = [RESTORE_NONE, RESTORE_NONE, RESTORE_NONE];
  UsesLr = 0;
  usesChromaLr = 0;
  /** With what lr_unit_extra_shift and 128x128 superblocks add. */
  lr_unit_shift = 0;
  lr_uv_shift = 0;
  LoopRestorationSize: number[] = [0, 0, 0];
}

/** Where nothing is restored. */
export const noRestoration: LrParams = /* @__PURE__ */ frozen(/* @__PURE__ */ new LrParams());

/** gm_params of references without global motion: 5.9.24. gm_params[ ref ][ i ] at 6 * ref + i. */
export const identityParams: Int32Array = /* @__PURE__ */ new Int32Array(TOTAL_REFS_PER_FRAME * 6).map((_, i) =>
  i >= 6 && i % 3 === 2 ? 65536 : 0,
);

/** 5.9.24 global_motion_params. Arrays by the names of references; [0] is INTRA_FRAME, which has none. */
export class GlobalMotionParams {
  is_global: number[] = [0, 0, 0, 0, 0, 0, 0, 0];
  is_rot_zoom: number[] = [0, 0, 0, 0, 0, 0, 0, 0];
  is_translation: number[] = [0, 0, 0, 0, 0, 0, 0, 0];
  GmType: number[] = [IDENTITY, IDENTITY, IDENTITY, IDENTITY, IDENTITY, IDENTITY, IDENTITY, IDENTITY];
  /** gm_params[ ref ][ i ] at 6 * ref + i. */
  gm_params: Int32Array = identityParams;
}

/** The motion of frames whose references have none. */
export const noGlobalMotion: GlobalMotionParams = /* @__PURE__ */ new GlobalMotionParams();

/** 5.9.30 film_grain_params. */
export class FilmGrainParams {
  apply_grain = 0;
  grain_seed = 0;
  update_grain = 0;
  film_grain_params_ref_idx = 0;
  num_y_points = 0;
  point_y_value: number[] = [];
  point_y_scaling: number[] = [];
  chroma_scaling_from_luma = 0;
  num_cb_points = 0;
  point_cb_value: number[] = [];
  point_cb_scaling: number[] = [];
  num_cr_points = 0;
  point_cr_value: number[] = [];
  point_cr_scaling: number[] = [];
  grain_scaling_minus_8 = 0;
  ar_coeff_lag = 0;
  ar_coeffs_y_plus_128: number[] = [];
  ar_coeffs_cb_plus_128: number[] = [];
  ar_coeffs_cr_plus_128: number[] = [];
  ar_coeff_shift_minus_6 = 0;
  grain_scale_shift = 0;
  cb_mult = 0;
  cb_luma_mult = 0;
  cb_offset = 0;
  cr_mult = 0;
  cr_luma_mult = 0;
  cr_offset = 0;
  overlap_flag = 0;
  clip_to_restricted_range = 0;
}

/** 6.8.20, reset_grain_params: all elements are 0. */
export const noGrain: FilmGrainParams = /* @__PURE__ */ frozen(/* @__PURE__ */ new FilmGrainParams());

/** 5.9.2 uncompressed_header of a frame that shows an existing one. */
export class ShowExistingFrame {
  readonly show_existing_frame = 1;
  frame_to_show_map_idx = 0;
  /** Null where it is not coded. */
  frame_presentation_time: number | null = null;
  /** Null where it is not coded. */
  display_frame_id: number | null = null;
}

/**
 * 5.9.2 uncompressed_header. With what it inherits from other frames it is also what 7.20 saves of a frame: the same values are
 * called SavedOrderHints, SavedGmParams, RefFrameType … there.
 */
export class FrameHeader {
  readonly show_existing_frame = 0;
  frame_type = KEY_FRAME;
  show_frame = 1;
  showable_frame = 0;
  /** Null where it is not coded. */
  frame_presentation_time: number | null = null;
  error_resilient_mode = 0;
  disable_cdf_update = 0;
  allow_screen_content_tools = 0;
  force_integer_mv = 0;
  current_frame_id = 0;
  frame_size_override_flag = 0;
  OrderHint = 0;
  primary_ref_frame = PRIMARY_REF_NONE;
  buffer_removal_time_present_flag = 0;
  /** By operating point; empty where none is coded. */
  buffer_removal_time: number[] = [];
  refresh_frame_flags = 0xff;
  /** By slot; null where they are not coded. */
  ref_order_hint: number[] | null = null;
  frame_refs_short_signaling = 0;
  /** The slots of LAST_FRAME … ALTREF_FRAME. */
  ref_frame_idx: number[] = [0, 0, 0, 0, 0, 0, 0];
  /** By the same index: the frame ids that the slots must have; null without frame ids. */
  expectedFrameId: number[] | null = null;
  frame_size = new FrameSize();
  allow_intrabc = 0;
  allow_high_precision_mv = 0;
  interpolation_filter = 0;
  is_motion_mode_switchable = 0;
  use_ref_frame_mvs = 0;
  /** By the names of references. */
  OrderHints: number[] = [0, 0, 0, 0, 0, 0, 0, 0];
  disable_frame_end_update_cdf = 0;
  tile_info = new TileInfo();
  quantization_params = new QuantizationParams();
  segmentation_params = new SegmentationParams();
  delta_params = new DeltaParams();
  CodedLossless = 0;
  AllLossless = 0;
  loop_filter_params = new LoopFilterParams();
  cdef_params: CdefParams = noCdef;
  lr_params: LrParams = noRestoration;
  TxMode = ONLY_4X4;
  reference_select = 0;
  skipModeAllowed = 0;
  /** The names of two references; 0 where skip mode is not allowed. */
  SkipModeFrame: readonly [number, number] = [0, 0];
  skip_mode_present = 0;
  allow_warped_motion = 0;
  reduced_tx_set = 0;
  global_motion_params: GlobalMotionParams = noGlobalMotion;
  film_grain_params: FilmGrainParams = noGrain;

  get FrameIsIntra(): boolean {
    return this.frame_type === KEY_FRAME || this.frame_type === INTRA_ONLY_FRAME;
  }
}

/** 5.11.1 tile_group_obu, down to its tiles. */
export class TileGroupHeader {
  tile_start_and_end_present_flag = 0;
  tg_start = 0;
  tg_end = 0;
}

/** 5.8.3 metadata_hdr_cll. */
export class MetadataHdrCll {
  readonly metadata_type = 1;
  max_cll = 0;
  max_fall = 0;
}

/** 5.8.4 metadata_hdr_mdcv. */
export class MetadataHdrMdcv {
  readonly metadata_type = 2;
  primary_chromaticity_x: number[] = [0, 0, 0];
  primary_chromaticity_y: number[] = [0, 0, 0];
  white_point_chromaticity_x = 0;
  white_point_chromaticity_y = 0;
  luminance_max = 0;
  luminance_min = 0;
}

/** One picture of the temporal group of 5.8.6. */
export class TemporalGroupPicture {
  temporal_group_temporal_id = 0;
  temporal_group_temporal_switching_up_point_flag = 0;
  temporal_group_spatial_switching_up_point_flag = 0;
  temporal_group_ref_cnt = 0;
  temporal_group_ref_pic_diff: number[] = [];
}

/** 5.8.6 scalability_structure. */
export class ScalabilityStructure {
  spatial_layers_cnt_minus_1 = 0;
  spatial_layer_dimensions_present_flag = 0;
  spatial_layer_description_present_flag = 0;
  temporal_group_description_present_flag = 0;
  spatial_layer_max_width: number[] = [];
  spatial_layer_max_height: number[] = [];
  spatial_layer_ref_id: number[] = [];
  temporal_group: TemporalGroupPicture[] = [];
}

/** 5.8.5 metadata_scalability. */
export class MetadataScalability {
  readonly metadata_type = 3;
  scalability_mode_idc = 0;
  /** Null where scalability_mode_idc names a structure of its own. */
  scalability_structure: ScalabilityStructure | null = null;
}

/** 5.8.2 metadata_itut_t35, by country and size. */
export class MetadataItutT35 {
  readonly metadata_type = 4;
  itu_t_t35_country_code = 0;
  itu_t_t35_country_code_extension_byte = 0;
  /** With what may be trailing bits. */
  payload: Uint8Array = new Uint8Array(0);
}

/** 5.8.7 metadata_timecode. */
export class MetadataTimecode {
  readonly metadata_type = 5;
  counting_type = 0;
  full_timestamp_flag = 0;
  discontinuity_flag = 0;
  cnt_dropped_flag = 0;
  n_frames = 0;
  /** Null where they are not coded. */
  seconds_value: number | null = null;
  minutes_value: number | null = null;
  hours_value: number | null = null;
  time_offset_length = 0;
  time_offset_value = 0;
}

/** 5.8 metadata_obu; null for a metadata_type that is not defined. */
export type Metadata =
  | MetadataHdrCll
  | MetadataHdrMdcv
  | MetadataScalability
  | MetadataItutT35
  | MetadataTimecode
  | null;
