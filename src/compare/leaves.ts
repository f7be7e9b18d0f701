/** The integers of two payloads of a control, one by one. */
import { sameBytes } from "../framing/bytes.ts";
import { normalise } from "../kernel/index.ts";
import {
  type ControlDefinition,
  controlByName,
  elementSize,
  flagNames,
  flagValue,
  type LeafField,
  leafFields,
  type Scalar,
  u32,
  valueName,
  viewOf,
} from "../uapi/index.ts";
import type { ComparedValue } from "./difference.ts";
import { isWholePayload } from "./payloads.ts";
import type { Payload } from "./request.ts";
import { flagWord } from "./values.ts";

/** An integer, or a flag, that is not the same in two payloads. */
export interface LeafDifference {
  readonly path: string;
  readonly flag: string | undefined;
  readonly values: readonly [ComparedValue, ComparedValue];
  /** The kernel's rewriting makes both the same. */
  readonly isNormalised: boolean;
}

export const absent: ComparedValue = { value: undefined, text: "absent" };

/** A control as a whole. */
export function wholeValue(control: string, payload: Payload | undefined): ComparedValue {
  if (payload === undefined) return absent;
  const definition = controlByName(control);
  if (typeof payload === "number") {
    const menu = definition?.type === "menu" ? Object.entries(definition.menu) : [];
    const name = menu.find(([, value]) => value === payload)?.[0];
    return { value: payload, text: name === undefined ? String(payload) : `${payload} (${name})` };
  }
  if (definition !== undefined && definition.type !== "menu" && definition.dynamicArray !== undefined) {
    const elements = payload.length / elementSize(definition);
    return { value: undefined, text: `${elements} element${elements === 1 ? "" : "s"}` };
  }
  return { value: undefined, text: `${payload.length} bytes` };
}

/** An integer with its name. */
export function leafValue(type: Scalar, value: number | bigint): ComparedValue {
  const name = type.values === undefined ? undefined : valueName(type, value);
  return { value, text: name === undefined ? String(value) : `${value} (${name})` };
}

type Bytes = Exclude<ControlDefinition, { readonly type: "menu" }>;

const wholeArray: readonly LeafField[] = [{ path: "", type: u32, offset: 0 }];

/** An integer of both payloads that is not the same. */
interface UnequalLeaf extends LeafField {
  readonly a: number | bigint;
  readonly b: number | bigint;
}

/** The integers that differ, as far as both have as many elements. */
function* unequalLeaves(definition: Bytes, a: Uint8Array, b: Uint8Array): Generator<UnequalLeaf, void, undefined> {
  const size = elementSize(definition);
  const leaves = definition.type === "struct" ? leafFields(definition.struct) : wholeArray;
  const [viewA, viewB] = [viewOf(a), viewOf(b)];
  for (let start = 0; start < Math.min(a.length, b.length); start += size) {
    const index = definition.dynamicArray === undefined ? "" : `[${start / size}]`;
    if (sameBytes(a.subarray(start, start + size), b.subarray(start, start + size))) continue;
    for (const { path, type, offset } of leaves) {
      const [valueA, valueB] = [type.read(viewA, start + offset), type.read(viewB, start + offset)];
      if (valueA === valueB) continue;
      const place = index === "" || path === "" ? index + path : `${index}.${path}`;
      yield { path: place, type, offset: start + offset, a: valueA, b: valueB };
    }
  }
}

/**
 * Where two payloads of a control differ, in the order of the bytes. Elements that only one has are one difference: the path is empty.
 *
 * @param known the paths that are known on both sides; undefined: all.
 * @returns undefined where the payloads cannot be read field by field.
 */
export function leafDifferences(
  control: string,
  a: Uint8Array,
  b: Uint8Array,
  known: ReadonlySet<string> | undefined,
): LeafDifference[] | undefined {
  const definition = controlByName(control);
  if (definition === undefined || definition.type === "menu") return undefined;
  if (!isWholePayload(definition, a) || !isWholePayload(definition, b)) return undefined;
  if (sameBytes(a, b)) return [];
  const [keptA, keptB] = [viewOf(normalise(control, a)), viewOf(normalise(control, b))];
  const differences: LeafDifference[] = [];
  for (const leaf of unequalLeaves(definition, a, b)) {
    if (known?.has(leaf.path) === false) continue;
    const { path, type, offset } = leaf;
    const [left, right] = [type.read(keptA, offset), type.read(keptB, offset)];
    if (type.flags === undefined) {
      const values = [leafValue(type, leaf.a), leafValue(type, leaf.b)] as const;
      differences.push({ path, flag: undefined, values, isNormalised: left === right });
    } else for (const flag of flagDifferences(leaf, BigInt(left) ^ BigInt(right))) differences.push(flag);
  }
  if (a.length !== b.length) {
    const values = [wholeValue(control, a), wholeValue(control, b)] as const;
    differences.push({ path: "", flag: undefined, values, isNormalised: false });
  }
  return differences;
}

/** @param kept the bits that still differ after the kernel's rewriting. */
function flagDifferences({ path, type, a, b }: UnequalLeaf, kept: bigint): LeafDifference[] {
  return flagNames(type, BigInt(a) ^ BigInt(b)).map((flag) => {
    const named = type.flags?.[flag];
    const mask = BigInt(named ?? Number(flag));
    const compared = (value: number | bigint): ComparedValue => {
      const own = named === undefined ? Number((BigInt(value) & mask) !== 0n) : flagValue(value, named);
      return { value: own, text: flagWord(flag, own) };
    };
    return { path, flag, values: [compared(a), compared(b)], isNormalised: (kept & mask) === 0n };
  });
}
