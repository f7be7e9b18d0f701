/**
 * FWHT: the stateless parser, the session, and the control, each usable alone. The kernel's virtual driver vicodec encodes and
 * decodes it: the one stateless decoder that needs no hardware for its pixels.
 *
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 * import { parseFrameHeader } from "v4l2-stateless/fwht";
 *
 * const { version, width, height, size } = parseFrameHeader(readFileSync("test/fixtures/fwht_yuv420.fwht"));
 * console.log(version, width, height, size); // 3 640 360 2522
 * ```
 *
 * @module
 */
export { fwhtParams } from "./controls.ts";
export type { ParseOptions } from "./parser.ts";
export { parseFrameHeader } from "./parser.ts";
export { openFwhtSession } from "./session.ts";
export type { PictureFormat } from "./state.ts";
export { formatOf, isIntra, planeBytes } from "./state.ts";
export type { Pieces, StreamPiece } from "./stream.ts";
export { FwhtStream } from "./stream.ts";
export * from "./structures.ts";
export { frameData, unitName } from "./units.ts";
