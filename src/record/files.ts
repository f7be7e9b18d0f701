import { brotliDecompressSync } from "node:zlib";
import { RecordError } from "./format.ts";
import { type RequestRecord, readRecord } from "./read.ts";

/**
 * Reads a record from a file's bytes: UTF-8, also longer than a string can be, or the same compressed with brotli.
 *
 * @param compressed The bytes are brotli's. It leaves no mark to know it by: ask the file's name, which ends in `.br`.
 * @throws RecordError as `readRecord`, and when the bytes are not brotli's though they should be.
 */
export function readRecordBytes(bytes: Uint8Array, compressed = false): RequestRecord {
  return readRecord(splitBytes(compressed ? decompress(bytes) : bytes));
}

function decompress(bytes: Uint8Array): Uint8Array {
  try {
    return brotliDecompressSync(bytes);
  } catch {
    throw new RecordError("not compressed with brotli", 1);
  }
}

function* splitBytes(bytes: Uint8Array): Generator<string, void, undefined> {
  const lineFeed = 0x0a;
  const utf8 = new TextDecoder();
  for (let start = 0; start < bytes.length; ) {
    const found = bytes.indexOf(lineFeed, start);
    const end = found < 0 ? bytes.length : found;
    yield utf8.decode(bytes.subarray(start, end));
    start = end + 1;
  }
}
