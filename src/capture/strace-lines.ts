/** The lines of a strace log as calls that have ended: what was interrupted is joined again. */

/** A system call with its arguments as strace prints them. */
export interface SystemCall {
  /** The line where it began. */
  readonly line: number;
  readonly thread: string;
  /** When it began, in seconds: since midnight (-t, -tt) or since 1970 (-ttt); undefined where the log has no times. */
  readonly time: number | undefined;
  readonly name: string;
  /** From the first argument to the end of the line. */
  readonly text: string;
}

/** `[pid 12]`, `12`, or with the name of -Y `12<gst-launch-1.0>`. No thread has a number of more than 7 digits. */
const thread = /(?:\[pid {1,9}(\d{1,9})(?:<[^>]{0,64}>)?\] {1,9}|(\d{1,8})(?:<[^>]{0,64}>)? {1,9})/;
/** Of -t, -tt, -ttt, and of --absolute-timestamps=unix, which may have no fraction. */
const absoluteTime = /(?:(\d\d):(\d\d):(\d\d(?:\.\d{1,9})?)|(\d{6,12}\.\d{1,9}|\d{9,12}))/;
/** Of -r, which is padded; after another time it stands in brackets. */
const relativeTime = /\d{1,9}(?:\.\d{1,9})?/;
/** The call's number and the instruction pointer of -n and -i. */
const numbers = /(?:\[(?: {0,9}\d{1,9}|[\da-f]{8,16}|\?{8,16})\] {1,9}){0,2}/;

/** What stands before a call. Its groups are the thread (twice), hours, minutes and seconds, or the seconds since 1970. */
export const lineStart = new RegExp(
  `^(?:${thread.source}| {1,16}(?=\\d))?(?: {0,16}(?:${absoluteTime.source}|${relativeTime.source})(?: \\(\\+ {1,16}${relativeTime.source}\\))? {1,9})?${numbers.source}`,
);

/** A call that begins in the middle of a line. Without a time it would be found in what the line says. */
const laterStart = new RegExp(
  `${thread.source}?${absoluteTime.source}(?: \\(\\+ {1,16}${relativeTime.source}\\))? {1,9}${numbers.source}\\w{1,40}\\(`,
  "g",
);

/** The last line that begins in a line, after what is left of one whose end is missing. */
export function laterLine(source: string): string | undefined {
  let start: number | undefined;
  const from = source.indexOf("(") + 1;
  for (const { index } of source.slice(from).matchAll(laterStart)) start = from + index;
  return start === undefined ? undefined : source.slice(start);
}

/** Of a call that goes on in a later line. A bracket may follow. */
const unfinished = ["<unfinished ...>", "<unfinished ...>)"];
const resumed = /^<\.\.\. (\w+) resumed>/;
const started = /^(\w+)\(/;
/** A thread is there. Where strace writes to the terminal, it says so in the middle of the call that starts the thread. */
const attached = /strace: Process (\d{1,9}) attached$/;
/** How a call ends whose beginning is missing. */
const onlyEnd = /\}?\) += (?:-?\d+|0x[0-9a-f]+)(?:<[^>]*>)?(?: E[A-Z\d]+ \([^)]*\))?$/;
/** Calls that tell something of devices. All others are passed over without being read. */
const interesting = new Set(
  "ioctl open openat close dup dup2 dup3 fcntl fcntl64 mmap mmap2 clone clone3 fork vfork sendmsg recvmsg".split(" "),
);

/** Calls that start a thread or a process. */
const starts = /^(?:clone3?|v?fork)$/;

/** Takes the lines of one log, whose threads are told apart by their numbers. */
export class StraceLines {
  readonly #thread: string;
  readonly #unfinished = new Map<string, SystemCall>();
  /** A call that goes on in the next line: see `attached`. */
  #attaching: SystemCall | undefined;
  /** The threads that a line named, and the last lines that did. */
  readonly #threads = new Map<string, number>();
  /** Threads that were started while strace ran. */
  readonly #started = new Set<string>();
  /** On a terminal, lines name threads only while there are several: the number of the one whose lines had none before. */
  #first: string | undefined;
  /** A line has named a thread that was there from the beginning. */
  #isNumbered = false;
  /** Why calls must be missing before the last line, and since which line; undefined where nothing shows that. */
  lost: { readonly reason: string; readonly since?: number | undefined } | undefined;
  /** Whether the last line begins as strace's lines do. */
  isCall = false;

  /** @param thread of lines that name none: the end of a file's name, of `strace -ff`. */
  constructor(thread = "") {
    this.#thread = thread;
  }

  /**
   * The call that ends with this line, if one does.
   */
  take(source: string, line: number): SystemCall | undefined {
    this.lost = undefined;
    this.isCall = false;
    const [head, bracketed, plain, hours, minutes, seconds, epoch] = lineStart.exec(source) as RegExpExecArray;
    // A serial console and adb end lines with a carriage return, too.
    const text = source.slice(head.length, source.endsWith("\r") ? -1 : undefined);
    const newcomer = attached.exec(text)?.[1];
    if (newcomer !== undefined) this.#started.add(newcomer);
    const [before, continued] = resumed.exec(text) ?? [];
    if (bracketed !== undefined && (continued !== undefined || started.test(text)))
      this.#noteNumber(bracketed, continued !== undefined);
    const number = bracketed ?? plain;
    const thread = number === undefined || number === this.#first ? this.#thread : number;
    // A log may begin in the middle of a call.
    const since = this.#threads.get(thread);
    if (before !== undefined && continued !== undefined) {
      this.isCall = true;
      this.#threads.set(thread, line);
      const call = this.#unfinished.get(thread);
      this.#unfinished.delete(thread);
      if (call === undefined) {
        if (since !== undefined && interesting.has(continued)) {
          this.lost = { reason: `${continued} goes on, and its beginning is not there`, since };
        }
        return undefined;
      }
      if (call.name !== continued) {
        this.lost = { reason: `${continued} goes on, but ${call.name} had begun`, since: call.line };
        return undefined;
      }
      return this.#endedBy({ ...call, text: call.text + text.slice(before.length) });
    }
    const begun = this.#attaching;
    this.#attaching = undefined;
    const [opening, name] = started.exec(text) ?? [];
    if (begun !== undefined && opening === undefined) return this.#endedBy({ ...begun, text: begun.text + text });
    if (opening === undefined || name === undefined) {
      if (line > 1 && !text.startsWith("---") && onlyEnd.test(text.slice(-300))) {
        this.lost = { reason: "a line is the end of a call without its beginning" };
      }
      return undefined;
    }
    this.isCall = true;
    this.#threads.set(thread, line);
    const open = this.#unfinished.get(thread);
    if (open !== undefined) {
      this.#unfinished.delete(thread);
      const reason = `${open.name} of line ${open.line} did not go on, and its thread calls again`;
      this.lost = { reason, since: open.line };
    }
    if (!interesting.has(name)) return undefined;
    const ofDay = hours === undefined ? undefined : Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
    const time = epoch === undefined ? ofDay : Number(epoch);
    const call = { line, thread, time, name, text: text.slice(opening.length) };
    if (newcomer !== undefined) {
      this.#attaching = { ...call, text: call.text.replace(attached, "") };
      return undefined;
    }
    return this.#endedBy(call);
  }

  /** The call, where its line does not say that it goes on. */
  #endedBy(call: SystemCall): SystemCall | undefined {
    const end = unfinished.find((each) => call.text.endsWith(each));
    if (end === undefined) {
      const made = starts.test(call.name) ? /\) += (\d{1,9})(?:<|$)/.exec(call.text)?.[1] : undefined;
      if (made !== undefined) this.#started.add(made);
      return call;
    }
    this.#unfinished.set(call.thread, { ...call, text: call.text.slice(0, -end.length).trimEnd() });
    return undefined;
  }

  /** Finds out whether the first thread that a line names on a terminal is the one whose lines had no number. */
  #noteNumber(number: string, isResumed: boolean): void {
    if (this.#isNumbered || this.#started.has(number)) return;
    // While that one is in a call, the other makes one.
    if (this.#unfinished.has(this.#thread) && !isResumed) this.#started.add(number);
    else {
      this.#isNumbered = true;
      if (this.#threads.has(this.#thread)) this.#first = number;
    }
  }
}
