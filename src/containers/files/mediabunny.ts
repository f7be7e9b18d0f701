/** Reads containers with mediabunny, an optional package. */
import type { EncodedPacket, EncodedPacketSink, Input, InputVideoTrack, Source } from "mediabunny";
import { BitstreamError } from "../../errors.ts";
import type { Codec } from "../../events.ts";
import { ContainerError, reasonOf, repackAdvice } from "../container-error.ts";
import type { StreamPart } from "../stream-part.ts";
import type { ContainerChecks, Patch, SampleConfiguration } from "./container-checks.ts";
import { openFile, textAt, withBytes } from "./file-bytes.ts";
import { checkMatroska, EBML } from "./matroska-checks.ts";
import { checkMp4 } from "./mp4-checks.ts";

/** The optional library that reads containers. */
export type ContainerLibrary = typeof import("mediabunny");

/** A file in a container. */
export interface ContainerFile {
  /** For messages. */
  readonly name: string;
  /** What it is, with an article: `"a WebM file"`. */
  readonly format: string;
  /** Its path, or all its bytes. */
  readonly source: string | Uint8Array;
  /** What messages advise where the track has another codec than the one that is asked for. */
  readonly leaveOutCodec?: string;
  /** Why the library may not be able to read it. */
  readonly hint?: string | undefined;
}

/** A video track, open to be read. */
export interface ContainerTrack {
  readonly codec: Codec;
  /**
   * Its configuration record, if it has one, and its packets in decoding order.
   *
   * @throws ContainerError where reading fails before the first packet.
   */
  readonly parts: AsyncIterable<StreamPart>;
  close(): void;
}

/** The library's names of the codecs. */
const codecNames: ReadonlyMap<string, Codec> = new Map([
  ["avc", "h264"],
  ["hevc", "h265"],
  ["vp8", "vp8"],
  ["vp9", "vp9"],
  ["av1", "av1"],
]);
/**
 * Codecs without a name in the library, by the container's name: Matroska's CodecID, QuickTime's sample description. `mp4-checks.ts`
 * gives all descriptions of MPEG-2 this name.
 */
const containerNames: ReadonlyMap<string, Codec> = new Map([
  ["V_MPEG2", "mpeg2"],
  ["m2v1", "mpeg2"],
]);

const decodedCodecs = "only H.264, HEVC, VP8, VP9, AV1 and MPEG-2 are decoded";

/**
 * Opens the first video track that can be decoded.
 *
 * @param load imports mediabunny; called once.
 * @param asked the codec that the track must have.
 * @throws ContainerError when the library is not installed, when it cannot read the file, and when there is no such track.
 */
export async function openContainer(
  load: () => Promise<ContainerLibrary>,
  container: ContainerFile,
  asked?: Codec,
): Promise<ContainerTrack> {
  const library = await importLibrary(load, container);
  // Otherwise the library writes warnings about the file to the console.
  library.Logging.level = library.LogLevel.Silent;
  const checks = await reading(container, () => checkContainer(container.source));
  const { refusal, loss, hint, configurations } = checks;
  const file = { ...container, hint };
  if (refusal !== undefined) throw new ContainerError(`${file.name}: ${file.format} ${refusal}`);
  const { MP4, QTFF, MATROSKA, WEBM } = library;
  const isTypeless = file.format.endsWith("without ftyp");
  const input = new library.Input({
    formats: isTypeless ? [withoutType(QTFF)] : [MP4, QTFF, MATROSKA, WEBM],
    source: ending(await sourceOf(library, file.source, checks)),
  });
  try {
    const { track, codec } = await findTrack(input, file, asked);
    const packets = partsOf(file, track, new library.EncodedPacketSink(track), codec, configurations?.get(track.id));
    return { codec, parts: loss === undefined ? packets : withLoss(packets, loss), close: () => input.dispose() };
  } catch (thrown) {
    input.dispose();
    throw thrown;
  }
}

/** @param source The file's path, or all its bytes. */
async function checkContainer(source: string | Uint8Array): Promise<ContainerChecks> {
  return withBytes(source, async (bytes) => {
    const head = await bytes.read(0, 8);
    if (head.getUint32(0) === EBML) return checkMatroska(bytes);
    return /^[a-z]{4}$/.test(textAt(head, 4, 4)) ? checkMp4(bytes) : {};
  });
}

async function importLibrary(load: () => Promise<ContainerLibrary>, { name, format }: ContainerFile) {
  try {
    return await load();
  } catch (thrown) {
    const isMissing = thrown instanceof Error && "code" in thrown && thrown.code === "ERR_MODULE_NOT_FOUND";
    throw new ContainerError(
      isMissing
        ? `${name}: is ${format}: install mediabunny to read containers, or demux it first`
        : `${name}: is ${format}, and mediabunny, which reads containers, cannot be loaded: ${reasonOf(thrown)}`,
    );
  }
}

/** The file as the library may see it: up to `end`, with the patches in place of the original bytes. */
async function sourceOf(
  { BufferSource, CustomSource, FilePathSource }: ContainerLibrary,
  source: string | Uint8Array,
  { end = Infinity, patches = [] }: ContainerChecks,
): Promise<Source> {
  if (typeof source !== "string") {
    const bytes = source.subarray(0, end);
    return new BufferSource(patches.length === 0 ? bytes : patched(bytes.slice(), 0, patches));
  }
  // If reading ahead fails, the library reads the bytes again when it needs them, and that failure is reported.
  const handleUnhandledError = () => {};
  if (patches.length === 0 && end === Infinity) return new FilePathSource(source, { handleUnhandledError });
  const { size, read, close } = await openFile(source);
  return new CustomSource({
    getSize: () => Math.min(size, end),
    read: async (start, end) => patched(new Uint8Array((await read(start, end - start)).buffer), start, patches),
    dispose: () => void close(),
    handleUnhandledError,
  });
}

/** Writes the parts of the patches that are in `bytes`, which begin at offset `start`. */
function patched(bytes: Uint8Array, start: number, patches: readonly Patch[]): Uint8Array {
  for (const patch of patches) {
    for (const [i, byte] of patch.bytes.entries()) {
      const at = patch.at + i - start;
      if (at >= 0 && at < bytes.length) bytes[at] = byte;
    }
  }
  return bytes;
}

/**
 * A format that also accepts files without `ftyp`. The library's reader does not need it, but its public interface cannot
 * express that.
 */
function withoutType(format: ContainerLibrary["QTFF"]): ContainerLibrary["QTFF"] {
  return Object.create(format, { _canReadInput: { value: async () => true } }) as ContainerLibrary["QTFF"];
}

/** The library never needs to read the same place so often. */
const readsLimit = 100_000;

/**
 * Makes endless reading fail. In a damaged Matroska file mediabunny 1.61 (`resync` in matroska/ebml.ts) looks for the next
 * element and may never stop: it asks for the same bytes again and again, and does not let a timer run. Its public interface
 * cannot stop it. If a later version renames `_read`, the source is left unchanged.
 */
function ending(source: Source): Source {
  const inner = source as unknown as { _read?: (start: number, end: number, ...more: readonly unknown[]) => unknown };
  const read = inner._read;
  if (read === undefined) return source;
  let last = -1;
  let times = 0;
  inner._read = (start, end, ...more) => {
    times = start === last && end > start ? times + 1 : 0;
    last = start;
    if (times > readsLimit) throw new Error(`it finds no element after byte ${start}`);
    return read.call(source, start, end, ...more);
  };
  return source;
}

async function findTrack(
  input: Input,
  file: ContainerFile,
  asked: Codec | undefined,
): Promise<{ readonly track: InputVideoTrack; readonly codec: Codec }> {
  const others: string[] = [];
  let hasOther = false;
  for (const track of await reading(file, () => input.getVideoTracks())) {
    const [libraryName, containerName] = await reading(file, () =>
      Promise.all([track.getCodec(), track.getInternalCodecId()]),
    );
    const codec = libraryName === null ? containerNames.get(String(containerName)) : codecNames.get(libraryName);
    if (codec !== undefined && (asked === undefined || asked === codec)) return { track, codec };
    hasOther ||= codec !== undefined;
    others.push(codec ?? libraryName ?? String(containerName).trim());
  }
  const wanted = asked === undefined ? "video that can be decoded" : `${asked} video`;
  const { hint } = file;
  const cutOff = hint === undefined ? "; where the file is cut off, its index may be missing" : "";
  const advice = hasOther ? (file.leaveOutCodec ?? "ask for no codec") : decodedCodecs;
  const found = others.length === 0 ? cutOff : `; it has ${others.join(", ")}: ${advice}`;
  const why = hint === undefined ? "" : `: ${hint}`;
  throw new ContainerError(`${file.name}: ${file.format} without ${wanted}${found}${why}`);
}

async function* partsOf(
  file: ContainerFile,
  track: InputVideoTrack,
  sink: EncodedPacketSink,
  codec: Codec,
  configurations: readonly SampleConfiguration[] = [],
): AsyncGenerator<StreamPart, void, undefined> {
  const resolution = await reading(file, () => track.getTimeResolution());
  const record = await reading(file, () => configurationOf(track, codec));
  const records = configurations[0]?.first === 0 || record === undefined ? configurations : [{ first: 0, record }];
  let count = 0;
  let configured = 0;
  let last: EncodedPacket | undefined;
  const nextPacket = (options?: { metadataOnly: true }) =>
    last === undefined ? sink.getFirstPacket(options) : sink.getNextPacket(last, options);
  try {
    for (let packet = await nextPacket(); packet !== null; packet = await nextPacket()) {
      const configuration = records[configured];
      if (configuration?.first === count) {
        configured++;
        yield { kind: "configuration", bytes: configuration.record };
      }
      yield { kind: "packet", bytes: packet.data, pts: Math.round(packet.timestamp * resolution) };
      count++;
      last = packet;
    }
    if ((await nextPacket({ metadataOnly: true })) === null) return;
  } catch (thrown) {
    // The packets before the error are good.
    if (last === undefined) throw unreadable(file, thrown);
    yield {
      kind: "loss",
      error: new BitstreamError("damaged-container", `mediabunny cannot read packet ${count}: ${reasonIn(thrown)}`),
    };
    return;
  }
  yield {
    kind: "loss",
    error: new BitstreamError("lost-bytes", `the file ends before packet ${count} of the track does`),
  };
}

async function* withLoss(
  parts: AsyncIterable<StreamPart>,
  error: NonNullable<ContainerChecks["loss"]>,
): AsyncGenerator<StreamPart, void, undefined> {
  let last: StreamPart | undefined;
  for await (const part of parts) {
    last = part;
    yield part;
  }
  // The library may have found that the file is damaged, too.
  const isTold = last?.kind === "loss" && last.error.code === error.code && error.code === "damaged-container";
  if (!isTold) yield { kind: "loss", error };
}

/** The avcC or hvcC record that the library gives; undefined where the parameter sets are in the packets, after start codes. */
async function configurationOf(track: InputVideoTrack, codec: Codec): Promise<Uint8Array | undefined> {
  if (codec !== "h264" && codec !== "h265") return undefined;
  const description = (await track.getDecoderConfig())?.description;
  if (description === undefined) return undefined;
  if (!ArrayBuffer.isView(description)) return new Uint8Array(description);
  return new Uint8Array(description.buffer, description.byteOffset, description.byteLength);
}

/** Runs a call of the library, and turns whatever it throws into one line about the file. */
async function reading<T>(file: ContainerFile, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (thrown) {
    throw unreadable(file, thrown);
  }
}

function unreadable({ name, format, hint }: ContainerFile, thrown: unknown): ContainerError {
  const reason = hint ?? `${reasonIn(thrown)}; ${repackAdvice}`;
  return new ContainerError(`${name}: ${format} that mediabunny cannot read: ${reason}`);
}

/** The library's messages end in advice for programmers, which is removed. */
function reasonIn(thrown: unknown): string {
  if (thrown instanceof Error && thrown.message.startsWith("Assertion failed")) return "it is damaged or cut off";
  return reasonOf(thrown).split(/\.(?:\s|$)|\n/)[0] as string;
}
