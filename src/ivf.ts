/** IVF, the file format of VP8 and VP9 streams: a header of 32 bytes, then frames, each behind 12 bytes of size and pts. */
import { UNIT_LIMIT } from "./bitreader/index.ts";
import { BitstreamError, UnsupportedError } from "./errors.ts";

/** What the file's header says. */
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
  /** The file ends before the frame does: `data` is what is there of it. */
  readonly truncated: boolean;
}

const SIGNATURE = "DKIF";
const FILE_HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 12;
const FIRST_CAPACITY = 1 << 16;

function textAt(view: DataView, at: number, length: number): string {
  return String.fromCharCode(...new Uint8Array(view.buffer, view.byteOffset + at, length));
}

/**
 * The frames of a whole file, as views of `bytes`; the last one may be `truncated`.
 * @throws BitstreamError where there is no IVF header, or a frame is longer than 256 MiB.
 */
export function ivfFrames(bytes: Uint8Array): IvfHeader & { readonly frames: IvfFrame[] } {
  const stream = new IvfStream(0, bytes);
  const frames = [...stream.push(new Uint8Array(0)), ...stream.flush()];
  if (stream.header === null) throw new BitstreamError("the bytes hold no IVF header", { byte: 0 });
  return { ...stream.header, frames };
}

/** Cuts an IVF file that comes in any pieces into its frames. Bytes once written are never overwritten. */
export class IvfStream {
  /** Null until it has come. */
  header: IvfHeader | null = null;
  private buffer: Uint8Array;
  private start = 0;
  private end: number;
  /** Offset of `buffer[0]` in the stream. */
  private origin: number;
  /** The bytes are no IVF file, or no longer: what comes is dropped. */
  private isBroken = false;

  private readonly fourcc: string | undefined;

  /**
   * @param origin offset of the first byte to come, for `IvfFrame.byte`.
   * @param first the first bytes; not copied.
   * @param fourcc the one that the header has to have.
   */
  constructor(origin: number, first: Uint8Array = new Uint8Array(0), fourcc?: string) {
    this.origin = origin;
    this.fourcc = fourcc;
    this.buffer = first;
    this.end = first.length;
  }

  /**
   * Takes the next bytes (copied) and returns the frames that they complete.
   * @throws BitstreamError where they are no IVF file, UnsupportedError where it is one of another codec; once, later
   * bytes are dropped.
   */
  push(chunk: Uint8Array): IvfFrame[] {
    const frames: IvfFrame[] = [];
    if (this.isBroken) return frames;
    this.append(chunk);
    if (this.header === null && !this.readHeader()) return frames;
    while (this.end - this.start >= FRAME_HEADER_BYTES) {
      const view = this.view();
      const size = view.getUint32(0, true);
      if (size > UNIT_LIMIT) {
        if (frames.length > 0) break;
        this.fail(`a frame of ${size} bytes; the longest is ${UNIT_LIMIT}`);
      }
      if (view.byteLength < FRAME_HEADER_BYTES + size) break;
      frames.push(this.frame(size, false));
    }
    return frames;
  }

  /** The file ends here: returns the frame that has begun, if any, as `truncated`. */
  flush(): IvfFrame[] {
    const left = this.end - this.start;
    if (this.isBroken || left === 0) return [];
    if (this.header === null) this.fail("the IVF header is cut off");
    if (left >= FRAME_HEADER_BYTES) return [this.frame(left - FRAME_HEADER_BYTES, true)];
    const byte = this.origin + this.start;
    this.start = this.end;
    return [{ data: new Uint8Array(0), pts: 0, byte, truncated: true }];
  }

  private view(): DataView {
    return new DataView(this.buffer.buffer, this.buffer.byteOffset + this.start, this.end - this.start);
  }

  private frame(size: number, truncated: boolean): IvfFrame {
    const view = this.view();
    const pts = view.getUint32(8, true) * 2 ** 32 + view.getUint32(4, true);
    const at = this.start + FRAME_HEADER_BYTES;
    this.start = at + size;
    return { data: this.buffer.subarray(at, at + size), pts, byte: this.origin + at, truncated };
  }

  /** False where more bytes are needed. */
  private readHeader(): boolean {
    const view = this.view();
    const seen = Math.min(SIGNATURE.length, view.byteLength);
    if (textAt(view, 0, seen) !== SIGNATURE.slice(0, seen)) this.fail("the bytes are no IVF file");
    if (view.byteLength < FILE_HEADER_BYTES) return false;
    const length = view.getUint16(6, true);
    if (length < FILE_HEADER_BYTES) this.fail(`an IVF header of ${length} bytes`);
    if (view.byteLength < length) return false;
    this.header = { fourcc: textAt(view, 8, 4), width: view.getUint16(12, true), height: view.getUint16(14, true) };
    this.checkFourcc(this.header.fourcc);
    this.start += length;
    return true;
  }

  private checkFourcc(fourcc: string): void {
    if (this.fourcc === undefined || fourcc === this.fourcc) return;
    this.isBroken = true;
    const reason = `an IVF file of ${JSON.stringify(fourcc)}, where ${this.fourcc} is expected`;
    throw new UnsupportedError(reason, { byte: this.origin });
  }

  private fail(reason: string): never {
    this.isBroken = true;
    throw new BitstreamError(reason, { byte: this.origin + this.start });
  }

  private append(chunk: Uint8Array): void {
    if (this.end + chunk.length > this.buffer.length) {
      const kept = this.buffer.subarray(this.start, this.end);
      const size = kept.length + chunk.length;
      this.buffer = new Uint8Array(Math.max(FIRST_CAPACITY, Math.min(4 * size, size + UNIT_LIMIT)));
      this.buffer.set(kept);
      this.origin += this.start;
      this.end = kept.length;
      this.start = 0;
    }
    this.buffer.set(chunk, this.end);
    this.end += chunk.length;
  }
}
