import { readFileSync } from "node:fs";
import { brotliDecompressSync } from "node:zlib";
import type { EffectiveRequest } from "../../src/compare/request.ts";
import { readRecord, resolveRequests } from "../../src/record/read.ts";
import type { DecodeMode } from "../../src/uapi/modes.ts";

/** What a request holds: a picture (a field of a field pair), or one slice. */
export const decodeModes: readonly DecodeMode[] = ["frame", "slice"];

/**
 * Reads a golden: a request record, `.jsonl` or `.jsonl.br`.
 *
 * @throws Error where it has not as many requests as its header says: what a peer does not send after its last request is not compared.
 */
export function readRequests(path: string): EffectiveRequest[] {
  const file = readFileSync(path);
  const text = (path.endsWith(".br") ? brotliDecompressSync(file) : file).toString("utf8");
  const record = readRecord(text);
  const requests = Array.from(resolveRequests(record), (request, index) => {
    const { bytes, crc32 } = request.bitstream;
    if (bytes === undefined || crc32 === undefined) throw new Error(`${path}: request ${index} has no crc32`);
    return { index, timestamp: BigInt(request.timestamp), bytes, crc32, controls: request.controls };
  });
  if (record.header.requests === requests.length) return requests;
  throw new Error(
    `${path} has ${requests.length} requests, and its header says ${record.header.requests}: it is cut off`,
  );
}
