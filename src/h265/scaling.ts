/** 7.3.4, 7.4.5: the scaling lists in effect for a picture. */
import type { ParameterSets, ScalingListData } from "./structures.ts";
import { Default_8x8_Inter, Default_8x8_Intra, diagonal4x4, diagonal8x8 } from "./tables.ts";

/**
 * The lists and DC values in the order and shape of v4l2_ctrl_hevc_scaling_matrix: by matrixId (Table 7-4), the 32x32 ones for
 * matrixId 0 and 3. Each list is in raster order, as the kernel's documentation demands. With chroma_format_idc 3 the decoder
 * derives the 32x32 factors of chroma from the 16x16 lists (7-48).
 */
export interface ScalingMatrix {
  /** Six lists of 16. */
  readonly scaling_list_4x4: readonly Uint8Array[];
  /** Six lists of 64. */
  readonly scaling_list_8x8: readonly Uint8Array[];
  readonly scaling_list_16x16: readonly Uint8Array[];
  /** Two lists of 64: intra and inter. */
  readonly scaling_list_32x32: readonly Uint8Array[];
  /** scaling_list_dc_coef_minus8 + 8, six values. */
  readonly scaling_list_dc_coef_16x16: Uint8Array;
  /** Two values. */
  readonly scaling_list_dc_coef_32x32: Uint8Array;
}

/** One list in coded order, with its DC value, which is not used for sizeId 0 and 1. */
interface ScalingList {
  readonly list: ArrayLike<number>;
  readonly dc: number;
}

/** The lists of a picture. All factors are 16 where scaling_list_enabled_flag is 0 (8.6.4.2). */
export function scalingMatrix({ sps, pps }: ParameterSets): ScalingMatrix {
  const data = pps.scaling_list_data ?? sps.scaling_list_data;
  const listsOf = (sizeId: number): ScalingList[] => {
    if (!sps.scaling_list_enabled_flag) return [0, 1, 2, 3, 4, 5].map(() => flatList(sizeId));
    return data === null
      ? [0, 1, 2, 3, 4, 5].map((matrixId) => defaultList(sizeId, matrixId))
      : codedLists(data, sizeId);
  };
  const raster = ({ list }: ScalingList) => inRaster(list);
  const dcs = (lists: readonly ScalingList[]) => Uint8Array.from(lists, ({ dc }) => dc);
  const lists16x16 = listsOf(2);
  const lists32x32 = listsOf(3).filter((_, matrixId) => matrixId % 3 === 0);
  return {
    scaling_list_4x4: listsOf(0).map(raster),
    scaling_list_8x8: listsOf(1).map(raster),
    scaling_list_16x16: lists16x16.map(raster),
    scaling_list_32x32: lists32x32.map(raster),
    scaling_list_dc_coef_16x16: dcs(lists16x16),
    scaling_list_dc_coef_32x32: dcs(lists32x32),
  };
}

function flatList(sizeId: number): ScalingList {
  return { list: new Uint8Array(sizeId === 0 ? 16 : 64).fill(16), dc: 16 };
}

/** Tables 7-5 and 7-6; the DC value of a default list is 16. */
function defaultList(sizeId: number, matrixId: number): ScalingList {
  if (sizeId === 0) return flatList(sizeId);
  return { list: matrixId < 3 ? Default_8x8_Intra : Default_8x8_Inter, dc: 16 };
}

/** 7.4.5: the lists of one sizeId. With sizeId 3 only matrixId 0 and 3 are coded; the other lists are not used. */
function codedLists(data: ScalingListData, sizeId: number): ScalingList[] {
  const step = sizeId === 3 ? 3 : 1;
  const lists: ScalingList[] = [];
  for (let matrixId = 0; matrixId < 6; matrixId++) {
    lists[matrixId] = defaultList(sizeId, matrixId);
    if (matrixId % step !== 0) continue;
    const list = data.ScalingList[sizeId]?.[matrixId] ?? null;
    const delta = data.scaling_list_pred_matrix_id_delta[sizeId]?.[matrixId] ?? 0;
    if (list !== null) {
      const dc_minus8 = data.scaling_list_dc_coef_minus8[sizeId - 2]?.[matrixId] ?? 8;
      lists[matrixId] = { list, dc: dc_minus8 + 8 };
    } else if (delta > 0) {
      const refMatrixId = matrixId - delta * step; // (7-42)
      lists[matrixId] = lists[refMatrixId] as ScalingList;
    }
  }
  return lists;
}

/**
 * (7-44) to (7-47) without the repetition of larger sizes: puts a list in up-right diagonal order into raster order.
 */
function inRaster(list: ArrayLike<number>): Uint8Array {
  const scan = list.length === 16 ? diagonal4x4 : diagonal8x8;
  const matrix = new Uint8Array(scan.length);
  for (const [i, position] of scan.entries()) matrix[position] = list[i] as number;
  return matrix;
}
