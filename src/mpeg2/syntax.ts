/**
 * The syntax tables of ISO/IEC 13818-2:2013, one function for each table, in the specification's order and names. The functions
 * keep no state. A unit begins with the last byte of its start code. All throw BitstreamError where the bits break the table or
 * its ranges.
 */
import type { BitReader } from "../bitreader/index.ts";
import {
  CopyrightExtension,
  type Extension,
  GroupOfPicturesHeader,
  PictureCodingExtension,
  PictureDisplayExtension,
  PictureHeader,
  PictureSpatialScalableExtension,
  PictureTemporalScalableExtension,
  QuantMatrixExtension,
  SequenceDisplayExtension,
  SequenceExtension,
  SequenceHeader,
  SequenceScalableExtension,
} from "./structures.ts";
import { B_PICTURE, P_PICTURE } from "./tables.ts";

/** 6.2.2.1 Sequence header. */
export function sequence_header(r: BitReader): SequenceHeader {
  const seq = new SequenceHeader();
  r.f(8, 0xb3, "sequence_header_code");
  seq.horizontal_size_value = r.u(12, "horizontal_size_value");
  if (seq.horizontal_size_value === 0) r.fail("0 is forbidden", 12, "horizontal_size_value");
  seq.vertical_size_value = r.u(12, "vertical_size_value");
  if (seq.vertical_size_value === 0) r.fail("0 is forbidden", 12, "vertical_size_value");
  // Forbidden and reserved aspect ratios and frame rates are accepted: decoding does not depend on them.
  seq.aspect_ratio_information = r.u(4, "aspect_ratio_information");
  seq.frame_rate_code = r.u(4, "frame_rate_code");
  seq.bit_rate_value = r.u(18, "bit_rate_value");
  r.f(1, 1, "marker_bit");
  seq.vbv_buffer_size_value = r.u(10, "vbv_buffer_size_value");
  seq.constrained_parameters_flag = r.flag("constrained_parameters_flag");
  seq.load_intra_quantiser_matrix = r.flag("load_intra_quantiser_matrix");
  if (seq.load_intra_quantiser_matrix) seq.intra_quantiser_matrix = readMatrix(r, "intra_quantiser_matrix");
  seq.load_non_intra_quantiser_matrix = r.flag("load_non_intra_quantiser_matrix");
  if (seq.load_non_intra_quantiser_matrix) seq.non_intra_quantiser_matrix = readMatrix(r, "non_intra_quantiser_matrix");
  return seq;
}

/** Reads 64 values. None of them may be 0 (6.3.11). */
function readMatrix(r: BitReader, name: string): Uint8Array {
  const values = new Uint8Array(64);
  for (let i = 0; i < 64; i++) {
    values[i] = r.u(8, name, i);
    if (values[i] === 0) r.fail("0 is forbidden", 8, name, i);
  }
  return values;
}

/** 6.2.2.2.1 Extension data: the extensions of Table 6-2; null for reserved ones. */
export function extension_data(r: BitReader, fields: { readonly frame_centre_offsets: number }): Extension | null {
  r.f(8, 0xb5, "extension_start_code");
  const extension_start_code_identifier = r.u(4, "extension_start_code_identifier");
  switch (extension_start_code_identifier) {
    case 1:
      return sequence_extension(r);
    case 2:
      return sequence_display_extension(r);
    case 3:
      return quant_matrix_extension(r);
    case 4:
      return copyright_extension(r);
    case 5:
      return sequence_scalable_extension(r);
    case 7:
      return picture_display_extension(r, fields.frame_centre_offsets);
    case 8:
      return picture_coding_extension(r);
    case 9:
      return picture_spatial_scalable_extension(r);
    case 10:
      return picture_temporal_scalable_extension(r);
    default:
      return null;
  }
}

/** 6.2.2.3 Sequence extension. */
export function sequence_extension(r: BitReader): SequenceExtension {
  const ext = new SequenceExtension();
  ext.profile_and_level_indication = r.u(8, "profile_and_level_indication");
  ext.progressive_sequence = r.flag("progressive_sequence");
  ext.chroma_format = r.u(2, "chroma_format");
  if (ext.chroma_format === 0) r.fail("0 is reserved", 2, "chroma_format");
  ext.horizontal_size_extension = r.u(2, "horizontal_size_extension");
  ext.vertical_size_extension = r.u(2, "vertical_size_extension");
  ext.bit_rate_extension = r.u(12, "bit_rate_extension");
  r.f(1, 1, "marker_bit");
  ext.vbv_buffer_size_extension = r.u(8, "vbv_buffer_size_extension");
  ext.low_delay = r.flag("low_delay");
  ext.frame_rate_extension_n = r.u(2, "frame_rate_extension_n");
  ext.frame_rate_extension_d = r.u(5, "frame_rate_extension_d");
  return ext;
}

/** 6.2.2.4 Sequence display extension. */
export function sequence_display_extension(r: BitReader): SequenceDisplayExtension {
  const ext = new SequenceDisplayExtension();
  ext.video_format = r.u(3, "video_format");
  ext.colour_description = r.flag("colour_description");
  if (ext.colour_description) {
    ext.colour_primaries = r.u(8, "colour_primaries");
    ext.transfer_characteristics = r.u(8, "transfer_characteristics");
    ext.matrix_coefficients = r.u(8, "matrix_coefficients");
  }
  ext.display_horizontal_size = r.u(14, "display_horizontal_size");
  r.f(1, 1, "marker_bit");
  ext.display_vertical_size = r.u(14, "display_vertical_size");
  return ext;
}

/** 6.2.2.5 Sequence scalable extension. */
export function sequence_scalable_extension(r: BitReader): SequenceScalableExtension {
  const ext = new SequenceScalableExtension();
  ext.scalable_mode = r.u(2, "scalable_mode");
  ext.layer_id = r.u(4, "layer_id");
  if (ext.scalable_mode === 1) {
    ext.lower_layer_prediction_horizontal_size = r.u(14, "lower_layer_prediction_horizontal_size");
    r.f(1, 1, "marker_bit");
    ext.lower_layer_prediction_vertical_size = r.u(14, "lower_layer_prediction_vertical_size");
    ext.horizontal_subsampling_factor_m = r.u(5, "horizontal_subsampling_factor_m");
    ext.horizontal_subsampling_factor_n = r.u(5, "horizontal_subsampling_factor_n");
    ext.vertical_subsampling_factor_m = r.u(5, "vertical_subsampling_factor_m");
    ext.vertical_subsampling_factor_n = r.u(5, "vertical_subsampling_factor_n");
  }
  if (ext.scalable_mode === 3) {
    ext.picture_mux_enable = r.flag("picture_mux_enable");
    if (ext.picture_mux_enable) ext.mux_to_progressive_sequence = r.flag("mux_to_progressive_sequence");
    ext.picture_mux_order = r.u(3, "picture_mux_order");
    ext.picture_mux_factor = r.u(3, "picture_mux_factor");
  }
  return ext;
}

/** 6.2.2.6 Group of pictures header. */
export function group_of_pictures_header(r: BitReader): GroupOfPicturesHeader {
  const gop = new GroupOfPicturesHeader();
  r.f(8, 0xb8, "group_start_code");
  gop.time_code = r.u(25, "time_code");
  gop.closed_gop = r.flag("closed_gop");
  gop.broken_link = r.flag("broken_link");
  return gop;
}

/** 6.2.3 Picture header. */
export function picture_header(r: BitReader): PictureHeader {
  const pic = new PictureHeader();
  r.f(8, 0x00, "picture_start_code");
  pic.temporal_reference = r.u(10, "temporal_reference");
  pic.picture_coding_type = r.u(3, "picture_coding_type");
  if (pic.picture_coding_type < 1 || pic.picture_coding_type > 4) {
    r.fail(`${pic.picture_coding_type} is forbidden or reserved`, 3, "picture_coding_type");
  }
  pic.vbv_delay = r.u(16, "vbv_delay");
  if (pic.picture_coding_type === P_PICTURE || pic.picture_coding_type === B_PICTURE) {
    pic.full_pel_forward_vector = r.flag("full_pel_forward_vector");
    pic.forward_f_code = r.u(3, "forward_f_code");
  }
  if (pic.picture_coding_type === B_PICTURE) {
    pic.full_pel_backward_vector = r.flag("full_pel_backward_vector");
    pic.backward_f_code = r.u(3, "backward_f_code");
  }
  for (let i = 0; r.flag("extra_bit_picture", i); i++) {
    pic.extra_information_picture[i] = r.u(8, "extra_information_picture", i);
  }
  return pic;
}

/** 6.2.3.1 Picture coding extension. */
export function picture_coding_extension(r: BitReader): PictureCodingExtension {
  const ext = new PictureCodingExtension();
  for (let s = 0; s < 2; s++) {
    for (let t = 0; t < 2; t++) {
      (ext.f_code[s] as number[])[t] = r.u(4, "f_code", s, t);
      if (ext.f_code[s]?.[t] === 0) r.fail("0 is forbidden", 4, "f_code", s, t);
    }
  }
  ext.intra_dc_precision = r.u(2, "intra_dc_precision");
  ext.picture_structure = r.u(2, "picture_structure");
  if (ext.picture_structure === 0) r.fail("0 is reserved", 2, "picture_structure");
  ext.top_field_first = r.flag("top_field_first");
  ext.frame_pred_frame_dct = r.flag("frame_pred_frame_dct");
  ext.concealment_motion_vectors = r.flag("concealment_motion_vectors");
  ext.q_scale_type = r.flag("q_scale_type");
  ext.intra_vlc_format = r.flag("intra_vlc_format");
  ext.alternate_scan = r.flag("alternate_scan");
  ext.repeat_first_field = r.flag("repeat_first_field");
  ext.chroma_420_type = r.flag("chroma_420_type");
  ext.progressive_frame = r.flag("progressive_frame");
  ext.composite_display_flag = r.flag("composite_display_flag");
  if (ext.composite_display_flag) {
    ext.v_axis = r.flag("v_axis");
    ext.field_sequence = r.u(3, "field_sequence");
    ext.sub_carrier = r.flag("sub_carrier");
    ext.burst_amplitude = r.u(7, "burst_amplitude");
    ext.sub_carrier_phase = r.u(8, "sub_carrier_phase");
  }
  return ext;
}

/** 6.2.3.2 Quant matrix extension. */
export function quant_matrix_extension(r: BitReader): QuantMatrixExtension {
  const ext = new QuantMatrixExtension();
  ext.load_intra_quantiser_matrix = r.flag("load_intra_quantiser_matrix");
  if (ext.load_intra_quantiser_matrix) ext.intra_quantiser_matrix = readMatrix(r, "intra_quantiser_matrix");
  ext.load_non_intra_quantiser_matrix = r.flag("load_non_intra_quantiser_matrix");
  if (ext.load_non_intra_quantiser_matrix) ext.non_intra_quantiser_matrix = readMatrix(r, "non_intra_quantiser_matrix");
  ext.load_chroma_intra_quantiser_matrix = r.flag("load_chroma_intra_quantiser_matrix");
  if (ext.load_chroma_intra_quantiser_matrix) {
    ext.chroma_intra_quantiser_matrix = readMatrix(r, "chroma_intra_quantiser_matrix");
  }
  ext.load_chroma_non_intra_quantiser_matrix = r.flag("load_chroma_non_intra_quantiser_matrix");
  if (ext.load_chroma_non_intra_quantiser_matrix) {
    ext.chroma_non_intra_quantiser_matrix = readMatrix(r, "chroma_non_intra_quantiser_matrix");
  }
  return ext;
}

/** 6.2.3.3 Picture display extension. @param offsets number_of_frame_centre_offsets, 1 to 3. */
export function picture_display_extension(r: BitReader, offsets: number): PictureDisplayExtension {
  const ext = new PictureDisplayExtension();
  for (let i = 0; i < offsets; i++) {
    ext.frame_centre_horizontal_offset[i] = r.i(16, "frame_centre_horizontal_offset", i);
    r.f(1, 1, "marker_bit", i);
    ext.frame_centre_vertical_offset[i] = r.i(16, "frame_centre_vertical_offset", i);
    r.f(1, 1, "marker_bit", i);
  }
  return ext;
}

/** 6.2.3.4 Picture temporal scalable extension. */
export function picture_temporal_scalable_extension(r: BitReader): PictureTemporalScalableExtension {
  const ext = new PictureTemporalScalableExtension();
  ext.reference_select_code = r.u(2, "reference_select_code");
  ext.forward_temporal_reference = r.u(10, "forward_temporal_reference");
  r.f(1, 1, "marker_bit");
  ext.backward_temporal_reference = r.u(10, "backward_temporal_reference");
  return ext;
}

/** 6.2.3.5 Picture spatial scalable extension. */
export function picture_spatial_scalable_extension(r: BitReader): PictureSpatialScalableExtension {
  const ext = new PictureSpatialScalableExtension();
  ext.lower_layer_temporal_reference = r.u(10, "lower_layer_temporal_reference");
  r.f(1, 1, "marker_bit");
  ext.lower_layer_horizontal_offset = r.i(15, "lower_layer_horizontal_offset");
  r.f(1, 1, "marker_bit");
  ext.lower_layer_vertical_offset = r.i(15, "lower_layer_vertical_offset");
  ext.spatial_temporal_weight_code_table_index = r.u(2, "spatial_temporal_weight_code_table_index");
  ext.lower_layer_progressive_frame = r.flag("lower_layer_progressive_frame");
  ext.lower_layer_deinterlaced_field_select = r.flag("lower_layer_deinterlaced_field_select");
  return ext;
}

/** 6.2.3.6 Copyright extension. */
export function copyright_extension(r: BitReader): CopyrightExtension {
  const ext = new CopyrightExtension();
  ext.copyright_flag = r.flag("copyright_flag");
  ext.copyright_identifier = r.u(8, "copyright_identifier");
  ext.original_or_copy = r.flag("original_or_copy");
  r.u(7, "reserved");
  r.f(1, 1, "marker_bit");
  ext.copyright_number_1 = r.u(20, "copyright_number_1");
  r.f(1, 1, "marker_bit");
  ext.copyright_number_2 = r.u(22, "copyright_number_2");
  r.f(1, 1, "marker_bit");
  ext.copyright_number_3 = r.u(22, "copyright_number_3");
  return ext;
}
