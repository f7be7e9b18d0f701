/** Captures of several kinds in one file, one after the other. */

import type { CaptureKind } from "./detect.ts";
import { eventStart } from "./ftrace-lines.ts";
import type { OtherLines } from "./other-lines.ts";
import { lineStart } from "./strace-lines.ts";

const names: Readonly<Record<CaptureKind, string>> = {
  strace: "a log of strace",
  "v4l2-tracer": "a trace of v4l2-tracer",
  recorder: "a log of the recorder",
  ftrace: "a log of ftrace",
};

/** Lines that only captures of one kind have. */
const marks: Readonly<Record<CaptureKind, RegExp>> = {
  recorder: /^\{"call":"\w+","process":\d/,
  "v4l2-tracer": /^\{ ?"(?:package_version|Trace)" ?:/,
  ftrace: new RegExp(`^# tracer: \\w+$|${eventStart.source}(?:v4l2_|vb2_)`),
  strace: new RegExp(
    `${lineStart.source}(?:(?:ioctl|openat|close|mmap|clone3?)\\(.*(?:\\) += (?:-?\\d|0x|\\?)|<unfinished \\.\\.\\.>)|<\\.\\.\\. \\w+ resumed>|\\+\\+\\+ exited with \\d+ \\+\\+\\+\\r?$|--- SIG\\w+ \\{)`,
  ),
};
const kinds = Object.keys(marks) as readonly CaptureKind[];

/** Finds the lines of other captures in a capture, and says where each begins. */
export class JoinedCaptures implements OtherLines {
  readonly #own: CaptureKind;
  readonly #onWarning: ((message: string) => void) | undefined;
  #inside: CaptureKind | undefined;

  constructor(own: CaptureKind, onWarning: ((message: string) => void) | undefined) {
    this.#own = own;
    this.#onWarning = onWarning;
  }

  noteOwn(): void {
    this.#inside = undefined;
  }

  takesOther(text: string, line: number): boolean {
    const marked = kinds.find((each) => each !== this.#own && marks[each].test(text));
    // The first line of a trace. In other logs it may be a program's own.
    const kind = this.#own === "recorder" && text === "[" ? "v4l2-tracer" : marked;
    if (kind !== undefined && kind !== this.#inside) {
      this.#inside = kind;
      this.#onWarning?.(
        `line ${line}: ${names[kind]} begins here, in ${names[this.#own]}; it is not read: put each capture into a file of its own`,
      );
    }
    return this.#inside !== undefined;
  }
}
