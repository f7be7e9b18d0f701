import { decodePayload } from "../../uapi/control.ts";
import {
  h264Controls,
  V4L2_H264_BOTTOM_FIELD_REF,
  V4L2_H264_DPB_ENTRY_FLAG_ACTIVE,
  V4L2_H264_DPB_ENTRY_FLAG_VALID,
  V4L2_H264_PPS_FLAG_SCALING_MATRIX_PRESENT,
  V4L2_H264_TOP_FIELD_REF,
  v4l2_ctrl_h264_decode_params,
  v4l2_ctrl_h264_pps,
  v4l2_ctrl_h264_scaling_matrix,
  v4l2_ctrl_h264_sps,
  v4l2_h264_dpb_entry,
} from "../../uapi/h264.ts";
import { viewOf } from "../../uapi/struct.ts";
import type { Comparator, DriverView, FieldsRead, ReferenceEntry, ReferenceLabel } from "../comparator.ts";
import { addModes, driverPayload, flattenedOnce } from "../payloads.ts";
import type { EffectiveRequest } from "../request.ts";
import { addAll, flatten, type Value, type Values } from "../values.ts";
import { type SlicePayloads, viewSlice } from "./slice-view.ts";

/** A control of this request as a driver gets it; undefined when the producer never set it. */
export function payloadOf(request: EffectiveRequest, control: string): Uint8Array | undefined {
  return driverPayload(request, `V4L2_CID_STATELESS_H264_${control}`);
}

const wholeControls = [
  ["SPS", v4l2_ctrl_h264_sps],
  ["PPS", v4l2_ctrl_h264_pps],
] as const;

/** What a driver reads. Scaling lists only under SCALING_MATRIX_PRESENT: rkvdec and hantro take flat ones without. */
export function viewH264(request: EffectiveRequest, label: ReferenceLabel, reads?: FieldsRead): DriverView {
  const fields = new Map<string, Value>();
  for (const [control, def] of wholeControls) {
    const payload = payloadOf(request, control);
    if (payload === undefined) continue;
    addAll(
      fields,
      `H264_${control}`,
      flattenedOnce(payload, () => flatten(def, payload)),
    );
  }
  addAll(fields, "H264_SCALING_MATRIX", scalingLists(request));
  addModes(fields, "H264", request);
  const decodeParams = payloadOf(request, "DECODE_PARAMS");
  if (decodeParams === undefined) return { fields, references: new Map() };
  addAll(fields, "H264_DECODE_PARAMS", flatten(v4l2_ctrl_h264_decode_params, decodeParams, leftOut));
  const dpb = dpbEntries(decodeParams, label);
  const payloads = slicePayloads(request);
  if (payloads !== undefined) for (const [path, value] of viewSlice(payloads, dpb)) fields.set(path, value);
  const seen = dpb.filter(({ fields: entry }) => readsValid(reads) || entry.get("flags.ACTIVE") === 1);
  return { fields, references: new Map([["H264_DECODE_PARAMS.dpb[]", seen]]) };
}

/** A driver that does not passes over entries that are only VALID: pictures that wait for output. */
function readsValid(reads: FieldsRead | undefined): boolean {
  const { name } = h264Controls.V4L2_CID_STATELESS_H264_DECODE_PARAMS;
  return reads?.isRead(name, "dpb.flags", "V4L2_H264_DPB_ENTRY_FLAG_VALID") ?? true;
}

/** Undefined in frame mode, which has no SLICE_PARAMS. */
function slicePayloads(request: EffectiveRequest): SlicePayloads | undefined {
  const [sliceParams, pps] = [payloadOf(request, "SLICE_PARAMS"), payloadOf(request, "PPS")];
  if (sliceParams === undefined || pps === undefined) return undefined;
  return { sliceParams, pps, predWeights: payloadOf(request, "PRED_WEIGHTS") };
}

const leftOut = new Set(["dpb", "reserved"]);

const noLists: Values = new Map(
  [...flatten(v4l2_ctrl_h264_scaling_matrix, new Uint8Array(v4l2_ctrl_h264_scaling_matrix.size)).keys()].map((path) => [
    path,
    "none",
  ]),
);

function scalingLists(request: EffectiveRequest): Values {
  const pps = payloadOf(request, "PPS");
  const lists = payloadOf(request, "SCALING_MATRIX");
  if (pps === undefined) return noLists;
  const { flags } = decodePayload(h264Controls.V4L2_CID_STATELESS_H264_PPS, pps);
  if ((flags & V4L2_H264_PPS_FLAG_SCALING_MATRIX_PRESENT) === 0 || lists === undefined) return noLists;
  return flattenedOnce(lists, () => flatten(v4l2_ctrl_h264_scaling_matrix, lists));
}

/** The entries in use, without the order counts of fields that are not referenced. */
function dpbEntries(decodeParams: Uint8Array, label: ReferenceLabel): ReferenceEntry[] {
  const { dpb } = decodePayload(h264Controls.V4L2_CID_STATELESS_H264_DECODE_PARAMS, decodeParams);
  const entries: ReferenceEntry[] = [];
  for (const [i, entry] of dpb.entries()) {
    if ((entry.flags & (V4L2_H264_DPB_ENTRY_FLAG_VALID | V4L2_H264_DPB_ENTRY_FLAG_ACTIVE)) === 0) continue;
    const start = i * v4l2_h264_dpb_entry.size;
    const bytes = decodeParams.subarray(start, start + v4l2_h264_dpb_entry.size);
    const fields = flatten(v4l2_h264_dpb_entry, bytes, new Set(["reserved", "reference_ts"]));
    if ((entry.fields & V4L2_H264_TOP_FIELD_REF) === 0) fields.delete("top_field_order_cnt");
    if ((entry.fields & V4L2_H264_BOTTOM_FIELD_REF) === 0) fields.delete("bottom_field_order_cnt");
    const picture = label(entry.reference_ts);
    fields.set("reference_ts", picture);
    entries.push({ index: i, picture, alias: `frame_num ${entry.frame_num}`, fields });
  }
  return entries;
}

/** A payload with other timestamps in its references. Entries not in use stay as they are. */
export const translateTimestamps: Comparator["rawPayload"] = (name, payload, translate) => {
  if (!name.endsWith("_DECODE_PARAMS")) return payload;
  const copy = payload.slice();
  const view = viewOf(copy);
  const o = v4l2_h264_dpb_entry.offsets;
  for (let start = 0; start < v4l2_ctrl_h264_decode_params.offsets.nal_ref_idc; start += v4l2_h264_dpb_entry.size) {
    if (view.getUint32(start + o.flags, true) === 0) continue;
    view.setBigUint64(start + o.reference_ts, translate(view.getBigUint64(start + o.reference_ts, true)), true);
  }
  return copy;
};
