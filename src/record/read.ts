import { objectOf } from "../bytes.ts";
import { RecordChecks, type RecordReadOptions } from "./checks.ts";
import { fromBase64 } from "./encoding.ts";
import { type Controls, persists, RecordError, type RecordHeader, recordCodecs, recordFormat } from "./format.ts";
import {
  isBoolean,
  isChecksum,
  isCodec,
  isColour,
  isComponents,
  isCount,
  isErrorKind,
  isFieldOrder,
  isNumber,
  isOneOf,
  isPathsByControl,
  isRectangle,
  isStream,
  isString,
  LineReader,
} from "./line-reader.ts";
import type {
  ErrorLine,
  OutputLine,
  RecordedBitstream,
  RecordLine,
  RequestLine,
  ResolvedRequest,
  SequenceLine,
} from "./lines.ts";
import { LineSplitter } from "./split-lines.ts";

/** A record as it was read, without unknown lines and keys. */
export interface RequestRecord {
  readonly header: RecordHeader;
  readonly lines: readonly RecordLine[];
}

/** A record that is read while its lines are taken. Only one line at a time is in memory. */
export interface RecordStream {
  readonly header: RecordHeader;
  /** Can be read once. Rejects with RecordError as `readRecord` throws. */
  readonly lines: AsyncIterable<RecordLine>;
}

/** A line. A request has all the controls that are in effect for it. */
export type ResolvedLine = Exclude<RecordLine, RequestLine> | ResolvedRequest;

/**
 * Reads a record: its text, or its lines one by one for texts that are longer than a string can be.
 *
 * @throws RecordError when the first line is not a header of `v4l2-stateless-requests/1`, when a line is not what its keys
 * promise, or when the numbers of requests do not increase.
 */
export function readRecord(text: string | Iterable<string>, options: RecordReadOptions = {}): RequestRecord {
  const reader = new RecordReader(objectOf(options, "options"));
  const lines: RecordLine[] = [];
  for (const source of typeof text === "string" ? linesOf(text) : objectOf(text, "lines that are no string")) {
    const line = reader.read(source);
    if (line !== undefined) lines.push(line);
  }
  return { header: reader.header, lines };
}

/**
 * Reads a record of any size, line by line: never more than one line and one piece are in memory.
 *
 * @param pieces the record's text or its bytes in UTF-8, in pieces of any size: a file's stream, the body of a response.
 * @returns as soon as the header has been read. A loop over the lines that ends early also ends the iteration of `pieces`.
 * @throws RecordError as `readRecord`, and at a line that is longer than `recordLineLimit`: at once where that is the header,
 * otherwise while the lines are read.
 */
export async function readRecordStream(
  pieces: Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>,
  options: RecordReadOptions = {},
): Promise<RecordStream> {
  const reader = new RecordReader(objectOf(options, "options"));
  const lines = readPieces(objectOf(pieces, "the pieces of a record"), reader);
  await lines.next();
  return { header: reader.header, lines: lines as AsyncIterable<RecordLine> };
}

/** Yields undefined once the header has been read, and then each line. */
async function* readPieces(
  pieces: Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>,
  reader: RecordReader,
): AsyncGenerator<RecordLine | undefined, void, undefined> {
  const splitter = new LineSplitter();
  for await (const piece of pieces) {
    for (const source of splitter.push(piece)) {
      const isHeader = !reader.hasHeader;
      const line = reader.read(source);
      if (line !== undefined || (isHeader && reader.hasHeader)) yield line;
    }
  }
  const last = reader.read(splitter.flush());
  if (last !== undefined) yield last;
}

/** Reads the lines of a record one after the other. */
class RecordReader {
  readonly #checks: RecordChecks;
  #header: RecordHeader | undefined;
  #number = 0;

  constructor(options: RecordReadOptions) {
    this.#checks = new RecordChecks(options);
  }

  get hasHeader(): boolean {
    return this.#header !== undefined;
  }

  /** @throws RecordError when no header has been read. */
  get header(): RecordHeader {
    if (this.#header === undefined) throw new RecordError("empty: not a request record", 1);
    return this.#header;
  }

  /** Reads a line; undefined for the header, an empty line, and a line that this version does not know. */
  read(source: string): RecordLine | undefined {
    if (typeof source !== "string") {
      throw new TypeError("a record's lines must be strings; readRecordStream takes bytes");
    }
    this.#number++;
    if (source.trim() === "") return undefined;
    const value = new LineReader(source, this.#number, this.#header === undefined);
    if (this.#header === undefined) {
      this.#header = readHeader(value);
      return undefined;
    }
    const line = readLine(value);
    if (line === undefined) this.#checks.noteUnknown(this.#number);
    else this.#checks.check(line);
    return line;
  }
}

/** The requests of a record in order, each with all controls in effect: its own, and those that earlier lines set. */
export function* resolveRequests(record: RequestRecord): Generator<ResolvedRequest, void, undefined> {
  for (const line of resolveLines(record)) if (line.type === "request") yield line;
}

/** All lines of a record in order, with the requests as in `resolveRequests`. */
export function* resolveLines(record: RequestRecord): Generator<ResolvedLine, void, undefined> {
  const state = new ControlState();
  for (const line of objectOf(record, "a record").lines) yield state.take(line);
}

/** Keeps track of the controls in effect while lines are read one at a time, as `resolveLines` does for a whole record. */
export class ControlState {
  readonly #inEffect = new Map<string, Uint8Array | number>();
  readonly #known = new Map<string, readonly string[]>();

  /** Takes any line, and returns it; a request with all the controls in effect. */
  take(line: RecordLine): ResolvedLine {
    return line.type === "request" ? this.resolve(line) : this.note(line);
  }

  /** Takes over the controls that a line sets outside of a request, and returns the line. */
  note<Line extends Exclude<RecordLine, RequestLine>>(line: Line): Line {
    if (line.type === "set") this.#update(this.#inEffect, this.#known, line.controls, new Map(), persists);
    return line;
  }

  /** The request with all the controls that are in effect for it. */
  resolve(request: RequestLine): ResolvedRequest {
    const controls = new Map(this.#inEffect);
    const known = new Map(this.#known);
    this.#update(controls, known, request.controls, request.known, () => true);
    this.#update(this.#inEffect, this.#known, request.controls, request.known, persists);
    return { ...request, controls, own: request.controls, known };
  }

  #update(
    controls: Map<string, Uint8Array | number>,
    known: Map<string, readonly string[]>,
    changes: Controls,
    knownChanges: RequestLine["known"],
    applies: (control: string) => boolean,
  ): void {
    // A control of which nothing is known may have been set.
    for (const [name, paths] of knownChanges) if (!changes.has(name) && applies(name)) known.set(name, paths);
    for (const [name, payload] of changes) {
      if (!applies(name)) continue;
      controls.set(name, payload);
      const paths = knownChanges.get(name);
      if (paths === undefined) known.delete(name);
      else known.set(name, paths);
    }
  }
}

function* linesOf(text: string): Generator<string, void, undefined> {
  const splitter = new LineSplitter();
  yield* splitter.push(text);
  yield splitter.flush();
}

const headerKeys = {
  producer: isString,
  target: isString,
  decodeMode: isOneOf("frame", "slice"),
  startCode: isOneOf("annexb", "none"),
  kernel: isString,
  requests: isCount,
  stream: isStream,
};

function readHeader(value: LineReader): RecordHeader {
  const format = value.optional("format", isString);
  if (format === undefined) value.refuse("not a request record: the first line has no format");
  if (format !== recordFormat) value.refuse(`the format is ${format}, and this version reads ${recordFormat}`);
  const codec = value.required("codec", isCodec, `one of ${recordCodecs.join(", ")}`);
  return { codec, ...value.optionals(headerKeys) };
}

/** Undefined for a line that this version does not know. */
function readLine(value: LineReader): RecordLine | undefined {
  if (value.has("format")) value.refuse("a second header: two records in one file (split it before this line)");
  const { line } = value;
  if (value.has("request")) return readRequest(value);
  if (value.has("set")) return { type: "set", line, controls: value.controls("set") };
  if (value.has("sequence")) return readSequence(value.inner("sequence"));
  if (value.has("output")) return readOutput(value);
  if (value.has("release")) return { type: "release", line, timestamp: value.timestamp("release") };
  if (value.has("error")) return readError(value.inner("error"));
  return undefined;
}

function readRequest(value: LineReader): RequestLine {
  return {
    type: "request",
    line: value.line,
    request: value.required("request", isCount, "a whole number"),
    timestamp: value.timestamp("timestamp"),
    hold: value.optional("hold", isBoolean) ?? false,
    bitstream: value.has("bitstream") ? readBitstream(value.inner("bitstream")) : {},
    controls: value.controls("controls"),
    known: new Map(Object.entries(value.optional("known", isPathsByControl) ?? {})),
  };
}

function readBitstream(value: LineReader): RecordedBitstream {
  const checksum = value.optional("crc32", isChecksum);
  const base64 = value.optional("data", isString);
  const data = base64 === undefined ? undefined : fromBase64(base64);
  if (base64 !== undefined && data === undefined) value.refuse("bitstream.data is not base64");
  return {
    bytes: value.optional("bytes", isCount),
    crc32: checksum === undefined ? undefined : Number.parseInt(checksum, 16),
    data,
  };
}

const sequenceKeys = {
  pixelFormat: isString,
  codedWidth: isCount,
  codedHeight: isCount,
  visible: isRectangle,
  bitDepthLuma: isCount,
  bitDepthChroma: isCount,
  chromaFormat: isCount,
  components: isComponents,
  colour: isColour,
  captureBuffers: isCount,
  realloc: isBoolean,
  keepsReferences: isBoolean,
};

const outputKeys = {
  pts: isNumber,
  visible: isRectangle,
  fieldOrder: isFieldOrder,
  repeat: isCount,
  corrupt: isBoolean,
};

const errorKeys = { code: isString, unit: isString, element: isString, bit: isCount, byte: isCount, within: isCount };

function readSequence(value: LineReader): SequenceLine {
  return { type: "sequence", line: value.line, ...value.optionals(sequenceKeys) };
}

function readOutput(value: LineReader): OutputLine {
  const timestamp = value.timestamp("output");
  return { type: "output", line: value.line, timestamp, ...value.optionals(outputKeys) };
}

function readError(value: LineReader): ErrorLine {
  const message = value.required("message", isString, "text");
  const kind = value.optional("cause", isErrorKind);
  return { type: "error", line: value.line, message, kind, ...value.optionals(errorKeys) };
}
