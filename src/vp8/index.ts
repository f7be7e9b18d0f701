/** VP8: the stateless parser, the session, and the control, each usable alone. RFC 6386. */
export type { FrameInput } from "./controls.ts";
export { vp8Frame } from "./controls.ts";
export type { ParseOptions } from "./parser.ts";
export { parseFrame, parseFrameTag } from "./parser.ts";
export { openVp8Session } from "./session.ts";
export type { CodingState, Probabilities, Segmentation } from "./state.ts";
export { initialState, stateAfter, stateOfFrame } from "./state.ts";
export * from "./structures.ts";
export { unitName } from "./units.ts";
