import { type FtraceEvent, FtraceLines } from "../../src/capture/ftrace-lines.ts";
import { isControlEvent } from "../../src/capture/visl-controls.ts";

/** A request as the driver ran it. */
export interface DriverRun {
  /** The CAPTURE buffer's. */
  readonly timestamp: bigint;
  /** The lines that it drew on the CAPTURE buffer. */
  readonly drawn: readonly string[];
  /** The events of the controls that it had, in the order of visl_trace_ctrls. */
  readonly events: readonly FtraceEvent[];
}

/** An ioctl on a video or media device that the kernel refused. */
export interface FailedCall {
  /** The number of the ioctl. */
  readonly call: number;
  /** As in errno.h. */
  readonly error: number;
}

/** What the kernel did for one command. */
export interface CommandTrace {
  readonly runs: readonly DriverRun[];
  readonly failures: readonly FailedCall[];
}

const written = /^# entries-in-buffer\/entries-written: (\d+)\/(\d+)/m;

/**
 * Reads a trace (see jobs.sh), in which a mark "run <name>" stands before each command.
 *
 * @throws Error when events were lost.
 */
export function readTrace(trace: string): ReadonlyMap<string, CommandTrace> {
  const counts = written.exec(trace);
  if (counts === null || counts[1] !== counts[2]) throw new Error("the trace is not complete");
  const commands = new Map<string, CommandReader>();
  let current = new CommandReader();
  for (const event of eventsOf(trace)) {
    const mark = event.name === "tracing_mark_write" ? /^run (.*)$/.exec(event.text) : null;
    if (mark === null) {
      current.take(event);
      continue;
    }
    current = new CommandReader();
    commands.set(mark[1]!, current);
  }
  return commands;
}

function* eventsOf(trace: string): Generator<FtraceEvent, void, undefined> {
  const lines = new FtraceLines();
  for (const line of trace.split("\n")) {
    const event = lines.take(line);
    if (event !== undefined) yield event;
  }
  const last = lines.end();
  if (last !== undefined) yield last;
}

class CommandReader implements CommandTrace {
  readonly runs: { timestamp: bigint; drawn: string[]; events: FtraceEvent[] }[] = [];
  readonly failures: FailedCall[] = [];
  /** The ioctl that each task is in. */
  readonly #calls = new Map<string, number>();

  take(event: FtraceEvent): void {
    const { task, name, text } = event;
    if (name === "sys_ioctl") this.#ioctl(task, text);
    else if (name === "console") this.#takeMessage(text);
    else if (isControlEvent(event)) this.#lastRun(name).events.push(event);
    else if (!name.startsWith("tracing_")) throw new Error(`unknown event: ${name} ${text}`);
  }

  /** `(fd: 6, cmd: 0xc0487c04, arg: 0x…)`, and ` -> 0x…` for one that failed. */
  #ioctl(task: string, text: string): void {
    const called = /^\(fd: \w+, cmd: (\w+),/.exec(text);
    const failed = /^ *-> (\w+)/.exec(text);
    if (called !== null) this.#calls.set(task, Number(called[1]));
    else if (failed !== null) this.#fail(task, BigInt(failed[1]!));
    else throw new Error(`not understood: sys_ioctl${text}`);
  }

  #fail(task: string, result: bigint): void {
    const call = this.#calls.get(task);
    // Those of V4L2 and of media devices: a terminal has ioctls too.
    const group = String.fromCharCode(((call ?? 0) >> 8) & 0xff);
    if (call !== undefined && (group === "V" || group === "|")) {
      this.failures.push({ call, error: -Number(BigInt.asIntN(64, result)) });
    }
  }

  /** A request begins with its first message. */
  #takeMessage(message: string): void {
    const start = /visl_device_run: Got OUTPUT buffer sequence \d+, timestamp (\d+)$/.exec(message);
    const line = /visl_tpg_fill: (.*)$/.exec(message);
    if (start !== null) this.runs.push({ timestamp: BigInt(start[1]!), drawn: [], events: [] });
    else if (line !== null) this.#lastRun(message).drawn.push(line[1]!);
  }

  #lastRun(what: string): { drawn: string[]; events: FtraceEvent[] } {
    const run = this.runs.at(-1);
    if (run === undefined) throw new Error(`before the first request: ${what}`);
    return run;
  }
}
