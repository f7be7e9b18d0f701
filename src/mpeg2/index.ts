/** MPEG-2: the stateless parser, the session, and the controls, each usable alone. ISO/IEC 13818-2:2013. */
export type { PictureInput, QuantiserMatrices } from "./controls.ts";
export { mpeg2Picture, mpeg2Quantisation, mpeg2Sequence, pictureSize } from "./controls.ts";
export * from "./parser.ts";
export { openMpeg2Session } from "./session.ts";
export { matricesOfSequence, withQuantMatrices } from "./state.ts";
export * from "./structures.ts";
export { unitName } from "./units.ts";
