/**
 * Where each field of a request comes from: the syntax elements with their places in the stream, an inference with its clause, the
 * state that an earlier picture left, or the kernel's text.
 *
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 * import { explainRequest, shortText } from "v4l2-stateless/explain";
 *
 * const explained = explainRequest("h264", readFileSync("test/fixtures/h264_mbaff_tff.264"), 3);
 * const params = explained?.controls.find(({ control }) => control === "V4L2_CID_STATELESS_H264_DECODE_PARAMS");
 * const field = params?.fields.find(({ path }) => path === "dpb[1].pic_num");
 * console.log(shortText(field?.sources ?? [])); // frame_num u(4) at 3486:7 of unit 5, FrameNumWrap (8-27), PicNum (8-28)
 * ```
 *
 * @module
 */
export { type ExplainedRequest, explainRequest, RequestExplainer } from "./explainer.ts";
export type { ExplainedControl, ExplainedField } from "./field.ts";
export { piecesAtPictures } from "./mpeg2/pieces.ts";
export type {
  ComputedSource,
  ConstantSource,
  ElementSource,
  InferredSource,
  KernelSource,
  Role,
  Source,
  SpanSource,
  StateSource,
} from "./source.ts";
export { elementsIn } from "./source.ts";
export { shortText } from "./text.ts";
