/**
 * IVF, the file format of VP8, VP9 and AV1 streams: a header of 32 bytes, then frames, each after a header of 12 bytes with its size
 * and pts.
 */

import { BitstreamError, UnsupportedError } from "../errors.ts";
import { ByteQueue } from "../framing/byte-queue.ts";
import { UNIT_LIMIT } from "../framing/byte-stream.ts";
import type { Codec } from "../uapi/codecs.ts";
import { viewOf } from "../uapi/struct.ts";
import {
  FRAME_HEADER_BYTES,
  type FrameHeader,
  findFrameHeader,
  frameHeaderAt,
  isFrameHeader,
  unsignedPts,
} from "./ivf-resume.ts";

/** The file's header. */
export interface IvfHeader {
  /** `"VP80"`, `"VP90"` … */
  readonly fourcc: string;
  readonly width: number;
  readonly height: number;
}

/** One frame of the file. */
export interface IvfFrame {
  readonly data: Uint8Array;
  /** In units of the file's time base; it may be negative. */
  readonly pts: number;
  /** Offset of `data` in all the bytes given so far. */
  readonly byte: number;
  /** The file ends before the frame does: `data` is the part of it that is there. */
  readonly truncated: boolean;
  /** Why frames may be missing here; `data` is empty then, and `truncated` true. */
  readonly error?: BitstreamError;
}

/** The fourcc of each codec in an IVF file's header. */
export const ivfFourccs = { vp8: "VP80", vp9: "VP90", av1: "AV01" } as const satisfies Partial<Record<Codec, string>>;

const SIGNATURE = "DKIF";
const FILE_HEADER_BYTES = 32;
/** Bytes that lie one byte before a frame header look like one whose pts is 256 times that. */
const MOST_PTS_RATIO = 128;
/** The largest pts after one that is 0, and is not looked at more closely. */
const MOST_PTS = 2 ** 32;

function textAt(bytes: Uint8Array, at: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + length));
}

/**
 * The frames of a whole file, as views of `bytes`; the last one may be `truncated`.
 * @throws BitstreamError where there is no IVF header.
 */
export function ivfFrames(bytes: Uint8Array): IvfHeader & { readonly frames: IvfFrame[] } {
  const stream = new IvfStream(0);
  const frames = [...stream.push(bytes), ...stream.flush()];
  if (stream.header === null) throw new BitstreamError("damaged-container", "there is no IVF header", { byte: 0 });
  return { ...stream.header, frames };
}

/**
 * Cuts an IVF file that comes in pieces of any size into its frames. Their data is valid until the next call. It keeps one frame; after a
 * damaged size, and where a pts leaps, four frames of 16 MiB at most.
 */
export class IvfStream {
  /** Null until it has been read. */
  header: IvfHeader | null;
  readonly #queue: ByteQueue;
  /** The header of the frame that has begun; null while the next frame header is incomplete. */
  #frame: FrameHeader | null = null;
  /** The bytes are not an IVF file, or are damaged from here on. All later bytes are dropped. */
  #isBroken = false;

  /** The offset of a header that is wrong, or may be: a right one is looked for from there on. Null where nothing shows damage. */
  #lost: number | null = null;
  /** Its size, where that is too large; undefined where it is only its pts that may be wrong. */
  #lostSize: number | undefined;
  readonly #fourcc: string | undefined;
  /** Where the next pts is larger, a size may have led to bytes that are no frame header. */
  #mostPts = Infinity;

  /**
   * @param origin offset of the first byte to come, for `IvfFrame.byte`.
   * @param fourcc the one that the header must have.
   * @param header the file's header, where it has been read and the next bytes are those of a frame header.
   */
  constructor(origin: number, fourcc?: string, header: IvfHeader | null = null) {
    this.#queue = new ByteQueue(origin);
    this.#fourcc = fourcc;
    this.header = header;
  }

  /**
   * Takes the next bytes and returns the frames that they complete: views of `chunk`, or of a copy. The bytes of an incomplete
   * frame are copied.
   * @throws BitstreamError where the bytes are not an IVF file, UnsupportedError where the file has another codec. It throws
   * once, and drops later bytes.
   */
  push(chunk: Uint8Array): IvfFrame[] {
    const frames: IvfFrame[] = [];
    if (this.#isBroken) return frames;
    this.#queue.append(chunk);
    this.#takeFrames(frames);
    this.#queue.keep();
    return frames;
  }

  #takeFrames(frames: IvfFrame[], isEnd = false): void {
    if (this.header === null && !this.#readHeader(isEnd)) return;
    for (;;) {
      if (this.#lost !== null && !this.#goOn(frames, isEnd)) return;
      if (this.#frame === null && !this.#readFrameHeader()) return;
      const { size, pts } = this.#frame as FrameHeader;
      if (size > UNIT_LIMIT || unsignedPts(pts) > this.#mostPts) {
        this.#seek(size <= UNIT_LIMIT ? undefined : size);
        continue;
      }
      if (this.#queue.length < FRAME_HEADER_BYTES + size) return;
      this.#queue.skip(FRAME_HEADER_BYTES);
      frames.push({ byte: this.#queue.begin, data: this.#queue.take(size), pts, truncated: false });
      this.#frame = null;
      this.#mostPts = unsignedPts(pts) * MOST_PTS_RATIO || MOST_PTS;
    }
  }

  /** From here on, a right frame header is looked for. */
  #seek(wrongSize: number | undefined): void {
    this.#lost = this.#queue.begin;
    this.#lostSize = wrongSize;
    this.#frame = null;
  }

  /** Skips bytes up to a right frame header. False where more bytes are needed, or the file ends without one. */
  #goOn(frames: IvfFrame[], isEnd: boolean): boolean {
    const queue = this.#queue;
    const isUndecided = this.#lostSize === undefined && this.#lost === queue.begin;
    const place = findFrameHeader(queue.peek(queue.length), 0, isEnd, this.#lost === queue.begin);
    const isFound = place >= 0;
    if (isEnd && !isFound && isUndecided) {
      // Nothing but its pts speaks against it: the file is cut off after it.
      this.#endSearch(frames, true);
      return true;
    }
    queue.skip(isFound ? place : ~place);
    if (isFound || isEnd) this.#endSearch(frames, isFound);
    return isFound;
  }

  #endSearch(frames: IvfFrame[], isFound: boolean): void {
    const from = this.#lost as number;
    const to = this.#queue.begin;
    this.#lost = null;
    this.#mostPts = Infinity;
    if (to === from) return;
    const what = isFound ? `the file goes on at byte ${to}` : "no frame header follows: correct the size";
    const found = this.#lostSize === undefined ? "" : `the frame has ${this.#lostSize} bytes: `;
    const reason = `${found}the size of this frame or of the one before is wrong; ${what}`;
    const error = new BitstreamError("damaged-container", reason, { byte: from });
    frames.push({ data: new Uint8Array(0), pts: 0, byte: from, truncated: true, error });
  }

  /** Ends the file: returns the frame that has begun, if there is one, as `truncated`. */
  flush(): IvfFrame[] {
    const queue = this.#queue;
    const frames: IvfFrame[] = [];
    if (this.#isBroken) return frames;
    if (this.#lost !== null || this.header === null) this.#takeFrames(frames, true);
    // Where other frames fill the file from somewhere on, it is not cut off: a size is damaged.
    while (this.#frame !== null && findFrameHeader(queue.peek(queue.length), 1, true) >= 0) {
      this.#seek(this.#frame.size);
      this.#takeFrames(frames, true);
    }
    if (queue.length === 0) return frames;
    if (this.header === null) this.#fail("the IVF header is cut off");
    // A frame whose header is cut off has no data.
    const frame = this.#frame;
    if (frame !== null) queue.skip(FRAME_HEADER_BYTES);
    const byte = queue.begin;
    const bytes = queue.take(queue.length);
    frames.push({ data: frame === null ? new Uint8Array(0) : bytes, pts: frame?.pts ?? 0, byte, truncated: true });
    return frames;
  }

  /** Returns false where more bytes are needed. */
  #readHeader(isEnd: boolean): boolean {
    const queue = this.#queue;
    const bytes = queue.peek(Math.min(FILE_HEADER_BYTES, queue.length));
    const seen = Math.min(SIGNATURE.length, bytes.length);
    if (textAt(bytes, 0, seen) !== SIGNATURE.slice(0, seen))
      this.#fail("this is not an IVF file: it does not begin with DKIF");
    if (bytes.length < FILE_HEADER_BYTES) return false;
    const view = viewOf(bytes);
    // Writers leave the length at 0 or have a wrong one, because libvpx and libaom always take 32. So a longer one counts only where frames
    // lead on from there.
    let length = view.getUint16(6, true);
    const isRight = length > FILE_HEADER_BYTES && isFrameHeader(viewOf(queue.peek(queue.length)), length, isEnd, true);
    if (isRight === undefined) return false;
    if (!isRight) length = FILE_HEADER_BYTES;
    this.header = { fourcc: textAt(bytes, 8, 4), width: view.getUint16(12, true), height: view.getUint16(14, true) };
    this.#checkFourcc(this.header.fourcc);
    queue.skip(length);
    return true;
  }

  /** Returns false where more bytes are needed. */
  #readFrameHeader(): boolean {
    if (this.#queue.length < FRAME_HEADER_BYTES) return false;
    this.#frame = frameHeaderAt(viewOf(this.#queue.peek(FRAME_HEADER_BYTES)), 0);
    return true;
  }

  #checkFourcc(fourcc: string): void {
    if (this.#fourcc === undefined || fourcc === this.#fourcc) return;
    this.#isBroken = true;
    const reason = `the IVF file holds ${JSON.stringify(fourcc)}; this decoder takes ${this.#fourcc}`;
    throw new UnsupportedError("other-codec", reason, { byte: this.#queue.begin });
  }

  #fail(reason: string, byte = this.#queue.begin): never {
    this.#isBroken = true;
    throw new BitstreamError("damaged-container", reason, { byte });
  }
}
