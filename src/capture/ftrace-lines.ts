/** The events of a log of ftrace: /sys/kernel/tracing/trace, trace_pipe, or what `trace-cmd report` prints. */

import { CaptureError } from "./calls.ts";

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

  /** The number of the last line. */
  get line(): number {
    return this.#line;
  }

  /**
   * The event that ends before this line, if one does.
   *
   * @throws CaptureError where the kernel lost events.
   */
  take(source: string): FtraceEvent | undefined {
    this.#line++;
    const [, task, name, text] = (source.includes("] ") && eventLine.exec(source)) || [];
    if (task !== undefined && name !== undefined) {
      const ended = this.end();
      this.#start = { line: this.#line, task, name };
      this.#text.push((text ?? "").replace(/^: */, ""));
      return ended;
    }
    const lost = lostEvents.exec(source);
    if (lost !== null) {
      const what = lost[1] === undefined ? "events" : `${lost[1]} events`;
      throw new CaptureError(`the kernel lost ${what} here: enlarge buffer_size_kb, and trace again`, this.#line);
    }
    if (this.#start === undefined || startedBuffer.test(source)) return undefined;
    if (this.#text.length > mostLines) throw new CaptureError(`an event of more than ${mostLines} lines`, this.#line);
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
