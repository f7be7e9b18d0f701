/** A log of strace, from its pieces to its calls. */

import { LineSplitter } from "../record/split-lines.ts";
import { type Call, CaptureError, type Hole, type SetControls } from "./calls.ts";
import { cutOff } from "./cut-off.ts";
import { DamagedCall } from "./damaged-call.ts";
import { JoinedCaptures } from "./joined.ts";
import { straceCall } from "./strace.ts";
import { laterLine, StraceLines } from "./strace-lines.ts";

/**
 * The calls of a log of strace. What is cut off at its end is left out, with a warning; what is damaged before is a hole.
 *
 * @param thread of lines that name none.
 * @throws CaptureError where strace did not print what is needed.
 */
export async function* straceCalls(
  pieces: Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>,
  thread = "",
  onWarning?: (message: string) => void,
): AsyncGenerator<Call, void, undefined> {
  const splitter = new LineSplitter();
  const log = new StraceLog(thread, new JoinedCaptures("strace", onWarning));
  for await (const piece of pieces) {
    for (const line of splitter.push(piece)) yield* log.take(line);
  }
  yield* log.take(splitter.flush());
  if (log.broken !== undefined) onWarning?.(cutOff(log.broken.line, "a call"));
}

class StraceLog {
  readonly #thread: string;
  readonly #joined: JoinedCaptures;
  readonly #lines: StraceLines;
  #line = 0;
  /** The last line, where it is no whole call. It is cut off, or the first one at a hole. */
  broken: DamagedCall | undefined;

  constructor(thread: string, joined: JoinedCaptures) {
    this.#thread = thread;
    this.#joined = joined;
    this.#lines = new StraceLines(thread);
  }

  take(source: string): readonly Call[] {
    const line = ++this.#line;
    if (source === "") return [];
    const calls: Call[] = [];
    if (this.broken !== undefined) calls.push(this.#hole(this.broken.line, this.broken));
    this.broken = undefined;
    const system = this.#lines.take(source, line);
    const { lost } = this.#lines;
    const isOwn = system !== undefined || this.#lines.isCall;
    if (isOwn) this.#joined.noteOwn();
    else if (this.#joined.takesOther(source, line)) return calls;
    if (lost !== undefined) calls.push(this.#hole(line, lost));
    if (system === undefined) return calls;
    try {
      const call = straceCall(system);
      // One that waits begins long before its buffer comes back.
      if (call !== undefined) calls.push(call.call === "VIDIOC_DQBUF" ? { ...call, line } : call);
    } catch (thrown) {
      if (!(thrown instanceof DamagedCall)) throw thrown;
      const rest = laterLine(source);
      this.broken = thrown;
      if (rest === undefined) return calls;
      // Another line goes on in the same one: what is missing ends before it.
      this.#line--;
      for (const call of this.take(rest)) calls.push(call);
    }
    return calls;
  }

  #hole(line: number, { reason, since }: { readonly reason: string; readonly since?: number | undefined }): Hole {
    return { call: "hole", line, thread: this.#thread, reason, since };
  }
}

/** Says the file of an error, too. */
export async function* namingFile(name: string, calls: AsyncIterable<Call>): AsyncGenerator<Call, void, undefined> {
  const naming = ({ reason, line }: CaptureError) => new CaptureError(`${reason} (${name})`, line);
  try {
    for await (const call of calls) {
      const unread = call.call === "VIDIOC_S_EXT_CTRLS" ? call.unread : undefined;
      yield unread === undefined ? call : ({ ...call, unread: naming(unread) } as SetControls);
    }
  } catch (thrown) {
    throw thrown instanceof CaptureError ? naming(thrown) : thrown;
  }
}
