import { type ByteSource, bytesOf } from "../bytes.ts";
import type { Codec } from "../events.ts";
import { ContainerError, reasonOf } from "./container-error.ts";
import { type Detected, detect, openDemuxer } from "./detect.ts";
import { openFile } from "./files/file-bytes.ts";
import { openContainer } from "./files/mediabunny.ts";
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
  /** Gives up the file. The end of the parts does so, too. */
  close(): void;
}

/** As much as is looked at to know what a file is. */
const HEAD_BYTES = 1 << 20;
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
 * @throws ContainerError with one line for a person: the file cannot be read, it is not known, it has no such track, or mediabunny is
 * missing. @throws TypeError where the source is none.
 */
export async function openTrack(source: ContainerSource, options: TrackOptions = {}): Promise<Track> {
  const name = options.name ?? (typeof source === "string" ? source : "the file");
  const held = typeof source === "string" ? source : await wholeBytes(source);
  const bytes = typeof held === "string" ? await openPath(held, name) : inMemory(held);
  try {
    const head = await bytes.read(0, HEAD_BYTES);
    const detected = detect(head, options.codec);
    if (detected?.kind === "container") {
      bytes.close();
      const file = { name, format: detected.name, source: held };
      const { codec, parts, close } = await openContainer(() => import("mediabunny"), file, options.codec);
      return trackOf(codec, detected.name, parts, close);
    }
    const { codec, format, layer } = streamOf(name, detected, options.codec);
    const chunks = chunksOf(bytes);
    return trackOf(codec, format, layer === undefined ? chunks : demuxed(chunks, layer, codec), bytes.close);
  } catch (thrown) {
    bytes.close();
    throw thrown;
  }
}

function trackOf(codec: Codec, format: string, parts: AsyncIterable<StreamPart>, close: () => void): Track {
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

/** What is known of a file that needs no library. */
function streamOf(
  name: string,
  detected: Exclude<Detected, { readonly kind: "container" }> | undefined,
  asked: Codec | undefined,
): { readonly codec: Codec; readonly format: string; readonly layer?: "program" | "transport" } {
  if (detected?.kind === "other") throw new ContainerError(`${name}: ${detected.name}`);
  if (detected?.kind === "record") throw new ContainerError(`${name}: a request record, not a stream`);
  const layer = detected?.kind === "systems" ? detected.layer : undefined;
  const isIvf = detected?.kind === "stream" && detected.ivf;
  const format = layer === undefined ? (isIvf ? "an IVF file" : "a byte stream") : (`an MPEG ${layer} stream` as const);
  // A transport stream and an IVF file say their codec; of the others, the caller may know more than the bytes tell.
  const isTold = layer === "transport" || isIvf;
  const codec = isTold ? detected?.codec : (asked ?? detected?.codec);
  if (codec === undefined) throw new ContainerError(`${name}: ${format} in which no video was found; name its codec`);
  if (asked !== undefined && codec !== asked)
    throw new ContainerError(`${name}: ${format} of ${codec}, not of ${asked}`);
  return { codec, format, ...(layer === undefined ? {} : { layer }) };
}

async function* chunksOf(bytes: Bytes): AsyncGenerator<StreamPart & { readonly kind: "chunk" }, void, undefined> {
  for (let at = 0; at < bytes.size; at += CHUNK_BYTES)
    yield { kind: "chunk", bytes: await bytes.read(at, CHUNK_BYTES) };
}

async function* demuxed(
  chunks: ReturnType<typeof chunksOf>,
  layer: "program" | "transport",
  codec: Codec,
): AsyncGenerator<StreamPart, void, undefined> {
  const demuxer = openDemuxer(layer, codec);
  for await (const { bytes } of chunks) {
    for (const { data, ...info } of demuxer.push(bytes)) yield { kind: "chunk", bytes: data, ...info };
  }
  for (const { data, ...info } of demuxer.flush()) yield { kind: "chunk", bytes: data, ...info };
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
