/** MPEG program streams (H.222.0 2.5.3) and system streams (ISO/IEC 11172-1 2.4.3): packs of PES packets, one after the other. */

import { BitstreamError } from "../errors.ts";
import { joined } from "../framing/bytes.ts";
import { findStartCode } from "../framing/start-code.ts";
import {
  type Demuxer,
  type ElementaryPart,
  LONGEST_PES_HEADER,
  PartList,
  readPesHeader,
  scrambledError,
} from "./pes.ts";

/** Table 2-22 and 2.5.3: stream_id and start codes of this layer. All other start codes belong to video streams. */
const PACK_START_CODE = 0xba;
const PROGRAM_END_CODE = 0xb9;
const isVideo = (stream_id: number): boolean => stream_id >= 0xe0 && stream_id <= 0xef;

/** The size of a pack header in bytes, without its stuffing, by its first bits; 0 where it is not a pack header. */
function packHeaderSize(marks: number): number {
  if ((marks & 0xc4) === 0x44) return 14;
  return (marks & 0xf1) === 0x21 ? 12 : 0;
}

/** 2.5.3.3: pack_stuffing_length of the pack header that begins at `at`. MPEG-1 has none. */
function packStuffing(bytes: Uint8Array, at: number, size: number): number {
  return size === 14 ? (bytes[at + 13] ?? 0) & 7 : 0;
}

/**
 * Whether a pack begins somewhere in `head`: a header, and right after it another start code, or the end of `head`. No codec's byte
 * stream has its start code, but damaged bytes may.
 */
export function hasPackHeader(head: Uint8Array): boolean {
  for (let at = findStartCode(head, 0, head.length); at >= 0; at = findStartCode(head, at + 3, head.length)) {
    const size = head[at + 3] === PACK_START_CODE ? packHeaderSize(head[at + 4] ?? 0) : 0;
    if (size === 0) continue;
    const end = at + size + packStuffing(head, at, size);
    if (end + 3 > head.length || findStartCode(head, end, end + 3) === end) return true;
  }
  return false;
}

/** Takes the first video stream out of a program stream. */
export class ProgramStream implements Demuxer {
  /** Unknown: the program stream map would name it, but most program streams have none. */
  readonly codec = undefined;
  readonly #parts = new PartList();
  #stream_id: number | undefined;
  /** Bytes that are not used yet. */
  #rest = new Uint8Array(0);
  /** Offset of `rest[0]` in the file. */
  #origin = 0;
  /** The number of bytes of the packet's payload that are still missing. */
  #left = 0;
  #isWanted = false;
  /** A pack or packet has been found, so the next one must begin where it ends. */
  #isInStep = false;
  /** There were packets of the video whose payload is scrambled. */
  #isScrambled = false;
  /** Bytes that are no packets, after which no pack has come yet. */
  #gap: BitstreamError | undefined;

  get problem(): string | undefined {
    return this.#isScrambled ? "its video is scrambled" : undefined;
  }

  push(chunk: Uint8Array): ElementaryPart[] {
    const bytes = this.#rest.length === 0 ? chunk : joined([this.#rest, chunk]);
    const end = this.#read(bytes);
    this.#rest = bytes.slice(end);
    this.#origin += end;
    return this.#parts.take();
  }

  flush(): ElementaryPart[] {
    const rest = this.#rest;
    const isCutOff = this.#isWanted && this.#left > 0;
    if (isCutOff || (this.#isInStep && this.#isWantedPacket(rest)))
      this.#lose("the last PES packet is cut off", rest.length);
    else if (findStartCode(rest, 0, rest.length) < 0) this.#skip(rest, 0, rest.length);
    this.#rest = new Uint8Array(0);
    this.#left = 0;
    if (this.#gap !== undefined) {
      this.#parts.endUnit(); // The last PES packet is complete by its length.
      this.#parts.lose(this.#gap);
      this.#gap = undefined;
    }
    return this.#parts.takeLast();
  }

  /** Returns the number of bytes that were used. */
  #read(bytes: Uint8Array): number {
    let at = 0;
    for (;;) {
      const payload = Math.min(this.#left, bytes.length - at);
      if (this.#isWanted) this.#parts.add(bytes.subarray(at, at + payload));
      at += payload;
      this.#left -= payload;
      if (this.#left > 0) return at;
      const next = this.#findNext(bytes, at);
      if (next === undefined) return Math.max(at, bytes.length - 3);
      if (bytes.length - next < 4) return next;
      const size = this.#begin(bytes, next);
      if (size === undefined) return next;
      at = next + size;
    }
  }

  /** Finds the next start code of this layer. If bytes other than zeros come before it, bytes are missing or damaged. */
  #findNext(bytes: Uint8Array, from: number): number | undefined {
    let at = findStartCode(bytes, from, bytes.length);
    while (at >= 0 && at + 3 < bytes.length && (bytes[at + 3] as number) < PROGRAM_END_CODE) {
      at = findStartCode(bytes, at + 3, bytes.length);
    }
    // A prefix may begin in the last three bytes.
    this.#skip(bytes, from, at < 0 ? bytes.length - 3 : at);
    return at < 0 ? undefined : at;
  }

  /** Skips bytes between packets. */
  #skip(bytes: Uint8Array, from: number, to: number): void {
    let at = from;
    while (at < to && bytes[at] === 0) at++;
    if (this.#isInStep && at < to) this.#loseStep("no pack or packet begins where one should", at);
  }

  /** Reads the header of the pack or packet that begins at a start code. Undefined where more bytes are needed. */
  #begin(bytes: Uint8Array, at: number): number | undefined {
    const code = bytes[at + 3] as number;
    if (code === PROGRAM_END_CODE) return 4;
    const available = bytes.length - at;
    if (code === PACK_START_CODE) {
      const size = packHeaderSize(bytes[at + 4] ?? 0);
      if (available < Math.max(5, size)) return undefined;
      if (size === 0) {
        this.#loseStep("a pack header with wrong marker bits", at);
        return 4;
      }
      this.#isInStep = true;
      // Packets may be missing before this pack.
      if (this.#gap !== undefined) this.#parts.lose(this.#gap);
      this.#gap = undefined;
      this.#isWanted = false;
      this.#left = packStuffing(bytes, at, size);
      return size;
    }
    if (available < 6) return undefined;
    const length = ((bytes[at + 4] as number) << 8) | (bytes[at + 5] as number);
    // Before the first pack header any bytes may look like a packet.
    if (!this.#isInStep) return 4;
    this.#isWanted = this.#isWantedPacket(bytes.subarray(at));
    if (!this.#isWanted) {
      this.#left = length;
      return 6;
    }
    const header = readPesHeader(bytes.subarray(at, at + 6 + length));
    if (header === "short" && available < Math.min(6 + length, LONGEST_PES_HEADER)) return undefined;
    if (header === null || header === "short") {
      this.#isWanted = false;
      this.#lose("a video packet without a valid PES header", at);
      return 4;
    }
    this.#stream_id = code;
    this.#left = 6 + length - header.size;
    if (header.content === "scrambled") {
      this.#isScrambled = true;
      this.#isWanted = false;
      this.#parts.lose(scrambledError("program stream"));
    } else this.#parts.begin(header.pts);
    return header.size;
  }

  /** Whether a packet of the video stream begins here. Before the first one, this is any packet that could have video. */
  #isWantedPacket(bytes: Uint8Array): boolean {
    const stream_id = bytes[3] ?? 0;
    return this.#stream_id === undefined ? isVideo(stream_id) : stream_id === this.#stream_id;
  }

  /** The next pack is looked for. What comes after these bytes shows whether the video lacks any. */
  #loseStep(reason: string, at: number): void {
    this.#isInStep = false;
    this.#gap ??= this.#errorAt(reason, at);
  }

  #lose(reason: string, at: number): void {
    this.#isInStep = false;
    this.#parts.lose(this.#errorAt(reason, at));
  }

  #errorAt(reason: string, at: number): BitstreamError {
    const text = `${reason} (byte ${this.#origin + at} of the file)`;
    return new BitstreamError("lost-bytes", text, { unit: "program stream" });
  }
}
