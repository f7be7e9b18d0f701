/**
 * The syntax tables of clause 6.2 and Annex B of the VP9 Bitstream & Decoding Process Specification, version 0.7, one function
 * for each table, in the specification's order and names. The functions keep no state. All throw BitstreamError where the bits
 * break the table.
 */
import type { BitReader } from "../bitreader/index.ts";
import {
  ColorConfig,
  type FrameSize,
  LoopFilterParams,
  QuantizationParams,
  SegmentationParams,
  SegmentFeatures,
  type ShowExistingFrame,
  SuperframeIndex,
  TileInfo,
  UncompressedHeader,
} from "./structures.ts";
import {
  CS_RGB,
  KEY_FRAME,
  LAST_FRAME,
  literal_to_type,
  MAX_SEGMENTS,
  REFS_PER_FRAME,
  SEG_LVL_MAX,
  SUPERFRAME_MARKER,
  SWITCHABLE,
  segmentation_feature_bits,
  segmentation_feature_signed,
} from "./tables.ts";

/** The sizes of the frames in the reference slots, which a header may refer to; null where a slot is empty. */
export type ReferenceSizes = readonly ({ readonly FrameWidth: number; readonly FrameHeight: number } | null)[];

/** 6.2 Uncompressed header syntax, with 6.1.1 Trailing bits. */
export function uncompressed_header(r: BitReader, references: ReferenceSizes): UncompressedHeader | ShowExistingFrame {
  const h = new UncompressedHeader();
  r.f(2, 2, "frame_marker");
  const profile_low_bit = r.flag("profile_low_bit");
  const profile_high_bit = r.flag("profile_high_bit");
  h.Profile = (profile_high_bit << 1) + profile_low_bit;
  if (h.Profile === 3) r.f(1, 0, "reserved_zero");
  const show_existing_frame = r.flag("show_existing_frame");
  if (show_existing_frame) {
    const frame_to_show_map_idx = r.u(3, "frame_to_show_map_idx");
    trailing_bits(r);
    return { show_existing_frame: 1, Profile: h.Profile, frame_to_show_map_idx };
  }
  h.frame_type = r.u(1, "frame_type");
  h.show_frame = r.flag("show_frame");
  h.error_resilient_mode = r.flag("error_resilient_mode");
  if (h.frame_type === KEY_FRAME) {
    frame_sync_code(r);
    h.color_config = color_config(r, h);
    frame_size(r, h.frame_size);
    render_size(r, h.frame_size);
  } else {
    if (h.show_frame === 0) h.intra_only = r.flag("intra_only");
    if (h.error_resilient_mode === 0) h.reset_frame_context = r.u(2, "reset_frame_context");
    if (h.intra_only === 1) {
      frame_sync_code(r);
      h.color_config = h.Profile > 0 ? color_config(r, h) : new ColorConfig();
      h.refresh_frame_flags = r.u(8, "refresh_frame_flags");
      frame_size(r, h.frame_size);
      render_size(r, h.frame_size);
    } else {
      h.refresh_frame_flags = r.u(8, "refresh_frame_flags");
      for (let i = 0; i < REFS_PER_FRAME; i++) {
        h.ref_frame_idx[i] = r.u(3, "ref_frame_idx", i);
        h.ref_frame_sign_bias[LAST_FRAME + i] = r.u(1, "ref_frame_sign_bias", LAST_FRAME + i);
      }
      frame_size_with_refs(r, h, references);
      h.allow_high_precision_mv = r.flag("allow_high_precision_mv");
      h.interpolation_filter = read_interpolation_filter(r);
    }
  }
  if (h.error_resilient_mode === 0) {
    h.refresh_frame_context = r.flag("refresh_frame_context");
    h.frame_parallel_decoding_mode = r.flag("frame_parallel_decoding_mode");
  }
  h.frame_context_idx = r.u(2, "frame_context_idx");
  h.loop_filter_params = loop_filter_params(r);
  h.quantization_params = quantization_params(r);
  h.segmentation_params = segmentation_params(r);
  h.tile_info = tile_info(r, h.frame_size);
  h.header_size_in_bytes = r.u(16, "header_size_in_bytes");
  if (h.header_size_in_bytes === 0) r.fail("0 is forbidden", 16, "header_size_in_bytes");
  trailing_bits(r);
  h.uncompressed_header_size = r.position / 8;
  return h;
}

/** 6.1.1 Trailing bits syntax. Their value is not checked, as in other decoders. */
function trailing_bits(r: BitReader): void {
  while (!r.byteAligned) r.flag("zero_bit");
}

/** 6.2.1 Frame sync syntax. */
function frame_sync_code(r: BitReader): void {
  r.f(8, 0x49, "frame_sync_byte_0");
  r.f(8, 0x83, "frame_sync_byte_1");
  r.f(8, 0x42, "frame_sync_byte_2");
}

/** 6.2.2 Color config syntax. */
function color_config(r: BitReader, { Profile }: UncompressedHeader): ColorConfig {
  const c = new ColorConfig();
  if (Profile >= 2) {
    const ten_or_twelve_bit = r.flag("ten_or_twelve_bit");
    c.BitDepth = ten_or_twelve_bit ? 12 : 10;
  }
  c.color_space = r.u(3, "color_space");
  const isAnyFormat = Profile === 1 || Profile === 3;
  if (c.color_space !== CS_RGB) {
    c.color_range = r.u(1, "color_range");
    if (isAnyFormat) {
      c.subsampling_x = r.flag("subsampling_x");
      c.subsampling_y = r.flag("subsampling_y");
      if (c.subsampling_x && c.subsampling_y) r.fail(`4:2:0 is forbidden in profile ${Profile}`, 1, "subsampling_y");
      r.f(1, 0, "reserved_zero");
    }
  } else {
    if (!isAnyFormat) r.fail(`RGB is forbidden in profile ${Profile}`, 3, "color_space");
    c.color_range = 1;
    c.subsampling_x = 0;
    c.subsampling_y = 0;
    r.f(1, 0, "reserved_zero");
  }
  return c;
}

/** 6.2.3 Frame size syntax. */
function frame_size(r: BitReader, size: FrameSize): void {
  const frame_width_minus_1 = r.u(16, "frame_width_minus_1");
  const frame_height_minus_1 = r.u(16, "frame_height_minus_1");
  size.FrameWidth = frame_width_minus_1 + 1;
  size.FrameHeight = frame_height_minus_1 + 1;
}

/** 6.2.4 Render size syntax. */
function render_size(r: BitReader, size: FrameSize): void {
  size.RenderWidth = size.FrameWidth;
  size.RenderHeight = size.FrameHeight;
  size.render_and_frame_size_different = r.flag("render_and_frame_size_different");
  if (size.render_and_frame_size_different) {
    const render_width_minus_1 = r.u(16, "render_width_minus_1");
    const render_height_minus_1 = r.u(16, "render_height_minus_1");
    size.RenderWidth = render_width_minus_1 + 1;
    size.RenderHeight = render_height_minus_1 + 1;
  }
}

/** 6.2.5 Frame size with refs syntax. */
function frame_size_with_refs(r: BitReader, h: UncompressedHeader, references: ReferenceSizes): void {
  const size = h.frame_size;
  for (let i = 0; i < REFS_PER_FRAME && size.found_ref === null; i++) {
    const found_ref = r.flag("found_ref", i);
    if (found_ref) size.found_ref = i;
  }
  if (size.found_ref === null) {
    frame_size(r, size);
  } else {
    const idx = h.ref_frame_idx[size.found_ref] as number;
    const reference = references[idx] ?? null;
    if (reference === null) {
      const reason = `the frame takes its size from slot ${idx}, which is empty`;
      r.failAs("missing-reference", reason, 1, "found_ref", size.found_ref);
    }
    size.FrameWidth = reference.FrameWidth;
    size.FrameHeight = reference.FrameHeight;
  }
  render_size(r, size);
}

/** 6.2.7 Interpolation filter syntax. */
function read_interpolation_filter(r: BitReader): number {
  const is_filter_switchable = r.flag("is_filter_switchable");
  if (is_filter_switchable) return SWITCHABLE;
  const raw_interpolation_filter = r.u(2, "raw_interpolation_filter");
  return literal_to_type[raw_interpolation_filter] as number;
}

/** 6.2.8 Loop filter params syntax. */
function loop_filter_params(r: BitReader): LoopFilterParams {
  const lf = new LoopFilterParams();
  lf.loop_filter_level = r.u(6, "loop_filter_level");
  lf.loop_filter_sharpness = r.u(3, "loop_filter_sharpness");
  lf.loop_filter_delta_enabled = r.flag("loop_filter_delta_enabled");
  if (lf.loop_filter_delta_enabled) {
    lf.loop_filter_delta_update = r.flag("loop_filter_delta_update");
    if (lf.loop_filter_delta_update) {
      for (let i = 0; i < 4; i++) {
        const update_ref_delta = r.flag("update_ref_delta", i);
        if (update_ref_delta) lf.loop_filter_ref_deltas[i] = r.s(6, "loop_filter_ref_deltas", i);
      }
      for (let i = 0; i < 2; i++) {
        const update_mode_delta = r.flag("update_mode_delta", i);
        if (update_mode_delta) lf.loop_filter_mode_deltas[i] = r.s(6, "loop_filter_mode_deltas", i);
      }
    }
  }
  return lf;
}

/** 6.2.9 Quantization params syntax. */
function quantization_params(r: BitReader): QuantizationParams {
  const q = new QuantizationParams();
  q.base_q_idx = r.u(8, "base_q_idx");
  q.delta_q_y_dc = read_delta_q(r, "delta_q_y_dc");
  q.delta_q_uv_dc = read_delta_q(r, "delta_q_uv_dc");
  q.delta_q_uv_ac = read_delta_q(r, "delta_q_uv_ac");
  return q;
}

/** 6.2.10 Delta quantizer syntax. */
function read_delta_q(r: BitReader, name: string): number {
  const delta_coded = r.flag("delta_coded");
  return delta_coded ? r.s(4, name) : 0;
}

/** 6.2.11 Segmentation params syntax. */
function segmentation_params(r: BitReader): SegmentationParams {
  const seg = new SegmentationParams();
  seg.segmentation_enabled = r.flag("segmentation_enabled");
  if (!seg.segmentation_enabled) return seg;
  seg.segmentation_update_map = r.flag("segmentation_update_map");
  if (seg.segmentation_update_map) {
    for (let i = 0; i < 7; i++) seg.segmentation_tree_probs[i] = read_prob(r, "segmentation_tree_probs", i);
    seg.segmentation_temporal_update = r.flag("segmentation_temporal_update");
    for (let i = 0; i < 3; i++) {
      seg.segmentation_pred_prob[i] = seg.segmentation_temporal_update
        ? read_prob(r, "segmentation_pred_prob", i)
        : 255;
    }
  }
  seg.segmentation_update_data = r.flag("segmentation_update_data");
  if (seg.segmentation_update_data) {
    seg.segmentation_abs_or_delta_update = r.flag("segmentation_abs_or_delta_update");
    seg.features = [];
    for (let i = 0; i < MAX_SEGMENTS; i++) seg.features.push(readSegmentFeatures(r, i));
  }
  return seg;
}

function readSegmentFeatures(r: BitReader, i: number): SegmentFeatures {
  const segment = new SegmentFeatures();
  for (let j = 0; j < SEG_LVL_MAX; j++) {
    segment.feature_enabled[j] = r.flag("feature_enabled", i, j);
    if (segment.feature_enabled[j]) {
      const feature_value = r.u(segmentation_feature_bits[j] as number, "feature_value", i, j);
      const feature_sign = segmentation_feature_signed[j] ? r.flag("feature_sign", i, j) : 0;
      segment.feature_value[j] = feature_sign ? 0 - feature_value : feature_value;
    }
  }
  return segment;
}

/** 6.2.12 Probability syntax. */
function read_prob(r: BitReader, name: string, i: number): number {
  const prob_coded = r.flag("prob_coded", i);
  return prob_coded ? r.u(8, name, i) : 255;
}

/** 6.2.13 Tile info syntax, with 6.2.14, calc_min_log2_tile_cols and calc_max_log2_tile_cols. */
function tile_info(r: BitReader, { FrameWidth }: FrameSize): TileInfo {
  const tile = new TileInfo();
  const Sb64Cols = Math.ceil(FrameWidth / 64);
  let minLog2 = 0;
  while (64 << minLog2 < Sb64Cols) minLog2++;
  let maxLog2 = 1;
  while (Sb64Cols >> maxLog2 >= 4) maxLog2++;
  maxLog2--;
  tile.tile_cols_log2 = minLog2;
  while (tile.tile_cols_log2 < maxLog2) {
    const increment_tile_cols_log2 = r.flag("increment_tile_cols_log2");
    if (increment_tile_cols_log2 === 0) break;
    tile.tile_cols_log2++;
  }
  // 7.2.11. The kernel refuses more, too.
  if (tile.tile_cols_log2 > 6) r.fail("more than 64 columns", 1, "increment_tile_cols_log2");
  tile.tile_rows_log2 = r.u(1, "tile_rows_log2");
  if (tile.tile_rows_log2) {
    const increment_tile_rows_log2 = r.u(1, "increment_tile_rows_log2");
    tile.tile_rows_log2 += increment_tile_rows_log2;
  }
  return tile;
}

/** B.2.1 Superframe index syntax. */
export function superframe_index(r: BitReader): SuperframeIndex {
  const index = new SuperframeIndex();
  superframe_header(r, index);
  for (let i = 0; i <= index.frames_in_superframe_minus_1; i++) {
    index.frame_sizes[i] = r.le(index.bytes_per_framesize_minus_1 + 1, "frame_sizes", i);
  }
  superframe_header(r, index);
  return index;
}

/** B.2.2 Superframe header syntax. */
function superframe_header(r: BitReader, index: SuperframeIndex): void {
  r.f(3, SUPERFRAME_MARKER, "superframe_marker");
  index.bytes_per_framesize_minus_1 = r.u(2, "bytes_per_framesize_minus_1");
  index.frames_in_superframe_minus_1 = r.u(3, "frames_in_superframe_minus_1");
}
