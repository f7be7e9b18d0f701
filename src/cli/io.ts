import type { ContainerLibrary } from "../containers/files/mediabunny.ts";

/** Where text goes, and bytes. */
export interface Sink {
  readonly isTerminal: boolean;
  /** How many characters a line of the terminal has; undefined elsewhere: lines may have any length. */
  readonly columns?: number | undefined;
  /** Resolves when more can be written. Rejects with OutputClosed when nobody reads any more. */
  write(data: string | Uint8Array): Promise<void>;
}

/** What tells a file from every other one of this machine. */
export interface FileIdentity {
  readonly dev: number;
  readonly ino: number;
}

/** What a command touches of the world; the tests have their own. */
export interface Io {
  readonly stdin: AsyncIterable<Uint8Array>;
  /** The file that standard input is, undefined where it is a pipe or a terminal. */
  stdinFile?(): FileIdentity | undefined;
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Rejects where the library is not installed. */
  importContainerLibrary(): Promise<ContainerLibrary>;
}

/** Unusable input or arguments: one line for a person, and exit status 2. */
export class CliError extends Error {
  override readonly name = "CliError";
}

/** The reader of our output has gone, as `head` does. Nothing is wrong. */
export class OutputClosed extends Error {
  override readonly name = "OutputClosed";
}

const bufferLimit = 1 << 16;

/** Collects text for a sink. Adding is synchronous, so that a session's callbacks can do it. */
export class Printer {
  readonly #sink: Sink;
  #parts: string[] = [];
  #length = 0;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  add(text: string): void {
    this.#parts.push(text);
    this.#length += text.length;
  }

  /** Writes what was added, when it is worth it. To be called between pieces of work. */
  async drain(): Promise<void> {
    if (this.#length >= bufferLimit || this.#sink.isTerminal) await this.flush();
  }

  /** Writes all that was added. */
  async flush(): Promise<void> {
    if (this.#length === 0) return;
    const text = this.#parts.join("");
    this.#parts = [];
    this.#length = 0;
    await this.#sink.write(text);
  }
}
