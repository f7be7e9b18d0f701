import { basename } from "node:path";
import { setFlagsFromString } from "node:v8";
import { reasonOf } from "../containers/container-error.ts";
import { type Detected, detect, openDemuxer } from "../containers/detect.ts";
import { openContainer } from "../containers/files/mediabunny.ts";
import type { Demuxer } from "../containers/pes.ts";
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
import { RecordError, type RecordHeader, type RecordLine, readRecordStream } from "../record/index.ts";
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
  /** The video is inside of a container or a systems stream: offsets of bytes are not those of the file. */
  readonly isInside: boolean;
  /** What the bytes plainly are, where another codec was asked for. */
  readonly otherCodec?: Codec | undefined;
}

/** A record: its lines come while the file is read. */
export interface RecordInput {
  readonly kind: "record";
  readonly name: string;
  readonly header: RecordHeader;
  /** Can be read once. */
  readonly lines: AsyncIterable<RecordLine>;
}

/** The codec of an input. */
export function codecOf(input: StreamInput | RecordInput): Codec {
  return input.kind === "record" ? input.header.codec : input.codec;
}

/** The codec shows in the first units; where it does not, there is hardly any. */
const detectionLimit = 1 << 20;
/**
 * As many bytes as containers and systems streams need to be known: a program stream may begin within the longest packet, a
 * transport stream within a packet too. With fewer, such a stream could be taken for the video in it.
 */
const layerLength = 1 << 17;

/** An input, and what to do when it is no longer needed. */
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

async function identify(io: Io, args: Pick<Job, "input" | "codec">, chunks: Chunks): Promise<Opened> {
  const { input, codec } = args;
  const name = input === "-" ? "standard input" : input;
  const iterator = chunks[Symbol.asyncIterator]();
  const { head, detected, compression } = await readHead(iterator, codec, namedCompression(input));
  if (head.length === 0)
    throw new CliError(`${name}: empty: it has no bytes; was it written, and did the program before the pipe work?`);
  const all = chunksFrom(head, iterator);

  if (compression !== undefined || detected?.kind === "record") {
    return { input: await openRecord(io, name, all, compression) };
  }
  if (detected?.kind === "other") throw new CliError(`${name}: ${detected.name}`);
  const stream = {
    kind: "stream",
    name,
    file: input === "-" ? undefined : basename(input),
    size: chunks.size,
  } as const;
  if (detected?.kind === "container") {
    // A pipe can only be read from beginning to end; a container must be read at any place.
    const source = chunks.size === undefined ? await readAll(name, all) : input;
    const file = { name, format: detected.name, source };
    const track = await openContainer(() => io.importContainerLibrary(), file, codec);
    return { input: { ...stream, codec: track.codec, parts: track.parts, isInside: true }, close: () => track.close() };
  }
  if (detected?.kind === "systems") {
    const found = systemsCodec(name, head, detected, codec);
    return {
      input: {
        ...stream,
        codec: found,
        parts: demuxedParts(all, openDemuxer(detected.layer, found)),
        isInside: true,
      },
    };
  }
  const found = codec ?? detected?.codec;
  if (found === undefined)
    throw new CliError(`${name}: no video was found in its first bytes; name the codec with --codec`);
  const isOther = detected !== undefined && detected.codec !== found && detected.certain;
  if (isOther && detected.ivf) {
    throw new CliError(`${name}: an IVF file of ${detected.codec}, not of ${found}; leave out --codec`);
  }
  const otherCodec = isOther ? detected.codec : undefined;
  return { input: { ...stream, codec: found, parts: chunkParts(all), isInside: false, otherCodec } };
}

/** A transport stream says which codecs it has; of a program stream's, only the video itself tells. */
function systemsCodec(
  name: string,
  head: Uint8Array,
  { codec, layer, problem }: Extract<Detected, { kind: "systems" }>,
  asked: Codec | undefined,
): Codec {
  const found = layer === "program" ? (asked ?? codec) : codec;
  if (found !== undefined) return found;
  const wanted = asked === undefined ? "MPEG-2, H.264 or HEVC video" : `${asked} video`;
  const first = asked === undefined ? undefined : detect(head);
  const other = first?.kind === "systems" && first.codec !== undefined ? `; it has ${first.codec}` : "";
  const why = problem === undefined ? "" : `: ${problem}`;
  throw new CliError(`${name}: an MPEG ${layer} stream without ${wanted}${other}${why}`);
}

async function* chunkParts(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<StreamPart, void, undefined> {
  for await (const bytes of chunks) yield { kind: "chunk", bytes };
}

async function* demuxedParts(
  chunks: AsyncIterable<Uint8Array>,
  demuxer: Demuxer,
): AsyncGenerator<StreamPart, void, undefined> {
  for await (const chunk of chunks) {
    for (const { data, ...info } of demuxer.push(chunk)) yield { kind: "chunk", bytes: data, ...info };
  }
  for (const { data, ...info } of demuxer.flush()) yield { kind: "chunk", bytes: data, ...info };
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

/** What an input begins with, and what that is. */
interface Head {
  readonly head: Uint8Array;
  readonly detected: Detected | undefined;
  readonly compression: Compression | undefined;
}

/**
 * Reads until it is clear what the input is. That depends on its bytes only, not on how they come in chunks; its name
 * decides where the bytes say nothing.
 */
async function readHead(
  chunks: AsyncIterator<Uint8Array>,
  asked: Codec | undefined,
  named: Compression | undefined,
): Promise<Head> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for (let wanted = layerLength; ; wanted *= 2) {
    let ended = false;
    while (length < wanted && !ended) {
      const next = await chunks.next();
      if (next.done === true) ended = true;
      else {
        pieces.push(next.value);
        length += next.value.length;
      }
    }
    const head = joined(pieces);
    const shown = await detectCompression(head);
    if (shown !== undefined) return { head, detected: undefined, compression: shown };
    const detected = detect(ended ? head : head.subarray(0, wanted), asked);
    const isDone = ended || named !== undefined || isClear(detected, asked) || wanted >= detectionLimit;
    if (isDone) return { head, detected, compression: detected?.kind === "record" ? undefined : named };
    pieces.splice(0, pieces.length, head);
  }
}

function isClear(detected: Detected | undefined, asked: Codec | undefined): boolean {
  if (detected?.kind === "systems" && detected.layer === "transport") return detected.codec !== undefined;
  if (asked !== undefined) return true;
  if (detected?.kind === "systems") return detected.codec !== undefined;
  return detected !== undefined && (detected.kind !== "stream" || detected.certain);
}

async function* chunksFrom(
  head: Uint8Array,
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield head;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
}

/** Opens a record; what is odd in it is told on standard error, what is wrong is thrown while its lines are read. */
async function openRecord(
  io: Io,
  name: string,
  chunks: AsyncIterable<Uint8Array>,
  compression: Compression | undefined,
): Promise<RecordInput> {
  // A line's objects are garbage when the next line comes. So V8 need not make room for more of them, as it would by and by.
  setFlagsFromString("--semi-space-growth-factor=1");
  const pieces = compression === undefined ? chunks : decompressed(chunks, compression);
  const onWarning = (message: string) => void io.stderr.write(`${name}: ${printable(message)}\n`);
  try {
    const { header, lines } = await readRecordStream(pieces, { onWarning });
    return { kind: "record", name, header, lines: namingErrors(name, lines) };
  } catch (thrown) {
    throw namedError(name, thrown);
  }
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
  const isInput = thrown instanceof RecordError || thrown instanceof CompressionError;
  return isInput ? new CliError(`${name}: ${thrown.message}`) : thrown;
}

/** What must be in memory as a whole may have so many bytes: 1 GiB. */
const wholeLimit = 2 ** 30;

async function readAll(name: string, chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    parts.push(chunk);
    length += chunk.length;
    if (length > wholeLimit) {
      throw new CliError(`${name}: a container that comes through a pipe may have 1 GiB; name the file instead`);
    }
  }
  return joined(parts);
}
