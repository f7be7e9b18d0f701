import { ivfFrames } from "../../src/containers/ivf.ts";
import { type StreamUnit, unitsOfPacket } from "../../src/framing/byte-stream.ts";

/** The units of a file, as our session is to trace them. */
export interface Source {
  /** In the order in which they are traced. */
  readonly units: readonly StreamUnit[];
  /** Of a file of packets. Undefined for a byte stream: FFmpeg's parser cuts it, and its packets lie one after the other. */
  readonly packets: readonly SourcePacket[] | undefined;
}

/** A packet that is not empty. */
export interface SourcePacket {
  /** Offset of its first byte in the file. */
  readonly byte: number;
  readonly size: number;
}

/** The units of a byte stream with start codes. `keepZeros`: see `unitsOfPacket`. */
export function byteStream(bytes: Uint8Array, keepZeros = false): Source {
  return { units: unitsOfPacket(bytes, 0, keepZeros), packets: undefined };
}

/** The units of an IVF file, of whose packets `unitsOf` knows the units. FFmpeg's filters see no empty packets. */
export function ivf(bytes: Uint8Array, unitsOf: (packet: StreamUnit) => readonly StreamUnit[]): Source {
  const frames = ivfFrames(bytes).frames.filter(({ data, truncated }) => data.length > 0 && !truncated);
  return {
    units: frames.flatMap(({ data, byte }) => unitsOf({ bytes: data, byte, truncated: false })),
    packets: frames.map(({ data, byte }) => ({ byte, size: data.length })),
  };
}
