/** Where the tiles of a request lie in its OUTPUT buffer. */
import { crc32 } from "../../record/crc32.ts";
import {
  av1Controls,
  v4l2_av1_tile_info,
  v4l2_ctrl_av1_frame,
  v4l2_ctrl_av1_tile_group_entry,
} from "../../uapi/av1.ts";
import { elementSize } from "../../uapi/control.ts";
import { viewOf } from "../../uapi/struct.ts";
import type { EffectiveRequest } from "../request.ts";
import { type Variant, type Variants, variantKey } from "../variants.ts";

/** A tile's bytes in the OUTPUT buffer. */
export interface TilePlace {
  readonly offset: number;
  readonly size: number;
}

type Controls = EffectiveRequest["controls"];

/** The tiles of a request, in the order of their entries. */
export function tilesOf(controls: Controls): TilePlace[] {
  const payload = controls.get("V4L2_CID_STATELESS_AV1_TILE_GROUP_ENTRY");
  if (!(payload instanceof Uint8Array)) return [];
  const size = elementSize(av1Controls.V4L2_CID_STATELESS_AV1_TILE_GROUP_ENTRY);
  const { tile_offset, tile_size } = v4l2_ctrl_av1_tile_group_entry.offsets;
  const view = viewOf(payload);
  return Array.from({ length: Math.floor(payload.length / size) }, (_, i) => ({
    offset: view.getUint32(i * size + tile_offset, true),
    size: view.getUint32(i * size + tile_size, true),
  }));
}

/** TileSizeBytes: the bytes before each tile but the last of its group. */
function tileSizeBytes(controls: Controls): number {
  const payload = controls.get("V4L2_CID_STATELESS_AV1_FRAME");
  if (!(payload instanceof Uint8Array) || payload.length !== v4l2_ctrl_av1_frame.size) return 0;
  return payload[v4l2_ctrl_av1_frame.offsets.tile_info + v4l2_av1_tile_info.offsets.tile_size_bytes] as number;
}

/**
 * The tiles by their tile groups (5.11.1). In a group each tile but the last comes after its size, and the last one right after the tile before
 * it. `data` is the OUTPUT buffer.
 */
export function tileGroups(controls: Controls, data: Uint8Array): TilePlace[][] {
  const bytes = tileSizeBytes(controls);
  const groups: TilePlace[][] = [];
  let end = -1;
  let isOpen = false;
  for (const tile of tilesOf(controls)) {
    const isLast = tile.offset === end;
    const hasSize = isAfterItsSize(data, tile, bytes);
    if (isOpen && (isLast || (tile.offset === end + bytes && hasSize))) (groups.at(-1) as TilePlace[]).push(tile);
    else groups.push([tile]);
    isOpen = !isLast && hasSize;
    end = tile.offset + tile.size;
  }
  return groups;
}

function isAfterItsSize(data: Uint8Array, { offset, size }: TilePlace, bytes: number): boolean {
  if (bytes === 0 || offset < bytes) return false;
  let value = 0;
  for (let i = 0; i < bytes; i++) value += (data[offset - bytes + i] ?? 0) * 256 ** i;
  return value + 1 === size;
}

/** A tile group without what stands before its first tile; of a group with several tiles, it begins with a tile's size. */
interface GroupPart {
  readonly begin: number;
  readonly end: number;
  readonly tiles: readonly TilePlace[];
}

function groupParts(controls: Controls, data: Uint8Array): GroupPart[] {
  const bytes = tileSizeBytes(controls);
  return tileGroups(controls, data).map((tiles) => {
    const [first, last] = [tiles[0], tiles.at(-1)] as [TilePlace, TilePlace];
    return { begin: first.offset - (tiles.length > 1 ? bytes : 0), end: last.offset + last.size, tiles };
  });
}

/**
 * The offset of each tile as FFmpeg sends it with its own buffer: its place in its tile group, from where the last group begins, whichever
 * group it is in.
 */
export function offsetsOfFfmpeg(controls: Controls, data: Uint8Array): number[] {
  const parts = groupParts(controls, data);
  const last = parts.slice(0, -1).reduce((sum, { begin, end }) => sum + end - begin, 0);
  return parts.flatMap(({ begin, tiles }) => tiles.map(({ offset }) => last + offset - begin));
}

/** The OUTPUT buffer that FFmpeg makes of our request: the data of each tile group. */
export function tileVariants(controls: Controls, data: Uint8Array): Variants {
  let length = 0;
  let checksum = 0;
  for (const { begin, end } of groupParts(controls, data)) {
    const part = data.subarray(begin, end);
    length += part.length;
    checksum = crc32(part, checksum);
  }
  const key = variantKey(length, checksum);
  return new Map<string, Variant>(length === data.length ? [] : [[key, "tiles"]]);
}
