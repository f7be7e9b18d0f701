import {
  av1Controls,
  V4L2_AV1_FILM_GRAIN_FLAG_APPLY_GRAIN,
  V4L2_AV1_FRAME_FLAG_ALLOW_INTRABC,
  V4L2_AV1_INTRA_ONLY_FRAME,
  V4L2_AV1_KEY_FRAME,
  V4L2_AV1_SEG_LVL_ALT_Q,
  V4L2_AV1_SEGMENT_FEATURE_ENABLED,
  V4L2_AV1_SEGMENTATION_FLAG_ENABLED,
  v4l2_av1_cdef,
  v4l2_av1_quantization,
  v4l2_av1_segmentation,
  v4l2_av1_tile_info,
  v4l2_ctrl_av1_film_grain,
  v4l2_ctrl_av1_frame,
  v4l2_ctrl_av1_sequence,
  v4l2_ctrl_av1_tile_group_entry,
} from "../../uapi/av1.ts";
import { elementSize } from "../../uapi/control.ts";
import { type Field, type Struct, viewOf } from "../../uapi/struct.ts";
import type { DriverView, ReferenceLabel } from "../comparator.ts";
import { pictureAt, timestampTranslator } from "../references.ts";
import type { EffectiveRequest } from "../request.ts";
import { flatten, type Value } from "../values.ts";

type Fields = Map<string, Value>;

/** A control of this request; undefined when the producer never set it, or with another size. */
export function payloadOf(request: EffectiveRequest, control: string): Uint8Array | undefined {
  const payload = request.controls.get(`V4L2_CID_STATELESS_AV1_${control}`);
  return payload instanceof Uint8Array ? payload : undefined;
}

/** Every field of the four controls that a driver may read, references as pictures. */
export function viewAv1(request: EffectiveRequest, label: ReferenceLabel): DriverView {
  const fields: Fields = new Map();
  const sequence = payloadOf(request, "SEQUENCE");
  if (sequence?.length === v4l2_ctrl_av1_sequence.size) {
    addAll(fields, "AV1_SEQUENCE", v4l2_ctrl_av1_sequence, sequence, ["reserved"]);
  }
  const frame = payloadOf(request, "FRAME");
  if (frame?.length === v4l2_ctrl_av1_frame.size) addFrame(fields, frame, label);
  const tiles = payloadOf(request, "TILE_GROUP_ENTRY");
  if (tiles !== undefined) addTiles(fields, tiles);
  const grain = payloadOf(request, "FILM_GRAIN");
  if (grain?.length === v4l2_ctrl_av1_film_grain.size) addFilmGrain(fields, grain);
  return { fields, references: new Map() };
}

function addAll(fields: Fields, path: string, def: Struct, payload: Uint8Array, leaveOut: readonly string[]): void {
  for (const [name, value] of flatten(def, payload, new Set(leaveOut))) fields.set(`${path}.${name}`, value);
}

/** Sets the first `count` elements of an array, one by one. */
function addElements(
  fields: Fields,
  path: string,
  def: Struct,
  name: string,
  payload: Uint8Array,
  at: number,
  count: number,
): void {
  const { type, offset } = def.fields.find((field) => field.name === name) as Field;
  if (type.kind !== "scalar") throw new TypeError(`${name} has no numbers`);
  const view = viewOf(payload);
  for (let i = 0; i < count; i++) {
    fields.set(`${path}.${name}[${i}]`, Number(type.read(view, at + offset + i * type.size)));
  }
}

/** Arrays of which drivers read as many elements as another field says, and fields of inter frames only. */
const counted: readonly string[] = [
  "mi_col_starts",
  "mi_row_starts",
  "width_in_sbs_minus_1",
  "height_in_sbs_minus_1",
  "y_pri_strength",
  "y_sec_strength",
  "uv_pri_strength",
  "uv_sec_strength",
  "order_hints",
  "ref_frame_idx",
  "reference_frame_ts",
  "reserved",
];

function addFrame(fields: Fields, payload: Uint8Array, label: ReferenceLabel): void {
  const path = "AV1_FRAME";
  const o = v4l2_ctrl_av1_frame.offsets;
  const view = viewOf(payload);
  addAll(fields, path, v4l2_ctrl_av1_frame, payload, counted);
  const tile = (name: string, count: number): void =>
    addElements(fields, `${path}.tile_info`, v4l2_av1_tile_info, name, payload, o.tile_info, count);
  const cols = Math.min(64, view.getUint8(o.tile_info + v4l2_av1_tile_info.offsets.tile_cols));
  const rows = Math.min(64, view.getUint8(o.tile_info + v4l2_av1_tile_info.offsets.tile_rows));
  tile("mi_col_starts", cols + 1);
  tile("mi_row_starts", rows + 1);
  tile("width_in_sbs_minus_1", cols);
  tile("height_in_sbs_minus_1", rows);
  // Nothing has this size where there is one tile.
  if (cols * rows <= 1) fields.delete(`${path}.tile_info.tile_size_bytes`);
  const strengths = 1 << (view.getUint8(o.cdef + v4l2_av1_cdef.offsets.bits) & 3);
  for (const name of counted.slice(4, 8)) {
    addElements(fields, `${path}.cdef`, v4l2_av1_cdef, name, payload, o.cdef, strengths);
  }
  // INTRA_FRAME has no motion.
  fields.delete(`${path}.global_motion.params[0][]`);
  // 5.9.11 sets nothing in lossless and intrabc frames.
  if (isWithoutLoopFilter(view)) fields.delete(`${path}.loop_filter.flags.DELTA_ENABLED`);
  if (!isEnabled(view)) {
    for (const name of fields.keys()) if (name.startsWith(`${path}.segmentation.feature`)) fields.delete(name);
  }
  for (let i = 0; i < 8; i++) {
    const timestamp = view.getBigUint64(o.reference_frame_ts + 8 * i, true);
    fields.set(`${path}.reference_frame_ts[${i}]`, pictureAt(label, timestamp));
  }
  const type = view.getUint32(o.frame_type, true);
  if (type === V4L2_AV1_KEY_FRAME || type === V4L2_AV1_INTRA_ONLY_FRAME) return;
  addElements(fields, path, v4l2_ctrl_av1_frame, "order_hints", payload, 0, 8);
  addElements(fields, path, v4l2_ctrl_av1_frame, "ref_frame_idx", payload, 0, 7);
}

function isEnabled(view: DataView): boolean {
  const at = v4l2_ctrl_av1_frame.offsets.segmentation + v4l2_av1_segmentation.offsets.flags;
  return (view.getUint8(at) & V4L2_AV1_SEGMENTATION_FLAG_ENABLED) !== 0;
}

/** ALLOW_INTRABC, or CodedLossless of 5.9.2. */
function isWithoutLoopFilter(view: DataView): boolean {
  const o = v4l2_ctrl_av1_frame.offsets;
  if (view.getUint32(o.flags, true) & V4L2_AV1_FRAME_FLAG_ALLOW_INTRABC) return true;
  const q = v4l2_av1_quantization.offsets;
  for (const at of [q.delta_q_y_dc, q.delta_q_u_dc, q.delta_q_u_ac, q.delta_q_v_dc, q.delta_q_v_ac]) {
    if (view.getInt8(o.quantization + at) !== 0) return false;
  }
  const seg = v4l2_av1_segmentation.offsets;
  const base = view.getUint8(o.quantization + q.base_q_idx);
  for (let i = 0; i < 8; i++) {
    const enabled = view.getUint8(o.segmentation + seg.feature_enabled + i);
    const hasDelta = isEnabled(view) && (enabled & V4L2_AV1_SEGMENT_FEATURE_ENABLED(V4L2_AV1_SEG_LVL_ALT_Q)) !== 0;
    const delta = hasDelta ? view.getInt16(o.segmentation + seg.feature_data + 16 * i, true) : 0;
    if (base + delta > 0) return false;
  }
  return true;
}

function addTiles(fields: Fields, payload: Uint8Array): void {
  const size = elementSize(av1Controls.V4L2_CID_STATELESS_AV1_TILE_GROUP_ENTRY);
  const count = Math.floor(payload.length / size);
  fields.set("AV1_TILE_GROUP_ENTRY.elements", count);
  for (let i = 0; i < count; i++) {
    const entry = payload.subarray(i * size, (i + 1) * size);
    addAll(fields, `AV1_TILE_GROUP_ENTRY[${i}]`, v4l2_ctrl_av1_tile_group_entry, entry, []);
  }
}

/** Arrays of the film grain, and the field that counts their elements. */
const points: readonly (readonly [name: string, count: "num_y_points" | "num_cb_points" | "num_cr_points"])[] = [
  ["point_y_value", "num_y_points"],
  ["point_y_scaling", "num_y_points"],
  ["point_cb_value", "num_cb_points"],
  ["point_cb_scaling", "num_cb_points"],
  ["point_cr_value", "num_cr_points"],
  ["point_cr_scaling", "num_cr_points"],
];
const coefficients = ["ar_coeffs_y_plus_128", "ar_coeffs_cb_plus_128", "ar_coeffs_cr_plus_128"];

/** Without APPLY_GRAIN nothing else is read. */
function addFilmGrain(fields: Fields, payload: Uint8Array): void {
  const path = "AV1_FILM_GRAIN";
  const def = v4l2_ctrl_av1_film_grain;
  const o = def.offsets;
  const applies = ((payload[o.flags] as number) & V4L2_AV1_FILM_GRAIN_FLAG_APPLY_GRAIN) !== 0;
  if (!applies) {
    fields.set(`${path}.flags.APPLY_GRAIN`, 0);
    return;
  }
  addAll(fields, path, def, payload, [...points.map(([name]) => name), ...coefficients, "reserved"]);
  for (const [name, count] of points) {
    addElements(fields, path, def, name, payload, 0, Math.min(16, payload[o[count]] as number));
  }
  const lag = Math.min(3, payload[o.ar_coeff_lag] as number);
  const luma = 2 * lag * (lag + 1);
  const hasLuma = (payload[o.num_y_points] as number) > 0;
  const isFromLuma = fields.get(`${path}.flags.CHROMA_SCALING_FROM_LUMA`) === 1;
  const used = [hasLuma, isFromLuma || payload[o.num_cb_points] !== 0, isFromLuma || payload[o.num_cr_points] !== 0];
  for (const [plane, name] of coefficients.entries()) {
    const count = plane === 0 || !hasLuma ? luma : luma + 1;
    addElements(fields, path, def, name, payload, 0, used[plane] ? count : 0);
  }
}

/** AV1_FRAME with other timestamps in its references. */
export const translateTimestamps = timestampTranslator(
  "_AV1_FRAME",
  Array.from({ length: 8 }, (_, i) => v4l2_ctrl_av1_frame.offsets.reference_frame_ts + 8 * i),
);
