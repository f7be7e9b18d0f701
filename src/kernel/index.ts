/**
 * What the V4L2 core of Linux 7.2 does to a control before a driver sees it: std_validate_compound and the size checks of
 * prepare_ext_ctrls. Drivers have additional limits, which are in `targets`.
 *
 * @example
 * ```ts
 * import { validate } from "v4l2-stateless/kernel";
 * import { encodeStruct, v4l2_ctrl_mpeg2_sequence } from "v4l2-stateless/uapi";
 *
 * const payload = encodeStruct(v4l2_ctrl_mpeg2_sequence, {
 *   horizontal_size: 720,
 *   vertical_size: 576,
 *   vbv_buffer_size: 112,
 *   profile_and_level_indication: 0x48,
 *   chroma_format: 9,
 *   flags: 0,
 * });
 * for (const { path, value, reason } of validate("V4L2_CID_STATELESS_MPEG2_SEQUENCE", payload)) {
 *   console.log(path, value, reason); // chroma_format 9 not in 1..3
 * }
 * ```
 *
 * @module
 */

import { type ByteSource, bytesOf } from "../bytes.ts";
import { type ControlDefinition, elementSize } from "../uapi/control.ts";
import { controlByName } from "../uapi/index.ts";
import { viewOf } from "../uapi/struct.ts";
import { av1KernelRules } from "./av1.ts";
import { fwhtKernelRules } from "./fwht.ts";
import { h264KernelRules } from "./h264.ts";
import { hevcKernelRules } from "./h265.ts";
import { mpeg2KernelRules } from "./mpeg2.ts";
import type { KernelRule, KernelRules, Refusal } from "./rules.ts";
import { vp8KernelRules } from "./vp8.ts";
import { vp9KernelRules } from "./vp9.ts";

export { av1KernelRules } from "./av1.ts";
export { fwhtKernelRules } from "./fwht.ts";
export { h264KernelRules } from "./h264.ts";
export { hevcKernelRules } from "./h265.ts";
export { mpeg2KernelRules } from "./mpeg2.ts";
export type { KernelRule, KernelRules, Refusal } from "./rules.ts";
export { vp8KernelRules } from "./vp8.ts";
export { vp9KernelRules } from "./vp9.ts";

/** The rules of all codecs by control name. */
export const kernelRules = {
  ...h264KernelRules,
  ...hevcKernelRules,
  ...vp8KernelRules,
  ...vp9KernelRules,
  ...av1KernelRules,
  ...mpeg2KernelRules,
  ...fwhtKernelRules,
} as const;

const ruleByName: KernelRules = kernelRules;

/**
 * The payload as the kernel would store it. Compare payloads only after both have been normalised.
 *
 * @param name a control of `uapi`: `"V4L2_CID_STATELESS_H264_SPS"`.
 * @param payload a dynamic array may have any number of elements. A payload of a wrong size comes back as it is, because the
 * kernel would not take it: see `validate`.
 * @returns always a new array.
 * @throws TypeError for an unknown control, and for a menu, which has no payload.
 */
export function normalise(name: string, payload: ByteSource): Uint8Array {
  const control = definitionOf(name);
  if (control.type === "menu") throw new TypeError(`${name} is a menu: there are no bytes to normalise`);
  const result = new Uint8Array(bytesOf(payload, `the payload of ${name}`));
  if (sizeRefusal(control, result.length) === undefined)
    forEachElement(control, result, (rule, view) => rule.normalise(view));
  return result;
}

/**
 * Why the kernel refuses a control, in the order of its checks; an empty list when it accepts the control. The kernel itself
 * stops at the first refusal. The checks see values after the kernel's rewriting, so calling `normalise` first makes no
 * difference.
 *
 * A compound payload that is too long is refused here, and so is a dynamic array that ends inside an element. The kernel accepts
 * both and silently ignores the extra bytes, which no caller can want.
 *
 * @param payload the bytes, or the value of a menu.
 * @throws TypeError for an unknown control, for bytes given for a menu and for a number given for anything else.
 */
export function validate(name: string, payload: ByteSource | number): Refusal[] {
  const control = definitionOf(name);
  if (control.type === "menu") {
    if (typeof payload !== "number") throw new TypeError(`${name} is a menu: its value is a number`);
    const values = Object.values(control.menu);
    return values.includes(payload) ? [] : [{ path: "", value: payload, reason: `not ${values.join(" or ")}` }];
  }
  if (typeof payload === "number") throw new TypeError(`the payload of ${name} must be bytes, not a number`);
  const bytes = bytesOf(payload, `the payload of ${name}`);
  const refusal = sizeRefusal(control, bytes.length);
  if (refusal !== undefined) return [refusal];
  const refusals: Refusal[] = [];
  forEachElement(control, bytes, (rule, view, i) => {
    const prefix = control.dynamicArray === undefined ? "" : `[${i}].`;
    for (const refused of rule.validate(view)) refusals.push({ ...refused, path: prefix + refused.path });
  });
  return refusals;
}

function definitionOf(name: string): ControlDefinition {
  const control = controlByName(name);
  if (control === undefined) throw new TypeError(`unknown control ${name}`);
  return control;
}

type PayloadControl = Exclude<ControlDefinition, { readonly type: "menu" }>;

/** prepare_ext_ctrls of v4l2-ctrls-api.c: too short and empty are -EFAULT, too many elements -ENOSPC. */
function sizeRefusal(control: PayloadControl, bytes: number): Refusal | undefined {
  const size = elementSize(control);
  const most = control.dynamicArray;
  if (most === undefined) return bytes === size ? undefined : { path: "", value: bytes, reason: `not ${size} bytes` };
  if (bytes === 0) return { path: "", value: bytes, reason: "no element" };
  if (bytes % size !== 0) return { path: "", value: bytes, reason: `not a whole number of elements of ${size} bytes` };
  if (bytes > most * size) return { path: "", value: bytes, reason: `more than ${most} elements of ${size} bytes` };
  return undefined;
}

function forEachElement(
  control: PayloadControl,
  bytes: Uint8Array,
  visit: (rule: KernelRule, view: DataView, i: number) => void,
): void {
  const rule = ruleByName[control.name];
  if (rule === undefined) return;
  const size = elementSize(control);
  for (let i = 0; i * size < bytes.length; i++) visit(rule, viewOf(bytes.subarray(i * size, (i + 1) * size)), i);
}
