import { fromBase64 } from "./encoding.ts";
import { type Controls, persists, RecordError, type RecordHeader, recordCodecs, recordFormat } from "./format.ts";
import {
  isBoolean,
  isChecksum,
  isCodec,
  isColour,
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

/** A record as it was read. Unknown lines are left out, unknown keys too. */
export interface RequestRecord {
  readonly header: RecordHeader;
  readonly lines: readonly RecordLine[];
}

/** A line with what is in effect at it. */
export type ResolvedLine = Exclude<RecordLine, RequestLine> | ResolvedRequest;

/**
 * Reads a record: its text, or its lines one by one for texts that are longer than a string can be.
 *
 * @throws RecordError when the first line is not a header of `v4l2-stateless-requests/1`, or a line is not what its keys promise.
 */
export function readRecord(text: string | Iterable<string>): RequestRecord {
  let header: RecordHeader | undefined;
  const lines: RecordLine[] = [];
  let number = 0;
  for (const source of typeof text === "string" ? splitLines(text) : text) {
    number++;
    if (source.trim() === "") continue;
    const value = new LineReader(source, number, header === undefined);
    if (header === undefined) {
      header = readHeader(value);
    } else {
      const line = readLine(value);
      if (line !== undefined) lines.push(line);
    }
  }
  if (header === undefined) throw new RecordError("empty: not a request record", 1);
  return { header, lines };
}

/** The requests of a record in their order, each with the controls in effect: its own, and those that it keeps from before. */
export function* resolveRequests(record: RequestRecord): Generator<ResolvedRequest, void, undefined> {
  for (const line of resolveLines(record)) if (line.type === "request") yield line;
}

/** All lines of a record in their order, the requests as `resolveRequests` gives them. */
export function* resolveLines(record: RequestRecord): Generator<ResolvedLine, void, undefined> {
  const state = new ControlState();
  for (const line of record.lines) yield line.type === "request" ? state.resolve(line) : state.note(line);
}

/** The controls in effect while lines go by: what `resolveLines` uses, for those who have the lines one at a time. */
export class ControlState {
  readonly #inEffect = new Map<string, Uint8Array | number>();
  readonly #known = new Map<string, readonly string[]>();

  /** Takes over what a line sets outside a request; gives the line back. */
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
    for (const [name, payload] of changes) {
      if (!applies(name)) continue;
      controls.set(name, payload);
      const paths = knownChanges.get(name);
      if (paths === undefined) known.delete(name);
      else known.set(name, paths);
    }
  }
}

function* splitLines(text: string): Generator<string, void, undefined> {
  for (let start = 0; start < text.length; ) {
    const end = text.indexOf("\n", start);
    yield end < 0 ? text.slice(start) : text.slice(start, end);
    start = end < 0 ? text.length : end + 1;
  }
}

function readHeader(value: LineReader): RecordHeader {
  const format = value.optional("format", isString);
  if (format === undefined) value.refuse("not a request record: the first line has no format");
  if (format !== recordFormat) value.refuse(`the format is ${format}, and this version reads ${recordFormat}`);
  return {
    codec: value.required("codec", isCodec, `one of ${recordCodecs.join(", ")}`),
    producer: value.optional("producer", isString),
    target: value.optional("target", isString),
    decodeMode: value.optional("decodeMode", isOneOf("frame", "slice")),
    startCode: value.optional("startCode", isOneOf("annexb", "none")),
    kernel: value.optional("kernel", isString),
    requests: value.optional("requests", isCount),
    stream: value.optional("stream", isStream),
  };
}

/** Undefined for a line that this version does not know. */
function readLine(value: LineReader): RecordLine | undefined {
  if (value.has("format")) value.refuse("a second header: two records in one file");
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

function readSequence(value: LineReader): SequenceLine {
  return {
    type: "sequence",
    line: value.line,
    pixelFormat: value.optional("pixelFormat", isString),
    codedWidth: value.optional("codedWidth", isCount),
    codedHeight: value.optional("codedHeight", isCount),
    visible: value.optional("visible", isRectangle),
    bitDepthLuma: value.optional("bitDepthLuma", isCount),
    bitDepthChroma: value.optional("bitDepthChroma", isCount),
    chromaFormat: value.optional("chromaFormat", isCount),
    colour: value.optional("colour", isColour),
    captureBuffers: value.optional("captureBuffers", isCount),
    realloc: value.optional("realloc", isBoolean),
    keepsReferences: value.optional("keepsReferences", isBoolean),
  };
}

function readOutput(value: LineReader): OutputLine {
  return {
    type: "output",
    line: value.line,
    timestamp: value.timestamp("output"),
    pts: value.optional("pts", isNumber),
    visible: value.optional("visible", isRectangle),
    fieldOrder: value.optional("fieldOrder", isFieldOrder),
    repeat: value.optional("repeat", isCount),
    corrupt: value.optional("corrupt", isBoolean),
  };
}

function readError(value: LineReader): ErrorLine {
  return {
    type: "error",
    line: value.line,
    message: value.required("message", isString, "text"),
    kind: value.optional("cause", isErrorKind),
    code: value.optional("code", isString),
    unit: value.optional("unit", isString),
    element: value.optional("element", isString),
    bit: value.optional("bit", isCount),
    byte: value.optional("byte", isCount),
  };
}
