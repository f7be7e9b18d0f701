/** Puts the PES packets of a transport stream's video together: H.222.0 2.4.3.6 and 2.4.3.7. */

import { joined } from "../framing/bytes.ts";
import { LONGEST_PES_HEADER, readPesHeader } from "./pes.ts";

/** What the reader calls back. */
interface PesUser {
  /** A packet with video begins. */
  begin(pts: number | undefined): void;
  /** The next bytes of the video. */
  data(bytes: Uint8Array): void;
  /** Bytes of the video are missing here. */
  lose(reason: string): void;
  /** The packet that begins is scrambled. */
  scrambled(): void;
  /** A packet's length is not what it says, and no transport packet is missing. The bytes that came are the video's. */
  doubt(reason: string): void;
}

const NO_BYTES = /* @__PURE__ */ new Uint8Array(0);
/** More bytes after the end of a PES packet, whatever they are, are video. */
const STUFFING_LIMIT = 4096;

export class PesReader {
  readonly #user: PesUser;
  /** The bytes of an incomplete header. */
  #header: Uint8Array | undefined;
  /** How many bytes of the packet are still to come; Infinity where it has no length. Undefined outside of a packet. */
  #left: number | undefined;
  /** The packet has video, and its PES_packet_length counts: no bytes of it are known to be missing. */
  #isMeasured = false;
  /** What came after the packet's end, and may be stuffing. */
  #rest: Uint8Array = NO_BYTES;

  constructor(user: PesUser) {
    this.#user = user;
  }

  /** A packet has begun, and the next one has not. */
  get isInside(): boolean {
    return this.#header !== undefined || this.#left !== undefined;
  }

  /** Bytes of the packet may be still to come. */
  get mayGoOn(): boolean {
    return this.#header !== undefined || (this.#left ?? 0) > 0;
  }

  /** Bytes of the packet are certainly still to come. One without a length may be complete. */
  get lacksBytes(): boolean {
    return this.mayGoOn && this.#left !== Infinity;
  }

  /** Whether the packet has all its bytes. @param isEnded a packet without a length has, too. */
  isComplete(isEnded: boolean): boolean {
    return this.#header === undefined && (this.#left === 0 || (this.#left === Infinity && isEnded));
  }

  /** Takes the payload of the next transport packet. */
  payload(bytes: Uint8Array, isStart: boolean): void {
    if (isStart) {
      this.#checkLength();
      this.#left = undefined;
      this.#readHeader(bytes);
    } else if (this.#header !== undefined) this.#readHeader(joined([this.#header, bytes]));
    else if (this.#left !== undefined) this.#data(bytes);
  }

  /** Ends the packet. What comes before the next one is passed over. */
  end(): void {
    this.#header = this.#left = undefined;
    this.#stopMeasuring();
  }

  /** After a loss, an incomplete header is given up, and a packet's length no longer tells where it ends. */
  loseBytes(): void {
    this.#header = undefined;
    this.#stopMeasuring();
    if (this.#left !== undefined) this.#left = Infinity;
  }

  #readHeader(bytes: Uint8Array): void {
    const header = readPesHeader(bytes);
    if (header === "short" && bytes.length < LONGEST_PES_HEADER) {
      this.#header = bytes.slice();
      return;
    }
    this.#header = undefined;
    if (header === null || header === "short") {
      this.#user.lose("a video packet without a valid PES header");
      return;
    }
    const PES_packet_length = ((bytes[4] as number) << 8) | (bytes[5] as number);
    if (header.content !== "video") {
      if (header.content === "scrambled") this.#user.scrambled();
      this.#left = 0;
      return;
    }
    // 2.4.3.7: length 0 means that the packet extends to the next one.
    this.#left = PES_packet_length === 0 ? Infinity : Math.max(0, 6 + PES_packet_length - header.size);
    this.#isMeasured = PES_packet_length > 0;
    this.#user.begin(header.pts);
    this.#data(bytes.subarray(header.size));
  }

  /** The next packet begins, and this one should have all its bytes. */
  #checkLength(): void {
    if (this.#header !== undefined) this.#user.lose("a PES packet ends inside its header");
    else if (this.#isMeasured && this.#left) {
      const text = `the PES packet before this one has ${this.#left} bytes fewer than its PES_packet_length says`;
      this.#user.doubt(`${text}: the length is wrong, or bytes are missing`);
    }
    this.#stopMeasuring();
  }

  #stopMeasuring(): void {
    this.#isMeasured = false;
    this.#rest = NO_BYTES;
  }

  #data(bytes: Uint8Array): void {
    const left = this.#left ?? 0;
    this.#user.data(bytes.subarray(0, Math.min(left, bytes.length)));
    this.#left = Math.max(0, left - bytes.length);
    if (this.#isMeasured && bytes.length > left) this.#dataAfterEnd(bytes.subarray(left));
  }

  #dataAfterEnd(bytes: Uint8Array): void {
    const rest = joined([this.#rest, bytes]);
    if (isStuffing(bytes) && rest.length <= STUFFING_LIMIT) {
      this.#rest = rest;
      return;
    }
    const reason = "a PES packet has more bytes than its PES_packet_length says";
    this.#user.doubt(`${reason}: the length is wrong, and the bytes are taken`);
    this.#stopMeasuring();
    this.#left = Infinity;
    this.#user.data(rest);
  }
}

/** Whether bytes after a PES packet's end only fill the transport packet: all are 0, or all 0xff. */
function isStuffing(bytes: Uint8Array): boolean {
  const [first = 0] = bytes;
  return (first === 0 || first === 0xff) && bytes.every((byte) => byte === first);
}
