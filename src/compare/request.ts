import type { StartCode } from "../uapi/modes.ts";
import type { Variants } from "./variants.ts";

/** What a control holds: a compound payload, or a menu's value. */
export type Payload = Uint8Array | number;

/** A request of any producer, with every control that is in effect when a driver runs it. */
export interface EffectiveRequest {
  /** Place in the producer's order, from 0. */
  readonly index: number;
  /** Names the CAPTURE buffer. */
  readonly timestamp: bigint;
  /** Size and checksum (zlib's CRC-32) of the OUTPUT buffer; -1 where the producer does not say. */
  readonly bytes: number;
  readonly crc32: number;
  readonly controls: ReadonlyMap<string, Payload>;
  /** The OUTPUT buffer itself, where it is known: that of ours. */
  readonly bitstream?: Uint8Array | undefined;
  /** Whether its units have start codes; undefined: they do. Without them a buffer in slice mode is one NAL unit. */
  readonly startCode?: StartCode | undefined;
  /** For ours: the buffers that a peer may have made of the same slices. */
  readonly variants?: Variants | undefined;
}

/** The producers whose known faults are rows of DISAGREEMENTS.md: GStreamer and FFmpeg. */
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
    pictureOf: (index) => users.get((requests[index] as EffectiveRequest).timestamp)?.[0] ?? index,
  };
}
