/** What lint asks about the controls of a call. */

import { validate } from "../kernel/index.ts";
import type { Codec } from "../uapi/codecs.ts";
import { controlById } from "../uapi/index.ts";
import type { CapturedControl, SetControls } from "./calls.ts";

/** Controls that say of what the pictures of a sequence are made. */
export const sequenceControls: Readonly<Partial<Record<Codec, string>>> = {
  h264: "V4L2_CID_STATELESS_H264_SPS",
  h265: "V4L2_CID_STATELESS_HEVC_SPS",
  vp9: "V4L2_CID_STATELESS_VP9_FRAME",
  av1: "V4L2_CID_STATELESS_AV1_SEQUENCE",
};
/** Controls that belong to one picture. */
const ofOnePicture =
  /_(?:DECODE_PARAMS|SLICE_PARAMS|PRED_WEIGHTS|ENTRY_POINT_OFFSETS|MPEG2_PICTURE|VP8_FRAME|VP9_FRAME|VP9_COMPRESSED_HDR|AV1_FRAME|TILE_GROUP_ENTRY|FILM_GRAIN)$/;
const extSps = /_EXT_SPS_(?:ST|LT)_RPS$/;

/** The first control that belongs to one picture. */
export function pictureControlOf({ controls }: SetControls): string | undefined {
  return controls.map(nameOf).find((name) => ofOnePicture.test(name));
}

/** Whether the call sets what the codec's CAPTURE format depends on. */
export function setsSequence({ controls }: SetControls, codec: Codec | undefined): boolean {
  const sequence = codec === undefined ? undefined : sequenceControls[codec];
  return sequence !== undefined && controls.some((control) => nameOf(control) === sequence);
}

/**
 * The EXT_SPS control that a driver refused because it has none; undefined where another control of the call may be the reason. The
 * kernel does not say which one it is: VIDIOC_S_EXT_CTRLS looks all of them up first, and leaves error_idx at their number.
 */
export function refusedExtSps({ error, controls }: SetControls): string | undefined {
  if (error !== "EINVAL") return undefined;
  const isExt = (control: CapturedControl) => extSps.test(nameOf(control));
  if (!controls.every((control) => isExt(control) || isAccepted(control))) return undefined;
  const ext = controls.find(isExt);
  return ext === undefined ? undefined : nameOf(ext);
}

/** Whether every driver takes it that has the control. Which values of a menu it takes is its own matter. */
function isAccepted({ id, payload }: CapturedControl): boolean {
  const control = controlById(id);
  if (control === undefined || control.type === "menu" || typeof payload === "number") return false;
  return validate(control.name, payload).length === 0;
}

function nameOf({ id }: CapturedControl): string {
  return controlById(id)?.name ?? "";
}
