/**
 * H.265: the stateless parser, the session, and the controls, each usable alone. ITU-T H.265 (08/2021).
 *
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 * import { hevcExtSpsStRps, nalUnitTypes, parseSps, units } from "v4l2-stateless/h265";
 *
 * const bytes = readFileSync("test/fixtures/h265_rewritten_predicted_sets.265");
 * const unit = units(bytes).find(({ type }) => type === nalUnitTypes.SPS_NUT);
 * if (unit === undefined) throw new Error("the stream has no SPS");
 * const sps = parseSps(unit.bytes);
 *
 * console.log(sps.pic_width_in_luma_samples, sps.num_short_term_ref_pic_sets); // 96 64
 * console.log(hevcExtSpsStRps(sps).length); // 5120
 * ```
 *
 * @module
 */

export type { NalUnit, UnitsOptions } from "../nal/units-in.ts";
export type { DecodeParamsInput } from "./controls.ts";
export {
  hevcDecodeParams,
  hevcExtSpsLtRps,
  hevcExtSpsStRps,
  hevcPps,
  hevcScalingMatrix,
  hevcSps,
} from "./controls.ts";
export type { ReferencePicture } from "./dpb.ts";
export { nalUnitTypes } from "./nal-types.ts";
export { ParameterSetStore } from "./parameter-set-store.ts";
export * from "./parser.ts";
export type { RefPicList } from "./ref-lists.ts";
export { buildRefPicLists } from "./ref-lists.ts";
export type { MissingReference, RefPicSet } from "./ref-pic-set.ts";
export { applyRefPicSet } from "./ref-pic-set.ts";
export { openH265Session } from "./session.ts";
export type { SliceParamsInput } from "./slice-controls.ts";
export { hevcEntryPointOffsets, hevcSliceParams } from "./slice-controls.ts";
export * from "./structures.ts";
export type { HevcConfiguration } from "./units.ts";
export { parseHevcConfiguration, unitName, units } from "./units.ts";
