import { decodePayload } from "../../uapi/control.ts";
import {
  hevcControls,
  V4L2_HEVC_DPB_ENTRIES_NUM_MAX,
  v4l2_ctrl_hevc_decode_params,
  v4l2_ctrl_hevc_ext_sps_lt_rps,
  v4l2_ctrl_hevc_ext_sps_st_rps,
  v4l2_ctrl_hevc_pps,
  v4l2_ctrl_hevc_scaling_matrix,
  v4l2_ctrl_hevc_sps,
  v4l2_hevc_dpb_entry,
} from "../../uapi/h265.ts";
import { type Struct, viewOf } from "../../uapi/struct.ts";
import type { Comparator, DriverView, ReferenceEntry, ReferenceLabel } from "../comparator.ts";
import { addModes, driverPayload, flattenedOnce } from "../payloads.ts";
import type { EffectiveRequest } from "../request.ts";
import { addAll, flatten, type Value, type Values } from "../values.ts";
import { entryPoints, viewSlices } from "./slice-view.ts";

/** A control of this request as a driver gets it; undefined when the producer never set it. */
export function payloadOf(request: EffectiveRequest, control: string): Uint8Array | undefined {
  return driverPayload(request, `V4L2_CID_STATELESS_HEVC_${control}`);
}

const reserved = new Set(["reserved"]);

/** What a driver reads: scaling lists only where they are enabled, of lists of references only the entries in use. */
export function viewH265(request: EffectiveRequest, label: ReferenceLabel): DriverView {
  const fields = new Map<string, Value>();
  addModes(fields, "HEVC", request);
  const [sps, pps, params] = ["SPS", "PPS", "DECODE_PARAMS"].map((control) => payloadOf(request, control));
  if (sps === undefined || pps === undefined || params === undefined) return { fields, references: new Map() };
  const spsFields = flattenedOnce(sps, () => flatten(v4l2_ctrl_hevc_sps, sps, reserved));
  const ppsFields = flattenedOnce(pps, () => flatten(v4l2_ctrl_hevc_pps, pps, reserved));
  addAll(fields, "HEVC_SPS", spsFields);
  addAll(fields, "HEVC_PPS", ppsFields);
  const lists = scalingLists(request, spsFields.get("flags.SCALING_LIST_ENABLED") === 1);
  addAll(fields, "HEVC_SCALING_MATRIX", lists);
  const [st, lt] = [payloadOf(request, "EXT_SPS_ST_RPS"), payloadOf(request, "EXT_SPS_LT_RPS")];
  const usesSt = spsFields.get("num_short_term_ref_pic_sets") !== 0;
  const usesLt = spsFields.get("num_long_term_ref_pics_sps") !== 0;
  addElements(fields, "HEVC_EXT_SPS_ST_RPS", v4l2_ctrl_hevc_ext_sps_st_rps, usesSt ? st : undefined);
  addElements(fields, "HEVC_EXT_SPS_LT_RPS", v4l2_ctrl_hevc_ext_sps_lt_rps, usesLt ? lt : undefined);
  const dpb = dpbEntries(params, label);
  addDecodeParams(fields, params, dpb);
  const slices = payloadOf(request, "SLICE_PARAMS") ?? new Uint8Array(0);
  for (const [path, value] of viewSlices(slices, ppsFields, dpb)) fields.set(path, value);
  fields.set("HEVC_ENTRY_POINT_OFFSETS", entryPoints(payloadOf(request, "ENTRY_POINT_OFFSETS")));
  return { fields, references: new Map([["HEVC_DECODE_PARAMS.dpb[]", dpb]]) };
}

/** `sent` is 1 when the control was ever set. */
function scalingLists(request: EffectiveRequest, isEnabled: boolean): Values {
  const lists = payloadOf(request, "SCALING_MATRIX");
  if (lists === undefined) return new Map([["sent", 0]]);
  if (!isEnabled) return new Map([["sent", 1]]);
  return flattenedOnce(lists, () => new Map([["sent", 1], ...flatten(v4l2_ctrl_hevc_scaling_matrix, lists)]));
}

/** The elements of a dynamic array that belongs to the SPS, and how many they are. A driver reads none when the SPS has none. */
function addElements(fields: Map<string, Value>, control: string, def: Struct, payload: Uint8Array | undefined): void {
  const { size } = def;
  fields.set(`${control}.elements`, (payload?.length ?? 0) / size);
  if (payload === undefined) return;
  const values = flattenedOnce(payload, () => {
    const all = new Map<string, Value>();
    for (let i = 0; i * size < payload.length; i++) {
      for (const [path, value] of flatten(def, payload.subarray(i * size, (i + 1) * size))) {
        all.set(`[${i}].${path}`, value);
      }
    }
    return all;
  });
  for (const [path, value] of values) fields.set(`${control}${path}`, value);
}

const sets = ["poc_st_curr_before", "poc_st_curr_after", "poc_lt_curr"] as const;

/** The sets of 8.3.2 by picture, not by index. */
function addDecodeParams(fields: Map<string, Value>, params: Uint8Array, dpb: readonly ReferenceEntry[]): void {
  const leftOut = new Set(["dpb", "reserved", ...sets]);
  addAll(fields, "HEVC_DECODE_PARAMS", flatten(v4l2_ctrl_hevc_decode_params, params, leftOut));
  const decoded = decodePayload(hevcControls.V4L2_CID_STATELESS_HEVC_DECODE_PARAMS, params);
  for (const set of sets) {
    for (const [i, index] of decoded[set].slice(0, decoded[`num_${set}`]).entries()) {
      fields.set(`HEVC_DECODE_PARAMS.${set}[${i}]`, pictureAt(dpb, index));
    }
  }
}

/** The picture that an index into the DPB array means; `"none"` for 0xff and all others that no entry has. */
export function pictureAt(dpb: readonly ReferenceEntry[], index: number): string {
  return dpb.find((entry) => entry.index === index)?.picture ?? "none";
}

function dpbEntries(params: Uint8Array, label: ReferenceLabel): ReferenceEntry[] {
  const { dpb, num_active_dpb_entries } = decodePayload(hevcControls.V4L2_CID_STATELESS_HEVC_DECODE_PARAMS, params);
  return dpb.slice(0, num_active_dpb_entries).map((entry, index) => {
    const start = v4l2_ctrl_hevc_decode_params.offsets.dpb + index * v4l2_hevc_dpb_entry.size;
    const bytes = params.subarray(start, start + v4l2_hevc_dpb_entry.size);
    const fields = flatten(v4l2_hevc_dpb_entry, bytes, new Set(["reserved", "timestamp"]));
    const picture = label(entry.timestamp);
    fields.set("timestamp", picture);
    return { index, picture, alias: `POC ${entry.pic_order_cnt_val}`, fields };
  });
}

/** A payload with other timestamps in its references. Entries not in use stay as they are. */
export const translateTimestamps: Comparator["rawPayload"] = (name, payload, translate) => {
  if (!name.endsWith("_DECODE_PARAMS")) return payload;
  const copy = payload.slice();
  const view = viewOf(copy);
  const { dpb, num_active_dpb_entries } = v4l2_ctrl_hevc_decode_params.offsets;
  const entries = Math.min(view.getUint8(num_active_dpb_entries), V4L2_HEVC_DPB_ENTRIES_NUM_MAX);
  for (let i = 0; i < entries; i++) {
    const at = dpb + i * v4l2_hevc_dpb_entry.size + v4l2_hevc_dpb_entry.offsets.timestamp;
    view.setBigUint64(at, translate(view.getBigUint64(at, true)), true);
  }
  return copy;
};
