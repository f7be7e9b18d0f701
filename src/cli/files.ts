import { open } from "node:fs/promises";
import type { Writable } from "node:stream";
import { reasonOf } from "../containers/container-error.ts";
import { CliError, OutputClosed, type Sink } from "./io.ts";

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

/**
 * A stream of Node as a sink.
 *
 * @param mustTakeAll nobody may stop reading it: then that is an error.
 */
export function sinkOf(
  stream: Writable & { readonly columns?: number },
  isTerminal: boolean,
  name: string,
  mustTakeAll = false,
): Sink {
  const failureOf = (thrown: Error) =>
    !mustTakeAll && isClosedPipe(thrown) ? new OutputClosed() : new CliError(`${name}: ${writeFailure(thrown)}`);
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

const isClosedPipe = (thrown: unknown): boolean =>
  thrown instanceof Error && "code" in thrown && thrown.code === "EPIPE";

/** Why something cannot be written, for a person. */
export function writeFailure(thrown: unknown): string {
  return isClosedPipe(thrown) ? "its reader closed it before everything was written" : reasonOf(thrown);
}
