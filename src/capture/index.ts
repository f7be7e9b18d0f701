/**
 * Captures: what a program told a decoder, as strace, v4l2-tracer or the recorder of this package saw it.
 *
 * @module
 */

export * from "./calls.ts";
export {
  type CaptureKind,
  type CaptureReadOptions,
  captureCalls,
  captureRecord,
  detectCapture,
  readCapture,
  readStraceFiles,
  type StraceFile,
} from "./read.ts";
