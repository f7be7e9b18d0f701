/** The controls of captured calls, as a record has them. */

import type { Controls } from "../record/index.ts";
import { type Codec, codecNames, codecs } from "../uapi/codecs.ts";
import { controlById, elementSize, type StructControl, type U32ArrayControl } from "../uapi/index.ts";
import { type Call, type CapturedControl, CaptureError, type RunRequest, type SetControls } from "./calls.ts";

export function named({ id, payload }: CapturedControl): [string, Uint8Array | number] {
  return [controlById(id)?.name ?? `V4L2_CID_0x${id.toString(16)}`, payload];
}

export function codecOfControls(controls: Controls): Codec | undefined {
  return codecNames.find((codec) => Object.keys(codecs[codec].controls).some((name) => controls.has(name)));
}

/** @throws CaptureError where the controls of the call are needed, and the capture does not have them whole. */
export function checkControls(call: Call): void {
  if (call.call === "VIDIOC_S_EXT_CTRLS" && call.unread !== undefined) throw call.unread;
}

export function otherCodec(codec: Codec, before: Codec | undefined, line: number): CaptureError {
  const reason = `the program goes on with ${codec}, after ${before}; a record has one codec: choose with --codec`;
  return new CaptureError(reason, line);
}

/**
 * What the kernel takes of a control that is larger than its structure: as many bytes as that has, of a list whole elements (prepare_ext_ctrls
 * of v4l2-ctrls-api.c). Undefined where it takes none, and refuses the call.
 */
export function takenSize(definition: StructControl | U32ArrayControl, size: number): number | undefined {
  const element = elementSize(definition);
  if (size < element) return undefined;
  return definition.dynamicArray === undefined ? element : size - (size % element);
}

/** A control of a call that the kernel took. */
export function takenControl(control: CapturedControl): CapturedControl {
  const { id, payload } = control;
  const definition = controlById(id);
  if (definition === undefined || definition.type === "menu" || typeof payload === "number") return control;
  const size = takenSize(definition, payload.length);
  return size === undefined || size === payload.length ? control : { ...control, payload: payload.subarray(0, size) };
}

/** The codec that a call decodes. Programs try the formats of all codecs that a device has, and may set the modes of all. */
export function codecShownBy(call: Call): Codec | undefined {
  const isOfRequest = call.call === "run" || (call.call === "VIDIOC_S_EXT_CTRLS" && call.isForRequest);
  return isOfRequest ? codecOfControls(controlsOf(call)) : undefined;
}

export function controlsOf({ controls }: Pick<RunRequest | SetControls, "controls">): Controls {
  return new Map(controls.map(({ id, payload }) => [controlById(id)?.name ?? "", payload]));
}
