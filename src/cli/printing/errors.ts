import type { ErrorLine } from "../../record/index.ts";
import type { Io } from "../io.ts";
import { printable } from "./terminal.ts";

/** An error as one line: `error at byte 123: slice (nal_unit_type 1), slice_type, bit 9: reason (bitstream)`. */
export function errorText({ message, byte, kind, unit, element, bit }: Omit<ErrorLine, "type" | "line">): string {
  const where = byte === undefined ? "error" : `error at byte ${byte}`;
  const place = [unit, element, bit === undefined ? undefined : `bit ${bit}`].filter((part) => part !== undefined);
  const reason = place.length === 0 ? message : `${place.join(", ")}: ${message}`;
  return printable(`${where}: ${reason}${kind === undefined ? "" : ` (${kind})`}`);
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
