import type { Rectangle } from "../events.ts";
import type { SeqParameterSet } from "./structures.ts";

/** 7.4.3.2.1: the conformance window, in luma samples; SubWidthC and SubHeightC of Table 6-1. */
export function visibleRectangle(sps: SeqParameterSet): Rectangle {
  const SubWidthC = sps.chroma_format_idc === 1 || sps.chroma_format_idc === 2 ? 2 : 1;
  const SubHeightC = sps.chroma_format_idc === 1 ? 2 : 1;
  const left = SubWidthC * sps.conf_win_left_offset;
  const top = SubHeightC * sps.conf_win_top_offset;
  return {
    left,
    top,
    width: sps.pic_width_in_luma_samples - left - SubWidthC * sps.conf_win_right_offset,
    height: sps.pic_height_in_luma_samples - top - SubHeightC * sps.conf_win_bottom_offset,
  };
}
