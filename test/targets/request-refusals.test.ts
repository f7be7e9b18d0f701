import { describe, expect, it } from "vitest";
import { targetByName, targetRefusals } from "../../src/targets/index.ts";
import {
  v4l2_ctrl_av1_frame,
  v4l2_ctrl_av1_tile_group_entry,
  v4l2_ctrl_hevc_slice_params,
  viewOf,
} from "../../src/uapi/index.ts";

const prefix = "V4L2_CID_STATELESS_";

function av1Refusals(
  target: string,
  [columns, rows]: readonly [number, number],
  places: readonly (readonly number[])[],
) {
  const frame = new Uint8Array(v4l2_ctrl_av1_frame.size);
  const { offsets } = v4l2_ctrl_av1_frame.members.tile_info;
  frame[v4l2_ctrl_av1_frame.offsets.tile_info + offsets.tile_cols] = columns;
  frame[v4l2_ctrl_av1_frame.offsets.tile_info + offsets.tile_rows] = rows;
  const { size, offsets: entry } = v4l2_ctrl_av1_tile_group_entry;
  const entries = new Uint8Array(size * places.length);
  for (const [i, [column, row]] of places.entries()) {
    entries[i * size + entry.tile_col] = column!;
    entries[i * size + entry.tile_row] = row!;
  }
  const controls = new Map([
    [`${prefix}AV1_FRAME`, frame],
    [`${prefix}AV1_TILE_GROUP_ENTRY`, entries],
  ]);
  return targetRefusals(targetByName(target)!, "av1", controls).map(({ path, value, reason }) => [path, value, reason]);
}

describe("the tile group entries of an AV1 frame", () => {
  const raster = [0, 1, 2, 3, 4, 5].map((i) => [i % 3, Math.floor(i / 3)]);

  it("are one for each tile, in raster order, for mediatek", () => {
    const refused = (places: number[][]) => av1Refusals("mediatek", [3, 2], places);
    expect(refused(raster)).toEqual([]);
    expect(refused(raster.slice(1))).toEqual([["", 5, "mediatek takes one for each tile: 6"]]);
    expect(refused([...raster, [0, 2]])).toEqual([["", 7, "mediatek takes one for each tile: 6"]]);
    const columnsFirst = [0, 1, 2, 3, 4, 5].map((i) => [Math.floor(i / 2), i % 2]);
    expect(refused(columnsFirst)).toEqual([
      ["[1].tile_row", 1, "tile 0, 1 is entry 1: mediatek takes the tiles in raster order"],
    ]);
  });

  it("are so many at least for the VPU981, which does not read their places", () => {
    const refused = (places: number[][]) => av1Refusals("rk3588-av1", [3, 2], places);
    expect(refused([...raster].reverse())).toEqual([]);
    expect(refused([...raster, [0, 2]])).toEqual([]);
    expect(refused(raster.slice(1))).toEqual([["", 5, "rk3588-av1 takes one for each tile at least: 6"]]);
  });

  it("may be any for visl", () => {
    expect(av1Refusals("visl", [3, 2], raster.slice(1))).toEqual([]);
  });
});

describe("a slice of HEVC on cedrus", () => {
  function refused(entryPoints: number, dataByteOffset: number, points: number, target = "cedrus") {
    const slice = new Uint8Array(v4l2_ctrl_hevc_slice_params.size);
    viewOf(slice).setUint32(v4l2_ctrl_hevc_slice_params.offsets.num_entry_point_offsets, entryPoints, true);
    viewOf(slice).setUint32(v4l2_ctrl_hevc_slice_params.offsets.data_byte_offset, dataByteOffset, true);
    const controls = new Map([
      [`${prefix}HEVC_SLICE_PARAMS`, slice],
      [`${prefix}HEVC_ENTRY_POINT_OFFSETS`, new Uint8Array(4 * points)],
    ]);
    return targetRefusals(targetByName(target)!, "h265", controls).map(({ path, value, reason }) => [
      path,
      value,
      reason,
    ]);
  }

  it("has as many entry points as ENTRY_POINT_OFFSETS has elements, or none", () => {
    expect(refused(3, 7, 3)).toEqual([]);
    expect(refused(0, 7, 3)).toEqual([]);
    const reason = "cedrus takes 0, or the number of ENTRY_POINT_OFFSETS, which is 2";
    expect(refused(3, 7, 2)).toEqual([["[0].num_entry_point_offsets", 3, reason]]);
    expect(refused(3, 7, 2, "visl")).toEqual([]);
  });

  it("has a data_byte_offset", () => {
    expect(refused(0, 1, 1)).toEqual([]);
    expect(refused(0, 0, 1)).toEqual([["[0].data_byte_offset", 0, "cedrus finds the end of the slice header by it"]]);
  });
});
