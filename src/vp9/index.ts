/** VP9: the stateless parser, the session, and the controls, each usable alone. VP9 specification, version 0.7. */
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
