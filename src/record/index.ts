/**
 * The request record: JSON Lines that hold the requests of one stream, whichever program made them. `schema.json` describes a line.
 *
 * @module
 */
export { crc32 } from "./crc32.ts";
export {
  type Controls,
  persists,
  RecordError,
  type RecordHeader,
  recordCodecs,
  recordFormat,
  type StreamDescription,
  type Timestamp,
} from "./format.ts";
export type {
  ErrorLine,
  OutputLine,
  RecordedBitstream,
  RecordLine,
  ReleaseLine,
  RequestLine,
  ResolvedRequest,
  SequenceLine,
  SetLine,
} from "./lines.ts";
export {
  ControlState,
  type RequestRecord,
  type ResolvedLine,
  readRecord,
  resolveLines,
  resolveRequests,
} from "./read.ts";
export { type RecordableEvent, RecordWriter, type RecordWriterOptions } from "./write.ts";
