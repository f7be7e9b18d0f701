/** What a test of a decoder, a driver or a parser can generate. Each function is a property for `fc.assert`. */
import fc from "fast-check";
import type { Codec } from "v4l2-stateless";
import { editedStream, type HostileControl, hostileControl, validControl, validRequest } from "v4l2-stateless/testing";
import type { ControlName } from "v4l2-stateless/uapi";

/** A device: what VIDIOC_S_EXT_CTRLS answers, 0 or an error. */
export interface Device {
  set(controls: readonly { readonly name: string; readonly payload: Uint8Array | number }[]): number;
}

/** A driver takes all that the kernel's rules allow. */
export const takesValidControls = (device: Device, name: ControlName) =>
  fc.property(validControl(name), (payload) => device.set([{ name, payload }]) === 0);

/** It refuses what breaks one of the rules. */
export const refusesHostileControls = (device: Device, name: ControlName) =>
  fc.property(hostileControl(name), ({ payload }: HostileControl) => device.set([{ name, payload }]) !== 0);

/** It takes the controls of whole requests. */
export const takesValidRequests = (device: Device, codec: Codec) =>
  fc.property(validRequest(codec), ({ controls }) => device.set(controls) === 0);

/** A parser survives streams in which one syntax element has another value. */
export const survivesEdits = (parse: (stream: Uint8Array) => void, stream: Uint8Array) =>
  fc.property(editedStream(stream), ({ bytes }) => parse(bytes));
