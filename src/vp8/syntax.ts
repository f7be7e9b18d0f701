/**
 * The syntax tables of RFC 6386, sections 19.1 and 19.2, one function for each table, in its order and names. The functions
 * keep no state. All throw BitstreamError where the bits break the table.
 */

import type { BoolDecoder } from "../bitreader/index.ts";
import type { LittleEndianReader } from "../bitreader/little-endian-reader.ts";
import {
  FrameHeader,
  FrameTag,
  LoopFilterAdjustments,
  type ProbUpdate,
  QuantIndices,
  UpdateSegmentation,
} from "./structures.ts";
import { coeffUpdateProbs, mvUpdateProbs } from "./tables.ts";

/** 19.1: the frame tag, and the start code and sizes of a key frame. 9.1 has the fields in them. */
export function frame_tag(r: LittleEndianReader): FrameTag {
  const tag = new FrameTag();
  tag.frame_type = r.u(1, "frame_type");
  tag.version = r.u(3, "version");
  tag.show_frame = r.u(1, "show_frame");
  tag.first_part_size = r.u(19, "first_part_size");
  if (tag.frame_type === 0) {
    r.f(24, 0x2a019d, "start_code");
    tag.width = r.u(14, "width");
    if (tag.width === 0) r.fail("it must be at least 1", 14, "width");
    tag.horizontal_scale = r.u(2, "horizontal_scale");
    tag.height = r.u(14, "height");
    if (tag.height === 0) r.fail("it must be at least 1", 14, "height");
    tag.vertical_scale = r.u(2, "vertical_scale");
  }
  return tag;
}

/** 19.2: frame_header(), with the meanings of 9.2 to 9.11. */
export function frame_header(r: BoolDecoder, tag: FrameTag): FrameHeader {
  const h = new FrameHeader();
  const key_frame = tag.frame_type === 0;
  if (key_frame) {
    h.color_space = r.flag("color_space");
    h.clamping_type = r.flag("clamping_type");
  }
  h.segmentation_enabled = r.flag("segmentation_enabled");
  if (h.segmentation_enabled) h.update_segmentation = update_segmentation(r);
  h.filter_type = r.flag("filter_type");
  h.loop_filter_level = r.u(6, "loop_filter_level");
  h.sharpness_level = r.u(3, "sharpness_level");
  h.mb_lf_adjustments = mb_lf_adjustments(r);
  h.log2_nbr_of_dct_partitions = r.u(2, "log2_nbr_of_dct_partitions");
  h.quant_indices = quant_indices(r);
  if (key_frame) {
    h.refresh_entropy_probs = r.flag("refresh_entropy_probs");
  } else {
    h.refresh_golden_frame = r.flag("refresh_golden_frame");
    h.refresh_alternate_frame = r.flag("refresh_alternate_frame");
    if (!h.refresh_golden_frame) {
      h.copy_buffer_to_golden = r.u(2, "copy_buffer_to_golden");
      if (h.copy_buffer_to_golden === 3) r.fail("3 is reserved", "copy_buffer_to_golden");
    }
    if (!h.refresh_alternate_frame) {
      h.copy_buffer_to_alternate = r.u(2, "copy_buffer_to_alternate");
      if (h.copy_buffer_to_alternate === 3) r.fail("3 is reserved", "copy_buffer_to_alternate");
    }
    h.sign_bias_golden = r.flag("sign_bias_golden");
    h.sign_bias_alternate = r.flag("sign_bias_alternate");
    h.refresh_entropy_probs = r.flag("refresh_entropy_probs");
    h.refresh_last = r.flag("refresh_last");
  }
  h.coeff_prob = token_prob_update(r);
  h.mb_no_skip_coeff = r.flag("mb_no_skip_coeff");
  if (h.mb_no_skip_coeff) h.prob_skip_false = r.u(8, "prob_skip_false");
  if (!key_frame) {
    h.prob_intra = r.u(8, "prob_intra");
    h.prob_last = r.u(8, "prob_last");
    h.prob_gf = r.u(8, "prob_gf");
    if (r.flag("intra_16x16_prob_update_flag")) h.intra_16x16_prob = readProbabilities(r, 4, "intra_16x16_prob");
    if (r.flag("intra_chroma_prob_update_flag")) h.intra_chroma_prob = readProbabilities(r, 3, "intra_chroma_prob");
    h.mv_prob = mv_prob_update(r);
  }
  return h;
}

/** 19.2: update_segmentation(), with the meanings of 9.3. */
function update_segmentation(r: BoolDecoder): UpdateSegmentation {
  const s = new UpdateSegmentation();
  s.update_mb_segmentation_map = r.flag("update_mb_segmentation_map");
  s.update_segment_feature_data = r.flag("update_segment_feature_data");
  if (s.update_segment_feature_data) {
    s.segment_feature_mode = r.flag("segment_feature_mode");
    for (let i = 0; i < 4; i++) {
      if (!r.flag("quantizer_update", i)) continue;
      s.quantizer_update_value[i] = signed(r, 7, "quantizer_update_value", "quantizer_update_sign", i);
    }
    for (let i = 0; i < 4; i++) {
      if (r.flag("loop_filter_update", i)) {
        s.lf_update_value[i] = signed(r, 6, "lf_update_value", "lf_update_sign", i);
      }
    }
  }
  if (s.update_mb_segmentation_map) {
    for (let i = 0; i < 3; i++) {
      if (r.flag("segment_prob_update", i)) s.segment_prob[i] = r.u(8, "segment_prob", i);
    }
  }
  return s;
}

/** Reads a magnitude of n bits and its sign. */
function signed(r: BoolDecoder, n: number, name: string, sign: string, i?: number): number {
  const magnitude = r.u(n, name, i);
  return r.flag(sign, i) ? 0 - magnitude : magnitude;
}

function readProbabilities(r: BoolDecoder, count: number, name: string): number[] {
  const values: number[] = [];
  for (let i = 0; i < count; i++) values[i] = r.u(8, name, i);
  return values;
}

/** 19.2: mb_lf_adjustments(), with the meanings of 9.4. */
function mb_lf_adjustments(r: BoolDecoder): LoopFilterAdjustments {
  const lf = new LoopFilterAdjustments();
  lf.loop_filter_adj_enable = r.flag("loop_filter_adj_enable");
  if (!lf.loop_filter_adj_enable) return lf;
  lf.mode_ref_lf_delta_update = r.flag("mode_ref_lf_delta_update");
  if (!lf.mode_ref_lf_delta_update) return lf;
  for (let i = 0; i < 4; i++) {
    if (r.flag("ref_frame_delta_update_flag", i)) {
      lf.ref_frame_delta[i] = signed(r, 6, "delta_magnitude", "delta_sign", i);
    }
  }
  for (let i = 0; i < 4; i++) {
    if (r.flag("mb_mode_delta_update_flag", i)) {
      lf.mb_mode_delta[i] = signed(r, 6, "delta_magnitude", "delta_sign", i);
    }
  }
  return lf;
}

/** 19.2: quant_indices(), with the meanings of 9.6. */
function quant_indices(r: BoolDecoder): QuantIndices {
  const q = new QuantIndices();
  q.y_ac_qi = r.u(7, "y_ac_qi");
  if (r.flag("y_dc_delta_present")) q.y_dc_delta = signed(r, 4, "y_dc_delta_magnitude", "y_dc_delta_sign");
  if (r.flag("y2_dc_delta_present")) q.y2_dc_delta = signed(r, 4, "y2_dc_delta_magnitude", "y2_dc_delta_sign");
  if (r.flag("y2_ac_delta_present")) q.y2_ac_delta = signed(r, 4, "y2_ac_delta_magnitude", "y2_ac_delta_sign");
  if (r.flag("uv_dc_delta_present")) q.uv_dc_delta = signed(r, 4, "uv_dc_delta_magnitude", "uv_dc_delta_sign");
  if (r.flag("uv_ac_delta_present")) q.uv_ac_delta = signed(r, 4, "uv_ac_delta_magnitude", "uv_ac_delta_sign");
  return q;
}

/** Subscripts in [4][8][3][11]. */
function coeffSubscripts(place: number): number[] {
  return [Math.floor(place / 264), Math.floor(place / 33) % 8, Math.floor(place / 11) % 3, place % 11];
}

/** 19.2: token_prob_update(), with the meanings of 13.4. */
function token_prob_update(r: BoolDecoder): ProbUpdate[] {
  const updates: ProbUpdate[] = [];
  const next = (from: number) =>
    r.nextSet(coeffUpdateProbs, from, coeffUpdateProbs.length, "coeff_prob_update_flag", coeffSubscripts);
  for (let place = next(0); place < coeffUpdateProbs.length; place = next(place + 1)) {
    updates.push({ place, value: r.uAt(8, "coeff_prob", place, coeffSubscripts) });
  }
  return updates;
}

/** Subscripts in [2][19]. */
function mvSubscripts(place: number): number[] {
  return [Math.floor(place / 19), place % 19];
}

/** 19.2: mv_prob_update(), with the meanings of 17.2. Seven bits are coded; 0 means a probability of 1. */
function mv_prob_update(r: BoolDecoder): ProbUpdate[] {
  const updates: ProbUpdate[] = [];
  const next = (from: number) =>
    r.nextSet(mvUpdateProbs, from, mvUpdateProbs.length, "mv_prob_update_flag", mvSubscripts);
  for (let place = next(0); place < mvUpdateProbs.length; place = next(place + 1)) {
    const prob = r.uAt(7, "prob", place, mvSubscripts);
    updates.push({ place, value: prob === 0 ? 1 : prob * 2 });
  }
  return updates;
}
