/**
 * Writes structures and state into the kernel's struct (linux/v4l2-controls.h; Documentation: ext-ctrls-codec-stateless),
 * without side effects. A field that is not copied one to one names its authority.
 */
import { setTimestamp } from "../session/timestamps.ts";
import { draftPayload } from "../uapi/payload.ts";
import {
  V4L2_VP8_FRAME_FLAG_EXPERIMENTAL,
  V4L2_VP8_FRAME_FLAG_KEY_FRAME,
  V4L2_VP8_FRAME_FLAG_MB_NO_SKIP_COEFF,
  V4L2_VP8_FRAME_FLAG_SHOW_FRAME,
  V4L2_VP8_FRAME_FLAG_SIGN_BIAS_ALT,
  V4L2_VP8_FRAME_FLAG_SIGN_BIAS_GOLDEN,
  V4L2_VP8_LF_ADJ_ENABLE,
  V4L2_VP8_LF_DELTA_UPDATE,
  V4L2_VP8_LF_FILTER_TYPE_SIMPLE,
  V4L2_VP8_SEGMENT_FLAG_DELTA_VALUE_MODE,
  V4L2_VP8_SEGMENT_FLAG_ENABLED,
  V4L2_VP8_SEGMENT_FLAG_UPDATE_FEATURE_DATA,
  V4L2_VP8_SEGMENT_FLAG_UPDATE_MAP,
  v4l2_ctrl_vp8_frame,
  v4l2_vp8_entropy,
  v4l2_vp8_entropy_coder_state,
  v4l2_vp8_loop_filter,
  v4l2_vp8_quantization,
  v4l2_vp8_segment,
} from "../uapi/vp8.ts";
import type { CodingState } from "./state.ts";
import type { Frame, FrameHeader } from "./structures.ts";
import { keyFrameUvModeProbs, keyFrameYModeProbs } from "./tables.ts";

/** What the fields of v4l2_ctrl_vp8_frame are computed from. */
export interface FrameInput {
  readonly frame: Frame;
  /** The state that the frame is decoded with. */
  readonly state: CodingState;
  /** In luma samples: the size of this key frame or of the last one. */
  readonly width: number;
  readonly height: number;
  /** Timestamps of the reference buffers before this frame, in nanoseconds; 0 where a buffer is empty. */
  readonly last: number;
  readonly golden: number;
  readonly alternate: number;
}

/** It is a function because a constant would make a bundler pack all controls with a parser that is imported alone. */
const offsets = () => v4l2_ctrl_vp8_frame.offsets;

/** v4l2_ctrl_vp8_frame: 1232 bytes. */
export function vp8Frame(input: FrameInput): Uint8Array {
  const o = offsets();
  const { tag, header, coder_state, dct_part_sizes, first_part_header_bits } = input.frame;
  const { payload, view, at } = draftPayload(v4l2_ctrl_vp8_frame.size);
  setSegment(view, at, header, input.state);
  setLoopFilter(view, at, header, input.state);
  setQuantization(view, at, header);
  setEntropy(payload, input);
  const coder = v4l2_vp8_entropy_coder_state.offsets;
  view.setUint8(at + o.coder_state + coder.range, coder_state.range);
  view.setUint8(at + o.coder_state + coder.value, coder_state.value);
  view.setUint8(at + o.coder_state + coder.bit_count, coder_state.bit_count);
  view.setUint16(at + o.width, input.width, true);
  view.setUint16(at + o.height, input.height, true);
  view.setUint8(at + o.horizontal_scale, tag.horizontal_scale);
  view.setUint8(at + o.vertical_scale, tag.vertical_scale);
  view.setUint8(at + o.version, tag.version);
  view.setUint8(at + o.prob_skip_false, header.prob_skip_false);
  view.setUint8(at + o.prob_intra, header.prob_intra);
  view.setUint8(at + o.prob_last, header.prob_last);
  view.setUint8(at + o.prob_gf, header.prob_gf);
  view.setUint8(at + o.num_dct_parts, dct_part_sizes.length);
  view.setUint32(at + o.first_part_size, tag.first_part_size, true);
  view.setUint32(at + o.first_part_header_bits, first_part_header_bits, true);
  for (let i = 0; i < dct_part_sizes.length; i++) {
    view.setUint32(at + o.dct_part_sizes + 4 * i, dct_part_sizes[i] as number, true);
  }
  setTimestamp(view, at + o.last_frame_ts, input.last);
  setTimestamp(view, at + o.golden_frame_ts, input.golden);
  setTimestamp(view, at + o.alt_frame_ts, input.alternate);
  view.setUint32(
    at + o.flags,
    (tag.frame_type === 0 ? V4L2_VP8_FRAME_FLAG_KEY_FRAME : 0) |
      // Versions above 3 are reserved (9.1). The UAPI does not say which are experimental; Chromium's parser takes these as
      // experimental.
      (tag.version > 3 ? V4L2_VP8_FRAME_FLAG_EXPERIMENTAL : 0) |
      (tag.show_frame ? V4L2_VP8_FRAME_FLAG_SHOW_FRAME : 0) |
      (header.mb_no_skip_coeff ? V4L2_VP8_FRAME_FLAG_MB_NO_SKIP_COEFF : 0) |
      (header.sign_bias_golden ? V4L2_VP8_FRAME_FLAG_SIGN_BIAS_GOLDEN : 0) |
      (header.sign_bias_alternate ? V4L2_VP8_FRAME_FLAG_SIGN_BIAS_ALT : 0),
    true,
  );
  return payload;
}

/** v4l2_vp8_segment: the values in effect, and the update flags as coded in this frame. */
function setSegment(
  view: DataView,
  frame: number,
  { segmentation_enabled, update_segmentation }: FrameHeader,
  state: CodingState,
) {
  const at = frame + offsets().segment;
  const s = v4l2_vp8_segment.offsets;
  const { quantizer, loopFilter, probs, isAbsolute } = state.segmentation;
  for (let i = 0; i < 4; i++) {
    view.setInt8(at + s.quant_update + i, quantizer[i] as number);
    view.setInt8(at + s.lf_update + i, loopFilter[i] as number);
  }
  for (let i = 0; i < 3; i++) view.setUint8(at + s.segment_probs + i, probs[i] as number);
  view.setUint32(
    at + s.flags,
    (segmentation_enabled ? V4L2_VP8_SEGMENT_FLAG_ENABLED : 0) |
      (update_segmentation?.update_mb_segmentation_map ? V4L2_VP8_SEGMENT_FLAG_UPDATE_MAP : 0) |
      (update_segmentation?.update_segment_feature_data ? V4L2_VP8_SEGMENT_FLAG_UPDATE_FEATURE_DATA : 0) |
      (isAbsolute ? 0 : V4L2_VP8_SEGMENT_FLAG_DELTA_VALUE_MODE),
    true,
  );
}

/** v4l2_vp8_loop_filter: the deltas in effect. */
function setLoopFilter(view: DataView, frame: number, header: FrameHeader, state: CodingState): void {
  const at = frame + offsets().lf;
  const lf = v4l2_vp8_loop_filter.offsets;
  for (let i = 0; i < 4; i++) {
    view.setInt8(at + lf.ref_frm_delta + i, state.refFrameDelta[i] as number);
    view.setInt8(at + lf.mb_mode_delta + i, state.mbModeDelta[i] as number);
  }
  view.setUint8(at + lf.sharpness_level, header.sharpness_level);
  view.setUint8(at + lf.level, header.loop_filter_level);
  const { loop_filter_adj_enable, mode_ref_lf_delta_update } = header.mb_lf_adjustments;
  view.setUint32(
    at + lf.flags,
    (loop_filter_adj_enable ? V4L2_VP8_LF_ADJ_ENABLE : 0) |
      (mode_ref_lf_delta_update ? V4L2_VP8_LF_DELTA_UPDATE : 0) |
      (header.filter_type ? V4L2_VP8_LF_FILTER_TYPE_SIMPLE : 0),
    true,
  );
}

function setQuantization(view: DataView, frame: number, { quant_indices: q }: FrameHeader): void {
  const at = frame + offsets().quant;
  const quant = v4l2_vp8_quantization.offsets;
  view.setUint8(at + quant.y_ac_qi, q.y_ac_qi);
  view.setInt8(at + quant.y_dc_delta, q.y_dc_delta);
  view.setInt8(at + quant.y2_dc_delta, q.y2_dc_delta);
  view.setInt8(at + quant.y2_ac_delta, q.y2_ac_delta);
  view.setInt8(at + quant.uv_dc_delta, q.uv_dc_delta);
  view.setInt8(at + quant.uv_ac_delta, q.uv_ac_delta);
}

/**
 * v4l2_vp8_entropy: the probabilities that this frame is decoded with. The modes of a key frame have fixed probabilities
 * (11.2).
 */
function setEntropy(payload: Uint8Array, { frame, state }: FrameInput): void {
  const o = offsets();
  const e = v4l2_vp8_entropy.offsets;
  const { coeff, mv, yMode, uvMode } = state.probabilities;
  const isKey = frame.tag.frame_type === 0;
  payload.set(coeff, o.entropy + e.coeff_probs);
  payload.set(isKey ? keyFrameYModeProbs : yMode, o.entropy + e.y_mode_probs);
  payload.set(isKey ? keyFrameUvModeProbs : uvMode, o.entropy + e.uv_mode_probs);
  payload.set(mv, o.entropy + e.mv_probs);
}
