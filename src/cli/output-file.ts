/** The file that `-o` names: it appears when it is whole, and until then the file that was there stays. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import {
  constants,
  createWriteStream,
  fchmodSync,
  fstatSync,
  openSync,
  rmSync,
  type Stats,
  type WriteStream,
} from "node:fs";
import { access, open, readlink, realpath, rename, rm, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Writable } from "node:stream";
import { finished, pipeline } from "node:stream/promises";
import { reasonOf } from "../containers/container-error.ts";
import { type Compression, compressor } from "../record/files.ts";
import { sinkOf, writeFailure } from "./files.ts";
import { CliError, type FileIdentity, type Io, type Sink } from "./io.ts";

/** A file that is written under another name. One of its two ends must be called. */
export interface OutputFile extends Sink {
  /** What was written takes the place of the file that the user named. */
  close(): Promise<void>;
  /** What was written is thrown away, and the file that the user named stays as it was. Does nothing after `close`. */
  discard(): Promise<void>;
}

/**
 * A file to write. A device, a pipe, one of the program's own descriptors (/dev/stdout), and a file in a folder where none can be made
 * is written in its place. One with several names or another owner keeps them: what was written is copied into it at the end.
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
  const failure: Failure = (thrown, more = "") => new CliError(`${output}: ${writeFailure(thrown)}${more}`);
  const { file, moves } = await opened(output, failure).catch((thrown: unknown) => {
    throw failure(thrown);
  });
  const filter = compression === undefined ? undefined : compressor(compression);
  const stream = filter ?? file;
  const written = filter === undefined ? finished(file) : pipeline(filter, file);
  // The caller of write or close gets the error.
  written.catch(() => {});
  let isOpen = true;
  return {
    ...sinkOf(stream, false, output, true),
    close: async () => {
      isOpen = false;
      stream.end();
      try {
        await written;
      } catch (thrown) {
        await moves?.away();
        throw failure(thrown);
      }
      await moves?.toTarget();
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

/**
 * Whether `createFile` will make this file, as far as it can be known before. Nothing is touched: the reader of a pipe must not see
 * its end.
 *
 * @throws CliError when it will not.
 */
export async function checkFile(output: string): Promise<void> {
  try {
    const facts = await statIfThere(output);
    const target = await linkedFile(output);
    if (descriptorOf(target) !== undefined) return;
    if (facts?.isDirectory() || /[\\/]$/.test(output)) throw Object.assign(new Error(output), { code: "EISDIR" });
    if (facts?.isSocket()) throw Object.assign(new Error(output), { code: "ENXIO" });
    await access(facts === undefined ? dirname(target) : output, constants.W_OK);
  } catch (thrown) {
    throw new CliError(`${output}: ${reasonOf(thrown)}`);
  }
}

type Failure = (thrown: unknown, more?: string) => CliError;

/** What becomes of a file that is written under another name. */
interface Moves {
  /** @throws CliError where the target takes it in no way. Then it stays, and the message says where. */
  toTarget(): Promise<void>;
  away(): Promise<void>;
}

interface Opened {
  readonly file: Writable;
  /** undefined where the file is written in its place. */
  readonly moves: Moves | undefined;
}

/** Where a folder does not take a new file, the file that is in it may still be written. */
const cannotMake: readonly unknown[] = ["EACCES", "EPERM", "EROFS"];

async function opened(output: string, failure: Failure): Promise<Opened> {
  const facts = await statIfThere(output);
  const target = await linkedFile(output);
  const descriptor = descriptorOf(target);
  // Others write it, too: opened anew, it would lose what they wrote.
  if (descriptor !== undefined) return inPlace(streamOf(descriptor));
  // A name with a slash at its end is no file's.
  if (facts?.isFile() === false || /[\\/]$/.test(output)) return inPlace(await openedStream(output));
  // A folder may let a file be replaced that may not be written.
  if (facts !== undefined) await access(output, constants.W_OK);
  // The target's own name may be as long as a name can be.
  const path = resolve(dirname(target), `.${randomBytes(4).toString("hex")}.part`);
  // Before the file is there: no signal comes between.
  const signals = removeAtSignals(path);
  try {
    // Nothing that is there is followed or written.
    const fd = openSync(path, "wx");
    const isShared = facts !== undefined && isSharedWith(facts, fd);
    return { file: createWriteStream("", { fd }), moves: movesOf(path, target, { isShared, signals, failure }) };
  } catch (thrown) {
    signals.off();
    if (facts === undefined || !cannotMake.includes(codeOf(thrown))) throw thrown;
    return inPlace(await openedStream(target));
  }
}

/**
 * Gives a new file the permissions of the old one, or, where it is copied into that, its owner's.
 *
 * @returns whether the old one has several names or another owner.
 */
function isSharedWith(old: Stats, fd: number): boolean {
  const { uid, gid } = fstatSync(fd);
  const isShared = old.nlink > 1 || old.uid !== uid || old.gid !== gid;
  try {
    fchmodSync(fd, isShared ? 0o600 : old.mode & 0o777);
  } catch {
    // A file system may not have permissions.
  }
  return isShared;
}

const inPlace = (file: Writable): Opened => ({ file, moves: undefined });

/** @throws what `stat` throws, but where nothing is there. */
async function statIfThere(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (thrown) {
    if (codeOf(thrown) === "ENOENT") return undefined;
    throw thrown;
  }
}

/** The file that a path means, which need not be there: a link stays, and what it names is made or replaced. */
async function linkedFile(path: string): Promise<string> {
  if (descriptorOf(path) !== undefined) return path;
  const link = await readlink(path).catch(() => undefined);
  return link === undefined ? path : linkedFile(resolve(await realpath(dirname(path)), link));
}

/** The number of a descriptor of this program that a path names. */
function descriptorOf(path: string): number | undefined {
  if (path === "/dev/stdout") return 1;
  if (path === "/dev/stderr") return 2;
  const [, number] = /^\/(?:dev|proc\/self)\/fd\/(\d+)$/.exec(path) ?? [];
  return number === undefined ? undefined : Number(number);
}

function streamOf(descriptor: number): Writable {
  // Node does not block in writing these, and a stream of its own would give up a pipe that is full.
  if (descriptor === 1) return process.stdout;
  if (descriptor === 2) return process.stderr;
  return createWriteStream("", { fd: descriptor, autoClose: false });
}

function codeOf(thrown: unknown): unknown {
  return thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
}

async function openedStream(path: string): Promise<WriteStream> {
  const file = createWriteStream(path);
  await once(file, "open");
  return file;
}

const endingSignals = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;

/** A signal that ends the process must not leave the part, until `off`. Commands that handle signals themselves do so. */
function removeAtSignals(path: string): { off(): void } {
  const stop = (signal: NodeJS.Signals) => {
    rmSync(path, { force: true });
    off();
    process.kill(process.pid, signal);
  };
  const handled = endingSignals.filter((signal) => process.listenerCount(signal) === 0);
  const off = () => {
    for (const signal of handled) process.off(signal, stop);
  };
  for (const signal of handled) process.on(signal, stop);
  return { off };
}

/** What is known of a file that is written under another name. */
interface MoveFacts {
  /** The target has several names or another owner, and keeps them. */
  readonly isShared: boolean;
  readonly signals: { off(): void };
  readonly failure: Failure;
}

function movesOf(path: string, target: string, { isShared, signals, failure }: MoveFacts): Moves {
  const copy = async () => {
    // copyFile of Node 22 and later gives the target the owner of the source.
    try {
      // A target is emptied only when what was written can be read.
      const written = await open(path);
      await pipeline(written.createReadStream(), createWriteStream(target));
    } catch (thrown) {
      throw failure(thrown, `; what was written is in ${path}`);
    }
    await rm(path, { force: true }).catch(() => {});
  };
  return {
    toTarget: async () => {
      // From here on a signal must not remove what may be the only whole copy.
      signals.off();
      await (isShared ? copy() : rename(path, target).catch(copy));
    },
    away: () => rm(path, { force: true }).finally(signals.off),
  };
}

/** Undefined where the file is missing, or is no regular file. */
async function identityOf(path: string): Promise<FileIdentity | undefined> {
  const facts = await stat(path).catch(() => undefined);
  return facts?.isFile() ? facts : undefined;
}
