/** Finds the frames of a packet: superframes, Annex B. */

import { BitReader, type Trace } from "../bitreader/index.ts";
import { type ByteSource, bytesOf } from "../bytes.ts";
import { BitstreamError } from "../errors.ts";
import { type StreamUnit, streamUnit } from "../framing/byte-stream.ts";
import { superframe_index } from "./syntax.ts";
import { SUPERFRAME_MARKER } from "./tables.ts";

/** The name of a frame in errors and traces. */
export const FRAME_NAME = "frame";

const INDEX_NAME = "superframe_index";

/** The frames of a packet, and what is wrong with its superframe index. */
export interface PacketFrames {
  readonly frames: readonly StreamUnit[];
  readonly error: BitstreamError | undefined;
}

/** A reader for a frame's bytes. */
export function frameReader(bytes: Uint8Array, trace?: Trace): BitReader {
  return new BitReader(bytes, { emulationPrevention: false, unit: FRAME_NAME, trace });
}

/**
 * The frames of a packet: one, or those that its superframe index lists. The index itself belongs to no frame. Where the index
 * is wrong, the frames before the error are returned. A packet with the marker at its end but not at the beginning of the index
 * has no index.
 * @param byte offset of the packet in the stream
 * @param trace receives the elements of the index.
 */
export function framesOfPacket(source: ByteSource, byte: number, trace?: Trace): PacketFrames {
  const packet = bytesOf(source, "a packet");
  const indexAt = superframeIndexAt(packet);
  if (indexAt === undefined) return { frames: [streamUnit(packet, byte)], error: undefined };
  const bytes = packet.subarray(indexAt);
  trace?.unit({ name: INDEX_NAME, byte: byte + indexAt, bytes });
  const r = new BitReader(bytes, { emulationPrevention: false, unit: INDEX_NAME, trace });
  const { frame_sizes } = superframe_index(r);
  const frames: StreamUnit[] = [];
  let at = 0;
  for (const [i, size] of frame_sizes.entries()) {
    const left = indexAt - at;
    if (size === 0 || size > left) {
      const reason = `frame ${i} of ${frame_sizes.length} has ${size} bytes, and ${left} are left`;
      const place = { unit: INDEX_NAME, element: `frame_sizes[${i}]`, byte: byte + indexAt };
      return { frames, error: new BitstreamError("wrong-size", reason, place) };
    }
    frames.push(streamUnit(packet.subarray(at, at + size), byte + at));
    at += size;
  }
  return { frames, error: undefined };
}

/** Where a packet's superframe index begins. Its first and last byte are equal, and give its length. */
function superframeIndexAt(packet: Uint8Array): number | undefined {
  const header = packet.at(-1) ?? 0;
  const size = 2 + (((header >> 3) & 3) + 1) * ((header & 7) + 1);
  const at = packet.length - size;
  return header >> 5 === SUPERFRAME_MARKER && packet[at] === header ? at : undefined;
}
