import type { ErrorLine } from "../record/index.ts";
import type { Io } from "./io.ts";
import { printable } from "./terminal.ts";

/** An error as one line. The message names unit, element and bit itself. */
export function errorText({ message, byte, cause }: Omit<ErrorLine, "type" | "line">): string {
  const where = byte === undefined ? "" : ` at byte ${byte}`;
  return `error${where}${cause === undefined ? "" : ` (${cause})`}: ${printable(message)}`;
}

const shownErrors = 10;

/** Tells a person on stderr what was lost: the first errors one by one, the rest as a number. */
export class ErrorReport {
  readonly #io: Io;
  readonly #name: string;
  #count = 0;

  /** @param name the input's. */
  constructor(io: Io, name: string) {
    this.#io = io;
    this.#name = name;
  }

  async add(error: Omit<ErrorLine, "type" | "line">): Promise<void> {
    this.#count++;
    if (this.#count <= shownErrors) await this.#io.stderr.write(`${this.#name}: ${errorText(error)}\n`);
  }

  /** To be called at the end. */
  async close(): Promise<void> {
    const more = this.#count - shownErrors;
    if (more > 0) await this.#io.stderr.write(`${this.#name}: ${more} more error${more === 1 ? "" : "s"}\n`);
  }
}
