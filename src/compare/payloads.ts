import { normalise } from "../kernel/index.ts";
import { decodePayload, elementSize, type StructControl, type U32ArrayControl } from "../uapi/control.ts";
import { controlByName } from "../uapi/index.ts";
import { type StartCode, startCodeValues } from "../uapi/modes.ts";
import type { EffectiveRequest, Payload } from "./request.ts";
import type { Value, Values } from "./values.ts";

/** Payloads of parameter sets are the same for many requests, so what is made of them is made once. */
const normalised = new WeakMap<Uint8Array, Uint8Array>();
const flattened = new WeakMap<Uint8Array, Values>();

/** Whether a payload has the size that its control has; of a dynamic array, a whole number of elements. */
export function isWholePayload(control: StructControl | U32ArrayControl, payload: Uint8Array): boolean {
  const size = elementSize(control);
  return control.dynamicArray === undefined ? payload.length === size : payload.length % size === 0;
}

/** Whether a driver could read a payload: the control is a compound one and has this size. */
export function isReadablePayload(name: string, payload: Uint8Array): boolean {
  const definition = controlByName(name);
  return definition !== undefined && definition.type !== "menu" && isWholePayload(definition, payload);
}

/** A compound control of this request as the kernel hands it to a driver; undefined when the producer never set it. */
export function driverPayload(request: EffectiveRequest, name: string): Uint8Array | undefined {
  const payload = request.controls.get(name);
  if (!(payload instanceof Uint8Array)) return undefined;
  let copy = normalised.get(payload);
  if (copy === undefined) {
    copy = normalise(name, payload);
    normalised.set(payload, copy);
  }
  return copy;
}

/** A compound control of this request, decoded; undefined where it is missing or has another size. */
export function decodedControl<C extends StructControl>(request: EffectiveRequest, control: C) {
  const payload = request.controls.get(control.name);
  if (!(payload instanceof Uint8Array) || payload.length !== control.struct.size) return undefined;
  return decodePayload(control, payload);
}

/** Whether an OUTPUT buffer has start codes, as the menu among the controls says it; undefined where it is not there. */
export function startCodeIn(
  controls: ReadonlyMap<string, Payload>,
  ...names: readonly string[]
): StartCode | undefined {
  const menus = names.length > 0 ? names : startCodeMenus;
  const value = menus.map((name) => controls.get(name)).find((each) => typeof each === "number");
  if (value === undefined) return undefined;
  return value === startCodeValues.none ? "none" : "annexb";
}

const startCodeMenus = ["V4L2_CID_STATELESS_H264_START_CODE", "V4L2_CID_STATELESS_HEVC_START_CODE"];

/** Sets the modes of a request. @param prefix `"H264"` or `"HEVC"`. */
export function addModes(fields: Map<string, Value>, prefix: string, request: EffectiveRequest): void {
  for (const control of ["DECODE_MODE", "START_CODE"]) {
    const value = request.controls.get(`V4L2_CID_STATELESS_${prefix}_${control}`);
    if (typeof value === "number") fields.set(`${prefix}_${control}`, value);
  }
}

/** What `make` makes of a payload, the first time; the same values afterwards. */
export function flattenedOnce(payload: Uint8Array, make: () => Values): Values {
  let values = flattened.get(payload);
  if (values === undefined) {
    values = make();
    flattened.set(payload, values);
  }
  return values;
}
