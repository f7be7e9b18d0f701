import { RecordError, type Timestamp } from "./format.ts";
import type { RecordLine } from "./lines.ts";
import { Recent } from "./recent.ts";

/** Options of a reader of records. */
export interface RecordReadOptions {
  /**
   * Called with a warning about things that are strange in a record but not errors: gaps in the numbers, lines of a kind that
   * this version does not know, outputs of pictures that no request made. Each of these is reported once. The message begins
   * with the line's number.
   */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** Checks that the lines of a record agree with each other. */
export class RecordChecks {
  readonly #warn: (message: string) => void;
  readonly #reported = new Set<string>();
  #last = -1;
  /** Pictures that are not released. The records of other programs do not release any. */
  readonly #pictures = new Recent<Timestamp, true>(1 << 15);

  constructor({ onWarning = () => {} }: RecordReadOptions) {
    this.#warn = onWarning;
  }

  /** @throws RecordError at a request whose number is not above that of the request before. */
  check(line: RecordLine): void {
    if (line.type === "request") {
      this.#checkNumber(line.request, line.line);
      this.#pictures.set(line.timestamp, true);
    } else if (line.type === "output") {
      if (!this.#knows(line.timestamp)) this.#tellUnknown("shows", line.timestamp, line.line);
    } else if (line.type === "release") {
      if (!this.#knows(line.timestamp)) this.#tellUnknown("releases", line.timestamp, line.line);
      this.#pictures.delete(line.timestamp);
    }
  }

  /** Takes note of a line without a key that this version knows. */
  noteUnknown(line: number): void {
    this.#tell(
      "unknown",
      `line ${line}: a line of a kind that this version does not know; it and its like are skipped`,
    );
  }

  #checkNumber(number: number, line: number): void {
    if (number <= this.#last) {
      const why = number === this.#last ? "stands twice" : `comes after request ${this.#last}`;
      throw new RecordError(`request ${number} ${why}; the numbers of requests must rise from line to line`, line);
    }
    if (number > this.#last + 1) {
      this.#tell("gap", `line ${line}: request ${number} comes where request ${this.#last + 1} was expected`);
    }
    this.#last = number;
  }

  #knows(timestamp: Timestamp): boolean {
    return this.#pictures.get(timestamp) === true || this.#pictures.hasForgotten;
  }

  #tellUnknown(verb: string, timestamp: Timestamp, line: number): void {
    this.#tell(verb, `line ${line}: it ${verb} the picture of timestamp ${timestamp}, which no request before it made`);
  }

  #tell(kind: string, message: string): void {
    if (this.#reported.has(kind)) return;
    this.#reported.add(kind);
    this.#warn(message);
  }
}
