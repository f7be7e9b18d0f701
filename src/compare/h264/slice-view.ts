import { decodePayload } from "../../uapi/control.ts";
import {
  h264Controls,
  V4L2_H264_BOTTOM_FIELD_REF,
  V4L2_H264_CTRL_PRED_WEIGHTS_REQUIRED,
  V4L2_H264_FRAME_REF,
  V4L2_H264_SLICE_TYPE_B,
  V4L2_H264_SLICE_TYPE_I,
  V4L2_H264_SLICE_TYPE_SI,
  V4L2_H264_TOP_FIELD_REF,
  v4l2_ctrl_h264_slice_params,
  type v4l2_h264_reference,
} from "../../uapi/h264.ts";
import type { ReferenceEntry } from "../comparator.ts";
import { flatten, type Value } from "../values.ts";

const fieldNames = new Map([
  [V4L2_H264_TOP_FIELD_REF, "top"],
  [V4L2_H264_BOTTOM_FIELD_REF, "bottom"],
  [V4L2_H264_FRAME_REF, "frame"],
]);

/** How a list entry names a frame that a gap in frame_num made. */
export const nonExisting = "non-existing";

/** The payloads of a slice's request that belong together. */
export interface SlicePayloads {
  readonly sliceParams: Uint8Array;
  readonly pps: Uint8Array;
  /** Undefined where the request has none. */
  readonly predWeights: Uint8Array | undefined;
}

/** What a driver reads in slice mode: the slice's own controls, with its references by picture and field, not by index. */
export function viewSlice(payloads: SlicePayloads, dpb: readonly ReferenceEntry[]): Map<string, Value> {
  const slice = decodePayload(h264Controls.V4L2_CID_STATELESS_H264_SLICE_PARAMS, payloads.sliceParams);
  const active = activeEntries(slice);
  const fields = new Map<string, Value>();
  const leftOut = new Set(["ref_pic_list0", "ref_pic_list1", "reserved"]);
  for (const [path, value] of flatten(v4l2_ctrl_h264_slice_params, payloads.sliceParams, leftOut)) {
    fields.set(`H264_SLICE_PARAMS.${path}`, value);
  }
  for (const [list, references] of [slice.ref_pic_list0, slice.ref_pic_list1].entries()) {
    for (const [i, reference] of references.slice(0, active[list]).entries()) {
      fields.set(`H264_SLICE_PARAMS.ref_pic_list${list}[${i}]`, referenceName(reference, dpb));
    }
  }
  addWeights(fields, payloads, active);
  return fields;
}

/** num_ref_idx_active of both lists; 0 where the slice's type has no such list. */
function activeEntries(slice: v4l2_ctrl_h264_slice_params): readonly [number, number] {
  const { slice_type } = slice;
  const isIntra = slice_type === V4L2_H264_SLICE_TYPE_I || slice_type === V4L2_H264_SLICE_TYPE_SI;
  return [
    isIntra ? 0 : slice.num_ref_idx_l0_active_minus1 + 1,
    slice_type === V4L2_H264_SLICE_TYPE_B ? slice.num_ref_idx_l1_active_minus1 + 1 : 0,
  ];
}

/** `"#12 top"`; `"none"` for an entry that refers to nothing: it has no fields, or points to an unused DPB entry. */
function referenceName({ index, fields }: v4l2_h264_reference, dpb: readonly ReferenceEntry[]): string {
  const entry = dpb.find((candidate) => candidate.index === index);
  if (entry === undefined || fields === 0) return "none";
  const picture = entry.picture === "none" ? `${nonExisting} ${entry.alias}` : entry.picture;
  return `${picture} ${fieldNames.get(fields) ?? `fields ${fields}`}`;
}

/** Whether there are weights, and those of the active entries where a driver needs them. */
function addWeights(fields: Map<string, Value>, payloads: SlicePayloads, active: readonly number[]): void {
  const { predWeights } = payloads;
  fields.set("H264_PRED_WEIGHTS.sent", predWeights === undefined ? 0 : 1);
  const slice = decodePayload(h264Controls.V4L2_CID_STATELESS_H264_SLICE_PARAMS, payloads.sliceParams);
  const pps = decodePayload(h264Controls.V4L2_CID_STATELESS_H264_PPS, payloads.pps);
  if (predWeights === undefined || !V4L2_H264_CTRL_PRED_WEIGHTS_REQUIRED(pps, slice)) return;
  const table = decodePayload(h264Controls.V4L2_CID_STATELESS_H264_PRED_WEIGHTS, predWeights);
  fields.set("H264_PRED_WEIGHTS.luma_log2_weight_denom", table.luma_log2_weight_denom);
  fields.set("H264_PRED_WEIGHTS.chroma_log2_weight_denom", table.chroma_log2_weight_denom);
  for (const [list, factors] of table.weight_factors.entries()) {
    for (let i = 0; i < (active[list] ?? 0); i++) {
      for (const [name, values] of Object.entries(factors)) {
        fields.set(`H264_PRED_WEIGHTS.weight_factors[${list}].${name}[${i}]`, [values[i] ?? 0].flat().join(" "));
      }
    }
  }
}
