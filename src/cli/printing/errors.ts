import type { ErrorLine } from "../../record/index.ts";
import type { Arguments } from "../arguments.ts";
import type { RecordInput, StreamInput } from "../input.ts";
import type { Io, Printer } from "../io.ts";
import { jsonLine } from "./json.ts";
import { fold, printable } from "./terminal.ts";

type ErrorFacts = Omit<ErrorLine, "type" | "line">;

/**
 * An error as one line: `error at byte 123: slice (nal_unit_type 1), slice_type, bit 9: reason (bitstream)`.
 *
 * @param isInside the byte offset is one in the video inside a container or a systems stream, not in the file.
 */
export function errorText({ message, byte, kind, unit, element, bit }: ErrorFacts, isInside = false): string {
  const where = byte === undefined ? "error" : `error at byte ${byte}${isInside ? " of the video" : ""}`;
  const place = [unit, element, bit === undefined ? undefined : `bit ${bit}`].filter((part) => part !== undefined);
  const reason = place.length === 0 ? message : `${place.join(", ")}: ${message}`;
  return printable(`${where}: ${reason}${kind === undefined ? "" : ` (${kind})`}`);
}

const shownErrors = 10;

/**
 * Prints errors. On standard error, it prints either the first errors and the number of the others, or all of them. Or it
 * prints them on standard output, as the command's result. With `--json` they are also among the lines of the result.
 */
export class ErrorReport {
  readonly #io: Io;
  readonly #input: StreamInput | RecordInput;
  readonly #args: Pick<Arguments, "errors" | "json" | "strict">;
  readonly #printer: Printer | undefined;
  #count = 0;

  /** @param printer of the command's result, where that is lines for people or programs. */
  constructor(
    io: Io,
    input: StreamInput | RecordInput,
    args: Pick<Arguments, "errors" | "json" | "strict">,
    printer?: Printer,
  ) {
    this.#io = io;
    this.#input = input;
    this.#args = args;
    this.#printer = printer;
  }

  async add(error: ErrorFacts): Promise<void> {
    this.#count++;
    const { errors, json } = this.#args;
    if (json) this.#printer?.add(errorJson(error));
    const text = () => errorText(error, this.#input.kind === "stream" && this.#input.isInside);
    if (errors === "only") {
      if (!json) this.#printer?.add(`${fold(text(), this.#io.stdout.columns, 2)}\n`);
    } else if (errors === "all" || this.#count <= shownErrors) {
      // This keeps the lines in order on a terminal that shows both.
      if (this.#io.stdout.isTerminal) await this.#printer?.flush();
      await this.#io.stderr.write(`${this.#input.name}: ${text()}\n`);
    }
  }

  /** Must be called at the end. @param status the command's own. @returns the exit status. */
  async close(status = 0): Promise<number> {
    const more = this.#args.errors === "first" ? this.#count - shownErrors : 0;
    if (more > 0) {
      await this.#io.stderr.write(
        `${this.#input.name}: ${more} more error${more === 1 ? "" : "s"}; --errors=all tells all\n`,
      );
    }
    return this.#args.strict && this.#count > 0 ? Math.max(status, 1) : status;
  }
}

function errorJson(error: ErrorFacts): string {
  const { message, kind, code, unit, element, bit, byte } = error;
  return jsonLine({ type: "error", message, kind, code, unit, element, bit, byte });
}
