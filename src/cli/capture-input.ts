/** Captures of other programs as inputs. Their readers are loaded only where there is one. */
import { closeSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { isCutOff } from "../capture/cut-off.ts";
import {
  type Call,
  type CaptureKind,
  captureCalls,
  detectCapture,
  readCapture,
  readStraceFiles,
  type StraceFile,
  straceFilesCalls,
} from "../capture/index.ts";
import { detect } from "../containers/detect.ts";
import type { Job } from "./arguments.ts";
import { readFileChunks } from "./files.ts";
import {
  bytesBeforeDamage,
  emptyText,
  headLength,
  type InputBytes,
  isFolder,
  isText,
  namedError,
  textOf,
  unknownText,
  withBytes,
} from "./input-bytes.ts";
import { CliError, type Io } from "./io.ts";
import { Progress } from "./printing/terminal.ts";
import { keepYoungSmall, openedRecord, type RecordInput, warnings } from "./record-input.ts";

/** A capture, call by call. */
export interface CaptureInput {
  readonly name: string;
  readonly capture: CaptureKind;
  readonly calls: AsyncIterable<Call>;
}

/**
 * Opens the capture that the arguments name, and closes it when `use` is done.
 *
 * @returns what `use` returns.
 * @throws CliError when the input cannot be read, or is no capture.
 */
export async function withCapture<T>(
  { input: path, command }: Pick<Job, "input" | "command">,
  io: Io,
  use: (input: CaptureInput) => Promise<T>,
): Promise<T> {
  // Counts are printed at the end, findings at once.
  const printsNothing = command === "stats";
  keepYoungSmall();
  try {
    if (isFolder(path)) {
      const calls = straceFilesCalls(straceFiles(io, path, printsNothing), warnings(io, path));
      return await use({ name: path, capture: "strace", calls });
    }
    return await withBytes(io, path, async (bytes) => {
      const { name, size, isCompressed, head } = bytes;
      if (head.length === 0) throw new CliError(`${name}: ${emptyText}`);
      const capture = detectCapture(textOf(head));
      if (capture === undefined) throw new CliError(`${name}: ${whatElse(head)}`);
      const progress = new Progress(io, isCompressed ? undefined : size, printsNothing);
      const { pieces, onWarning } = readable(io, bytes);
      return use({ name, capture, calls: captureCalls(capture, showing(progress, pieces), onWarning) });
    });
  } catch (thrown) {
    throw namedError(path === "-" ? "standard input" : path, thrown);
  }
}

/** What is said of an input that is no capture. */
function whatElse(head: Uint8Array): string {
  if (detect(head)?.kind === "record") {
    return "a record, not a capture: it has the requests, and not the calls; name the capture that it was made of";
  }
  if (isText(head)) return unknownText;
  return "no capture: it must be a log of strace, a trace of v4l2-tracer, a log of ftrace with visl's events, or a log of the recorder";
}

/** What a command does with its input, as far as it matters here. */
type Reading = Pick<Job, "input" | "codec"> & Partial<Pick<Job, "command" | "output">>;

/** The record is written to a file, and nothing to the terminal. */
function writesFile({ command, output }: Reading): boolean {
  return command === "import" && output !== "-";
}

/** The record of a capture. */
export async function openCapture(
  io: Io,
  bytes: InputBytes,
  capture: CaptureKind,
  args: Reading,
): Promise<RecordInput> {
  const { name, size, isCompressed } = bytes;
  const progress = new Progress(io, isCompressed ? undefined : size, writesFile(args));
  const { pieces, onWarning } = readable(io, bytes);
  const read = () => readCapture(capture, showing(progress, pieces), { codec: args.codec, onWarning });
  return { ...(await openedRecord(name, read)), capture };
}

/** The bytes of a capture, and what takes the warnings of its reader. That damaged bytes end in the middle is said once. */
function readable(io: Io, bytes: InputBytes) {
  const warn = warnings(io, bytes.name);
  let isDamaged = false;
  const pieces = bytesBeforeDamage(bytes, (message) => {
    isDamaged = true;
    warn(message);
  });
  const onWarning = (message: string) => {
    if (!isDamaged || !isCutOff(message)) warn(message);
  };
  return { pieces, onWarning };
}

/** The files of `strace -ff -o folder/name`: one for each thread. */
export async function openFolder(io: Io, args: Reading): Promise<RecordInput> {
  const { input: folder, codec } = args;
  const files = straceFiles(io, folder, writesFile(args));
  const read = () => readStraceFiles(files, { codec, onWarning: warnings(io, folder) });
  return { ...(await openedRecord(folder, read)), capture: "strace" };
}

async function* showing(
  progress: Progress,
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for await (const piece of pieces) {
      yield piece;
      await progress.advance(piece.length);
    }
  } finally {
    await progress.clear();
  }
}

function straceFiles(io: Io, folder: string, printsNothing: boolean): StraceFile[] {
  const files = readdirSync(folder).flatMap((file) => {
    const thread = /\.(\d+)$/.exec(file)?.[1];
    const path = join(folder, file);
    // A stream may be called clip.264.
    return thread === undefined || !isStraceLog(path) ? [] : [{ thread, name: file, path }];
  });
  if (files.length === 0) {
    throw new CliError(
      `${folder}: is a directory, and no file in it is one of strace -ff: their names end in the number of a thread`,
    );
  }
  const size = files.reduce((sum, { path }) => sum + statSync(path).size, 0);
  const progress = new Progress(io, size, printsNothing);
  return files.map(({ thread, name, path }) => ({ thread, name, pieces: showing(progress, piecesOf(path)) }));
}

function isStraceLog(path: string): boolean {
  const file = openSync(path, "r");
  try {
    const head = Buffer.alloc(headLength);
    return detectCapture(textOf(head.subarray(0, readSync(file, head)))) === "strace";
  } catch (thrown) {
    // A folder in the folder.
    if (thrown instanceof Error && "code" in thrown && thrown.code === "EISDIR") return false;
    throw thrown;
  } finally {
    closeSync(file);
  }
}

async function* piecesOf(path: string): AsyncGenerator<Uint8Array, void, undefined> {
  const chunks = await readFileChunks(path);
  try {
    yield* chunks;
  } finally {
    await chunks.close();
  }
}
