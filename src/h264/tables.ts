/** Constant tables of ITU-T H.264 (08/2021). */

/** 7.3.2.1.1: the profile_idc values with which chroma_format_idc and what follows it are present. */
export const profilesWithChromaFormat: ReadonlySet<number> = /* @__PURE__ */ new Set([
  100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135,
]);

/** E.2.1: the profiles for which max_dec_frame_buffering is inferred to be 0 where constraint_set3_flag is 1. */
export const intraProfiles: ReadonlySet<number> = /* @__PURE__ */ new Set([44, 86, 100, 110, 122, 244]);

/** Table A-1, MaxDpbMbs by level_idc; 9 is level 1b. */
export const MaxDpbMbs: ReadonlyMap<number, number> = /* @__PURE__ */ new Map([
  [9, 396],
  [10, 396],
  [11, 900],
  [12, 2376],
  [13, 2376],
  [20, 2376],
  [21, 4752],
  [22, 8100],
  [30, 8100],
  [31, 18000],
  [32, 20480],
  [40, 32768],
  [41, 32768],
  [42, 34816],
  [50, 110400],
  [51, 184320],
  [52, 184320],
  [60, 696320],
  [61, 696320],
  [62, 696320],
]);

/** Table D-1, NumClockTS by pic_struct. */
export const NumClockTS: readonly number[] = [1, 1, 1, 2, 2, 3, 3, 2, 3];

/** 8.5.6, Table 8-2: the raster position, 4 * row + column, of each index of the 4x4 zig-zag scan. */
// biome-ignore format: rows of four
export const zigzag4x4: readonly number[] = [
  0, 1, 4, 8,
  5, 2, 3, 6,
  9, 12, 13, 10,
  7, 11, 14, 15,
];

/** 8.5.7, Table 8-3: the raster position, 8 * row + column, of each index of the 8x8 zig-zag scan. */
// biome-ignore format: rows of eight
export const zigzag8x8: readonly number[] = [
  0, 1, 8, 16, 9, 2, 3, 10,
  17, 24, 32, 25, 18, 11, 4, 5,
  12, 19, 26, 33, 40, 48, 41, 34,
  27, 20, 13, 6, 7, 14, 21, 28,
  35, 42, 49, 56, 57, 50, 43, 36,
  29, 22, 15, 23, 30, 37, 44, 51,
  58, 59, 52, 45, 38, 31, 39, 46,
  53, 60, 61, 54, 47, 55, 62, 63,
];

/** Table 7-3, Default_4x4_Intra, by idx. */
// biome-ignore format: the table's rows
export const Default_4x4_Intra: readonly number[] = [
  6, 13, 13, 20, 20, 20, 28, 28, 28, 28, 32, 32, 32, 37, 37, 42,
];

/** Table 7-3, Default_4x4_Inter, by idx. */
// biome-ignore format: the table's rows
export const Default_4x4_Inter: readonly number[] = [
  10, 14, 14, 20, 20, 20, 24, 24, 24, 24, 27, 27, 27, 30, 30, 34,
];

/** Table 7-4, Default_8x8_Intra, by idx. */
// biome-ignore format: the table's rows
export const Default_8x8_Intra: readonly number[] = [
  6, 10, 10, 13, 11, 13, 16, 16, 16, 16, 18, 18, 18, 18, 18, 23,
  23, 23, 23, 23, 23, 25, 25, 25, 25, 25, 25, 25, 27, 27, 27, 27,
  27, 27, 27, 27, 29, 29, 29, 29, 29, 29, 29, 31, 31, 31, 31, 31,
  31, 33, 33, 33, 33, 33, 36, 36, 36, 36, 38, 38, 38, 40, 40, 42,
];

/** Table 7-4, Default_8x8_Inter, by idx. */
// biome-ignore format: the table's rows
export const Default_8x8_Inter: readonly number[] = [
  9, 13, 13, 15, 13, 15, 17, 17, 17, 17, 19, 19, 19, 19, 19, 21,
  21, 21, 21, 21, 21, 22, 22, 22, 22, 22, 22, 22, 24, 24, 24, 24,
  24, 24, 24, 24, 25, 25, 25, 25, 25, 25, 25, 27, 27, 27, 27, 27,
  27, 28, 28, 28, 28, 28, 30, 30, 30, 30, 32, 32, 32, 33, 33, 35,
];
