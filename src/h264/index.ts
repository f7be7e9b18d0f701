/**
 * H.264: the stateless parser, the session, and the controls, each usable alone. ITU-T H.264 (08/2021).
 *
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 * import { nalUnitTypes, ParameterSetStore, parseSliceHeader, units } from "v4l2-stateless/h264";
 *
 * const sets = new ParameterSetStore();
 * for (const { type, bytes } of units(readFileSync("test/fixtures/h264_mbaff_tff.264"))) {
 *   if (sets.add(bytes) || type !== nalUnitTypes.SLICE) continue;
 *   const { frame_num, pic_order_cnt_bit_size, dec_ref_pic_marking_bit_size } = parseSliceHeader(bytes, sets);
 *   console.log(frame_num, pic_order_cnt_bit_size, dec_ref_pic_marking_bit_size); // 1 9 1
 *   break;
 * }
 * console.log(sets.sps(0)?.profile_idc, sets.sps(0)?.mb_adaptive_frame_field_flag); // 100 1
 * ```
 *
 * @module
 */

export type { NalUnit, UnitsOptions } from "../nal/units-in.ts";
export type { DecodeParamsInput } from "./controls.ts";
export {
  h264DecodeParams,
  h264Pps,
  h264PredWeights,
  h264ScalingMatrix,
  h264SliceParams,
  h264Sps,
  hasScalingMatrix,
} from "./controls.ts";
export type { ReferenceFrame } from "./dpb.ts";
export { BOTH_FIELDS, BOTTOM_FIELD, TOP_FIELD } from "./dpb.ts";
export { nalUnitTypes } from "./nal-types.ts";
export { ParameterSetStore } from "./parameter-set-store.ts";
export type { ParameterSetLookup, ParseOptions } from "./parser.ts";
export {
  parseAccessUnitDelimiter,
  parseNalUnitHeader,
  parsePps,
  parseSei,
  parseSliceHeader,
  parseSps,
  parseSpsExtension,
} from "./parser.ts";
export type { FieldOrderCnt } from "./poc.ts";
export type { ListContext, ListPicture, Reference, RefPicList, RefPicLists } from "./ref-lists.ts";
export { buildRefPicLists } from "./ref-lists.ts";
export { openH264Session } from "./session.ts";
export { dpbFrames, maxDpbFrames } from "./state.ts";
export * from "./structures.ts";
export type { AvcConfiguration } from "./units.ts";
export { parseAvcConfiguration, unitName, units } from "./units.ts";
