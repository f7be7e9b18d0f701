import { objectOf } from "../bytes.ts";
import { StreamError } from "../errors.ts";
import type { ChunkInfo, DecodeEvent, Session } from "../events.ts";

/** A part of a stream for a session: see `feed`. */
export type StreamPart =
  /** A piece of any size of a byte stream or of an IVF file, with what a systems stream says about it. */
  | ({ readonly kind: "chunk"; readonly bytes: Uint8Array } & ChunkInfo)
  /** An avcC, hvcC or av1C record, or the headers of an MPEG-2 sequence. */
  | { readonly kind: "configuration"; readonly bytes: Uint8Array }
  /** A container's packet. `pts` is in units of its track's time base; NaN where the file's time base is damaged. */
  | { readonly kind: "packet"; readonly bytes: Uint8Array; readonly pts: number }
  /** A part of the file that cannot be read. */
  | { readonly kind: "loss"; readonly error: StreamError };

/**
 * Gives a session the next part of a track, and returns the events.
 *
 * @throws TypeError where the part is none, or has something that the session's call does not take.
 */
export function feed(session: Session, part: StreamPart): DecodeEvent[] {
  objectOf(session, "the session");
  const { kind } = objectOf(part, "a part");
  switch (part.kind) {
    case "chunk":
      return session.push(part.bytes, part);
    case "configuration":
      return session.configure(part.bytes);
    case "packet":
      return session.decode(part.bytes, { pts: Number.isFinite(part.pts) ? part.pts : undefined });
    case "loss":
      return [lossEvent(part.error)];
    default:
      throw new TypeError(`a part's kind is ${String(kind)}; it must be chunk, configuration, packet or loss`);
  }
}

function lossEvent(error: StreamError): DecodeEvent {
  if (!(error instanceof StreamError)) throw new TypeError("a loss must have a BitstreamError or an UnsupportedError");
  return {
    type: "error",
    kind: error.kind,
    code: error.code,
    unit: undefined,
    element: undefined,
    bit: undefined,
    byte: undefined,
    message: error.reason,
    error,
  };
}
