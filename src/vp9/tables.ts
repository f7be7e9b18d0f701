/** Constants of clause 3 and of the semantics, and constant tables, each with its clause. */

/** Clause 3. */
export const REFS_PER_FRAME = 3;
export const NUM_REF_FRAMES = 8;
export const MAX_SEGMENTS = 8;
export const SEG_LVL_MAX = 4;

/** 7.4.12: ref_frame. */
export const LAST_FRAME = 1;

/** 7.2: frame_type. */
export const KEY_FRAME = 0;
export const NON_KEY_FRAME = 1;

/** 7.2.2: color_space. */
export const CS_BT_601 = 1;
export const CS_RGB = 7;

/** 7.2.7: interpolation_filter. */
export const EIGHTTAP_SMOOTH = 0;
export const EIGHTTAP = 1;
export const EIGHTTAP_SHARP = 2;
export const BILINEAR = 3;
export const SWITCHABLE = 4;

/** 7.3.1: tx_mode. */
export const ONLY_4X4 = 0;
export const ALLOW_32X32 = 3;
export const TX_MODE_SELECT = 4;

/** 7.3.6: reference_mode. */
export const SINGLE_REFERENCE = 0;
export const COMPOUND_REFERENCE = 1;
export const REFERENCE_MODE_SELECT = 2;

/** 6.2.7: literal_to_type, from raw_interpolation_filter. */
export const literal_to_type: readonly number[] = [EIGHTTAP_SMOOTH, EIGHTTAP, EIGHTTAP_SHARP, BILINEAR];

/** 6.2.11: bits of a segment feature's value, and whether a sign follows. */
export const segmentation_feature_bits: readonly number[] = [8, 6, 2, 0];
export const segmentation_feature_signed: readonly number[] = [1, 1, 0, 0];

/** 6.3.2: the largest transform size, by tx_mode. */
export const tx_mode_to_biggest_tx_size: readonly number[] = [0, 1, 2, 3, 3];

/** 6.3.5, inv_map_table: 7, 20, 33 … 254, then all others from 1 to 253 in ascending order, 253 twice. */
export const inv_map_table: readonly number[] = /* @__PURE__ */ invMapTable();

function invMapTable(): number[] {
  const table = Array.from({ length: 20 }, (_, i) => 7 + 13 * i);
  for (let delta = 1; delta <= 253; delta++) if (delta % 13 !== 7) table.push(delta);
  return [...table, 253];
}

/** 7.2: the loop filter deltas that setup_past_independence sets. */
export const defaultRefDeltas: readonly number[] = [1, 0, -1, -1];
export const defaultModeDeltas: readonly number[] = [0, 0];

/** Annex B. */
export const SUPERFRAME_MARKER = 0b110;
