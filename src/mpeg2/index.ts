/**
 * MPEG-2: the stateless parser, the session, and the controls, each usable alone. ISO/IEC 13818-2:2013.
 *
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 * import { PICTURE_START_CODE, parsePictureHeader, parseSequenceHeader, SEQUENCE_HEADER_CODE, units } from "v4l2-stateless/mpeg2";
 *
 * const all = units(readFileSync("test/fixtures/mpeg2_ipb.m2v"));
 * const firstOf = (startCode: number) => all.find(({ type }) => type === startCode)?.bytes as Uint8Array;
 *
 * const sequence = parseSequenceHeader(firstOf(SEQUENCE_HEADER_CODE));
 * console.log(sequence.horizontal_size_value, sequence.vertical_size_value); // 96 80
 * console.log(parsePictureHeader(firstOf(PICTURE_START_CODE)).picture_coding_type); // 1
 * ```
 *
 * @module
 */
export type { PictureInput } from "./controls.ts";
export { mpeg2Picture, mpeg2Quantisation, mpeg2Sequence } from "./controls.ts";
export * from "./parser.ts";
export { pictureSize } from "./sequence.ts";
export { openMpeg2Session } from "./session.ts";
export type { QuantiserMatrices } from "./state.ts";
export { matricesOfSequence, withQuantMatrices } from "./state.ts";
export * from "./structures.ts";
export type { StartCodeUnit } from "./units.ts";
export {
  EXTENSION_START_CODE,
  GROUP_START_CODE,
  PICTURE_START_CODE,
  SEQUENCE_END_CODE,
  SEQUENCE_HEADER_CODE,
  SLICE_START_CODE_MAX,
  SLICE_START_CODE_MIN,
  USER_DATA_START_CODE,
  unitName,
  units,
} from "./units.ts";
