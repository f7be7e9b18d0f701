/** H.264: the stateless parser, the session, and the controls, each usable alone. ITU-T H.264 (08/2021). */
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
