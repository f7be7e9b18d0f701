import { decodePayload } from "../../uapi/control.ts";
import {
  mpeg2Controls,
  V4L2_MPEG2_PIC_CODING_TYPE_B,
  V4L2_MPEG2_PIC_CODING_TYPE_P,
  v4l2_ctrl_mpeg2_picture,
  v4l2_ctrl_mpeg2_quantisation,
  v4l2_ctrl_mpeg2_sequence,
} from "../../uapi/mpeg2.ts";
import type { Struct } from "../../uapi/struct.ts";
import type { DriverView, ReferenceLabel } from "../comparator.ts";
import { pictureAt, timestampTranslator } from "../references.ts";
import type { EffectiveRequest } from "../request.ts";
import { flatten, type Value } from "../values.ts";

const references = ["backward_ref_ts", "forward_ref_ts"] as const;

/** The label of 2^64 - 1, GST_CLOCK_TIME_NONE. */
export const noReferenceOfGstreamer = `gst timestamp ${2n ** 64n - 1n}`;

/** A reference of MPEG2_PICTURE as it was sent; undefined without the control. */
export function referenceOf(request: EffectiveRequest, name: (typeof references)[number]): bigint | undefined {
  const picture = payloadOf(request, "PICTURE");
  return picture && decodePayload(mpeg2Controls.V4L2_CID_STATELESS_MPEG2_PICTURE, picture)[name];
}

/** ext-ctrls-codec-stateless.rst: forward_ref_ts is of P and B pictures, backward_ref_ts of B pictures. */
function usesReference(request: EffectiveRequest, name: (typeof references)[number]): boolean {
  const picture = payloadOf(request, "PICTURE");
  const type = picture?.[v4l2_ctrl_mpeg2_picture.offsets.picture_coding_type];
  return type === V4L2_MPEG2_PIC_CODING_TYPE_B || (type === V4L2_MPEG2_PIC_CODING_TYPE_P && name === "forward_ref_ts");
}

/** A control of this request; undefined when the producer never set it. */
function payloadOf(request: EffectiveRequest, control: string): Uint8Array | undefined {
  const payload = request.controls.get(`V4L2_CID_STATELESS_MPEG2_${control}`);
  return payload instanceof Uint8Array ? payload : undefined;
}

/** Every field of the three controls, references as pictures. */
export function viewMpeg2(request: EffectiveRequest, label: ReferenceLabel): DriverView {
  const fields = new Map<string, Value>();
  const add = (control: string, def: Struct, leaveOut: readonly string[] = []): void => {
    const payload = payloadOf(request, control);
    if (payload === undefined) return;
    const values = flatten(def, payload, new Set(leaveOut));
    for (const [path, value] of values) fields.set(`MPEG2_${control}.${path}`, value);
  };
  add("SEQUENCE", v4l2_ctrl_mpeg2_sequence);
  add("PICTURE", v4l2_ctrl_mpeg2_picture, ["reserved", ...references]);
  add("QUANTISATION", v4l2_ctrl_mpeg2_quantisation);
  for (const name of references) {
    const timestamp = referenceOf(request, name);
    if (timestamp === undefined) continue;
    // Where the picture is decoded without it, 0 is none, even in a recording with a picture of this timestamp.
    const isNone = timestamp === 0n && !usesReference(request, name);
    fields.set(`MPEG2_PICTURE.${name}`, isNone ? "none" : pictureAt(label, timestamp));
  }
  return { fields, references: new Map() };
}

/** MPEG2_PICTURE with other timestamps in its references. */
export const translateTimestamps = timestampTranslator(
  "_PICTURE",
  references.map((name) => v4l2_ctrl_mpeg2_picture.offsets[name]),
);
