/**
 * Captures: what a program told a decoder, as strace, v4l2-tracer, visl's tracepoints or the recorder of this package saw it.
 *
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 * import { gunzipSync } from "node:zlib";
 * import { captureCalls, detectCapture, lintCapture, readCapture } from "v4l2-stateless/capture";
 *
 * const log = gunzipSync(readFileSync("test/fixtures/captures/unknown-reference.strace.gz")).toString();
 * const kind = detectCapture(log) ?? "strace";
 * const { header, lines } = await readCapture(kind, [log]);
 * let requests = 0;
 * for await (const line of lines) if (line.type === "request") requests++;
 * console.log(kind, header.codec, requests); // strace h264 3
 * for await (const { line, rule } of lintCapture(captureCalls(kind, [log]))) console.log(line, rule); // 35 unknown-reference
 * ```
 *
 * @module
 */

export * from "./calls.ts";
export { type CaptureKind, detectCapture } from "./detect.ts";
export { lintCapture } from "./lint.ts";
export { type LintFinding, type LintRule, lintRules } from "./lint-rules.ts";
export {
  type CapturePieces,
  type CaptureReadOptions,
  captureCalls,
  captureRecord,
  readCapture,
  readStraceFiles,
  type StraceFile,
  straceFilesCalls,
} from "./read.ts";
export {
  type CaptureStats,
  captureStats,
  type DecoderStats,
  type DriverStats,
  type FormatTrouble,
  type Handoff,
  type IoctlCount,
  type ProcessStats,
} from "./stats.ts";
export { TraceWriteError } from "./tracer-controls.ts";
export { type TracedEvent, TracerWriter, type TracerWriterOptions } from "./tracer-writer.ts";
