/** 8.5.9 with Table 7-2: the scaling lists in effect for a picture. */
import type { ParameterSets, ScalingLists } from "./structures.ts";
import {
  Default_4x4_Inter,
  Default_4x4_Intra,
  Default_8x8_Inter,
  Default_8x8_Intra,
  zigzag4x4,
  zigzag8x8,
} from "./tables.ts";

type List = ArrayLike<number>;

const Flat_4x4_16: List = new Array<number>(16).fill(16);
const Flat_8x8_16: List = new Array<number>(64).fill(16);

/** Lists in raster order, as Table 7-2 has them: 4x4 Intra Y Cb Cr, Inter Y Cb Cr; 8x8 Intra Y, Inter Y, Intra Cb, … */
export interface RasterScalingLists {
  readonly lists4x4: readonly Uint8Array[];
  /** Six lists; two where chroma_format_idc is not 3. */
  readonly lists8x8: readonly Uint8Array[];
}

/**
 * The lists of a picture: twelve, or eight where chroma_format_idc is not 3 and there are no 8x8 lists of Cb and Cr.
 */
export function scalingLists({ sps, pps }: ParameterSets): RasterScalingLists {
  // 7.4.2.1.1: without lists in the SPS, Flat_4x4_16 and Flat_8x8_16.
  let lists: List[] = Array.from({ length: 12 }, (_, i) => (i < 6 ? Flat_4x4_16 : Flat_8x8_16));
  if (sps.seq_scaling_lists) lists = withFallBack(sps.seq_scaling_lists, defaultList);
  if (pps.pic_scaling_lists) {
    // 7.4.2.2: fall-back rule set A applies where the SPS has no lists; else B, which falls back to the SPS's lists.
    const inSps = lists;
    lists = withFallBack(pps.pic_scaling_lists, sps.seq_scaling_lists ? (i) => inSps[i] as List : defaultList);
  }
  return {
    lists4x4: lists.slice(0, 6).map((list) => inRaster(list, zigzag4x4)),
    lists8x8: lists.slice(6, sps.chroma_format_idc === 3 ? 12 : 8).map((list) => inRaster(list, zigzag8x8)),
  };
}

/**
 * Table 7-2: fills in the lists that were not sent. Lists 0, 3, 6 and 7 begin a chain; every other list falls back to the one
 * before it in its chain.
 */
function withFallBack(sent: ScalingLists, fallBack: (i: number) => List): List[] {
  const lists: List[] = [];
  for (let i = 0; i < 12; i++) {
    if (sent.useDefaultScalingMatrixFlag[i]) lists[i] = defaultList(i);
    else if (sent.scaling_list_present_flag[i]) lists[i] = sent.scalingList[i] as List;
    else if (i === 0 || i === 3 || i === 6 || i === 7) lists[i] = fallBack(i);
    else lists[i] = lists[i < 6 ? i - 1 : i - 2] as List;
  }
  return lists;
}

/** Tables 7-3 and 7-4. */
function defaultList(i: number): List {
  if (i < 6) return i < 3 ? Default_4x4_Intra : Default_4x4_Inter;
  return i % 2 === 0 ? Default_8x8_Intra : Default_8x8_Inter;
}

/** 8.5.6, 8.5.7: scaling lists take the inverse zig-zag scan, in fields too. */
function inRaster(list: List, scan: readonly number[]): Uint8Array {
  const matrix = new Uint8Array(scan.length);
  for (const [i, position] of scan.entries()) matrix[position] = list[i] as number;
  return matrix;
}
