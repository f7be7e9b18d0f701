/** What the V4L2 core does to the AV1 controls: validate_av1_* of drivers/media/v4l2-core/v4l2-ctrls-core.c, Linux 7.2. */

import {
  V4L2_AV1_FILM_GRAIN_FLAG_APPLY_GRAIN,
  V4L2_AV1_MAX_SEGMENTS,
  V4L2_AV1_MAX_TILE_COLS,
  V4L2_AV1_MAX_TILE_COUNT,
  V4L2_AV1_MAX_TILE_ROWS,
  V4L2_AV1_SEQUENCE_FLAG_MONO_CHROME,
  V4L2_AV1_SEQUENCE_FLAG_SEPARATE_UV_DELTA_Q,
  V4L2_AV1_SEQUENCE_FLAG_SUBSAMPLING_X,
  V4L2_AV1_SEQUENCE_FLAG_SUBSAMPLING_Y,
  v4l2_ctrl_av1_film_grain,
  v4l2_ctrl_av1_frame,
  v4l2_ctrl_av1_sequence,
  v4l2_ctrl_av1_tile_group_entry,
} from "../uapi/av1.ts";
import { type Checks, type KernelRules, kernelRule, nothing } from "./rules.ts";

function checkSequence(checks: Checks): void {
  checks.namedBits("flags");
  checks.range("seq_profile", 0, 2);
  const flags = checks.get("flags");
  const x = (flags & V4L2_AV1_SEQUENCE_FLAG_SUBSAMPLING_X) !== 0;
  const y = (flags & V4L2_AV1_SEQUENCE_FLAG_SUBSAMPLING_Y) !== 0;
  const profile = checks.get("seq_profile");
  if (flags & V4L2_AV1_SEQUENCE_FLAG_MONO_CHROME) {
    // The bit depth is not looked at.
    if (profile === 1) checks.refuse("seq_profile", "profile 1 with MONO_CHROME");
    if (!x || !y) checks.refuse("flags", "MONO_CHROME without both SUBSAMPLING flags");
    if (flags & V4L2_AV1_SEQUENCE_FLAG_SEPARATE_UV_DELTA_Q) {
      checks.refuse("flags", "SEPARATE_UV_DELTA_Q with MONO_CHROME");
    }
    return;
  }
  if (profile <= 2) checkFormat(checks, profile, x, y);
}

function checkFormat(checks: Checks, profile: number, x: boolean, y: boolean): void {
  checks.oneOf("bit_depth", profile === 2 ? [8, 10, 12] : [8, 10], ` with profile ${profile}`);
  if (profile === 0 && !(x && y)) checks.refuse("flags", "not 4:2:0 with profile 0");
  if (profile === 1 && (x || y)) checks.refuse("flags", "not 4:4:4 with profile 1");
  if (profile !== 2) return;
  const bitDepth = checks.get("bit_depth");
  if ((bitDepth === 8 || bitDepth === 10) && !(x && !y)) {
    checks.refuse("flags", `not 4:2:2 with profile 2 and ${bitDepth} bits`);
  }
  if (bitDepth === 12 && !x && y) checks.refuse("flags", "4:4:0");
}

function checkFrame(checks: Checks): void {
  checkTileInfo(checks);
  checkQuantization(checks);
  checkSegmentation(checks);
  checkLoopFilter(checks);
  checkCdef(checks);
  checks.range("loop_restoration.lr_unit_shift", 0, 3);
  checks.range("loop_restoration.lr_uv_shift", 0, 1);
  checks.namedBits("flags");
  checks.range("superres_denom", 0, 16);
}

function checkTileInfo(checks: Checks): void {
  checks.range("tile_info.tile_cols", 0, V4L2_AV1_MAX_TILE_COLS);
  checks.range("tile_info.tile_rows", 0, V4L2_AV1_MAX_TILE_ROWS);
  const tiles = checks.get("tile_info.tile_cols") * checks.get("tile_info.tile_rows");
  if (tiles > V4L2_AV1_MAX_TILE_COUNT) {
    checks.refuse("tile_info.tile_rows", `more than ${V4L2_AV1_MAX_TILE_COUNT} tiles: ${tiles}`);
  }
}

function checkQuantization(checks: Checks): void {
  checks.namedBits("quantization.flags");
  for (const delta of ["y_dc", "u_dc", "u_ac", "v_dc", "v_ac"]) checks.range(`quantization.delta_q_${delta}`, -64, 63);
  checks.range("quantization.delta_q_res", 0, 3);
  for (const plane of ["y", "u", "v"]) checks.range(`quantization.qm_${plane}`, 0, 15);
}

/** The range of `feature_data`, by V4L2_AV1_SEG_LVL_*. The kernel checks disabled features, too. */
const featureRanges: readonly (readonly [number, number])[] = [
  [-255, 255],
  [-63, 63],
  [-63, 63],
  [-63, 63],
  [-63, 63],
  [0, 7],
  [0, 0],
  [0, 0],
];

function checkSegmentation(checks: Checks): void {
  checks.namedBits("segmentation.flags");
  for (let i = 0; i < V4L2_AV1_MAX_SEGMENTS; i++) {
    for (const [j, [min, max]] of featureRanges.entries()) {
      checks.range(`segmentation.feature_data[${i}][${j}]`, min, max);
    }
  }
}

function checkLoopFilter(checks: Checks): void {
  checks.namedBits("loop_filter.flags");
  for (let i = 0; i < 4; i++) checks.range(`loop_filter.level[${i}]`, 0, 63);
  checks.range("loop_filter.sharpness", 0, 7);
  for (let i = 0; i < 8; i++) checks.range(`loop_filter.ref_deltas[${i}]`, -64, 63);
  for (let i = 0; i < 2; i++) checks.range(`loop_filter.mode_deltas[${i}]`, -64, 63);
}

/** Only the strengths that `bits` counts are checked. */
function checkCdef(checks: Checks): void {
  checks.range("cdef.damping_minus_3", 0, 3);
  checks.range("cdef.bits", 0, 3);
  if (checks.get("cdef.bits") > 3) return;
  for (let i = 0; i < 1 << checks.get("cdef.bits"); i++) {
    for (const plane of ["y", "uv"]) {
      checks.range(`cdef.${plane}_pri_strength[${i}]`, 0, 15);
      checks.range(`cdef.${plane}_sec_strength[${i}]`, 0, 4);
    }
  }
}

function checkFilmGrain(checks: Checks): void {
  checks.namedBits("flags");
  checks.range("film_grain_params_ref_idx", 0, 7);
  checks.range("num_y_points", 0, 14);
  checks.range("num_cb_points", 0, 10);
  checks.range("num_cr_points", 0, 15);
  checks.range("grain_scaling_minus_8", 0, 3);
  checks.range("ar_coeff_lag", 0, 3);
  checks.range("ar_coeff_shift_minus_6", 0, 3);
  checks.range("grain_scale_shift", 0, 3);
  if ((checks.get("flags") & V4L2_AV1_FILM_GRAIN_FLAG_APPLY_GRAIN) === 0) return;
  for (const plane of ["y", "cb", "cr"]) {
    const points = Math.min(16, checks.get(`num_${plane}_points`));
    for (let i = 1; i < points; i++) {
      const [before, value] = [i - 1, i].map((at) => checks.get(`point_${plane}_value[${at}]`)) as [number, number];
      if (value <= before) checks.refuse(`point_${plane}_value[${i}]`, `not more than the point before it, ${before}`);
    }
  }
}

/** The rules of the AV1 controls by name. The kernel rewrites nothing in them, and checks nothing in the tiles' entries. */
export const av1KernelRules = {
  V4L2_CID_STATELESS_AV1_SEQUENCE: /* @__PURE__ */ kernelRule(v4l2_ctrl_av1_sequence, nothing, checkSequence),
  V4L2_CID_STATELESS_AV1_TILE_GROUP_ENTRY: /* @__PURE__ */ kernelRule(v4l2_ctrl_av1_tile_group_entry, nothing, nothing),
  V4L2_CID_STATELESS_AV1_FRAME: /* @__PURE__ */ kernelRule(v4l2_ctrl_av1_frame, nothing, checkFrame),
  V4L2_CID_STATELESS_AV1_FILM_GRAIN: /* @__PURE__ */ kernelRule(v4l2_ctrl_av1_film_grain, nothing, checkFilmGrain),
} as const satisfies KernelRules;
