/** Constant tables of ITU-T H.265 (08/2021). */

/** 6.5.3: the raster position, 4 * row + column, of each index of the 4x4 up-right diagonal scan. */
// biome-ignore format: rows of four
export const diagonal4x4: readonly number[] = [
  0, 4, 1, 8,
  5, 2, 12, 9,
  6, 3, 13, 10,
  7, 14, 11, 15,
];

/** 6.5.3: the raster position, 8 * row + column, of each index of the 8x8 up-right diagonal scan. */
// biome-ignore format: rows of eight
export const diagonal8x8: readonly number[] = [
  0, 8, 1, 16, 9, 2, 24, 17,
  10, 3, 32, 25, 18, 11, 4, 40,
  33, 26, 19, 12, 5, 48, 41, 34,
  27, 20, 13, 6, 56, 49, 42, 35,
  28, 21, 14, 7, 57, 50, 43, 36,
  29, 22, 15, 58, 51, 44, 37, 30,
  23, 59, 52, 45, 38, 31, 60, 53,
  46, 39, 61, 54, 47, 62, 55, 63,
];

/** Table 7-6 for matrixId 0 to 2, intra: sizeId 1 to 3, by i. */
// biome-ignore format: the table's rows
export const Default_8x8_Intra: readonly number[] = [
  16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 17, 16, 17, 16, 17, 18,
  17, 18, 18, 17, 18, 21, 19, 20, 21, 20, 19, 21, 24, 22, 22, 24,
  24, 22, 22, 24, 25, 25, 27, 30, 27, 25, 25, 29, 31, 35, 35, 31,
  29, 36, 41, 44, 41, 36, 47, 54, 54, 47, 65, 70, 65, 88, 88, 115,
];

/** Table 7-6 for matrixId 3 to 5, inter: sizeId 1 to 3, by i. */
// biome-ignore format: the table's rows
export const Default_8x8_Inter: readonly number[] = [
  16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 17, 17, 17, 17, 17, 18,
  18, 18, 18, 18, 18, 20, 20, 20, 20, 20, 20, 20, 24, 24, 24, 24,
  24, 24, 24, 24, 25, 25, 25, 25, 25, 25, 25, 28, 28, 28, 28, 28,
  28, 33, 33, 33, 33, 33, 41, 41, 41, 41, 54, 54, 54, 71, 71, 91,
];
