import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import type { Writable } from "node:stream";
import { finished, pipeline } from "node:stream/promises";
import { reasonOf } from "../containers/container-error.ts";
import { type Compression, compressor } from "../record/files.ts";
import { CliError, type FileIdentity, type Io, OutputClosed, type Sink } from "./io.ts";

const chunkSize = 1 << 18;

/**
 * Bytes that come in pieces. A piece is valid until the next one is asked for: its memory is used again. Whoever opened them
 * closes them.
 */
export interface Chunks extends AsyncIterable<Uint8Array> {
  /** In bytes; undefined when it is not known. */
  readonly size: number | undefined;
  close(): Promise<void>;
}

/** The bytes of a file. @throws CliError when it cannot be read, at once or later. */
export async function readFileChunks(path: string): Promise<Chunks> {
  const file = await open(path, "r").catch((thrown: unknown) => {
    throw new CliError(`${path}: ${reasonOf(thrown)}`);
  });
  const facts = await file.stat();
  return {
    size: facts.isFile() ? facts.size : undefined,
    close: () => file.close(),
    async *[Symbol.asyncIterator]() {
      let free = new Uint8Array(chunkSize);
      let used = new Uint8Array(chunkSize);
      const read = () => {
        const coming = file.read(free);
        coming.catch(() => {}); // Whoever waits for it gets the error.
        [free, used] = [used, free];
        return coming;
      };
      // The next piece is read while the caller uses the one before.
      let coming = read();
      try {
        for (;;) {
          const { buffer, bytesRead } = await coming.catch((thrown: unknown) => {
            throw new CliError(`${path}: ${reasonOf(thrown)}`);
          });
          if (bytesRead === 0) return;
          coming = read();
          yield buffer.subarray(0, bytesRead);
        }
      } finally {
        await coming.catch(() => {});
      }
    },
  };
}

/** A file that is written; `close` ends it. */
export interface OutputFile extends Sink {
  close(): Promise<void>;
}

/**
 * A file to write.
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
  const file = createWriteStream(output);
  const failure = (thrown: unknown) => new CliError(`${output}: ${reasonOf(thrown)}`);
  await once(file, "open").catch((thrown: unknown) => {
    throw failure(thrown);
  });
  const filter = compression === undefined ? undefined : compressor(compression);
  const stream = filter ?? file;
  const written = filter === undefined ? finished(file) : pipeline(filter, file);
  // The caller of write or close gets the error.
  written.catch(() => {});
  return {
    ...sinkOf(stream, false, output),
    close: async () => {
      stream.end();
      await written.catch((thrown: unknown) => {
        throw failure(thrown);
      });
    },
  };
}

/** Undefined where the file is missing, or is no regular file. */
async function identityOf(path: string): Promise<FileIdentity | undefined> {
  const facts = await stat(path).catch(() => undefined);
  return facts?.isFile() ? facts : undefined;
}

/** A stream of Node as a sink. */
export function sinkOf(stream: Writable & { readonly columns?: number }, isTerminal: boolean, name: string): Sink {
  const failureOf = (thrown: Error) =>
    "code" in thrown && thrown.code === "EPIPE" ? new OutputClosed() : new CliError(`${name}: ${reasonOf(thrown)}`);
  let failure: Error | undefined;
  // A pipe may report only after a successful write that its reader has gone.
  stream.on("error", (thrown) => {
    failure ??= failureOf(thrown);
  });
  return {
    isTerminal,
    // A terminal that does not know its width reports 0. The width can change.
    get columns() {
      return isTerminal ? stream.columns || undefined : undefined;
    },
    write: (data) =>
      new Promise((resolve, reject) => {
        if (failure !== undefined) reject(failure);
        else stream.write(data, (thrown) => (thrown instanceof Error ? reject(failureOf(thrown)) : resolve()));
      }),
  };
}
