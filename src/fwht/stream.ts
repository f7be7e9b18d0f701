/**
 * Cuts a stream into frames: by the size in each header, and by the magic numbers, which cannot occur in a frame's data. The frames do
 * not depend on how the stream is cut.
 */

import { BitstreamError } from "../errors.ts";
import { ByteQueue } from "../framing/byte-queue.ts";
import { type StreamUnit, UNIT_LIMIT } from "../framing/byte-stream.ts";
import { viewOf } from "../uapi/struct.ts";
import { FRAME_HEADER_BYTES } from "./tables.ts";

const magic: readonly number[] = [0x4f, 0x4f, 0x4f, 0x4f, 0xff, 0xff, 0xff, 0xff];
/** So many of its bytes may be there without its being seen. */
const MOST_PART = magic.length - 1;
const NO_BYTES = /* @__PURE__ */ new Uint8Array(0);

/** Whether a stream begins with a frame. */
export function beginsWithFrame(bytes: Uint8Array): boolean {
  return isMagicAt(bytes, 0);
}

function isMagicAt(bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < magic.length; i++) if (bytes[at + i] !== magic[i]) return false;
  return true;
}

/** The first place of the magic numbers at `from` or after it; -1 where there is none. */
function findMagic(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(0x4f, from); at >= 0; at = bytes.indexOf(0x4f, at + 1)) {
    if (isMagicAt(bytes, at)) return at;
  }
  return -1;
}

/** A frame, or what is wrong with the stream. */
export interface StreamPiece extends StreamUnit {
  /** A frame is lost, of which `bytes` has what is there. */
  readonly error?: BitstreamError;
}

/** Takes pieces: a list does. */
export interface Pieces {
  push(piece: StreamPiece): void;
}

/** How many last bytes of a frame may be the first ones of the magic numbers. */
function magicBegunAtEnd(frame: Uint8Array): number {
  for (let count = MOST_PART; count > 0; count--) {
    const from = frame.length - count;
    if (frame[from] === magic[0] && magic.slice(0, count).every((byte, i) => frame[from + i] === byte)) return count;
  }
  return 0;
}

/** A stream that comes in pieces. */
export class FwhtStream {
  readonly #queue: ByteQueue;
  /** The offset from which bytes belong to no frame; null where a frame has begun, or may begin. */
  #lostFrom: number | null = null;
  /** In so many first bytes of the frame that has begun, no other one begins. */
  #searched = 0;

  /** @param origin offset of the first byte to come, for `StreamPiece.byte`. */
  constructor(origin: number) {
    this.#queue = new ByteQueue(origin);
  }

  /**
   * Takes the next bytes, and returns what they complete: views of `bytes`, or of a copy, which are valid until the next call. A frame
   * whose last byte could be the first one of the next frame waits for up to 7 more.
   */
  push(bytes: Uint8Array): StreamPiece[] {
    const pieces: StreamPiece[] = [];
    this.read(bytes, pieces);
    return pieces;
  }

  /** Ends the stream, or a part of it after which bytes are missing: returns the frame that has begun, as `truncated`. */
  flush(): StreamPiece[] {
    const pieces: StreamPiece[] = [];
    this.end(pieces);
    return pieces;
  }

  /** `push` that hands over one piece after the other: of damaged bytes there are so many that a list would take more memory than they. */
  read(bytes: Uint8Array, pieces: Pieces): void {
    this.#queue.append(bytes);
    while (this.#step(pieces, false));
    this.#queue.keep();
  }

  /** `flush` that does so. */
  end(pieces: Pieces): void {
    const queue = this.#queue;
    while (this.#step(pieces, true));
    const byte = queue.begin;
    const bytes = queue.take(queue.length);
    if (this.#lostFrom === null && bytes.length > 0) {
      const isFrame = bytes.every((value, i) => i >= magic.length || value === magic[i]);
      if (isFrame) pieces.push({ bytes, byte, truncated: true });
      else this.#lostFrom = byte;
    }
    this.#endLoss(pieces);
    this.#searched = 0;
  }

  /** Returns false where more bytes are needed. */
  #step(pieces: Pieces, isEnd: boolean): boolean {
    const queue = this.#queue;
    if (this.#lostFrom !== null) return this.#seek(pieces);
    if (queue.length < magic.length) return false;
    if (isMagicAt(queue.peek(magic.length), 0)) {
      return queue.length >= FRAME_HEADER_BYTES && this.#takeFrame(pieces, isEnd);
    }
    this.#lostFrom = queue.begin;
    return true;
  }

  /** Takes the frame at the queue's beginning, whose header is there. */
  #takeFrame(pieces: Pieces, isEnd: boolean): boolean {
    const queue = this.#queue;
    const size = viewOf(queue.peek(FRAME_HEADER_BYTES)).getUint32(FRAME_HEADER_BYTES - 4);
    const total = FRAME_HEADER_BYTES + size;
    if (size > UNIT_LIMIT) {
      const reason = `the frame says that it has ${size} bytes of data; at most ${UNIT_LIMIT} are read`;
      this.#fail(pieces, queue.peek(FRAME_HEADER_BYTES), reason);
      queue.skip(magic.length);
      this.#lostFrom = queue.begin;
      return true;
    }
    const there = queue.peek(Math.min(total, queue.length));
    const begun = there.length < total ? 0 : magicBegunAtEnd(there);
    const wanted = begun === 0 ? total : total + magic.length - begun;
    const seen = queue.peek(Math.min(wanted, queue.length));
    const next = findMagic(seen, Math.max(magic.length, this.#searched));
    if (next >= 0) {
      const reason = `the frame says that it has ${total} bytes, and the next one begins after ${next}`;
      this.#fail(pieces, seen.subarray(0, next), reason);
      queue.skip(next);
    } else if (seen.length < wanted && !(isEnd && seen.length >= total)) {
      this.#searched = seen.length - MOST_PART;
      return false;
    } else pieces.push({ bytes: queue.take(total), byte: queue.begin - total, truncated: false });
    this.#searched = 0;
    return true;
  }

  /** Looks for the next frame. */
  #seek(pieces: Pieces): boolean {
    const queue = this.#queue;
    const at = findMagic(queue.peek(queue.length), 0);
    queue.skip(at >= 0 ? at : Math.max(0, queue.length - MOST_PART));
    if (at >= 0) this.#endLoss(pieces);
    return at >= 0;
  }

  #endLoss(pieces: Pieces): void {
    const from = this.#lostFrom;
    this.#lostFrom = null;
    const count = from === null ? 0 : this.#queue.begin - from;
    if (from === null || count === 0) return;
    const reason = `${count} byte${count === 1 ? " belongs" : "s belong"} to no frame: frames begin with 4f4f4f4f ffffffff`;
    const error = new BitstreamError("no-unit", reason, { unit: "frame" });
    pieces.push({ bytes: NO_BYTES, byte: from, truncated: false, error });
  }

  #fail(pieces: Pieces, bytes: Uint8Array, reason: string): void {
    const error = new BitstreamError("wrong-size", reason, { element: "size" });
    pieces.push({ bytes, byte: this.#queue.begin, truncated: false, error });
  }
}
