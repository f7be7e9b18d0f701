import { existsSync, readFileSync } from "node:fs";
import { openSession } from "../../src/open-session.ts";
import { V4L2_AV1_INTRA_ONLY_FRAME, V4L2_AV1_KEY_FRAME, v4l2_ctrl_av1_frame, viewOf } from "../../src/uapi/index.ts";
import { readRequests } from "../payloads/requests.ts";
import { decodeStream } from "../streams/our-requests.ts";
import type { Decoded } from "./decode-runs.ts";
import { drawingDifferences } from "./drawing.ts";
import type { CommandTrace, FailedCall } from "./trace-log.ts";
import { compareTraced } from "./traced-controls.ts";
import type { Run } from "./visl-streams.ts";

/** What our `decode` did with a stream. */
export interface OurDecode {
  /** Of the first decode of two. */
  readonly trace: CommandTrace;
  readonly decodes: readonly Decoded[];
}

/** What GStreamer did with it. */
export interface TheirDecode {
  readonly trace: CommandTrace;
  /** The timestamps of the pictures that it put out, in their order. */
  readonly order: readonly number[];
  /** Whether it came to the end of the stream. */
  readonly complete: boolean;
}

/** A stream with what both made of it. */
export interface Subject {
  readonly run: Run;
  readonly ours: OurDecode;
  /** Undefined when GStreamer refused the stream. */
  readonly theirs: TheirDecode | undefined;
}

/** `differences` empty: fine. `compared` says how much was looked at; nothing at all is no success. */
export interface CheckResult {
  readonly compared: number;
  readonly differences: readonly string[];
}

/** One column of the table. Undefined: there is nothing to compare with. */
export type Check = (subject: Subject) => CheckResult | undefined;

/** The checks by the names of their columns. */
export const checks: Readonly<Record<string, Check>> = {
  ioctls: checkIoctls,
  controls: checkControls,
  drawings: checkDrawings,
  order: checkOrder,
  repeated: checkRepeated,
};

const EAGAIN = 11;
const EBUSY = 16;
const EINVAL = 22;

/** VIDIOC_* by the number of the ioctl, without its size and direction: those that end an enumeration with EINVAL. */
const VIDIOC_ENUM_FMT = 2;
const VIDIOC_QUERYCTRL = 36;
const VIDIOC_QUERYMENU = 37;
const VIDIOC_ENUM_FRAMESIZES = 74;
const VIDIOC_ENUM_FRAMEINTERVALS = 75;
const VIDIOC_QUERY_EXT_CTRL = 103;
const enumerations = [
  VIDIOC_ENUM_FMT,
  VIDIOC_QUERYCTRL,
  VIDIOC_QUERYMENU,
  VIDIOC_ENUM_FRAMESIZES,
  VIDIOC_ENUM_FRAMEINTERVALS,
  VIDIOC_QUERY_EXT_CTRL,
];
const VIDIOC_S_FMT = 5;
const VIDIOC_DQBUF = 17;

function isVideoCall({ call }: FailedCall, number: number): boolean {
  return ((call >> 8) & 0xff) === "V".charCodeAt(0) && (call & 0xff) === number;
}

/** Enumerations end with an error, and a queue that has nothing done yet says so with one. */
function isAnswer(failure: FailedCall): boolean {
  if (failure.error === EAGAIN) return isVideoCall(failure, VIDIOC_DQBUF);
  return failure.error === EINVAL && enumerations.some((number) => isVideoCall(failure, number));
}

/**
 * No ioctl fails, and the decode ends well. Whether a driver takes a new OUTPUT format while CAPTURE buffers stay, because references
 * lie in them, shows in an attempt only: for each such sequence, S_FMT may find the queue busy while it streams (hantro and
 * mediatek take it then), and once more without OUTPUT buffers.
 */
function checkIoctls({ run, ours }: Subject): CheckResult {
  let attempts = 2 * keptReferences(run);
  const failures = ours.trace.failures.filter((failure) => {
    if (isAnswer(failure)) return false;
    const isAttempt = isVideoCall(failure, VIDIOC_S_FMT) && failure.error === EBUSY;
    return !isAttempt || attempts-- <= 0;
  });
  const differences = failures.map(
    ({ call, error }) => `ioctl 0x${(call >>> 0).toString(16)} failed with errno ${error}`,
  );
  for (const { status, stderr } of ours.decodes) {
    if (status !== 0) differences.push(`decode ended with status ${status}: ${stderr.trim().split("\n").at(-1)}`);
  }
  return { compared: ours.trace.runs.length, differences };
}

/** How many sequences of a stream keep pictures of the one before as references, in another size or format. */
function keptReferences({ codec, path, mode }: Run): number {
  const session = openSession(codec, { decodeMode: mode });
  const events = [...session.push(readFileSync(path)), ...session.flush()];
  const sequences = events.filter((event) => event.type === "sequence");
  return sequences.filter((sequence, i) => {
    const before = sequences[i - 1];
    const isSame = (key: "pixelFormat" | "codedWidth" | "codedHeight") => before?.[key] === sequence[key];
    return sequence.keepsReferences && !(isSame("pixelFormat") && isSame("codedWidth") && isSame("codedHeight"));
  }).length;
}

/** The kernel's trace of each control is what our session meant. */
function checkControls({ run, ours }: Subject): CheckResult {
  const { requests } = decodeStream(run.codec, readFileSync(run.path), run.mode);
  const { runs } = ours.trace;
  const differences = runs.length === requests.length ? [] : [`${requests.length} requests meant, ${runs.length} run`];
  let compared = 0;
  for (let i = 0; i < Math.min(runs.length, requests.length); i++) {
    const { timestamp, controls } = requests[i]!;
    if (timestamp !== runs[i]!.timestamp)
      differences.push(`request ${i}: timestamp ${runs[i]!.timestamp}, not ${timestamp}`);
    const traced = compareTraced(runs[i]!, controls);
    compared += traced.fields;
    differences.push(...traced.differences.map((difference) => `request ${i}: ${difference}`));
  }
  return { compared, differences };
}

/** The driver draws on our frames what it draws on GStreamer's, which goes as far as when its golden was made. */
function checkDrawings({ run, ours, theirs }: Subject): CheckResult | undefined {
  const expected = existsSync(run.golden) ? readRequests(run.golden).length : theirs?.trace.runs.length;
  if (expected === undefined) return undefined;
  const runs = theirs?.trace.runs ?? [];
  const differences = runs.length === expected ? [] : [`GStreamer made ${runs.length} requests, once ${expected}`];
  const beginning = theirs?.complete ? ours.trace.runs : ours.trace.runs.slice(0, runs.length);
  return {
    compared: runs.length,
    differences: [...differences, ...drawingDifferences(beginning, runs, intraRequests(run))],
  };
}

/** The intra frames of AV1, of which visl traces no frame_type: their references are not read (5.9.2), and it draws what lies there. */
function intraRequests({ codec, path, mode }: Run): ReadonlySet<number> {
  if (codec !== "av1") return new Set();
  const { requests } = decodeStream(codec, readFileSync(path), mode);
  const isIntra = requests.map(({ controls }) => {
    const payload = controls.get("V4L2_CID_STATELESS_AV1_FRAME") as Uint8Array;
    const frame_type = viewOf(payload).getUint32(v4l2_ctrl_av1_frame.offsets.frame_type, true);
    return frame_type === V4L2_AV1_KEY_FRAME || frame_type === V4L2_AV1_INTRA_ONLY_FRAME;
  });
  return new Set(isIntra.flatMap((is, i) => (is ? [i] : [])));
}

/** As many frames as GStreamer puts out, and in the same order. */
function checkOrder({ ours, theirs }: Subject): CheckResult | undefined {
  if (theirs === undefined) return undefined;
  const numbers = (timestamps: readonly number[], { runs }: CommandTrace): number[] => {
    const pictures = [...new Set(runs.map(({ timestamp }) => Number(timestamp)))];
    return timestamps.map((timestamp) => pictures.indexOf(timestamp));
  };
  const order = numbers(
    framesOf(ours.decodes[0]!).map(({ timestamp }) => timestamp),
    ours.trace,
  );
  const expected = numbers(theirs.order, theirs.trace);
  const shown = theirs.complete ? order : order.slice(0, expected.length);
  const same = shown.join(" ") === expected.join(" ");
  return {
    compared: expected.length,
    differences: same ? [] : [`pictures ${shown.join(" ")}, of GStreamer's ${expected.join(" ")}`],
  };
}

/** Two decodes give the same frames. */
function checkRepeated({ ours }: Subject): CheckResult {
  const [first, second] = ours.decodes.map((decoded) => framesOf(decoded).map(({ line }) => line));
  const same = first!.join("\n") === second!.join("\n");
  return { compared: first!.length, differences: same ? [] : ["the frames of a second decode have other checksums"] };
}

/** The lines of `decode --md5`. */
function framesOf({ stdout }: Decoded): { readonly line: string; readonly timestamp: number }[] {
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => ({ line, timestamp: Number(line.split(" ")[1]) }));
}
