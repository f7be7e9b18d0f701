/** What strace prints of a call's arguments: structures, lists, strings and words. */

/** A structure, with its members by name. */
export interface StraceStruct {
  readonly kind: "struct";
  readonly members: ReadonlyMap<string, StraceValue>;
  /** What the call wrote back: after `=>`. */
  readonly out?: StraceValue | undefined;
}

export interface StraceList {
  readonly kind: "list";
  readonly items: readonly StraceValue[];
}

export interface StraceText {
  readonly kind: "text";
  readonly bytes: Uint8Array;
  /** The string is longer than strace's -s lets it print. */
  readonly isCut: boolean;
}

/** Anything else, as it is printed: numbers, constants joined with `|`, addresses, calls such as `v4l2_fourcc('N', 'V', '1', '2')`. */
export interface StraceWord {
  readonly kind: "word";
  readonly text: string;
}

export type StraceValue = StraceStruct | StraceList | StraceText | StraceWord;

/** Structures in structures that strace prints: a few. */
const deepest = 32;

/** The text ends, or goes on otherwise, before a value does. */
class Unclosed extends Error {}

/**
 * Reads the arguments of a call, from after its `(` to its `)`.
 *
 * @returns undefined where they are not what strace prints, or are cut off.
 */
export function parseArguments(
  line: string,
  start: number,
): { readonly values: readonly StraceValue[]; readonly end: number } | undefined {
  const parser = new ValueParser(line, start);
  try {
    const values: StraceValue[] = [];
    parser.skipBlanks();
    while (!parser.take(")")) {
      values.push(parser.value(0));
      parser.take(",");
      parser.skipBlanks();
    }
    return { values, end: parser.at };
  } catch (thrown) {
    if (thrown instanceof Unclosed) return undefined;
    throw thrown;
  }
}

class ValueParser {
  readonly #line: string;
  at: number;

  constructor(line: string, at: number) {
    this.#line = line;
    this.at = at;
  }

  take(char: string): boolean {
    if (this.#line[this.at] !== char) return false;
    this.at++;
    return true;
  }

  /** Skips blanks and comments. */
  skipBlanks(): void {
    for (;;) {
      while (this.#line[this.at] === " ") this.at++;
      if (!this.#line.startsWith("/*", this.at)) return;
      const end = this.#line.indexOf("*/", this.at);
      if (end < 0) throw new Unclosed();
      this.at = end + 2;
    }
  }

  /** A value, and what the call wrote back. */
  value(depth: number): StraceValue {
    if (depth > deepest) throw new Unclosed();
    const value = this.#single(depth);
    this.skipBlanks();
    if (!this.#line.startsWith("=>", this.at)) return value;
    this.at += 2;
    this.skipBlanks();
    const out = this.value(depth + 1);
    return value.kind === "struct" ? { ...value, out } : value;
  }

  #single(depth: number): StraceValue {
    if (this.take("{")) return { kind: "struct", members: this.#members(depth) };
    if (this.take("[")) return { kind: "list", items: this.#items(depth) };
    if (this.take('"')) return this.#text();
    return { kind: "word", text: this.#word() };
  }

  #members(depth: number): Map<string, StraceValue> {
    const members = new Map<string, StraceValue>();
    this.skipBlanks();
    while (!this.take("}")) {
      const name = /[A-Za-z_][\w.]*(?==)/y;
      name.lastIndex = this.at;
      const [found] = name.exec(this.#line) ?? [];
      if (found !== undefined) this.at += found.length + 1;
      // A value without a name: "..." of an abbreviated structure, for one.
      members.set(found ?? `#${members.size}`, this.value(depth + 1));
      this.take(",");
      this.skipBlanks();
    }
    return members;
  }

  #items(depth: number): StraceValue[] {
    const items: StraceValue[] = [];
    this.skipBlanks();
    while (!this.take("]")) {
      items.push(this.value(depth + 1));
      this.take(",");
      this.skipBlanks();
    }
    return items;
  }

  #text(): StraceText {
    const line = this.#line;
    const end = endOfString(line, this.at);
    const source = line.slice(this.at, end);
    const bytes = unescapedBytes(source);
    if (bytes === undefined) throw new Unclosed();
    this.at = end + 1;
    const isCut = line.startsWith("...", this.at);
    if (isCut) this.at += 3;
    return { kind: "text", bytes, isCut };
  }

  /** Up to what ends a value: brackets, quotes and `<…>` inside it are passed over. */
  #word(): string {
    const line = this.#line;
    const start = this.at;
    for (let open = 0; ; this.at++) {
      const char = line[this.at];
      if (char === undefined) throw new Unclosed();
      if (char === "(") open++;
      else if (char === "<" && !line.startsWith("<<", this.at)) this.#skipName();
      else if (char === "<") this.at++;
      else if (char === "'") this.#skipTo("'");
      else if (open > 0 && char === ")") open--;
      else if (open === 0 && (",)}] ".includes(char) || line.startsWith("=>", this.at))) break;
    }
    if (this.at === start) throw new Unclosed();
    return line.slice(start, this.at);
  }

  /** A file's name. With -yy, that of a connection has arrows in it: `<TCP:[127.0.0.1:1->127.0.0.1:2]>`. */
  #skipName(): void {
    do this.#skipTo(">");
    while (this.#line[this.at - 1] === "-" && /[\d[]/.test(this.#line[this.at + 1] ?? ""));
  }

  #skipTo(char: string): void {
    let end = this.#line.indexOf(char, this.at + 1);
    // '\'' and '\\'
    if (char === "'" && this.#line[this.at + 1] === "\\") end = this.#line.indexOf(char, this.at + 3);
    if (end < 0) throw new Unclosed();
    this.at = end;
  }
}

function endOfString(line: string, start: number): number {
  for (let at = start; ; at++) {
    const quote = line.indexOf('"', at);
    if (quote < 0) throw new Unclosed();
    let slashes = 0;
    while (line[quote - 1 - slashes] === "\\") slashes++;
    if (slashes % 2 === 0) return quote;
    at = quote;
  }
}

const shortEscapes: Readonly<Record<string, number>> = {
  ...{ n: 10, t: 9, r: 13, f: 12, v: 11, a: 7, b: 8, e: 27 },
  ...{ "\\": 92, '"': 34, "'": 39, ">": 62, "<": 60 },
};

/** The bytes of a string: `\x1f`, octal escapes as in C, and characters as they are. Undefined where an escape is damaged. */
export function unescapedBytes(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(text.length);
  let length = 0;
  for (let at = 0; at < text.length; ) {
    const code = text.charCodeAt(at++);
    if (code !== 0x5c) {
      bytes[length++] = code;
      continue;
    }
    // A backslash at the end, where the text is damaged, stands for itself.
    const next = text[at] ?? "\\";
    if (next === "x") {
      const byte = (hexDigit(text.charCodeAt(at + 1)) << 4) | hexDigit(text.charCodeAt(at + 2));
      if (byte < 0) return undefined;
      bytes[length++] = byte;
      at += 3;
    } else if (next >= "0" && next <= "7") {
      let value = 0;
      for (let digits = 0; digits < 3 && /[0-7]/.test(text[at] ?? ""); digits++) value = value * 8 + Number(text[at++]);
      bytes[length++] = value;
    } else {
      bytes[length++] = shortEscapes[next] ?? next.charCodeAt(0);
      at++;
    }
  }
  return bytes.subarray(0, length);
}

/** -1 for any other character. */
function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
