/** The syntax structures of RFC 6386, section 19.2. A property's initial value is the inferred one. Flags are 0 or 1. */

/** 9.1: the uncompressed chunk at the frame's beginning. */
export class FrameTag {
  /** 0 means a key frame. */
  frame_type = 0;
  version = 0;
  show_frame = 0;
  /** In bytes. */
  first_part_size = 0;
  /** Coded in key frames only; 0 in others. */
  width = 0;
  horizontal_scale = 0;
  height = 0;
  vertical_scale = 0;
}

/** 9.3: update_segmentation(). */
export class UpdateSegmentation {
  update_mb_segmentation_map = 0;
  update_segment_feature_data = 0;
  /** 1: the values replace those of the frame; 0: they are added to those. */
  segment_feature_mode = 0;
  /** With their signs; 0 where there is no update. */
  quantizer_update_value: number[] = [0, 0, 0, 0];
  lf_update_value: number[] = [0, 0, 0, 0];
  segment_prob: number[] = [255, 255, 255];
}

/** 9.4: mb_lf_adjustments(). */
export class LoopFilterAdjustments {
  loop_filter_adj_enable = 0;
  mode_ref_lf_delta_update = 0;
  /** With their signs; undefined where there is no update. */
  ref_frame_delta: (number | undefined)[] = [undefined, undefined, undefined, undefined];
  mb_mode_delta: (number | undefined)[] = [undefined, undefined, undefined, undefined];
}

/** 9.6: quant_indices(). The deltas have their signs. */
export class QuantIndices {
  y_ac_qi = 0;
  y_dc_delta = 0;
  y2_dc_delta = 0;
  y2_ac_delta = 0;
  uv_dc_delta = 0;
  uv_ac_delta = 0;
}

/** Probabilities that a frame replaces: `place` in the flat table, and the new value. */
export interface ProbUpdate {
  readonly place: number;
  readonly value: number;
}

/** 9.2 to 9.11: the first partition's header. */
export class FrameHeader {
  color_space = 0;
  clamping_type = 0;
  segmentation_enabled = 0;
  update_segmentation: UpdateSegmentation | null = null;
  filter_type = 0;
  loop_filter_level = 0;
  sharpness_level = 0;
  mb_lf_adjustments = new LoopFilterAdjustments();
  log2_nbr_of_dct_partitions = 0;
  quant_indices = new QuantIndices();
  /** On key frames all buffers are refreshed (9.7). */
  refresh_golden_frame = 1;
  refresh_alternate_frame = 1;
  /** 1: the last frame; 2: the other one of golden and alternate. */
  copy_buffer_to_golden = 0;
  copy_buffer_to_alternate = 0;
  sign_bias_golden = 0;
  sign_bias_alternate = 0;
  refresh_entropy_probs = 0;
  refresh_last = 1;
  /** In [4][8][3][11]. */
  coeff_prob: ProbUpdate[] = [];
  mb_no_skip_coeff = 0;
  prob_skip_false = 0;
  prob_intra = 0;
  prob_last = 0;
  prob_gf = 0;
  intra_16x16_prob: number[] | null = null;
  intra_chroma_prob: number[] | null = null;
  /** In [2][19]. */
  mv_prob: ProbUpdate[] = [];
}

/** A frame's headers, the sizes of its partitions, and its boolean decoder's state. */
export interface Frame {
  readonly tag: FrameTag;
  readonly header: FrameHeader;
  /** The length of the header in the first partition, in bits. */
  readonly first_part_header_bits: number;
  readonly coder_state: { readonly range: number; readonly value: number; readonly bit_count: number };
  /** Bytes of each DCT partition: 1, 2, 4 or 8 of them. */
  readonly dct_part_sizes: readonly number[];
}
