import type { Codec, Colour, Components, ErrorKind, Rectangle } from "../events.ts";
import { timestampOf } from "../uapi/timestamp.ts";
import { fromHex } from "./encoding.ts";
import { type Controls, RecordError, recordCodecs, type StreamDescription, type Timestamp } from "./format.ts";
import { summary } from "./summary.ts";

/** Tells whether a value of JSON has a type. */
export type Guard<T> = (value: unknown) => value is T;

/** The types of the values that the guards of the keys accept. */
type Optionals<Guards> = {
  readonly [Key in keyof Guards]: (Guards[Key] extends Guard<infer T> ? T : never) | undefined;
};

/** The object in one line. Its methods return the values of keys with their types, or refuse the line. */
export class LineReader {
  readonly line: number;
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #path: string;

  constructor(source: string | Readonly<Record<string, unknown>>, line: number, first: boolean, path = "") {
    this.line = line;
    this.#path = path;
    this.#values = typeof source === "string" ? parseObject(source, line, first) : source;
  }

  refuse(reason: string): never {
    throw new RecordError(reason, this.line);
  }

  has(key: string): boolean {
    return Object.hasOwn(this.#values, key);
  }

  optional<T>(key: string, is: Guard<T>): T | undefined {
    if (!this.has(key)) return undefined;
    const value = this.#values[key];
    if (!is(value)) this.refuse(`${this.#path}${key} is ${summary(value)}, which it cannot be`);
    return value;
  }

  /** Those of the keys that are present, each with its type. */
  optionals<Guards extends Readonly<Record<string, Guard<unknown>>>>(guards: Guards): Optionals<Guards> {
    const values = Object.entries(guards).map(([key, is]) => [key, this.optional(key, is)]);
    return Object.fromEntries(values) as Optionals<Guards>;
  }

  required<T>(key: string, is: Guard<T>, what: string): T {
    const value = this.#values[key];
    if (!is(value)) this.refuse(`${this.#path}${key} must be ${what}, and is ${summary(value)}`);
    return value;
  }

  inner(key: string): LineReader {
    return new LineReader(this.required(key, isObject, "an object"), this.line, false, `${this.#path}${key}.`);
  }

  timestamp(key: string): Timestamp {
    const value = this.required(key, isTimestamp, "a whole number of nanoseconds, above 2^53 - 1 as a decimal string");
    return typeof value === "number" ? value : timestampOf(BigInt(value));
  }

  controls(key: string): Controls {
    const controls = new Map<string, Uint8Array | number>();
    for (const [name, value] of Object.entries(this.required(key, isObject, "an object"))) {
      controls.set(name, typeof value === "string" ? this.#payload(name, value) : this.#integer(name, value));
    }
    return controls;
  }

  #payload(name: string, digits: string): Uint8Array {
    const bytes = fromHex(digits);
    if (bytes !== undefined) return bytes;
    const at = digits.search(/[^0-9a-f]/i);
    if (at < 0) this.refuse(`${name} must have two hex digits a byte, and has ${digits.length}`);
    this.refuse(
      `${name} has ${JSON.stringify(characterAt(digits, at))} at digit ${at}, counted from 0: not a hex digit`,
    );
  }

  #integer(name: string, value: unknown): number {
    if (typeof value !== "number" || !Number.isSafeInteger(value)) {
      this.refuse(`${name} must be hex digits or a whole number, and is ${summary(value)}`);
    }
    return value;
  }
}

function parseObject(source: string, line: number, first: boolean): Readonly<Record<string, unknown>> {
  const notRecord = first ? "not a request record" : "the line is not a JSON object";
  let value: unknown;
  try {
    // Some editors put a byte order mark at the beginning of a file, which JSON does not allow.
    value = JSON.parse(source.startsWith("\ufeff") ? source.slice(1) : source);
  } catch {
    const isCut = !first && source.startsWith("{") && !source.trimEnd().endsWith("}");
    const cut = "the line is cut off: it begins a JSON object and does not end it (delete it, or record again)";
    throw new RecordError(isCut ? cut : notRecord, line);
  }
  if (!isObject(value)) throw new RecordError(notRecord, line);
  return value;
}

/** A whole character: it may consist of two code units of JavaScript. */
function characterAt(text: string, at: number): string {
  return String.fromCodePoint(text.codePointAt(at) as number);
}

export function isString(value: unknown): value is string {
  return typeof value === "string";
}

export function isBoolean(value: unknown): value is boolean {
  return typeof value === "boolean";
}

/** JSON has numbers that are larger than the largest one of JavaScript. */
export function isNumber(value: unknown): value is number {
  return Number.isFinite(value);
}

export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isOneOf<T extends string>(...choices: readonly T[]): Guard<T> {
  return (value): value is T => choices.some((choice) => choice === value);
}

export const isCodec: Guard<Codec> = isOneOf(...recordCodecs);
export const isFieldOrder = isOneOf("progressive", "top-first", "bottom-first", "top-only", "bottom-only");
export const isErrorKind: Guard<ErrorKind> = isOneOf(
  "bitstream",
  "unsupported",
  "missing-reference",
  "missing-parameter-set",
  "before-random-access",
  "limit",
);

export function isTimestamp(value: unknown): value is number | string {
  if (typeof value !== "string") return isCount(value);
  return /^[0-9]{1,20}$/.test(value) && BigInt(value) <= 0xffff_ffff_ffff_ffffn;
}

export function isChecksum(value: unknown): value is string {
  return isString(value) && /^[0-9a-fA-F]{8}$/.test(value);
}

export function isStream(value: unknown): value is string | StreamDescription {
  if (!isObject(value)) return isString(value);
  const { name, bytes = 0, sha256 = "" } = value;
  return isString(name) && isCount(bytes) && isString(sha256);
}

export function isPathsByControl(value: unknown): value is Readonly<Record<string, readonly string[]>> {
  return isObject(value) && Object.values(value).every((paths) => Array.isArray(paths) && paths.every(isString));
}

export function isRectangle(value: unknown): value is Rectangle {
  return isObject(value) && [value.left, value.top, value.width, value.height].every(isCount);
}

export function isColour(value: unknown): value is Colour {
  if (!isObject(value)) return false;
  const { colour_primaries, transfer_characteristics, matrix_coefficients, video_full_range_flag } = value;
  return [colour_primaries, transfer_characteristics, matrix_coefficients, video_full_range_flag].every(isCount);
}

export function isComponents(value: unknown): value is Components {
  if (!isObject(value)) return false;
  const { count, encoding } = value;
  return (
    (count === 1 || count === 3 || count === 4) && (encoding === "yuv" || encoding === "rgb" || encoding === "hsv")
  );
}
