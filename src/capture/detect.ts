import { eventStart } from "./ftrace-lines.ts";
import { lineStart } from "./strace-lines.ts";

/** The programs whose captures can be read; "recorder" is what `v4l2-stateless capture` runs. */
export type CaptureKind = "strace" | "v4l2-tracer" | "recorder" | "ftrace";

/**
 * The program that wrote a capture, by its first bytes; undefined where it is none.
 *
 * @param head up to 64 KiB.
 */
export function detectCapture(head: string): CaptureKind | undefined {
  const text = head.replace(byteOrderMark, "");
  if (/^\{"call":"\w+","process":\d/.test(text)) return "recorder";
  if (/^\s*\[\s*\{[^[\]]*"(?:package_version|Trace|fd)"/.test(text)) return "v4l2-tracer";
  // A program's own lines may stand before.
  for (const line of text.split("\n")) {
    if (ftraceLine.test(line)) return "ftrace";
    if (straceLine.test(line)) return "strace";
  }
  return undefined;
}

/** Also as its bytes are read without UTF-8. */
const byteOrderMark = /^(?:\ufeff|\u00ef\u00bb\u00bf)/;

const straceLine = new RegExp(
  `${lineStart.source}(?:[a-z]\\w*\\(.*(?:\\) += (?:-?\\d|0x|\\?)|<unfinished \\.\\.\\.>)|<\\.\\.\\. \\w+ resumed>|\\+\\+\\+ |--- SIG|strace: Process \\d+ attached)`,
);

/** The tracer's own heading, or an event: what else is traced may come first. */
const ftraceLine = new RegExp(`^# tracer: \\w+\\r?$|${eventStart.source}\\w+`);
