/** H.265: the stateless parser, the session, and the controls, each usable alone. ITU-T H.265 (08/2021). */
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
export { parseHevcConfiguration, unitName } from "./units.ts";
