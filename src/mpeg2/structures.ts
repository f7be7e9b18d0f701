/**
 * One class for each syntax structure of ISO/IEC 13818-2:2013 (ITU-T H.262 02/2012). Names are the specification's. Flags are 0
 * or 1, and values are stored as they are coded.
 */

/** 6.2.2.1 Sequence header. */
export class SequenceHeader {
  horizontal_size_value = 0;
  vertical_size_value = 0;
  aspect_ratio_information = 0;
  frame_rate_code = 0;
  bit_rate_value = 0;
  vbv_buffer_size_value = 0;
  constrained_parameters_flag = 0;
  load_intra_quantiser_matrix = 0;
  /** 64 values in zig-zag order; null where the default is in force (6.3.11). */
  intra_quantiser_matrix: Uint8Array | null = null;
  load_non_intra_quantiser_matrix = 0;
  non_intra_quantiser_matrix: Uint8Array | null = null;
}

/** 6.2.2.3 Sequence extension. */
export class SequenceExtension {
  readonly type = "sequence_extension";
  profile_and_level_indication = 0;
  progressive_sequence = 0;
  chroma_format = 0;
  horizontal_size_extension = 0;
  vertical_size_extension = 0;
  bit_rate_extension = 0;
  vbv_buffer_size_extension = 0;
  low_delay = 0;
  frame_rate_extension_n = 0;
  frame_rate_extension_d = 0;
}

/** 6.2.2.4 Sequence display extension. */
export class SequenceDisplayExtension {
  readonly type = "sequence_display_extension";
  video_format = 5;
  colour_description = 0;
  colour_primaries = 1;
  transfer_characteristics = 1;
  matrix_coefficients = 1;
  display_horizontal_size = 0;
  display_vertical_size = 0;
}

/** 6.2.2.5 Sequence scalable extension. */
export class SequenceScalableExtension {
  readonly type = "sequence_scalable_extension";
  scalable_mode = 0;
  layer_id = 0;
  lower_layer_prediction_horizontal_size = 0;
  lower_layer_prediction_vertical_size = 0;
  horizontal_subsampling_factor_m = 0;
  horizontal_subsampling_factor_n = 0;
  vertical_subsampling_factor_m = 0;
  vertical_subsampling_factor_n = 0;
  picture_mux_enable = 0;
  mux_to_progressive_sequence = 0;
  picture_mux_order = 0;
  picture_mux_factor = 0;
}

/** 6.2.2.6 Group of pictures header. */
export class GroupOfPicturesHeader {
  time_code = 0;
  closed_gop = 0;
  broken_link = 0;
}

/** 6.2.3 Picture header. */
export class PictureHeader {
  temporal_reference = 0;
  picture_coding_type = 0;
  vbv_delay = 0;
  full_pel_forward_vector = 0;
  forward_f_code = 0;
  full_pel_backward_vector = 0;
  backward_f_code = 0;
  extra_information_picture: number[] = [];
}

/** 6.2.3.1 Picture coding extension. */
export class PictureCodingExtension {
  readonly type = "picture_coding_extension";
  /** [s][t]: s 0 forward, 1 backward; t 0 horizontal, 1 vertical. */
  f_code: [[number, number], [number, number]] = [
    [0, 0],
    [0, 0],
  ];
  intra_dc_precision = 0;
  picture_structure = 0;
  top_field_first = 0;
  frame_pred_frame_dct = 0;
  concealment_motion_vectors = 0;
  q_scale_type = 0;
  intra_vlc_format = 0;
  alternate_scan = 0;
  repeat_first_field = 0;
  chroma_420_type = 0;
  progressive_frame = 0;
  composite_display_flag = 0;
  v_axis = 0;
  field_sequence = 0;
  sub_carrier = 0;
  burst_amplitude = 0;
  sub_carrier_phase = 0;
}

/** 6.2.3.2 Quant matrix extension. Matrices that were not loaded are null. */
export class QuantMatrixExtension {
  readonly type = "quant_matrix_extension";
  load_intra_quantiser_matrix = 0;
  intra_quantiser_matrix: Uint8Array | null = null;
  load_non_intra_quantiser_matrix = 0;
  non_intra_quantiser_matrix: Uint8Array | null = null;
  load_chroma_intra_quantiser_matrix = 0;
  chroma_intra_quantiser_matrix: Uint8Array | null = null;
  load_chroma_non_intra_quantiser_matrix = 0;
  chroma_non_intra_quantiser_matrix: Uint8Array | null = null;
}

/** 6.2.3.3 Picture display extension. */
export class PictureDisplayExtension {
  readonly type = "picture_display_extension";
  frame_centre_horizontal_offset: number[] = [];
  frame_centre_vertical_offset: number[] = [];
}

/** 6.2.3.4 Picture temporal scalable extension. */
export class PictureTemporalScalableExtension {
  readonly type = "picture_temporal_scalable_extension";
  reference_select_code = 0;
  forward_temporal_reference = 0;
  backward_temporal_reference = 0;
}

/** 6.2.3.5 Picture spatial scalable extension. */
export class PictureSpatialScalableExtension {
  readonly type = "picture_spatial_scalable_extension";
  lower_layer_temporal_reference = 0;
  lower_layer_horizontal_offset = 0;
  lower_layer_vertical_offset = 0;
  spatial_temporal_weight_code_table_index = 0;
  lower_layer_progressive_frame = 0;
  lower_layer_deinterlaced_field_select = 0;
}

/** 6.2.3.6 Copyright extension. */
export class CopyrightExtension {
  readonly type = "copyright_extension";
  copyright_flag = 0;
  copyright_identifier = 0;
  original_or_copy = 0;
  copyright_number_1 = 0;
  copyright_number_2 = 0;
  copyright_number_3 = 0;
}

/** The extensions of Table 6-2. */
export type Extension =
  | SequenceExtension
  | SequenceDisplayExtension
  | SequenceScalableExtension
  | QuantMatrixExtension
  | CopyrightExtension
  | PictureDisplayExtension
  | PictureCodingExtension
  | PictureSpatialScalableExtension
  | PictureTemporalScalableExtension;
