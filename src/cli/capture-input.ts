/** Captures of other programs as inputs. Their readers are loaded only where there is one. */
import { closeSync, openSync, readdirSync, readSync } from "node:fs";
import { join } from "node:path";
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
import type { Codec } from "../events.ts";
import type { Job } from "./arguments.ts";
import { readFileChunks } from "./files.ts";
import { headLength, isFolder, namedError, textOf, withBytes } from "./input-bytes.ts";
import { CliError, type Io } from "./io.ts";
import { openedRecord, type RecordInput, warnings } from "./record-input.ts";

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
  { input: path }: Pick<Job, "input">,
  io: Io,
  use: (input: CaptureInput) => Promise<T>,
): Promise<T> {
  try {
    if (isFolder(path)) {
      return await use({
        name: path,
        capture: "strace",
        calls: straceFilesCalls(straceFiles(path), warnings(io, path)),
      });
    }
    return await withBytes(io, path, async ({ name, head, beginning }) => {
      const capture = detectCapture(textOf(head));
      if (capture === undefined) {
        throw new CliError(
          `${name}: no capture: it must be a log of strace, a trace of v4l2-tracer, a log of ftrace with visl's events, or a log of the recorder`,
        );
      }
      return use({ name, capture, calls: captureCalls(capture, beginning.all(), warnings(io, name)) });
    });
  } catch (thrown) {
    throw namedError(path === "-" ? "standard input" : path, thrown);
  }
}

/** The record of a capture. */
export async function openCapture(
  io: Io,
  name: string,
  capture: CaptureKind,
  pieces: AsyncIterable<Uint8Array>,
  codec: Codec | undefined,
): Promise<RecordInput> {
  const read = () => readCapture(capture, pieces, { codec, onWarning: warnings(io, name) });
  return { ...(await openedRecord(name, read)), capture };
}

/** The files of `strace -ff -o folder/name`: one for each thread. */
export async function openFolder(io: Io, { input: folder, codec }: Pick<Job, "input" | "codec">): Promise<RecordInput> {
  const read = () => readStraceFiles(straceFiles(folder), { codec, onWarning: warnings(io, folder) });
  return { ...(await openedRecord(folder, read)), capture: "strace" };
}

function straceFiles(folder: string): StraceFile[] {
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
  return files.map(({ thread, name, path }) => ({ thread, name, pieces: piecesOf(path) }));
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
