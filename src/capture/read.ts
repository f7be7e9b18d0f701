/** Captures as records: what a program told a decoder, in the lines of a record. */

import type { RecordHeader, RecordLine, RecordStream } from "../record/index.ts";
import type { Codec } from "../uapi/codecs.ts";
import { noRequest } from "./answers.ts";
import { withoutMark } from "./byte-order-mark.ts";
import type { Call } from "./calls.ts";
import { checkControls } from "./captured-controls.ts";
import type { CaptureKind } from "./detect.ts";
import { ftraceCalls } from "./ftrace.ts";
import { withHoles } from "./holes.ts";
import { recorderCalls } from "./recorder-log.ts";
import { CaptureRequests } from "./requests.ts";
import { namingFile, straceCalls } from "./strace-log.ts";
import { tracerCalls } from "./tracer.ts";

/** A capture in pieces of any size: text, or bytes. */
export type CapturePieces = Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>;

export interface CaptureReadOptions {
  /** Only what decoders of this codec were told. Default: of the first one that is used. */
  readonly codec?: Codec | undefined;
  /** Gets what the capture does not show. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/**
 * Reads a capture, call by call. Only what waits for the driver is in memory.
 *
 * @param pieces the capture's text, or its bytes, in pieces of any size.
 * @returns as soon as the first request is known, with the codec.
 * @throws CaptureError where the capture cannot be read, or does not show what a request needs; with the line.
 */
export async function readCapture(
  kind: CaptureKind,
  pieces: CapturePieces,
  options: CaptureReadOptions = {},
): Promise<RecordStream> {
  return captureRecord(captureCalls(kind, pieces, options.onWarning), options);
}

/**
 * The calls that a capture shows, on files of devices.
 *
 * @param onWarning gets what the capture does not show: that it is cut off, for example.
 * @throws CaptureError where it cannot be read.
 */
export function captureCalls(
  kind: CaptureKind,
  pieces: CapturePieces,
  onWarning?: (message: string) => void,
): AsyncIterable<Call> {
  return withHoles(readerOf(kind, withoutMark(pieces), onWarning), onWarning);
}

function readerOf(
  kind: CaptureKind,
  pieces: CapturePieces,
  onWarning: ((message: string) => void) | undefined,
): AsyncIterable<Call> {
  switch (kind) {
    case "strace":
      return straceCalls(pieces, "", onWarning);
    case "recorder":
      return recorderCalls(pieces, onWarning);
    case "v4l2-tracer":
      return tracerCalls(pieces, onWarning);
    case "ftrace":
      return ftraceCalls(pieces, onWarning);
  }
}

/** Requests that are queued before a hole shows that was before them: more than a program has in flight. */
const patience = 64;

/** The record of a program's calls. */
export async function captureRecord(calls: AsyncIterable<Call>, options: CaptureReadOptions): Promise<RecordStream> {
  const requests = new CaptureRequests(options.codec, patience);
  const lines = linesOf(calls, requests, options);
  const first = await lines.next();
  if (first.done === true || requests.codec === undefined) {
    throw noRequest(options.codec, requests.refused.answer);
  }
  const header: RecordHeader = { codec: requests.codec };
  return { header, lines: startingWith(first.value, lines) };
}

async function* startingWith(
  first: RecordLine,
  lines: AsyncIterable<RecordLine>,
): AsyncGenerator<RecordLine, void, undefined> {
  yield first;
  yield* lines;
}

async function* linesOf(
  calls: AsyncIterable<Call>,
  requests: CaptureRequests,
  { onWarning }: CaptureReadOptions,
): AsyncGenerator<RecordLine, void, undefined> {
  for await (const call of calls) {
    checkControls(call);
    yield* requests.take(call);
  }
  yield* requests.end();
  const { left, failed, cancelled } = requests;
  if (cancelled.warning !== undefined) onWarning?.(cancelled.warning);
  if (failed.warning !== undefined) onWarning?.(failed.warning);
  if (left > 0) {
    onWarning?.(
      `the last ${left === 1 ? "request is" : `${left} requests are`} left out: the capture ends before all buffers came back that show ${left === 1 ? "its timestamp and its hold flag" : "their timestamps and hold flags"}`,
    );
  }
}

/** One file of `strace -ff`. */
export interface StraceFile {
  readonly thread: string;
  /** For messages. */
  readonly name: string;
  readonly pieces: CapturePieces;
}

/**
 * Reads the files of `strace -ff`, one for each thread, as one capture. With times (-tt or -ttt) their calls are put in
 * order; without them, one file is read after the other, which is the order where one thread decodes.
 *
 * @throws CaptureError as `readCapture`.
 */
export async function readStraceFiles(
  files: readonly StraceFile[],
  options: CaptureReadOptions = {},
): Promise<RecordStream> {
  return captureRecord(straceFilesCalls(files, options.onWarning), options);
}

/**
 * The calls of the files of `strace -ff`, put in order as `readStraceFiles` does it.
 *
 * @param onWarning as `captureCalls`.
 */
export function straceFilesCalls(
  files: readonly StraceFile[],
  onWarning?: (message: string) => void,
): AsyncIterable<Call> {
  const names = new Map(files.map(({ thread, name }) => [thread, name]));
  return withHoles(mergedCalls(files, onWarning), onWarning, (thread) => names.get(thread));
}

interface Reading {
  readonly calls: AsyncGenerator<Call, void, undefined>;
  next: Call | undefined;
}

async function* mergedCalls(
  files: readonly StraceFile[],
  onWarning: ((message: string) => void) | undefined,
): AsyncGenerator<Call, void, undefined> {
  const inOrder = [...files].sort((a, b) => Number(a.thread) - Number(b.thread));
  const readings: Reading[] = [];
  try {
    for (const { thread, name, pieces } of inOrder) {
      const calls = namingFile(
        name,
        straceCalls(withoutMark(pieces), thread, (message) => onWarning?.(`${message} (${name})`)),
      );
      readings.push({ calls, next: (await calls.next()).value ?? undefined });
    }
    for (;;) {
      const [first, ...others] = readings.filter(({ next }) => next !== undefined);
      if (first === undefined) return;
      const earliest = others.reduce((best, each) => (timeOf(each) < timeOf(best) ? each : best), first);
      yield earliest.next as Call;
      earliest.next = (await earliest.calls.next()).value ?? undefined;
    }
  } finally {
    for (const { calls } of readings) await calls.return();
  }
}

/** Without a time, a file comes before all after it. */
function timeOf({ next }: Reading): number {
  return next?.time ?? 0;
}
