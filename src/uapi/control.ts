import { type ByteSource, bytesOf, objectOf } from "../bytes.ts";
import {
  decodeStruct,
  type Infer,
  type LeafField,
  leafFields,
  type Names,
  type Struct,
  u32,
  viewOf,
} from "./struct.ts";

interface Definition {
  /** Spelled as in linux/v4l2-controls.h. */
  readonly name: string;
  readonly id: number;
  /**
   * The first mainline kernel that has this control in the stable interface. The earlier staging interfaces had other ids and
   * layouts.
   */
  readonly since: string;
}

/** A compound control: one struct, or with `dynamicArray` up to that many of them. */
export interface StructControl<S extends Struct = Struct> extends Definition {
  readonly type: "struct";
  readonly struct: S;
  /** V4L2_CTRL_FLAG_DYNAMIC_ARRAY: the most elements that any mainline driver takes. A driver's own limit may be lower. */
  readonly dynamicArray?: number;
}

/** A dynamic array of `__u32`. */
export interface U32ArrayControl extends Definition {
  readonly type: "u32 array";
  /** The most elements any mainline driver takes. */
  readonly dynamicArray: number;
}

/** A menu control: its value is one of these numbers. */
export interface MenuControl extends Definition {
  readonly type: "menu";
  readonly menu: Names;
}

/** The definition of a control in the kernel's header. */
export type ControlDefinition = StructControl | U32ArrayControl | MenuControl;

/** The bytes of one element of a control's payload: the whole payload unless it is a dynamic array. */
export function elementSize(control: StructControl | U32ArrayControl): number {
  return control.type === "struct" ? control.struct.size : u32.size;
}

/** What `decodePayload` returns for a control's payload. */
export type Decoded<C extends ControlDefinition> = C extends MenuControl
  ? number
  : C extends U32ArrayControl
    ? number[]
    : C extends { readonly struct: infer S; readonly dynamicArray: number }
      ? Infer<S>[]
      : C extends StructControl<infer S>
        ? Infer<S>
        : never;

/**
 * A control's payload as plain values: an object, for dynamic arrays a list of them, for a menu the number itself.
 *
 * @throws TypeError when the bytes are not one struct, or not a whole number of elements of a dynamic array.
 */
export function decodePayload<C extends ControlDefinition>(control: C, payload: ByteSource | number): Decoded<C> {
  return decode(objectOf(control, "a control"), payload) as Decoded<C>;
}

function decode(control: ControlDefinition, payload: ByteSource | number): unknown {
  if (control.type === "menu") {
    if (typeof payload !== "number") throw new TypeError(`${control.name} is a menu: its value is a number`);
    return payload;
  }
  const list = elements(control, payload).map((element) =>
    control.type === "struct" ? decodeStruct(control.struct, element) : u32.read(viewOf(element), 0),
  );
  return control.dynamicArray === undefined ? list[0] : list;
}

/** An integer of a payload, and its place. */
export interface PayloadLeaf extends LeafField {
  readonly value: number | bigint;
}

/**
 * Every integer of a control's payload, in the order of the bytes. The paths of a dynamic array's elements begin with
 * their index: `"[2].slice_type"`.
 *
 * @throws TypeError as `decodePayload`, and for a menu.
 */
export function payloadLeaves(control: StructControl | U32ArrayControl, payload: ByteSource): PayloadLeaf[] {
  return elements(objectOf(control, "a control"), payload).flatMap((element, i) => {
    const view = viewOf(element);
    const index = control.dynamicArray === undefined ? "" : `[${i}]`;
    const start = i * element.length;
    if (control.type === "u32 array") return { path: index, type: u32, offset: start, value: u32.read(view, 0) };
    return leafFields(control.struct).map(({ path, type, offset }) => ({
      path: index === "" ? path : `${index}.${path}`,
      type,
      offset: start + offset,
      value: type.read(view, offset),
    }));
  });
}

/** The payload cut into elements; one element when the control is no dynamic array. */
function elements(control: StructControl | U32ArrayControl, source: ByteSource | number): Uint8Array[] {
  const { name, dynamicArray } = control;
  if (typeof source === "number") throw new TypeError(`the payload of ${name} must be bytes, not a number`);
  const payload = bytesOf(source, `the payload of ${name}`);
  const size = elementSize(control);
  const count = payload.length / size;
  if (dynamicArray === undefined && count !== 1) {
    throw new TypeError(`${name} has ${size} bytes, not ${payload.length}`);
  }
  if (!Number.isInteger(count)) {
    throw new TypeError(
      `${name} has elements of ${size} bytes, and ${payload.length} bytes are not a whole number of them`,
    );
  }
  return Array.from({ length: count }, (_, i) => payload.subarray(i * size, (i + 1) * size));
}
