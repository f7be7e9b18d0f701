/** Finds the video in a transport stream that no program map names. */

import type { Codec } from "../events.ts";
import { joined } from "../framing/bytes.ts";
import { pidOf, readPacket } from "./transport-packets.ts";

/** So many bytes of a PID are enough to recognise video. */
const GUESS_LIMIT = 1 << 18;

/** A packet that came before any program map, and its offset in the file. */
export interface WaitingPacket {
  readonly packet: Uint8Array;
  readonly byte: number;
}

/**
 * Finds the first PID whose PES packets have a video stream_id (Table 2-22), and bytes that `recognise` knows.
 *
 * @param recognise the codec of an elementary stream, where its bytes show it for certain.
 */
export function findVideo(
  packets: readonly WaitingPacket[],
  recognise: (stream: Uint8Array) => Codec | undefined,
): { readonly pid: number; readonly codec: Codec } | undefined {
  const streams = new Map<number, { readonly pieces: Uint8Array[]; size: number }>();
  for (const { packet } of packets) {
    const { payload, payload_unit_start_indicator, isScrambled } = readPacket(packet);
    const pid = pidOf(packet);
    if (payload === undefined || isScrambled) continue;
    const isVideo = payload_unit_start_indicator && payload[2] === 1 && ((payload[3] as number) & 0xf0) === 0xe0;
    if (isVideo && payload[0] === 0 && payload[1] === 0 && !streams.has(pid)) streams.set(pid, { pieces: [], size: 0 });
    const stream = streams.get(pid);
    if (stream === undefined || stream.size > GUESS_LIMIT) continue;
    stream.pieces.push(payload);
    stream.size += payload.length;
  }
  for (const [pid, { pieces }] of streams) {
    const codec = recognise(joined(pieces));
    if (codec !== undefined) return { pid, codec };
  }
  return undefined;
}
