import { V4L2_FWHT_FL_I_FRAME, v4l2_ctrl_fwht_params } from "../../uapi/fwht.ts";
import { viewOf } from "../../uapi/struct.ts";
import type { DriverView, ReferenceLabel } from "../comparator.ts";
import { pictureAt, timestampTranslator } from "../references.ts";
import type { EffectiveRequest } from "../request.ts";
import { flatten, type Value } from "../values.ts";

/** Every field of FWHT_PARAMS; the reference, which an I frame has none of, as a picture. */
export function viewFwht(request: EffectiveRequest, label: ReferenceLabel): DriverView {
  const fields = new Map<string, Value>();
  const payload = request.controls.get("V4L2_CID_STATELESS_FWHT_PARAMS");
  if (!(payload instanceof Uint8Array)) return { fields, references: new Map() };
  const view = viewOf(payload);
  const { offsets } = v4l2_ctrl_fwht_params;
  const leaveOut = new Set(["backward_ref_ts"]);
  for (const [path, value] of flatten(v4l2_ctrl_fwht_params, payload, leaveOut)) {
    fields.set(`FWHT_PARAMS.${path}`, value);
  }
  if ((view.getUint32(offsets.flags, true) & V4L2_FWHT_FL_I_FRAME) === 0) {
    const timestamp = view.getBigUint64(offsets.backward_ref_ts, true);
    fields.set("FWHT_PARAMS.backward_ref_ts", pictureAt(label, timestamp));
  }
  return { fields, references: new Map() };
}

/** FWHT_PARAMS with another timestamp in its reference. */
export const translateTimestamps = timestampTranslator("_FWHT_PARAMS", [v4l2_ctrl_fwht_params.offsets.backward_ref_ts]);
