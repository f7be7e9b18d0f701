/** Reads a log of ftrace with visl's tracepoints: the requests that the driver ran, with the controls that it had. */

import { LineSplitter } from "../record/split-lines.ts";
import {
  V4L2_AV1_SEQUENCE_FLAG_FILM_GRAIN_PARAMS_PRESENT,
  V4L2_H264_PPS_FLAG_SCALING_MATRIX_PRESENT,
  V4L2_HEVC_SPS_FLAG_SCALING_LIST_ENABLED,
  viewOf,
} from "../uapi/index.ts";
import { type CapturedControl, CaptureError, type Hole, type RunRequest } from "./calls.ts";
import { cutOff } from "./cut-off.ts";
import { type FtraceEvent, FtraceLines } from "./ftrace-lines.ts";
import { JoinedCaptures } from "./joined.ts";
import { beginsRequest, isControlEvent, type LastEvents, type TracedControl, tracedControls } from "./visl-controls.ts";

/** Requests at the beginning that cannot be read, and that are told one by one. */
const mostFailures = 64;

/**
 * The requests of a log. What is cut off at its end is left out; where events are missing before is a hole.
 *
 * @throws CaptureError where the log cannot be read, or does not show what a request needs.
 */
export async function* ftraceCalls(
  pieces: Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>,
  onWarning?: (message: string) => void,
): AsyncGenerator<RunRequest | Hole, void, undefined> {
  const splitter = new LineSplitter();
  const lines = new FtraceLines();
  const runs = new Runs();
  const joined = new JoinedCaptures("ftrace", onWarning);
  const callsOf = function* (line: string) {
    const event = lines.take(line, joined);
    if (event !== undefined) yield* runs.take(event);
    if (lines.lost !== undefined) yield* runs.lose(lines.line, lines.lost);
  };
  for await (const piece of pieces) {
    for (const line of splitter.push(piece)) {
      const lost = overwritten(line);
      if (lost > 0) {
        onWarning?.(
          `${lost} events at the beginning are lost: enlarge buffer_size_kb, and trace again where they matter`,
        );
      }
      yield* callsOf(line);
    }
  }
  const rest = splitter.flush();
  if (rest !== "") yield* callsOf(rest);
  const last = lines.end();
  // A log that is whole ends with a line feed.
  const isCut = rest !== "";
  // Half a number looks like a whole one.
  if (last !== undefined && !(isCut && bufferEvents.has(last.name))) yield* runs.take(last);
  if (isCut) onWarning?.(cutOff(lines.line, "a line"));
  yield* runs.end(isCut, onWarning);
}

/** Older events are dropped when the kernel's buffer is full. */
function overwritten(line: string): number {
  const [, kept, written] = /^# entries-in-buffer\/entries-written: (\d+)\/(\d+)/.exec(line) ?? [];
  return Number(written ?? 0) - Number(kept ?? 0);
}

/** A request while its events are read. */
interface Run {
  readonly events: FtraceEvent[];
  timestamp: bigint | undefined;
}

/** Puts the events of requests together. Each request is run by one task, and several tasks may trace at once. */
class Runs {
  readonly #running = new Map<string, Run>();
  /** Controls that some request set: they are not as the kernel made them any more. */
  readonly #set = new Set<string>();
  #hasRun = false;
  readonly #lastEvents: LastEvents = new Map();
  /** Why no request could be read yet: of each one, up to the first that can. */
  readonly #failures: { readonly error: CaptureError; readonly line: number }[] = [];
  /** Requests end with the event of their OUTPUT buffer. */
  #endsWithBuffer = false;
  /** OUTPUT buffers that vb2's events show: whether each is queued, and the line of its last event. */
  readonly #buffers = new Map<string, { readonly isQueued: boolean; readonly line: number }>();
  /** Those that were done without a request: when streaming ends, and where its events are missing; with the line where it was queued. */
  readonly #untraced = new Map<string, number | undefined>();
  /** The events that the requests before had. */
  #eventNames: ReadonlySet<string> | undefined;
  /** The most events that a request had. */
  #mostEvents = 0;

  *take(event: FtraceEvent): Generator<RunRequest | Hole, void, undefined> {
    const run = this.#running.get(event.task);
    if (isControlEvent(event)) {
      if (!beginsRequest(event)) {
        // A log may begin in the middle of a request.
        run?.events.push(event);
        return;
      }
      // With messages of the module the timestamp comes first.
      if (run !== undefined && run.events.length > 0) yield* this.#ended(event.task, run);
      const timestamp = run?.events.length === 0 ? run.timestamp : undefined;
      this.#running.set(event.task, { events: [event], timestamp });
      return;
    }
    if (/^v4l2_ctrl_/.test(event.name)) {
      yield* this.#fail(
        new CaptureError(`${event.name} is an event of a control that is not known`, event.line),
        event.line,
      );
      return;
    }
    const started = /visl_device_run: Got OUTPUT buffer sequence \d+, timestamp (\d{1,20})$/.exec(event.text)?.[1];
    const startedAt = timestampIn(started ?? "");
    if (event.name === "console" && startedAt !== undefined) {
      if (run !== undefined && run.events.length > 0) yield* this.#ended(event.task, run);
      this.#running.set(event.task, { events: [], timestamp: startedAt });
      return;
    }
    if (!bufferEvents.has(event.name)) return;
    const buffer = bufferOf(event);
    if (buffer === undefined) {
      yield* this.lose(event.line, `${event.name} is cut off, or not printed as vb2 does`);
      return;
    }
    if (!buffer.isOutput) return;
    const queuedAt = this.#buffers.get(buffer.name)?.line;
    const missing = this.#pair(event, buffer.name, buffer.index);
    if (missing !== undefined) {
      yield* this.lose(event.line, missing.reason, missing.since);
      return;
    }
    if (event.name !== "vb2_buf_done") return;
    if (run === undefined || run.events.length === 0) {
      this.#untraced.set(buffer.name, queuedAt);
      return;
    }
    run.timestamp = buffer.timestamp;
    this.#endsWithBuffer = true;
    yield* this.#ended(event.task, run, buffer.bytesused);
  }

  /** Where events are missing, what runs may lack some. */
  *lose(line: number, reason: string, since?: number): Generator<RunRequest | Hole, void, undefined> {
    this.#forget();
    yield { call: "hole", line, since, thread: "", reason };
  }

  #forget(): void {
    this.#running.clear();
    this.#buffers.clear();
    this.#untraced.clear();
  }

  /** A request cannot be read: it is damaged. Where no other can be read either, the log does not show what is needed. */
  *#fail(error: CaptureError, line: number): Generator<RunRequest | Hole, void, undefined> {
    if (this.#hasRun) {
      yield* this.lose(line, error.reason);
      return;
    }
    this.#forget();
    if (this.#failures.length < mostFailures) this.#failures.push({ error, line });
  }

  /** Why an event of a buffer cannot follow those before it, and since which line events can be missing. */
  #pair({ name, line }: FtraceEvent, buffer: string, index: number): Pick<Hole, "reason" | "since"> | undefined {
    const before = this.#buffers.get(buffer);
    const since = before?.line;
    // What streaming's end gives back is not dequeued.
    const isUntraced = this.#untraced.has(buffer);
    const queuedAt = this.#untraced.get(buffer);
    this.#untraced.delete(buffer);
    if (name === "vb2_dqbuf") {
      const isMissing = isUntraced && before?.isQueued === false;
      return isMissing ? { reason: `the request of OUTPUT buffer ${index} is not traced`, since: queuedAt } : undefined;
    }
    if (name === "vb2_qbuf") {
      this.#buffers.set(buffer, { isQueued: true, line });
      const reason = `OUTPUT buffer ${index} is queued, and it was not done since it was queued before`;
      return before?.isQueued ? { reason, since } : undefined;
    }
    if (name !== "vb2_buf_done") return undefined;
    // Of a buffer that was queued before the log begins nothing is known.
    if (before !== undefined) this.#buffers.set(buffer, { isQueued: false, line });
    const reason = `OUTPUT buffer ${index} is done, and it was not queued since it was done before`;
    return before?.isQueued === false ? { reason, since } : undefined;
  }

  /** The requests after whose events nothing comes. */
  *end(
    isCut: boolean,
    onWarning: ((message: string) => void) | undefined,
  ): Generator<RunRequest | Hole, void, undefined> {
    const [failure] = this.#failures;
    for (const [task, run] of this.#running) {
      const [first] = run.events;
      if (first === undefined) continue;
      if (run.timestamp !== undefined && !isCut && run.events.length >= this.#mostEvents) {
        yield* this.#ended(task, run);
        continue;
      }
      this.#hasRun = true;
      onWarning?.(
        `line ${first.line}: the last request is left out: the trace ends before all of it is traced, or without the events of vb2 (events/vb2/enable)`,
      );
    }
    if (failure !== undefined && this.#failures.length > 0) throw failure.error;
    if (this.#hasRun) return;
    throw new CaptureError(
      "visl traced no request: enable the events of the codec and of vb2 (events/visl_h264_controls/enable, events/vb2/enable)",
    );
  }

  *#ended(task: string, { events, timestamp }: Run, bytes?: number): Generator<RunRequest | Hole, void, undefined> {
    this.#running.delete(task);
    const { line } = events[0] as FtraceEvent;
    if (timestamp === undefined) {
      if (this.#endsWithBuffer) {
        yield* this.lose(line, "the end of this request is not traced");
        return;
      }
      yield* this.#fail(
        new CaptureError(
          "the timestamp of this request is not shown: enable the events of vb2, too (echo 1 >/sys/kernel/tracing/events/vb2/enable)",
          line,
        ),
        line,
      );
      return;
    }
    const names = new Set(events.map(({ name }) => name));
    const missing = [...(this.#eventNames ?? [])].find((name) => !names.has(name));
    if (missing !== undefined && this.#isOfSameCodec(names)) {
      yield* this.lose(line, `this request has no event ${missing}`);
      return;
    }
    const traced = controlsOrReason(events, this.#lastEvents);
    if (traced instanceof CaptureError) {
      yield* this.#fail(traced, line);
      return;
    }
    this.#hasRun = true;
    for (const { error, line: at } of this.#failures.splice(0)) {
      yield { call: "hole", line: at, thread: "", reason: error.reason };
    }
    this.#eventNames = new Set([...names].filter((name) => !optionalEvents.test(name)));
    this.#mostEvents = Math.max(this.#mostEvents, events.length);
    const set = traced.filter((control) => this.#isSet(control, traced));
    const unset = traced.filter((control) => !set.includes(control)).map(({ name }) => name);
    const unknown = [...unset, ...untraced.filter((name) => isOfCodec(name, set))];
    yield { call: "run", line, thread: task, timestamp, bytes, controls: set.map(capturedControl), unknown };
  }

  #isOfSameCodec(names: ReadonlySet<string>): boolean {
    return [...(this.#eventNames ?? [])].some((name) => names.has(name));
  }

  /**
   * The driver traces what it had, whether or not a program set it. A control that not every picture needs, and that still is as
   * the kernel made it, need not have been set.
   */
  #isSet({ name, payload }: TracedControl, all: readonly TracedControl[]): boolean {
    const isNeeded = !optional.test(name) || isAskedFor(name, all);
    const initial = flatLists.test(name) ? [0, 16] : [0];
    if (isNeeded || !initial.some((value) => payload.every((byte) => byte === value))) this.#set.add(name);
    return this.#set.has(name);
  }
}

/** Events that not every request of a stream has: those of entries of lists. */
const optionalEvents =
  /_(?:dpb_entry|ref_pic_list[01]|pred_weights|pred_weight_table|scaling_matrix|film_grain|ext_sps_[ls]t_rps)$/;

/** The controls, or why the events cannot be read. */
function controlsOrReason(events: readonly FtraceEvent[], last: LastEvents): readonly TracedControl[] | CaptureError {
  try {
    return tracedControls(events, last);
  } catch (thrown) {
    if (thrown instanceof CaptureError) return thrown;
    throw thrown;
  }
}

/** What the kernel makes of scaling lists that nobody sets depends on its version: 0, or 16. */
const flatLists = /_H264_SCALING_MATRIX$/;

/** Controls that some pictures need, and that the kernel makes all 0, which is no valid one of them. */
const optional = /_(?:SLICE_PARAMS|PRED_WEIGHTS|SCALING_MATRIX|EXT_SPS_[LS]T_RPS|FILM_GRAIN)$/;

/** The flag of a parameter set that asks for a control. */
const askedFor: Readonly<Record<string, readonly [control: string, flag: number]>> = {
  V4L2_CID_STATELESS_H264_SCALING_MATRIX: ["V4L2_CID_STATELESS_H264_PPS", V4L2_H264_PPS_FLAG_SCALING_MATRIX_PRESENT],
  V4L2_CID_STATELESS_HEVC_SCALING_MATRIX: [
    "V4L2_CID_STATELESS_HEVC_SPS",
    Number(V4L2_HEVC_SPS_FLAG_SCALING_LIST_ENABLED),
  ],
  V4L2_CID_STATELESS_AV1_FILM_GRAIN: [
    "V4L2_CID_STATELESS_AV1_SEQUENCE",
    V4L2_AV1_SEQUENCE_FLAG_FILM_GRAIN_PARAMS_PRESENT,
  ],
};

function isAskedFor(name: string, all: readonly TracedControl[]): boolean {
  const [control, flag] = askedFor[name] ?? [];
  const asking = all.find((each) => each.name === control);
  const field = asking?.shown.find(({ path }) => path === "flags");
  if (asking === undefined || field === undefined || flag === undefined) return false;
  return (BigInt(field.type.read(viewOf(asking.payload), field.offset)) & BigInt(flag)) !== 0n;
}

/** Controls for which visl has no event. */
export const untraced: readonly string[] = [
  "V4L2_CID_STATELESS_H264_DECODE_MODE",
  "V4L2_CID_STATELESS_H264_START_CODE",
  "V4L2_CID_STATELESS_HEVC_DECODE_MODE",
  "V4L2_CID_STATELESS_HEVC_START_CODE",
  "V4L2_CID_STATELESS_HEVC_ENTRY_POINT_OFFSETS",
];

function isOfCodec(name: string, [first]: readonly TracedControl[]): boolean {
  const codec = (control: string) => control.split("_")[3];
  return first !== undefined && codec(first.name) === codec(name);
}

function capturedControl({ id, payload, shown, isWhole, isList }: TracedControl): CapturedControl {
  // Of a list only the first element is traced, and not how many there are.
  if (isWhole && !isList) return { id, payload };
  return { id, payload, known: shown.map(({ path }) => (isList ? `[0].${path}` : path)) };
}

/** Those that show what becomes of a buffer, as its user sees it. */
const bufferEvents: ReadonlySet<string> = new Set(["vb2_qbuf", "vb2_buf_done", "vb2_dqbuf"]);

interface TracedBuffer {
  /** Its queue and its index. */
  readonly name: string;
  readonly index: number;
  readonly isOutput: boolean;
  readonly bytesused: number;
  readonly timestamp: bigint;
}

/** The queue's owner is a pointer, in hexadecimal digits or as `(null)`. Undefined where a value is missing, or cannot be. */
function bufferOf({ text }: FtraceEvent): TracedBuffer | undefined {
  const [, owner, index, type, bytesused, time] =
    /\bowner = (\S+),.*\bindex = (\d{1,5}),? type = (\d{1,2}),? bytesused = (\d{1,10}),? timestamp = (\d{1,20})$/m.exec(
      text,
    ) ?? [];
  const timestamp = timestampIn(time ?? "");
  if (timestamp === undefined || Number(bytesused) > 0xffffffff) return undefined;
  return {
    name: `${owner} ${type} ${index}`,
    index: Number(index),
    // V4L2_BUF_TYPE_VIDEO_OUTPUT, V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE.
    isOutput: type === "2" || type === "10",
    bytesused: Number(bytesused),
    timestamp,
  };
}

/** Undefined where 64 bits cannot hold it. */
function timestampIn(digits: string): bigint | undefined {
  const value = /^\d{1,20}$/.test(digits) ? BigInt(digits) : -1n;
  return value === BigInt.asUintN(64, value) ? value : undefined;
}
