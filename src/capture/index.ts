/**
 * Captures: what a program told a decoder, as strace, v4l2-tracer or the recorder of this package saw it.
 *
 * @module
 */

export * from "./calls.ts";
export { type LintFinding, type LintRule, lintCapture, lintRules } from "./lint.ts";
export {
  type CaptureKind,
  type CaptureReadOptions,
  captureCalls,
  captureRecord,
  detectCapture,
  readCapture,
  readStraceFiles,
  type StraceFile,
  straceFilesCalls,
} from "./read.ts";
export {
  type CaptureStats,
  captureStats,
  type DecoderStats,
  type FormatTrouble,
  type Handoff,
  type IoctlCount,
  type ProcessStats,
} from "./stats.ts";
