import { createWriteStream, type WriteStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import type { Writable } from "node:stream";
import { reasonOf } from "../containers/container-error.ts";
import { CliError, OutputClosed, type Sink } from "./io.ts";

const chunkSize = 1 << 18;

/** Bytes that come in pieces. Whoever opened them closes them. */
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
      for (;;) {
        const { buffer, bytesRead } = await file.read(new Uint8Array(chunkSize)).catch((thrown: unknown) => {
          throw new CliError(`${path}: ${reasonOf(thrown)}`);
        });
        if (bytesRead === 0) return;
        yield buffer.subarray(0, bytesRead);
      }
    },
  };
}

/** A file to write; `close` ends it. @throws CliError when it cannot be made, or is the input. */
export async function createFile(path: string, input: string): Promise<Sink & { close(): Promise<void> }> {
  if (input !== "-" && (await isSameFile(path, input))) {
    throw new CliError(`${path} is the input; the output would overwrite it`);
  }
  const stream = createWriteStream(path);
  await new Promise<void>((resolve, reject) => {
    stream.once("open", () => resolve());
    stream.once("error", (thrown) => reject(new CliError(`${path}: ${reasonOf(thrown)}`)));
  });
  const sink = sinkOf(stream, false, path);
  return { isTerminal: false, write: sink.write, close: () => closeStream(stream, path) };
}

async function isSameFile(a: string, b: string): Promise<boolean> {
  try {
    const [first, second] = await Promise.all([stat(a), stat(b)]);
    return first.isFile() && first.dev === second.dev && first.ino === second.ino;
  } catch {
    return false;
  }
}

function closeStream(stream: WriteStream, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.once("error", (thrown) => reject(new CliError(`${path}: ${reasonOf(thrown)}`)));
    stream.end(() => resolve());
  });
}

/** A stream of Node as a sink. */
export function sinkOf(stream: Writable & { readonly columns?: number }, isTerminal: boolean, name: string): Sink {
  const failureOf = (thrown: Error) =>
    "code" in thrown && thrown.code === "EPIPE" ? new OutputClosed() : new CliError(`${name}: ${reasonOf(thrown)}`);
  let failure: Error | undefined;
  // A pipe may tell only after a write was done that its reader has gone.
  stream.on("error", (thrown) => {
    failure ??= failureOf(thrown);
  });
  return {
    isTerminal,
    // A terminal that does not know its width says 0; its size can change.
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
