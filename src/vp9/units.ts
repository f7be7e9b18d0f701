/** From a packet to frames: superframes, Annex B. */
import { BitReader, type StreamUnit, type Trace } from "../bitreader/index.ts";
import { BitstreamError } from "../errors.ts";

/** The top three bits of a superframe index's first and last byte: superframe_marker. */
const SUPERFRAME_MARKER = 0b110;

/** What a frame is called in errors and traces. */
export const FRAME_NAME = "frame";

/** The frames of a packet, and what is wrong with its superframe index. */
export interface PacketFrames {
  readonly frames: readonly StreamUnit[];
  readonly error: BitstreamError | undefined;
}

/** A reader on a frame's bytes. */
export function frameReader(bytes: Uint8Array, trace?: Trace): BitReader {
  return new BitReader(bytes, { emulationPrevention: false, unit: FRAME_NAME, trace });
}

/**
 * The frames of a packet: one, or those of its superframe index, which itself is of none. Where the index is wrong, the
 * frames before the wrong one. A packet that has the marker at its end but not at the index's begin has no index.
 * @param byte offset of the packet in the stream
 */
export function framesOfPacket(packet: Uint8Array, byte: number): PacketFrames {
  const header = packet.at(-1) ?? 0;
  const sizeBytes = ((header >> 3) & 3) + 1;
  const count = (header & 7) + 1;
  const indexAt = packet.length - (2 + sizeBytes * count);
  if (header >> 5 !== SUPERFRAME_MARKER || indexAt < 0 || packet[indexAt] !== header) {
    return { frames: [{ bytes: packet, byte, truncated: false }], error: undefined };
  }
  const frames: StreamUnit[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    const size = littleEndian(packet, indexAt + 1 + i * sizeBytes, sizeBytes);
    const left = indexAt - at;
    if (size === 0 || size > left) {
      const reason = `frame ${i} of ${count} has ${size} bytes, and ${left} are left`;
      const place = { unit: "superframe_index", element: `frame_sizes[${i}]`, byte: byte + indexAt };
      return { frames, error: new BitstreamError(reason, place) };
    }
    frames.push({ bytes: packet.subarray(at, at + size), byte: byte + at, truncated: false });
    at += size;
  }
  return { frames, error: undefined };
}

function littleEndian(bytes: Uint8Array, at: number, length: number): number {
  let value = 0;
  for (let i = 0; i < length; i++) value += (bytes[at + i] as number) * 2 ** (8 * i);
  return value;
}
