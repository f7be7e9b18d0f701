/** 7.4.2.1.1: the size of frames, and the part of them that is shown. */

import type { Rectangle } from "../events.ts";
import type { SeqParameterSet } from "./structures.ts";

/** (7-16): PicWidthInSamplesL. */
export function codedWidth(sps: SeqParameterSet): number {
  return (sps.pic_width_in_mbs_minus1 + 1) * 16;
}

/** (7-18): FrameHeightInMbs in luma samples. */
export function codedHeight(sps: SeqParameterSet): number {
  return (2 - sps.frame_mbs_only_flag) * (sps.pic_height_in_map_units_minus1 + 1) * 16;
}

/** (7-19) to (7-22): the cropping rectangle of frames, in luma samples; SubWidthC and SubHeightC of Table 6-1, 1 where there is no chroma. */
export function visibleRectangle(sps: SeqParameterSet): Rectangle {
  const SubWidthC = sps.chroma_format_idc === 1 || sps.chroma_format_idc === 2 ? 2 : 1;
  const SubHeightC = sps.chroma_format_idc === 1 ? 2 : 1;
  const CropUnitY = SubHeightC * (2 - sps.frame_mbs_only_flag);
  const left = SubWidthC * sps.frame_crop_left_offset;
  const top = CropUnitY * sps.frame_crop_top_offset;
  const width = codedWidth(sps) - left - SubWidthC * sps.frame_crop_right_offset;
  const height = codedHeight(sps) - top - CropUnitY * sps.frame_crop_bottom_offset;
  return { left, top, width, height };
}
