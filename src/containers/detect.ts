import { UnsupportedError } from "../errors.ts";
import type { Codec } from "../events.ts";
import { joined } from "../framing/bytes.ts";
import { beginsWithTemporalUnit, looksLikeObus } from "../framing/obu.ts";
import { findStartCode } from "../framing/start-code.ts";
import { beginsWithFrame } from "../fwht/stream.ts";
import { parseSps } from "../h264/parser.ts";
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
  const obus = detectObus(head);
  const isDelimited = obus !== undefined && !startsWith(head, SEQUENCE_HEADER);
  if (isDelimited) return obus;
  const systems = detectSystems(head, asked);
  if (systems !== undefined) return systems;
  // Where a byte stream begins in the middle of a unit, a byte that looks like a sequence header is no rare chance.
  const stream = detectByteStream(head);
  if (stream?.kind === "stream" && stream.certain) return stream;
  return obus ?? stream ?? detectDelimiter(head);
}

/** The byte that the OBU of a sequence header begins with, which has a size and no extension. */
const SEQUENCE_HEADER = "\x0a";

/**
 * A demuxer for the systems stream that `detect` found.
 * @param codec the only codec that is taken out of a transport stream.
 */
export function openDemuxer(layer: "program" | "transport", codec?: Codec): Demuxer {
  return layer === "program" ? new ProgramStream() : new TransportStream({ codec, recognise: certainCodec });
}

/** AV1 as OBUs with sizes, or as temporal units of Annex B. */
function detectObus(head: Uint8Array): Detected | undefined {
  if (!looksLikeObus(head) && !beginsWithTemporalUnit(head)) return undefined;
  return { kind: "stream", codec: "av1", ivf: false, certain: true };
}

/** A temporal delimiter of AV1 alone, before OBUs that are damaged. */
function detectDelimiter(head: Uint8Array): Detected | undefined {
  return startsWith(head, "\x12\x00") ? { kind: "stream", codec: "av1", ivf: false, certain: false } : undefined;
}

function certainCodec(stream: Uint8Array): Codec | undefined {
  const found = detectByteStream(stream);
  return found?.kind === "stream" && found.certain ? found.codec : undefined;
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

/** Of a few bytes, one character each. */
function textOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

/** How many bytes must look like text after the space that JSON may begin with. */
const jsonBytes = 64;

/** Whether it begins with an object, and goes on as text: a stream may begin anywhere, with a byte that is a brace by chance. */
function looksLikeJson(head: Uint8Array): boolean {
  const byteOrderMark = head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf;
  let at = byteOrderMark ? 3 : 0;
  while (isSpace(head[at])) at++;
  const begin = head.subarray(at, at + jsonBytes);
  return /^\{\s*["}]/.test(textOf(begin)) && begin.every((byte) => byte >= 0x20 || isSpace(byte));
}

/** RFC 8259, clause 2: space, tab, line feed, carriage return. */
function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;
}

/** The fourcc is at byte 8 of an IVF file's header. */
function detectIvf(head: Uint8Array): Detected {
  const fourcc = textOf(head.subarray(8, 12));
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

/**
 * Whether a file begins with an atom of QuickTime: a 32-bit size (1 means a 64-bit size after the type, 0 that the atom extends
 * to the end of the file), and a type that a file may begin with. Four letters alone prove little: a byte stream may have them
 * after a start code, which looks like a size. So where the second atom begins in these bytes, it must have a known type, too.
 */
function isQuickTimeWithoutType(head: Uint8Array): boolean {
  if (head.length < 16 || !quickTimeAtoms.some((atom) => startsWith(head, atom, 4))) return false;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const coded = view.getUint32(0);
  const size = coded === 1 ? Number(view.getBigUint64(8)) : coded;
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

/**
 * The first unit that only one codec can have decides, or else one that looks like an SPS of H.264. Without either, the codec that
 * more of the units could belong to is taken.
 */
function detectByteStream(head: Uint8Array): Detected | undefined {
  const could = { h264: 0, h265: 0 };
  let hasOddSps = false;
  let prefix = findStartCode(head, 0, head.length);
  let last: number | undefined;
  while (prefix >= 0) {
    const start = prefix + 3;
    prefix = findStartCode(head, start, head.length);
    const unit = head.subarray(start, prefix < 0 ? head.length : prefix);
    const codec = decisive(unit, last);
    if (codec === "odd SPS") hasOddSps = true;
    else if (codec !== undefined) return { kind: "stream", codec, ivf: false, certain: true };
    if (couldBeH264(unit)) could.h264++;
    if (couldBeH265(unit)) could.h265++;
    last = unit[0];
  }
  if (hasOddSps) return { kind: "stream", codec: "h264", ivf: false, certain: true };
  if (could.h264 === 0 && could.h265 === 0) return undefined;
  return { kind: "stream", codec: could.h264 >= could.h265 ? "h264" : "h265", ivf: false, certain: false };
}

/** @param last the first byte of the unit before. */
function decisive(unit: Uint8Array, last: number | undefined): Codec | "odd SPS" | undefined {
  const [first, second] = unit;
  // sequence_header_code. In a NAL unit header the first bit is 0.
  if (first === 0xb3) return "mpeg2";
  // A picture coding extension after a picture header: a stream may be cut off long before the next sequence header.
  if (last === 0 && first === 0xb5 && second !== undefined && second >> 4 === 8) return "mpeg2";
  // Video and sequence parameter sets of the base layer. In H.264 these bytes would be an unspecified type, or a data partition
  // B without partition A.
  if ((first === 0x40 || first === 0x42) && second === 0x01) return "h265";
  return first !== undefined && (first & 0x9f) === 7 ? h264Sps(unit) : undefined;
}

/** A.2: the values of profile_idc that are not reserved. */
const profiles: readonly number[] = [44, 66, 77, 83, 86, 88, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244];

/**
 * Slices of MPEG-2 in rows 7, 39, 71 and 103 begin as an SPS does, and some can be parsed as one. An SPS with values that 7.4.1 or A.2
 * does not allow is an odd one.
 */
function h264Sps(unit: Uint8Array): "h264" | "odd SPS" | undefined {
  try {
    const { profile_idc, reserved_zero_2bits } = parseSps(unit);
    const isReference = (unit[0] as number) >> 5 !== 0;
    return isReference && profiles.includes(profile_idc) && reserved_zero_2bits === 0 ? "h264" : "odd SPS";
  } catch (thrown) {
    return thrown instanceof UnsupportedError ? "odd SPS" : undefined;
  }
}

/** 7.4.1: whether nal_ref_idc may have this value with this nal_unit_type. Slices, SEI, parameter sets and delimiters. */
function couldBeH264(unit: Uint8Array): boolean {
  const first = unit[0] ?? 0x80;
  if (first >= 0x80) return false;
  const isReference = first >> 5 !== 0;
  const type = first & 0x1f;
  return type === 1 || ((type === 5 || type === 8) && isReference) || ((type === 6 || type === 9) && !isReference);
}

/** A slice segment, parameter set, delimiter or SEI of the base layer and the lowest sub-layer. */
function couldBeH265(unit: Uint8Array): boolean {
  const [first, second] = unit;
  if (first === undefined || (first & 0x81) !== 0 || second !== 0x01) return false;
  const type = first >> 1;
  return type <= 9 || (type >= 16 && type <= 21) || (type >= 32 && type <= 40);
}
