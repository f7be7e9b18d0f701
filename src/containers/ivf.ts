/**
 * IVF, the file format of VP8, VP9 and AV1 streams: a header of 32 bytes, then frames, each after a header of 12 bytes with its size
 * and pts.
 */

import { BitstreamError, UnsupportedError } from "../errors.ts";
import { ByteQueue } from "../framing/byte-queue.ts";
import { UNIT_LIMIT } from "../framing/byte-stream.ts";
import type { Codec } from "../uapi/codecs.ts";
import { viewOf } from "../uapi/struct.ts";

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
  /** In units of the file's time base. */
  readonly pts: number;
  /** Offset of `data` in all the bytes given so far. */
  readonly byte: number;
  /** The file ends before the frame does: `data` is the part of it that is there. */
  readonly truncated: boolean;
}

/** The fourcc of each codec in an IVF file's header. */
export const ivfFourccs = { vp8: "VP80", vp9: "VP90", av1: "AV01" } as const satisfies Partial<Record<Codec, string>>;

const SIGNATURE = "DKIF";
const FILE_HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 12;

function textAt(bytes: Uint8Array, at: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + length));
}

function uint32At(bytes: Uint8Array, at: number): number {
  let value = 0;
  for (let i = 3; i >= 0; i--) value = (value << 8) | (bytes[at + i] as number);
  return value >>> 0;
}

/**
 * The frames of a whole file, as views of `bytes`; the last one may be `truncated`.
 * @throws BitstreamError where there is no IVF header, or a frame is longer than 256 MiB.
 */
export function ivfFrames(bytes: Uint8Array): IvfHeader & { readonly frames: IvfFrame[] } {
  const stream = new IvfStream(0);
  const frames = [...stream.push(bytes), ...stream.flush()];
  if (stream.header === null) throw new BitstreamError("damaged-container", "there is no IVF header", { byte: 0 });
  return { ...stream.header, frames };
}

interface FrameHeader {
  readonly size: number;
  readonly pts: number;
}

/** Cuts an IVF file that comes in pieces of any size into its frames. Their data is valid until the next call. */
export class IvfStream {
  /** Null until it has been read. */
  header: IvfHeader | null;
  readonly #queue: ByteQueue;
  /** The header of the frame that has begun; null while the next frame header is incomplete. */
  #frame: FrameHeader | null = null;
  /** The bytes are not an IVF file, or are damaged from here on. All later bytes are dropped. */
  #isBroken = false;

  readonly #fourcc: string | undefined;

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

  #takeFrames(frames: IvfFrame[]): void {
    if (this.header === null && !this.#readHeader()) return;
    for (;;) {
      if (this.#frame === null && !this.#readFrameHeader()) return;
      const { size, pts } = this.#frame as FrameHeader;
      if (size > UNIT_LIMIT) {
        // The frames before the error are returned first; the next call throws it.
        if (frames.length > 0) return;
        this.#failAsTooLong(size);
      }
      if (this.#queue.length < size) return;
      frames.push({ byte: this.#queue.begin, data: this.#queue.take(size), pts, truncated: false });
      this.#frame = null;
    }
  }

  /** Ends the file: returns the frame that has begun, if there is one, as `truncated`. */
  flush(): IvfFrame[] {
    const queue = this.#queue;
    const frame = this.#frame;
    if (this.#isBroken || (frame === null && queue.length === 0)) return [];
    if (this.header === null) this.#fail("the IVF header is cut off");
    if (frame !== null && frame.size > UNIT_LIMIT) this.#failAsTooLong(frame.size);
    // A frame whose header is cut off has no data.
    const byte = queue.begin;
    const bytes = queue.take(queue.length);
    return [{ data: frame === null ? new Uint8Array(0) : bytes, pts: frame?.pts ?? 0, byte, truncated: true }];
  }

  /** Returns false where more bytes are needed. */
  #readHeader(): boolean {
    const queue = this.#queue;
    const bytes = queue.peek(Math.min(FILE_HEADER_BYTES, queue.length));
    const seen = Math.min(SIGNATURE.length, bytes.length);
    if (textAt(bytes, 0, seen) !== SIGNATURE.slice(0, seen))
      this.#fail("this is not an IVF file: it does not begin with DKIF");
    if (bytes.length < FILE_HEADER_BYTES) return false;
    const view = viewOf(bytes);
    const length = view.getUint16(6, true);
    if (length < FILE_HEADER_BYTES)
      this.#fail(`the IVF header says that it has ${length} bytes; it must have 32 or more`);
    if (queue.length < length) return false;
    this.header = { fourcc: textAt(bytes, 8, 4), width: view.getUint16(12, true), height: view.getUint16(14, true) };
    this.#checkFourcc(this.header.fourcc);
    queue.skip(length);
    return true;
  }

  /** Returns false where more bytes are needed. */
  #readFrameHeader(): boolean {
    if (this.#queue.length < FRAME_HEADER_BYTES) return false;
    const header = this.#queue.take(FRAME_HEADER_BYTES);
    const pts = uint32At(header, 8) * 0x1_0000_0000 + uint32At(header, 4);
    this.#frame = { size: uint32At(header, 0), pts };
    return true;
  }

  #checkFourcc(fourcc: string): void {
    if (this.#fourcc === undefined || fourcc === this.#fourcc) return;
    this.#isBroken = true;
    const reason = `the IVF file holds ${JSON.stringify(fourcc)}; this decoder takes ${this.#fourcc}`;
    throw new UnsupportedError("other-codec", reason, { byte: this.#queue.begin });
  }

  #failAsTooLong(size: number): never {
    const reason = `the frame has ${size} bytes; at most ${UNIT_LIMIT} are read`;
    this.#fail(reason, this.#queue.begin - FRAME_HEADER_BYTES);
  }

  #fail(reason: string, byte = this.#queue.begin): never {
    this.#isBroken = true;
    throw new BitstreamError("damaged-container", reason, { byte });
  }
}
