/** A control, or a part of one, as the driver traced it. */
export interface TraceEvent {
  /** `"v4l2_ctrl_h264_sps"`. */
  readonly name: string;
  /** What stands behind the name, and in the lines below it. */
  readonly text: string;
}

/** A request as the driver ran it. */
export interface DriverRun {
  /** The CAPTURE buffer's. */
  readonly timestamp: bigint;
  /** The lines that it drew on the CAPTURE buffer. */
  readonly drawn: readonly string[];
  /** The controls that it had, in the order of visl_trace_ctrls. */
  readonly events: readonly TraceEvent[];
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

/** `task-pid [cpu] flags number: text` */
const eventLine = /^ *\S.*-(\d+) +\[\d{3}\] \S+ +\d+: (.*)$/;
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
  for (const event of splitEvents(trace)) {
    const mark = /^tracing_mark_write: run (.*)$/.exec(event.text);
    if (mark === null) {
      current.take(event);
      continue;
    }
    current = new CommandReader();
    commands.set(mark[1]!, current);
  }
  return commands;
}

interface RawEvent {
  readonly pid: string;
  text: string;
}

function splitEvents(trace: string): RawEvent[] {
  const events: RawEvent[] = [];
  for (const line of trace.split("\n")) {
    const start = eventLine.exec(line);
    const last = events.at(-1);
    if (start !== null) events.push({ pid: start[1]!, text: start[2]! });
    else if (last !== undefined) last.text += `\n${line}`;
  }
  return events;
}

class CommandReader implements CommandTrace {
  readonly runs: { timestamp: bigint; drawn: string[]; events: TraceEvent[] }[] = [];
  readonly failures: FailedCall[] = [];
  /** The ioctl that each task is in. */
  readonly #calls = new Map<string, number>();

  take({ pid, text }: RawEvent): void {
    const [, name = "", rest = ""] = /^(\w+): ?(.*)$/s.exec(text) ?? [];
    const called = /^sys_ioctl\(fd: \w+, cmd: (\w+),/.exec(text);
    const failed = /^sys_ioctl -> (\w+)/.exec(text);
    if (called !== null) this.#calls.set(pid, Number(called[1]));
    else if (failed !== null) this.#fail(pid, BigInt(failed[1]!));
    else if (name === "console") this.#takeMessage(rest);
    else if (name.startsWith("v4l2_")) this.#lastRun(name).events.push({ name, text: rest });
    else if (!name.startsWith("tracing_")) throw new Error(`unknown event: ${text}`);
  }

  #fail(pid: string, result: bigint): void {
    const call = this.#calls.get(pid);
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

  #lastRun(what: string): { drawn: string[]; events: TraceEvent[] } {
    const run = this.runs.at(-1);
    if (run === undefined) throw new Error(`before the first request: ${what}`);
    return run;
  }
}
