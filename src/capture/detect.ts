import { eventStart } from "./ftrace-lines.ts";

/** The programs whose captures can be read; "recorder" is what `v4l2-stateless capture` runs. */
export type CaptureKind = "strace" | "v4l2-tracer" | "recorder" | "ftrace";

/**
 * The program that wrote a capture, by its first bytes; undefined where it is none.
 *
 * @param head up to 64 KiB.
 */
export function detectCapture(head: string): CaptureKind | undefined {
  if (/^\{"call":"\w+","process":\d/.test(head)) return "recorder";
  if (/^\s*\[\s*\{[^[\]]*"(?:package_version|Trace|fd)"/.test(head)) return "v4l2-tracer";
  const lines = head.split("\n", 200);
  if (lines.some((line) => ftraceLine.test(line))) return "ftrace";
  return lines.some((line) => straceLine.test(line)) ? "strace" : undefined;
}

const straceLine =
  /^(?:\[pid +\d+\] +|\d+ +)?(?:(?:\d\d:\d\d:\d\d(?:\.\d+)?|\d+\.\d+) +)?(?:[a-z]\w*\(.*(?:\) += (?:-?\d|0x|\?)|<unfinished \.\.\.>)|<\.\.\. \w+ resumed>|\+\+\+ |--- SIG|strace: Process \d+ attached)/;

/** The tracer's own heading, or an event of V4L2, of its buffers, or one of the kernel's messages. */
const ftraceLine = new RegExp(
  `^# tracer: \\w+$|${eventStart.source}(?:v4l2_|vb2_|console: |sys_ioctl|tracing_mark_write: )`,
);
