/**
 * Writes structures and state into the kernel's structs (linux/v4l2-controls.h; Documentation: ext-ctrls-codec-stateless), one
 * function for each struct, without side effects. A field that is not copied one to one names its authority.
 */
import { setTimestamp } from "../session/timestamps.ts";
import { draftPayload, newPayload } from "../uapi/payload.ts";
import {
  V4L2_VP9_FRAME_FLAG_ALLOW_HIGH_PREC_MV,
  V4L2_VP9_FRAME_FLAG_COLOR_RANGE_FULL_SWING,
  V4L2_VP9_FRAME_FLAG_ERROR_RESILIENT,
  V4L2_VP9_FRAME_FLAG_INTRA_ONLY,
  V4L2_VP9_FRAME_FLAG_KEY_FRAME,
  V4L2_VP9_FRAME_FLAG_PARALLEL_DEC_MODE,
  V4L2_VP9_FRAME_FLAG_REFRESH_FRAME_CTX,
  V4L2_VP9_FRAME_FLAG_SHOW_FRAME,
  V4L2_VP9_FRAME_FLAG_X_SUBSAMPLING,
  V4L2_VP9_FRAME_FLAG_Y_SUBSAMPLING,
  V4L2_VP9_INTERP_FILTER_BILINEAR,
  V4L2_VP9_INTERP_FILTER_EIGHTTAP,
  V4L2_VP9_INTERP_FILTER_EIGHTTAP_SHARP,
  V4L2_VP9_INTERP_FILTER_EIGHTTAP_SMOOTH,
  V4L2_VP9_INTERP_FILTER_SWITCHABLE,
  V4L2_VP9_LOOP_FILTER_FLAG_DELTA_ENABLED,
  V4L2_VP9_LOOP_FILTER_FLAG_DELTA_UPDATE,
  V4L2_VP9_RESET_FRAME_CTX_ALL,
  V4L2_VP9_RESET_FRAME_CTX_NONE,
  V4L2_VP9_RESET_FRAME_CTX_SPEC,
  V4L2_VP9_SEGMENTATION_FLAG_ABS_OR_DELTA_UPDATE,
  V4L2_VP9_SEGMENTATION_FLAG_ENABLED,
  V4L2_VP9_SEGMENTATION_FLAG_TEMPORAL_UPDATE,
  V4L2_VP9_SEGMENTATION_FLAG_UPDATE_DATA,
  V4L2_VP9_SEGMENTATION_FLAG_UPDATE_MAP,
  V4L2_VP9_SIGN_BIAS_ALT,
  V4L2_VP9_SIGN_BIAS_GOLDEN,
  V4L2_VP9_SIGN_BIAS_LAST,
  v4l2_ctrl_vp9_compressed_hdr,
  v4l2_ctrl_vp9_frame,
  v4l2_vp9_loop_filter,
  v4l2_vp9_quantization,
  v4l2_vp9_segmentation,
} from "../uapi/vp9.ts";
import type { PersistentParams } from "./state.ts";
import type { ColorConfig, CompressedHeader, SegmentFeatures, UncompressedHeader } from "./structures.ts";
import { KEY_FRAME, MAX_SEGMENTS } from "./tables.ts";

/** What the fields of v4l2_ctrl_vp9_frame are computed from. */
export interface FrameInput {
  readonly header: UncompressedHeader;
  /** 6.3.12: SINGLE_REFERENCE, COMPOUND_REFERENCE or REFERENCE_MODE_SELECT; the UAPI has the same numbers. */
  readonly reference_mode: number;
  /** The parameters in force: `paramsOf`. */
  readonly params: PersistentParams;
  /** The format in force: the one that the frame codes, or that of its references. */
  readonly color: ColorConfig;
  /** Timestamps of LAST_FRAME, GOLDEN_FRAME and ALTREF_FRAME in nanoseconds; 0 where there is none. */
  readonly references: readonly number[];
}

/** The UAPI's number for each interpolation_filter of 7.2.7. The numbers of smooth and regular are swapped. */
const interpolationFilters: readonly number[] = [
  V4L2_VP9_INTERP_FILTER_EIGHTTAP_SMOOTH,
  V4L2_VP9_INTERP_FILTER_EIGHTTAP,
  V4L2_VP9_INTERP_FILTER_EIGHTTAP_SHARP,
  V4L2_VP9_INTERP_FILTER_BILINEAR,
  V4L2_VP9_INTERP_FILTER_SWITCHABLE,
];

/** The UAPI's number for each coded reset_frame_context. 0 and 1 both mean that nothing is reset (7.2). */
const resetFrameContexts: readonly number[] = [
  V4L2_VP9_RESET_FRAME_CTX_NONE,
  V4L2_VP9_RESET_FRAME_CTX_NONE,
  V4L2_VP9_RESET_FRAME_CTX_SPEC,
  V4L2_VP9_RESET_FRAME_CTX_ALL,
];

/** v4l2_ctrl_vp9_frame: 168 bytes. */
export function vp9Frame(input: FrameInput): Uint8Array {
  const { header: h, references } = input;
  const { payload, view, at } = draftPayload(v4l2_ctrl_vp9_frame.size);
  const o = v4l2_ctrl_vp9_frame.offsets;
  setLoopFilter(view, at + o.lf, input);
  setQuantization(view, at + o.quant, h);
  setSegmentation(view, at + o.seg, input);
  view.setUint32(at + o.flags, frameFlags(h, input.color), true);
  view.setUint16(at + o.compressed_header_size, h.header_size_in_bytes, true);
  view.setUint16(at + o.uncompressed_header_size, h.uncompressed_header_size, true);
  view.setUint16(at + o.frame_width_minus_1, h.frame_size.FrameWidth - 1, true);
  view.setUint16(at + o.frame_height_minus_1, h.frame_size.FrameHeight - 1, true);
  // UAPI: "the expected render width". Where it is not coded, it is the frame's width (7.2.4).
  view.setUint16(at + o.render_width_minus_1, h.frame_size.RenderWidth - 1, true);
  view.setUint16(at + o.render_height_minus_1, h.frame_size.RenderHeight - 1, true);
  setTimestamp(view, at + o.last_frame_ts, references[0] ?? 0);
  setTimestamp(view, at + o.golden_frame_ts, references[1] ?? 0);
  setTimestamp(view, at + o.alt_frame_ts, references[2] ?? 0);
  const [, last, golden, alt] = h.ref_frame_sign_bias;
  view.setUint8(
    at + o.ref_frame_sign_bias,
    (last ? V4L2_VP9_SIGN_BIAS_LAST : 0) |
      (golden ? V4L2_VP9_SIGN_BIAS_GOLDEN : 0) |
      (alt ? V4L2_VP9_SIGN_BIAS_ALT : 0),
  );
  view.setUint8(at + o.reset_frame_context, resetFrameContexts[h.reset_frame_context] as number);
  // As coded: the kernel's v4l2_vp9_reset_frame_ctx resets this context, and uses 0 by itself where 7.2 demands it.
  view.setUint8(at + o.frame_context_idx, h.frame_context_idx);
  view.setUint8(at + o.profile, h.Profile);
  view.setUint8(at + o.bit_depth, input.color.BitDepth);
  // Intra frames do not code or use it: 0, as GStreamer and FFmpeg send it.
  view.setUint8(
    at + o.interpolation_filter,
    h.FrameIsIntra ? 0 : (interpolationFilters[h.interpolation_filter] as number),
  );
  view.setUint8(at + o.tile_cols_log2, h.tile_info.tile_cols_log2);
  view.setUint8(at + o.tile_rows_log2, h.tile_info.tile_rows_log2);
  view.setUint8(at + o.reference_mode, input.reference_mode);
  return payload;
}

function frameFlags(h: UncompressedHeader, color: ColorConfig): number {
  return (
    (h.frame_type === KEY_FRAME ? V4L2_VP9_FRAME_FLAG_KEY_FRAME : 0) |
    (h.show_frame ? V4L2_VP9_FRAME_FLAG_SHOW_FRAME : 0) |
    (h.error_resilient_mode ? V4L2_VP9_FRAME_FLAG_ERROR_RESILIENT : 0) |
    (h.intra_only ? V4L2_VP9_FRAME_FLAG_INTRA_ONLY : 0) |
    (h.allow_high_precision_mv ? V4L2_VP9_FRAME_FLAG_ALLOW_HIGH_PREC_MV : 0) |
    (h.refresh_frame_context ? V4L2_VP9_FRAME_FLAG_REFRESH_FRAME_CTX : 0) |
    (h.frame_parallel_decoding_mode ? V4L2_VP9_FRAME_FLAG_PARALLEL_DEC_MODE : 0) |
    (color.subsampling_x ? V4L2_VP9_FRAME_FLAG_X_SUBSAMPLING : 0) |
    (color.subsampling_y ? V4L2_VP9_FRAME_FLAG_Y_SUBSAMPLING : 0) |
    (color.color_range ? V4L2_VP9_FRAME_FLAG_COLOR_RANGE_FULL_SWING : 0)
  );
}

function setLoopFilter(view: DataView, at: number, { header, params }: FrameInput): void {
  const lf = header.loop_filter_params;
  const o = v4l2_vp9_loop_filter.offsets;
  for (let i = 0; i < 4; i++) view.setInt8(at + o.ref_deltas + i, params.ref_deltas[i] as number);
  for (let i = 0; i < 2; i++) view.setInt8(at + o.mode_deltas + i, params.mode_deltas[i] as number);
  view.setUint8(at + o.level, lf.loop_filter_level);
  view.setUint8(at + o.sharpness, lf.loop_filter_sharpness);
  view.setUint8(
    at + o.flags,
    (lf.loop_filter_delta_enabled ? V4L2_VP9_LOOP_FILTER_FLAG_DELTA_ENABLED : 0) |
      (lf.loop_filter_delta_update ? V4L2_VP9_LOOP_FILTER_FLAG_DELTA_UPDATE : 0),
  );
}

function setQuantization(view: DataView, at: number, { quantization_params: q }: UncompressedHeader): void {
  const o = v4l2_vp9_quantization.offsets;
  view.setUint8(at + o.base_q_idx, q.base_q_idx);
  view.setInt8(at + o.delta_q_y_dc, q.delta_q_y_dc);
  view.setInt8(at + o.delta_q_uv_dc, q.delta_q_uv_dc);
  view.setInt8(at + o.delta_q_uv_ac, q.delta_q_uv_ac);
}

/**
 * Features and probabilities are those in force. They may come from an earlier frame: features are cleared by an update of them (7.2.10) and by
 * setup_past_independence() (7.2), probabilities by neither. A probability that was never coded is sent as 0, as in GStreamer; it is not used without UPDATE_MAP.
 */
function setSegmentation(view: DataView, at: number, { header, params }: FrameInput): void {
  const seg = header.segmentation_params;
  const o = v4l2_vp9_segmentation.offsets;
  for (let i = 0; i < MAX_SEGMENTS; i++) {
    const segment = params.features[i] as SegmentFeatures;
    let enabled = 0;
    for (let j = 0; j < 4; j++) {
      enabled |= (segment.feature_enabled[j] as number) << j;
      view.setInt16(at + o.feature_data + (i * 4 + j) * 2, segment.feature_value[j] as number, true);
    }
    view.setUint8(at + o.feature_enabled + i, enabled);
  }
  for (let i = 0; i < 7; i++) view.setUint8(at + o.tree_probs + i, params.segmentation_tree_probs[i] as number);
  for (let i = 0; i < 3; i++) view.setUint8(at + o.pred_probs + i, params.segmentation_pred_prob[i] as number);
  view.setUint8(
    at + o.flags,
    (seg.segmentation_enabled ? V4L2_VP9_SEGMENTATION_FLAG_ENABLED : 0) |
      (seg.segmentation_update_map ? V4L2_VP9_SEGMENTATION_FLAG_UPDATE_MAP : 0) |
      (seg.segmentation_temporal_update ? V4L2_VP9_SEGMENTATION_FLAG_TEMPORAL_UPDATE : 0) |
      (seg.segmentation_update_data ? V4L2_VP9_SEGMENTATION_FLAG_UPDATE_DATA : 0) |
      (params.segmentation_abs_or_delta_update ? V4L2_VP9_SEGMENTATION_FLAG_ABS_OR_DELTA_UPDATE : 0),
  );
}

/**
 * v4l2_ctrl_vp9_compressed_hdr: 2040 bytes. `uv_mode` is always 0, which means no update: the compressed header does not code
 * it (6.3).
 */
export function vp9CompressedHeader(c: CompressedHeader): Uint8Array {
  const payload = newPayload(v4l2_ctrl_vp9_compressed_hdr.size);
  const o = v4l2_ctrl_vp9_compressed_hdr.offsets;
  payload[o.tx_mode] = c.tx_mode;
  // The struct has the arrays in the order of 6.3, with uv_mode, which no header codes, after y_mode.
  const { probabilities } = c;
  const uvMode = c.partition_probs.byteOffset;
  payload.set(probabilities.subarray(0, uvMode), o.tx8);
  payload.set(probabilities.subarray(uvMode), o.partition);
  return payload;
}
