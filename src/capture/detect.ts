/** The programs whose captures can be read; "recorder" is what `v4l2-stateless capture` runs. */
export type CaptureKind = "strace" | "v4l2-tracer" | "recorder";

/**
 * The program that wrote a capture, by its first bytes; undefined where it is none.
 *
 * @param head up to 64 KiB.
 */
export function detectCapture(head: string): CaptureKind | undefined {
  if (/^\{"call":"\w+","process":\d/.test(head)) return "recorder";
  if (/^\s*\[\s*\{[^[\]]*"(?:package_version|Trace|fd)"/.test(head)) return "v4l2-tracer";
  const lines = head.split("\n", 200);
  return lines.some((line) => straceLine.test(line)) ? "strace" : undefined;
}

const straceLine =
  /^(?:\[pid +\d+\] +|\d+ +)?(?:(?:\d\d:\d\d:\d\d(?:\.\d+)?|\d+\.\d+) +)?(?:[a-z]\w*\(.*(?:\) += (?:-?\d|0x|\?)|<unfinished \.\.\.>)|<\.\.\. \w+ resumed>|\+\+\+ |--- SIG|strace: Process \d+ attached)/;
