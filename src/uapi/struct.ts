/**
 * C structs of the kernel's headers, as data. Types are inferred from the fields; offsets follow the C rules that every Linux
 * ABI shares for these structs (natural alignment). Payloads are always little-endian, as every machine with such a decoder is.
 */

import { type ByteSource, bytesOf, objectOf } from "../bytes.ts";

/** Constants by their verbatim names. */
export type Names = Readonly<Record<string, number>>;

/** One integer. `V` is `bigint` for the 64-bit types and `number` for the others. */
export interface Scalar<V extends number | bigint = number | bigint> {
  readonly kind: "scalar";
  /** `"u8"` … `"s64"`; the header writes `__u8` … `__s64`. */
  readonly name: string;
  /** In bytes; also the alignment. */
  readonly size: number;
  readonly alignment: number;
  readonly min: V;
  readonly max: V;
  /** The bits that have a name, or several that are one number. `flagSet` sets this property. */
  readonly flags?: Names;
  /** The values that have a name; in a set of flags, those of its numbers. `enumeration` and `flagSet` set this property. */
  readonly values?: Names;
  read(view: DataView, offset: number): V;
  write(view: DataView, offset: number, value: V): void;
}

/** An array with one or more dimensions, the outermost first, as C writes them. */
export interface ArrayType<
  E extends Scalar | Struct = Scalar | Struct,
  D extends readonly number[] = readonly number[],
> {
  readonly kind: "array";
  readonly element: E;
  readonly dims: D;
}

/** The types that a field can have. */
export type FieldType = Scalar | ArrayType | Struct;

/** The fields of a struct in the header's order. */
export type Fields = Readonly<Record<string, FieldType>>;

/** One field of a struct, with its place. */
export interface Field {
  readonly name: string;
  /** The type of one element. */
  readonly type: Scalar | Struct;
  /** Offset in bytes from the start of the struct. */
  readonly offset: number;
  /** Size of the whole field in bytes, with all elements of an array. */
  readonly size: number;
  /** Empty when the field is no array. */
  readonly dims: readonly number[];
}

/** A C struct. */
export interface Struct<F extends Fields = Fields> {
  readonly kind: "struct";
  readonly name: string;
  /** In bytes, including padding at the end. */
  readonly size: number;
  readonly alignment: number;
  readonly fields: readonly Field[];
  /** The field types, as they were passed to `struct`. */
  readonly members: F;
  /** For straight-line writers: `view.setUint16(o.frame_num, value, true)`. */
  readonly offsets: { readonly [K in keyof F]: number };
}

type Nested<V, D extends readonly number[]> = D extends readonly [number, ...infer Inner extends readonly number[]]
  ? Nested<V, Inner>[]
  : V;

/** The plain value of a type: integers, nested arrays, objects. */
export type Infer<T> =
  T extends Scalar<infer V>
    ? V
    : T extends ArrayType<infer E, infer D>
      ? Nested<Infer<E>, D>
      : T extends Struct<infer F>
        ? { -readonly [K in keyof F]: Infer<F[K]> }
        : never;

/* @__NO_SIDE_EFFECTS__ */
function scalar<V extends number | bigint>(
  name: string,
  min: V,
  max: V,
  read: Scalar<V>["read"],
  write: Scalar<V>["write"],
): Scalar<V> {
  const size = Number(name.slice(1)) / 8;
  return { kind: "scalar", name, size, alignment: size, min, max, read, write };
}

/** `__u8` */
export const u8: Scalar<number> = /* @__PURE__ */ scalar(
  "u8",
  0,
  0xff,
  (view, offset) => view.getUint8(offset),
  (view, offset, value) => view.setUint8(offset, value),
);
/** `__u16` */
export const u16: Scalar<number> = /* @__PURE__ */ scalar(
  "u16",
  0,
  0xffff,
  (view, offset) => view.getUint16(offset, true),
  (view, offset, value) => view.setUint16(offset, value, true),
);
/** `__u32` */
export const u32: Scalar<number> = /* @__PURE__ */ scalar(
  "u32",
  0,
  0xffffffff,
  (view, offset) => view.getUint32(offset, true),
  (view, offset, value) => view.setUint32(offset, value, true),
);
/** `__u64` */
export const u64: Scalar<bigint> = /* @__PURE__ */ scalar(
  "u64",
  0n,
  0xffff_ffff_ffff_ffffn,
  (view, offset) => view.getBigUint64(offset, true),
  (view, offset, value) => view.setBigUint64(offset, value, true),
);
/** `__s8` */
export const s8: Scalar<number> = /* @__PURE__ */ scalar(
  "s8",
  -0x80,
  0x7f,
  (view, offset) => view.getInt8(offset),
  (view, offset, value) => view.setInt8(offset, value),
);
/** `__s16` */
export const s16: Scalar<number> = /* @__PURE__ */ scalar(
  "s16",
  -0x8000,
  0x7fff,
  (view, offset) => view.getInt16(offset, true),
  (view, offset, value) => view.setInt16(offset, value, true),
);
/** `__s32` */
export const s32: Scalar<number> = /* @__PURE__ */ scalar(
  "s32",
  -0x80000000,
  0x7fffffff,
  (view, offset) => view.getInt32(offset, true),
  (view, offset, value) => view.setInt32(offset, value, true),
);
/** `__s64` */
export const s64: Scalar<bigint> = /* @__PURE__ */ scalar(
  "s64",
  -0x8000_0000_0000_0000n,
  0x7fff_ffff_ffff_ffffn,
  (view, offset) => view.getBigInt64(offset, true),
  (view, offset, value) => view.setBigInt64(offset, value, true),
);

/** `type name[dims[0]][dims[1]]…`. */
/* @__NO_SIDE_EFFECTS__ */
export function array<E extends Scalar | Struct, const D extends readonly number[]>(
  element: E,
  ...dims: D
): ArrayType<E, D> {
  return { kind: "array", element, dims };
}

/**
 * An integer whose bits have names: a decoder of payloads prints them with `flagNames`.
 *
 * @param flags masks of one bit, or of several that are one number.
 * @param values of such numbers, in their place: V4L2_FWHT_FL_PIXENC_RGB.
 */
/* @__NO_SIDE_EFFECTS__ */
export function flagSet<V extends number | bigint>(type: Scalar<V>, flags: Names, values?: Names): Scalar<V> {
  return values === undefined ? { ...type, flags } : { ...type, flags, values };
}

/** An integer whose values have names: see `valueName`. Values without a name are possible. */
/* @__NO_SIDE_EFFECTS__ */
export function enumeration<V extends number | bigint>(type: Scalar<V>, values: Names): Scalar<V> {
  return { ...type, values };
}

/**
 * `struct name { fields }`, laid out by the C rules.
 *
 * @param size what sizeof says. Throws Error when the layout has another size.
 */
/* @__NO_SIDE_EFFECTS__ */
export function struct<const F extends Fields>(name: string, size: number, members: F): Struct<F> {
  const fields: Field[] = [];
  const offsets: Record<string, number> = {};
  let end = 0;
  let alignment = 1;
  for (const [fieldName, member] of Object.entries(members)) {
    const type = member.kind === "array" ? member.element : member;
    const dims = member.kind === "array" ? member.dims : [];
    const offset = alignUp(end, type.alignment);
    const bytes = dims.reduce((product, length) => product * length, type.size);
    fields.push({ name: fieldName, type, offset, size: bytes, dims });
    offsets[fieldName] = offset;
    end = offset + bytes;
    alignment = Math.max(alignment, type.alignment);
  }
  if (alignUp(end, alignment) !== size) {
    throw new Error(`struct ${name} is laid out in ${alignUp(end, alignment)} bytes and should have ${size}`);
  }
  return { kind: "struct", name, size, alignment, fields, members, offsets: fast(offsets) as Struct<F>["offsets"] };
}

/**
 * V8 turns an object with many properties that are added one by one into a hash table, which is slow to read. It does not do so
 * with the objects of JSON.parse.
 */
/* @__NO_SIDE_EFFECTS__ */
function fast<T>(object: T): T {
  return JSON.parse(JSON.stringify(object)) as T;
}

function alignUp(offset: number, alignment: number): number {
  return Math.ceil(offset / alignment) * alignment;
}

/** A view of exactly these bytes. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * A payload's bytes as a plain object: numbers, bigints for 64-bit fields, nested arrays, nested objects.
 *
 * @throws TypeError when the bytes are not exactly one struct.
 */
export function decodeStruct<F extends Fields>(def: Struct<F>, source: ByteSource): Infer<Struct<F>> {
  const bytes = bytesOf(source, `the payload of ${objectOf(def, "a struct").name}`);
  if (bytes.length !== def.size) {
    throw new TypeError(`struct ${def.name} has ${def.size} bytes, not ${bytes.length}`);
  }
  return readElement(def, viewOf(bytes), 0) as Infer<Struct<F>>;
}

function readElement(type: Scalar | Struct, view: DataView, offset: number): unknown {
  if (type.kind === "scalar") return type.read(view, offset);
  const value: Record<string, unknown> = {};
  for (const field of type.fields) {
    value[field.name] = readArray(field, 0, field.size, view, offset + field.offset);
  }
  return value;
}

/** Reads the elements of `field` from dimension `depth` on. They are `size` bytes at `offset`. */
function readArray(field: Field, depth: number, size: number, view: DataView, offset: number): unknown {
  const length = field.dims[depth];
  if (length === undefined) return readElement(field.type, view, offset);
  const stride = size / length;
  return Array.from({ length }, (_, i) => readArray(field, depth + 1, stride, view, offset + i * stride));
}

/**
 * The exact inverse of `decodeStruct`; padding between fields is 0.
 *
 * @throws TypeError naming the field when a value is missing, is of the wrong kind or does not fit.
 */
export function encodeStruct<F extends Fields>(def: Struct<F>, value: Infer<Struct<F>>): Uint8Array {
  const bytes = new Uint8Array(objectOf(def, "a struct").size);
  writeElement(def, value, viewOf(bytes), 0, "");
  return bytes;
}

function writeElement(type: Scalar | Struct, value: unknown, view: DataView, offset: number, path: string): void {
  if (type.kind === "scalar") {
    if (!fits(type, value)) throw new TypeError(`${path} must be a ${type.name}; it is ${String(value)}`);
    type.write(view, offset, value);
    return;
  }
  const record = objectOf(value, path || type.name) as Record<string, unknown>;
  for (const field of type.fields) {
    const place = path === "" ? field.name : `${path}.${field.name}`;
    writeArray(field, 0, field.size, record[field.name], view, offset + field.offset, place);
  }
}

function writeArray(
  field: Field,
  depth: number,
  size: number,
  value: unknown,
  view: DataView,
  offset: number,
  path: string,
): void {
  const length = field.dims[depth];
  if (length === undefined) {
    writeElement(field.type, value, view, offset, path);
    return;
  }
  if (!Array.isArray(value) || value.length !== length)
    throw new TypeError(`${path} must be an array of ${length} elements`);
  const stride = size / length;
  for (let i = 0; i < length; i++) {
    writeArray(field, depth + 1, stride, value[i], view, offset + i * stride, `${path}[${i}]`);
  }
}

function fits(type: Scalar, value: unknown): value is number | bigint {
  if (typeof type.min === "bigint") return typeof value === "bigint" && value >= type.min && value <= type.max;
  return Number.isInteger(value) && (value as number) >= type.min && (value as number) <= type.max;
}

/** An integer somewhere in a struct. */
export interface LeafField {
  /** `"dpb[3].pic_num"`, `"f_code[0][1]"`. */
  readonly path: string;
  readonly type: Scalar;
  /** Offset in bytes from the start of the outermost struct. */
  readonly offset: number;
}

const leavesOf = /* @__PURE__ */ new WeakMap<Struct, readonly LeafField[]>();

/**
 * All integers of a struct in the order of their offsets, including those in nested structs and arrays. Computed once for each
 * struct.
 */
export function leafFields(def: Struct): readonly LeafField[] {
  let leaves = leavesOf.get(def);
  if (leaves === undefined) {
    leaves = def.fields.flatMap(leavesOfField);
    leavesOf.set(def, leaves);
  }
  return leaves;
}

function leavesOfField(field: Field): LeafField[] {
  const { type, name, offset } = field;
  return subscripts(field.dims).flatMap((subscript, i) => {
    const path = name + subscript;
    const start = offset + i * type.size;
    if (type.kind === "scalar") return { path, type, offset: start };
    return leafFields(type).map((leaf) => ({ ...leaf, path: `${path}.${leaf.path}`, offset: start + leaf.offset }));
  });
}

/** `["[0][0]", "[0][1]", …]` in the order of memory; one empty string without dimensions. */
function subscripts(dims: readonly number[]): string[] {
  return dims.reduce<string[]>(
    (outer, length) => outer.flatMap((prefix) => Array.from({ length }, (_, i) => `${prefix}[${i}]`)),
    [""],
  );
}

/** What a set of flags has under one name: 0 or 1, or the number of a mask of several bits. */
export function flagValue(value: number | bigint, mask: number): number {
  const bits = BigInt(mask);
  return Number((integerOf(value) & bits) / (bits & -bits));
}

function integerOf(value: number | bigint): bigint {
  if (typeof value === "bigint" || Number.isInteger(value)) return BigInt(value);
  throw new TypeError(`a field of flags must be an integer; it is ${String(value)}`);
}

/**
 * The names of the bits set in `value`, lowest first; bits without a name come last as one hexadecimal number. A name that stands for
 * several bits comes where one of them is set: `flagValue` has their number.
 */
export function flagNames(type: Scalar, value: number | bigint): string[] {
  let rest = integerOf(value);
  const names: string[] = [];
  for (const [name, mask] of Object.entries(type.flags ?? {})) {
    if ((rest & BigInt(mask)) === 0n) continue;
    names.push(name);
    rest &= ~BigInt(mask);
  }
  return rest === 0n ? names : [...names, `0x${rest.toString(16)}`];
}

/** The name of `value`, or undefined when it has none. */
export function valueName(type: Scalar, value: number | bigint): string | undefined {
  return Object.entries(type.values ?? {}).find(([, named]) => BigInt(named) === BigInt(value))?.[0];
}
