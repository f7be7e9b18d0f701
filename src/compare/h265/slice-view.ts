import { decodePayload } from "../../uapi/control.ts";
import {
  hevcControls,
  V4L2_HEVC_SLICE_TYPE_B,
  V4L2_HEVC_SLICE_TYPE_I,
  v4l2_ctrl_hevc_slice_params,
  type v4l2_hevc_pred_weight_table,
} from "../../uapi/h265.ts";
import type { ReferenceEntry } from "../comparator.ts";
import { flatten, type Value, type Values } from "../values.ts";

const leftOut = new Set(["ref_idx_l0", "ref_idx_l1", "pred_weight_table", "reserved0", "reserved1"]);

/** The elements of SLICE_PARAMS, one a slice segment: lists of references by picture, weights where the header has them. */
export function viewSlices(payload: Uint8Array, pps: Values, dpb: readonly ReferenceEntry[]): Map<string, Value> {
  const { size } = v4l2_ctrl_hevc_slice_params;
  const fields = new Map<string, Value>([["HEVC_SLICE_PARAMS.elements", payload.length / size]]);
  const slices = decodePayload(hevcControls.V4L2_CID_STATELESS_HEVC_SLICE_PARAMS, payload);
  const pictures = new Map(dpb.map(({ index, picture }) => [index, picture]));
  for (const [i, slice] of slices.entries()) {
    const path = `HEVC_SLICE_PARAMS[${i}]`;
    const bytes = payload.subarray(i * size, (i + 1) * size);
    for (const [name, value] of flatten(v4l2_ctrl_hevc_slice_params, bytes, leftOut)) {
      fields.set(`${path}.${name}`, value);
    }
    const lists = [slice.ref_idx_l0, slice.ref_idx_l1];
    const active = activeEntries(slice);
    for (const [list, indices] of lists.entries()) {
      for (const [j, index] of indices.slice(0, active[list]).entries()) {
        fields.set(`${path}.ref_idx_l${list}[${j}]`, pictures.get(index) ?? "none");
      }
    }
    if (hasWeights(slice, pps)) addWeights(fields, `${path}.pred_weight_table`, slice.pred_weight_table, active);
  }
  return fields;
}

/** num_ref_idx_active of both lists; 0 where the slice's type has no such list. */
function activeEntries(slice: v4l2_ctrl_hevc_slice_params): readonly [number, number] {
  const isB = slice.slice_type === V4L2_HEVC_SLICE_TYPE_B;
  const isIntra = slice.slice_type === V4L2_HEVC_SLICE_TYPE_I;
  return [isIntra ? 0 : slice.num_ref_idx_l0_active_minus1 + 1, isB ? slice.num_ref_idx_l1_active_minus1 + 1 : 0];
}

/** 7.3.6.1: whether there is a pred_weight_table(). */
function hasWeights({ slice_type }: v4l2_ctrl_hevc_slice_params, pps: Values): boolean {
  if (slice_type === V4L2_HEVC_SLICE_TYPE_I) return false;
  return pps.get(slice_type === V4L2_HEVC_SLICE_TYPE_B ? "flags.WEIGHTED_BIPRED" : "flags.WEIGHTED_PRED") === 1;
}

function addWeights(
  fields: Map<string, Value>,
  path: string,
  table: v4l2_hevc_pred_weight_table,
  active: readonly number[],
): void {
  fields.set(`${path}.luma_log2_weight_denom`, table.luma_log2_weight_denom);
  fields.set(`${path}.delta_chroma_log2_weight_denom`, table.delta_chroma_log2_weight_denom);
  for (const [name, values] of Object.entries(table)) {
    if (!Array.isArray(values)) continue;
    for (const [i, value] of values.slice(0, active[name.endsWith("l0") ? 0 : 1]).entries()) {
      for (const [j, number] of [value].flat().entries()) {
        fields.set(`${path}.${name}[${i}]${Array.isArray(value) ? `[${j}]` : ""}`, number);
      }
    }
  }
}

/** All of them, `"none"` where there are none. */
export function entryPoints(payload: Uint8Array | undefined): Value {
  if (payload === undefined) return "none";
  return decodePayload(hevcControls.V4L2_CID_STATELESS_HEVC_ENTRY_POINT_OFFSETS, payload).join(" ");
}
