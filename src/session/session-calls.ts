import { bytesOf } from "../bytes.ts";
import { StreamError } from "../errors.ts";
import type { ChunkInfo, PacketInfo, Session } from "../events.ts";
import type { EventSink } from "./event-sink.ts";

/** What a session makes of its input: the calls of `Session`, with arguments that have been checked. */
export interface InputDecoder {
  /** Decodes a packet, which may be empty. */
  decode(packet: Uint8Array, pts: number | undefined): void;
  /** Decodes what a chunk completes. The first chunk after the start or after another call begins a stream. */
  push(chunk: Uint8Array, info: ChunkInfo): void;
  /** Reads a container's record; null means that start codes follow. */
  configure(record: Uint8Array | null): void;
  /** Ends the pushed stream, if there is one: decodes its rest. Called before `decode`, `configure` and `flush`. */
  endStream(): void;
  /** Outputs all pictures that wait, and frees all. */
  flush(): void;
  /** Frees all pictures, and forgets the pushed stream, if there is one. */
  reset(): void;
}

/**
 * Opens a session whose input `decoder` decodes. Its calls throw TypeError where an argument is wrong, before anything changes,
 * and return the events that come to `sink` meanwhile.
 */
export function sessionOf(decoder: InputDecoder, sink: EventSink): Session {
  return {
    decode(packet, info = {}) {
      checkPacketInfo(info);
      const bytes = bytesOf(packet, "a packet");
      return sink.during(() => {
        decoder.endStream();
        decoder.decode(bytes, info.pts);
      });
    },
    push(chunk, info = {}) {
      checkChunkInfo(info);
      const bytes = bytesOf(chunk, "a chunk");
      return sink.during(() => decoder.push(bytes, info));
    },
    configure(record) {
      const bytes = record === null ? null : bytesOf(record, "a configuration record that is not null");
      return sink.during(() => {
        decoder.endStream();
        decoder.configure(bytes);
      });
    },
    flush() {
      return sink.during(() => {
        decoder.endStream();
        decoder.flush();
      });
    },
    reset() {
      return sink.during(() => decoder.reset());
    },
  };
}

function checkPacketInfo(info: PacketInfo): void {
  if (typeof info !== "object" || info === null) throw new TypeError("the second argument must be an object");
  const { pts = 0 } = info;
  if (!Number.isFinite(pts)) throw new TypeError("pts must be a finite number");
}

function checkChunkInfo(info: ChunkInfo): void {
  checkPacketInfo(info);
  const { unitEnds = true } = info;
  if (typeof unitEnds !== "boolean") throw new TypeError("unitEnds must be true or false");
  const lost: unknown = info.lost;
  if (lost !== undefined && !(lost instanceof StreamError)) {
    throw new TypeError("lost must be a BitstreamError or an UnsupportedError");
  }
}
