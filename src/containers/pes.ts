/** PES packets, which carry elementary streams in program and transport streams: H.222.0 (ISO/IEC 13818-1) 2.4.3.6. */

import { type StreamError, UnsupportedError } from "../errors.ts";
import type { Codec } from "../events.ts";
import { joined } from "../framing/bytes.ts";

/** A piece of an elementary stream, cut where a PES packet with a pts begins, where bytes are missing, or anywhere. */
export interface ElementaryPart {
  /** May be a view of what was pushed. */
  readonly data: Uint8Array;
  /** The pts of the first picture that begins in `data` or after it, in units of 1/90000 s, modulo 2^33. */
  readonly pts: number | undefined;
  /** Why bytes are missing before `data`; undefined where none are. */
  readonly lost: StreamError | undefined;
  /** The bytes before `data` end a unit, which is complete whatever comes next. */
  readonly unitEnds: boolean;
  /** Why bytes of the file about here cannot be read, of which none are the video's. `data` is empty then. */
  readonly unread?: StreamError | undefined;
}

/**
 * Takes the first video stream out of a systems stream that comes in pieces of any size. It never keeps more than the header of
 * a packet.
 */
export interface Demuxer {
  /** The codec that the systems stream names for the video stream; undefined until it does. */
  readonly codec: Codec | undefined;
  /** A reason for a message why the video may not be found: `"its program tables have a wrong CRC_32"`. */
  readonly problem: string | undefined;
  push(chunk: Uint8Array): ElementaryPart[];
  /** The end of the input. */
  flush(): ElementaryPart[];
}

/** What a program map says of an elementary stream's content. */
interface ElementType {
  readonly stream_type: number;
  readonly format_identifier: string | undefined;
}

/** Table 2-34. */
const stream_types: Readonly<Record<number, Codec>> = { 1: "mpeg2", 2: "mpeg2", 27: "h264", 36: "h265" };

/**
 * The codec of an elementary stream. MPEG-1 is given to the session of MPEG-2, whose error names it. Multiplexers that are older than the
 * stream_type of HEVC write it as private data (6) that is registered.
 */
export function codecOfElement({ stream_type, format_identifier }: ElementType): Codec | undefined {
  return stream_type === 6 && format_identifier === "HEVC" ? "h265" : stream_types[stream_type];
}

/** Video of Table 2-34 that is not read, and what other standards have registered. */
const otherVideo: Readonly<Record<number | string, string>> = {
  16: "MPEG-4 Visual",
  33: "JPEG 2000",
  51: "VVC",
  53: "EVC",
  66: "AVS",
  209: "Dirac",
  212: "AVS3",
  234: "VC-1",
  "6 AV01": "AV1",
  "6 VP09": "VP9",
};

/** The name of video that is not read from transport streams. */
export function otherVideoName({ stream_type, format_identifier }: ElementType): string | undefined {
  return otherVideo[stream_type] ?? otherVideo[`${stream_type} ${format_identifier}`];
}

/** The size of the longest header in bytes: 9, and the largest PES_header_data_length. */
export const LONGEST_PES_HEADER = 9 + 255;

/** A PES packet's header; `size` in bytes, from packet_start_code_prefix on. */
export interface PesHeader {
  readonly size: number;
  readonly pts: number | undefined;
  /** What comes after it; scrambled where PES_scrambling_control is not 0. */
  readonly content: "video" | "scrambled" | "padding";
}

/** Says that the video's bytes are scrambled. @param unit of the systems stream. */
export function scrambledError(unit: string): UnsupportedError {
  return new UnsupportedError("scrambled", "the video stream is scrambled", { unit });
}

/** Table 2-22: padding_stream, whose packets have no header after their length. */
const PADDING_STREAM = 0xbe;

/**
 * Reads a header, which may be one of ISO/IEC 11172-1 2.4.3.3. `bytes` begin with packet_start_code_prefix. Returns "short"
 * where they end inside the header; null where there is no header.
 */
export function readPesHeader(bytes: Uint8Array): PesHeader | "short" | null {
  if (bytes.length < 7) return "short";
  if (bytes[0] !== 0 || bytes[1] !== 0 || bytes[2] !== 1) return null;
  if (bytes[3] === PADDING_STREAM) return { size: 6, pts: undefined, content: "padding" };
  if ((at(bytes, 6) & 0xc0) !== 0x80) return readMpeg1Header(bytes);
  if (bytes.length < 9) return "short";
  const size = 9 + at(bytes, 8);
  if (bytes.length < size) return "short";
  const content = (at(bytes, 6) & 0x30) === 0 ? "video" : "scrambled";
  const hasPts = (at(bytes, 7) & 0x80) !== 0 && size >= 14;
  return { size, pts: hasPts ? timestampAt(bytes, 9) : undefined, content };
}

/** Up to 16 stuffing bytes, the size of a buffer, then timestamps or 0x0f. */
function readMpeg1Header(bytes: Uint8Array): PesHeader | "short" | null {
  let size = 6;
  while (size < 6 + 16 && bytes[size] === 0xff) size++;
  if ((at(bytes, size) & 0xc0) === 0x40) size += 2;
  const kind = at(bytes, size) >> 4;
  const [length, hasPts] = kind === 2 ? [5, true] : kind === 3 ? [10, true] : [1, false];
  if (bytes.length < size + length) return "short";
  if (!hasPts && bytes[size] !== 0x0f) return null;
  return { size: size + length, pts: hasPts ? timestampAt(bytes, size) : undefined, content: "video" };
}

/** 33 bits in 5 bytes, with marker bits between. */
function timestampAt(bytes: Uint8Array, place: number): number {
  const low = (at(bytes, place + 1) << 22) | ((at(bytes, place + 2) >> 1) << 15);
  return ((at(bytes, place) >> 1) & 7) * 2 ** 30 + (low | (at(bytes, place + 3) << 7) | (at(bytes, place + 4) >> 1));
}

function at(bytes: Uint8Array, place: number): number {
  return bytes[place] ?? 0;
}

/** Collects the pieces of one `push` into parts. */
export class PartList {
  #parts: ElementaryPart[] = [];
  #pieces: Uint8Array[] = [];
  #pts: number | undefined;
  #lost: ElementaryPart["lost"];
  #unitEnds = false;

  /** Begins a PES packet. */
  begin(pts: number | undefined): void {
    if (pts === undefined) return;
    this.#end();
    this.#pts = pts;
  }

  add(piece: Uint8Array): void {
    if (piece.length > 0) this.#pieces.push(piece);
  }

  /** Takes note of missing bytes. If this is called several times without bytes in between, the first reason counts. */
  lose(reason: StreamError): void {
    this.#end();
    this.#lost ??= reason;
  }

  /** Takes note of bytes that cannot be read, and that are none of the video's. */
  passOver(reason: StreamError): void {
    this.#end();
    this.#parts.push({ data: new Uint8Array(0), pts: undefined, lost: undefined, unitEnds: false, unread: reason });
  }

  /** Ends a unit. After a loss it has already been cut off. */
  endUnit(): void {
    this.#end();
    if (this.#lost === undefined) this.#unitEnds = true;
  }

  /** Returns all parts so far. A pts or loss that no bytes have followed stays for the next part. */
  take(): ElementaryPart[] {
    this.#end();
    const parts = this.#parts;
    this.#parts = [];
    return parts;
  }

  /** Returns all parts. A loss after which no bytes came is an empty part. */
  takeLast(): ElementaryPart[] {
    const parts = this.take();
    const lost = this.#lost;
    // No bytes have come since this loss.
    if (lost !== undefined) parts.push({ data: new Uint8Array(0), pts: undefined, lost, unitEnds: this.#unitEnds });
    this.#lost = undefined;
    this.#unitEnds = false;
    return parts;
  }

  #end(): void {
    if (this.#pieces.length === 0) return;
    this.#parts.push({ data: joined(this.#pieces), pts: this.#pts, lost: this.#lost, unitEnds: this.#unitEnds });
    this.#pieces = [];
    this.#pts = undefined;
    this.#lost = undefined;
    this.#unitEnds = false;
  }
}

/** Whether a start code begins here. True also where too few bytes are there to exclude it. */
export function beginsUnit(bytes: Uint8Array): boolean {
  const zeros = bytes.findIndex((byte) => byte !== 0);
  return zeros < 0 || (zeros >= 2 && bytes[zeros] === 1);
}
