import type { ContainerLibrary } from "../containers/files/mediabunny.ts";

/** A destination for text and bytes. */
export interface Sink {
  readonly isTerminal: boolean;
  /** The width of the terminal in characters. Undefined where lines may have any length. */
  readonly columns?: number | undefined;
  /** Resolves when more can be written. Rejects with OutputClosed when nobody reads any more. */
  write(data: string | Uint8Array): Promise<void>;
}

/** Identifies a file on this machine. */
export interface FileIdentity {
  readonly dev: number;
  readonly ino: number;
}

/** Everything outside of the program that a command uses. Tests replace it. */
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

/** Unusable input or arguments: one line for a person, and exit status 2 unless it is another program's. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly status: number;

  constructor(message: string, status = 2) {
    super(message);
    this.status = status;
  }
}

/** The reader of our output has closed it, as `head` does. This is not an error. */
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

  /** Whether `drain` would write something. */
  get isFull(): boolean {
    return this.#length >= bufferLimit || this.#sink.isTerminal;
  }

  /** Writes the added text if there is enough of it. Must be called between pieces of work. */
  async drain(): Promise<void> {
    if (this.isFull) await this.flush();
  }

  /** Writes all added text. */
  async flush(): Promise<void> {
    if (this.#length === 0) return;
    const text = this.#parts.join("");
    this.#parts = [];
    this.#length = 0;
    await this.#sink.write(text);
  }
}
