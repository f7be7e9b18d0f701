import { closeSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { setFlagsFromString } from "node:v8";
import {
  type Call,
  CaptureError,
  type CaptureKind,
  captureCalls,
  detectCapture,
  readCapture,
  readStraceFiles,
  type StraceFile,
  straceFilesCalls,
} from "../capture/index.ts";
import { Beginning } from "../containers/beginning.ts";
import { reasonOf } from "../containers/container-error.ts";
import { detect } from "../containers/detect.ts";
import { openStream } from "../containers/open-stream.ts";
import type { StreamPart } from "../containers/stream-part.ts";
import type { Codec } from "../events.ts";
import { joined } from "../framing/bytes.ts";
import {
  type Compression,
  CompressionError,
  decompressed,
  detectCompression,
  namedCompression,
} from "../record/files.ts";
import {
  RecordError,
  type RecordHeader,
  type RecordLine,
  type RecordStream,
  readRecordStream,
} from "../record/index.ts";
import type { Job } from "./arguments.ts";
import { type Chunks, readFileChunks } from "./files.ts";
import { CliError, type Io } from "./io.ts";
import { printable } from "./printing/terminal.ts";

/** A stream to decode. */
export interface StreamInput {
  readonly kind: "stream";
  /** For messages. */
  readonly name: string;
  /** The file's name without its folders; undefined for standard input. */
  readonly file: string | undefined;
  /** In bytes; undefined when it is not known. */
  readonly size: number | undefined;
  readonly codec: Codec;
  readonly parts: AsyncIterable<StreamPart>;
  /** The video is inside a container or a systems stream, so its byte offsets are not those of the file. */
  readonly isInside: boolean;
  /** The codec that the bytes certainly have, where another codec was asked for. */
  readonly otherCodec?: Codec | undefined;
}

/** A record. Its lines come while the file is read. */
export interface RecordInput {
  readonly kind: "record";
  readonly name: string;
  readonly header: RecordHeader;
  /** What it was captured with, where it is no record yet. */
  readonly capture?: CaptureKind | undefined;
  /** Can be read once. */
  readonly lines: AsyncIterable<RecordLine>;
}

/** The codec of an input. */
export function codecOf(input: StreamInput | RecordInput): Codec {
  return input.kind === "record" ? input.header.codec : input.codec;
}

const advice = { nameCodec: "name the codec with --codec", leaveOutCodec: "leave out --codec" } as const;
/** The first 64 KiB show whether the bytes are compressed. */
const compressionLength = 1 << 16;

/** An input, and a function that closes it. */
interface Opened {
  readonly input: StreamInput | RecordInput;
  close?(): void;
}

/**
 * Opens the input that the arguments name, and closes it when `use` is done.
 *
 * @returns what `use` returns.
 * @throws CliError when the input cannot be read or is neither a stream nor a record.
 */
export async function withInput<T>(
  io: Io,
  args: Pick<Job, "input" | "codec">,
  use: (input: StreamInput | RecordInput) => Promise<T>,
): Promise<T> {
  if (args.input !== "-" && isFolder(args.input)) return use(await openFolder(io, args));
  const chunks = args.input === "-" ? stdinChunks(io) : await readFileChunks(args.input);
  try {
    const opened = await identify(io, args, chunks);
    try {
      return await use(opened.input);
    } finally {
      opened.close?.();
    }
  } finally {
    await chunks.close();
  }
}

/** A capture, call by call. */
export interface CaptureInput {
  readonly name: string;
  readonly capture: CaptureKind;
  readonly calls: AsyncIterable<Call>;
}

/**
 * Opens the capture that the arguments name, and closes it when `use` is done.
 *
 * @returns what `use` returns.
 * @throws CliError when the input cannot be read, or is no capture.
 */
export async function withCapture<T>(
  { input: path }: Pick<Job, "input">,
  io: Io,
  use: (input: CaptureInput) => Promise<T>,
): Promise<T> {
  const name = path === "-" ? "standard input" : path;
  try {
    if (path !== "-" && isFolder(path)) {
      return await use({ name, capture: "strace", calls: straceFilesCalls(straceFiles(path)) });
    }
    const chunks = path === "-" ? stdinChunks(io) : await readFileChunks(path);
    try {
      const raw = new Beginning(chunks);
      const compression = await compressionOf(path, await raw.first(compressionLength));
      const pieces = compression === undefined ? raw : new Beginning(decompressed(copiesOf(raw.all()), compression));
      const capture = detectCapture(textOf(await pieces.first(compressionLength)));
      if (capture === undefined) {
        throw new CliError(
          `${name}: no capture: it must be a log of strace, a trace of v4l2-tracer, or a log of the recorder`,
        );
      }
      return await use({ name, capture, calls: captureCalls(capture, pieces.all()) });
    } finally {
      await chunks.close();
    }
  } catch (thrown) {
    throw namedError(name, thrown);
  }
}

async function identify(io: Io, { input, codec }: Pick<Job, "input" | "codec">, chunks: Chunks): Promise<Opened> {
  const name = input === "-" ? "standard input" : input;
  const beginning = new Beginning(chunks);
  const head = await beginning.first(compressionLength);
  if (head.length === 0)
    throw new CliError(`${name}: empty: it has no bytes; was it written, and did the program before the pipe work?`);
  const compression = await compressionOf(input, head);
  if (compression !== undefined) {
    const pieces = new Beginning(decompressed(copiesOf(beginning.all()), compression));
    const kind = detectCapture(textOf(await firstOf(name, pieces)));
    const input =
      kind === undefined ? openRecord(io, name, pieces.all()) : openCapture(io, name, kind, pieces.all(), codec);
    return { input: await input };
  }
  const kind = detectCapture(textOf(head));
  if (kind !== undefined) return { input: await openCapture(io, name, kind, beginning.all(), codec) };
  const detected = await beginning.detect(codec);
  if (detected?.kind === "record") return { input: await openRecord(io, name, beginning.all()) };
  const { close, ...stream } = await openStream({
    name,
    beginning,
    detected,
    codec,
    advice,
    // A pipe can only be read from beginning to end.
    readAnywhere: async () => (chunks.size === undefined ? readAll(name, beginning.all()) : input),
    importContainerLibrary: () => io.importContainerLibrary(),
  });
  const file = input === "-" ? undefined : basename(input);
  return { input: { kind: "stream", name, file, size: chunks.size, ...stream }, close };
}

/** The compression that the bytes show; where they show none, the one of the file's name. */
async function compressionOf(input: string, head: Uint8Array): Promise<Compression | undefined> {
  const shown = await detectCompression(head);
  if (shown !== undefined) return shown;
  const named = namedCompression(input);
  return named !== undefined && detect(head)?.kind !== "record" ? named : undefined;
}

function stdinChunks(io: Io): Chunks {
  const iterator = io.stdin[Symbol.asyncIterator]();
  return {
    size: undefined,
    close: async () => {
      await iterator.return?.();
    },
    async *[Symbol.asyncIterator]() {
      for (;;) {
        const next = await iterator.next().catch((thrown: unknown) => {
          throw new CliError(`standard input: ${reasonOf(thrown)}`);
        });
        if (next.done === true) return;
        yield next.value;
      }
    },
  };
}

/** Opens a record. Warnings go to standard error; errors are thrown while its lines are read. */
async function openRecord(io: Io, name: string, pieces: AsyncIterable<Uint8Array>): Promise<RecordInput> {
  return opened(name, () => readRecordStream(pieces, { onWarning: warnings(io, name) }));
}

async function openCapture(
  io: Io,
  name: string,
  capture: CaptureKind,
  pieces: AsyncIterable<Uint8Array>,
  codec: Codec | undefined,
): Promise<RecordInput> {
  const read = () => readCapture(capture, pieces, { codec, onWarning: warnings(io, name) });
  return { ...(await opened(name, read)), capture };
}

async function opened(name: string, read: () => Promise<RecordStream>): Promise<RecordInput> {
  // The objects of a line are garbage when the next line comes. Without this flag, V8 would gradually enlarge its memory for
  // new objects.
  setFlagsFromString("--semi-space-growth-factor=1");
  try {
    const { header, lines } = await read();
    return { kind: "record", name, header, lines: namingErrors(name, lines) };
  } catch (thrown) {
    throw namedError(name, thrown);
  }
}

const warnings = (io: Io, name: string) => (message: string) =>
  void io.stderr.write(`${name}: ${printable(message)}\n`);

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}

async function firstOf(name: string, pieces: Beginning): Promise<Uint8Array> {
  try {
    return await pieces.first(compressionLength);
  } catch (thrown) {
    throw namedError(name, thrown);
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** The files of `strace -ff -o folder/name`: one for each thread. */
async function openFolder(io: Io, { input: folder, codec }: Pick<Job, "input" | "codec">): Promise<RecordInput> {
  const read = () => readStraceFiles(straceFiles(folder), { codec, onWarning: warnings(io, folder) });
  return { ...(await opened(folder, read)), capture: "strace" };
}

function straceFiles(folder: string): StraceFile[] {
  const files = readdirSync(folder).flatMap((file) => {
    const thread = /\.(\d+)$/.exec(file)?.[1];
    const path = join(folder, file);
    // A stream may be called clip.264.
    return thread === undefined || !isStraceLog(path) ? [] : [{ thread, name: file, path }];
  });
  if (files.length === 0) {
    throw new CliError(
      `${folder}: is a directory, and no file in it is one of strace -ff: their names end in the number of a thread`,
    );
  }
  return files.map(({ thread, name, path }) => ({ thread, name, pieces: piecesOf(path) }));
}

function isStraceLog(path: string): boolean {
  const file = openSync(path, "r");
  try {
    const head = Buffer.alloc(compressionLength);
    return detectCapture(textOf(head.subarray(0, readSync(file, head)))) === "strace";
  } catch (thrown) {
    // A folder in the folder.
    if (thrown instanceof Error && "code" in thrown && thrown.code === "EISDIR") return false;
    throw thrown;
  } finally {
    closeSync(file);
  }
}

async function* piecesOf(path: string): AsyncGenerator<Uint8Array, void, undefined> {
  const chunks = await readFileChunks(path);
  try {
    yield* chunks;
  } finally {
    await chunks.close();
  }
}

/** The pieces for a reader that keeps several of them. */
async function* copiesOf(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const piece of pieces) yield piece.slice();
}

async function* namingErrors(
  name: string,
  lines: AsyncIterable<RecordLine>,
): AsyncGenerator<RecordLine, void, undefined> {
  try {
    yield* lines;
  } catch (thrown) {
    throw namedError(name, thrown);
  }
}

function namedError(name: string, thrown: unknown): unknown {
  const isInput = thrown instanceof RecordError || thrown instanceof CompressionError || thrown instanceof CaptureError;
  return isInput ? new CliError(`${name}: ${thrown.message}`) : thrown;
}

/** The most bytes that may be read into memory as a whole: 1 GiB. */
const wholeLimit = 2 ** 30;

async function readAll(name: string, chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    parts.push(chunk.slice());
    length += chunk.length;
    if (length > wholeLimit) {
      throw new CliError(`${name}: a container that comes through a pipe may have 1 GiB; name the file instead`);
    }
  }
  return joined(parts);
}
