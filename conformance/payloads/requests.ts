import { readFileSync } from "node:fs";
import { brotliDecompressSync } from "node:zlib";
import type { EffectiveRequest } from "../../src/compare/request.ts";
import { readRecord, resolveRequests } from "../../src/record/read.ts";
import type { DecodeMode } from "../../src/uapi/modes.ts";

/** What a request holds: a picture (a field of a field pair), or one slice. */
export const decodeModes: readonly DecodeMode[] = ["frame", "slice"];

/** Reads a golden: a request record, `.jsonl` or `.jsonl.br`. */
export function readRequests(path: string): EffectiveRequest[] {
  const file = readFileSync(path);
  const text = (path.endsWith(".br") ? brotliDecompressSync(file) : file).toString("utf8");
  return Array.from(resolveRequests(readRecord(text)), (request, index) => {
    const { bytes, crc32 } = request.bitstream;
    if (bytes === undefined || crc32 === undefined) throw new Error(`${path}: request ${index} has no crc32`);
    return { index, timestamp: BigInt(request.timestamp), bytes, crc32, controls: request.controls };
  });
}
