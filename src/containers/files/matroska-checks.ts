/** Matroska (RFC 9559): the segment is the second element of the file (RFC 8794). */
import { BitstreamError, UnsupportedError } from "../../errors.ts";
import type { ContainerChecks, Patch, SampleConfiguration } from "./container-checks.ts";
import { type FileBytes, type Span, textAt } from "./file-bytes.ts";

export const EBML = 0x1a45dfa3;
/** The first element of a document's header, as those after it, begins with 42. */
const EBML_VERSION = 0x4286;
const SEGMENT = 0x18538067;
const CLUSTER = 0x1f43b675;
const CLUSTER_ID_BYTES = 4;
/** The ids of a segment's elements have four bytes, those in a cluster fewer. */
const LEVEL_1 = 0x1000_0000;
const TIMESTAMP = 0xe7;
const CRC_32 = 0xbf;
const VOID = 0xec;
const TRACKS = 0x1654ae6b;
/** SeekHead, Info, Tracks, Cluster, Cues, Attachments, Chapters and Tags: RFC 9559, 5.1. */
const segmentElements: readonly number[] = [
  0x114d9b74,
  0x1549a966,
  TRACKS,
  CLUSTER,
  0x1c53bb6b,
  0x1941a469,
  0x1043a770,
  0x1254c367,
  VOID,
];
const TRACK_ENTRY = 0xae;
const TRACK_TYPE = 0x83;
const VIDEO_TRACK = 1;
const FLAG_ENABLED = 0xb9;
const TRACK_NUMBER = 0xd7;
const CODEC_ID = 0x86;
const CODEC_PRIVATE = 0x63a2;
/** 00 00 01 and sequence_header_code. */
const SEQUENCE_HEADER = 0x1b3;
/** More than any sequence header with its extensions or metadata has. */
const longestRecord = 1 << 16;
const CONTENT_ENCODINGS = 0x6d80;
const CONTENT_ENCODING = 0x6240;
const CONTENT_COMPRESSION = 0x5034;
const CONTENT_COMP_ALGO = 0x4254;
const CONTENT_ENCRYPTION = 0x5035;
/** RFC 9559, 5.1.4.1.31.6. The library can read algorithm 3, header stripping. */
const algorithms: Readonly<Record<number, string>> = { 0: "zlib", 1: "bzlib", 2: "lzo1x" };

/** How much is searched at a time. */
const searchLength = 1 << 20;

/** The search stops after this many elements side by side, which is more than real files have. */
const elementLimit = 4096;
/** As many clusters of a segment are walked over: those of a day, where each has a second. */
const clusterLimit = 86_400;

export async function checkMatroska(bytes: FileBytes): Promise<ContainerChecks> {
  const header = await elementAt(bytes, 0, bytes.size);
  if (header === undefined) return {};
  const segment = await elementAt(bytes, header.end, bytes.size);
  if (segment?.id !== SEGMENT) return {};
  const missing = segment.isUnknown ? 0 : segment.end - bytes.size;
  const tracks: Span[] = [];
  for await (const track of elements(bytes, segment, [TRACKS, TRACK_ENTRY])) tracks.push(track);
  const hint = await encodingOf(bytes, tracks);
  const cut = segment.isUnknown || missing > 0 ? await cutIn(bytes, segment) : undefined;
  const known = cut === undefined ? await endOfKnown(bytes, segment) : undefined;
  const end = cut?.end ?? known?.end;
  const lost = missing > 0 ? missing : (cut?.missing ?? 0);
  const loss =
    lost > 0
      ? cutOff(lost, missing > 0 ? "its segment" : "its last block")
      : (known?.damage ?? (await unreadDocument(bytes, segment.isUnknown ? (cut?.end ?? bytes.size) : segment.end)));
  return {
    configurations: await recordsOf(bytes, tracks),
    ...(hint === undefined ? {} : { hint }),
    ...(end === undefined ? {} : { end }),
    patches: [...(cut?.patches ?? []), ...(await enabled(bytes, tracks))],
    ...(loss === undefined ? {} : { loss }),
  };
}

function cutOff(bytes: number, place: string): BitstreamError {
  return new BitstreamError("lost-bytes", `the file ends ${bytes} bytes before ${place} does`);
}

/**
 * Where the last element ends that the library knows. It may look for ever for one after that: in elements that a later version of the
 * format has, which a reader must ignore. No end where all of the segment's elements cannot be told apart; damage where no element of a
 * segment begins although one should.
 */
async function endOfKnown(bytes: FileBytes, segment: Span): Promise<{ end?: number; damage?: BitstreamError }> {
  let end: number | undefined;
  let at = segment.start;
  for (let count = 0; at < segment.end; count++) {
    if (count === clusterLimit) return {};
    const element = await elementAt(bytes, at, segment.end);
    if (element?.isUnknown) return {};
    if (element === undefined || element.end > segment.end || !isOfSegment(element)) {
      const reason = `the file is damaged: no element begins at byte ${at}, where one should`;
      return { damage: new BitstreamError("damaged-container", reason) };
    }
    if (segmentElements.includes(element.id)) end = element.end;
    at = element.end;
  }
  return end === undefined || end === segment.end ? {} : { end };
}

/** Whether an element may stand beside clusters. */
function isOfSegment({ id }: Element): boolean {
  return id >= LEVEL_1 || id === VOID || id === CRC_32;
}

/** RFC 8794, 2: documents may follow each other in a file. The library reads the first one, and does not say so. */
async function unreadDocument(bytes: FileBytes, at: number): Promise<UnsupportedError | undefined> {
  const next = at < bytes.size ? await elementAt(bytes, at, bytes.size) : undefined;
  if (next?.id !== EBML && next?.id !== SEGMENT) return undefined;
  return new UnsupportedError(
    "unread-part",
    `another Matroska file begins at byte ${at}: only the first one is read; split the file there`,
  );
}

/** Where a file is cut off. */
interface Cut {
  readonly end: number;
  /** The number of bytes that are missing in the first element after `end`; 0 where nothing is cut off. */
  readonly missing: number;
  readonly patches: readonly Patch[];
}

/**
 * Finds where a file is cut off: before the first incomplete element. The library reads nothing in a cluster that is cut off,
 * nor in the last one if its size is unknown, so such clusters get the size of their complete blocks.
 */
async function cutIn(bytes: FileBytes, segment: Span): Promise<Cut> {
  const patches: Patch[] = [];
  for (let at = segment.start; ; ) {
    const element = await elementAt(bytes, at, bytes.size);
    if (element?.id === EBML || element?.id === SEGMENT) return { end: at, missing: 0, patches };
    if (at >= bytes.size || element === undefined) return { end: bytes.size, missing: 0, patches };
    const missing = Math.max(element.start, element.end) - bytes.size;
    if (element.id !== CLUSTER || element.start > bytes.size) {
      if (missing > 0) return { end: at, missing, patches };
      at = element.end;
    } else if (missing <= 0 && !element.isUnknown) {
      at = element.end;
    } else {
      const next = element.isUnknown ? await nextElement(bytes, element.start) : undefined;
      const end = next ?? (await endOfBlocks(bytes, element.start));
      const sizeAt = at + CLUSTER_ID_BYTES;
      const size = sizeBytes(end - element.start, element.start - sizeAt);
      if (size !== undefined) patches.push({ at: sizeAt, bytes: size });
      const after = await elementAt(bytes, end, bytes.size);
      if (end < bytes.size && after !== undefined && after.id < LEVEL_1) {
        return { end, missing: Math.max(after.start, after.end) - bytes.size, patches };
      }
      at = end;
    }
  }
}

/**
 * Searches for the next cluster or document, because a cluster of unknown size does not say where it ends. Undefined where there is none.
 */
async function nextElement(bytes: FileBytes, start: number): Promise<number | undefined> {
  const cluster = Buffer.from(CLUSTER.toString(16), "hex");
  const document = Buffer.from(EBML.toString(16), "hex");
  for (let from = start; from < bytes.size; from += searchLength) {
    // The id, the longest size, and the id of the first element in it.
    const window = Buffer.from((await bytes.read(from, searchLength + 13)).buffer);
    const firstOf = (at: number) =>
      window[at + CLUSTER_ID_BYTES + Math.clz32(window[at + CLUSTER_ID_BYTES] as number) - 23];
    // RFC 9559, 5.1.3: a cluster's timestamp comes first, after a checksum at most.
    const next = placeOf(window, cluster, (at) => [TIMESTAMP, CRC_32].includes(firstOf(at) as number));
    const other = placeOf(window, document, (at) => firstOf(at) === EBML_VERSION >> 8);
    const found = Math.min(next ?? Infinity, other ?? Infinity);
    if (found < Infinity) return from + found;
  }
  return undefined;
}

/** The first place of an id of four bytes that is more than bytes by chance. */
function placeOf(window: Buffer, id: Buffer, isRight: (at: number) => boolean): number | undefined {
  for (let at = window.indexOf(id); at >= 0 && at < searchLength; at = window.indexOf(id, at + 1)) {
    if (isRight(at)) return at;
  }
  return undefined;
}

/**
 * Finds where the complete elements of a cluster end: before the first that is cut off, or that cannot be inside a cluster.
 */
async function endOfBlocks(bytes: FileBytes, start: number): Promise<number> {
  let end = start;
  while (end < bytes.size) {
    const element = await elementAt(bytes, end, bytes.size);
    if (element === undefined || element.id >= LEVEL_1 || Math.max(element.start, element.end) > bytes.size) break;
    end = element.end;
  }
  return end;
}

/** RFC 8794, 4: a size in `length` bytes. Undefined where it does not fit: all ones would mean that the size is unknown. */
function sizeBytes(value: number, length: number): Uint8Array | undefined {
  if (value >= 2 ** (7 * length) - 1) return undefined;
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value) | (1n << BigInt(7 * length)));
  return bytes.subarray(8 - length);
}

/** RFC 9559, 5.1.4.1.4: the library leaves out a track that is not enabled. Where no video is, all of it is wanted. */
async function enabled(bytes: FileBytes, tracks: readonly Span[]): Promise<Patch[]> {
  const patches: Patch[] = [];
  for (const track of tracks) {
    const type = await firstIn(bytes, track, TRACK_TYPE);
    if (type === undefined || (await numberIn(bytes, type)) !== VIDEO_TRACK) continue;
    const flag = await firstIn(bytes, track, FLAG_ENABLED);
    if (flag === undefined || (await numberIn(bytes, flag)) !== 0 || flag.end === flag.start) return [];
    patches.push({ at: flag.end - 1, bytes: Uint8Array.of(1) });
  }
  return patches;
}

/** Says in which way a video track's data are encoded, if the library cannot read it. */
async function encodingOf(bytes: FileBytes, tracks: readonly Span[]): Promise<string | undefined> {
  for (const track of tracks) {
    let isVideo = false;
    for await (const type of elements(bytes, track, [TRACK_TYPE]))
      isVideo = (await numberIn(bytes, type)) === VIDEO_TRACK;
    if (!isVideo) continue;
    for await (const encoding of elements(bytes, track, [CONTENT_ENCODINGS, CONTENT_ENCODING])) {
      for await (const _ of elements(bytes, encoding, [CONTENT_ENCRYPTION])) return "its video is encrypted";
      for await (const compression of elements(bytes, encoding, [CONTENT_COMPRESSION])) {
        let algorithm = 0;
        for await (const algo of elements(bytes, compression, [CONTENT_COMP_ALGO]))
          algorithm = await numberIn(bytes, algo);
        const name = algorithms[algorithm];
        if (name !== undefined) return `its video is compressed (${name})`;
      }
    }
  }
  return undefined;
}

/**
 * What CodecPrivate has where the library does not give it, by TrackNumber: the headers of MPEG-2 (V_MPEG2), and the av1C record of
 * AV1 (V_AV1). A stream may begin without what is in them.
 */
async function recordsOf(
  bytes: FileBytes,
  tracks: readonly Span[],
): Promise<ReadonlyMap<number, readonly SampleConfiguration[]>> {
  const found = new Map<number, readonly SampleConfiguration[]>();
  for (const track of tracks) {
    const id = await firstIn(bytes, track, CODEC_ID);
    const number = await firstIn(bytes, track, TRACK_NUMBER);
    const content = await firstIn(bytes, track, CODEC_PRIVATE);
    if (id === undefined || number === undefined || content === undefined) continue;
    const name = textAt(await bytes.read(id.start, 7), 0, Math.min(7, id.end - id.start));
    const view = await bytes.read(content.start, Math.min(content.end - content.start, longestRecord));
    const isHeaders = name === "V_MPEG2" && view.byteLength >= 4 && view.getUint32(0) === SEQUENCE_HEADER;
    if (!isHeaders && !(name.startsWith("V_AV1") && view.byteLength > 0)) continue;
    found.set(await numberIn(bytes, number), [{ first: 0, record: new Uint8Array(view.buffer) }]);
  }
  return found;
}

async function firstIn(bytes: FileBytes, within: Span, id: number): Promise<Element | undefined> {
  for await (const element of elements(bytes, within, [id])) return element;
  return undefined;
}

interface Element extends Span {
  readonly id: number;
  readonly isUnknown: boolean;
}

/** Yields the elements at a path of ids. */
async function* elements(bytes: FileBytes, within: Span, path: readonly number[]): AsyncGenerator<Element> {
  const [first, ...rest] = path;
  const end = Math.min(within.end, bytes.size);
  let at = within.start;
  for (let count = 0; count < elementLimit && at < end; count++) {
    const element = await elementAt(bytes, at, end);
    if (element === undefined) return;
    if (element.id === first) {
      if (rest.length === 0) yield element;
      else yield* elements(bytes, element, rest);
    }
    at = element.end;
  }
}

/** RFC 8794, 4 and 6: reads an element's id and size. An element of unknown size extends to `end`. */
async function elementAt(bytes: FileBytes, at: number, end: number): Promise<Element | undefined> {
  const view = await bytes.read(at, 12);
  const idLength = Math.clz32(view.getUint8(0)) - 23;
  if (idLength > 4) return undefined;
  const id = view.getUint32(0) >>> (32 - 8 * idLength);
  const length = Math.clz32(view.getUint8(idLength)) - 23;
  if (length > 8) return undefined;
  const value = BigInt.asUintN(7 * length, view.getBigUint64(idLength) >> BigInt(64 - 8 * length));
  const isUnknown = value === (1n << BigInt(7 * length)) - 1n;
  const start = at + idLength + length;
  return { id, start, end: isUnknown ? end : start + Number(value), isUnknown };
}

/** RFC 8794, 7.2: reads an unsigned integer of up to eight bytes, of which the last four count here. */
async function numberIn(bytes: FileBytes, { start, end }: Span): Promise<number> {
  const view = await bytes.read(Math.max(start, end - 4), 4);
  return end > start ? view.getUint32(0) >>> (32 - 8 * Math.min(4, end - start)) : 0;
}
