/** Constants of clause 3 and of the semantics, and constant tables, each with its clause. */

/** Clause 3. */
export const REFS_PER_FRAME = 7;
export const TOTAL_REFS_PER_FRAME = 8;
export const NUM_REF_FRAMES = 8;
export const MAX_SEGMENTS = 8;
export const SEG_LVL_MAX = 8;
export const SEG_LVL_ALT_Q = 0;
export const SEG_LVL_REF_FRAME = 5;
export const PRIMARY_REF_NONE = 7;
export const MAX_TILE_WIDTH = 4096;
export const MAX_TILE_AREA = 4096 * 2304;
export const MAX_TILE_ROWS = 64;
export const MAX_TILE_COLS = 64;
export const MAX_LOOP_FILTER = 63;
export const RESTORATION_TILESIZE_MAX = 256;
export const SUPERRES_NUM = 8;
export const SUPERRES_DENOM_MIN = 9;
export const SUPERRES_DENOM_BITS = 3;
export const SELECT_SCREEN_CONTENT_TOOLS = 2;
export const SELECT_INTEGER_MV = 2;
export const WARPEDMODEL_PREC_BITS = 16;
export const WARP_PARAM_REDUCE_BITS = 6;
export const DIV_LUT_BITS = 8;
export const DIV_LUT_PREC_BITS = 14;
export const GM_ABS_TRANS_BITS = 12;
export const GM_ABS_TRANS_ONLY_BITS = 9;
export const GM_ABS_ALPHA_BITS = 12;
export const GM_ALPHA_PREC_BITS = 15;
export const GM_TRANS_PREC_BITS = 6;
export const GM_TRANS_ONLY_PREC_BITS = 3;

/** 6.2.2: obu_type. What cuts streams into OBUs needs the numbers, too. */
export {
  OBU_FRAME,
  OBU_FRAME_HEADER,
  OBU_METADATA,
  OBU_PADDING,
  OBU_REDUNDANT_FRAME_HEADER,
  OBU_SEQUENCE_HEADER,
  OBU_TEMPORAL_DELIMITER,
  OBU_TILE_GROUP,
  OBU_TILE_LIST,
} from "../framing/obu.ts";

/** 6.7.1: metadata_type. */
export const METADATA_TYPE_HDR_CLL = 1;
export const METADATA_TYPE_HDR_MDCV = 2;
export const METADATA_TYPE_SCALABILITY = 3;
export const METADATA_TYPE_ITUT_T35 = 4;
export const METADATA_TYPE_TIMECODE = 5;

/** 6.7.5: scalability_mode_idc. */
export const SCALABILITY_SS = 14;

/** 6.4.2: color_primaries, transfer_characteristics, matrix_coefficients, chroma_sample_position. */
export const CP_BT_709 = 1;
export const CP_UNSPECIFIED = 2;
export const TC_UNSPECIFIED = 2;
export const TC_SRGB = 13;
export const MC_IDENTITY = 0;
export const MC_UNSPECIFIED = 2;
export const CSP_UNKNOWN = 0;

/** 6.8.2: frame_type. */
export const KEY_FRAME = 0;
export const INTER_FRAME = 1;
export const INTRA_ONLY_FRAME = 2;
export const SWITCH_FRAME = 3;

/** 6.10.24: names of references. */
export const INTRA_FRAME = 0;
export const LAST_FRAME = 1;
export const LAST2_FRAME = 2;
export const LAST3_FRAME = 3;
export const GOLDEN_FRAME = 4;
export const BWDREF_FRAME = 5;
export const ALTREF2_FRAME = 6;
export const ALTREF_FRAME = 7;

/** 6.8.9: interpolation_filter. */
export const SWITCHABLE = 4;

/** 6.8.21: TxMode. */
export const ONLY_4X4 = 0;
export const TX_MODE_LARGEST = 1;
export const TX_MODE_SELECT = 2;

/** 6.10.15: FrameRestorationType. */
export const RESTORE_NONE = 0;
export const RESTORE_WIENER = 1;
export const RESTORE_SGRPROJ = 2;
export const RESTORE_SWITCHABLE = 3;

/** 6.8.17: GmType. */
export const IDENTITY = 0;
export const TRANSLATION = 1;
export const ROTZOOM = 2;
export const AFFINE = 3;

/** 5.9.14. */
export const Segmentation_Feature_Bits: readonly number[] = [8, 6, 6, 6, 6, 3, 0, 0];
export const Segmentation_Feature_Signed: readonly number[] = [1, 1, 1, 1, 1, 0, 0, 0];
export const Segmentation_Feature_Max: readonly number[] = [
  255,
  MAX_LOOP_FILTER,
  MAX_LOOP_FILTER,
  MAX_LOOP_FILTER,
  MAX_LOOP_FILTER,
  7,
  0,
  0,
];

/** 5.9.20: FrameRestorationType by lr_type. */
export const Remap_Lr_Type: readonly number[] = [RESTORE_NONE, RESTORE_SWITCHABLE, RESTORE_WIENER, RESTORE_SGRPROJ];

/** 6.8.2, setup_past_independence: loop_filter_ref_deltas and loop_filter_mode_deltas. */
export const defaultRefDeltas: readonly number[] = [1, 0, 0, 0, -1, 0, -1, -1];
export const defaultModeDeltas: readonly number[] = [0, 0];
