import type { Codec } from "../events.ts";
import type { Beginning } from "./beginning.ts";
import { ContainerError } from "./container-error.ts";
import { type Detected, detect, openDemuxer } from "./detect.ts";
import type { ContainerLibrary } from "./files/mediabunny.ts";
import type { Demuxer, ElementaryPart } from "./pes.ts";
import type { StreamPart } from "./stream-part.ts";

/** What a file is known to be when it is opened for its video. */
type DetectedStream = Exclude<Detected, { readonly kind: "record" }> | undefined;

/** A file whose beginning is known. */
export interface StreamFile {
  /** For messages. */
  readonly name: string;
  readonly beginning: Beginning;
  /** What `beginning.detect` says. */
  readonly detected: DetectedStream;
  /** The codec that the caller names. */
  readonly codec: Codec | undefined;
  /** What messages tell the caller to do about the codec: name it, or name none. */
  readonly advice: { readonly nameCodec: string; readonly leaveOutCodec: string };
  /** The file's path or all its bytes: a container must be readable at any place. */
  readAnywhere(): Promise<string | Uint8Array>;
  importContainerLibrary(): Promise<ContainerLibrary>;
}

/** A file's video, open to be read once. */
export interface OpenStream {
  readonly codec: Codec;
  /** With its article: `"an MP4 file"`. */
  readonly format: string;
  readonly parts: AsyncIterable<StreamPart>;
  /** The video is inside of a container or a systems stream: a place in the video is not the same place in the file. */
  readonly isInside: boolean;
  /** The codec that the bytes plainly have, where the caller names another one. */
  readonly otherCodec?: Codec | undefined;
  /** Nothing but the bytes of the video itself says which codec it has. */
  readonly isGuess?: boolean | undefined;
  close(): void;
}

/**
 * Opens the first video track of a file that is no record.
 *
 * @throws ContainerError with one line for a person: what the file is instead, or what is missing in it.
 */
export async function openStream(file: StreamFile): Promise<OpenStream> {
  const { name, beginning, detected, codec: asked, advice } = file;
  if (detected?.kind === "other") throw new ContainerError(`${name}: ${detected.name}`);
  const close = () => {};
  if (detected?.kind === "container") {
    const format = detected.name;
    const source = await file.readAnywhere();
    const { leaveOutCodec } = advice;
    const container = { name, format, source, leaveOutCodec };
    const { openContainer } = await import("./files/mediabunny.ts");
    const track = await openContainer(() => file.importContainerLibrary(), container, asked);
    return { codec: track.codec, format, parts: track.parts, isInside: true, close: () => track.close() };
  }
  if (detected?.kind === "systems") {
    const codec = await codecInside(file, detected);
    const parts = demuxed(beginning.all(), openDemuxer(detected.layer, codec));
    return { codec, format: `an MPEG ${detected.layer} stream`, parts, isInside: true, close };
  }
  const codec = asked ?? detected?.codec;
  if (codec === undefined) {
    throw new ContainerError(`${name}: no video was found in its first bytes; ${advice.nameCodec}`);
  }
  const isOther = detected !== undefined && detected.codec !== codec && detected.certain;
  if (isOther && detected.ivf) {
    throw new ContainerError(`${name}: an IVF file of ${detected.codec}, not of ${codec}; ${advice.leaveOutCodec}`);
  }
  const format = detected?.ivf ? "an IVF file" : "a byte stream";
  const otherCodec = isOther ? detected.codec : undefined;
  const isGuess = asked === undefined && detected?.ivf === false;
  return { codec, format, parts: chunks(beginning.all()), isInside: false, otherCodec, isGuess, close };
}

/** A transport stream's tables say which codecs it has. Of a program stream, only the video itself tells. */
async function codecInside(
  { name, beginning, codec: asked, advice }: StreamFile,
  { codec, layer, problem }: Extract<Detected, { kind: "systems" }>,
): Promise<Codec> {
  const found = layer === "program" ? (asked ?? codec) : codec;
  if (found !== undefined) return found;
  const wanted = asked === undefined ? "MPEG-2, H.264 or HEVC video" : `${asked} video`;
  const first = asked === undefined ? undefined : detect(await beginning.first(0));
  const other =
    first?.kind === "systems" && first.codec !== undefined ? `; it has ${first.codec}: ${advice.leaveOutCodec}` : "";
  const why = problem === undefined ? "" : `: ${problem}`;
  throw new ContainerError(`${name}: an MPEG ${layer} stream without ${wanted}${other}${why}`);
}

async function* chunks(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<StreamPart, void, undefined> {
  for await (const bytes of pieces) yield { kind: "chunk", bytes };
}

async function* demuxed(
  pieces: AsyncIterable<Uint8Array>,
  demuxer: Demuxer,
): AsyncGenerator<StreamPart, void, undefined> {
  for await (const piece of pieces) yield* partsOf(demuxer.push(piece));
  yield* partsOf(demuxer.flush());
}

function* partsOf(parts: readonly ElementaryPart[]): Generator<StreamPart, void, undefined> {
  for (const { data, unread, ...info } of parts) {
    if (unread === undefined) yield { kind: "chunk", bytes: data, ...info };
    else yield { kind: "loss", error: unread };
  }
}
