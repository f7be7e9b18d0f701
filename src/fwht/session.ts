/** Takes packets and streams, and decodes their frames in order. */

import type { StreamError } from "../errors.ts";
import type { ChunkInfo, Session } from "../events.ts";
import { type ResolvedOptions, resolveOptions, type SessionOptions } from "../options.ts";
import { EventSink } from "../session/event-sink.ts";
import { PictureTimes } from "../session/picture-times.ts";
import { type InputDecoder, sessionOf } from "../session/session-calls.ts";
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
  const sink = new EventSink(unitName);
  return sessionOf(new FwhtDecoder(resolveOptions(options), sink), sink);
}

class FwhtDecoder implements InputDecoder {
  readonly #trace: ResolvedOptions["trace"];
  readonly #sink: EventSink;
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

  constructor(options: ResolvedOptions, sink: EventSink) {
    this.#trace = options.trace;
    this.#sink = sink;
    this.#pictures = new PictureDecoder(options, sink);
  }

  decode(bytes: Uint8Array, pts: number | undefined): void {
    this.#times.beginPacket(pts);
    const stream = new FwhtStream(this.#received);
    this.#received += bytes.length;
    if (bytes.length === 0) {
      this.#sink.report("no-unit", "the packet is empty");
      this.#pictures.lose();
    }
    stream.read(bytes, this.#pieces);
    stream.end(this.#pieces);
  }

  push(bytes: Uint8Array, { pts, lost }: ChunkInfo): void {
    this.#stream ??= new FwhtStream(this.#received);
    if (lost) this.#lose(this.#stream, lost);
    this.#times.noteChunk(this.#received, pts);
    this.#received += bytes.length;
    this.#stream.read(bytes, this.#pieces);
  }

  /** Ignores a container's record: the frames themselves say all that a decoder needs. */
  configure(): void {}

  endStream(): void {
    this.#stream?.end(this.#pieces);
    this.#forgetStream();
  }

  flush(): void {
    this.#pictures.reset();
  }

  reset(): void {
    this.#forgetStream();
    this.#pictures.reset();
  }

  #forgetStream(): void {
    this.#stream = null;
    this.#times.clear();
  }

  /** Takes note of missing bytes: the frame that has begun is lost, and the next one is looked for. */
  #lose(stream: FwhtStream, lost: StreamError): void {
    stream.end(this.#pieces);
    this.#sink.error(lost, undefined, this.#received);
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
