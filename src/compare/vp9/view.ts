import { viewOf } from "../../uapi/struct.ts";
import {
  V4L2_VP9_FRAME_FLAG_INTRA_ONLY,
  V4L2_VP9_FRAME_FLAG_KEY_FRAME,
  V4L2_VP9_SEGMENTATION_FLAG_UPDATE_MAP,
  v4l2_ctrl_vp9_compressed_hdr,
  v4l2_ctrl_vp9_frame,
  v4l2_vp9_segmentation,
} from "../../uapi/vp9.ts";
import type { DriverView, ReferenceLabel } from "../comparator.ts";
import { pictureAt, timestampTranslator } from "../references.ts";
import type { EffectiveRequest } from "../request.ts";
import { flatten, type Value } from "../values.ts";

const references = ["last_frame_ts", "golden_frame_ts", "alt_frame_ts"] as const;
/** Of frames that have references only (6.2, 6.3). */
const ofInterFrames = /^(ref_frame_sign_bias|interpolation_filter|reference_mode)\b/;
/** Of frames that code a segmentation map only (6.2.11). */
const ofMaps = /^seg\.(tree|pred)_probs\b/;

/** Every field of the two controls that the frame has, references as pictures. */
export function viewVp9(request: EffectiveRequest, label: ReferenceLabel): DriverView {
  const fields = new Map<string, Value>();
  const compressed = request.controls.get("V4L2_CID_STATELESS_VP9_COMPRESSED_HDR");
  if (compressed instanceof Uint8Array) {
    for (const [path, value] of flatten(v4l2_ctrl_vp9_compressed_hdr, compressed, new Set())) {
      fields.set(`VP9_COMPRESSED_HDR.${path}`, value);
    }
  }
  const payload = request.controls.get("V4L2_CID_STATELESS_VP9_FRAME");
  if (!(payload instanceof Uint8Array)) return { fields, references: new Map() };
  const view = viewOf(payload);
  const { offsets } = v4l2_ctrl_vp9_frame;
  const intra = V4L2_VP9_FRAME_FLAG_KEY_FRAME | V4L2_VP9_FRAME_FLAG_INTRA_ONLY;
  const isIntra = (view.getUint32(offsets.flags, true) & intra) !== 0;
  const segFlags = view.getUint8(offsets.seg + v4l2_vp9_segmentation.offsets.flags);
  const hasMap = (segFlags & V4L2_VP9_SEGMENTATION_FLAG_UPDATE_MAP) !== 0;
  for (const [path, value] of flatten(v4l2_ctrl_vp9_frame, payload, new Set<string>(references))) {
    if ((isIntra && ofInterFrames.test(path)) || (!hasMap && ofMaps.test(path))) continue;
    fields.set(`VP9_FRAME.${path}`, value);
  }
  for (const name of isIntra ? [] : references) {
    fields.set(`VP9_FRAME.${name}`, pictureAt(label, view.getBigUint64(offsets[name], true)));
  }
  return { fields, references: new Map() };
}

/** VP9_FRAME with other timestamps in its references. */
export const translateTimestamps = timestampTranslator(
  "_VP9_FRAME",
  references.map((name) => v4l2_ctrl_vp9_frame.offsets[name]),
);
