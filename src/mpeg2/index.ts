/**
 * MPEG-2: the stateless parser, the session, and the controls, each usable alone. ISO/IEC 13818-2:2013.
 *
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 * import { unitsOfPacket } from "v4l2-stateless/bitreader";
 * import { parsePictureHeader, parseSequenceHeader } from "v4l2-stateless/mpeg2";
 *
 * const units = unitsOfPacket(readFileSync("test/fixtures/mpeg2_ipb.m2v"), 0).map((unit) => unit.bytes);
 * const firstOf = (startCode: number) => units.find((unit) => unit[0] === startCode) as Uint8Array;
 *
 * const sequence = parseSequenceHeader(firstOf(0xb3));
 * console.log(sequence.horizontal_size_value, sequence.vertical_size_value); // 96 80
 * console.log(parsePictureHeader(firstOf(0x00)).picture_coding_type); // 1
 * ```
 *
 * @module
 */
export type { PictureInput, QuantiserMatrices } from "./controls.ts";
export { mpeg2Picture, mpeg2Quantisation, mpeg2Sequence, pictureSize } from "./controls.ts";
export * from "./parser.ts";
export { openMpeg2Session } from "./session.ts";
export { matricesOfSequence, withQuantMatrices } from "./state.ts";
export * from "./structures.ts";
export { unitName } from "./units.ts";
