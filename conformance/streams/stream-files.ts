import { readFileSync } from "node:fs";
import { detect } from "../../src/containers/detect.ts";
import { openContainer } from "../../src/containers/files/mediabunny.ts";
import type { StreamPart } from "../../src/containers/stream-part.ts";
import type { Codec } from "../../src/events.ts";
import { joined } from "../../src/framing/bytes.ts";
import { obusOf, temporalUnits, withSize } from "../../support/streams/av1-packets.ts";

/** A stream that was read from a file. */
export interface StreamBytes {
  /** All of it, without the container. */
  readonly bytes: Uint8Array;
  /** The pieces that a session gets. */
  readonly parts: readonly StreamPart[];
}

/** Reads a stream: in a container its video track's packets, else the file as it is. */
export async function readStream(path: string): Promise<StreamBytes> {
  const file = new Uint8Array(readFileSync(path));
  const detected = detect(file.subarray(0, 1 << 16));
  if (detected?.kind !== "container") return { bytes: file, parts: [{ kind: "chunk", bytes: file }] };
  const source = { name: path, format: detected.name, source: file };
  const track = await openContainer(() => import("mediabunny"), source);
  try {
    const parts: StreamPart[] = [];
    for await (const part of track.parts) parts.push(part);
    const packets = parts.flatMap((part) => (part.kind === "packet" ? [part.bytes] : []));
    return { bytes: new Uint8Array(Buffer.concat(packets)), parts };
  } finally {
    track.close();
  }
}

const fourccs: Readonly<Partial<Record<Codec, string>>> = { vp8: "VP80", vp9: "VP90", av1: "AV01" };

/**
 * A stream as a file that FFmpeg and our session both read: packets out of a container become an IVF file, and so do the temporal units of
 * AV1 in all its formats, with sizes in their OBUs.
 */
export async function readFile(path: string, codec: Codec): Promise<Uint8Array> {
  const { bytes, parts } = await readStream(path);
  const fourcc = fourccs[codec];
  const inContainer = parts.flatMap((part) => (part.kind === "packet" ? [part.bytes] : []));
  const packets =
    codec === "av1" ? unitsWithSizes(inContainer.length > 0 ? inContainer : temporalUnits(bytes)) : inContainer;
  return fourcc === undefined || packets.length === 0 ? bytes : ivfOf(fourcc, packets);
}

function unitsWithSizes(packets: readonly Uint8Array[]): Uint8Array[] {
  const hasSize = (obu: Uint8Array) => ((obu[0] as number) & 2) !== 0;
  return packets.map((packet) => joined(obusOf(packet).map((obu) => (hasSize(obu) ? obu : withSize(obu)))));
}

/** An IVF file of packets at 30 frames a second; the picture's size, which no decoder needs, is left out. */
function ivfOf(fourcc: string, packets: readonly Uint8Array[]): Uint8Array {
  const header = Buffer.alloc(32);
  header.write("DKIF");
  header.writeUInt16LE(32, 6);
  header.write(fourcc, 8);
  header.writeUInt32LE(30, 16);
  header.writeUInt32LE(1, 20);
  header.writeUInt32LE(packets.length, 24);
  const frames = packets.flatMap((packet, pts) => {
    const head = Buffer.alloc(12);
    head.writeUInt32LE(packet.length, 0);
    head.writeUInt32LE(pts, 4);
    return [head, packet];
  });
  return new Uint8Array(Buffer.concat([header, ...frames]));
}
