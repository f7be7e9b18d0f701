/**
 * Writes structures and state into the kernel's structs (linux/v4l2-controls.h; Documentation: ext-ctrls-codec-stateless), one
 * function for each struct, without side effects. A field that is not copied one to one names its authority.
 */
import { setTimestamp } from "../session/timestamps.ts";
import {
  V4L2_AV1_FILM_GRAIN_FLAG_APPLY_GRAIN,
  V4L2_AV1_FILM_GRAIN_FLAG_CHROMA_SCALING_FROM_LUMA,
  V4L2_AV1_FILM_GRAIN_FLAG_CLIP_TO_RESTRICTED_RANGE,
  V4L2_AV1_FILM_GRAIN_FLAG_OVERLAP,
  V4L2_AV1_FILM_GRAIN_FLAG_UPDATE_GRAIN,
  V4L2_AV1_FRAME_FLAG_ALLOW_HIGH_PRECISION_MV,
  V4L2_AV1_FRAME_FLAG_ALLOW_INTRABC,
  V4L2_AV1_FRAME_FLAG_ALLOW_SCREEN_CONTENT_TOOLS,
  V4L2_AV1_FRAME_FLAG_ALLOW_WARPED_MOTION,
  V4L2_AV1_FRAME_FLAG_BUFFER_REMOVAL_TIME_PRESENT,
  V4L2_AV1_FRAME_FLAG_DISABLE_CDF_UPDATE,
  V4L2_AV1_FRAME_FLAG_DISABLE_FRAME_END_UPDATE_CDF,
  V4L2_AV1_FRAME_FLAG_ERROR_RESILIENT_MODE,
  V4L2_AV1_FRAME_FLAG_FORCE_INTEGER_MV,
  V4L2_AV1_FRAME_FLAG_FRAME_REFS_SHORT_SIGNALING,
  V4L2_AV1_FRAME_FLAG_FRAME_SIZE_OVERRIDE,
  V4L2_AV1_FRAME_FLAG_IS_MOTION_MODE_SWITCHABLE,
  V4L2_AV1_FRAME_FLAG_REDUCED_TX_SET,
  V4L2_AV1_FRAME_FLAG_REFERENCE_SELECT,
  V4L2_AV1_FRAME_FLAG_SHOW_FRAME,
  V4L2_AV1_FRAME_FLAG_SHOWABLE_FRAME,
  V4L2_AV1_FRAME_FLAG_SKIP_MODE_ALLOWED,
  V4L2_AV1_FRAME_FLAG_SKIP_MODE_PRESENT,
  V4L2_AV1_FRAME_FLAG_USE_REF_FRAME_MVS,
  V4L2_AV1_FRAME_FLAG_USE_SUPERRES,
  V4L2_AV1_GLOBAL_MOTION_FLAG_IS_GLOBAL,
  V4L2_AV1_GLOBAL_MOTION_FLAG_IS_ROT_ZOOM,
  V4L2_AV1_GLOBAL_MOTION_FLAG_IS_TRANSLATION,
  V4L2_AV1_GLOBAL_MOTION_IS_INVALID,
  V4L2_AV1_LOOP_FILTER_FLAG_DELTA_ENABLED,
  V4L2_AV1_LOOP_FILTER_FLAG_DELTA_LF_MULTI,
  V4L2_AV1_LOOP_FILTER_FLAG_DELTA_LF_PRESENT,
  V4L2_AV1_LOOP_FILTER_FLAG_DELTA_UPDATE,
  V4L2_AV1_LOOP_RESTORATION_FLAG_USES_CHROMA_LR,
  V4L2_AV1_LOOP_RESTORATION_FLAG_USES_LR,
  V4L2_AV1_QUANTIZATION_FLAG_DELTA_Q_PRESENT,
  V4L2_AV1_QUANTIZATION_FLAG_DIFF_UV_DELTA,
  V4L2_AV1_QUANTIZATION_FLAG_USING_QMATRIX,
  V4L2_AV1_SEGMENTATION_FLAG_ENABLED,
  V4L2_AV1_SEGMENTATION_FLAG_SEG_ID_PRE_SKIP,
  V4L2_AV1_SEGMENTATION_FLAG_TEMPORAL_UPDATE,
  V4L2_AV1_SEGMENTATION_FLAG_UPDATE_DATA,
  V4L2_AV1_SEGMENTATION_FLAG_UPDATE_MAP,
  V4L2_AV1_SEQUENCE_FLAG_COLOR_RANGE,
  V4L2_AV1_SEQUENCE_FLAG_ENABLE_CDEF,
  V4L2_AV1_SEQUENCE_FLAG_ENABLE_DUAL_FILTER,
  V4L2_AV1_SEQUENCE_FLAG_ENABLE_FILTER_INTRA,
  V4L2_AV1_SEQUENCE_FLAG_ENABLE_INTERINTRA_COMPOUND,
  V4L2_AV1_SEQUENCE_FLAG_ENABLE_INTRA_EDGE_FILTER,
  V4L2_AV1_SEQUENCE_FLAG_ENABLE_JNT_COMP,
  V4L2_AV1_SEQUENCE_FLAG_ENABLE_MASKED_COMPOUND,
  V4L2_AV1_SEQUENCE_FLAG_ENABLE_ORDER_HINT,
  V4L2_AV1_SEQUENCE_FLAG_ENABLE_REF_FRAME_MVS,
  V4L2_AV1_SEQUENCE_FLAG_ENABLE_RESTORATION,
  V4L2_AV1_SEQUENCE_FLAG_ENABLE_SUPERRES,
  V4L2_AV1_SEQUENCE_FLAG_ENABLE_WARPED_MOTION,
  V4L2_AV1_SEQUENCE_FLAG_FILM_GRAIN_PARAMS_PRESENT,
  V4L2_AV1_SEQUENCE_FLAG_MONO_CHROME,
  V4L2_AV1_SEQUENCE_FLAG_SEPARATE_UV_DELTA_Q,
  V4L2_AV1_SEQUENCE_FLAG_STILL_PICTURE,
  V4L2_AV1_SEQUENCE_FLAG_SUBSAMPLING_X,
  V4L2_AV1_SEQUENCE_FLAG_SUBSAMPLING_Y,
  V4L2_AV1_SEQUENCE_FLAG_USE_128X128_SUPERBLOCK,
  V4L2_AV1_TILE_INFO_FLAG_UNIFORM_TILE_SPACING,
  v4l2_av1_cdef,
  v4l2_av1_global_motion,
  v4l2_av1_loop_filter,
  v4l2_av1_loop_restoration,
  v4l2_av1_quantization,
  v4l2_av1_segmentation,
  v4l2_av1_tile_info,
  v4l2_ctrl_av1_film_grain,
  v4l2_ctrl_av1_frame,
  v4l2_ctrl_av1_sequence,
  v4l2_ctrl_av1_tile_group_entry,
} from "../uapi/av1.ts";
import { draftPayload, newPayload } from "../uapi/payload.ts";
import {
  type FilmGrainParams,
  type FrameHeader,
  noFeatures,
  noGlobalMotion,
  noRestoration,
  type SequenceHeader,
} from "./structures.ts";
import { ALTREF_FRAME, LAST_FRAME, MAX_SEGMENTS, REFS_PER_FRAME, ROTZOOM, SEG_LVL_MAX } from "./tables.ts";
import { isWarpValid } from "./warp-valid.ts";

/** v4l2_ctrl_av1_sequence: 12 bytes. */
export function av1Sequence(seq: SequenceHeader): Uint8Array {
  const { payload, view, at } = draftPayload(v4l2_ctrl_av1_sequence.size);
  const o = v4l2_ctrl_av1_sequence.offsets;
  view.setUint32(at + o.flags, sequenceFlags(seq), true);
  view.setUint8(at + o.seq_profile, seq.seq_profile);
  view.setUint8(at + o.order_hint_bits, seq.OrderHintBits);
  view.setUint8(at + o.bit_depth, seq.color_config.BitDepth);
  view.setUint16(at + o.max_frame_width_minus_1, seq.max_frame_width_minus_1, true);
  view.setUint16(at + o.max_frame_height_minus_1, seq.max_frame_height_minus_1, true);
  return payload;
}

function sequenceFlags(s: SequenceHeader): number {
  const c = s.color_config;
  return (
    (s.still_picture ? V4L2_AV1_SEQUENCE_FLAG_STILL_PICTURE : 0) |
    (s.use_128x128_superblock ? V4L2_AV1_SEQUENCE_FLAG_USE_128X128_SUPERBLOCK : 0) |
    (s.enable_filter_intra ? V4L2_AV1_SEQUENCE_FLAG_ENABLE_FILTER_INTRA : 0) |
    (s.enable_intra_edge_filter ? V4L2_AV1_SEQUENCE_FLAG_ENABLE_INTRA_EDGE_FILTER : 0) |
    (s.enable_interintra_compound ? V4L2_AV1_SEQUENCE_FLAG_ENABLE_INTERINTRA_COMPOUND : 0) |
    (s.enable_masked_compound ? V4L2_AV1_SEQUENCE_FLAG_ENABLE_MASKED_COMPOUND : 0) |
    (s.enable_warped_motion ? V4L2_AV1_SEQUENCE_FLAG_ENABLE_WARPED_MOTION : 0) |
    (s.enable_dual_filter ? V4L2_AV1_SEQUENCE_FLAG_ENABLE_DUAL_FILTER : 0) |
    (s.enable_order_hint ? V4L2_AV1_SEQUENCE_FLAG_ENABLE_ORDER_HINT : 0) |
    (s.enable_jnt_comp ? V4L2_AV1_SEQUENCE_FLAG_ENABLE_JNT_COMP : 0) |
    (s.enable_ref_frame_mvs ? V4L2_AV1_SEQUENCE_FLAG_ENABLE_REF_FRAME_MVS : 0) |
    (s.enable_superres ? V4L2_AV1_SEQUENCE_FLAG_ENABLE_SUPERRES : 0) |
    (s.enable_cdef ? V4L2_AV1_SEQUENCE_FLAG_ENABLE_CDEF : 0) |
    (s.enable_restoration ? V4L2_AV1_SEQUENCE_FLAG_ENABLE_RESTORATION : 0) |
    (c.mono_chrome ? V4L2_AV1_SEQUENCE_FLAG_MONO_CHROME : 0) |
    (c.color_range ? V4L2_AV1_SEQUENCE_FLAG_COLOR_RANGE : 0) |
    (c.subsampling_x ? V4L2_AV1_SEQUENCE_FLAG_SUBSAMPLING_X : 0) |
    (c.subsampling_y ? V4L2_AV1_SEQUENCE_FLAG_SUBSAMPLING_Y : 0) |
    (s.film_grain_params_present ? V4L2_AV1_SEQUENCE_FLAG_FILM_GRAIN_PARAMS_PRESENT : 0) |
    (c.separate_uv_delta_q ? V4L2_AV1_SEQUENCE_FLAG_SEPARATE_UV_DELTA_Q : 0)
  );
}

/**
 * v4l2_ctrl_av1_frame: 1784 bytes.
 *
 * @param references timestamps of the frames in the 8 slots before this frame's own update (7.20), in nanoseconds; 0 where there
 * is none. hantro and mediatek forget a picture as soon as one request does not list it, so key frames list them, too.
 */
export function av1Frame(h: FrameHeader, references: readonly number[]): Uint8Array {
  const { payload, view, at } = draftPayload(v4l2_ctrl_av1_frame.size);
  const o = v4l2_ctrl_av1_frame.offsets;
  setTileInfo(view, at + o.tile_info, h);
  setQuantization(view, at + o.quantization, h);
  // 8 where superres is off: SuperresDenom of 5.9.8.
  view.setUint8(at + o.superres_denom, h.frame_size.SuperresDenom);
  setSegmentation(view, at + o.segmentation, h);
  setLoopFilter(view, at + o.loop_filter, h);
  setCdef(view, at + o.cdef, h);
  view.setUint8(at + o.skip_mode_frame, h.SkipModeFrame[0]);
  view.setUint8(at + o.skip_mode_frame + 1, h.SkipModeFrame[1]);
  view.setUint8(at + o.primary_ref_frame, h.primary_ref_frame);
  setLoopRestoration(view, at + o.loop_restoration, h);
  setGlobalMotion(view, at + o.global_motion, h);
  view.setUint32(at + o.flags, frameFlags(h), true);
  view.setUint32(at + o.frame_type, h.frame_type, true);
  view.setUint32(at + o.order_hint, h.OrderHint, true);
  view.setUint32(at + o.upscaled_width, h.frame_size.UpscaledWidth, true);
  view.setUint32(at + o.interpolation_filter, h.interpolation_filter, true);
  view.setUint32(at + o.tx_mode, h.TxMode, true);
  // After superres, as both peers send it: hantro scales with upscaled_width beside it.
  view.setUint32(at + o.frame_width_minus_1, h.frame_size.FrameWidth - 1, true);
  view.setUint32(at + o.frame_height_minus_1, h.frame_size.FrameHeight - 1, true);
  view.setUint16(at + o.render_width_minus_1, h.frame_size.RenderWidth - 1, true);
  view.setUint16(at + o.render_height_minus_1, h.frame_size.RenderHeight - 1, true);
  view.setUint32(at + o.current_frame_id, h.current_frame_id, true);
  for (let i = 0; i < h.buffer_removal_time.length; i++) {
    view.setUint32(at + o.buffer_removal_time + 4 * i, h.buffer_removal_time[i] as number, true);
  }
  // Of intra frames all are 0: they have no references, and the UAPI's text tells drivers to ignore the field there.
  for (let i = 0; i < 8; i++) {
    view.setUint32(at + o.order_hints + 4 * i, h.OrderHints[i] as number, true);
    setTimestamp(view, at + o.reference_frame_ts + 8 * i, references[i] as number);
  }
  for (let i = 0; i < REFS_PER_FRAME; i++) view.setInt8(at + o.ref_frame_idx + i, h.ref_frame_idx[i] as number);
  view.setUint8(at + o.refresh_frame_flags, h.refresh_frame_flags);
  return payload;
}

function frameFlags(h: FrameHeader): number {
  return (
    (h.show_frame ? V4L2_AV1_FRAME_FLAG_SHOW_FRAME : 0) |
    (h.showable_frame ? V4L2_AV1_FRAME_FLAG_SHOWABLE_FRAME : 0) |
    (h.error_resilient_mode ? V4L2_AV1_FRAME_FLAG_ERROR_RESILIENT_MODE : 0) |
    (h.disable_cdf_update ? V4L2_AV1_FRAME_FLAG_DISABLE_CDF_UPDATE : 0) |
    (h.allow_screen_content_tools ? V4L2_AV1_FRAME_FLAG_ALLOW_SCREEN_CONTENT_TOOLS : 0) |
    (h.force_integer_mv ? V4L2_AV1_FRAME_FLAG_FORCE_INTEGER_MV : 0) |
    (h.allow_intrabc ? V4L2_AV1_FRAME_FLAG_ALLOW_INTRABC : 0) |
    (h.frame_size.use_superres ? V4L2_AV1_FRAME_FLAG_USE_SUPERRES : 0) |
    (h.allow_high_precision_mv ? V4L2_AV1_FRAME_FLAG_ALLOW_HIGH_PRECISION_MV : 0) |
    (h.is_motion_mode_switchable ? V4L2_AV1_FRAME_FLAG_IS_MOTION_MODE_SWITCHABLE : 0) |
    (h.use_ref_frame_mvs ? V4L2_AV1_FRAME_FLAG_USE_REF_FRAME_MVS : 0) |
    (h.disable_frame_end_update_cdf ? V4L2_AV1_FRAME_FLAG_DISABLE_FRAME_END_UPDATE_CDF : 0) |
    (h.allow_warped_motion ? V4L2_AV1_FRAME_FLAG_ALLOW_WARPED_MOTION : 0) |
    (h.reference_select ? V4L2_AV1_FRAME_FLAG_REFERENCE_SELECT : 0) |
    (h.reduced_tx_set ? V4L2_AV1_FRAME_FLAG_REDUCED_TX_SET : 0) |
    (h.skipModeAllowed ? V4L2_AV1_FRAME_FLAG_SKIP_MODE_ALLOWED : 0) |
    (h.skip_mode_present ? V4L2_AV1_FRAME_FLAG_SKIP_MODE_PRESENT : 0) |
    (h.frame_size_override_flag ? V4L2_AV1_FRAME_FLAG_FRAME_SIZE_OVERRIDE : 0) |
    (h.buffer_removal_time_present_flag ? V4L2_AV1_FRAME_FLAG_BUFFER_REMOVAL_TIME_PRESENT : 0) |
    (h.frame_refs_short_signaling ? V4L2_AV1_FRAME_FLAG_FRAME_REFS_SHORT_SIGNALING : 0)
  );
}

/**
 * Starts and sizes of tiles are filled for uniform spacing too, where the syntax has no sizes: hantro takes them from
 * width_in_sbs_minus_1 and height_in_sbs_minus_1, mediatek from the starts.
 */
function setTileInfo(view: DataView, at: number, { tile_info: t }: FrameHeader): void {
  const o = v4l2_av1_tile_info.offsets;
  view.setUint8(at + o.flags, t.uniform_tile_spacing_flag ? V4L2_AV1_TILE_INFO_FLAG_UNIFORM_TILE_SPACING : 0);
  // The field has 8 bits. Ids from 256 on are cut, as both peers cut them; no driver takes so many tiles.
  view.setUint8(at + o.context_update_tile_id, t.context_update_tile_id & 0xff);
  view.setUint8(at + o.tile_cols, t.TileCols);
  view.setUint8(at + o.tile_rows, t.TileRows);
  for (let i = 0; i <= t.TileCols; i++) view.setUint32(at + o.mi_col_starts + 4 * i, t.MiColStarts[i] as number, true);
  for (let i = 0; i <= t.TileRows; i++) view.setUint32(at + o.mi_row_starts + 4 * i, t.MiRowStarts[i] as number, true);
  setSizes(view, at + o.width_in_sbs_minus_1, t.colStartsSb);
  setSizes(view, at + o.height_in_sbs_minus_1, t.rowStartsSb);
  view.setUint8(at + o.tile_size_bytes, t.TileSizeBytes);
}

function setSizes(view: DataView, at: number, starts: readonly number[]): void {
  for (let i = 0; i + 1 < starts.length; i++) {
    view.setUint32(at + 4 * i, (starts[i + 1] as number) - (starts[i] as number) - 1, true);
  }
}

function setQuantization(view: DataView, at: number, { quantization_params: q, delta_params: d }: FrameHeader): void {
  const o = v4l2_av1_quantization.offsets;
  view.setUint8(
    at + o.flags,
    (q.diff_uv_delta ? V4L2_AV1_QUANTIZATION_FLAG_DIFF_UV_DELTA : 0) |
      (q.using_qmatrix ? V4L2_AV1_QUANTIZATION_FLAG_USING_QMATRIX : 0) |
      (d.delta_q_present ? V4L2_AV1_QUANTIZATION_FLAG_DELTA_Q_PRESENT : 0),
  );
  view.setUint8(at + o.base_q_idx, q.base_q_idx);
  view.setInt8(at + o.delta_q_y_dc, q.DeltaQYDc);
  view.setInt8(at + o.delta_q_u_dc, q.DeltaQUDc);
  view.setInt8(at + o.delta_q_u_ac, q.DeltaQUAc);
  view.setInt8(at + o.delta_q_v_dc, q.DeltaQVDc);
  view.setInt8(at + o.delta_q_v_ac, q.DeltaQVAc);
  view.setUint8(at + o.qm_y, q.qm_y);
  view.setUint8(at + o.qm_u, q.qm_u);
  view.setUint8(at + o.qm_v, q.qm_v);
  view.setUint8(at + o.delta_q_res, d.delta_q_res);
}

/** The features are those in force: they may come from another frame. */
function setSegmentation(view: DataView, at: number, { segmentation_params: seg }: FrameHeader): void {
  const o = v4l2_av1_segmentation.offsets;
  view.setUint8(
    at + o.flags,
    (seg.segmentation_enabled ? V4L2_AV1_SEGMENTATION_FLAG_ENABLED : 0) |
      (seg.segmentation_update_map ? V4L2_AV1_SEGMENTATION_FLAG_UPDATE_MAP : 0) |
      (seg.segmentation_temporal_update ? V4L2_AV1_SEGMENTATION_FLAG_TEMPORAL_UPDATE : 0) |
      (seg.segmentation_update_data ? V4L2_AV1_SEGMENTATION_FLAG_UPDATE_DATA : 0) |
      (seg.SegIdPreSkip ? V4L2_AV1_SEGMENTATION_FLAG_SEG_ID_PRE_SKIP : 0),
  );
  view.setUint8(at + o.last_active_seg_id, seg.LastActiveSegId);
  const { features } = seg;
  if (features === noFeatures) return;
  for (let i = 0; i < MAX_SEGMENTS; i++) {
    let enabled = 0;
    for (let j = 0; j < SEG_LVL_MAX; j++) {
      enabled |= (features.FeatureEnabled[i * SEG_LVL_MAX + j] as number) << j;
      view.setInt16(
        at + o.feature_data + (i * SEG_LVL_MAX + j) * 2,
        features.FeatureData[i * SEG_LVL_MAX + j] as number,
        true,
      );
    }
    view.setUint8(at + o.feature_enabled + i, enabled);
  }
}

function setLoopFilter(view: DataView, at: number, { loop_filter_params: lf, delta_params: d }: FrameHeader): void {
  const o = v4l2_av1_loop_filter.offsets;
  view.setUint8(
    at + o.flags,
    (lf.loop_filter_delta_enabled ? V4L2_AV1_LOOP_FILTER_FLAG_DELTA_ENABLED : 0) |
      (lf.loop_filter_delta_update ? V4L2_AV1_LOOP_FILTER_FLAG_DELTA_UPDATE : 0) |
      (d.delta_lf_present ? V4L2_AV1_LOOP_FILTER_FLAG_DELTA_LF_PRESENT : 0) |
      (d.delta_lf_multi ? V4L2_AV1_LOOP_FILTER_FLAG_DELTA_LF_MULTI : 0),
  );
  for (let i = 0; i < 4; i++) view.setUint8(at + o.level + i, lf.loop_filter_level[i] as number);
  view.setUint8(at + o.sharpness, lf.loop_filter_sharpness);
  for (let i = 0; i < 8; i++) view.setInt8(at + o.ref_deltas + i, lf.loop_filter_ref_deltas[i] as number);
  for (let i = 0; i < 2; i++) view.setInt8(at + o.mode_deltas + i, lf.loop_filter_mode_deltas[i] as number);
  view.setUint8(at + o.delta_lf_res, d.delta_lf_res);
}

function setCdef(view: DataView, at: number, { cdef_params: c }: FrameHeader): void {
  const o = v4l2_av1_cdef.offsets;
  view.setUint8(at + o.damping_minus_3, c.cdef_damping_minus_3);
  view.setUint8(at + o.bits, c.cdef_bits);
  for (let i = 0; i < 1 << c.cdef_bits; i++) {
    view.setUint8(at + o.y_pri_strength + i, c.cdef_y_pri_strength[i] as number);
    view.setUint8(at + o.y_sec_strength + i, c.cdef_y_sec_strength[i] as number);
    view.setUint8(at + o.uv_pri_strength + i, c.cdef_uv_pri_strength[i] as number);
    view.setUint8(at + o.uv_sec_strength + i, c.cdef_uv_sec_strength[i] as number);
  }
}

/** Types are FrameRestorationType, not the coded lr_type; sizes are 0 where nothing is restored, as both peers send them. */
function setLoopRestoration(view: DataView, at: number, { lr_params: lr }: FrameHeader): void {
  if (lr === noRestoration) return; // All fields are 0.
  const o = v4l2_av1_loop_restoration.offsets;
  view.setUint8(
    at + o.flags,
    (lr.UsesLr ? V4L2_AV1_LOOP_RESTORATION_FLAG_USES_LR : 0) |
      (lr.usesChromaLr ? V4L2_AV1_LOOP_RESTORATION_FLAG_USES_CHROMA_LR : 0),
  );
  view.setUint8(at + o.lr_unit_shift, lr.lr_unit_shift);
  view.setUint8(at + o.lr_uv_shift, lr.lr_uv_shift);
  for (let i = 0; i < 3; i++) {
    view.setUint32(at + o.frame_restoration_type + 4 * i, lr.FrameRestorationType[i] as number, true);
    view.setUint32(at + o.loop_restoration_size + 4 * i, lr.LoopRestorationSize[i] as number, true);
  }
}

/** `invalid` has the bit of each warp that 7.11.3.6 cannot use. [0], INTRA_FRAME, has no parameters: 0, as both peers send it. */
function setGlobalMotion(view: DataView, at: number, { global_motion_params: gm }: FrameHeader): void {
  const o = v4l2_av1_global_motion.offsets;
  for (let i = 6; i < 48; i++) view.setInt32(at + o.params + 4 * i, gm.gm_params[i] as number, true);
  if (gm === noGlobalMotion) return;
  let invalid = 0;
  for (let ref = LAST_FRAME; ref <= ALTREF_FRAME; ref++) {
    view.setUint8(
      at + o.flags + ref,
      (gm.is_global[ref] ? V4L2_AV1_GLOBAL_MOTION_FLAG_IS_GLOBAL : 0) |
        (gm.is_rot_zoom[ref] ? V4L2_AV1_GLOBAL_MOTION_FLAG_IS_ROT_ZOOM : 0) |
        (gm.is_translation[ref] ? V4L2_AV1_GLOBAL_MOTION_FLAG_IS_TRANSLATION : 0),
    );
    const type = gm.GmType[ref] as number;
    view.setUint32(at + o.type + 4 * ref, type, true);
    if (type >= ROTZOOM && !isWarpValid(gm.gm_params, ref)) invalid |= V4L2_AV1_GLOBAL_MOTION_IS_INVALID(ref);
  }
  view.setUint8(at + o.invalid, invalid);
}

/** The elements of v4l2_ctrl_av1_tile_group_entry for so many tiles, 16 bytes each, all 0: see `setTileGroupEntry`. */
export function av1TileGroupEntries(tiles: number): Uint8Array {
  return newPayload(tiles * v4l2_ctrl_av1_tile_group_entry.size);
}

/** A tile's entry. @param offset from the start of the OUTPUT buffer, in bytes. */
export function setTileGroupEntry(
  view: DataView,
  TileNum: number,
  TileCols: number,
  offset: number,
  size: number,
): void {
  const at = TileNum * v4l2_ctrl_av1_tile_group_entry.size;
  const o = v4l2_ctrl_av1_tile_group_entry.offsets;
  view.setUint32(at + o.tile_offset, offset, true);
  view.setUint32(at + o.tile_size, size, true);
  view.setUint32(at + o.tile_row, Math.floor(TileNum / TileCols), true);
  view.setUint32(at + o.tile_col, TileNum % TileCols, true);
}

/** v4l2_ctrl_av1_film_grain: 194 bytes. The parameters are those after load_grain_params. */
export function av1FilmGrain(g: FilmGrainParams): Uint8Array {
  const { payload, view, at } = draftPayload(v4l2_ctrl_av1_film_grain.size);
  const o = v4l2_ctrl_av1_film_grain.offsets;
  view.setUint8(
    at + o.flags,
    (g.apply_grain ? V4L2_AV1_FILM_GRAIN_FLAG_APPLY_GRAIN : 0) |
      (g.update_grain ? V4L2_AV1_FILM_GRAIN_FLAG_UPDATE_GRAIN : 0) |
      (g.chroma_scaling_from_luma ? V4L2_AV1_FILM_GRAIN_FLAG_CHROMA_SCALING_FROM_LUMA : 0) |
      (g.overlap_flag ? V4L2_AV1_FILM_GRAIN_FLAG_OVERLAP : 0) |
      (g.clip_to_restricted_range ? V4L2_AV1_FILM_GRAIN_FLAG_CLIP_TO_RESTRICTED_RANGE : 0),
  );
  view.setUint8(at + o.cr_mult, g.cr_mult);
  view.setUint16(at + o.grain_seed, g.grain_seed, true);
  view.setUint8(at + o.film_grain_params_ref_idx, g.film_grain_params_ref_idx);
  view.setUint8(at + o.num_y_points, g.num_y_points);
  payload.set(g.point_y_value, o.point_y_value);
  payload.set(g.point_y_scaling, o.point_y_scaling);
  view.setUint8(at + o.num_cb_points, g.num_cb_points);
  payload.set(g.point_cb_value, o.point_cb_value);
  payload.set(g.point_cb_scaling, o.point_cb_scaling);
  view.setUint8(at + o.num_cr_points, g.num_cr_points);
  payload.set(g.point_cr_value, o.point_cr_value);
  payload.set(g.point_cr_scaling, o.point_cr_scaling);
  view.setUint8(at + o.grain_scaling_minus_8, g.grain_scaling_minus_8);
  view.setUint8(at + o.ar_coeff_lag, g.ar_coeff_lag);
  payload.set(g.ar_coeffs_y_plus_128, o.ar_coeffs_y_plus_128);
  payload.set(g.ar_coeffs_cb_plus_128, o.ar_coeffs_cb_plus_128);
  payload.set(g.ar_coeffs_cr_plus_128, o.ar_coeffs_cr_plus_128);
  view.setUint8(at + o.ar_coeff_shift_minus_6, g.ar_coeff_shift_minus_6);
  view.setUint8(at + o.grain_scale_shift, g.grain_scale_shift);
  view.setUint8(at + o.cb_mult, g.cb_mult);
  view.setUint8(at + o.cb_luma_mult, g.cb_luma_mult);
  view.setUint8(at + o.cr_luma_mult, g.cr_luma_mult);
  view.setUint16(at + o.cb_offset, g.cb_offset, true);
  view.setUint16(at + o.cr_offset, g.cr_offset, true);
  return payload;
}
