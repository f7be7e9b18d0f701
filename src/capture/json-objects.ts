/** The objects of a JSON list that is longer than a string should be, one by one. */

import { TextDecoder } from "../record/text-decoder.ts";
import { CaptureError } from "./calls.ts";
import { noOtherLines, type OtherLines } from "./other-lines.ts";

/** The most characters that one object may have. */
const limit = 2 ** 28;

/** An object with the line on which it begins, or where text is no object, and why. */
export type JsonPart =
  | { readonly line: number; readonly value: unknown; readonly damage?: undefined }
  | { readonly line: number; readonly damage: string };

const lineFeed = 0x0a;

/**
 * Cuts `[{…}, {…}]` into objects. The text comes in pieces of any size: strings, or bytes of UTF-8. Where an object is not whole, the
 * next one is found at the beginning of a line: v4l2-tracer indents what is inside of its objects.
 */
export class JsonObjects {
  readonly #utf8 = new TextDecoder();
  /** They get the first characters of lines. */
  readonly #others: OtherLines;
  #parts: string[] = [];
  #length = 0;
  #depth = 0;
  #isInString = false;
  #isEscaped = false;
  #line = 1;
  /** The line on which the object began. */
  #start = 1;
  #isClosed = false;
  #isAtLineStart = true;
  /** The rest of the line belongs to another capture. */
  #isSkipping = false;
  /** The last line that was told to be damaged. */
  #told = 0;
  /** What a later piece completes: the beginning of a line. */
  #rest = "";

  constructor(others: OtherLines = noOtherLines) {
    this.#others = others;
  }

  /** Where the text ends before the list does; undefined where the list is whole. */
  get cut(): { readonly line: number; readonly isInObject: boolean } | undefined {
    if (this.#isClosed) return undefined;
    return this.#depth > 0 ? { line: this.#start, isInObject: true } : { line: this.#line, isInObject: false };
  }

  /**
   * The objects that this piece completes.
   *
   * @throws CaptureError when an object is too long.
   */
  *push(piece: string | Uint8Array): Generator<JsonPart, void, undefined> {
    const text = this.#rest + (typeof piece === "string" ? piece : this.#utf8.decode(piece, { stream: true }));
    // Lines are looked at from their beginning; a very long one need not be there as a whole.
    const end = text.lastIndexOf("\n") + 1;
    const isLong = text.length - end > headLength;
    this.#rest = isLong ? "" : text.slice(end);
    yield* this.#take(isLong ? text : text.slice(0, end));
  }

  /** The objects of the last line. */
  *end(): Generator<JsonPart, void, undefined> {
    const rest = this.#rest + this.#utf8.decode();
    this.#rest = "";
    yield* this.#take(rest);
  }

  *#take(text: string): Generator<JsonPart, void, undefined> {
    let start = 0;
    const first = this.#isSkipping ? text.indexOf("\n") : 0;
    if (first < 0) return;
    this.#isSkipping = false;
    for (let at = first; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (this.#isAtLineStart) {
        this.#isAtLineStart = false;
        const isObject = code === 0x7b && !text.startsWith('{"call":"', at);
        const end = text.indexOf("\n", at);
        if (this.#takesOther(text, at, end, isObject)) {
          if (this.#depth > 0) yield this.#abandon();
          if (end < 0) {
            this.#isSkipping = true;
            return;
          }
          at = end - 1;
          continue;
        }
        if (isObject && this.#depth > 0) yield this.#abandon();
      }
      if (code === lineFeed) {
        this.#line++;
        this.#isAtLineStart = true;
      }
      if (this.#isInString) {
        if (this.#isEscaped) this.#isEscaped = false;
        else if (code === 0x5c) this.#isEscaped = true;
        else if (code === 0x22) this.#isInString = false;
      } else if (code === 0x22 && this.#depth > 0) {
        this.#isInString = true;
      } else if (code === 0x7b && this.#depth++ === 0) {
        start = at;
        this.#start = this.#line;
        this.#isClosed = false;
      } else if (code === 0x7d && this.#depth > 0 && --this.#depth === 0) {
        this.#keep(text.slice(start, at + 1));
        yield this.#object();
      } else if (this.#depth === 0) {
        if (code === 0x5b || code === 0x5d) this.#isClosed = code === 0x5d;
        else if (!isBetween(code) && this.#told !== this.#line)
          yield this.#damage(this.#line, "a line belongs to no call");
      }
    }
    if (this.#depth > 0) this.#keep(text.slice(start));
  }

  #takesOther(text: string, at: number, end: number, isObject: boolean): boolean {
    const head = text.slice(at, Math.min(end < 0 ? text.length : end, at + headLength));
    const first = head.trimStart()[0] ?? " ";
    if (isObject || head === "[") {
      this.#others.noteOwn();
      return false;
    }
    // What lists of JSON are made of; strace may begin lines with [pid 1].
    const isJson = '{}[],"'.includes(first) && !/^(?:\{"call":"|\[pid )/.test(head);
    return isJson && this.#depth > 0 ? false : this.#others.takesOther(head, this.#line);
  }

  /** Leaves out the object that goes on with another one. */
  #abandon(): JsonPart {
    this.#depth = 0;
    this.#isInString = false;
    this.#isEscaped = false;
    this.#parts = [];
    this.#length = 0;
    return this.#damage(this.#start, "a call breaks off");
  }

  #damage(line: number, damage: string): JsonPart {
    this.#told = this.#line;
    return { line, damage };
  }

  #keep(text: string): void {
    this.#length += text.length;
    if (this.#length > limit) throw new CaptureError(`an object of more than ${limit} characters`, this.#start);
    this.#parts.push(text);
  }

  #object(): JsonPart {
    const text = this.#parts.join("");
    this.#parts = [];
    this.#length = 0;
    try {
      // Numbers above 2^53 - 1 stay exact as text.
      const value: unknown = JSON.parse(text.replace(/([:,[]\s*)(-?\d{16,})(?=\s*[,}\]])/g, '$1"$2"'));
      return { line: this.#start, value };
    } catch {
      return this.#damage(this.#start, "a call is no JSON");
    }
  }
}

/** Enough of a line to tell what it belongs to. */
const headLength = 1 << 12;

/** Blanks and commas, between objects. */
function isBetween(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09 || code === 0x2c;
}
