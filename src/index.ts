/**
 * What a V4L2 stateless video decoder must be told. A session takes a bitstream and returns events. A `request` event has the
 * bytes and controls for the kernel.
 *
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 * import { bitstreamSize, openSession } from "v4l2-stateless";
 *
 * const session = openSession("h264");
 * const bytes = readFileSync("test/fixtures/h264_high_bpyramid.264");
 * const requests = [...session.push(bytes), ...session.flush()].filter((event) => event.type === "request");
 *
 * console.log(requests.length); // 20
 * const [first] = requests;
 * if (first === undefined) throw new Error("the stream has no picture");
 * console.log(first.timestamp, bitstreamSize(first)); // 1000 2678
 * console.log(first.controls.map(({ id }) => id.toString(16))); // [ 'a40902', 'a40903', 'a40907' ]
 * ```
 *
 * @module
 */
export type { Descriptor, Trace, TraceElement, TraceUnit } from "./bitreader/index.ts";
export type { ByteSource } from "./bytes.ts";
export type { BitstreamErrorCode, ErrorCode, ErrorKind, ErrorPlace, UnsupportedErrorCode } from "./errors.ts";
export { BitstreamError, errorCodes, StreamError, UnsupportedError } from "./errors.ts";
export { eventsOf, requestStream } from "./event-stream.ts";
export type {
  ChunkInfo,
  Codec,
  Colour,
  Components,
  Control,
  ControlNamed,
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
export { type Timestamp, timestampOf } from "./uapi/timestamp.ts";
