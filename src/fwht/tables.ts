/** Constants of codec-fwht.h, and what values of linux/videodev2.h are in ISO/IEC 23091-2 (H.273). */

/** The first eight bytes of a frame. They cannot occur in its data. */
export const FWHT_MAGIC1 = 0x4f4f4f4f;
export const FWHT_MAGIC2 = 0xffffffff;

/** sizeof(struct fwht_cframe_hdr). */
export const FRAME_HEADER_BYTES = 44;

/** The flags of linux/v4l2-controls.h and how many bits each has, from the most significant one on. */
export const flagBits: readonly (readonly [name: string, bits: number])[] = [
  ["unnamed_flags_31_21", 11],
  ["V4L2_FWHT_FL_PIXENC_MSK", 2],
  ["V4L2_FWHT_FL_COMPONENTS_NUM_MSK", 3],
  ["unnamed_flags_15_11", 5],
  ["V4L2_FWHT_FL_I_FRAME", 1],
  ["V4L2_FWHT_FL_ALPHA_IS_UNCOMPRESSED", 1],
  ["V4L2_FWHT_FL_CHROMA_FULL_WIDTH", 1],
  ["V4L2_FWHT_FL_CHROMA_FULL_HEIGHT", 1],
  ["V4L2_FWHT_FL_CR_IS_UNCOMPRESSED", 1],
  ["V4L2_FWHT_FL_CB_IS_UNCOMPRESSED", 1],
  ["V4L2_FWHT_FL_LUMA_IS_UNCOMPRESSED", 1],
  ["V4L2_FWHT_FL_IS_BOTTOM_FIELD", 1],
  ["V4L2_FWHT_FL_IS_ALTERNATE", 1],
  ["V4L2_FWHT_FL_IS_BOTTOM_FIRST", 1],
  ["V4L2_FWHT_FL_IS_INTERLACED", 1],
];

/** enum v4l2_colorspace, enum v4l2_quantization. */
export const V4L2_COLORSPACE_JPEG = 7;
export const V4L2_QUANTIZATION_FULL_RANGE = 1;
export const V4L2_QUANTIZATION_LIM_RANGE = 2;

/** What a value of enum v4l2_colorspace means. */
interface Colorspace {
  /** colour_primaries; 2 means unspecified. */
  readonly primaries: number;
  /** The values that 0 stands for: V4L2_MAP_XFER_FUNC_DEFAULT, V4L2_MAP_YCBCR_ENC_DEFAULT. */
  readonly xfer_func: number;
  readonly ycbcr_enc: number;
}

/** enum v4l2_colorspace. H.273 lacks the primaries of opRGB. */
export const colorspaces: Readonly<Record<number, Colorspace>> = {
  1: { primaries: 6, xfer_func: 1, ycbcr_enc: 1 }, // SMPTE170M
  2: { primaries: 7, xfer_func: 4, ycbcr_enc: 8 }, // SMPTE240M
  3: { primaries: 1, xfer_func: 1, ycbcr_enc: 2 }, // REC709
  5: { primaries: 4, xfer_func: 1, ycbcr_enc: 1 }, // 470_SYSTEM_M
  6: { primaries: 5, xfer_func: 1, ycbcr_enc: 1 }, // 470_SYSTEM_BG
  7: { primaries: 1, xfer_func: 2, ycbcr_enc: 1 }, // JPEG
  8: { primaries: 1, xfer_func: 2, ycbcr_enc: 1 }, // SRGB
  9: { primaries: 2, xfer_func: 3, ycbcr_enc: 1 }, // OPRGB
  10: { primaries: 9, xfer_func: 1, ycbcr_enc: 6 }, // BT2020
  11: { primaries: 2, xfer_func: 5, ycbcr_enc: 1 }, // RAW
  12: { primaries: 11, xfer_func: 6, ycbcr_enc: 2 }, // DCI_P3
};

/** transfer_characteristics by enum v4l2_xfer_func: 709, SRGB, OPRGB (which H.273 lacks), SMPTE240M, NONE, DCI_P3, SMPTE2084. */
export const transferCharacteristics: readonly number[] = [2, 1, 13, 2, 7, 8, 17, 16];

/** matrix_coefficients by enum v4l2_ycbcr_encoding: 601, 709, XV601, XV709, SYCC, BT2020, BT2020_CONST_LUM, SMPTE240M. */
export const matrixCoefficients: readonly number[] = [2, 6, 1, 6, 1, 6, 9, 10, 7];

/** matrix_coefficients of R, G and B, or of what else needs no matrix. */
export const IDENTITY_MATRIX = 0;
