import { normalise } from "../kernel/index.ts";
import { elementSize, type StructControl, type U32ArrayControl } from "../uapi/control.ts";
import { controlByName } from "../uapi/index.ts";
import type { EffectiveRequest } from "./request.ts";
import type { Values } from "./values.ts";

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

/** What `make` makes of a payload, the first time; the same values afterwards. */
export function flattenedOnce(payload: Uint8Array, make: () => Values): Values {
  let values = flattened.get(payload);
  if (values === undefined) {
    values = make();
    flattened.set(payload, values);
  }
  return values;
}
