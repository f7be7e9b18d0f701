/** 5.9.15: how large tiles may be, and where they begin; 5.9.16: tile_log2. */
import type { FrameSize, SequenceHeader, TileInfo } from "./structures.ts";
import { MAX_TILE_AREA, MAX_TILE_COLS, MAX_TILE_ROWS, MAX_TILE_WIDTH } from "./tables.ts";

/** 5.9.16: the smallest k for which blkSize << k is at least target. */
export function tileLog2(blkSize: number, target: number): number {
  let k = 0;
  while (blkSize * (1 << k) < target) k++;
  return k;
}

/** The limits of 5.9.15, in superblocks and as logarithms of tile counts. */
export interface TileLimits {
  readonly sbCols: number;
  readonly sbRows: number;
  /** The logarithm of a superblock's size in units of 4x4 samples. */
  readonly sbShift: number;
  readonly maxTileWidthSb: number;
  readonly minLog2TileCols: number;
  readonly maxLog2TileCols: number;
  readonly maxLog2TileRows: number;
  readonly minLog2Tiles: number;
}

/** The limits for a frame of this size. */
export function tileLimits({ use_128x128_superblock }: SequenceHeader, { MiCols, MiRows }: FrameSize): TileLimits {
  const sbShift = use_128x128_superblock ? 5 : 4;
  const sbSize = sbShift + 2;
  const round = (1 << sbShift) - 1;
  const sbCols = (MiCols + round) >> sbShift;
  const sbRows = (MiRows + round) >> sbShift;
  const maxTileWidthSb = MAX_TILE_WIDTH >> sbSize;
  const maxTileAreaSb = MAX_TILE_AREA >> (2 * sbSize);
  const minLog2TileCols = tileLog2(maxTileWidthSb, sbCols);
  return {
    sbCols,
    sbRows,
    sbShift,
    maxTileWidthSb,
    minLog2TileCols,
    maxLog2TileCols: tileLog2(1, Math.min(sbCols, MAX_TILE_COLS)),
    maxLog2TileRows: tileLog2(1, Math.min(sbRows, MAX_TILE_ROWS)),
    minLog2Tiles: Math.max(minLog2TileCols, tileLog2(maxTileAreaSb, sbRows * sbCols)),
  };
}

/** Where tiles of equal size begin; the last one may be smaller. @param sbs superblocks in this direction. */
export function uniformStarts(sbs: number, tilesLog2: number): number[] {
  const tileSb = (sbs + (1 << tilesLog2) - 1) >> tilesLog2;
  const count = Math.ceil(sbs / tileSb);
  const starts = new Array<number>(count + 1);
  for (let i = 0; i < count; i++) starts[i] = i * tileSb;
  starts[count] = sbs;
  return starts;
}

/** MiColStarts and MiRowStarts: the starts in units of 4x4 samples, with MiCols and MiRows as the last ones. */
export function setMiStarts(tile: TileInfo, { MiCols, MiRows }: FrameSize, sbShift: number): void {
  tile.TileCols = tile.colStartsSb.length - 1;
  tile.TileRows = tile.rowStartsSb.length - 1;
  tile.MiColStarts = miStarts(tile.colStartsSb, sbShift, MiCols);
  tile.MiRowStarts = miStarts(tile.rowStartsSb, sbShift, MiRows);
}

function miStarts(startsSb: readonly number[], sbShift: number, end: number): number[] {
  const starts = startsSb.map((startSb) => startSb << sbShift);
  starts[starts.length - 1] = end;
  return starts;
}
