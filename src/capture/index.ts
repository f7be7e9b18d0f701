/**
 * Captures: what a program told a decoder, as strace or v4l2-tracer saw it, read as a record.
 *
 * @module
 */

export * from "./calls.ts";
export {
  type CaptureKind,
  type CaptureReadOptions,
  captureRecord,
  detectCapture,
  readCapture,
  straceCalls,
} from "./read.ts";
export { tracerCalls } from "./tracer.ts";
