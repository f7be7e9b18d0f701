/**
 * Requests of two programs, or of a program and of this library, compared as a driver would read them: references as pictures,
 * lists resolved, what no driver looks at told apart from what it reads. Known faults of GStreamer and FFmpeg
 * (DISAGREEMENTS.md) are named. The command `v4l2-stateless diff` prints this.
 *
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 * import { brotliDecompressSync } from "node:zlib";
 * import { ComparisonSummary, compare, recordSide, streamSide } from "v4l2-stateless/compare";
 *
 * const stream = readFileSync("test/fixtures/mpeg2_custom_matrix.m2v");
 * const capture = brotliDecompressSync(readFileSync("test/fixtures/mpeg2_custom_matrix.m2v.gst-frame.jsonl.br"));
 * const summary = new ComparisonSummary();
 * const sides = [streamSide(stream, { codec: "mpeg2" }), await recordSide([capture])];
 * for await (const found of compare(sides)) summary.add(found);
 * console.log(summary.pairs, summary.unexplained); // 20 0
 * const [first] = summary.fields;
 * console.log(first?.path, first?.requests, first?.values.map(({ text }) => text), first?.known?.id); // vbv_buffer_size 20 [ '3', '49152' ] both-vbv-buffer-size
 * ```
 *
 * @module
 */
export { type CompareOptions, compare } from "./compare.ts";
export {
  type ComparedGap,
  type ComparedNote,
  type ComparedPair,
  type ComparedRefusal,
  type ComparedValue,
  type Comparison,
  type Difference,
  type DifferenceClass,
  differenceClasses,
  isUnexplained,
  type KnownFault,
} from "./difference.ts";
export {
  type ComparedRequest,
  type CompareSide,
  type MissingCalls,
  recordSide,
  type StreamSideOptions,
  streamSide,
} from "./sides.ts";
export { ComparisonSummary, type FieldSummary } from "./summary.ts";
