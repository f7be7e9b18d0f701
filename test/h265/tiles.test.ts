import { describe, expect, it } from "vitest";
import { PicParameterSet, SeqParameterSet } from "../../src/h265/structures.ts";
import { columnWidths, ctbAddrRsToTs, rowHeights } from "../../src/h265/tiles.ts";

/** 5x3 coding tree blocks of 16x16. */
const sps = Object.assign(new SeqParameterSet(), {
  pic_width_in_luma_samples: 78,
  pic_height_in_luma_samples: 48,
  log2_diff_max_min_luma_coding_block_size: 1,
});
const tiled = (pps: Partial<PicParameterSet>) =>
  Object.assign(new PicParameterSet(), { tiles_enabled_flag: 1, ...pps });

describe("tiles (6.5.1)", () => {
  const coded = tiled({
    num_tile_columns_minus1: 1,
    num_tile_rows_minus1: 1,
    uniform_spacing_flag: 0,
    column_width_minus1: [1],
    row_height_minus1: [0],
  });
  const uniform = tiled({ num_tile_columns_minus1: 2, num_tile_rows_minus1: 1 });

  it("have coded sizes, the last what is left, or uniform ones (6-3), (6-4)", () => {
    expect([columnWidths(sps, coded), rowHeights(sps, coded)]).toEqual([
      [2, 3],
      [1, 2],
    ]);
    expect([columnWidths(sps, uniform), rowHeights(sps, uniform)]).toEqual([
      [1, 2, 2],
      [1, 2],
    ]);
  });

  it("are decoded one after the other, each in raster scan: CtbAddrRsToTs (6-7)", () => {
    const inTurn = [...[0, 1], ...[2, 3, 4], ...[5, 6, 10, 11], ...[7, 8, 9, 12, 13, 14]];
    const places = inTurn.map((address) => ctbAddrRsToTs(address, { sps, pps: coded }));
    expect(places).toEqual(Array.from({ length: 15 }, (_, i) => i));
    expect(ctbAddrRsToTs(10, { sps, pps: new PicParameterSet() })).toBe(10);
  });
});
