/**
 * VP9: the stateless parser, the session, and the controls, each usable alone. VP9 specification, version 0.7.
 *
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 * import { framesOfPacket, parseFrame } from "v4l2-stateless/vp9";
 *
 * // An IVF file: 32 bytes, then each packet after 12 bytes of its own.
 * const file = readFileSync("test/fixtures/vp9_profile2_10bit.ivf");
 * const { frames } = framesOfPacket(file.subarray(44, 44 + file.readUInt32LE(32)), 44);
 *
 * for (const { bytes } of frames) {
 *   const { header, compressed } = parseFrame(bytes);
 *   if (compressed !== null) console.log(header.Profile, header.show_frame, header.color_config?.BitDepth); // 2 1 10
 * }
 * ```
 *
 * @module
 */
export type { FrameInput } from "./controls.ts";
export { vp9CompressedHeader, vp9Frame } from "./controls.ts";
export type { ParsedFrame, ParsedShowExistingFrame, ParseFrameOptions } from "./parser.ts";
export { parseFrame } from "./parser.ts";
export { openVp9Session } from "./session.ts";
export type { PersistentParams } from "./state.ts";
export { initialParams, paramsOf } from "./state.ts";
export * from "./structures.ts";
export type { ReferenceSizes } from "./syntax.ts";
export type { PacketFrames } from "./units.ts";
export { framesOfPacket } from "./units.ts";
