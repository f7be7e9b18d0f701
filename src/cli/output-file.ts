/** The file that `-o` names: it appears when it is whole, and until then the file that was there stays. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createWriteStream, rmSync, type WriteStream } from "node:fs";
import { chmod, realpath, rename, rm, stat } from "node:fs/promises";
import { finished, pipeline } from "node:stream/promises";
import { reasonOf } from "../containers/container-error.ts";
import { type Compression, compressor } from "../record/files.ts";
import { sinkOf } from "./files.ts";
import { CliError, type FileIdentity, type Io, type Sink } from "./io.ts";

/** A file that is written under another name. One of its two ends must be called. */
export interface OutputFile extends Sink {
  /** What was written takes the place of the file that the user named. */
  close(): Promise<void>;
  /** What was written is thrown away, and the file that the user named stays as it was. Does nothing after `close`. */
  discard(): Promise<void>;
}

/**
 * A file to write. A device or a pipe, and a file in a folder where none can be made, is written in its place.
 *
 * @param compression The compression of the file.
 * @throws CliError when it cannot be made, or is the input, by its name or as standard input.
 */
export async function createFile(
  io: Io,
  { input, output }: { readonly input: string; readonly output: string },
  compression?: Compression,
): Promise<OutputFile> {
  const source = input === "-" ? io.stdinFile?.() : await identityOf(input);
  const target = await identityOf(output);
  if (source !== undefined && target !== undefined && source.dev === target.dev && source.ino === target.ino) {
    throw new CliError(`${output} is the input; the output would overwrite it`);
  }
  const failure = (thrown: unknown) => new CliError(`${output}: ${reasonOf(thrown)}`);
  const { file, moves } = await opened(output).catch((thrown: unknown) => {
    throw failure(thrown);
  });
  const filter = compression === undefined ? undefined : compressor(compression);
  const stream = filter ?? file;
  const written = filter === undefined ? finished(file) : pipeline(filter, file);
  // The caller of write or close gets the error.
  written.catch(() => {});
  let isOpen = true;
  return {
    ...sinkOf(stream, false, output),
    close: async () => {
      isOpen = false;
      stream.end();
      try {
        await written;
        await moves?.toTarget();
      } catch (thrown) {
        await moves?.away();
        throw failure(thrown);
      }
    },
    discard: async () => {
      if (!isOpen) return;
      isOpen = false;
      stream.destroy();
      file.destroy();
      await written.catch(() => {});
      await moves?.away();
    },
  };
}

/** What becomes of a file that is written under another name. */
interface Moves {
  toTarget(): Promise<void>;
  away(): Promise<void>;
}

interface Opened {
  readonly file: WriteStream;
  /** undefined where the file is written in its place. */
  readonly moves: Moves | undefined;
}

/** Where a folder does not take a new file, the file that is in it may still be written. */
const cannotMake: readonly unknown[] = ["EACCES", "EPERM", "EROFS"];

async function opened(output: string): Promise<Opened> {
  const facts = await stat(output).catch(() => undefined);
  // /dev/stdout may be a regular file, which others write, too.
  const isInPlace = facts?.isFile() === false || /^\/(?:dev|proc)\//.test(output);
  if (isInPlace) return { file: await openedStream(output), moves: undefined };
  // A link stays, and what it names is replaced.
  const target = facts === undefined ? output : await realpath(output);
  const path = `${target}.${randomBytes(4).toString("hex")}.part`;
  try {
    // Nothing that is there is followed or written.
    const file = await openedStream(path, "wx");
    if (facts !== undefined) await chmod(path, facts.mode & 0o777).catch(() => {});
    return { file, moves: movesOf(path, target) };
  } catch (thrown) {
    const code = thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
    if (facts === undefined || !cannotMake.includes(code)) throw thrown;
    return { file: await openedStream(output), moves: undefined };
  }
}

async function openedStream(path: string, flags = "w"): Promise<WriteStream> {
  const file = createWriteStream(path, { flags });
  await once(file, "open");
  return file;
}

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** A signal that ends the process must not leave the part. Commands that handle signals themselves do so. */
function movesOf(path: string, target: string): Moves {
  const stop = (signal: NodeJS.Signals) => {
    rmSync(path, { force: true });
    off();
    process.kill(process.pid, signal);
  };
  const handled = signals.filter((signal) => process.listenerCount(signal) === 0);
  const off = () => {
    for (const signal of handled) process.off(signal, stop);
  };
  for (const signal of handled) process.on(signal, stop);
  return {
    toTarget: () => rename(path, target).finally(off),
    away: () => rm(path, { force: true }).finally(off),
  };
}

/** Undefined where the file is missing, or is no regular file. */
async function identityOf(path: string): Promise<FileIdentity | undefined> {
  const facts = await stat(path).catch(() => undefined);
  return facts?.isFile() ? facts : undefined;
}
