/** The objects of a JSON list that is longer than a string should be, one by one. */

import { TextDecoder } from "../record/text-decoder.ts";
import { CaptureError } from "./calls.ts";

/** The most characters that one object may have. */
const limit = 2 ** 28;

/** Cuts `[{…}, {…}]` into objects. The text comes in pieces of any size: strings, or bytes of UTF-8. */
export class JsonObjects {
  readonly #utf8 = new TextDecoder();
  #parts: string[] = [];
  #length = 0;
  #depth = 0;
  #isInString = false;
  #isEscaped = false;
  #line = 1;
  /** The line on which the object began. */
  #start = 1;
  #isClosed = false;

  /** Where the text ends before the list does; undefined where the list is whole. */
  get cut(): { readonly line: number; readonly isInObject: boolean } | undefined {
    if (this.#isClosed) return undefined;
    return this.#depth > 0 ? { line: this.#start, isInObject: true } : { line: this.#line, isInObject: false };
  }

  /**
   * The objects that this piece completes, with the line on which each begins.
   *
   * @throws CaptureError when an object is no JSON, or too long.
   */
  *push(piece: string | Uint8Array): Generator<{ readonly value: unknown; readonly line: number }, void, undefined> {
    const text = typeof piece === "string" ? piece : this.#utf8.decode(piece, { stream: true });
    let start = 0;
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === 0x0a) this.#line++;
      if (this.#isInString) {
        if (this.#isEscaped) this.#isEscaped = false;
        else if (code === 0x5c) this.#isEscaped = true;
        else if (code === 0x22) this.#isInString = false;
      } else if (code === 0x22) {
        this.#isInString = true;
      } else if (code === 0x7b && this.#depth++ === 0) {
        start = at;
        this.#start = this.#line;
      } else if (code === 0x5d && this.#depth === 0) {
        this.#isClosed = true;
      } else if (code === 0x7d && this.#depth > 0 && --this.#depth === 0) {
        this.#keep(text.slice(start, at + 1));
        yield { value: this.#object(), line: this.#start };
      }
    }
    if (this.#depth > 0) this.#keep(text.slice(start));
  }

  #keep(text: string): void {
    this.#length += text.length;
    if (this.#length > limit) throw new CaptureError(`an object of more than ${limit} characters`, this.#start);
    this.#parts.push(text);
  }

  #object(): unknown {
    const text = this.#parts.join("");
    this.#parts = [];
    this.#length = 0;
    try {
      // Numbers above 2^53 - 1 stay exact as text.
      return JSON.parse(text.replace(/([:,[]\s*)(-?\d{16,})(?=\s*[,}\]])/g, '$1"$2"'));
    } catch {
      throw new CaptureError("not JSON", this.#start);
    }
  }
}
