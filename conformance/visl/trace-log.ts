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

/** `task-pid [cpu] flags number: event: text` */
const eventLine = /^ *\S.*-\d+ +\[\d{3}\] \S+ +\d+: (\w+): ?(.*)$/;
const written = /^# entries-in-buffer\/entries-written: (\d+)\/(\d+)/m;

/**
 * Cuts a trace (see jobs.sh) into the requests that the driver ran: a request begins with its first message.
 *
 * @throws Error when events were lost.
 */
export function readTrace(trace: string): DriverRun[] {
  const counts = written.exec(trace);
  if (counts === null || counts[1] !== counts[2]) throw new Error("the trace is not complete");
  const runs: { timestamp: bigint; drawn: string[]; events: TraceEvent[] }[] = [];
  for (const event of splitEvents(trace)) {
    const run = runs.at(-1);
    if (event.name !== "console") {
      if (run === undefined) throw new Error(`${event.name} before the first request`);
      run.events.push(event);
      continue;
    }
    const start = /visl_device_run: Got OUTPUT buffer sequence \d+, timestamp (\d+)$/.exec(event.text);
    const line = /visl_tpg_fill: (.*)$/.exec(event.text);
    if (start !== null) runs.push({ timestamp: BigInt(start[1]!), drawn: [], events: [] });
    else if (line !== null) run?.drawn.push(line[1]!);
  }
  return runs;
}

function splitEvents(trace: string): TraceEvent[] {
  const events: { name: string; text: string }[] = [];
  for (const line of trace.split("\n")) {
    const start = eventLine.exec(line);
    const last = events.at(-1);
    if (start !== null) events.push({ name: start[1]!, text: start[2]! });
    else if (last !== undefined) last.text += `\n${line}`;
  }
  return events;
}
