import {
  type ControlDefinition,
  controlByName,
  elementSize,
  type Field,
  flagNames,
  flagValue,
  payloadLeaves,
  type Scalar,
  type Struct,
  u32,
  valueName,
  viewOf,
} from "../../uapi/index.ts";

/** A field, or several that are equal, as text. */
export interface FieldLine {
  readonly path: string;
  readonly value: string;
  /** What the value means. */
  readonly note: string;
}

/** Explains a reference: which picture the timestamp in this field names. */
export type TimestampNote = (timestamp: bigint) => string;

const numbersPerLine = 16;

/**
 * A payload field by field, in the order of the bytes. Equal elements of an array that follow each other share a line.
 *
 * @param known the paths to show, when not all are known.
 */
export function fieldLines(
  control: Exclude<ControlDefinition, { readonly type: "menu" }>,
  payload: Uint8Array,
  noteOf: TimestampNote,
  known?: readonly string[],
): FieldLine[] {
  if (known !== undefined) {
    const paths = new Set(known);
    const leaves = payloadLeaves(control, payload).filter(({ path }) => paths.has(path));
    return leaves.map(({ path, type, value }) => scalarLine(path, type, value, noteOf));
  }
  const type = control.type === "struct" ? control.struct : u32;
  const view = viewOf(payload);
  if (control.dynamicArray === undefined) return elementLines(type, view, 0, "", noteOf);
  return arrayLines(type, [payload.length / elementSize(control)], view, 0, "", noteOf);
}

function elementLines(
  type: Scalar | Struct,
  view: DataView,
  offset: number,
  path: string,
  noteOf: TimestampNote,
): FieldLine[] {
  if (type.kind === "scalar") return [scalarLine(path, type, type.read(view, offset), noteOf)];
  return type.fields.flatMap((field) => {
    const place = path === "" ? field.name : `${path}.${field.name}`;
    return fieldOf(field, view, offset + field.offset, place, noteOf);
  });
}

function fieldOf(field: Field, view: DataView, offset: number, path: string, noteOf: TimestampNote): FieldLine[] {
  return field.dims.length === 0
    ? elementLines(field.type, view, offset, path, noteOf)
    : arrayLines(field.type, field.dims, view, offset, path, noteOf);
}

function arrayLines(
  type: Scalar | Struct,
  dims: readonly number[],
  view: DataView,
  offset: number,
  path: string,
  noteOf: TimestampNote,
): FieldLine[] {
  const [length = 0, ...inner] = dims;
  const stride = inner.reduce((product, dim) => product * dim, type.size);
  const bytesOf = (i: number) => new Uint8Array(view.buffer, view.byteOffset + offset + i * stride, stride);
  if (inner.length === 0 && type.kind === "scalar") return numberLines(type, length, view, offset, path, noteOf);
  const lines: FieldLine[] = [];
  for (const [first, last] of equalRuns(length, (i) => bytesOf(i))) {
    const place = `${path}${rangeText(first, last)}`;
    const start = offset + first * stride;
    if (bytesOf(first).every((byte) => byte === 0)) lines.push({ path: place, value: "0", note: "all zero" });
    else {
      const isElement = inner.length === 0;
      const inside = isElement
        ? elementLines(type, view, start, place, noteOf)
        : arrayLines(type, inner, view, start, place, noteOf);
      for (const line of inside) lines.push(line);
    }
  }
  return lines;
}

/** Runs of equal elements: the first and the last index of each. */
function equalRuns(length: number, bytesOf: (i: number) => Uint8Array): [number, number][] {
  const runs: [number, number][] = [];
  for (let i = 0; i < length; i++) {
    const run = runs.at(-1);
    if (run !== undefined && isEqual(bytesOf(run[0]), bytesOf(i))) run[1] = i;
    else runs.push([i, i]);
  }
  return runs;
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.every((byte, i) => byte === b[i]);
}

function rangeText(first: number, last: number): string {
  return first === last ? `[${first}]` : `[${first}..${last}]`;
}

/** Numbers in lines. Consecutive lines with only one and the same number become one line. */
function numberLines(
  type: Scalar,
  length: number,
  view: DataView,
  offset: number,
  path: string,
  noteOf: TimestampNote,
): FieldLine[] {
  const values = Array.from({ length }, (_, i) => type.read(view, offset + i * type.size));
  const lines: { first: number; last: number; values: (number | bigint)[] }[] = [];
  for (let first = 0; first < length; first += numbersPerLine) {
    const row = values.slice(first, first + numbersPerLine);
    const before = lines.at(-1);
    const isSame = before !== undefined && [...before.values, ...row].every((value) => value === row[0]);
    if (isSame) before.last = first + row.length - 1;
    else lines.push({ first, last: first + row.length - 1, values: row });
  }
  return lines.map(({ first, last, values: row }) => {
    const place = `${path}${rangeText(first, last)}`;
    const [value = 0] = row;
    if (first === last) return scalarLine(place, type, value, noteOf);
    if (row.some((other) => other !== value)) return { path: place, value: row.join(" "), note: "" };
    return {
      ...scalarLine(place, type, value, noteOf),
      path: `${place}`,
      value: `${value}`,
      note: `all ${last - first + 1}`,
    };
  });
}

function scalarLine(path: string, type: Scalar, value: number | bigint, noteOf: TimestampNote): FieldLine {
  return { path, value: String(value), note: scalarNote(path, type, value, noteOf) };
}

function scalarNote(path: string, type: Scalar, value: number | bigint, noteOf: TimestampNote): string {
  if (type.flags !== undefined) {
    const names = flagNames(type, value).map((name) => flagText(type, name, value));
    return names.length === 0 ? "" : `0x${value.toString(16)} ${names.join(" | ")}`;
  }
  if (type.values !== undefined) return valueName(type, value) ?? "no name";
  return typeof value === "bigint" && /(^|[._])(ts|timestamp)$/.test(path) ? noteOf(value) : "";
}

/** A flag's name; where several bits are a number, the name of the number, or the number itself. */
function flagText(type: Scalar, name: string, value: number | bigint): string {
  const mask = type.flags?.[name] ?? 0;
  if ((mask & (mask - 1)) === 0) return name;
  return valueName(type, BigInt(value) & BigInt(mask)) ?? `${name} ${flagValue(value, mask)}`;
}

/** The name of a menu's value; undefined when the control is not a menu. */
export function menuName(control: string, value: number): string | undefined {
  const definition = controlByName(control);
  if (definition?.type !== "menu") return undefined;
  return Object.entries(definition.menu).find(([, named]) => named === value)?.[0];
}
