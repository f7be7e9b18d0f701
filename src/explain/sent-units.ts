/** Which units of a stream a request sends, and which ones come before it. */

import type { RequestEvent } from "../events.ts";
import { sameBytes } from "../framing/bytes.ts";
import { bitstreamBytes } from "../session/bitstream.ts";
import type { ReadUnit } from "./read-unit.ts";

/** The units that belong to a request. */
export interface RequestUnits {
  /** Those whose bytes are in its OUTPUT buffer, in their order. In MPEG-2, whose slices are not read, its picture header. */
  readonly sent: readonly ReadUnit[];
  /** The others that were read since the request before, up to the last one that is sent. */
  readonly others: readonly ReadUnit[];
}

/** Hands out units to requests in their order. */
export class SentUnits {
  readonly #isMpeg2: boolean;
  #waiting: ReadUnit[] = [];
  /** How many of them came before the session's last call. */
  #before = 0;

  constructor(isMpeg2: boolean) {
    this.#isMpeg2 = isMpeg2;
  }

  add(unit: ReadUnit): void {
    this.#waiting.push(unit);
  }

  /** The units of the next request. */
  of(request: RequestEvent): RequestUnits {
    const sent = this.#isMpeg2 ? this.#picture() : this.#sent(bitstreamBytes(request));
    const end = this.#endOf(sent);
    const units = this.#waiting.slice(0, end);
    this.#waiting = this.#waiting.slice(end);
    this.#before = Math.max(0, this.#before - end);
    return { sent, others: units.filter((unit) => !sent.includes(unit)) };
  }

  /** A call of the session has returned. */
  endCall(): void {
    this.#before = this.#waiting.length;
  }

  /** The waiting units that are one after the other in the OUTPUT buffer, with or without start codes. */
  #sent(output: Uint8Array): ReadUnit[] {
    const sent: ReadUnit[] = [];
    let at = 0;
    for (const unit of this.#waiting) {
      if (at === output.length) break;
      const start = [at, at + 3].find((from) => sameBytes(output.subarray(from, from + unit.bytes.length), unit.bytes));
      if (start === undefined || unit.bytes.length === 0) continue;
      sent.push(unit);
      at = start + unit.bytes.length;
    }
    return sent;
  }

  /** Where units end that are read no later than a picture's last one. A session may read a message only after a slice. */
  #endOf(sent: readonly ReadUnit[]): number {
    const last = sent.at(-1);
    if (last === undefined) return 0;
    const place = this.#waiting.indexOf(last);
    const isNext = this.#isMpeg2
      ? ({ kind }: ReadUnit) => beginsPicture.includes(kind)
      : ({ byte }: ReadUnit) => byte < 0 || byte > last.byte;
    const next = this.#waiting.findIndex((unit, i) => i > place && isNext(unit));
    return next < 0 ? this.#waiting.length : next;
  }

  /**
   * The MPEG-2 session reads headers only, and a picture's request comes with the header of the next picture: the last picture
   * header before this call. A packet may have whole pictures: then their headers came with this call, in their order.
   */
  #picture(): ReadUnit[] {
    const isPicture = ({ kind }: ReadUnit) => kind === "picture";
    const own = this.#waiting.slice(0, this.#before).filter(isPicture).at(-1) ?? this.#waiting.find(isPicture);
    return own === undefined ? [] : [own];
  }
}

/** The units of MPEG-2 that begin another picture. */
const beginsPicture: readonly string[] = ["sequence", "group", "picture"];
