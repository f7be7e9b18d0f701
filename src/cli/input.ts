import { basename } from "node:path";
import { detectCapture } from "../capture/detect.ts";
import { openStream } from "../containers/open-stream.ts";
import type { StreamPart } from "../containers/stream-part.ts";
import type { Codec } from "../events.ts";
import { joined } from "../framing/bytes.ts";
import type { Job } from "./arguments.ts";
import {
  emptyText,
  type InputBytes,
  isFolder,
  isText,
  rethrowNamed,
  textOf,
  unknownText,
  wholeBytes,
  withBytes,
} from "./input-bytes.ts";
import { CliError, type Io } from "./io.ts";
import { openRecord, type RecordInput } from "./record-input.ts";

export type { RecordInput } from "./record-input.ts";

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
  /** Nothing but the bytes of the video itself says which codec it has. */
  readonly isGuess?: boolean | undefined;
}

/** The codec of an input. */
export function codecOf(input: StreamInput | RecordInput): Codec {
  return input.kind === "record" ? input.header.codec : input.codec;
}

const advice = { nameCodec: "name the codec with --codec", leaveOutCodec: "leave out --codec" } as const;

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
  args: Pick<Job, "input" | "codec"> & Partial<Pick<Job, "command" | "output">>,
  use: (input: StreamInput | RecordInput) => Promise<T>,
): Promise<T> {
  if (isFolder(args.input)) return use(await (await import("./capture-input.ts")).openFolder(io, args));
  return withBytes(io, args.input, async (bytes) => {
    const opened = await identify(io, args, bytes);
    try {
      return await use(opened.input);
    } finally {
      opened.close?.();
    }
  });
}

/** @throws CliError where a compressed file has nothing in it. */
async function* withContent(
  name: string,
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  let isEmpty = true;
  for await (const piece of pieces) {
    isEmpty &&= piece.length === 0;
    yield piece;
  }
  if (isEmpty) {
    throw new CliError(
      `${name}: empty: what is compressed in it has no bytes; did the program that wrote it work, and did its output reach the compression? Write it again`,
    );
  }
}

async function identify(io: Io, args: Parameters<typeof withInput>[1], bytes: InputBytes): Promise<Opened> {
  const { input, codec } = args;
  const { name, size, isCompressed, head, beginning } = bytes;
  if (head.length === 0 && !isCompressed) {
    throw new CliError(`${name}: ${emptyText}`);
  }
  const kind = detectCapture(textOf(head));
  if (kind !== undefined) {
    const { openCapture } = await import("./capture-input.ts");
    return { input: await openCapture(io, bytes, kind, args) };
  }
  const detected = await beginning.detect(codec);
  if (head.length === 0) return { input: await openRecord(io, name, withContent(name, wholeBytes(bytes))) };
  if (detected?.kind === "record") return { input: await openRecord(io, name, wholeBytes(bytes)) };
  if (detected === undefined && codec === undefined && isText(head)) throw new CliError(`${name}: ${unknownText}`);
  // A pipe can only be read from beginning to end, and so can what is compressed.
  const isReadAnywhere = size !== undefined && !isCompressed;
  const { close, parts, ...stream } = await openStream({
    name,
    beginning,
    detected,
    codec,
    advice,
    readAnywhere: async () => (isReadAnywhere ? input : readAll(name, wholeBytes(bytes))),
    importContainerLibrary: () => io.importContainerLibrary(),
  });
  const file = input === "-" ? undefined : basename(input);
  const opened = { name, file, size: isReadAnywhere ? size : undefined, ...stream };
  return { input: { kind: "stream", ...opened, parts: isCompressed ? upToDamage(parts, bytes) : parts }, close };
}

/** The parts of a compressed stream, and an error after them where it is damaged. */
async function* upToDamage(
  parts: AsyncIterable<StreamPart>,
  { name, rest }: InputBytes,
): AsyncGenerator<StreamPart, void, undefined> {
  yield* parts;
  rethrowNamed(name, rest);
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
      throw new CliError(
        `${name}: a container that is compressed or comes through a pipe must not be larger than 1 GiB: name a file that is not compressed`,
      );
    }
  }
  return joined(parts);
}
