import { viewOf } from "../../uapi/struct.ts";
import { v4l2_ctrl_vp8_frame } from "../../uapi/vp8.ts";
import type { DriverView, ReferenceLabel } from "../comparator.ts";
import { pictureAt, timestampTranslator } from "../references.ts";
import type { EffectiveRequest } from "../request.ts";
import { flatten, type Value } from "../values.ts";

const references = ["last_frame_ts", "golden_frame_ts", "alt_frame_ts"] as const;
/** Of interframes only (RFC 6386, 19.2). */
const ofInterframes = ["prob_intra", "prob_last", "prob_gf"] as const;

const KEY_FRAME = 1n;

/** Every field of VP8_FRAME that the frame has, references as pictures. */
export function viewVp8(request: EffectiveRequest, label: ReferenceLabel): DriverView {
  const fields = new Map<string, Value>();
  const payload = request.controls.get("V4L2_CID_STATELESS_VP8_FRAME");
  if (!(payload instanceof Uint8Array)) return { fields, references: new Map() };
  const view = viewOf(payload);
  const { offsets } = v4l2_ctrl_vp8_frame;
  const isKey = (view.getBigUint64(offsets.flags, true) & KEY_FRAME) !== 0n;
  const leaveOut = new Set<string>([...references, ...(isKey ? ofInterframes : [])]);
  for (const [path, value] of flatten(v4l2_ctrl_vp8_frame, payload, leaveOut)) fields.set(`VP8_FRAME.${path}`, value);
  for (const name of references) {
    fields.set(`VP8_FRAME.${name}`, pictureAt(label, view.getBigUint64(offsets[name], true)));
  }
  return { fields, references: new Map() };
}

/** VP8_FRAME with other timestamps in its references. */
export const translateTimestamps = timestampTranslator(
  "_VP8_FRAME",
  references.map((name) => v4l2_ctrl_vp8_frame.offsets[name]),
);
