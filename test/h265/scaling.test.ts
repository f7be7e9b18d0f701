import { describe, expect, it } from "vitest";
import { scalingMatrix } from "../../src/h265/scaling.ts";
import { PicParameterSet, ScalingListData, SeqParameterSet } from "../../src/h265/structures.ts";

/** Lists as they are coded: all predicted from nothing, that is defaults, but for those that `change` alters. */
function data(change: (lists: ScalingListData) => void = () => {}): ScalingListData {
  const lists = new ScalingListData();
  for (let sizeId = 0; sizeId < 4; sizeId++) {
    for (let matrixId = 0; matrixId < 6; matrixId += sizeId === 3 ? 3 : 1) {
      lists.scaling_list_pred_mode_flag[sizeId]![matrixId] = 0;
      lists.scaling_list_pred_matrix_id_delta[sizeId]![matrixId] = 0;
      lists.ScalingList[sizeId]![matrixId] = null;
    }
  }
  change(lists);
  return lists;
}

function matrix(sps: Partial<SeqParameterSet>, pps: Partial<PicParameterSet> = {}) {
  const sets = { sps: Object.assign(new SeqParameterSet(), sps), pps: Object.assign(new PicParameterSet(), pps) };
  return scalingMatrix(sets);
}

const ramp = (length: number, from = 1) => Uint8Array.from({ length }, (_, i) => from + i);

describe("scalingMatrix (7.3.4, 7.4.5)", () => {
  it("gives 16 everywhere where scaling_list_enabled_flag is 0 (8.6.4.2)", () => {
    const flat = matrix({ scaling_list_enabled_flag: 0 });
    const all = [...flat.scaling_list_4x4, ...flat.scaling_list_8x8, ...flat.scaling_list_16x16];
    for (const list of [...all, ...flat.scaling_list_32x32]) expect(new Set(list)).toEqual(new Set([16]));
  });

  it("gives Tables 7-5 and 7-6 without scaling_list_data()", () => {
    const result = matrix({ scaling_list_enabled_flag: 1 });
    expect(result.scaling_list_4x4.map((list) => [...list])).toEqual(new Array(6).fill(new Array(16).fill(16)));
    for (const lists of [result.scaling_list_8x8, result.scaling_list_16x16]) {
      expect(lists.map((list) => list[63])).toEqual([115, 115, 115, 91, 91, 91]);
    }
    expect(result.scaling_list_32x32.map((list) => list[63])).toEqual([115, 91]);
    // Symmetrical; the last row of the intra table, by hand.
    expect([...result.scaling_list_8x8[0]!.slice(56)]).toEqual([24, 25, 29, 36, 47, 65, 88, 115]);
    expect([...result.scaling_list_dc_coef_16x16]).toEqual([16, 16, 16, 16, 16, 16]);
    expect([...result.scaling_list_dc_coef_32x32]).toEqual([16, 16]);
  });

  it("puts coded lists from the up-right diagonal scan into raster order (6.5.3)", () => {
    const result = matrix({
      scaling_list_enabled_flag: 1,
      scaling_list_data: data(({ ScalingList }) => {
        ScalingList[0]![4] = ramp(16);
        ScalingList[1]![5] = ramp(64);
      }),
    });
    expect([...result.scaling_list_4x4[4]!]).toEqual([1, 3, 6, 10, 2, 5, 9, 13, 4, 8, 12, 15, 7, 11, 14, 16]);
    expect([...result.scaling_list_8x8[5]!.slice(0, 8)]).toEqual([1, 3, 6, 10, 15, 21, 28, 36]);
    expect([...result.scaling_list_8x8[5]!.slice(8, 16)]).toEqual([2, 5, 9, 14, 20, 27, 35, 43]);
    expect([...result.scaling_list_8x8[5]!.slice(56)]).toEqual([29, 37, 44, 50, 55, 59, 62, 64]);
  });

  it("predicts lists and DC values from the list that scaling_list_pred_matrix_id_delta names (7-42)", () => {
    const result = matrix({
      scaling_list_enabled_flag: 1,
      scaling_list_data: data((lists) => {
        lists.ScalingList[2]![1] = ramp(64, 7);
        lists.scaling_list_dc_coef_minus8[0]![1] = 247;
        lists.scaling_list_pred_matrix_id_delta[2]![2] = 1;
        lists.scaling_list_pred_matrix_id_delta[2]![5] = 3;
        lists.ScalingList[3]![0] = ramp(64, 9);
        lists.scaling_list_dc_coef_minus8[1]![0] = -7;
        lists.scaling_list_pred_matrix_id_delta[3]![3] = 1;
      }),
    });
    expect(result.scaling_list_16x16.map((list) => list[0])).toEqual([16, 7, 7, 16, 16, 7]);
    expect([...result.scaling_list_dc_coef_16x16]).toEqual([16, 255, 255, 16, 16, 255]);
    expect(result.scaling_list_32x32.map((list) => list[63])).toEqual([72, 72]);
    expect([...result.scaling_list_dc_coef_32x32]).toEqual([1, 1]);
    expect(result.scaling_list_16x16[4]![63]).toBe(91);
  });

  it("takes the PPS's lists before the SPS's", () => {
    const inSps = data(({ ScalingList }) => {
      ScalingList[0]![0] = ramp(16, 100);
    });
    const inPps = data(({ ScalingList }) => {
      ScalingList[0]![0] = ramp(16, 200);
    });
    const sps = { scaling_list_enabled_flag: 1, scaling_list_data: inSps };
    expect(matrix(sps).scaling_list_4x4[0]![0]).toBe(100);
    expect(matrix(sps, { scaling_list_data: inPps }).scaling_list_4x4[0]![0]).toBe(200);
  });
});
