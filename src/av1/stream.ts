/**
 * Cuts a pushed stream into OBUs or packets: clause 5.2, Annex B, or an IVF file. Its first bytes tell which. The pieces do not depend on
 * how the stream is cut.
 */

import { type IvfFrame, type IvfHeader, IvfStream, ivfFourccs } from "../containers/ivf.ts";
import { BitstreamError } from "../errors.ts";
import { ByteQueue } from "../framing/byte-queue.ts";
import { type StreamUnit, UNIT_LIMIT } from "../framing/byte-stream.ts";
import { beginsWithTemporalUnit, LEB128_BYTES, leb128At, OBU_FORMAT_BYTES, obuHeaderBytes } from "../framing/obu.ts";
import { findPlace, isPlaceOfAnnexB, isPlaceOfIvf, isPlaceOfObus, type PlaceRule } from "./resume.ts";

/** A part of a stream. */
export interface StreamPiece extends StreamUnit {
  /** One OBU, or a packet with a whole temporal unit. */
  readonly isObu: boolean;
  /** That of an IVF file's frame. */
  readonly pts: number | undefined;
  /** What is wrong with the stream at the piece, which has no bytes then. */
  readonly error?: BitstreamError;
}

/** A stream of one format. */
interface Framing {
  push(bytes: Uint8Array): StreamPiece[];
  /** Bytes are missing after those that have come: what has begun ends, and the next place to go on is looked for. */
  lose(): StreamPiece[];
  flush(): StreamPiece[];
}

const IVF_SIGNATURE: readonly number[] = [0x44, 0x4b, 0x49, 0x46];

function isIvf(head: Uint8Array): boolean {
  return IVF_SIGNATURE.every((byte, i) => head[i] === byte);
}

/** A stream whose format its first bytes tell. */
export class Av1Stream {
  readonly #origin: number;
  #head = new Uint8Array(0);
  #framing: Framing | null = null;

  /** @param origin offset of the first byte to come. */
  constructor(origin: number) {
    this.#origin = origin;
  }

  /**
   * Takes the next bytes, and returns the pieces that they complete: views of `bytes`, or of a copy, which are valid until the next
   * call.
   *
   * @throws BitstreamError, UnsupportedError where an IVF file is damaged or has another codec.
   */
  push(bytes: Uint8Array): StreamPiece[] {
    if (this.#framing !== null) return this.#framing.push(bytes);
    const head = new Uint8Array(this.#head.length + bytes.length);
    head.set(this.#head);
    head.set(bytes, this.#head.length);
    this.#head = head;
    if (head.length < OBU_FORMAT_BYTES && !isIvf(head)) return [];
    return this.#begin(this.#framingOf(head));
  }

  #begin(framing: Framing): StreamPiece[] {
    const head = this.#head;
    this.#framing = framing;
    this.#head = new Uint8Array(0);
    return framing.push(head);
  }

  /**
   * Bytes are missing after those that have come. The format stays the one that was found. Where too few bytes have come to show it, the
   * first place to go on does, in whatever format.
   */
  lose(): StreamPiece[] {
    if (this.#framing !== null) return this.#framing.lose();
    const head = this.#head;
    if (beginsWithTemporalUnit(head) || (head.length > 1 && isPlaceOfObus(head, 0, false) !== false)) {
      const framing = this.#framingOf(head);
      return [...this.#begin(framing), ...framing.lose()];
    }
    const pieces = this.flush();
    this.#head = new Uint8Array(0);
    this.#framing = new LostFraming(this.#origin + head.length);
    return pieces;
  }

  /** Ends the stream. */
  flush(): StreamPiece[] {
    const head = this.#head;
    if (this.#framing !== null) return this.#framing.flush();
    if (head.length === 0) return [];
    const framing = this.#framingOf(head);
    return [...framing.push(head), ...framing.flush()];
  }

  #framingOf(head: Uint8Array): Framing {
    const origin = this.#origin;
    if (isIvf(head)) return new IvfFraming(origin);
    return beginsWithTemporalUnit(head) ? new AnnexBFraming(origin) : new ObuFraming(origin);
  }
}

/** A stream that is cut by what its bytes say, and that can go on after a loss. */
abstract class QueuedFraming implements Framing {
  protected readonly queue: ByteQueue;
  /** The offset from which a place to go on is looked for; null where the stream is intact. */
  #from: number | null = null;

  constructor(origin: number) {
    this.queue = new ByteQueue(origin);
  }

  push(bytes: Uint8Array): StreamPiece[] {
    const pieces: StreamPiece[] = [];
    this.queue.append(bytes);
    this.#readQueue(pieces, false);
    this.queue.keep();
    return pieces;
  }

  flush(): StreamPiece[] {
    const pieces: StreamPiece[] = [];
    this.#readQueue(pieces, true);
    this.end(pieces);
    this.#tellPassed(pieces, "nothing after them shows where the stream goes on");
    return pieces;
  }

  lose(): StreamPiece[] {
    try {
      return this.flush();
    } finally {
      this.seek();
    }
  }

  #readQueue(pieces: StreamPiece[], isEnd: boolean): void {
    while (this.queue.length > 0 && this.#goOn(pieces, isEnd) && this.queue.length > 0 && this.step(pieces, isEnd));
  }

  /** Takes a unit from the queue, which is not empty. False where more bytes are needed; never at the end. */
  protected abstract step(pieces: StreamPiece[], isEnd: boolean): boolean;
  /** Where the format can go on. */
  protected abstract readonly isPlace: PlaceRule;
  protected abstract readonly placeName: string;
  /** Begins anew at a place that was found. */
  protected resume(): void {}
  /** Ends what is not in the queue. */
  protected end(_pieces: StreamPiece[]): void {}

  /** From here on the stream cannot be read: the next place to go on is looked for. */
  protected seek(): void {
    this.#from ??= this.queue.begin;
  }

  /** Skips bytes up to a place to go on, where one is looked for. False where more bytes are needed. */
  #goOn(pieces: StreamPiece[], isEnd: boolean): boolean {
    if (this.#from === null) return true;
    const { queue } = this;
    const { at, isFound } = findPlace(queue.peek(queue.length), isEnd, this.isPlace);
    queue.skip(at);
    if (!isFound) return isEnd;
    this.#tellPassed(pieces, `the stream goes on at ${this.placeName}`);
    this.#from = null;
    this.resume();
    return true;
  }

  #tellPassed(pieces: StreamPiece[], what: string): void {
    const from = this.#from;
    const passed = from === null ? 0 : this.queue.begin - from;
    if (from === null || passed === 0) return;
    const reason = `${passed} byte${passed === 1 ? " is" : "s are"} passed over; ${what}`;
    this.error(pieces, new BitstreamError("no-unit", reason, { unit: "open_bitstream", byte: from }));
    this.#from = this.queue.begin;
  }

  protected error(pieces: StreamPiece[], error: BitstreamError): void {
    const byte = this.queue.begin;
    pieces.push({ bytes: new Uint8Array(0), byte, truncated: false, isObu: true, pts: undefined, error });
  }

  /** Takes `size` bytes as a piece. Fewer are there only at the end. */
  protected take(pieces: StreamPiece[], size: number, isObu: boolean, isEnd: boolean): boolean {
    const { queue } = this;
    if (queue.length < size && !isEnd) return false;
    const byte = queue.begin;
    const truncated = queue.length < size;
    const bytes = queue.take(Math.min(size, queue.length));
    pieces.push({ bytes, byte, truncated, isObu, pts: undefined });
    return true;
  }
}

/** For a file whose own header is lost. Only the fourcc is read. */
const lostHeader: IvfHeader = { fourcc: ivfFourccs.av1, width: 0, height: 0 };

/** The frames of an IVF file. After a loss, they are those of a file whose header has been read. */
class IvfFraming extends QueuedFraming {
  protected readonly isPlace = isPlaceOfIvf;
  protected readonly placeName = "the next frame header of the IVF file";
  #file: IvfStream;

  /** @param header the file's, where it has been read and `origin` is that of a frame header. */
  constructor(origin: number, header: IvfHeader | null = null) {
    super(origin);
    this.#file = new IvfStream(origin, ivfFourccs.av1, header);
  }

  protected step(pieces: StreamPiece[]): boolean {
    for (const frame of this.#file.push(this.queue.take(this.queue.length))) pieces.push(pieceOf(frame));
    return true;
  }

  protected override end(pieces: StreamPiece[]): void {
    for (const frame of this.#file.flush()) pieces.push(pieceOf(frame));
  }

  protected override seek(): void {
    // A file of another codec was refused, whatever comes.
    const { header } = this.#file;
    if (header !== null && header.fourcc !== ivfFourccs.av1) return;
    super.seek();
    this.resume();
  }

  protected override resume(): void {
    const header = this.#file.header ?? lostHeader;
    this.#file = new IvfStream(this.queue.begin, ivfFourccs.av1, header);
  }
}

function pieceOf({ data, byte, pts, truncated, error }: IvfFrame): StreamPiece {
  return { bytes: data, byte, pts, truncated, isObu: false, ...(error && { error }) };
}

/** Annex B: temporal_unit_size, and a temporal unit. */
class AnnexBFraming extends QueuedFraming {
  protected readonly isPlace = isPlaceOfAnnexB;
  protected readonly placeName = "the next two temporal units that follow each other";

  protected step(pieces: StreamPiece[], isEnd: boolean): boolean {
    const { queue } = this;
    const size = leb128At(queue.peek(Math.min(queue.length, LEB128_BYTES)), 0);
    if (size === undefined) return isEnd && this.take(pieces, queue.length + 1, false, isEnd);
    if (size !== null && size.value <= UNIT_LIMIT) return this.take(pieces, size.bytes + size.value, false, isEnd);
    const place = { unit: "temporal_unit", element: "temporal_unit_size", byte: queue.begin };
    const reason = size === null ? "it has more than 32 bits" : `${size.value} bytes; at most ${UNIT_LIMIT} are read`;
    this.error(pieces, new BitstreamError("value-out-of-range", reason, place));
    this.seek();
    queue.skip(1);
    return true;
  }
}

/** 5.2: OBUs with sizes. */
class ObuFraming extends QueuedFraming {
  protected readonly isPlace = isPlaceOfObus;
  protected readonly placeName = "the next temporal delimiter";

  protected step(pieces: StreamPiece[], isEnd: boolean): boolean {
    const { queue } = this;
    const head = queue.peek(Math.min(queue.length, 2 + LEB128_BYTES));
    const first = head[0] as number;
    const headerBytes = obuHeaderBytes(first);
    if ((first & 0x80) !== 0) return this.#lose(pieces, "wrong-fixed-bits", "obu_forbidden_bit", "it must be 0, not 1");
    if ((first & 2) === 0) {
      const reason = "it must be 1 in a stream without lengths of its own (5.2)";
      return this.#lose(pieces, "forbidden-value", "obu_has_size_field", reason);
    }
    const size = leb128At(head, headerBytes);
    if (size === undefined) return isEnd && this.take(pieces, queue.length + 1, true, isEnd);
    if (size === null) return this.#lose(pieces, "value-out-of-range", "obu_size", "it has more than 32 bits");
    if (size.value > UNIT_LIMIT) {
      const reason = `${size.value} bytes; at most ${UNIT_LIMIT} are read`;
      return this.#lose(pieces, "value-out-of-range", "obu_size", reason);
    }
    return this.take(pieces, headerBytes + size.bytes + size.value, true, isEnd);
  }

  #lose(
    pieces: StreamPiece[],
    code: ConstructorParameters<typeof BitstreamError>[0],
    element: string,
    reason: string,
  ): boolean {
    const next = "; the next temporal delimiter is looked for";
    this.error(pieces, new BitstreamError(code, reason + next, { unit: "open_bitstream_unit", element }));
    this.seek();
    this.queue.skip(1);
    return true;
  }
}

/** A stream of which nothing has come before a loss that shows its format: the first place to go on does. */
class LostFraming extends QueuedFraming {
  protected readonly placeName = "the first place that shows its format";
  #framing: Framing | null = null;

  constructor(origin: number) {
    super(origin);
    this.seek();
  }

  protected readonly isPlace: PlaceRule = (bytes, at, isEnd) => {
    const answers = [isPlaceOfIvf, isPlaceOfObus, isPlaceOfAnnexB].map((rule) => rule(bytes, at, isEnd));
    if (answers.includes(true)) return true;
    return answers.includes(undefined) ? undefined : false;
  };

  protected step(pieces: StreamPiece[], isEnd: boolean): boolean {
    const bytes = this.queue.take(this.queue.length);
    this.#framing ??= this.#framingOf(bytes, this.queue.begin - bytes.length, isEnd);
    for (const piece of this.#framing.push(bytes)) pieces.push(piece);
    return true;
  }

  /** `bytes` begin at a place. */
  #framingOf(bytes: Uint8Array, origin: number, isEnd: boolean): Framing {
    if (isPlaceOfIvf(bytes, 0, isEnd)) return new IvfFraming(origin, lostHeader);
    return isPlaceOfObus(bytes, 0, isEnd) ? new ObuFraming(origin) : new AnnexBFraming(origin);
  }

  override lose(): StreamPiece[] {
    return this.#framing === null ? super.lose() : this.#framing.lose();
  }

  protected override end(pieces: StreamPiece[]): void {
    for (const piece of this.#framing?.flush() ?? []) pieces.push(piece);
  }
}
