/** Controls as v4l2-tracer writes them: structures field by field. */
import type { RecordableControl } from "../record/index.ts";
import {
  controlByName,
  type Field,
  flagNames,
  type Scalar,
  type Struct,
  u32,
  v4l2_ctrl_av1_tile_group_entry,
  viewOf,
} from "../uapi/index.ts";

export type Json = Readonly<Record<string, unknown>>;

/** A request that `v4l2-tracer retrace` cannot perform. */
export class TraceWriteError extends Error {
  override readonly name = "TraceWriteError";
}

/**
 * v4l2-tracer 1.32 does not know the EXT_SPS controls. Of a list it writes and reads the first element only; retrace would send whatever
 * lies in memory after it.
 */
export function isKnown({ name, payload }: RecordableControl): boolean {
  // No driver of AV1 decodes without the tiles.
  if (name === "V4L2_CID_STATELESS_AV1_TILE_GROUP_ENTRY" && typeof payload !== "number") {
    const tiles = payload.length / v4l2_ctrl_av1_tile_group_entry.size;
    if (tiles > 1) {
      throw new TraceWriteError(
        `the frame has ${tiles} tiles, and v4l2-tracer 1.32 reads the first element of V4L2_CID_STATELESS_AV1_TILE_GROUP_ENTRY only: replay a record of it with v4l2-stateless decode`,
      );
    }
  }
  if (/_EXT_SPS_(?:ST|LT)_RPS$/.test(name)) return false;
  const definition = controlByName(name);
  if (definition?.type !== "struct" || definition.dynamicArray === undefined) return true;
  return typeof payload === "number" || payload.length === definition.struct.size;
}

/** @throws TraceWriteError for a control that v4l2-tracer could not write again. */
export function controlOf({ name, payload }: RecordableControl): Json {
  const definition = controlByName(name);
  if (definition === undefined) throw new TraceWriteError(`v4l2-tracer knows no control ${name}`);
  if (typeof payload === "number") {
    const named =
      definition.type === "menu" ? Object.entries(definition.menu).find(([, value]) => value === payload) : undefined;
    return { id: name, size: 0, value: named?.[0] ?? payload };
  }
  const size = payload.length;
  const view = viewOf(payload);
  if (definition.type === "u32 array") {
    const p_u32 = Array.from({ length: size >> 2 }, (_, i) => u32.read(view, 4 * i));
    return { id: name, size, elems: p_u32.length, p_u32 };
  }
  if (definition.type === "menu" || size !== definition.struct.size) {
    throw new TraceWriteError(`${name} has ${size} bytes, which no structure of that name has`);
  }
  return { id: name, size, [definition.struct.name]: structOf(definition.struct, view, 0) };
}

/** What is reserved is left out: it is 0. */
function structOf(struct: Struct, view: DataView, offset: number): Json {
  const values: Record<string, unknown> = {};
  // constraint_set_flags stands under the names of the structure's own flags.
  const flags = struct.fields.find(({ name }) => name === "flags")?.type;
  for (const field of struct.fields) {
    if (/^reserved/.test(field.name)) continue;
    const isNested = field.type.kind === "struct" && field.dims.length === 0;
    const key = isNested ? (field.type as Struct).name : field.name;
    values[key] = fieldValue(field, view, offset + field.offset, flags?.kind === "scalar" ? flags : undefined);
  }
  return values;
}

function fieldValue({ name, type, dims }: Field, view: DataView, offset: number, flags: Scalar | undefined): unknown {
  const read = (at: number): unknown => {
    if (type.kind === "struct") return structOf(type, view, at);
    const value = type.read(view, at);
    // Flags of a list are numbers.
    return flags !== undefined && /flags$/.test(name) && dims.length === 0 ? flagsText(flags, value) : value;
  };
  if (dims.length === 0) return read(offset);
  const count = dims.reduce((product, length) => product * length, 1);
  return Array.from({ length: count }, (_, i) => read(offset + i * type.size));
}

/** Numbers inside of a set of flags are written in hexadecimal, with the bits that have no name. */
function flagsText(type: Scalar, value: number | bigint): string {
  const bits = Object.values(type.flags ?? {}).filter((mask) => (mask & (mask - 1)) === 0);
  const known = bits.reduce((mask, bit) => mask | BigInt(bit), 0n);
  const unknown = BigInt(value) & ~known;
  const names = flagNames(type, typeof value === "bigint" ? value & known : Number(BigInt(value) & known));
  return [...names, ...(unknown === 0n ? [] : [`0x${unknown.toString(16)}`])].join("|");
}
