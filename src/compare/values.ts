import { type Field, flagNames, flagValue, type Scalar, type Struct, viewOf } from "../uapi/struct.ts";

/** A field's value as it is compared and printed. */
export type Value = number | string;

/** Fields by path. */
export type Values = ReadonlyMap<string, Value>;

/**
 * A struct as a flat list of what a driver reads: a flag word as one 0 or 1 a flag (`flags.FIELD_PIC`), a list of
 * integers as one value. Structs in arrays get their index in the path.
 */
export function flatten(def: Struct, bytes: Uint8Array, leaveOut: ReadonlySet<string> = new Set()): Map<string, Value> {
  const values = new Map<string, Value>();
  flattenInto(values, def, viewOf(bytes), 0, "", leaveOut);
  return values;
}

/** Sets a control's values among those of all controls. */
export function addAll(fields: Map<string, Value>, control: string, values: Values): void {
  for (const [path, value] of values) fields.set(`${control}.${path}`, value);
}

function flattenInto(
  values: Map<string, Value>,
  def: Struct,
  view: DataView,
  base: number,
  prefix: string,
  leaveOut: ReadonlySet<string>,
): void {
  for (const field of def.fields) {
    if (leaveOut.has(field.name)) continue;
    const rows = rowsOf(field);
    for (const { subscript, offset, count } of rows) {
      const path = prefix + field.name + subscript;
      const at = base + field.offset + offset;
      if (field.type.kind === "struct") flattenInto(values, field.type, view, at, `${path}.`, leaveOut);
      else setScalar(values, field.type, view, at, count, path);
    }
  }
}

/** The parts of a field that become one value each: a struct of an array, a row of integers, or the integer itself. */
function rowsOf(field: Field): { subscript: string; offset: number; count: number }[] {
  const inner = field.type.kind === "scalar" ? (field.dims.at(-1) ?? 1) : 1;
  const stride = inner * field.type.size;
  const outer = field.type.kind === "scalar" ? field.dims.slice(0, -1) : field.dims;
  const list = field.type.kind === "scalar" && field.dims.length > 0 ? "[]" : "";
  return Array.from({ length: field.size / stride }, (_, row) => ({
    subscript: subscriptOf(row, outer) + list,
    offset: row * stride,
    count: inner,
  }));
}

function subscriptOf(row: number, dims: readonly number[]): string {
  let rest = row;
  return dims.reduceRight((text, length) => {
    const index = rest % length;
    rest = Math.floor(rest / length);
    return `[${index}]${text}`;
  }, "");
}

function setScalar(
  values: Map<string, Value>,
  type: Scalar,
  view: DataView,
  offset: number,
  count: number,
  path: string,
): void {
  if (path.endsWith("[]")) {
    const list = Array.from({ length: count }, (_, i) => type.read(view, offset + i * type.size));
    values.set(path, shortList(list));
    return;
  }
  const value = type.read(view, offset);
  if (type.flags === undefined) {
    values.set(path, typeof value === "bigint" ? value.toString() : value);
    return;
  }
  for (const [name, mask] of Object.entries(type.flags)) {
    values.set(`${path}.${shortFlag(name)}`, flagValue(value, mask));
  }
  const unnamed = flagNames(type, value).find((name) => name.startsWith("0x"));
  if (unnamed !== undefined) values.set(`${path}.${unnamed}`, 1);
}

/** 0 and 1 in words; of a mask of several bits, whose name ends in `_MSK`, the number. */
export function flagWord(name: string, value: number): string {
  if (/_MSK$/.test(name)) return String(value);
  return value === 0 ? "not set" : "set";
}

/** `V4L2_H264_DECODE_PARAM_FLAG_FIELD_PIC` is `FIELD_PIC`. */
export function shortFlag(name: string): string {
  return name.replace(/^V4L2_.*?_(?:FLAG|FL)_/, "").replace(/^V4L2_H264_SPS_(CONSTRAINT_SET\d)_FLAG$/, "$1");
}

/** The numbers of a list as it is printed: `"16×0"`, `"56 0 0"`. */
export function listOf(value: Value | undefined): number[] {
  const [, count, repeated] = /^(\d+)×(-?\d+)$/.exec(String(value)) ?? [];
  if (count !== undefined) return new Array<number>(Number(count)).fill(Number(repeated));
  return String(value).split(" ").map(Number);
}

/** `16×64` for 64 times the same, else all of them. */
function shortList(list: readonly (number | bigint)[]): string {
  return list.every((item) => item === list[0]) ? `${list.length}×${list[0]}` : list.join(" ");
}
