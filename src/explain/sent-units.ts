/** Which units of a stream a request sends, and which ones come before it. */

import type { Codec, RequestEvent } from "../events.ts";
import { sameBytes } from "../framing/bytes.ts";
import { obuPayload } from "../framing/obu.ts";
import { frameData } from "../fwht/units.ts";
import { bitstreamBytes } from "../session/bitstream.ts";

/** What must be known of a unit. */
export interface Unit {
  readonly kind: string;
  /** Offset in the stream; -1 in a configuration record. */
  readonly byte: number;
  /** As coded. They must stay the same until the unit's request is known. */
  readonly bytes: Uint8Array;
}

/** The units that belong to a request. */
export interface RequestUnits<U extends Unit> {
  /** All that were read since the request before, up to the last one that is sent. */
  readonly units: readonly U[];
  /** Those whose bytes are in its OUTPUT buffer, in their order. In MPEG-2, whose slices are not read, its picture header. */
  readonly sent: readonly U[];
}

/**
 * Hands out units to requests in their order. Each request gets the units up to the last one that it sends, so parameter sets and
 * messages belong to the picture that follows them. Units that may only come after a picture belong to the picture before.
 */
export class SentUnits<U extends Unit> {
  readonly #codec: Codec;
  #waiting: U[] = [];
  /** How many of them came before the session's last call. */
  #before = 0;

  constructor(codec: Codec) {
    this.#codec = codec;
  }

  add(unit: U): void {
    this.#waiting.push(unit);
  }

  /** The units of the next request. */
  of(request: RequestEvent): RequestUnits<U> {
    const sent = this.#codec === "mpeg2" ? this.#picture() : this.#sent(bitstreamBytes(request));
    const end = this.#endOf(sent);
    const units = this.#waiting.slice(0, end);
    this.#waiting = this.#waiting.slice(end);
    this.#before = Math.max(0, this.#before - end);
    return { units, sent };
  }

  /** A call of the session has returned. */
  endCall(): void {
    this.#before = this.#waiting.length;
  }

  /** The waiting units that are one after the other in the OUTPUT buffer, with or without start codes. */
  #sent(output: Uint8Array): U[] {
    const sent: U[] = [];
    let at = 0;
    for (const unit of this.#waiting) {
      if (at === output.length) break;
      const bytes = this.#bytesToSend(unit);
      const start = [at, at + 3].find((from) => sameBytes(output.subarray(from, from + bytes.length), bytes));
      if (start === undefined || bytes.length === 0) continue;
      sent.push(unit);
      at = start + bytes.length;
    }
    return sent;
  }

  /** Of AV1, the payload of an OBU that has tiles; of FWHT, what comes after a frame's header; of other codecs, the whole unit. */
  #bytesToSend({ kind, bytes }: U): Uint8Array {
    if (this.#codec === "fwht") return frameData(bytes);
    if (this.#codec !== "av1") return bytes;
    return kind === "frame" || kind === "tile-group" ? obuPayload(bytes) : bytes.subarray(0, 0);
  }

  /** Where units end that are read no later than a picture's last one. A session may read a message only after a slice. */
  #endOf(sent: readonly U[]): number {
    const last = sent.at(-1);
    if (last === undefined) return 0;
    const place = this.#waiting.indexOf(last);
    const isNext =
      this.#codec === "mpeg2"
        ? ({ kind }: U) => beginsPicture.includes(kind)
        : (unit: U) => (unit.byte < 0 || unit.byte > last.byte) && !this.#endsPicture(unit);
    const next = this.#waiting.findIndex((unit, i) => i > place && isNext(unit));
    return next < 0 ? this.#waiting.length : next;
  }

  /** Whether a unit may not come before a picture's first slice: H.264 7.4.1.2.3, H.265 7.4.2.4.4. */
  #endsPicture({ kind, bytes }: U): boolean {
    if (this.#codec !== "h264" && this.#codec !== "h265") return false;
    return endsPicture.includes(kind) || (this.#codec === "h265" && (bytes[0] ?? 0) >> 1 === SUFFIX_SEI_NUT);
  }

  /**
   * The MPEG-2 session reads headers only, and a picture's request comes with the header of the next picture: the last picture
   * header before this call. A packet may have whole pictures: then their headers came with this call, in their order.
   */
  #picture(): U[] {
    const isPicture = ({ kind }: U) => kind === "picture";
    const own = this.#waiting.slice(0, this.#before).filter(isPicture).at(-1) ?? this.#waiting.find(isPicture);
    return own === undefined ? [] : [own];
  }
}

/** The units of MPEG-2 that begin another picture. */
const beginsPicture: readonly string[] = ["sequence", "group", "picture"];

/** The units of H.264 and H.265 that end one. */
const endsPicture: readonly string[] = ["eos", "eob", "filler"];
/** nal_unit_type of H.265, table 7-1. */
const SUFFIX_SEI_NUT = 40;
