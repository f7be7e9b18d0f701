import { RecordError } from "./format.ts";
import { TextDecoder } from "./text-decoder.ts";

/**
 * The most characters that a line may have: 2^28. A line is one request, and the longest part of it is the OUTPUT buffer in
 * base64: see `recordDataLimit`.
 */
export const recordLineLimit = 2 ** 28;

/**
 * The largest OUTPUT buffer that a line can hold beside its controls, in bytes: 180 MiB. The largest picture of the highest levels
 * (8192x4320, ten bits, 4:2:2, not compressed at all) needs 84 MiB.
 */
export const recordDataLimit = 180 * 2 ** 20;

/** Cuts text into lines. The text comes in pieces of any size: strings, or bytes of UTF-8. */
export class LineSplitter {
  readonly #utf8 = new TextDecoder();
  #rest = "";
  #lines = 0;

  /**
   * Returns the lines that this piece completes, without their line feeds.
   * @throws RecordError when a line is too long.
   */
  *push(piece: string | Uint8Array): Generator<string, void, undefined> {
    const text = typeof piece === "string" ? piece : this.#utf8.decode(piece, { stream: true });
    let start = 0;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", start)) {
      this.#append(text.slice(start, end));
      yield this.#take();
      start = end + 1;
    }
    this.#append(text.slice(start));
  }

  /** Returns the last line, which need not end with a line feed; empty where there is none. */
  flush(): string {
    this.#append(this.#utf8.decode());
    return this.#take();
  }

  #append(text: string): void {
    if (this.#rest.length + text.length > recordLineLimit) {
      throw new RecordError(
        `longer than ${recordLineLimit} characters (2^28), the most that a line may have`,
        this.#lines + 1,
      );
    }
    this.#rest += text;
  }

  #take(): string {
    const line = this.#rest;
    this.#rest = "";
    this.#lines++;
    return line;
  }
}
