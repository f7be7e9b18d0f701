/**
 * H.264: the stateless parser, the session, and the controls, each usable alone. ITU-T H.264 (08/2021).
 *
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 * import { unitsOfPacket } from "v4l2-stateless/bitreader";
 * import { parseNalUnitHeader, parsePps, parseSliceHeader, parseSps } from "v4l2-stateless/h264";
 *
 * const bytes = readFileSync("test/fixtures/h264_mbaff_tff.264");
 * const units = unitsOfPacket(bytes, 0).map((unit) => unit.bytes);
 * const firstOf = (type: number) => units.find((unit) => parseNalUnitHeader(unit).nal_unit_type === type) as Uint8Array;
 *
 * const sps = parseSps(firstOf(7));
 * const pps = parsePps(firstOf(8), { sps });
 * const slice = parseSliceHeader(firstOf(1), { sps, pps });
 * console.log(sps.profile_idc, sps.mb_adaptive_frame_field_flag); // 100 1
 * console.log(slice.frame_num, slice.pic_order_cnt_bit_size, slice.dec_ref_pic_marking_bit_size); // 1 9 1
 * ```
 *
 * @module
 */
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
export type { ParseOptions } from "./parser.ts";
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
export { parseAvcConfiguration, unitName } from "./units.ts";
