import type { Codec } from "../events.ts";
import { joined } from "../framing/bytes.ts";
import { beginsWithTemporalUnit, looksLikeObus, OBU_TEMPORAL_DELIMITER } from "../framing/obu.ts";
import { beginsWithFrame } from "../fwht/stream.ts";
import { codecOfByteStream } from "./byte-stream-codec.ts";
import { repackAdvice } from "./container-error.ts";
import { ivfFourccs } from "./ivf.ts";
import type { Demuxer } from "./pes.ts";
import { hasPackHeader, ProgramStream } from "./program-stream.ts";
import { looksLikeTransportStream } from "./transport-packets.ts";
import { TransportStream } from "./transport-stream.ts";

/** What the beginning of an input looks like. */
export type Detected =
  | { readonly kind: "record" }
  | { readonly kind: "stream"; readonly codec: Codec; readonly ivf: boolean; readonly certain: boolean }
  /** A container that a library may read; `name` with its article. */
  | { readonly kind: "container"; readonly name: string }
  /** Video in an MPEG program or transport stream. The codec is undefined where no wanted video has come so far. */
  | {
      readonly kind: "systems";
      readonly codec: Codec | undefined;
      readonly layer: "program" | "transport";
      readonly problem: string | undefined;
    }
  /** Something else that is known; `name` with its article. */
  | { readonly kind: "other"; readonly name: string };

/**
 * Says what an input is. Undefined where the bytes do not show it.
 *
 * @param head the input's first bytes. The more there are, the better is the answer.
 * @param asked the only codec that is wanted of a transport stream.
 */
export function detect(head: Uint8Array, asked?: Codec): Detected | undefined {
  if (looksLikeJson(head)) return { kind: "record" };
  if (startsWith(head, "DKIF")) return detectIvf(head);
  if (beginsWithFrame(head)) return { kind: "stream", codec: "fwht", ivf: false, certain: true };
  const container = detectContainer(head);
  if (container !== undefined) return container;
  const isObus = looksLikeObus(head);
  if (beginsWithTemporalUnit(head) || (isObus && isDelimiter(head[0]))) return av1(true);
  const systems = detectSystems(head, asked);
  if (systems !== undefined) return systems;
  const stream = codecOfByteStream(head);
  // Where a byte stream begins in the middle of a unit, a byte that looks like a sequence header is no rare chance.
  const isLikely = stream !== undefined && (stream.certain || stream.units >= LIKELY_UNITS);
  if (isObus && !isLikely) return av1(true);
  if (stream !== undefined) return { kind: "stream", codec: stream.codec, ivf: false, certain: stream.certain };
  // A temporal delimiter alone, before OBUs that are damaged.
  return startsWith(head, "\x12\x00") ? av1(false) : undefined;
}

/** So many units that a codec could have are not in OBUs by chance. */
const LIKELY_UNITS = 3;

function av1(certain: boolean): Detected {
  return { kind: "stream", codec: "av1", ivf: false, certain };
}

function isDelimiter(header: number | undefined): boolean {
  return header !== undefined && header >> 3 === OBU_TEMPORAL_DELIMITER;
}

/**
 * A demuxer for the systems stream that `detect` found.
 * @param codec the only codec that is taken out of a transport stream.
 */
export function openDemuxer(layer: "program" | "transport", codec?: Codec): Demuxer {
  return layer === "program" ? new ProgramStream() : new TransportStream({ codec, recognise: certainCodec });
}

function certainCodec(stream: Uint8Array): Codec | undefined {
  const found = codecOfByteStream(stream);
  return found?.certain ? found.codec : undefined;
}

function detectSystems(head: Uint8Array, asked: Codec | undefined): Detected | undefined {
  const layer = looksLikeTransportStream(head) ? "transport" : hasPackHeader(head) ? "program" : undefined;
  if (layer === undefined) return undefined;
  const demuxer = openDemuxer(layer, asked);
  const parts = [...demuxer.push(head), ...demuxer.flush()];
  const codec = demuxer.codec ?? certainCodec(joined(parts.map(({ data }) => data)));
  return { kind: "systems", codec, layer, problem: demuxer.problem };
}

function startsWith(head: Uint8Array, text: string, offset = 0): boolean {
  for (let i = 0; i < text.length; i++) if (head[offset + i] !== text.charCodeAt(i)) return false;
  return true;
}

/** How many bytes must look like text after the space that JSON may begin with. */
const jsonBytes = 64;

/** Whether it begins with an object, and goes on as text: a stream may begin with a brace by chance. */
function looksLikeJson(head: Uint8Array): boolean {
  const byteOrderMark = head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf;
  let at = byteOrderMark ? 3 : 0;
  while (isSpace(head[at])) at++;
  if (head[at] !== 0x7b) return false;
  const begin = head.subarray(at, at + jsonBytes);
  const next = begin.subarray(1).find((byte) => !isSpace(byte));
  return (next === 0x22 || next === 0x7d) && begin.every((byte) => byte >= 0x20 || isSpace(byte));
}

/** RFC 8259, clause 2: space, tab, line feed, carriage return. */
function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;
}

/** The fourcc is at byte 8 of an IVF file's header. */
function detectIvf(head: Uint8Array): Detected {
  const fourcc = String.fromCharCode(...head.subarray(8, 12));
  const codec = (Object.keys(ivfFourccs) as (keyof typeof ivfFourccs)[]).find((name) => ivfFourccs[name] === fourcc);
  if (codec === undefined) {
    const known = `of these, only ${Object.values(ivfFourccs).join(", ")} (VP8, VP9, AV1) are read`;
    return { kind: "other", name: `an IVF file of ${JSON.stringify(fourcc)}; ${known}` };
  }
  return { kind: "stream", codec, ivf: true, certain: true };
}

function detectContainer(head: Uint8Array): Detected | undefined {
  const readable = readableContainer(head);
  if (readable !== undefined) return { kind: "container", name: readable };
  const other = otherContainers.find(({ signature, type }) => {
    return startsWith(head, signature) && (type === undefined || startsWith(head, type.text, type.at));
  });
  return other === undefined
    ? undefined
    : { kind: "other", name: `${other.name}, which is not read here: ${repackAdvice}` };
}

function readableContainer(head: Uint8Array): string | undefined {
  if (startsWith(head, "ftypqt  ", 4)) return "a QuickTime file";
  if (startsWith(head, "ftyp", 4) && imageBrands.some((brand) => startsWith(head, brand, 8))) return undefined;
  if (mp4Boxes.some((box) => startsWith(head, box, 4))) return "an MP4 file";
  if (isQuickTimeWithoutType(head)) return "a QuickTime file without ftyp";
  if (startsWith(head, "\x1a\x45\xdf\xa3")) return isWebm(head) ? "a WebM file" : "a Matroska file";
  return undefined;
}

/** The DocType is among the first elements. */
function isWebm(head: Uint8Array): boolean {
  const docType = "\x42\x82\x84webm";
  return head.subarray(0, 64).some((_, offset) => startsWith(head, docType, offset));
}

/** The boxes that a file or a segment of one begins with; `moof` and `sidx` in a segment without `styp`. */
const mp4Boxes: readonly string[] = ["ftyp", "styp", "moof", "sidx"];

/** ISO/IEC 23008-12: the major brands of files that hold images. */
const imageBrands: readonly string[] = ["heic", "heix", "heim", "heis", "mif1", "avif"];

/** The atoms that a QuickTime file without `ftyp` may begin with: an old file, or one of some cameras. */
const quickTimeAtoms: readonly string[] = ["moov", "mdat", "wide", "free", "skip", "pnot"];

/** Letters that are taken for a size are larger. Only the atom with the samples, `mdat`, may be so large. */
const LARGE_ATOM = 0x20000000;

/**
 * Whether a file begins with an atom of QuickTime: a 32-bit size (1 means a 64-bit size after the type, 0 that the atom extends
 * to the end of the file), and a type that a file may begin with. Four letters alone prove little: a byte stream may have them
 * after a start code, which looks like a size, and text of an encoder has them. So where the second atom begins in these bytes, it must have a
 * known type, too.
 */
function isQuickTimeWithoutType(head: Uint8Array): boolean {
  if (head.length < 16 || !quickTimeAtoms.some((atom) => startsWith(head, atom, 4))) return false;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const coded = view.getUint32(0);
  const size = coded === 1 ? Number(view.getBigUint64(8)) : coded;
  if (size >= LARGE_ATOM && !startsWith(head, "mdat", 4)) return false;
  if (size === 0 || size + 8 > head.length) return size === 0 || size >= 8;
  return size >= 8 && [...quickTimeAtoms, "uuid", "udta", "meta"].some((atom) => startsWith(head, atom, size + 4));
}

interface Signature {
  readonly signature: string;
  /** Distinguishes formats with the same signature. */
  readonly type?: { readonly at: number; readonly text: string };
  readonly name: string;
}

/** The signatures of WTV and ASF are GUIDs. */
const otherContainers: readonly Signature[] = [
  { signature: "RIFF", type: { at: 8, text: "AVI " }, name: "an AVI file" },
  { signature: "RIFF", name: "a RIFF file" },
  { signature: "\xb7\xd8\x00\x20\x37\x49\xda\x11\xa6\x4e\x00\x07\xe9\x5e\xad\x8d", name: "a WTV file" },
  { signature: "\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c", name: "an ASF file" },
  ...imageBrands.map((brand) => ({
    signature: "",
    type: { at: 4, text: `ftyp${brand}` },
    name: "an image file (HEIF)",
  })),
  { signature: "$H", type: { at: 12, text: "\x30\x26\xb2\x75" }, name: "an ASF stream" },
  { signature: "FLV", name: "an FLV file" },
  { signature: "OggS", name: "an Ogg file" },
  { signature: "\x06\x0e\x2b\x34", name: "an MXF file" },
  { signature: "AV\x01", name: "a PVA file" },
  { signature: "AV\x02", name: "a PVA file" },
  { signature: "nut/multimedia container\0", name: "a NUT file" },
  { signature: ".RMF", name: "a RealMedia file" },
  { signature: "\0\0\0\0\x01\xbc", type: { at: 14, text: "\xe1\xe2" }, name: "a GXF file" },
  { signature: "LEITCH\0\0", name: "an LXF file" },
  { signature: "NSVf", name: "an NSV file" },
  { signature: "NSVs", name: "an NSV file" },
  { signature: "\xf5\x46\x7a\xbd", name: "a TiVo file" },
  { signature: "DHAV", name: "a DAV file" },
  { signature: "DAHUA", name: "a DAV file" },
];
