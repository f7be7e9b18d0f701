/** Golden tests of requests. */
import { AssertionError } from "node:assert";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gunzipSync, gzipSync } from "node:zlib";
import { objectOf } from "../bytes.ts";
import { DifferenceText } from "../cli/printing/differences.ts";
import { plain } from "../cli/printing/terminal.ts";
import { type Comparison, ComparisonSummary, compare, type Difference, recordSide } from "../compare/index.ts";
import { decompressBrotli, namedCompression } from "../record/files.ts";
import {
  type RecordableEvent,
  RecordError,
  type RecordStream,
  RecordWriter,
  type RequestRecord,
  readRecord,
  readRecordStream,
  recordFormat,
  recordHeaderText,
  recordLineText,
} from "../record/index.ts";
import { boardByName } from "../targets/boards.ts";
import { type Target, targetByName, targets } from "../targets/index.ts";
import { type Codec, codecNames, codecs } from "../uapi/codecs.ts";
import { ignoring } from "./ignored.ts";

/**
 * Requests that a test made: a session's events, those of another program in the same form, or a record: read, or its text in pieces of
 * any size. Events of several calls of a session come from a generator: a call's bitstreams are valid until the next one.
 */
export type ActualRequests =
  | Iterable<RecordableEvent>
  | AsyncIterable<RecordableEvent>
  | Iterable<string | Uint8Array>
  | AsyncIterable<string | Uint8Array>
  | string
  | Uint8Array
  | RequestRecord
  | RecordStream;

/** How requests are compared with a golden. */
export interface ExpectRequestsOptions {
  /** The driver that the requests are for, or its target's name (`v4l2-stateless/targets`): `"rk3399"`. It decides what is read and refused. Default: any driver. */
  readonly target?: Target | string | undefined;
  /**
   * What may differ: controls (`"V4L2_CID_STATELESS_H264_PPS"`) and their fields, also as `diff` prints them, without indices or with all
   * of them (`"V4L2_CID_STATELESS_H264_DECODE_PARAMS.dpb[].pic_num"`, `"H264_DECODE_PARAMS dpb[3].pic_num"`), `"bitstream"` for the OUTPUT
   * buffer, `"hold"` for its hold flag, `"timestamp"` for whether it shares that of the request before, and classes: `"unread"`, `"normalised"`.
   */
  readonly ignore?: readonly string[] | undefined;
  /** Compare every field as it is, timestamps and order counts too: see `CompareOptions`. Default false. */
  readonly raw?: boolean | undefined;
  /** The golden gets the OUTPUT buffers' bytes, not only their sizes and CRC-32. Default false. */
  readonly withData?: boolean | undefined;
}

/** Lines of the message have at most this many columns. */
const columns = 100;
/** Pairs that the message shows field by field. */
const shownPairs = 3;

/**
 * Compares requests with those of a golden file, which is a request record. Works in every test runner: what differs is an
 * AssertionError, whose message is what `v4l2-stateless diff` prints.
 *
 * With `UPDATE_GOLDENS=1` in the environment the golden is written anew where it differs. A golden that does not exist is written, but where the
 * environment has `CI` it is an error, so that no test passes because its golden was forgotten.
 *
 * @param actual what was made. Known faults of GStreamer and FFmpeg are named, and they are differences like others.
 * @param golden the file's path, or its URL (an object with `href`). A name that ends in `.gz` or `.br` is compressed.
 * @throws AssertionError where something differs that `ignore` does not name, also what no driver reads; and for a golden of another codec.
 * @throws TypeError for an unknown target or an unknown name in `ignore`; RecordError for requests that are given as a record and are none.
 */
export async function expectRequests(
  actual: ActualRequests,
  golden: string | { readonly href: string },
  options: ExpectRequestsOptions = {},
): Promise<void> {
  objectOf(options, "options");
  const path = pathOf(golden);
  const target = typeof options.target === "string" ? namedTarget(options.target) : options.target;
  const isIgnored = ignoring(options.ignore ?? []);
  const record = await recordText(actual, options.withData ?? false);
  if (!existsSync(path)) {
    if (isSet(process.env.CI) && !isSet(process.env.UPDATE_GOLDENS)) {
      fail(`there is no golden ${path}: run the test with UPDATE_GOLDENS=1, look at what it wrote, and commit it`);
    }
    write(path, record);
    return;
  }
  const bytes = readFileSync(path);
  let text = "";
  let read: RequestRecord;
  try {
    text = decompressed(path, bytes);
    read = readRecord(text);
  } catch (cause) {
    if (!isOfContent(cause)) throw cause;
    const wasRecord = text === "" || text.includes(recordFormat);
    if (isSet(process.env.UPDATE_GOLDENS) && wasRecord) return write(path, record);
    return fail(`the golden ${path} is not a request record: ${cause.message}`);
  }
  const sides = [await recordSide(read), await recordSide([record])] as const;
  if (sides[0].codec !== sides[1].codec) {
    if (isSet(process.env.UPDATE_GOLDENS)) return write(path, record);
    fail(`the golden ${path} is one of ${sides[0].codec}, and the requests are of ${sides[1].codec}`);
  }
  const { summary, pairs } = await compared(compare(sides, { target, raw: options.raw }), isIgnored);
  if (summary.isEqual) return;
  if (isSet(process.env.UPDATE_GOLDENS)) {
    write(path, record);
    return;
  }
  const named = [
    { name: path, side: sides[0], count: read.lines.filter(({ type }) => type === "request").length },
    { name: "this test", side: sides[1], count: requestsIn(record) },
  ];
  const printed = new DifferenceText(plain, columns, target?.name, () => undefined);
  const details = pairs.slice(0, shownPairs).map((pair) => `\n${printed.details(pair)}`);
  const advice = "\nIf the new requests are right, run the test with UPDATE_GOLDENS=1.";
  fail(`the requests are not those of the golden\n${printed.summary(named, summary)}${details.join("")}${advice}`);
}

/** @throws TypeError where it is neither a path nor a URL. */
function pathOf(golden: string | { readonly href: string }): string {
  const path: unknown = typeof golden === "object" && golden !== null ? golden.href : golden;
  if (typeof path !== "string") throw new TypeError("the golden's path must be a string or a URL");
  return typeof golden === "string" ? golden : fileURLToPath(path);
}

function fail(message: string): never {
  throw new AssertionError({ message, stackStartFn: expectRequests });
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== "" && value !== "0" && value !== "false";
}

/** A golden that is damaged, or none: zlib's errors have a number. */
function isOfContent(thrown: unknown): thrown is Error {
  return (
    thrown instanceof RecordError ||
    (thrown instanceof Error && "errno" in thrown && /^Z_/.test(String(Reflect.get(thrown, "code"))))
  );
}

function decompressed(path: string, bytes: Buffer): string {
  const compression = namedCompression(path);
  if (compression === undefined) return bytes.toString();
  return (compression === "gzip" ? gunzipSync(bytes) : decompressBrotli(bytes)).toString();
}

function write(path: string, record: string): void {
  const compression = namedCompression(path);
  const compress = compression === "gzip" ? gzipSync : brotliCompressSync;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, compression === undefined ? record : compress(record));
}

function namedTarget(name: string): Target {
  const target = targetByName(name);
  if (target !== undefined) return target;
  const chip = boardByName(name)?.decoders.map((each) => each.target.name);
  const advice = chip === undefined ? targets.map((each) => each.name) : chip;
  const what = chip === undefined ? "there are" : "it is a chip; its decoders are";
  throw new TypeError(`unknown target ${name}: ${what} ${advice.join(", ")}`);
}

/** Every pair without what may differ. */
async function compared(found: AsyncIterable<Comparison>, isIgnored: (difference: Difference) => boolean) {
  const summary = new ComparisonSummary();
  const pairs: Extract<Comparison, { readonly type: "pair" }>[] = [];
  for await (const each of found) {
    if (each.type !== "pair") {
      summary.add(each);
      continue;
    }
    const pair = { ...each, differences: each.differences.filter((difference) => !isIgnored(difference)) };
    summary.add(pair);
    if (pair.differences.length > 0 && pairs.length < shownPairs) pairs.push(pair);
  }
  return { summary, pairs };
}

/** The requests as the text of a record. */
async function recordText(actual: ActualRequests, withData: boolean): Promise<string> {
  if (typeof actual !== "string" && (typeof actual !== "object" || actual === null)) {
    throw new TypeError("expectRequests: the requests must be events, a record, or its text");
  }
  if (typeof actual === "string") return copied(await readRecordStream([actual]));
  if (actual instanceof Uint8Array) return copied(await readRecordStream([actual]));
  if ("header" in actual) return copied(actual);
  const iterator = iteratorOf<RecordableEvent | string | Uint8Array>(actual);
  const first = await iterator.next();
  if (first.done !== true && (typeof first.value === "string" || first.value instanceof Uint8Array)) {
    return copied(await readRecordStream(rest(first.value, iterator) as AsyncIterable<string | Uint8Array>));
  }
  return ofEvents(first.done === true ? [] : (rest(first.value, iterator) as AsyncIterable<RecordableEvent>), withData);
}

function iteratorOf<T>(source: Iterable<T> | AsyncIterable<T>): Iterator<T> | AsyncIterator<T> {
  return Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
}

async function* rest<T>(first: T, iterator: Iterator<T> | AsyncIterator<T>): AsyncGenerator<T, void, undefined> {
  yield first;
  for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
}

async function copied({ header, lines }: RequestRecord | RecordStream): Promise<string> {
  const parts = [recordHeaderText(header)];
  for await (const line of lines) parts.push(recordLineText(line));
  return parts.join("");
}

/** Writes each event before the next one is asked for: a session's bitstreams are valid until its next call. */
async function ofEvents(
  events: Iterable<RecordableEvent> | AsyncIterable<RecordableEvent>,
  withData: boolean,
): Promise<string> {
  let writer: RecordWriter | undefined;
  const parts: string[] = [];
  /** Events before the codec is known. */
  const early: RecordableEvent[] = [];
  for await (const event of events) {
    const codec = writer === undefined ? codecOf(event) : undefined;
    if (codec !== undefined) {
      writer = new RecordWriter({ codec }, { withData });
      parts.push(writer.head);
      for (const each of early) parts.push(writer.write(each));
    }
    if (writer === undefined) early.push(event.type === "request" ? withOwnBytes(event) : event);
    else parts.push(writer.write(event));
  }
  if (writer === undefined) fail("there are no requests to compare: the events have no control of a codec");
  return parts.join("");
}

function withOwnBytes(event: Extract<RecordableEvent, { readonly type: "request" }>): RecordableEvent {
  return { ...event, bitstream: event.bitstream.map((part) => part.slice()) };
}

/** By the first control that only one codec has; undefined where the event has none. */
function codecOf(event: RecordableEvent): Codec | undefined {
  if (event.type !== "request" && event.type !== "sequence") return undefined;
  return codecNames.find((name) => event.controls.some((control) => control.name in codecs[name].controls));
}

/** @param record a whole record that has been read. */
function requestsIn(record: string): number {
  return record.split("\n").filter((line) => line.trim() !== "" && "request" in JSON.parse(line)).length;
}
