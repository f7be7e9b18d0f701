/** Takes packets and streams, and decodes their OBUs in order. */

import type { ByteSource } from "../bytes.ts";
import { BitstreamError, type StreamError } from "../errors.ts";
import type { ChunkInfo, DecodeEvent, PacketInfo, Session } from "../events.ts";
import type { StreamUnit } from "../framing/byte-stream.ts";
import { type ResolvedOptions, resolveOptions, type SessionOptions } from "../options.ts";
import { checkConfigureArgument, checkDecodeArguments, checkPushArguments } from "../session/check-arguments.ts";
import { EventSink } from "../session/event-sink.ts";
import { PictureTimes } from "../session/picture-times.ts";
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
  return new Av1Session(resolveOptions(options));
}

class Av1Session implements Session {
  readonly #options: ResolvedOptions;
  readonly #sink = new EventSink(obuName);
  readonly #times = new PictureTimes();
  readonly #pictures: PictureDecoder;
  #stream: Av1Stream | null = null;
  #received = 0;

  constructor(options: ResolvedOptions) {
    this.#options = options;
    this.#pictures = new PictureDecoder(options, this.#sink, this.#times);
  }

  decode(packet: ByteSource, info?: PacketInfo): DecodeEvent[] {
    const bytes = checkDecodeArguments(packet, info);
    return this.#sink.during(() => {
      this.#endStream();
      const byte = this.#received;
      this.#received += bytes.length;
      this.#times.packet(info?.pts);
      this.#readPacket({ bytes, byte, truncated: false });
      this.#pictures.endTemporalUnit();
    });
  }

  push(chunk: ByteSource, info: ChunkInfo = {}): DecodeEvent[] {
    const bytes = checkPushArguments(chunk, info);
    return this.#sink.during(() => {
      this.#stream ??= new Av1Stream(this.#received);
      if (info.lost) this.#lose(info.lost);
      this.#times.stream(this.#received, info.pts);
      this.#received += bytes.length;
      this.#readStream((stream) => stream.push(bytes));
      this.#pictures.hold();
    });
  }

  configure(record: ByteSource | null): DecodeEvent[] {
    const bytes = checkConfigureArgument(record);
    return this.#sink.during(() => {
      this.#endStream();
      if (bytes !== null) this.#readConfiguration(bytes);
    });
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

  /** Ends a pushed stream, and its last temporal unit. */
  #endStream(): void {
    this.#readStream((stream) => stream.flush());
    this.#stream = null;
    this.#pictures.endFrame();
    this.#pictures.endTemporalUnit();
    this.#times.clear();
  }

  /** Takes note of missing bytes in the stream: what has begun is lost, and the next place to go on is looked for. */
  #lose(lost: StreamError): void {
    this.#readStream((stream) => stream.lose());
    this.#sink.error(lost, undefined);
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
    else this.#times.packet(piece.pts);
    if (piece.error !== undefined) {
      this.#sink.error(piece.error, piece);
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

  #readConfiguration(record: Uint8Array): void {
    this.#sink.guard(undefined, () => {
      const { obus, error } = obusOfConfiguration(record);
      for (const obu of obus) this.#readObu(obu);
      if (error) throw error;
    });
  }
}
