/**
 * Cuts a pushed stream into OBUs or packets: clause 5.2, Annex B, or an IVF file. Its first bytes tell which. The pieces do not depend on
 * how the stream is cut.
 */

import { IvfStream, ivfFourccs } from "../containers/ivf.ts";
import { BitstreamError } from "../errors.ts";
import { ByteQueue } from "../framing/byte-queue.ts";
import { type StreamUnit, UNIT_LIMIT } from "../framing/byte-stream.ts";
import {
  beginsWithTemporalUnit,
  isSizedObuHeader,
  LEB128_BYTES,
  leb128At,
  OBU_FORMAT_BYTES,
  OBU_TEMPORAL_DELIMITER,
} from "../framing/obu.ts";

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
  flush(): StreamPiece[];
}

const IVF_SIGNATURE: readonly number[] = [0x44, 0x4b, 0x49, 0x46];

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
    if (head.length < OBU_FORMAT_BYTES) return [];
    this.#framing = this.#framingOf(head);
    this.#head = new Uint8Array(0);
    return this.#framing.push(head);
  }

  /** Ends the stream. */
  flush(): StreamPiece[] {
    const head = this.#head;
    if (this.#framing === null && head.length === 0) return [];
    const framing = this.#framing ?? this.#framingOf(head);
    return this.#framing === null ? [...framing.push(head), ...framing.flush()] : framing.flush();
  }

  #framingOf(head: Uint8Array): Framing {
    if (IVF_SIGNATURE.every((byte, i) => head[i] === byte)) return new IvfFraming(this.#origin);
    return beginsWithTemporalUnit(head) ? new AnnexBFraming(this.#origin) : new ObuFraming(this.#origin);
  }
}

class IvfFraming implements Framing {
  readonly #file: IvfStream;

  constructor(origin: number) {
    this.#file = new IvfStream(origin, ivfFourccs.av1);
  }

  push(bytes: Uint8Array): StreamPiece[] {
    return this.#file.push(bytes).map((frame) => ({ ...frame, bytes: frame.data, isObu: false }));
  }

  flush(): StreamPiece[] {
    return this.#file.flush().map((frame) => ({ ...frame, bytes: frame.data, isObu: false }));
  }
}

/** A stream of units, whose lengths are known from their first bytes. */
abstract class LengthFraming implements Framing {
  protected readonly queue: ByteQueue;

  constructor(origin: number) {
    this.queue = new ByteQueue(origin);
  }

  push(bytes: Uint8Array): StreamPiece[] {
    const pieces: StreamPiece[] = [];
    this.queue.append(bytes);
    while (this.queue.length > 0 && this.step(pieces, false));
    this.queue.keep();
    return pieces;
  }

  flush(): StreamPiece[] {
    const pieces: StreamPiece[] = [];
    while (this.queue.length > 0 && this.step(pieces, true));
    return pieces;
  }

  /** Takes a unit from the queue, which is not empty. False where more bytes are needed; never at the end. */
  protected abstract step(pieces: StreamPiece[], isEnd: boolean): boolean;

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

  protected error(pieces: StreamPiece[], error: BitstreamError): void {
    const byte = this.queue.begin;
    pieces.push({ bytes: new Uint8Array(0), byte, truncated: false, isObu: true, pts: undefined, error });
  }
}

/** Annex B: temporal_unit_size, and a temporal unit. After a wrong size nothing more can be found. */
class AnnexBFraming extends LengthFraming {
  #isBroken = false;

  protected step(pieces: StreamPiece[], isEnd: boolean): boolean {
    const { queue } = this;
    if (this.#isBroken) {
      queue.skip(queue.length);
      return true;
    }
    const size = leb128At(queue.peek(Math.min(queue.length, LEB128_BYTES)), 0);
    if (size === undefined) return isEnd && this.take(pieces, queue.length + 1, false, isEnd);
    if (size !== null && size.value <= UNIT_LIMIT) return this.take(pieces, size.bytes + size.value, false, isEnd);
    const place = { unit: "temporal_unit", element: "temporal_unit_size", byte: queue.begin };
    const reason = size === null ? "it has more than 32 bits" : `${size.value} bytes; at most ${UNIT_LIMIT} are read`;
    this.error(pieces, new BitstreamError("value-out-of-range", reason, place));
    this.#isBroken = true;
    return true;
  }
}

/** 5.2: OBUs with sizes. After bytes that are none, the next temporal delimiter is looked for. */
class ObuFraming extends LengthFraming {
  #isLost = false;

  protected step(pieces: StreamPiece[], isEnd: boolean): boolean {
    const { queue } = this;
    if (this.#isLost && !this.#findDelimiter(isEnd)) return false;
    if (queue.length === 0) return true;
    const head = queue.peek(Math.min(queue.length, 2 + LEB128_BYTES));
    const first = head[0] as number;
    const headerBytes = first & 4 ? 2 : 1;
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
    this.queue.skip(1);
    this.#isLost = true;
    return true;
  }

  /** Skips the bytes before a temporal delimiter with another OBU after it. False where more bytes are needed. */
  #findDelimiter(isEnd: boolean): boolean {
    const { queue } = this;
    const bytes = queue.peek(queue.length);
    for (let at = 0; at + 2 < bytes.length; at++) {
      if (bytes[at] !== DELIMITER || bytes[at + 1] !== 0 || !isSizedObuHeader(bytes[at + 2] as number)) continue;
      queue.skip(at);
      this.#isLost = false;
      return true;
    }
    queue.skip(isEnd ? bytes.length : Math.max(0, bytes.length - 2));
    return isEnd;
  }
}

/** The first byte of a temporal delimiter with a size field. */
const DELIMITER = (OBU_TEMPORAL_DELIMITER << 3) | 2;
