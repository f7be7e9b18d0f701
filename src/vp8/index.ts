/**
 * VP8: the stateless parser, the session, and the control, each usable alone. RFC 6386.
 *
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 * import { parseFrame } from "v4l2-stateless/vp8";
 *
 * // An IVF file: 32 bytes, then each frame after 12 bytes of its own.
 * const file = readFileSync("test/fixtures/vp8_error_resilient_parts.ivf");
 * const { tag, header, dct_part_sizes } = parseFrame(file.subarray(44, 44 + file.readUInt32LE(32)));
 *
 * console.log(tag.frame_type, tag.show_frame, header.quant_indices.y_ac_qi); // 0 1 4
 * console.log(dct_part_sizes.length); // 4
 * ```
 *
 * @module
 */
export type { FrameInput } from "./controls.ts";
export { vp8Frame } from "./controls.ts";
export type { ParseOptions } from "./parser.ts";
export { parseFrame, parseFrameTag } from "./parser.ts";
export { openVp8Session } from "./session.ts";
export type { CodingState, Probabilities, Segmentation } from "./state.ts";
export { initialState, stateAfter, stateOfFrame } from "./state.ts";
export * from "./structures.ts";
export { unitName } from "./units.ts";
