/** Records as inputs. */
import { setFlagsFromString } from "node:v8";
import type { CaptureKind } from "../capture/detect.ts";
import { type RecordHeader, type RecordLine, type RecordStream, readRecordStream } from "../record/index.ts";
import { namedError } from "./input-bytes.ts";
import type { Io } from "./io.ts";
import { printable } from "./printing/terminal.ts";

/** A record. Its lines come while the file is read. */
export interface RecordInput {
  readonly kind: "record";
  readonly name: string;
  readonly header: RecordHeader;
  /** What it was captured with, where it is no record yet. */
  readonly capture?: CaptureKind | undefined;
  /** Can be read once. */
  readonly lines: AsyncIterable<RecordLine>;
}

/** Opens a record. Warnings go to standard error; errors are thrown while its lines are read. */
export async function openRecord(io: Io, name: string, pieces: AsyncIterable<Uint8Array>): Promise<RecordInput> {
  return openedRecord(name, () => readRecordStream(pieces, { onWarning: warnings(io, name) }));
}

export async function openedRecord(name: string, read: () => Promise<RecordStream>): Promise<RecordInput> {
  keepYoungSmall();
  try {
    const { header, lines } = await read();
    return { kind: "record", name, header, lines: namingErrors(name, lines) };
  } catch (thrown) {
    throw namedError(name, thrown);
  }
}

/**
 * The objects of a line are garbage when the next line comes. Without this flag, V8 would gradually enlarge its memory for new
 * objects.
 */
export function keepYoungSmall(): void {
  setFlagsFromString("--semi-space-growth-factor=1");
}

export const warnings = (io: Io, name: string) => (message: string) =>
  void io.stderr.write(`${name}: ${printable(message)}\n`);

async function* namingErrors(
  name: string,
  lines: AsyncIterable<RecordLine>,
): AsyncGenerator<RecordLine, void, undefined> {
  try {
    yield* lines;
  } catch (thrown) {
    throw namedError(name, thrown);
  }
}
