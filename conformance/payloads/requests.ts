import { readFileSync } from "node:fs";
import { brotliDecompressSync } from "node:zlib";
import { readRecord, resolveRequests } from "../../src/record/read.ts";
import type { Variants } from "./variants.ts";

/** What a control holds: a compound payload, or an integer. */
export type Payload = Uint8Array | number;

/** A request of any producer, with every control that is in effect when a driver runs it. */
export interface EffectiveRequest {
  /** Place in the producer's order, from 0. */
  readonly index: number;
  /** Names the CAPTURE buffer. */
  readonly timestamp: bigint;
  /** Size and checksum (zlib's CRC-32) of the OUTPUT buffer. */
  readonly bytes: number;
  readonly crc32: number;
  readonly controls: ReadonlyMap<string, Payload>;
  /** The OUTPUT buffer itself, where it is known: that of ours. */
  readonly bitstream?: Uint8Array | undefined;
  /** For ours: the buffers that a peer may have made of the same slices. */
  readonly variants?: Variants | undefined;
}

/** What a request holds: a picture (a field of a field pair), or one slice. */
export type DecodeMode = "frame" | "slice";
export const decodeModes: readonly DecodeMode[] = ["frame", "slice"];

/** The peers whose payloads are compared with ours. */
export type Peer = "gst" | "ff";
export const peers: readonly Peer[] = ["gst", "ff"];

/** Which request a reference means. */
export interface TimestampIndex {
  /** The latest request before `index` that had this timestamp. */
  before(index: number, timestamp: bigint): number | undefined;
  /** The first request of the picture that `index` belongs to. Only for producers that use a timestamp for one picture. */
  pictureOf(index: number): number;
}

/** Producers may use a timestamp again: a reference then means the latest request that had it. */
export function indexTimestamps(requests: readonly EffectiveRequest[]): TimestampIndex {
  const users = new Map<bigint, number[]>();
  for (const { index, timestamp } of requests) {
    const list = users.get(timestamp);
    if (list === undefined) users.set(timestamp, [index]);
    else list.push(index);
  }
  return {
    before: (index, timestamp) =>
      users
        .get(timestamp)
        ?.filter((user) => user < index)
        .at(-1),
    pictureOf: (index) => users.get(requests[index]!.timestamp)![0]!,
  };
}

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
