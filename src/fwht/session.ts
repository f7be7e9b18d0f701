/** Takes packets and streams, and decodes their frames in order. */

import type { ByteSource } from "../bytes.ts";
import type { StreamError } from "../errors.ts";
import type { ChunkInfo, DecodeEvent, PacketInfo, Session } from "../events.ts";
import { type ResolvedOptions, resolveOptions, type SessionOptions } from "../options.ts";
import { checkConfigureArgument, checkDecodeArguments, checkPushArguments } from "../session/check-arguments.ts";
import { EventSink } from "../session/event-sink.ts";
import { PictureTimes } from "../session/picture-times.ts";
import { PictureDecoder } from "./pictures.ts";
import { FwhtStream, type Pieces, type StreamPiece } from "./stream.ts";
import { fwht_cframe_hdr } from "./syntax.ts";
import { frameReader, unitName } from "./units.ts";

/**
 * Opens a session: the state of one FWHT decoder. `decode` takes a frame, or several; `push` a stream of frames.
 *
 * @throws TypeError where an option has a value that it cannot have.
 */
export function openFwhtSession(options: SessionOptions = {}): Session {
  return new FwhtSession(resolveOptions(options));
}

class FwhtSession implements Session {
  readonly #trace: ResolvedOptions["trace"];
  readonly #sink = new EventSink(unitName);
  readonly #times = new PictureTimes();
  readonly #pictures: PictureDecoder;
  /** Reads each piece of a stream when it is found. */
  readonly #pieces: Pieces = {
    push: (piece) => {
      this.#times.reach(piece.byte);
      if (!this.#isRead(piece)) this.#pictures.lose();
    },
  };
  #stream: FwhtStream | null = null;
  #received = 0;

  constructor(options: ResolvedOptions) {
    this.#trace = options.trace;
    this.#pictures = new PictureDecoder(options, this.#sink);
  }

  decode(packet: ByteSource, info?: PacketInfo): DecodeEvent[] {
    const bytes = checkDecodeArguments(packet, info);
    return this.#sink.during(() => {
      this.#endStream();
      this.#times.packet(info?.pts);
      const stream = new FwhtStream(this.#received);
      this.#received += bytes.length;
      if (bytes.length === 0) {
        this.#sink.report("no-unit", "the packet is empty");
        this.#pictures.lose();
      }
      stream.read(bytes, this.#pieces);
      stream.end(this.#pieces);
    });
  }

  push(chunk: ByteSource, info: ChunkInfo = {}): DecodeEvent[] {
    const bytes = checkPushArguments(chunk, info);
    return this.#sink.during(() => {
      this.#stream ??= new FwhtStream(this.#received);
      if (info.lost) this.#lose(this.#stream, info.lost);
      this.#times.stream(this.#received, info.pts);
      this.#received += bytes.length;
      this.#stream.read(bytes, this.#pieces);
    });
  }

  /** Ignores a container's record: the frames themselves say all that a decoder needs. */
  configure(record: ByteSource | null): DecodeEvent[] {
    checkConfigureArgument(record);
    return this.#sink.during(() => this.#endStream());
  }

  flush(): DecodeEvent[] {
    return this.#sink.during(() => {
      this.#endStream();
      this.#pictures.reset();
    });
  }

  reset(): DecodeEvent[] {
    return this.#sink.during(() => {
      this.#stream = null;
      this.#times.clear();
      this.#pictures.reset();
    });
  }

  #endStream(): void {
    this.#stream?.end(this.#pieces);
    this.#stream = null;
    this.#times.clear();
  }

  /** Takes note of missing bytes: the frame that has begun is lost, and the next one is looked for. */
  #lose(stream: FwhtStream, lost: StreamError): void {
    stream.end(this.#pieces);
    this.#sink.error(lost, undefined);
    this.#pictures.lose();
    // The pictures that these pts belong to begin in the missing bytes.
    this.#times.clear();
  }

  #isRead(piece: StreamPiece): boolean {
    const { bytes, byte, truncated, error } = piece;
    // A frame that breaks off has begun: its pts is not that of the next one.
    const pts = bytes.length > 0 ? this.#times.take() : undefined;
    if (error !== undefined) {
      this.#sink.error(error, piece);
      return false;
    }
    if (truncated) {
      this.#sink.report("cut-off", `the frame is cut off after ${bytes.length} bytes`, piece);
      return false;
    }
    this.#trace?.unit({ name: unitName(bytes), byte, bytes });
    return this.#sink.guard(piece, () => {
      this.#pictures.decodeFrame(fwht_cframe_hdr(frameReader(bytes, this.#trace)), piece, pts);
    });
  }
}
