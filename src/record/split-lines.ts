import { RecordError } from "./format.ts";

/**
 * How many characters a line may have: 2^28. A line is one request, and its OUTPUT buffer as base64 is the longest thing in it:
 * see `recordDataLimit`.
 */
export const recordLineLimit = 2 ** 28;

/**
 * The largest OUTPUT buffer that a line can hold beside its controls, in bytes: 180 MiB. The largest picture of the highest levels
 * (8192x4320, ten bits, 4:2:2, not compressed at all) needs 84 MiB.
 */
export const recordDataLimit = 180 * 2 ** 20;

/** What every runtime has, though the language's own types do not know it. */
const { TextDecoder } = globalThis as unknown as {
  readonly TextDecoder: new () => { decode(bytes?: Uint8Array, options?: { readonly stream: boolean }): string };
};

/** Cuts text into its lines. It comes in pieces that may be cut anywhere: strings, or bytes of UTF-8. */
export class LineSplitter {
  readonly #utf8 = new TextDecoder();
  #rest = "";
  #lines = 0;

  /** The lines that this piece completes, without their line feeds. @throws RecordError when one is too long. */
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

  /** The last line, which need not end with a line feed; empty where there is none. */
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
