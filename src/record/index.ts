/**
 * The request record: JSON Lines that hold the requests of one stream, whichever program made them. `schema.json` describes a line.
 *
 * A record of any size is read line by line: `readRecordStream(createReadStream(path))` gives its header and an async iterable of
 * its lines.
 *
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 * import { openSession } from "v4l2-stateless";
 * import { RecordWriter, readRecord, resolveRequests } from "v4l2-stateless/record";
 *
 * const session = openSession("vp8");
 * const writer = new RecordWriter({ codec: "vp8", producer: "an example" });
 * const events = [...session.push(readFileSync("test/fixtures/vp8_odd_size.ivf")), ...session.flush()];
 * const lines = [writer.head, ...events.map((event) => writer.write(event))];
 *
 * const record = readRecord(lines.join("").split("\n"));
 * const [first] = resolveRequests(record);
 * console.log(record.header.producer, first?.timestamp, first?.controls.size); // an example 1000 1
 * ```
 *
 * @module
 */
export type { RecordReadOptions } from "./checks.ts";
export { crc32 } from "./crc32.ts";
export {
  type Controls,
  persists,
  type RecordableControl,
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
  type RecordStream,
  type RequestRecord,
  type ResolvedLine,
  readRecord,
  readRecordStream,
  resolveLines,
  resolveRequests,
} from "./read.ts";
export { recordDataLimit, recordLineLimit } from "./split-lines.ts";
export {
  type RecordableEvent,
  RecordWriter,
  type RecordWriterOptions,
  recordHeaderText,
  recordLineText,
} from "./write.ts";
