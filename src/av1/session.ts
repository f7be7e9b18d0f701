/** Takes packets and streams, and decodes their OBUs in order. */

import { BitstreamError, type StreamError } from "../errors.ts";
import type { ChunkInfo, Session } from "../events.ts";
import { type StreamUnit, streamUnit } from "../framing/byte-stream.ts";
import { type ResolvedOptions, resolveOptions, type SessionOptions } from "../options.ts";
import { EventSink } from "../session/event-sink.ts";
import { PictureTimes } from "../session/picture-times.ts";
import { type InputDecoder, sessionOf } from "../session/session-calls.ts";
import { PictureDecoder } from "./pictures.ts";
import { Av1Stream, type StreamPiece } from "./stream.ts";
import { isTemporalDelimiter, obuName, obusOfConfiguration, obusOfPacket } from "./units.ts";

/**
 * Opens a session: the state of one AV1 decoder. `decode` takes a temporal unit, `push` a stream of OBUs (5.2), a stream of Annex
 * B or an IVF file, `configure` an av1C record.
 *
 * @throws TypeError where an option has a value that it cannot have.
 */
export function openAv1Session(options: SessionOptions = {}): Session {
  const sink = new EventSink(obuName);
  return sessionOf(new Av1Decoder(resolveOptions(options), sink), sink);
}

class Av1Decoder implements InputDecoder {
  readonly #options: ResolvedOptions;
  readonly #sink: EventSink;
  readonly #times = new PictureTimes();
  readonly #pictures: PictureDecoder;
  #stream: Av1Stream | null = null;
  #received = 0;

  constructor(options: ResolvedOptions, sink: EventSink) {
    this.#options = options;
    this.#sink = sink;
    this.#pictures = new PictureDecoder(options, sink, this.#times);
  }

  decode(bytes: Uint8Array, pts: number | undefined): void {
    const byte = this.#received;
    this.#received += bytes.length;
    this.#times.beginPacket(pts);
    this.#readPacket(streamUnit(bytes, byte));
    this.#pictures.endTemporalUnit();
  }

  push(bytes: Uint8Array, { pts, lost }: ChunkInfo): void {
    this.#stream ??= new Av1Stream(this.#received);
    if (lost) this.#lose(lost);
    this.#times.noteChunk(this.#received, pts);
    this.#received += bytes.length;
    this.#readStream((stream) => stream.push(bytes));
    this.#pictures.hold();
  }

  configure(record: Uint8Array | null): void {
    if (record === null) return;
    this.#sink.guard(undefined, () => {
      const { obus, error } = obusOfConfiguration(record);
      for (const obu of obus) this.#readObu(obu);
      if (error) throw error;
    });
    this.#pictures.hold();
  }

  /** Ends the pushed stream, and its last temporal unit. */
  endStream(): void {
    this.#readStream((stream) => stream.flush());
    this.#stream = null;
    this.#pictures.endFrame();
    this.#pictures.endTemporalUnit();
    this.#times.clear();
  }

  flush(): void {
    this.#pictures.reset();
  }

  reset(): void {
    this.#stream = null;
    this.#times.clear();
    this.#pictures.reset();
  }

  /** Takes note of missing bytes in the stream: what has begun is lost, and the next place to go on is looked for. */
  #lose(lost: StreamError): void {
    this.#readStream((stream) => stream.lose());
    this.#sink.error(lost, undefined, this.#received);
    this.#pictures.lose();
    this.#times.clear();
  }

  /** Reads the pieces that `step` finds in the stream. An error in an IVF file's own structure is reported once. */
  #readStream(step: (stream: Av1Stream) => StreamPiece[]): void {
    const stream = this.#stream;
    if (stream === null) return;
    let pieces: StreamPiece[] = [];
    this.#sink.guard(undefined, () => {
      pieces = step(stream);
    });
    for (const piece of pieces) this.#readPiece(piece);
  }

  #readPiece(piece: StreamPiece): void {
    // A pts that no picture of the last temporal unit took is not one of the next.
    if (piece.isObu && isTemporalDelimiter(piece.bytes)) this.#times.take();
    if (piece.pts === undefined) this.#times.reach(piece.byte);
    else this.#times.beginPacket(piece.pts);
    if (piece.error !== undefined) {
      this.#sink.error(piece.error, piece.bytes.length > 0 ? piece : undefined);
      this.#pictures.lose();
    } else if (piece.truncated) {
      const [what, unit] = piece.isObu ? ["OBU", undefined] : ["packet", "temporal_unit"];
      const reason = `the ${what} is cut off after ${piece.bytes.length} bytes`;
      this.#sink.error(new BitstreamError("cut-off", reason, { unit }), piece);
      this.#pictures.lose();
    } else if (piece.isObu) this.#readObu(piece);
    else this.#readPacket(piece);
  }

  /** Reads a packet, which has whole frames. */
  #readPacket(packet: StreamUnit): void {
    if (packet.bytes.length === 0) {
      this.#sink.report("no-unit", "the packet is empty", packet);
      this.#pictures.lose();
      return;
    }
    const { obus, error } = obusOfPacket(packet.bytes, packet.byte, this.#options.trace);
    for (const obu of obus) this.#readObu(obu);
    if (error) {
      this.#sink.error(error, packet);
      this.#pictures.lose();
    }
    this.#pictures.endFrame();
  }

  #readObu(unit: StreamUnit): void {
    try {
      this.#pictures.takeObu(unit);
    } catch (error) {
      this.#sink.catchError(error, unit);
      this.#pictures.loseObu(unit);
    }
  }
}
