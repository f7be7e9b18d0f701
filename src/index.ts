/** What a V4L2 stateless video decoder must be told. */
export type { Descriptor, Trace, TraceElement, TraceUnit } from "./bitreader/index.ts";
export type { ErrorCause, ErrorPlace } from "./errors.ts";
export { BitstreamError, UnsupportedError } from "./errors.ts";
export type {
  ChunkInfo,
  Codec,
  Colour,
  Control,
  DecodeEvent,
  ErrorEvent,
  OutputEvent,
  PacketInfo,
  Rectangle,
  ReleaseEvent,
  RequestEvent,
  SequenceEvent,
  Session,
} from "./events.ts";
export { openSession, sessionCodecs } from "./open-session.ts";
export type { SessionOptions } from "./options.ts";
export { bitstreamBytes, bitstreamSize, copyBitstream } from "./session/bitstream.ts";
