import type { Transform } from "node:stream";
import { Readable } from "node:stream";
import {
  brotliDecompressSync,
  createBrotliCompress,
  createBrotliDecompress,
  createGunzip,
  createGzip,
  constants as zlib,
} from "node:zlib";
import { RecordError } from "./format.ts";
import { type RequestRecord, readRecord } from "./read.ts";
import { LineSplitter } from "./split-lines.ts";

/** How the file of a record may be compressed. */
export type Compression = "gzip" | "brotli";

/** Compressed bytes that cannot be read. The message names the compression, and says why. */
export class CompressionError extends Error {
  override readonly name = "CompressionError";
  /** The line of the decompressed text where they end or the damage shows, counted from 1. */
  readonly line: number | undefined;

  constructor(message: string, line?: number) {
    super(message);
    this.line = line;
  }
}

/** The compression that a file's name stands for. */
export function namedCompression(path: string): Compression | undefined {
  if (/\.gz$/i.test(path)) return "gzip";
  return /\.br$/i.test(path) ? "brotli" : undefined;
}

/**
 * The compression that the first bytes of a file show. Gzip has a mark (RFC 1952, 2.3.1); brotli has none, so the bytes are
 * decompressed as far as possible. They are brotli if the result begins like a record, which never happens by chance.
 */
export async function detectCompression(head: Uint8Array): Promise<Compression | undefined> {
  if (head[0] === 0x1f && head[1] === 0x8b && head[2] === 8) return "gzip";
  const text = await beginning(head.subarray(0, trialLength));
  return /^\ufeff?\s*\{\s*"[a-zA-Z]+"\s*:/.test(text) ? "brotli" : undefined;
}

/** More than brotli needs to return its first bytes, which come after the codes of a block's trees. */
const trialLength = 1 << 16;

/** The first text that brotli decompresses from these bytes, which may be cut off; empty where they are not brotli. */
async function beginning(head: Uint8Array): Promise<string> {
  // With flush instead of finish, cut-off bytes are no error.
  const stream = createBrotliDecompress({ finishFlush: zlib.BROTLI_OPERATION_FLUSH, chunkSize: 256 });
  stream.end(head);
  try {
    for await (const piece of stream as AsyncIterable<Uint8Array>) return new TextDecoder().decode(piece);
  } catch {
    // The bytes are not brotli.
  }
  return "";
}

/**
 * How large compressed bytes may become: 16 MiB in any case, plus `times` their own size. Real records become 20 to 200 times
 * as large, and streams hardly larger.
 */
const expansion = { always: 1 << 24, times: 500 };

/**
 * Decompresses pieces of compressed bytes, piece by piece.
 *
 * @throws CompressionError where they are damaged or cut off, or become much larger than a record or a stream can.
 */
export async function* decompressed(
  pieces: AsyncIterable<Uint8Array>,
  compression: Compression,
): AsyncGenerator<Uint8Array, void, undefined> {
  let given = 0;
  let grown = 0;
  let lines = 0;
  const counted = async function* () {
    for await (const piece of pieces) {
      given += piece.length;
      yield piece;
    }
  };
  const source = Readable.from(counted(), { objectMode: false, highWaterMark: 1 });
  let failure: unknown;
  const stream = (compression === "gzip" ? createGunzip : createBrotliDecompress)({ chunkSize });
  source.once("error", (thrown) => {
    failure = thrown;
    stream.destroy(thrown);
  });
  source.pipe(stream);
  try {
    for await (const piece of stream as AsyncIterable<Uint8Array>) {
      grown += piece.length;
      if (grown > expansion.always + expansion.times * given) {
        throw new CompressionError(
          `compressed with ${compression}, and grows to more than ${expansion.times} times its size: no record and no stream does that`,
        );
      }
      lines += lineFeedsOf(piece);
      yield piece;
    }
    // Unlike gzip's, the streams of joined files are not read one after the other, and nothing is said.
    if (compression === "brotli" && given > stream.bytesWritten) {
      throw new CompressionError(afterItsEnd, lines + 1);
    }
  } catch (thrown) {
    // An error of the source of the pieces is thrown as it is.
    throw failure ?? compressionError(thrown, compression, lines + 1, grown > 0);
  } finally {
    source.destroy();
    stream.destroy();
  }
}

const afterItsEnd =
  "compressed with brotli, and other bytes come after its end: files that are joined must be compressed anew, as one";

/** What zlib has decompressed when it finds damage is lost, up to so many bytes. */
const chunkSize = 4096;

function lineFeedsOf(piece: Uint8Array): number {
  let count = 0;
  for (let at = piece.indexOf(0x0a); at >= 0; at = piece.indexOf(0x0a, at + 1)) count++;
  return count;
}

function compressionError(thrown: unknown, compression: Compression, line: number, hasBegun: boolean): unknown {
  if (thrown instanceof CompressionError || !(thrown instanceof Error) || !("code" in thrown)) return thrown;
  if (thrown.code === "Z_BUF_ERROR") {
    return new CompressionError(`compressed with ${compression}, and cut off: its last bytes are missing`, line);
  }
  const what = hasBegun ? "compressed" : "not compressed";
  return new CompressionError(`${what} with ${compression}, ${hasBegun ? "and" : "or"} damaged`, line);
}

/** A stream that compresses what is written to it. */
export function compressor(compression: Compression): Transform {
  if (compression === "gzip") return createGzip();
  // At its highest level, brotli would make a record a third smaller, but take twenty times as long.
  return createBrotliCompress({
    params: { [zlib.BROTLI_PARAM_QUALITY]: 5, [zlib.BROTLI_PARAM_MODE]: zlib.BROTLI_MODE_TEXT },
  });
}

/**
 * Reads a whole record from a file's bytes: UTF-8, or UTF-8 compressed with brotli. The text may be longer than a string can
 * be.
 *
 * @throws RecordError as `readRecord`, and when `compressed` is true and the bytes are not brotli, or more than that.
 */
export function readRecordBytes(bytes: Uint8Array, compressed = false): RequestRecord {
  return readRecord(linesOfBytes(compressed ? decompressBrotli(bytes) : bytes));
}

/** @throws RecordError where the bytes are not one brotli stream, and nothing after it. */
export function decompressBrotli(bytes: Uint8Array): Uint8Array {
  let result: BrotliResult;
  try {
    result = withInfo(bytes, { info: true });
  } catch {
    throw new RecordError("not compressed with brotli", 1);
  }
  if (result.engine.bytesWritten < bytes.length) throw new RecordError(afterItsEnd, lineFeedsOf(result.buffer) + 1);
  return result.buffer;
}

interface BrotliResult {
  readonly buffer: Uint8Array;
  /** `bytesWritten` says how many of the bytes were decompressed. */
  readonly engine: { readonly bytesWritten: number };
}

/** The types of Node do not have this option. */
const withInfo = brotliDecompressSync as unknown as (bytes: Uint8Array, options: { info: true }) => BrotliResult;

function* linesOfBytes(bytes: Uint8Array): Generator<string, void, undefined> {
  const splitter = new LineSplitter();
  const size = 1 << 20;
  for (let at = 0; at < bytes.length; at += size) yield* splitter.push(bytes.subarray(at, at + size));
  yield splitter.flush();
}
