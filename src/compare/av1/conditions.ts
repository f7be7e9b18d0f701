import { elementSize } from "../../uapi/control.ts";
import { av1Controls, v4l2_ctrl_av1_frame, v4l2_ctrl_av1_tile_group_entry } from "../../uapi/av1.ts";
import { viewOf } from "../../uapi/struct.ts";
import { type Condition, condition, type Occurrence, type Side } from "../comparator.ts";
import { payloadOf } from "./view.ts";

const entrySize = elementSize(av1Controls.V4L2_CID_STATELESS_AV1_TILE_GROUP_ENTRY);
const entry = v4l2_ctrl_av1_tile_group_entry.offsets;

/** The tiles of a request, in the order of their entries. */
function tilesOf(side: Side | undefined): { readonly offset: number; readonly size: number }[] {
  const payload = side && payloadOf(side.request, "TILE_GROUP_ENTRY");
  if (payload === undefined) return [];
  const view = viewOf(payload);
  return Array.from({ length: Math.floor(payload.length / entrySize) }, (_, i) => ({
    offset: view.getUint32(i * entrySize + entry.tile_offset, true),
    size: view.getUint32(i * entrySize + entry.tile_size, true),
  }));
}

/**
 * FFmpeg's buffer has as many bytes as our tiles with the sizes between them: in each group, a size stands before every tile but the
 * last.
 */
function isTileDataAlone({ ours, ff }: Occurrence): boolean {
  if (ff === undefined) return false;
  const tiles = tilesOf(ours);
  const data = tiles.reduce((total, { size }) => total + size, 0);
  const sizes = ff.request.bytes - data;
  const bytes = Number(ours.view.fields.get("AV1_FRAME.tile_info.tile_size_bytes") ?? 0);
  return sizes >= 0 && sizes <= bytes * (tiles.length - 1);
}

/** Some tile of ours begins after more than a tile size: an OBU's or tile group's header stands before it. */
function hasSeveralGroups({ ours }: Occurrence): boolean {
  const bytes = Number(ours.view.fields.get("AV1_FRAME.tile_info.tile_size_bytes") ?? 0);
  const tiles = tilesOf(ours);
  return tiles.some(({ offset }, i) => {
    const before = tiles[i - 1];
    return before !== undefined && offset !== before.offset + before.size + bytes;
  });
}

/** The value is one of the request that the peer sent next or later: of a frame of the same temporal unit. */
function isOfALaterFrame({ ours, ff, field, values, history }: Occurrence): boolean {
  const index = ff?.request.index;
  if (index === undefined) return false;
  const after = history.sides.slice(ours.request.index + 1, ours.request.index + 9);
  return after.some((side) => side.view.fields.get(field) === values.ff);
}

const number = (side: Side, field: string): number => Number(side.view.fields.get(`AV1_FRAME.${field}`));

/** FFmpeg's start is ours in superblocks, rounded up. */
function isInSuperblocks({ ours, values }: Occurrence): boolean {
  const sb = ours.view.fields.get("AV1_SEQUENCE.flags.USE_128X128_SUPERBLOCK") === 1 ? 32 : 16;
  return typeof values.ours === "number" && values.ff === Math.ceil(values.ours / sb);
}

/** The last start is MiCols or MiRows (5.9.9), and FFmpeg's is that of another frame of the packet. */
function isLastStartOfLaterFrame({ ours, field, values, history }: Occurrence): boolean {
  const isColumn = field.includes("col");
  const index = Number(/\[(\d+)\]$/.exec(field)?.[1]);
  if (index !== number(ours, `tile_info.tile_${isColumn ? "cols" : "rows"}`)) return false;
  const size = `frame_${isColumn ? "width" : "height"}_minus_1`;
  const after = history.sides.slice(ours.request.index + 1, ours.request.index + 9);
  return after.some((side) => values.ff === 2 * ((number(side, size) + 8) >> 3));
}

/** FFmpeg's request, of which we have none, comes before our first one. */
function isBeforeOurs({ ff, values, history }: Occurrence): boolean {
  const first = history.sides.at(0);
  const partner = first && history.partner("ff", first);
  return values.ours === "absent" && ff !== undefined && partner !== undefined && ff.request.index < partner.request.index;
}

/** GStreamer has no request for some of ours before this one. */
function hasGaps({ ours, history }: Occurrence): boolean {
  for (const index of history.missing.gst) if (index < ours.request.index) return true;
  return false;
}

function deltasOf(side: Side | undefined): Uint8Array | undefined {
  const payload = side && payloadOf(side.request, "FRAME");
  return payload?.length === v4l2_ctrl_av1_frame.size ? payload : undefined;
}

/** What the rows of disagreements.json can ask about AV1. */
export const conditionsAv1 = {
  "FFmpeg sends the tiles alone": condition(
    "FFmpeg's OUTPUT buffer has the size of the tiles, without the headers before them",
    isTileDataAlone,
  ),
  "several tile groups": condition("the tiles come in several tile groups", hasSeveralGroups),
  "more than 256 tiles": condition("the frame has more than 256 tiles", ({ ours }) => tilesOf(ours).length > 256),
  "no skip_mode_present": condition(
    "skip_mode_present is 0",
    ({ ours }) => ours.view.fields.get("AV1_FRAME.flags.SKIP_MODE_PRESENT") === 0,
  ),
  "FFmpeg's start in superblocks": condition("FFmpeg's value is ours in superblocks", isInSuperblocks),
  "FFmpeg's last start is of a later frame": condition(
    "FFmpeg's value is where a later frame of the packet ends",
    isLastStartOfLaterFrame,
  ),
  "before our first request": condition("FFmpeg's request comes before our first one", isBeforeOurs),
  "GStreamer left out frames": condition("GStreamer has no request for a frame before", hasGaps),
  "FFmpeg's 3 for 4": condition("FFmpeg's value is 3 and ours is 4", ({ values }) => values.ff === 3 && values.ours === 4),
  "inherited deltas": condition(
    "the frame has a primary reference frame",
    ({ ours }) => deltasOf(ours) !== undefined && number(ours, "primary_ref_frame") !== 7,
  ),
  "FFmpeg's value is of a later frame": condition("FFmpeg's value is that of a later frame of the packet", isOfALaterFrame),
  "restoration of the third plane only": condition(
    "of the chroma planes, only the second one is restored",
    ({ ours }) => chromaTypes(ours)[1] === 0 && chromaTypes(ours)[2] !== 0,
  ),
} as const satisfies Record<string, Condition>;

/** frame_restoration_type. */
function chromaTypes(side: Side): number[] {
  const text = String(side.view.fields.get("AV1_FRAME.loop_restoration.frame_restoration_type[]"));
  const same = /^3×(\d+)$/.exec(text);
  return same ? [1, 1, 1].map(() => Number(same[1])) : text.split(" ").map(Number);
}
