/**
 * The syntax tables of clauses 5.3 to 5.12 of the AV1 Bitstream & Decoding Process Specification, version 1.0.0 with errata 1,
 * down to the tile group header: one function for each table, in the specification's order and names. The functions keep no
 * state. All throw BitstreamError where the bits break the table.
 */
import type { ObuReader } from "../bitreader/index.ts";
import { type References, refOrderHint, setFrameRefs } from "./frame-refs.ts";
import { type Inherited, inheritedBy, loadGrainParams } from "./inherit.ts";
import { skipModeFrames } from "./skip-mode.ts";
import {
  CdefParams,
  type ColorConfig,
  DecoderModelInfo,
  type DeltaParams,
  FilmGrainParams,
  FrameHeader,
  type FrameSize,
  GlobalMotionParams,
  LrParams,
  type Metadata,
  MetadataHdrCll,
  MetadataHdrMdcv,
  MetadataItutT35,
  MetadataScalability,
  MetadataTimecode,
  noGlobalMotion,
  noGrain,
  ObuHeader,
  OperatingParametersInfo,
  OperatingPoint,
  type QuantizationParams,
  ScalabilityStructure,
  SegmentationFeatures,
  type SegmentationParams,
  SequenceHeader,
  ShowExistingFrame,
  TemporalGroupPicture,
  TileGroupHeader,
  type TileInfo,
  TimingInfo,
} from "./structures.ts";
import {
  AFFINE,
  ALTREF_FRAME,
  CP_BT_709,
  GM_ABS_ALPHA_BITS,
  GM_ABS_TRANS_BITS,
  GM_ABS_TRANS_ONLY_BITS,
  GM_ALPHA_PREC_BITS,
  GM_TRANS_ONLY_PREC_BITS,
  GM_TRANS_PREC_BITS,
  INTER_FRAME,
  INTRA_ONLY_FRAME,
  KEY_FRAME,
  LAST_FRAME,
  MAX_SEGMENTS,
  MAX_TILE_COLS,
  MAX_TILE_ROWS,
  MC_IDENTITY,
  METADATA_TYPE_HDR_CLL,
  METADATA_TYPE_HDR_MDCV,
  METADATA_TYPE_ITUT_T35,
  METADATA_TYPE_SCALABILITY,
  METADATA_TYPE_TIMECODE,
  NUM_REF_FRAMES,
  ONLY_4X4,
  PRIMARY_REF_NONE,
  REFS_PER_FRAME,
  RESTORATION_TILESIZE_MAX,
  RESTORE_NONE,
  Remap_Lr_Type,
  ROTZOOM,
  SCALABILITY_SS,
  SEG_LVL_ALT_Q,
  SEG_LVL_MAX,
  SEG_LVL_REF_FRAME,
  SELECT_INTEGER_MV,
  SELECT_SCREEN_CONTENT_TOOLS,
  Segmentation_Feature_Bits,
  Segmentation_Feature_Max,
  Segmentation_Feature_Signed,
  SUPERRES_DENOM_BITS,
  SUPERRES_DENOM_MIN,
  SUPERRES_NUM,
  SWITCH_FRAME,
  SWITCHABLE,
  TC_SRGB,
  TOTAL_REFS_PER_FRAME,
  TRANSLATION,
  TX_MODE_LARGEST,
  TX_MODE_SELECT,
  WARPEDMODEL_PREC_BITS,
} from "./tables.ts";
import { setMiStarts, tileLimits, tileLog2, uniformStarts } from "./tile-info.ts";

/** The layer of a frame's OBU: 5.3.3. */
export type Layer = Pick<ObuHeader, "temporal_id" | "spatial_id">;

/** 5.3.2 OBU header syntax. */
export function obu_header(r: ObuReader): ObuHeader {
  const o = new ObuHeader();
  r.f(1, 0, "obu_forbidden_bit");
  o.obu_type = r.u(4, "obu_type");
  o.obu_extension_flag = r.flag("obu_extension_flag");
  o.obu_has_size_field = r.flag("obu_has_size_field");
  r.u(1, "obu_reserved_1bit");
  if (o.obu_extension_flag) obu_extension_header(r, o);
  return o;
}

/** 5.3.3 OBU extension header syntax. */
function obu_extension_header(r: ObuReader, o: ObuHeader): void {
  o.temporal_id = r.u(3, "temporal_id");
  o.spatial_id = r.u(2, "spatial_id");
  r.u(3, "extension_header_reserved_3bits");
}

/** 5.3.4 Trailing bits syntax. */
export function trailing_bits(r: ObuReader, nbBits: number): void {
  r.f(1, 1, "trailing_one_bit");
  for (let left = nbBits - 1; left > 0; left--) r.f(1, 0, "trailing_zero_bit");
}

/** 5.3.5 Byte alignment syntax. A bit that is 1 is the reader's flaw: nothing depends on it. */
export function byte_alignment(r: ObuReader): void {
  let bits = 0;
  while (!r.byteAligned) bits |= r.flag("zero_bit");
  if (bits !== 0)
    r.tolerate(() => r.failAs("wrong-fixed-bits", "the bits up to the next byte must be 0", 1, "zero_bit"));
}

/** 5.5.1 General sequence header OBU syntax, without choose_operating_point. */
export function sequence_header_obu(r: ObuReader): SequenceHeader {
  const s = new SequenceHeader();
  s.seq_profile = r.u(3, "seq_profile");
  if (s.seq_profile > 2) r.fail(`profile ${s.seq_profile} is reserved`, 3, "seq_profile");
  s.still_picture = r.flag("still_picture");
  s.reduced_still_picture_header = r.flag("reduced_still_picture_header");
  if (s.reduced_still_picture_header) {
    if (!s.still_picture) r.fail("it needs still_picture", 1, "reduced_still_picture_header");
    const op = new OperatingPoint();
    op.seq_level_idx = r.u(5, "seq_level_idx", 0);
    s.operating_points.push(op);
  } else readOperatingPoints(r, s);
  s.frame_width_bits_minus_1 = r.u(4, "frame_width_bits_minus_1");
  s.frame_height_bits_minus_1 = r.u(4, "frame_height_bits_minus_1");
  s.max_frame_width_minus_1 = r.u(s.frame_width_bits_minus_1 + 1, "max_frame_width_minus_1");
  s.max_frame_height_minus_1 = r.u(s.frame_height_bits_minus_1 + 1, "max_frame_height_minus_1");
  if (!s.reduced_still_picture_header) s.frame_id_numbers_present_flag = r.flag("frame_id_numbers_present_flag");
  if (s.frame_id_numbers_present_flag) {
    s.delta_frame_id_length_minus_2 = r.u(4, "delta_frame_id_length_minus_2");
    s.additional_frame_id_length_minus_1 = r.u(3, "additional_frame_id_length_minus_1");
    if (s.idLen > 16) {
      r.fail(`frame ids of ${s.idLen} bits; at most 16 are allowed`, 3, "additional_frame_id_length_minus_1");
    }
  }
  s.use_128x128_superblock = r.flag("use_128x128_superblock");
  s.enable_filter_intra = r.flag("enable_filter_intra");
  s.enable_intra_edge_filter = r.flag("enable_intra_edge_filter");
  if (!s.reduced_still_picture_header) readInterTools(r, s);
  s.enable_superres = r.flag("enable_superres");
  s.enable_cdef = r.flag("enable_cdef");
  s.enable_restoration = r.flag("enable_restoration");
  color_config(r, s.color_config, s);
  s.film_grain_params_present = r.flag("film_grain_params_present");
  return s;
}

/** The part of 5.5.1 from timing_info_present_flag on. */
function readOperatingPoints(r: ObuReader, s: SequenceHeader): void {
  const timing_info_present_flag = r.flag("timing_info_present_flag");
  if (timing_info_present_flag) {
    s.timing_info = timing_info(r);
    const decoder_model_info_present_flag = r.flag("decoder_model_info_present_flag");
    if (decoder_model_info_present_flag) s.decoder_model_info = decoder_model_info(r);
  }
  s.initial_display_delay_present_flag = r.flag("initial_display_delay_present_flag");
  const operating_points_cnt_minus_1 = r.u(5, "operating_points_cnt_minus_1");
  for (let i = 0; i <= operating_points_cnt_minus_1; i++) {
    const op = new OperatingPoint();
    s.operating_points.push(op);
    op.operating_point_idc = r.u(12, "operating_point_idc", i);
    op.seq_level_idx = r.u(5, "seq_level_idx", i);
    if (op.seq_level_idx > 7) op.seq_tier = r.u(1, "seq_tier", i);
    if (s.decoder_model_info !== null) {
      op.decoder_model_present_for_this_op = r.flag("decoder_model_present_for_this_op", i);
      if (op.decoder_model_present_for_this_op) {
        op.operating_parameters_info = operating_parameters_info(r, s.decoder_model_info, i);
      }
    }
    if (s.initial_display_delay_present_flag) {
      op.initial_display_delay_present_for_this_op = r.flag("initial_display_delay_present_for_this_op", i);
      if (op.initial_display_delay_present_for_this_op) {
        op.initial_display_delay_minus_1 = r.u(4, "initial_display_delay_minus_1", i);
      }
    }
  }
}

/** The part of 5.5.1 from enable_interintra_compound to order_hint_bits_minus_1. */
function readInterTools(r: ObuReader, s: SequenceHeader): void {
  s.enable_interintra_compound = r.flag("enable_interintra_compound");
  s.enable_masked_compound = r.flag("enable_masked_compound");
  s.enable_warped_motion = r.flag("enable_warped_motion");
  s.enable_dual_filter = r.flag("enable_dual_filter");
  s.enable_order_hint = r.flag("enable_order_hint");
  if (s.enable_order_hint) {
    s.enable_jnt_comp = r.flag("enable_jnt_comp");
    s.enable_ref_frame_mvs = r.flag("enable_ref_frame_mvs");
  }
  const seq_choose_screen_content_tools = r.flag("seq_choose_screen_content_tools");
  if (!seq_choose_screen_content_tools) {
    s.seq_force_screen_content_tools = r.u(1, "seq_force_screen_content_tools");
  }
  if (s.seq_force_screen_content_tools > 0) {
    const seq_choose_integer_mv = r.flag("seq_choose_integer_mv");
    if (!seq_choose_integer_mv) s.seq_force_integer_mv = r.u(1, "seq_force_integer_mv");
  }
  if (s.enable_order_hint) {
    const order_hint_bits_minus_1 = r.u(3, "order_hint_bits_minus_1");
    s.OrderHintBits = order_hint_bits_minus_1 + 1;
  }
}

/** 5.5.2 Color config syntax. */
function color_config(r: ObuReader, c: ColorConfig, { seq_profile }: SequenceHeader): void {
  c.high_bitdepth = r.flag("high_bitdepth");
  if (seq_profile === 2 && c.high_bitdepth) {
    c.twelve_bit = r.flag("twelve_bit");
    c.BitDepth = c.twelve_bit ? 12 : 10;
  } else c.BitDepth = c.high_bitdepth ? 10 : 8;
  if (seq_profile !== 1) c.mono_chrome = r.flag("mono_chrome");
  c.color_description_present_flag = r.flag("color_description_present_flag");
  if (c.color_description_present_flag) {
    c.color_primaries = r.u(8, "color_primaries");
    c.transfer_characteristics = r.u(8, "transfer_characteristics");
    c.matrix_coefficients = r.u(8, "matrix_coefficients");
  }
  if (c.mono_chrome) {
    c.color_range = r.u(1, "color_range");
    return;
  }
  if (
    c.color_primaries === CP_BT_709 &&
    c.transfer_characteristics === TC_SRGB &&
    c.matrix_coefficients === MC_IDENTITY
  ) {
    c.color_range = 1;
    c.subsampling_x = 0;
    c.subsampling_y = 0;
    if (seq_profile === 0 || (seq_profile === 2 && c.BitDepth !== 12)) {
      r.fail(`RGB is forbidden in profile ${seq_profile} with ${c.BitDepth} bits`, 8, "matrix_coefficients");
    }
  } else {
    c.color_range = r.u(1, "color_range");
    readSubsampling(r, c, seq_profile);
    if (c.matrix_coefficients === MC_IDENTITY && (c.subsampling_x || c.subsampling_y)) {
      r.fail("the identity matrix needs 4:4:4", 0, "matrix_coefficients");
    }
    if (c.subsampling_x && c.subsampling_y) c.chroma_sample_position = r.u(2, "chroma_sample_position");
  }
  c.separate_uv_delta_q = r.flag("separate_uv_delta_q");
}

/** The part of 5.5.2 that depends on the profile. */
function readSubsampling(r: ObuReader, c: ColorConfig, seq_profile: number): void {
  if (seq_profile === 0) return;
  if (seq_profile === 1) {
    c.subsampling_x = 0;
    c.subsampling_y = 0;
  } else if (c.BitDepth === 12) {
    c.subsampling_x = r.flag("subsampling_x");
    c.subsampling_y = c.subsampling_x ? r.flag("subsampling_y") : 0;
  } else {
    c.subsampling_x = 1;
    c.subsampling_y = 0;
  }
}

/** 5.5.3 Timing info syntax. */
function timing_info(r: ObuReader): TimingInfo {
  const t = new TimingInfo();
  t.num_units_in_display_tick = r.u(32, "num_units_in_display_tick");
  t.time_scale = r.u(32, "time_scale");
  t.equal_picture_interval = r.flag("equal_picture_interval");
  if (t.equal_picture_interval) {
    t.num_ticks_per_picture_minus_1 = r.uvlc("num_ticks_per_picture_minus_1", 0xfffffffe);
  }
  return t;
}

/** 5.5.4 Decoder model info syntax. */
function decoder_model_info(r: ObuReader): DecoderModelInfo {
  const d = new DecoderModelInfo();
  d.buffer_delay_length_minus_1 = r.u(5, "buffer_delay_length_minus_1");
  d.num_units_in_decoding_tick = r.u(32, "num_units_in_decoding_tick");
  d.buffer_removal_time_length_minus_1 = r.u(5, "buffer_removal_time_length_minus_1");
  d.frame_presentation_time_length_minus_1 = r.u(5, "frame_presentation_time_length_minus_1");
  return d;
}

/** 5.5.5 Operating parameters info syntax. */
function operating_parameters_info(r: ObuReader, d: DecoderModelInfo, i: number): OperatingParametersInfo {
  const info = new OperatingParametersInfo();
  const n = d.buffer_delay_length_minus_1 + 1;
  info.decoder_buffer_delay = r.u(n, "decoder_buffer_delay", i);
  info.encoder_buffer_delay = r.u(n, "encoder_buffer_delay", i);
  info.low_delay_mode_flag = r.flag("low_delay_mode_flag", i);
  return info;
}

/** 5.8.1 General metadata OBU syntax. @param payload the OBU's bytes after its header. */
export function metadata_obu(r: ObuReader, payload: Uint8Array): Metadata {
  const before = r.position;
  const metadata_type = r.leb128("metadata_type");
  switch (metadata_type) {
    case METADATA_TYPE_ITUT_T35:
      return metadata_itut_t35(r, payload, (r.position - before) / 8);
    case METADATA_TYPE_HDR_CLL:
      return metadata_hdr_cll(r);
    case METADATA_TYPE_HDR_MDCV:
      return metadata_hdr_mdcv(r);
    case METADATA_TYPE_SCALABILITY:
      return metadata_scalability(r);
    case METADATA_TYPE_TIMECODE:
      return metadata_timecode(r);
    default:
      return null;
  }
}

/** 5.8.2 Metadata ITUT T35 syntax. What the bytes mean is not AV1's to say. */
function metadata_itut_t35(r: ObuReader, payload: Uint8Array, at: number): MetadataItutT35 {
  const m = new MetadataItutT35();
  m.itu_t_t35_country_code = r.u(8, "itu_t_t35_country_code");
  const hasExtension = m.itu_t_t35_country_code === 0xff;
  if (hasExtension) m.itu_t_t35_country_code_extension_byte = r.u(8, "itu_t_t35_country_code_extension_byte");
  m.payload = payload.subarray(at + (hasExtension ? 2 : 1));
  return m;
}

/** 5.8.3 Metadata high dynamic range content light level syntax. */
function metadata_hdr_cll(r: ObuReader): MetadataHdrCll {
  const m = new MetadataHdrCll();
  m.max_cll = r.u(16, "max_cll");
  m.max_fall = r.u(16, "max_fall");
  return m;
}

/** 5.8.4 Metadata high dynamic range mastering display color volume syntax. */
function metadata_hdr_mdcv(r: ObuReader): MetadataHdrMdcv {
  const m = new MetadataHdrMdcv();
  for (let i = 0; i < 3; i++) {
    m.primary_chromaticity_x[i] = r.u(16, "primary_chromaticity_x", i);
    m.primary_chromaticity_y[i] = r.u(16, "primary_chromaticity_y", i);
  }
  m.white_point_chromaticity_x = r.u(16, "white_point_chromaticity_x");
  m.white_point_chromaticity_y = r.u(16, "white_point_chromaticity_y");
  m.luminance_max = r.u(32, "luminance_max");
  m.luminance_min = r.u(32, "luminance_min");
  return m;
}

/** 5.8.5 Metadata scalability syntax. */
function metadata_scalability(r: ObuReader): MetadataScalability {
  const m = new MetadataScalability();
  m.scalability_mode_idc = r.u(8, "scalability_mode_idc");
  if (m.scalability_mode_idc === SCALABILITY_SS) m.scalability_structure = scalability_structure(r);
  return m;
}

/** 5.8.6 Scalability structure syntax. */
function scalability_structure(r: ObuReader): ScalabilityStructure {
  const s = new ScalabilityStructure();
  s.spatial_layers_cnt_minus_1 = r.u(2, "spatial_layers_cnt_minus_1");
  s.spatial_layer_dimensions_present_flag = r.flag("spatial_layer_dimensions_present_flag");
  s.spatial_layer_description_present_flag = r.flag("spatial_layer_description_present_flag");
  s.temporal_group_description_present_flag = r.flag("temporal_group_description_present_flag");
  r.u(3, "scalability_structure_reserved_3bits");
  if (s.spatial_layer_dimensions_present_flag) {
    for (let i = 0; i <= s.spatial_layers_cnt_minus_1; i++) {
      s.spatial_layer_max_width[i] = r.u(16, "spatial_layer_max_width", i);
      s.spatial_layer_max_height[i] = r.u(16, "spatial_layer_max_height", i);
    }
  }
  if (s.spatial_layer_description_present_flag) {
    for (let i = 0; i <= s.spatial_layers_cnt_minus_1; i++) {
      s.spatial_layer_ref_id[i] = r.u(8, "spatial_layer_ref_id", i);
    }
  }
  if (s.temporal_group_description_present_flag) {
    const temporal_group_size = r.u(8, "temporal_group_size");
    for (let i = 0; i < temporal_group_size; i++) s.temporal_group.push(readTemporalGroupPicture(r, i));
  }
  return s;
}

function readTemporalGroupPicture(r: ObuReader, i: number): TemporalGroupPicture {
  const g = new TemporalGroupPicture();
  g.temporal_group_temporal_id = r.u(3, "temporal_group_temporal_id", i);
  g.temporal_group_temporal_switching_up_point_flag = r.flag("temporal_group_temporal_switching_up_point_flag", i);
  g.temporal_group_spatial_switching_up_point_flag = r.flag("temporal_group_spatial_switching_up_point_flag", i);
  g.temporal_group_ref_cnt = r.u(3, "temporal_group_ref_cnt", i);
  for (let j = 0; j < g.temporal_group_ref_cnt; j++) {
    g.temporal_group_ref_pic_diff[j] = r.u(8, "temporal_group_ref_pic_diff", i, j);
  }
  return g;
}

/** 5.8.7 Metadata timecode syntax. */
function metadata_timecode(r: ObuReader): MetadataTimecode {
  const m = new MetadataTimecode();
  m.counting_type = r.u(5, "counting_type");
  m.full_timestamp_flag = r.flag("full_timestamp_flag");
  m.discontinuity_flag = r.flag("discontinuity_flag");
  m.cnt_dropped_flag = r.flag("cnt_dropped_flag");
  m.n_frames = r.u(9, "n_frames");
  if (m.full_timestamp_flag) {
    m.seconds_value = r.u(6, "seconds_value");
    m.minutes_value = r.u(6, "minutes_value");
    m.hours_value = r.u(5, "hours_value");
  } else {
    const seconds_flag = r.flag("seconds_flag");
    if (seconds_flag) {
      m.seconds_value = r.u(6, "seconds_value");
      const minutes_flag = r.flag("minutes_flag");
      if (minutes_flag) {
        m.minutes_value = r.u(6, "minutes_value");
        const hours_flag = r.flag("hours_flag");
        if (hours_flag) m.hours_value = r.u(5, "hours_value");
      }
    }
  }
  m.time_offset_length = r.u(5, "time_offset_length");
  if (m.time_offset_length > 0) m.time_offset_value = r.u(m.time_offset_length, "time_offset_value");
  return m;
}

/** 5.9.2 Uncompressed header syntax. @param references what 7.20 saved in the slots. */
export function uncompressed_header(
  r: ObuReader,
  seq: SequenceHeader,
  references: References,
  layer: Layer,
): FrameHeader | ShowExistingFrame {
  const show_existing_frame = seq.reduced_still_picture_header ? 0 : r.flag("show_existing_frame");
  if (show_existing_frame) return showExistingFrame(r, seq);
  const h = new FrameHeader();
  if (!seq.reduced_still_picture_header) {
    h.frame_type = r.u(2, "frame_type");
    h.show_frame = r.flag("show_frame");
    if (h.show_frame && hasTemporalPoints(seq)) h.frame_presentation_time = temporal_point_info(r, seq);
    h.showable_frame = h.show_frame ? Number(h.frame_type !== KEY_FRAME) : r.flag("showable_frame");
    const isResilient = h.frame_type === SWITCH_FRAME || (h.frame_type === KEY_FRAME && h.show_frame === 1);
    h.error_resilient_mode = isResilient ? 1 : r.flag("error_resilient_mode");
  }
  const isShownKeyFrame = h.frame_type === KEY_FRAME && h.show_frame === 1;
  h.disable_cdf_update = r.flag("disable_cdf_update");
  readScreenContent(r, h, seq);
  if (seq.frame_id_numbers_present_flag) h.current_frame_id = r.u(seq.idLen, "current_frame_id");
  if (h.frame_type === SWITCH_FRAME) h.frame_size_override_flag = 1;
  else if (!seq.reduced_still_picture_header) h.frame_size_override_flag = r.flag("frame_size_override_flag");
  const order_hint = r.u(seq.OrderHintBits, "order_hint");
  h.OrderHint = order_hint;
  if (!h.FrameIsIntra && !h.error_resilient_mode) h.primary_ref_frame = r.u(3, "primary_ref_frame");
  if (seq.decoder_model_info !== null) readBufferRemovalTimes(r, h, seq, seq.decoder_model_info, layer);
  if (h.frame_type !== SWITCH_FRAME && !isShownKeyFrame) h.refresh_frame_flags = r.u(8, "refresh_frame_flags");
  if (h.frame_type === INTRA_ONLY_FRAME && h.refresh_frame_flags === 0xff) {
    r.fail("0xff is forbidden in intra-only frames", 8, "refresh_frame_flags");
  }
  if ((!h.FrameIsIntra || h.refresh_frame_flags !== 0xff) && h.error_resilient_mode && seq.enable_order_hint) {
    h.ref_order_hint = [];
    for (let i = 0; i < NUM_REF_FRAMES; i++) h.ref_order_hint[i] = r.u(seq.OrderHintBits, "ref_order_hint", i);
  }
  if (h.FrameIsIntra) {
    frame_size(r, h, seq);
    render_size(r, h.frame_size);
    const { UpscaledWidth, FrameWidth } = h.frame_size;
    if (h.allow_screen_content_tools && UpscaledWidth === FrameWidth) h.allow_intrabc = r.flag("allow_intrabc");
  } else readInterFrame(r, h, seq, references);
  const isCdfFixed = seq.reduced_still_picture_header || h.disable_cdf_update;
  h.disable_frame_end_update_cdf = isCdfFixed ? 1 : r.flag("disable_frame_end_update_cdf");
  const inherited = inheritedBy(h, references);
  if (inherited === null) {
    const slot = h.ref_frame_idx[h.primary_ref_frame];
    const reason = `the frame inherits from the one in slot ${slot}, which is empty`;
    return r.failAs("missing-reference", reason, 0, "primary_ref_frame");
  }
  tile_info(r, h.tile_info, h.frame_size, seq);
  quantization_params(r, h.quantization_params, seq);
  segmentation_params(r, h, inherited);
  delta_q_params(r, h.delta_params, h.quantization_params);
  delta_lf_params(r, h.delta_params, h);
  h.CodedLossless = isCodedLossless(h) ? 1 : 0;
  h.AllLossless = h.CodedLossless && h.frame_size.FrameWidth === h.frame_size.UpscaledWidth ? 1 : 0;
  loop_filter_params(r, h, seq, inherited);
  cdef_params(r, h, seq);
  lr_params(r, h, seq);
  h.TxMode = read_tx_mode(r, h);
  h.reference_select = frame_reference_mode(r, h);
  skip_mode_params(r, h, seq, references);
  const mayWarp = !h.FrameIsIntra && !h.error_resilient_mode && seq.enable_warped_motion;
  if (mayWarp) h.allow_warped_motion = r.flag("allow_warped_motion");
  h.reduced_tx_set = r.flag("reduced_tx_set");
  h.global_motion_params = h.FrameIsIntra ? noGlobalMotion : global_motion_params(r, h, inherited);
  h.film_grain_params = film_grain_params(r, h, seq, references);
  return h;
}

/** The part of 5.9.2 for show_existing_frame. */
function showExistingFrame(r: ObuReader, seq: SequenceHeader): ShowExistingFrame {
  const h = new ShowExistingFrame();
  h.frame_to_show_map_idx = r.u(3, "frame_to_show_map_idx");
  if (hasTemporalPoints(seq)) h.frame_presentation_time = temporal_point_info(r, seq);
  if (seq.frame_id_numbers_present_flag) h.display_frame_id = r.u(seq.idLen, "display_frame_id");
  return h;
}

function hasTemporalPoints({ decoder_model_info, timing_info: timing }: SequenceHeader): boolean {
  return decoder_model_info !== null && timing?.equal_picture_interval === 0;
}

/** The part of 5.9.2 from allow_screen_content_tools to force_integer_mv. */
function readScreenContent(r: ObuReader, h: FrameHeader, seq: SequenceHeader): void {
  const { seq_force_screen_content_tools, seq_force_integer_mv } = seq;
  const isToolsCoded = seq_force_screen_content_tools === SELECT_SCREEN_CONTENT_TOOLS;
  h.allow_screen_content_tools = isToolsCoded ? r.flag("allow_screen_content_tools") : seq_force_screen_content_tools;
  if (h.allow_screen_content_tools) {
    const isMvCoded = seq_force_integer_mv === SELECT_INTEGER_MV;
    h.force_integer_mv = isMvCoded ? r.flag("force_integer_mv") : seq_force_integer_mv;
  }
  if (h.FrameIsIntra) h.force_integer_mv = 1;
}

/** The part of 5.9.2 from buffer_removal_time_present_flag on. */
function readBufferRemovalTimes(
  r: ObuReader,
  h: FrameHeader,
  { operating_points }: SequenceHeader,
  { buffer_removal_time_length_minus_1 }: DecoderModelInfo,
  { temporal_id, spatial_id }: Layer,
): void {
  h.buffer_removal_time_present_flag = r.flag("buffer_removal_time_present_flag");
  if (!h.buffer_removal_time_present_flag) return;
  for (let opNum = 0; opNum < operating_points.length; opNum++) {
    const op = operating_points[opNum] as OperatingPoint;
    h.buffer_removal_time[opNum] = 0;
    if (!op.decoder_model_present_for_this_op) continue;
    const idc = op.operating_point_idc;
    const isInLayers = (idc >> temporal_id) & 1 && (idc >> (spatial_id + 8)) & 1;
    if (idc === 0 || isInLayers) {
      h.buffer_removal_time[opNum] = r.u(buffer_removal_time_length_minus_1 + 1, "buffer_removal_time", opNum);
    }
  }
}

/** The part of 5.9.2 for inter and switch frames. */
function readInterFrame(r: ObuReader, h: FrameHeader, seq: SequenceHeader, references: References): void {
  if (seq.enable_order_hint) {
    h.frame_refs_short_signaling = r.flag("frame_refs_short_signaling");
    if (h.frame_refs_short_signaling) {
      const last_frame_idx = r.u(3, "last_frame_idx");
      const gold_frame_idx = r.u(3, "gold_frame_idx");
      setFrameRefs(seq, h, references, last_frame_idx, gold_frame_idx);
    }
  }
  if (seq.frame_id_numbers_present_flag) h.expectedFrameId = [];
  for (let i = 0; i < REFS_PER_FRAME; i++) {
    if (!h.frame_refs_short_signaling) h.ref_frame_idx[i] = r.u(3, "ref_frame_idx", i);
    if (h.expectedFrameId !== null) {
      const delta_frame_id_minus_1 = r.u(seq.delta_frame_id_length_minus_2 + 2, "delta_frame_id_minus_1", i);
      const count = 1 << seq.idLen;
      h.expectedFrameId[i] = (h.current_frame_id + count - (delta_frame_id_minus_1 + 1)) % count;
    }
  }
  if (h.frame_size_override_flag && !h.error_resilient_mode) frame_size_with_refs(r, h, seq, references);
  else {
    frame_size(r, h, seq);
    render_size(r, h.frame_size);
  }
  if (!h.force_integer_mv) h.allow_high_precision_mv = r.flag("allow_high_precision_mv");
  h.interpolation_filter = read_interpolation_filter(r);
  h.is_motion_mode_switchable = r.flag("is_motion_mode_switchable");
  const mayUseMvs = !h.error_resilient_mode && seq.enable_ref_frame_mvs;
  if (mayUseMvs) h.use_ref_frame_mvs = r.flag("use_ref_frame_mvs");
  for (let i = 0; i < REFS_PER_FRAME; i++) {
    h.OrderHints[LAST_FRAME + i] = refOrderHint(references, h.ref_frame_idx[i] as number);
  }
}

/** 5.9.5 Frame size syntax. */
function frame_size(r: ObuReader, h: FrameHeader, seq: SequenceHeader): void {
  const size = h.frame_size;
  let width = seq.max_frame_width_minus_1 + 1;
  let height = seq.max_frame_height_minus_1 + 1;
  if (h.frame_size_override_flag) {
    // SVT-AV1 writes heights above max_frame_height_minus_1, which 6.8.4 forbids; other decoders take them.
    const frame_width_minus_1 = r.u(seq.frame_width_bits_minus_1 + 1, "frame_width_minus_1");
    const frame_height_minus_1 = r.u(seq.frame_height_bits_minus_1 + 1, "frame_height_minus_1");
    width = frame_width_minus_1 + 1;
    height = frame_height_minus_1 + 1;
  }
  size.FrameWidth = width;
  size.FrameHeight = height;
  superres_params(r, size, seq);
  compute_image_size(size);
}

/** 5.9.6 Render size syntax. */
function render_size(r: ObuReader, size: FrameSize): void {
  size.RenderWidth = size.UpscaledWidth;
  size.RenderHeight = size.FrameHeight;
  size.render_and_frame_size_different = r.flag("render_and_frame_size_different");
  if (size.render_and_frame_size_different) {
    const render_width_minus_1 = r.u(16, "render_width_minus_1");
    const render_height_minus_1 = r.u(16, "render_height_minus_1");
    size.RenderWidth = render_width_minus_1 + 1;
    size.RenderHeight = render_height_minus_1 + 1;
  }
}

/** 5.9.7 Frame size with refs syntax. */
function frame_size_with_refs(r: ObuReader, h: FrameHeader, seq: SequenceHeader, references: References): void {
  const size = h.frame_size;
  for (let i = 0; i < REFS_PER_FRAME && size.found_ref === null; i++) {
    const found_ref = r.flag("found_ref", i);
    if (found_ref) size.found_ref = i;
  }
  if (size.found_ref === null) {
    frame_size(r, h, seq);
    render_size(r, size);
    return;
  }
  const slot = h.ref_frame_idx[size.found_ref] as number;
  const reference = references[slot]?.frame_size;
  if (reference === undefined) {
    const reason = `the frame takes its size from slot ${slot}, which is empty`;
    r.failAs("missing-reference", reason, 1, "found_ref", size.found_ref);
  }
  size.FrameWidth = reference.UpscaledWidth;
  size.FrameHeight = reference.FrameHeight;
  size.RenderWidth = reference.RenderWidth;
  size.RenderHeight = reference.RenderHeight;
  superres_params(r, size, seq);
  compute_image_size(size);
}

/** 5.9.8 Superres params syntax. */
function superres_params(r: ObuReader, size: FrameSize, seq: SequenceHeader): void {
  if (seq.enable_superres) size.use_superres = r.flag("use_superres");
  if (size.use_superres) {
    const coded_denom = r.u(SUPERRES_DENOM_BITS, "coded_denom");
    size.SuperresDenom = coded_denom + SUPERRES_DENOM_MIN;
  }
  size.UpscaledWidth = size.FrameWidth;
  size.FrameWidth = Math.floor((size.UpscaledWidth * SUPERRES_NUM + (size.SuperresDenom >> 1)) / size.SuperresDenom);
}

/** 5.9.9 Compute image size function. */
function compute_image_size(size: FrameSize): void {
  size.MiCols = 2 * ((size.FrameWidth + 7) >> 3);
  size.MiRows = 2 * ((size.FrameHeight + 7) >> 3);
}

/** 5.9.10 Interpolation filter syntax. */
function read_interpolation_filter(r: ObuReader): number {
  const is_filter_switchable = r.flag("is_filter_switchable");
  return is_filter_switchable ? SWITCHABLE : r.u(2, "interpolation_filter");
}

/** 5.9.11 Loop filter params syntax. Lossless and intrabc frames keep the defaults. */
function loop_filter_params(r: ObuReader, h: FrameHeader, seq: SequenceHeader, inherited: Inherited): void {
  const lf = h.loop_filter_params;
  // What setup_past_independence of 6.8.2 leaves where nothing is coded.
  if (h.primary_ref_frame === PRIMARY_REF_NONE) lf.loop_filter_delta_enabled = 1;
  if (h.CodedLossless || h.allow_intrabc) return;
  lf.loop_filter_level[0] = r.u(6, "loop_filter_level", 0);
  lf.loop_filter_level[1] = r.u(6, "loop_filter_level", 1);
  if (seq.color_config.NumPlanes > 1 && (lf.loop_filter_level[0] || lf.loop_filter_level[1])) {
    lf.loop_filter_level[2] = r.u(6, "loop_filter_level", 2);
    lf.loop_filter_level[3] = r.u(6, "loop_filter_level", 3);
  }
  lf.loop_filter_sharpness = r.u(3, "loop_filter_sharpness");
  lf.loop_filter_delta_enabled = r.flag("loop_filter_delta_enabled");
  lf.loop_filter_ref_deltas = inherited.loop_filter_ref_deltas;
  lf.loop_filter_mode_deltas = inherited.loop_filter_mode_deltas;
  if (!lf.loop_filter_delta_enabled) return;
  lf.loop_filter_delta_update = r.flag("loop_filter_delta_update");
  if (!lf.loop_filter_delta_update) return;
  const loop_filter_ref_deltas = inherited.loop_filter_ref_deltas.slice();
  const loop_filter_mode_deltas = inherited.loop_filter_mode_deltas.slice();
  for (let i = 0; i < TOTAL_REFS_PER_FRAME; i++) {
    const update_ref_delta = r.flag("update_ref_delta", i);
    if (update_ref_delta) loop_filter_ref_deltas[i] = r.su(1 + 6, "loop_filter_ref_deltas", i);
  }
  for (let i = 0; i < 2; i++) {
    const update_mode_delta = r.flag("update_mode_delta", i);
    if (update_mode_delta) loop_filter_mode_deltas[i] = r.su(1 + 6, "loop_filter_mode_deltas", i);
  }
  lf.loop_filter_ref_deltas = loop_filter_ref_deltas;
  lf.loop_filter_mode_deltas = loop_filter_mode_deltas;
}

/** 5.9.12 Quantization params syntax. */
function quantization_params(r: ObuReader, q: QuantizationParams, { color_config: c }: SequenceHeader): void {
  q.base_q_idx = r.u(8, "base_q_idx");
  q.DeltaQYDc = read_delta_q(r);
  if (c.NumPlanes > 1) {
    if (c.separate_uv_delta_q) q.diff_uv_delta = r.flag("diff_uv_delta");
    q.DeltaQUDc = read_delta_q(r);
    q.DeltaQUAc = read_delta_q(r);
    q.DeltaQVDc = q.diff_uv_delta ? read_delta_q(r) : q.DeltaQUDc;
    q.DeltaQVAc = q.diff_uv_delta ? read_delta_q(r) : q.DeltaQUAc;
  }
  q.using_qmatrix = r.flag("using_qmatrix");
  if (q.using_qmatrix) {
    q.qm_y = r.u(4, "qm_y");
    q.qm_u = r.u(4, "qm_u");
    q.qm_v = c.separate_uv_delta_q ? r.u(4, "qm_v") : q.qm_u;
  }
}

/** 5.9.13 Delta quantizer syntax. */
function read_delta_q(r: ObuReader): number {
  const delta_coded = r.flag("delta_coded");
  return delta_coded ? r.su(1 + 6, "delta_q") : 0;
}

/** 5.9.14 Segmentation params syntax. */
function segmentation_params(r: ObuReader, h: FrameHeader, inherited: Inherited): void {
  const seg = h.segmentation_params;
  seg.segmentation_enabled = r.flag("segmentation_enabled");
  if (!seg.segmentation_enabled) return;
  if (h.primary_ref_frame === PRIMARY_REF_NONE) {
    seg.segmentation_update_map = 1;
    seg.segmentation_update_data = 1;
  } else {
    seg.segmentation_update_map = r.flag("segmentation_update_map");
    if (seg.segmentation_update_map) seg.segmentation_temporal_update = r.flag("segmentation_temporal_update");
    seg.segmentation_update_data = r.flag("segmentation_update_data");
  }
  seg.features = seg.segmentation_update_data ? readSegmentationFeatures(r) : inherited.features;
  setActiveSegments(seg);
}

/** The part of 5.9.14 for segmentation_update_data. */
function readSegmentationFeatures(r: ObuReader): SegmentationFeatures {
  const { FeatureEnabled, FeatureData } = new SegmentationFeatures();
  for (let i = 0; i < MAX_SEGMENTS; i++) {
    for (let j = 0; j < SEG_LVL_MAX; j++) {
      const feature_enabled = r.flag("feature_enabled", i, j);
      if (!feature_enabled) continue;
      const bitsToRead = Segmentation_Feature_Bits[j] as number;
      const limit = Segmentation_Feature_Max[j] as number;
      const isSigned = Segmentation_Feature_Signed[j] === 1;
      const feature_value = isSigned
        ? r.su(1 + bitsToRead, "feature_value", i, j)
        : r.u(bitsToRead, "feature_value", i, j);
      FeatureEnabled[i * SEG_LVL_MAX + j] = 1;
      FeatureData[i * SEG_LVL_MAX + j] = Math.min(limit, Math.max(isSigned ? -limit : 0, feature_value));
    }
  }
  return { FeatureEnabled, FeatureData };
}

function setActiveSegments(seg: SegmentationParams): void {
  const { FeatureEnabled } = seg.features;
  for (let at = 0; at < FeatureEnabled.length; at++) {
    if (!FeatureEnabled[at]) continue;
    seg.LastActiveSegId = at >> 3;
    if ((at & 7) >= SEG_LVL_REF_FRAME) seg.SegIdPreSkip = 1;
  }
}

/** 5.9.15 Tile info syntax. */
function tile_info(r: ObuReader, tile: TileInfo, size: FrameSize, seq: SequenceHeader): void {
  const limits = tileLimits(seq, size);
  tile.uniform_tile_spacing_flag = r.flag("uniform_tile_spacing_flag");
  if (tile.uniform_tile_spacing_flag) {
    tile.TileColsLog2 = limits.minLog2TileCols;
    while (tile.TileColsLog2 < limits.maxLog2TileCols) {
      const increment_tile_cols_log2 = r.flag("increment_tile_cols_log2");
      if (increment_tile_cols_log2 === 0) break;
      tile.TileColsLog2++;
    }
    tile.colStartsSb = uniformStarts(limits.sbCols, tile.TileColsLog2);
    tile.TileRowsLog2 = Math.max(limits.minLog2Tiles - tile.TileColsLog2, 0);
    while (tile.TileRowsLog2 < limits.maxLog2TileRows) {
      const increment_tile_rows_log2 = r.flag("increment_tile_rows_log2");
      if (increment_tile_rows_log2 === 0) break;
      tile.TileRowsLog2++;
    }
    tile.rowStartsSb = uniformStarts(limits.sbRows, tile.TileRowsLog2);
  } else {
    const { sbCols, sbRows, minLog2Tiles } = limits;
    const colStartsSb: number[] = [];
    const rowStartsSb: number[] = [];
    let widestTileSb = 0;
    for (let startSb = 0; startSb < sbCols; ) {
      const i = colStartsSb.length;
      colStartsSb.push(startSb);
      const maxWidth = Math.min(sbCols - startSb, limits.maxTileWidthSb);
      const width_in_sbs_minus_1 = r.ns(maxWidth, "width_in_sbs_minus_1", i);
      widestTileSb = Math.max(width_in_sbs_minus_1 + 1, widestTileSb);
      startSb += width_in_sbs_minus_1 + 1;
    }
    colStartsSb.push(sbCols);
    checkTileCount(r, "columns", colStartsSb.length - 1, MAX_TILE_COLS, "width_in_sbs_minus_1");
    tile.colStartsSb = colStartsSb;
    tile.TileColsLog2 = tileLog2(1, colStartsSb.length - 1);
    const area = minLog2Tiles > 0 ? (sbRows * sbCols) >> (minLog2Tiles + 1) : sbRows * sbCols;
    const maxTileHeightSb = Math.max(Math.floor(area / widestTileSb), 1);
    for (let startSb = 0; startSb < sbRows; ) {
      const i = rowStartsSb.length;
      rowStartsSb.push(startSb);
      const maxHeight = Math.min(sbRows - startSb, maxTileHeightSb);
      const height_in_sbs_minus_1 = r.ns(maxHeight, "height_in_sbs_minus_1", i);
      startSb += height_in_sbs_minus_1 + 1;
    }
    rowStartsSb.push(sbRows);
    checkTileCount(r, "rows", rowStartsSb.length - 1, MAX_TILE_ROWS, "height_in_sbs_minus_1");
    tile.rowStartsSb = rowStartsSb;
    tile.TileRowsLog2 = tileLog2(1, rowStartsSb.length - 1);
  }
  setMiStarts(tile, size, limits.sbShift);
  if (tile.TileColsLog2 > 0 || tile.TileRowsLog2 > 0) {
    const tiles = tile.TileCols * tile.TileRows;
    tile.context_update_tile_id = r.uMax(tile.TileRowsLog2 + tile.TileColsLog2, tiles - 1, "context_update_tile_id");
    const tile_size_bytes_minus_1 = r.u(2, "tile_size_bytes_minus_1");
    tile.TileSizeBytes = tile_size_bytes_minus_1 + 1;
  }
}

/** 6.8.14: TileCols and TileRows are at most MAX_TILE_COLS and MAX_TILE_ROWS. */
function checkTileCount(r: ObuReader, what: string, count: number, most: number, element: string): void {
  if (count > most) r.failAs("value-out-of-range", `${count} tile ${what}; at most ${most} are allowed`, 0, element);
}

/** 5.9.17 Quantizer index delta parameters syntax. */
function delta_q_params(r: ObuReader, d: DeltaParams, { base_q_idx }: QuantizationParams): void {
  if (base_q_idx > 0) d.delta_q_present = r.flag("delta_q_present");
  if (d.delta_q_present) d.delta_q_res = r.u(2, "delta_q_res");
}

/** 5.9.18 Loop filter delta parameters syntax. */
function delta_lf_params(r: ObuReader, d: DeltaParams, { allow_intrabc }: FrameHeader): void {
  if (!d.delta_q_present) return;
  if (!allow_intrabc) d.delta_lf_present = r.flag("delta_lf_present");
  if (d.delta_lf_present) {
    d.delta_lf_res = r.u(2, "delta_lf_res");
    d.delta_lf_multi = r.flag("delta_lf_multi");
  }
}

/** The part of 5.9.2 that sets CodedLossless, with get_qindex( 1, segmentId ) of 7.12.2. */
function isCodedLossless({ quantization_params: q, segmentation_params: seg }: FrameHeader): boolean {
  if (q.DeltaQYDc || q.DeltaQUAc || q.DeltaQUDc || q.DeltaQVAc || q.DeltaQVDc) return false;
  if (!seg.segmentation_enabled) return q.base_q_idx === 0;
  const { FeatureEnabled, FeatureData } = seg.features;
  for (let segmentId = 0; segmentId < MAX_SEGMENTS; segmentId++) {
    const at = segmentId * SEG_LVL_MAX + SEG_LVL_ALT_Q;
    const qindex = q.base_q_idx + (FeatureEnabled[at] ? (FeatureData[at] as number) : 0);
    if (qindex > 0) return false;
  }
  return true;
}

/** 5.9.19 CDEF params syntax. */
function cdef_params(r: ObuReader, h: FrameHeader, { enable_cdef, color_config: { NumPlanes } }: SequenceHeader): void {
  if (h.CodedLossless || h.allow_intrabc || !enable_cdef) return;
  const cdef_damping_minus_3 = r.u(2, "cdef_damping_minus_3");
  const cdef_bits = r.u(2, "cdef_bits");
  const c = new CdefParams(1 << cdef_bits);
  c.cdef_damping_minus_3 = cdef_damping_minus_3;
  c.cdef_bits = cdef_bits;
  h.cdef_params = c;
  for (let i = 0; i < 1 << cdef_bits; i++) {
    c.cdef_y_pri_strength[i] = r.u(4, "cdef_y_pri_strength", i);
    c.cdef_y_sec_strength[i] = r.u(2, "cdef_y_sec_strength", i);
    if (c.cdef_y_sec_strength[i] === 3) c.cdef_y_sec_strength[i] = 4;
    if (NumPlanes > 1) {
      c.cdef_uv_pri_strength[i] = r.u(4, "cdef_uv_pri_strength", i);
      c.cdef_uv_sec_strength[i] = r.u(2, "cdef_uv_sec_strength", i);
      if (c.cdef_uv_sec_strength[i] === 3) c.cdef_uv_sec_strength[i] = 4;
    }
  }
}

/** 5.9.20 Loop restoration params syntax. */
function lr_params(r: ObuReader, h: FrameHeader, seq: SequenceHeader): void {
  if (h.AllLossless || h.allow_intrabc || !seq.enable_restoration) return;
  const lr = new LrParams();
  h.lr_params = lr;
  const { NumPlanes, subsampling_x, subsampling_y } = seq.color_config;
  for (let i = 0; i < NumPlanes; i++) {
    const lr_type = r.u(2, "lr_type", i);
    lr.FrameRestorationType[i] = Remap_Lr_Type[lr_type] as number;
    if (lr.FrameRestorationType[i] !== RESTORE_NONE) {
      lr.UsesLr = 1;
      if (i > 0) lr.usesChromaLr = 1;
    }
  }
  if (!lr.UsesLr) return;
  readUnitShift(r, lr, seq.use_128x128_superblock);
  if (subsampling_x && subsampling_y && lr.usesChromaLr) lr.lr_uv_shift = r.u(1, "lr_uv_shift");
  const luma = RESTORATION_TILESIZE_MAX >> (2 - lr.lr_unit_shift);
  lr.LoopRestorationSize[0] = luma;
  lr.LoopRestorationSize[1] = lr.LoopRestorationSize[2] = luma >> lr.lr_uv_shift;
}

/** The part of 5.9.20 that reads lr_unit_shift. */
function readUnitShift(r: ObuReader, lr: LrParams, use_128x128_superblock: number): void {
  lr.lr_unit_shift = r.u(1, "lr_unit_shift");
  if (use_128x128_superblock) lr.lr_unit_shift++;
  else if (lr.lr_unit_shift) {
    const lr_unit_extra_shift = r.u(1, "lr_unit_extra_shift");
    lr.lr_unit_shift += lr_unit_extra_shift;
  }
}

/** 5.9.21 TX mode syntax. */
function read_tx_mode(r: ObuReader, { CodedLossless }: FrameHeader): number {
  if (CodedLossless) return ONLY_4X4;
  const tx_mode_select = r.flag("tx_mode_select");
  return tx_mode_select ? TX_MODE_SELECT : TX_MODE_LARGEST;
}

/** 5.9.22 Skip mode params syntax. */
function skip_mode_params(r: ObuReader, h: FrameHeader, seq: SequenceHeader, references: References): void {
  const frames = skipModeFrames(seq, h, references);
  if (frames === null) return;
  h.skipModeAllowed = 1;
  h.SkipModeFrame = frames;
  h.skip_mode_present = r.flag("skip_mode_present");
}

/** 5.9.23 Frame reference mode syntax. */
function frame_reference_mode(r: ObuReader, { FrameIsIntra }: FrameHeader): number {
  return FrameIsIntra ? 0 : r.flag("reference_select");
}

/** 5.9.24 Global motion params syntax. */
function global_motion_params(r: ObuReader, h: FrameHeader, { PrevGmParams }: Inherited): GlobalMotionParams {
  let gm = noGlobalMotion;
  for (let ref = LAST_FRAME; ref <= ALTREF_FRAME; ref++) {
    const is_global = r.flag("is_global", ref);
    if (!is_global) continue;
    if (gm === noGlobalMotion) {
      gm = new GlobalMotionParams();
      gm.gm_params = gm.gm_params.slice();
    }
    gm.is_global[ref] = 1;
    gm.is_rot_zoom[ref] = r.flag("is_rot_zoom", ref);
    if (!gm.is_rot_zoom[ref]) gm.is_translation[ref] = r.flag("is_translation", ref);
    const type = gm.is_rot_zoom[ref] ? ROTZOOM : gm.is_translation[ref] ? TRANSLATION : AFFINE;
    gm.GmType[ref] = type;
    const params = gm.gm_params;
    const read = (idx: number): void => {
      params[6 * ref + idx] = read_global_param(r, h, PrevGmParams, type, ref, idx);
    };
    if (type >= ROTZOOM) {
      read(2);
      read(3);
      if (type === AFFINE) {
        read(4);
        read(5);
      } else {
        params[6 * ref + 4] = -(params[6 * ref + 3] as number);
        params[6 * ref + 5] = params[6 * ref + 2] as number;
      }
    }
    read(0);
    read(1);
  }
  return gm;
}

/** 5.9.25 Global param syntax. */
function read_global_param(
  r: ObuReader,
  { allow_high_precision_mv }: FrameHeader,
  PrevGmParams: Int32Array,
  type: number,
  ref: number,
  idx: number,
): number {
  let absBits = GM_ABS_ALPHA_BITS;
  let precBits = GM_ALPHA_PREC_BITS;
  if (idx < 2) {
    const low = allow_high_precision_mv ? 0 : 1;
    absBits = type === TRANSLATION ? GM_ABS_TRANS_ONLY_BITS - low : GM_ABS_TRANS_BITS;
    precBits = type === TRANSLATION ? GM_TRANS_ONLY_PREC_BITS - low : GM_TRANS_PREC_BITS;
  }
  const precDiff = WARPEDMODEL_PREC_BITS - precBits;
  const round = idx % 3 === 2 ? 1 << WARPEDMODEL_PREC_BITS : 0;
  const sub = idx % 3 === 2 ? 1 << precBits : 0;
  const mx = 1 << absBits;
  const reference = ((PrevGmParams[6 * ref + idx] as number) >> precDiff) - sub;
  return (decode_signed_subexp_with_ref(r, -mx, mx + 1, reference, ref, idx) << precDiff) + round;
}

/** 5.9.26 Decode signed subexp with ref syntax. */
function decode_signed_subexp_with_ref(
  r: ObuReader,
  low: number,
  high: number,
  reference: number,
  ref: number,
  idx: number,
): number {
  return decode_unsigned_subexp_with_ref(r, high - low, reference - low, ref, idx) + low;
}

/** 5.9.27 Decode unsigned subexp with ref syntax. */
function decode_unsigned_subexp_with_ref(
  r: ObuReader,
  mx: number,
  reference: number,
  ref: number,
  idx: number,
): number {
  const v = decode_subexp(r, mx, ref, idx);
  if (reference << 1 <= mx) return inverse_recenter(reference, v);
  return mx - 1 - inverse_recenter(mx - 1 - reference, v);
}

/** 5.9.28 Decode subexp syntax. */
function decode_subexp(r: ObuReader, numSyms: number, ref: number, idx: number): number {
  let mk = 0;
  for (let i = 0; ; i++) {
    const b2 = i ? 3 + i - 1 : 3;
    const a = 1 << b2;
    if (numSyms <= mk + 3 * a) {
      const subexp_final_bits = r.ns(numSyms - mk, "subexp_final_bits", ref, idx);
      return subexp_final_bits + mk;
    }
    const subexp_more_bits = r.flag("subexp_more_bits", ref, idx);
    if (!subexp_more_bits) {
      const subexp_bits = r.u(b2, "subexp_bits", ref, idx);
      return subexp_bits + mk;
    }
    mk += a;
  }
}

/** 5.9.29 Inverse recenter function. */
function inverse_recenter(r: number, v: number): number {
  if (v > 2 * r) return v;
  return v & 1 ? r - ((v + 1) >> 1) : r + (v >> 1);
}

/** 5.9.30 Film grain params syntax. */
function film_grain_params(r: ObuReader, h: FrameHeader, seq: SequenceHeader, references: References): FilmGrainParams {
  if (!seq.film_grain_params_present || (!h.show_frame && !h.showable_frame)) return noGrain;
  const apply_grain = r.flag("apply_grain");
  if (!apply_grain) return noGrain;
  const g = new FilmGrainParams();
  g.apply_grain = 1;
  g.grain_seed = r.u(16, "grain_seed");
  g.update_grain = h.frame_type === INTER_FRAME ? r.flag("update_grain") : 1;
  if (!g.update_grain) {
    g.film_grain_params_ref_idx = r.u(3, "film_grain_params_ref_idx");
    return loadedGrain(r, g, h, references);
  }
  const { mono_chrome, subsampling_x, subsampling_y } = seq.color_config;
  g.num_y_points = r.uMax(4, 14, "num_y_points");
  for (let i = 0; i < g.num_y_points; i++) {
    g.point_y_value[i] = r.u(8, "point_y_value", i);
    if (i > 0 && (g.point_y_value[i] as number) <= (g.point_y_value[i - 1] as number)) failOrder(r, "point_y_value", i);
    g.point_y_scaling[i] = r.u(8, "point_y_scaling", i);
  }
  if (!mono_chrome) g.chroma_scaling_from_luma = r.flag("chroma_scaling_from_luma");
  const isWithoutChroma =
    mono_chrome || g.chroma_scaling_from_luma || (subsampling_x && subsampling_y && g.num_y_points === 0);
  if (!isWithoutChroma) readChromaPoints(r, g);
  if (subsampling_x && subsampling_y && (g.num_cb_points === 0) !== (g.num_cr_points === 0)) {
    r.fail("in 4:2:0, Cb and Cr must both have points or both have none", 4, "num_cr_points");
  }
  g.grain_scaling_minus_8 = r.u(2, "grain_scaling_minus_8");
  readArCoefficients(r, g);
  g.ar_coeff_shift_minus_6 = r.u(2, "ar_coeff_shift_minus_6");
  g.grain_scale_shift = r.u(2, "grain_scale_shift");
  if (g.num_cb_points) {
    g.cb_mult = r.u(8, "cb_mult");
    g.cb_luma_mult = r.u(8, "cb_luma_mult");
    g.cb_offset = r.u(9, "cb_offset");
  }
  if (g.num_cr_points) {
    g.cr_mult = r.u(8, "cr_mult");
    g.cr_luma_mult = r.u(8, "cr_luma_mult");
    g.cr_offset = r.u(9, "cr_offset");
  }
  g.overlap_flag = r.flag("overlap_flag");
  g.clip_to_restricted_range = r.flag("clip_to_restricted_range");
  return g;
}

/** The part of 5.9.30 for update_grain equal to 0. */
function loadedGrain(r: ObuReader, g: FilmGrainParams, h: FrameHeader, references: References): FilmGrainParams {
  const slot = g.film_grain_params_ref_idx;
  if (!h.ref_frame_idx.includes(slot)) {
    r.fail(`slot ${slot} is no reference of the frame`, 3, "film_grain_params_ref_idx");
  }
  const reference = references[slot] ?? null;
  if (reference === null) {
    const reason = `the frame takes its film grain from slot ${slot}, which is empty`;
    return r.failAs("missing-reference", reason, 3, "film_grain_params_ref_idx");
  }
  return loadGrainParams(reference.film_grain_params, g.grain_seed);
}

/** The part of 5.9.30 from num_cb_points to point_cr_scaling. */
function readChromaPoints(r: ObuReader, g: FilmGrainParams): void {
  g.num_cb_points = r.uMax(4, 10, "num_cb_points");
  for (let i = 0; i < g.num_cb_points; i++) {
    g.point_cb_value[i] = r.u(8, "point_cb_value", i);
    if (i > 0 && (g.point_cb_value[i] as number) <= (g.point_cb_value[i - 1] as number))
      failOrder(r, "point_cb_value", i);
    g.point_cb_scaling[i] = r.u(8, "point_cb_scaling", i);
  }
  g.num_cr_points = r.uMax(4, 10, "num_cr_points");
  for (let i = 0; i < g.num_cr_points; i++) {
    g.point_cr_value[i] = r.u(8, "point_cr_value", i);
    if (i > 0 && (g.point_cr_value[i] as number) <= (g.point_cr_value[i - 1] as number))
      failOrder(r, "point_cr_value", i);
    g.point_cr_scaling[i] = r.u(8, "point_cr_scaling", i);
  }
}

function failOrder(r: ObuReader, name: string, i: number): never {
  r.fail("the values of points must rise", 8, name, i);
}

/** The part of 5.9.30 from ar_coeff_lag to ar_coeffs_cr_plus_128. */
function readArCoefficients(r: ObuReader, g: FilmGrainParams): void {
  g.ar_coeff_lag = r.u(2, "ar_coeff_lag");
  const numPosLuma = 2 * g.ar_coeff_lag * (g.ar_coeff_lag + 1);
  const numPosChroma = g.num_y_points ? numPosLuma + 1 : numPosLuma;
  if (g.num_y_points) {
    for (let i = 0; i < numPosLuma; i++) g.ar_coeffs_y_plus_128[i] = r.u(8, "ar_coeffs_y_plus_128", i);
  }
  if (g.chroma_scaling_from_luma || g.num_cb_points) {
    for (let i = 0; i < numPosChroma; i++) g.ar_coeffs_cb_plus_128[i] = r.u(8, "ar_coeffs_cb_plus_128", i);
  }
  if (g.chroma_scaling_from_luma || g.num_cr_points) {
    for (let i = 0; i < numPosChroma; i++) g.ar_coeffs_cr_plus_128[i] = r.u(8, "ar_coeffs_cr_plus_128", i);
  }
}

/** 5.9.31 Temporal point info syntax. */
function temporal_point_info(r: ObuReader, { decoder_model_info: d }: SequenceHeader): number {
  return r.u((d?.frame_presentation_time_length_minus_1 ?? 0) + 1, "frame_presentation_time");
}

/** 5.11.1 General tile group OBU syntax, down to the first tile. */
export function tile_group_obu(
  r: ObuReader,
  { TileCols, TileRows, TileColsLog2, TileRowsLog2 }: TileInfo,
): TileGroupHeader {
  const t = new TileGroupHeader();
  const NumTiles = TileCols * TileRows;
  if (NumTiles > 1) t.tile_start_and_end_present_flag = r.flag("tile_start_and_end_present_flag");
  t.tg_end = NumTiles - 1;
  if (t.tile_start_and_end_present_flag) {
    const tileBits = TileColsLog2 + TileRowsLog2;
    t.tg_start = r.uMax(tileBits, NumTiles - 1, "tg_start");
    t.tg_end = r.uMax(tileBits, NumTiles - 1, "tg_end");
    if (t.tg_end < t.tg_start) r.fail(`${t.tg_end} is before tg_start, ${t.tg_start}`, tileBits, "tg_end");
  }
  byte_alignment(r);
  return t;
}
