/** Constant tables of ISO/IEC 13818-2:2013. */

/** Table 6-2: the values of extension_start_code_identifier whose loss is noticed. */
export const SEQUENCE_EXTENSION_ID = 1;
export const QUANT_MATRIX_EXTENSION_ID = 3;

/** Table 6-12: picture_coding_type. D pictures, 4, exist in MPEG-1 only. */
export const I_PICTURE = 1;
export const P_PICTURE = 2;
export const B_PICTURE = 3;

/** Table 6-14: picture_structure. */
export const TOP_FIELD = 1;
export const BOTTOM_FIELD = 2;
export const FRAME_PICTURE = 3;

/** 6.3.11: the default matrix of intra blocks, in zig-zag order (7.3.1, scan 0), as it would be coded. */
// biome-ignore format: rows of eight
export const defaultIntraQuantiserMatrix: readonly number[] = [
  8, 16, 16, 19, 16, 19, 22, 22,
  22, 22, 22, 22, 26, 24, 26, 27,
  27, 27, 26, 26, 26, 26, 27, 27,
  27, 29, 29, 29, 34, 34, 34, 29,
  29, 29, 27, 27, 29, 29, 32, 32,
  34, 34, 37, 38, 37, 35, 35, 34,
  35, 38, 38, 40, 40, 40, 48, 48,
  46, 46, 56, 56, 58, 69, 69, 83,
];

/** 6.3.11: every value of the default matrix of non-intra blocks. */
export const defaultNonIntraQuantiser = 16;
