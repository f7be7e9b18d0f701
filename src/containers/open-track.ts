import { type ByteSource, bytesOf, objectOf } from "../bytes.ts";
import type { Codec } from "../events.ts";
import { Beginning } from "./beginning.ts";
import { ContainerError, reasonOf } from "./container-error.ts";
import { openFile } from "./files/file-bytes.ts";
import { type OpenStream, openStream } from "./open-stream.ts";
import type { StreamPart } from "./stream-part.ts";

/** A file: its path (Node, Deno, Bun), its bytes, or a Blob or File. */
export type ContainerSource = string | ByteSource | { arrayBuffer(): Promise<ArrayBuffer> };

export interface TrackOptions {
  /** The codec that the track must have. Default: the first video track of a codec that has sessions. */
  readonly codec?: Codec | undefined;
  /** What messages call the file. Default: its path, or "the file". */
  readonly name?: string | undefined;
}

/** A file's video track, open to be read once: its configuration records, and its packets or bytes in decoding order. */
export interface Track extends AsyncIterable<StreamPart> {
  readonly codec: Codec;
  /** `"an MP4 file"`, `"an MPEG transport stream"`, `"a byte stream"` … */
  readonly format: string;
  /** Closes the file. It is also closed when the last part has been read. */
  close(): void;
}

const CHUNK_BYTES = 1 << 18;

interface Bytes {
  readonly size: number;
  read(at: number, length: number): Promise<Uint8Array>;
  close(): void;
}

/**
 * Opens the first video track of a file: IVF, MPEG program and transport streams, byte streams; and, with mediabunny installed, MP4,
 * QuickTime, Matroska and WebM.
 *
 * @throws ContainerError with one line for a person: the file cannot be read, it is empty, nothing here knows it, it has no such
 * track, or mediabunny is missing.
 * @throws TypeError where the source is no path, bytes or Blob.
 */
export async function openTrack(source: ContainerSource, options: TrackOptions = {}): Promise<Track> {
  const name = objectOf(options, "options").name ?? (typeof source === "string" ? source : "the file");
  const held = typeof source === "string" ? source : await wholeBytes(source);
  const bytes = typeof held === "string" ? await openPath(held, name) : inMemory(held);
  try {
    const beginning = new Beginning(piecesOf(bytes));
    const detected = await beginning.detect(options.codec);
    if (bytes.size === 0) throw new ContainerError(`${name}: empty: it has no bytes, so no video was found`);
    if (detected?.kind === "record") throw new ContainerError(`${name}: a request record, not a stream`);
    const stream = await openStream({
      name,
      beginning,
      detected,
      codec: options.codec,
      advice,
      readAnywhere: async () => held,
      importContainerLibrary: () => import("mediabunny"),
    });
    // The library reads a container by itself.
    if (detected?.kind === "container") bytes.close();
    return trackOf(stream, bytes);
  } catch (thrown) {
    bytes.close();
    throw thrown;
  }
}

const advice = {
  nameCodec: "name the codec with the option `codec`",
  leaveOutCodec: "leave out the option `codec`",
} as const;

function trackOf({ codec, format, parts, close: closeStream }: OpenStream, bytes: Bytes): Track {
  const close = () => {
    closeStream();
    bytes.close();
  };
  return {
    codec,
    format,
    close,
    async *[Symbol.asyncIterator]() {
      try {
        yield* parts;
      } finally {
        close();
      }
    },
  };
}

async function* piecesOf(bytes: Bytes): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < bytes.size; at += CHUNK_BYTES) yield bytes.read(at, CHUNK_BYTES);
}

async function wholeBytes(source: Exclude<ContainerSource, string>): Promise<Uint8Array> {
  const bytes = typeof source === "object" && "arrayBuffer" in source ? await source.arrayBuffer() : source;
  return bytesOf(bytes, "a file that is not named by its path");
}

function inMemory(bytes: Uint8Array): Bytes {
  return { size: bytes.length, read: async (at, length) => bytes.subarray(at, at + length), close: () => {} };
}

async function openPath(path: string, name: string): Promise<Bytes> {
  const failed = (thrown: unknown): never => {
    throw new ContainerError(`${name}: ${reasonOf(thrown)}`);
  };
  const file = await openFile(path).catch(failed);
  let isClosed = false;
  return {
    size: file.size,
    read: async (at, length) => {
      const view = await file.read(at, Math.max(0, Math.min(length, file.size - at))).catch(failed);
      return bytesOf(view, "what was read");
    },
    close: () => {
      if (!isClosed) void file.close();
      isClosed = true;
    },
  };
}
