/** The events of a log of ftrace: /sys/kernel/tracing/trace, trace_pipe, or what `trace-cmd report` prints. */

import { noOtherLines, type OtherLines } from "./other-lines.ts";

/** An event, with the lines below it that belong to it. */
export interface FtraceEvent {
  /** Where it begins. */
  readonly line: number;
  /** The number of the task that made it. */
  readonly task: string;
  /** `"v4l2_ctrl_h264_sps"`. */
  readonly name: string;
  /** What stands after the name. */
  readonly text: string;
}

/** `task-pid (tgid) [cpu] flags time: `, before an event's name. Which columns there are depends on the options of the tracer. */
export const eventStart = /^ *\S.{0,60}-(\d+) +(?:\( *[\d-]+\) +)?\[\d{3,}\] +(?:[^\s:]+ +)?[\d.]+: +/;
const eventLine = new RegExp(`${eventStart.source}(\\w+)(.*)$`);
/** As the kernel says it, with or without their number, and as trace-cmd does. */
const lostEvents = /^CPU:\d+ \[(?:LOST )?(?:(\d+) )?EVENTS(?: DROPPED)?\]/;
const startedBuffer = /^#+ CPU \d+ buffer started #+$/;
/** The most lines that one event may have: the longest that visl prints has 200. */
const mostLines = 1000;

/** Puts the lines of a log together to events. */
export class FtraceLines {
  #line = 0;
  #start: Omit<FtraceEvent, "text"> | undefined;
  #text: string[] = [];
  /** Why events are missing before the last line; undefined where nothing shows that. */
  lost: string | undefined;

  /** The number of the last line. */
  get line(): number {
    return this.#line;
  }

  /**
   * The event that ends before this line, if one does.
   *
   * @param others whether a line that is no event belongs to another capture.
   */
  take(text: string, others: OtherLines = noOtherLines): FtraceEvent | undefined {
    // A carriage return, or what a terminal's copy has.
    const source = text.trimEnd();
    this.#line++;
    this.lost = undefined;
    const [, task, name, rest] = (source.includes("] ") && eventLine.exec(source)) || [];
    if (task !== undefined && name !== undefined) {
      others.noteOwn();
      const ended = this.end();
      this.#start = { line: this.#line, task, name };
      this.#text.push((rest ?? "").replace(/^: */, ""));
      return ended;
    }
    const lost = lostEvents.exec(source);
    if (lost !== null) {
      others.noteOwn();
      const what = lost[1] === undefined ? "events" : `${lost[1]} events`;
      this.lost = `the kernel lost ${what} (enlarge buffer_size_kb)`;
      return this.end();
    }
    if (others.takesOther(text, this.#line)) return this.end();
    if (this.#start === undefined || startedBuffer.test(source)) return undefined;
    if (this.#text.length > mostLines) {
      this.lost = `an event has more than ${mostLines} lines`;
      this.end();
      return undefined;
    }
    this.#text.push(source);
    return undefined;
  }

  /** The last event. */
  end(): FtraceEvent | undefined {
    if (this.#start === undefined) return undefined;
    const event = { ...this.#start, text: this.#text.join("\n") };
    this.#start = undefined;
    this.#text = [];
    return event;
  }
}
