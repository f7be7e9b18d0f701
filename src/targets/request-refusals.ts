import {
  u32,
  v4l2_av1_tile_info,
  v4l2_ctrl_av1_frame,
  v4l2_ctrl_av1_tile_group_entry,
  v4l2_ctrl_hevc_slice_params,
  viewOf,
} from "../uapi/index.ts";
import type { Target, TargetLimits, TargetRefusal } from "./target.ts";

type Controls = ReadonlyMap<string, Uint8Array | number>;

/** What fails in the driver when it begins a request's job: values that do not fit each other. */
export function requestRefusals(target: Target, limits: TargetLimits, controls: Controls): TargetRefusal[] {
  return [
    ...(limits.tileEntries === undefined ? [] : tileEntryRefusals(target, limits.tileEntries, controls)),
    ...(limits.countsEntryPoints ? entryPointRefusals(target, controls) : []),
    ...(limits.needsDataByteOffset ? dataByteOffsetRefusals(target, controls) : []),
  ];
}

/** The payload where the request has the control, with whole elements. */
function payloadOf(controls: Controls, name: string, elementSize: number): Uint8Array | undefined {
  const payload = controls.get(name);
  if (!(payload instanceof Uint8Array) || payload.length === 0 || payload.length % elementSize !== 0) return undefined;
  return payload;
}

const { offsets: tileInfo } = v4l2_av1_tile_info;
const { size: entrySize, offsets: entry } = v4l2_ctrl_av1_tile_group_entry;

/** The tiles of an AV1 frame; undefined where the payload has another size. */
export function tileGrid(payload: Uint8Array): { readonly columns: number; readonly tiles: number } | undefined {
  if (payload.length !== v4l2_ctrl_av1_frame.size) return undefined;
  const at = v4l2_ctrl_av1_frame.offsets.tile_info;
  const columns = payload[at + tileInfo.tile_cols] as number;
  return { columns, tiles: columns * (payload[at + tileInfo.tile_rows] as number) };
}

const frameControl = "V4L2_CID_STATELESS_AV1_FRAME";
const gridFields = ["tile_info.tile_cols", "tile_info.tile_rows"].map((path) => ({ control: frameControl, path }));

function tileEntryRefusals(
  target: Target,
  rule: NonNullable<TargetLimits["tileEntries"]>,
  controls: Controls,
): TargetRefusal[] {
  const control = "V4L2_CID_STATELESS_AV1_TILE_GROUP_ENTRY";
  const frame = controls.get(frameControl);
  const entries = payloadOf(controls, control, entrySize);
  const grid = frame instanceof Uint8Array ? tileGrid(frame) : undefined;
  if (grid === undefined || entries === undefined) return [];
  const { columns, tiles } = grid;
  const count = entries.length / entrySize;
  if (rule === "exact" ? count !== tiles : count < tiles) {
    const least = rule === "exact" ? "" : " at least";
    const reason = `${target.name} takes one for each tile${least}: ${tiles}`;
    return [{ control, path: "", value: count, reason, unfit: gridFields }];
  }
  if (rule !== "exact") return [];
  const view = viewOf(entries);
  for (let i = 0; i < count; i++) {
    const row = view.getUint32(i * entrySize + entry.tile_row, true);
    const column = view.getUint32(i * entrySize + entry.tile_col, true);
    if (row * columns + column === i) continue;
    const [name, value] =
      row === Math.floor(i / columns) ? (["tile_col", column] as const) : (["tile_row", row] as const);
    const reason = `tile ${column}, ${row} is entry ${i}: ${target.name} takes the tiles in raster order`;
    return [{ control, path: `[${i}].${name}`, value, reason, unfit: gridFields }];
  }
  return [];
}

const { size: sliceSize, offsets: slice } = v4l2_ctrl_hevc_slice_params;
const sliceParams = "V4L2_CID_STATELESS_HEVC_SLICE_PARAMS";
const entryPoints = "V4L2_CID_STATELESS_HEVC_ENTRY_POINT_OFFSETS";

function entryPointRefusals(target: Target, controls: Controls): TargetRefusal[] {
  const slices = payloadOf(controls, sliceParams, sliceSize);
  const points = payloadOf(controls, entryPoints, u32.size);
  if (slices === undefined || points === undefined) return [];
  const value = viewOf(slices).getUint32(slice.num_entry_point_offsets, true);
  const count = points.length / u32.size;
  if (value === 0 || value === count) return [];
  const reason = `${target.name} takes 0, or the number of ENTRY_POINT_OFFSETS, which is ${count}`;
  const unfit = [{ control: entryPoints, path: "" }];
  return [{ control: sliceParams, path: "[0].num_entry_point_offsets", value, reason, unfit }];
}

function dataByteOffsetRefusals(target: Target, controls: Controls): TargetRefusal[] {
  const slices = payloadOf(controls, sliceParams, sliceSize);
  if (slices === undefined || viewOf(slices).getUint32(slice.data_byte_offset, true) !== 0) return [];
  const reason = `${target.name} finds the end of the slice header by it`;
  return [{ control: sliceParams, path: "[0].data_byte_offset", value: 0, reason }];
}
