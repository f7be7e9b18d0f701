/**
 * Facts of linux/v4l2-controls.h (7.3.4) about the stateless decoders, and the pixel formats of linux/videodev2.h that
 * go with them. Names are the header's. The comment above a group of constants speaks for the whole group.
 *
 * @example
 * ```ts
 * import { controls, decodePayload } from "v4l2-stateless/uapi";
 *
 * const control = controls.V4L2_CID_STATELESS_VP8_FRAME;
 * console.log(control.id.toString(16), control.since, control.struct.size, control.struct.offsets.flags); // a409c8 5.13 1232 1224
 *
 * const { width, last_frame_ts } = decodePayload(control, new Uint8Array(1232).fill(1));
 * console.log(width, last_frame_ts); // 257 72340172838076673n
 * ```
 *
 * @module
 */

import { av1Controls } from "./av1.ts";
import type { ControlDefinition, MenuControl } from "./control.ts";
import { fwhtControls } from "./fwht.ts";
import { h264Controls } from "./h264.ts";
import { hevcControls } from "./h265.ts";
import { mpeg2Controls } from "./mpeg2.ts";
import { vp8Controls } from "./vp8.ts";
import { vp9Controls } from "./vp9.ts";

export * from "./av1.ts";
export { type Codec, type CodecDefinition, codecNames, codecs } from "./codecs.ts";
export * from "./control.ts";
export * from "./fwht.ts";
export * from "./h264.ts";
export * from "./h265.ts";
export * from "./modes.ts";
export * from "./mpeg2.ts";
export * from "./struct.ts";
export * from "./timestamp.ts";
export * from "./vp8.ts";
export * from "./vp9.ts";

/** The class of the stateless codec controls: `which` of `struct v4l2_ext_controls`. */
export const V4L2_CTRL_CLASS_CODEC_STATELESS = 0xa40000;
/** The id all stateless control ids are counted from. */
export const V4L2_CID_CODEC_STATELESS_BASE = 0xa40900;
/** The id of the class itself. */
export const V4L2_CID_CODEC_STATELESS_CLASS = 0xa40001;

/** The controls of all codecs by name. */
export const controls = {
  ...h264Controls,
  ...hevcControls,
  ...vp8Controls,
  ...vp9Controls,
  ...av1Controls,
  ...mpeg2Controls,
  ...fwhtControls,
} as const;

/** The name of a control: `"V4L2_CID_STATELESS_H264_SPS"` … */
export type ControlName = keyof typeof controls;

/** What VIDIOC_S_EXT_CTRLS takes for a control: a menu's number, or the bytes of the others. */
export type ControlPayload<Name extends ControlName = ControlName> = Name extends ControlName
  ? (typeof controls)[Name] extends MenuControl
    ? number
    : Uint8Array
  : never;

const all: Readonly<Record<string, ControlDefinition>> = controls;

/** The control called `name` (`"V4L2_CID_STATELESS_H264_SPS"`), or undefined when no codec of this package has it. */
export function controlByName<Name extends ControlName>(name: Name): (typeof controls)[Name];
export function controlByName(name: string): ControlDefinition | undefined;
export function controlByName(name: string): ControlDefinition | undefined {
  return Object.hasOwn(all, name) ? all[name] : undefined;
}

/** The control with this id, or undefined when no codec of this package has it. */
export function controlById(id: number): ControlDefinition | undefined {
  return Object.values(all).find((control) => control.id === id);
}
