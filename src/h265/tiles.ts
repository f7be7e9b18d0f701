/** 6.5.1 CTB raster and tile scanning conversion process: the sizes of tiles. */
import type { ParameterSets, PicParameterSet, SeqParameterSet } from "./structures.ts";

/** CtbLog2SizeY (7-11). */
export function ctbLog2Size(sps: SeqParameterSet): number {
  return sps.log2_min_luma_coding_block_size_minus3 + 3 + sps.log2_diff_max_min_luma_coding_block_size;
}

/** CtbSizeY (7-12). */
function ctbSize(sps: SeqParameterSet): number {
  return 1 << ctbLog2Size(sps);
}

/** PicWidthInCtbsY (7-15). */
export function picWidthInCtbs(sps: SeqParameterSet): number {
  return Math.ceil(sps.pic_width_in_luma_samples / ctbSize(sps));
}

/** PicHeightInCtbsY (7-17). */
export function picHeightInCtbs(sps: SeqParameterSet): number {
  return Math.ceil(sps.pic_height_in_luma_samples / ctbSize(sps));
}

/** colWidth (6-3), in CTBs, all num_tile_columns_minus1 + 1 of them. */
export function columnWidths(sps: SeqParameterSet, pps: PicParameterSet): number[] {
  return tileSizes(
    picWidthInCtbs(sps),
    pps.num_tile_columns_minus1 + 1,
    pps.uniform_spacing_flag,
    pps.column_width_minus1,
  );
}

/** rowHeight (6-4), in CTBs, all num_tile_rows_minus1 + 1 of them. */
export function rowHeights(sps: SeqParameterSet, pps: PicParameterSet): number[] {
  return tileSizes(picHeightInCtbs(sps), pps.num_tile_rows_minus1 + 1, pps.uniform_spacing_flag, pps.row_height_minus1);
}

function tileSizes(total: number, count: number, isUniform: number, minus1: readonly number[]): number[] {
  const made: number[] = [];
  let left = total;
  for (let i = 0; i < count; i++) {
    const uniform = Math.floor(((i + 1) * total) / count) - Math.floor((i * total) / count);
    const coded = i === count - 1 ? left : (minus1[i] as number) + 1;
    made.push(isUniform ? uniform : coded);
    left -= made[i] as number;
  }
  return made;
}

/** CtbAddrRsToTs (6-7): the place in decoding order of the coding tree block with this raster scan address. */
export function ctbAddrRsToTs(ctbAddrRs: number, { sps, pps }: ParameterSets): number {
  if (!pps.tiles_enabled_flag) return ctbAddrRs;
  const PicWidthInCtbsY = picWidthInCtbs(sps);
  const column = tileAt(ctbAddrRs % PicWidthInCtbsY, columnWidths(sps, pps));
  const row = tileAt(Math.floor(ctbAddrRs / PicWidthInCtbsY), rowHeights(sps, pps));
  return PicWidthInCtbsY * row.start + row.size * column.start + row.inside * column.size + column.inside;
}

/**
 * The tile column or row that contains a coding tree block: where it begins, its size, and the block's distance from its
 * beginning.
 */
function tileAt(place: number, sizes: readonly number[]): { start: number; size: number; inside: number } {
  let start = 0;
  for (const size of sizes) {
    if (place < start + size) return { start, size, inside: place - start };
    start += size;
  }
  return { start, size: 0, inside: place - start };
}
