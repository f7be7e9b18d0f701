/**
 * The syntax structures of the VP9 Bitstream & Decoding Process Specification, version 0.7: one class for each table. Values
 * are stored as they are coded. A property's initial value is the one that is inferred where the element is absent.
 */
import { CS_BT_601, KEY_FRAME, ONLY_4X4, SINGLE_REFERENCE } from "./tables.ts";

/** 6.2.2 color_config. The initial values are those that 6.2 sets for intra-only frames of profile 0. */
export class ColorConfig {
  BitDepth = 8;
  color_space = CS_BT_601;
  color_range = 0;
  subsampling_x = 1;
  subsampling_y = 1;
}

/** 6.2.3 and 6.2.5 frame_size, and 6.2.4 render_size. If found_ref names a reference, the size is that reference's. */
export class FrameSize {
  /** The index in ref_frame_idx of the reference that has the frame's size; null where the size is coded. */
  found_ref: number | null = null;
  FrameWidth = 0;
  FrameHeight = 0;
  render_and_frame_size_different = 0;
  RenderWidth = 0;
  RenderHeight = 0;
}

/** 6.2.8 loop_filter_params. Deltas are null where they are not updated. */
export class LoopFilterParams {
  loop_filter_level = 0;
  loop_filter_sharpness = 0;
  loop_filter_delta_enabled = 0;
  loop_filter_delta_update = 0;
  loop_filter_ref_deltas: (number | null)[] = [null, null, null, null];
  loop_filter_mode_deltas: (number | null)[] = [null, null];
}

/** 6.2.9 quantization_params. */
export class QuantizationParams {
  base_q_idx = 0;
  delta_q_y_dc = 0;
  delta_q_uv_dc = 0;
  delta_q_uv_ac = 0;

  get Lossless(): boolean {
    return this.base_q_idx === 0 && this.delta_q_y_dc === 0 && this.delta_q_uv_dc === 0 && this.delta_q_uv_ac === 0;
  }
}

/** One of 8 segments: which features are enabled, and their signed values. */
export class SegmentFeatures {
  feature_enabled: number[] = [0, 0, 0, 0];
  feature_value: number[] = [0, 0, 0, 0];
}

/** 6.2.11 segmentation_params. */
export class SegmentationParams {
  segmentation_enabled = 0;
  segmentation_update_map = 0;
  segmentation_tree_probs: number[] = [255, 255, 255, 255, 255, 255, 255];
  segmentation_temporal_update = 0;
  segmentation_pred_prob: number[] = [255, 255, 255];
  segmentation_update_data = 0;
  segmentation_abs_or_delta_update = 0;
  /** 8 of them; null where segmentation_update_data is 0. */
  features: SegmentFeatures[] | null = null;
}

/** 6.2.13 tile_info. */
export class TileInfo {
  tile_cols_log2 = 0;
  tile_rows_log2 = 0;
}

/** 6.2 uncompressed_header of a frame that shows an existing one. */
export interface ShowExistingFrame {
  readonly show_existing_frame: 1;
  readonly Profile: number;
  readonly frame_to_show_map_idx: number;
}

/** 6.2 uncompressed_header. */
export class UncompressedHeader {
  readonly show_existing_frame = 0;
  Profile = 0;
  frame_type = KEY_FRAME;
  show_frame = 0;
  error_resilient_mode = 0;
  intra_only = 0;
  reset_frame_context = 0;
  /** Null where the frame has the format of its references. */
  color_config: ColorConfig | null = null;
  refresh_frame_flags = 0xff;
  ref_frame_idx: number[] = [0, 0, 0];
  /** By INTRA_FRAME (always 0), LAST_FRAME, GOLDEN_FRAME, ALTREF_FRAME. */
  ref_frame_sign_bias: number[] = [0, 0, 0, 0];
  frame_size = new FrameSize();
  allow_high_precision_mv = 0;
  interpolation_filter = 0;
  refresh_frame_context = 0;
  frame_parallel_decoding_mode = 1;
  /** As coded; decoding uses 0 where setup_past_independence is called. */
  frame_context_idx = 0;
  loop_filter_params = new LoopFilterParams();
  quantization_params = new QuantizationParams();
  segmentation_params = new SegmentationParams();
  tile_info = new TileInfo();
  header_size_in_bytes = 0;
  /** The length of this header in bytes, trailing_bits included. */
  uncompressed_header_size = 0;

  get FrameIsIntra(): boolean {
    return this.frame_type === KEY_FRAME || this.intra_only === 1;
  }
}

/** 6.3.16 mv_probs: the new value of a probability, 0 where it is not updated. Arrays as in the specification, flattened. */
export class MvProbs {
  readonly joint: Uint8Array;
  readonly sign: Uint8Array;
  readonly classes: Uint8Array;
  readonly class0_bit: Uint8Array;
  readonly bits: Uint8Array;
  readonly class0_fr: Uint8Array;
  readonly fr: Uint8Array;
  readonly class0_hp: Uint8Array;
  readonly hp: Uint8Array;

  /** @param array makes an array of zeros. */
  constructor(array = (length: number): Uint8Array => new Uint8Array(length)) {
    this.joint = array(3);
    this.sign = array(2);
    this.classes = array(2 * 10);
    this.class0_bit = array(2);
    this.bits = array(2 * 10);
    this.class0_fr = array(2 * 2 * 3);
    this.fr = array(2 * 3);
    this.class0_hp = array(2);
    this.hp = array(2);
  }
}

/** How many probabilities the arrays of a compressed header have. */
const PROBABILITIES = 1949;

/**
 * 6.3 compressed_header: for each probability the value of inv_map_table that deltaProb names, 0 where there is no update.
 * Arrays as in the specification, flattened. Write into the arrays: `vp9CompressedHeader` takes no copy of the object, and does not see an array
 * that takes the place of another one.
 */
export class CompressedHeader {
  tx_mode = ONLY_4X4;
  reference_mode = SINGLE_REFERENCE;
  readonly tx_probs_8x8: Uint8Array;
  readonly tx_probs_16x16: Uint8Array;
  readonly tx_probs_32x32: Uint8Array;
  readonly coef_probs: Uint8Array;
  readonly skip_prob: Uint8Array;
  readonly inter_mode_probs: Uint8Array;
  readonly interp_filter_probs: Uint8Array;
  readonly is_inter_prob: Uint8Array;
  readonly comp_mode_prob: Uint8Array;
  readonly single_ref_prob: Uint8Array;
  readonly comp_ref_prob: Uint8Array;
  readonly y_mode_probs: Uint8Array;
  readonly partition_probs: Uint8Array;
  readonly mv_probs: MvProbs;
  /**
   * All arrays, one after the other: a view of the same memory, which costs less than memory for each. A property, so that `structuredClone`
   * copies it with them.
   */
  readonly probabilities: Uint8Array = new Uint8Array(PROBABILITIES);

  constructor() {
    const { buffer } = this.probabilities;
    let at = 0;
    const array = (length: number): Uint8Array => {
      at += length;
      return new Uint8Array(buffer, at - length, length);
    };
    this.tx_probs_8x8 = array(2);
    this.tx_probs_16x16 = array(2 * 2);
    this.tx_probs_32x32 = array(2 * 3);
    this.coef_probs = array(4 * 2 * 2 * 6 * 6 * 3);
    this.skip_prob = array(3);
    this.inter_mode_probs = array(7 * 3);
    this.interp_filter_probs = array(4 * 2);
    this.is_inter_prob = array(4);
    this.comp_mode_prob = array(5);
    this.single_ref_prob = array(5 * 2);
    this.comp_ref_prob = array(5);
    this.y_mode_probs = array(4 * 9);
    this.partition_probs = array(16 * 3);
    this.mv_probs = new MvProbs(array);
  }
}

/** Annex B superframe_index. */
export class SuperframeIndex {
  bytes_per_framesize_minus_1 = 0;
  frames_in_superframe_minus_1 = 0;
  frame_sizes: number[] = [];
}
