/** Generated payloads of single controls. */
import type { Arbitrary } from "fast-check";
import { joined } from "../framing/bytes.ts";
import { type Refusal, validate } from "../kernel/index.ts";
import { type ControlDefinition, elementSize, type StructControl, type U32ArrayControl } from "../uapi/control.ts";
import {
  type ControlName,
  type ControlPayload,
  controlByName,
  controls,
  type LeafField,
  leafFields,
  type Scalar,
  viewOf,
} from "../uapi/index.ts";
import { anyOf, chosen, fastCheck } from "./fast-check.ts";
import { basis, repaired, write } from "./repair.ts";

/** A payload that the kernel refuses for one reason. */
export interface HostileControl {
  /** `"V4L2_CID_STATELESS_H264_SPS"` */
  readonly name: string;
  readonly payload: Uint8Array | number;
  /** The rule that is broken, as `validate` of `v4l2-stateless/kernel` names it; there is no other. */
  readonly refusal: Refusal;
}

/**
 * Payloads that the kernel takes (`validate` of `v4l2-stateless/kernel` refuses nothing): every one that it takes can come. Most are
 * zeros with a few other fields, and shrink to zeros.
 *
 * @param name `"V4L2_CID_STATELESS_H264_SPS"`; of a dynamic array any number of elements comes, of a menu its values.
 * @throws TypeError for an unknown control. Error without fast-check.
 */
export function validControl<Name extends ControlName>(name: Name): Arbitrary<ControlPayload<Name>>;
export function validControl(name: string): Arbitrary<Uint8Array | number>;
export function validControl(name: string): Arbitrary<Uint8Array | number> {
  const fc = fastCheck();
  const control = definitionOf(name);
  if (control.type === "menu") return chosen(Object.values(control.menu));
  const element = control.type === "u32 array" ? bytesOf(4) : validElement(control);
  if (control.dynamicArray === undefined) return element;
  const few = fc.array(element, { minLength: 1, maxLength: Math.min(control.dynamicArray, 8) });
  const many = fc.array(element, { minLength: 1, maxLength: control.dynamicArray });
  return fc.oneof({ weight: 9, arbitrary: few }, { weight: 1, arbitrary: many }).map(joined);
}

/**
 * Payloads that the kernel refuses with one reason, which comes with them: a field out of its range, a size, a menu's value.
 *
 * @throws TypeError for an unknown control. Error without fast-check.
 */
export function hostileControl(name: ControlName): Arbitrary<HostileControl>;
export function hostileControl(name: string): Arbitrary<HostileControl>;
export function hostileControl(name: string): Arbitrary<HostileControl> {
  const fc = fastCheck();
  const control = definitionOf(name);
  if (control.type === "menu") {
    const values = Object.values(control.menu);
    return fc
      .integer({ min: -8, max: 64 })
      .filter((value) => !values.includes(value))
      .map((payload) => refused(name, payload));
  }
  const sizes = wrongSize(control);
  const breaks = control.type === "struct" ? breaksOf(control) : [];
  if (control.type !== "struct" || breaks.length === 0) return sizes;
  const fields = fc
    .tuple(validControl(name) as Arbitrary<Uint8Array>, chosen(breaks), fc.nat())
    .map(([payload, broken, place]) => withBreak(control, payload, broken, place));
  return fc.oneof({ weight: 9, arbitrary: fields }, { weight: 1, arbitrary: sizes });
}

function definitionOf(name: string): ControlDefinition {
  const control = controlByName(name);
  if (control !== undefined) return control;
  throw new TypeError(`unknown control ${name}: there are ${Object.keys(controls).join(", ")}`);
}

function bytesOf(length: number): Arbitrary<Uint8Array> {
  return fastCheck().uint8Array({ minLength: length, maxLength: length });
}

/** Changes of zeros, few or many, and any bytes at all. */
function validElement(control: StructControl): Arbitrary<Uint8Array> {
  const fc = fastCheck();
  const leaves = leafFields(control.struct);
  const changes = anyOf(changesOf(leaves));
  const withChanges = (list: readonly Change[]): Uint8Array => {
    const bytes = basis(control);
    for (const [{ type, offset }, value] of list) write(type, viewOf(bytes), offset, value);
    return bytes;
  };
  return fc
    .oneof(
      { weight: 6, arbitrary: fc.array(changes, { maxLength: 40 }).map(withChanges) },
      { weight: 2, arbitrary: fc.array(changes, { maxLength: 4 * leaves.length }).map(withChanges) },
      { weight: 1, arbitrary: bytesOf(control.struct.size) },
    )
    .map((bytes) => repaired(control, bytes));
}

type Change = readonly [LeafField, bigint];

/** For each type of field a field of that type with a value. */
function changesOf(leaves: readonly LeafField[]): Arbitrary<Change>[] {
  const byType = new Map<Scalar, LeafField[]>();
  for (const leaf of leaves) {
    const list = byType.get(leaf.type);
    if (list === undefined) byType.set(leaf.type, [leaf]);
    else list.push(leaf);
  }
  return [...byType].map(([type, list]) => fastCheck().tuple(chosen(list), valuesOf(type)));
}

function valuesOf({ min, max, flags, values }: Scalar): Arbitrary<bigint> {
  const fc = fastCheck();
  const any = fc.bigInt({ min: BigInt(min), max: BigInt(max) });
  const small = fc.bigInt({ min: min < 0 ? -16n : 0n, max: 16n });
  const edges = fc.constantFrom(BigInt(min), BigInt(max), BigInt(max) - 1n, 1n);
  const choices = [any, small, edges];
  if (flags !== undefined) {
    const named = Object.values(flags).map(BigInt);
    choices.push(fc.subarray(named).map((set) => set.reduce((sum, flag) => sum | flag, 0n)));
  }
  if (values !== undefined) choices.push(chosen(Object.values(values).map(BigInt)));
  return anyOf(choices);
}

/** @throws Error where the kernel takes it, or has several reasons. */
function refused(name: string, payload: Uint8Array | number): HostileControl {
  const [refusal, ...more] = validate(name, payload);
  if (refusal === undefined || more.length > 0) throw new Error(`${name}: not refused for one reason`);
  return { name, payload, refusal };
}

/**
 * What the kernel checks before the fields: less than an element, and too many of them. It ignores bytes after the last whole element,
 * which `validate` refuses.
 */
function wrongSize(control: StructControl | U32ArrayControl): Arbitrary<HostileControl> {
  const fc = fastCheck();
  const size = elementSize(control);
  const most = control.dynamicArray;
  const short = fc.nat(size - 1);
  const lengths = most === undefined ? short : fc.oneof(short, fc.constant((most + 1) * size));
  return lengths.map((length) => refused(control.name, new Uint8Array(length)));
}

/** A value of a field that the kernel refuses, at least in this element. */
interface Break {
  readonly leaf: LeafField;
  readonly value: bigint;
  readonly context: Uint8Array;
}

const allBreaks = new Map<string, readonly Break[]>();

/** Values around the limits that fields have. */
const nearLimits = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 16, 17, 20, 22, 26, 31, 32, 33, 63, 64, 65, 127, 128];

function breaksOf(control: StructControl): readonly Break[] {
  let breaks = allBreaks.get(control.name);
  if (breaks === undefined) {
    breaks = findBreaks(control);
    allBreaks.set(control.name, breaks);
  }
  return breaks;
}

/**
 * Some fields are looked at only where others have some value (tiles where they are enabled), so each is tried in several
 * elements. Of an array the second entry stands for all: the first one may have no limit.
 */
function findBreaks(control: StructControl): Break[] {
  const all = leafFields(control.struct);
  const single = all.filter(({ path }) => !path.includes("["));
  const contexts = different([
    basis(control),
    ...single.flatMap((leaf) => contextsOf(control, leaf)),
    ...single.filter(({ path }) => /\bnum_/.test(path)).flatMap((leaf) => withFlags(control, leaf, single)),
  ]);
  const contextOf = new Map<string, Uint8Array | undefined>();
  return all.flatMap((leaf) => {
    const [least, most] = [BigInt(leaf.type.min), BigInt(leaf.type.max)];
    const field = leaf.path.replace(/\[\d+\]/g, "[]");
    if (!contextOf.has(field)) {
      const second = all.find(({ path }) => path === field.replaceAll("[]", "[1]")) ?? leaf;
      const isLimited = (context: Uint8Array) =>
        [most, least].some((value) => isRefused(control, { leaf: second, value, context }));
      contextOf.set(field, contexts.find(isLimited));
    }
    const context = contextOf.get(field);
    if (context === undefined) return [];
    const near = nearLimits.flatMap((value) => [BigInt(value), BigInt(-value)]);
    return [...new Set([...near, ...bitsOf(leaf.type), least, most])].flatMap((value) => {
      const one = { leaf, value, context };
      return value >= least && value <= most && isBroken(control, one) ? [one] : [];
    });
  });
}

/** Those that differ; many are repaired to the same. */
function different(contexts: readonly Uint8Array[]): Uint8Array[] {
  return [...new Map(contexts.map((context) => [context.join(), context])).values()];
}

/** Elements that the kernel takes, in which a field has each of its bits or names, or one of a few numbers; 100 is a profile. */
function contextsOf(control: StructControl, leaf: LeafField): Uint8Array[] {
  const named = Object.values(leaf.type.values ?? {}).map(BigInt);
  return [...bitsOf(leaf.type), ...named, 1n, 2n, 100n, BigInt(leaf.type.max)].map((value) =>
    repaired(control, changed(basis(control), leaf, value)),
  );
}

/** Elements in which a count is 2, with each of the flags that may say that it counts something. */
function withFlags(control: StructControl, count: LeafField, single: readonly LeafField[]): Uint8Array[] {
  return single.flatMap((leaf) =>
    Object.values(leaf.type.flags ?? {}).map((flag) =>
      repaired(control, changed(changed(basis(control), leaf, BigInt(flag)), count, 2n)),
    ),
  );
}

/** Each single bit of a set of flags, and each two of its named ones. */
function bitsOf({ size, flags }: Scalar): bigint[] {
  if (flags === undefined) return [];
  const bits = Array.from({ length: 8 * size }, (_, bit) => 1n << BigInt(bit));
  const named = Object.values(flags).map(BigInt);
  return [...bits, ...named.flatMap((a, i) => named.slice(i + 1).map((b) => a | b))];
}

function changed(payload: Uint8Array, { type, offset }: LeafField, value: bigint, start = 0): Uint8Array {
  const bytes = payload.slice();
  write(type, viewOf(bytes), start + offset, value);
  return bytes;
}

function isRefused({ name }: StructControl, { leaf, value, context }: Break): boolean {
  return validate(name, changed(context, leaf, value)).some(({ path }) => path.replace(/^\[0\]\./, "") === leaf.path);
}

/** Whether it is the only reason. */
function isBroken({ name }: StructControl, { leaf, value, context }: Break): boolean {
  return validate(name, changed(context, leaf, value)).length === 1;
}

function withBreak(
  control: StructControl,
  payload: Uint8Array,
  { leaf, value, context }: Break,
  place: number,
): HostileControl {
  const index = place % (payload.length / control.struct.size);
  const bytes = changed(payload, leaf, value, index * control.struct.size);
  // In this payload other fields may forbid it too, or allow it.
  return validate(control.name, bytes).length === 1
    ? refused(control.name, bytes)
    : refused(control.name, changed(context, leaf, value));
}
