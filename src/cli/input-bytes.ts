/** The bytes of an input, wherever they come from and however they are compressed. */
import { statSync } from "node:fs";
import { CaptureError } from "../capture/calls.ts";
import { Beginning } from "../containers/beginning.ts";
import { reasonOf } from "../containers/container-error.ts";
import { detect } from "../containers/detect.ts";
import {
  type Compression,
  CompressionError,
  decompressed,
  detectCompression,
  namedCompression,
} from "../record/files.ts";
import { RecordError } from "../record/index.ts";
import { type Chunks, readFileChunks } from "./files.ts";
import { CliError, type Io } from "./io.ts";
import { UntilFailure } from "./until-failure.ts";

/** The first 64 KiB show whether the bytes are compressed, or a capture. */
export const headLength = 1 << 16;

/** The bytes of an input, decompressed. */
export interface InputBytes {
  /** For messages. */
  readonly name: string;
  /** Of the input as it lies there. */
  readonly size: number | undefined;
  readonly isCompressed: boolean;
  readonly head: Uint8Array;
  /** What is compressed and damaged ends where the damage shows, and `rest` knows of it. */
  readonly beginning: Beginning;
  /** Of compressed bytes that are read to their end. */
  readonly rest: Pick<UntilFailure<Uint8Array>, "failure" | "rethrow">;
}

/** Opens a file or standard input, and closes it when `use` is done. */
export async function withBytes<T>(io: Io, path: string, use: (bytes: InputBytes) => Promise<T>): Promise<T> {
  const name = path === "-" ? "standard input" : path;
  const chunks = path === "-" ? stdinChunks(io) : await readFileChunks(path);
  try {
    const { size } = chunks;
    const beginning = new Beginning(chunks);
    const head = await beginning.first(headLength);
    refuseOtherCompression(name, head);
    const encoding = utf16Of(head);
    if (encoding !== undefined) {
      const text = new Beginning(asUtf8(beginning.all(), encoding));
      return await use({ ...whole(name), head: await text.first(headLength), beginning: text });
    }
    const compression = head.length === 0 ? undefined : await compressionOf(path, head);
    if (compression === undefined) {
      return await use({ ...whole(name), size, head, beginning });
    }
    const rest = new UntilFailure(decompressed(copiesOf(beginning.all()), compression));
    const inside = new Beginning(rest);
    const first = await inside.first(headLength);
    if (first.length === 0) rethrowNamed(name, rest);
    return await use({ name, size, isCompressed: true, head: first, beginning: inside, rest });
  } finally {
    await chunks.close();
  }
}

/** How files are compressed that only other programs decompress, by their first bytes. */
const otherCompressions: readonly {
  readonly mark: readonly number[];
  readonly name: string;
  readonly advice: string;
}[] = [
  { mark: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], name: "xz", advice: "xz -dc" },
  { mark: [0x28, 0xb5, 0x2f, 0xfd], name: "zstd", advice: "zstd -dc" },
  { mark: [0x42, 0x5a, 0x68], name: "bzip2", advice: "bzip2 -dc" },
  { mark: [0x04, 0x22, 0x4d, 0x18], name: "lz4", advice: "lz4 -dc" },
  { mark: [0x50, 0x4b, 0x03, 0x04], name: "zip", advice: "unzip -p" },
];

function refuseOtherCompression(name: string, head: Uint8Array): void {
  const found = otherCompressions.find(({ mark }) => mark.every((byte, i) => head[i] === byte));
  if (found === undefined) return;
  throw new CliError(
    `${name}: compressed with ${found.name}; only gzip and brotli are read: give what ${found.advice} prints (- is standard input)`,
  );
}

/** An input that is not compressed. */
function whole(name: string): Pick<InputBytes, "name" | "size" | "isCompressed" | "rest"> {
  return { name, size: undefined, isCompressed: false, rest: { failure: undefined, rethrow: () => {} } };
}

/**
 * The encoding of text as PowerShell writes it into a file (`>`): its mark, and then a character of ASCII. Undefined for all else.
 */
function utf16Of([first, second, third, fourth]: Uint8Array): "utf-16le" | "utf-16be" | undefined {
  if (first === 0xff && second === 0xfe) return third !== 0 && fourth === 0 ? "utf-16le" : undefined;
  if (first === 0xfe && second === 0xff) return third === 0 && fourth !== 0 ? "utf-16be" : undefined;
  return undefined;
}

async function* asUtf8(
  pieces: AsyncIterable<Uint8Array>,
  encoding: "utf-16le" | "utf-16be",
): AsyncGenerator<Uint8Array, void, undefined> {
  const decoder = new TextDecoder(encoding);
  for await (const piece of pieces) yield Buffer.from(decoder.decode(piece, { stream: true }));
  yield Buffer.from(decoder.decode());
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

/** `-` is standard input. */
export function isFolder(path: string): boolean {
  if (path === "-") return false;
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}

/** Whether the first bytes of an input are text, in UTF-8 or another encoding that has ASCII. */
export function isText(head: Uint8Array): boolean {
  return head.length > 0 && head.every((byte) => byte >= 0x20 || (byte >= 0x09 && byte <= 0x0d) || byte === 0x1b);
}

/** What is said of an input without a byte. */
export const emptyText = "empty: it has no bytes; was it written, and did the program before the pipe work?";

/** What is said of text that is neither a record nor a capture. */
export const unknownText =
  "text, and neither a stream, a record nor a capture that is known: strace must print whole calls, one a line (-f -y -tt -xx -s 1000000 -o log); of v4l2-tracer the JSON file is read, of ftrace the trace with the events of visl and vb2, of capture the log of the recorder (docs/captures.md)";

/** Throws what ended compressed bytes, with the name of the input. Does nothing where they came to their end. */
export function rethrowNamed(name: string, rest: InputBytes["rest"]): void {
  try {
    rest.rethrow();
  } catch (thrown) {
    throw namedError(name, thrown);
  }
}

/** All bytes, which end in an error where they are damaged. */
export async function* wholeBytes({ name, beginning, rest }: InputBytes): AsyncGenerator<Uint8Array, void, undefined> {
  yield* beginning.all();
  rethrowNamed(name, rest);
}

/** The bytes of a capture, of which what comes before damage is read. @param onDamage gets what is said of it. */
export async function* bytesBeforeDamage(
  { beginning, rest }: InputBytes,
  onDamage: (message: string) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield* beginning.all();
  const { failure } = rest;
  if (failure instanceof CompressionError) {
    const place = failure.line === undefined ? "" : `line ${failure.line}: `;
    onDamage(
      `${place}${failure.message}; what comes before it is read: copy it again, or capture again where the rest matters`,
    );
  } else rest.rethrow();
}

/** The pieces for a reader that keeps several of them. */
async function* copiesOf(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const piece of pieces) yield piece.slice();
}

/** Puts the name of the input before what is wrong with it. */
export function namedError(name: string, thrown: unknown): unknown {
  const isInput = thrown instanceof RecordError || thrown instanceof CompressionError || thrown instanceof CaptureError;
  return isInput ? new CliError(`${name}: ${thrown.message}`) : thrown;
}
