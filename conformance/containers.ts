import { readFileSync } from "node:fs";
import { openContainer } from "../src/cli/container.ts";
import { detect } from "../src/cli/detect.ts";
import type { StreamPart } from "../src/cli/stream-part.ts";

/** A stream that was read from a file. */
export interface StreamBytes {
  /** All of it, without the container. */
  readonly bytes: Uint8Array;
  /** As a session is to be given it. */
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
