import { defaultModeDeltas, defaultRefDeltas } from "../../av1/tables.ts";
import { V4L2_AV1_KEY_FRAME, v4l2_ctrl_av1_frame } from "../../uapi/av1.ts";
import { variantOf } from "../align.ts";
import { type Condition, condition, conditionOfPeers, noRequest, type Occurrence, type Side } from "../comparator.ts";
import type { Peer } from "../request.ts";
import { listOf } from "../values.ts";
import { hasPlace } from "./frame-places.ts";
import { offsetsOfFfmpeg, tileGroups, tilesOf } from "./tiles.ts";
import { payloadOf } from "./view.ts";

/** The value is one of the request that the peer sent next or later: of a frame of the same temporal unit. */
function isOfALaterFrame({ ours, ff, field, values, history }: Occurrence): boolean {
  const index = ff?.request.index;
  if (index === undefined) return false;
  const after = history.sides.slice(ours.request.index + 1, ours.request.index + 9);
  return after.some((side) => side.view.fields.get(field) === values.ff);
}

const number = (side: Side, field: string): number => Number(side.view.fields.get(`AV1_FRAME.${field}`));

/** FFmpeg's start is ours in superblocks, rounded up, in the 8 bits that it has for it. */
function isInSuperblocks({ ours, values }: Occurrence): boolean {
  const sb = ours.view.fields.get("AV1_SEQUENCE.flags.USE_128X128_SUPERBLOCK") === 1 ? 32 : 16;
  return typeof values.ours === "number" && values.ff === (Math.ceil(values.ours / sb) & 0xff);
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

/** FFmpeg's request, of which we have none, comes before our first one; where we have none at all, before FFmpeg's first key frame. */
function isBeforeOurs({ ours, ff, values, history }: Occurrence): boolean {
  const first = history.sides.at(0);
  const partner = first && history.partner("ff", first);
  if (values.ours !== "absent" || ff === undefined) return false;
  if (ours !== noRequest) return partner !== undefined && ff.request.index < partner.request.index;
  const upTo = history.peers.ff?.slice(0, ff.request.index + 1) ?? [];
  return upTo.every((before) => number(before, "frame_type") !== V4L2_AV1_KEY_FRAME);
}

/** The picture that we name is one for which the peer has no request. */
function isLeftOut({ values, history }: Occurrence, peer: Peer): boolean {
  const [, picture] = /^#(\d+)$/.exec(String(values.ours)) ?? [];
  return picture !== undefined && history.missing[peer].has(Number(picture));
}

function deltasOf(side: Side | undefined): Uint8Array | undefined {
  const payload = side && payloadOf(side.request, "FRAME");
  return payload?.length === v4l2_ctrl_av1_frame.size ? payload : undefined;
}

const offsets = new WeakMap<Side["request"], readonly number[]>();

/** FFmpeg's tile_offset is the one in its own OUTPUT buffer; with several tile groups it counts from the last one. */
function isOffsetOfFfmpeg({ ours: { request }, field, values }: Occurrence): boolean {
  const index = Number(/\[(\d+)\]/.exec(field)?.[1]);
  if (request.bitstream === undefined) return false;
  const all = offsets.get(request) ?? offsetsOfFfmpeg(request.controls, request.bitstream);
  offsets.set(request, all);
  return values.ff === undefined || values.ff === all[index];
}

/** Each delta of FFmpeg's is ours or the default. */
function isDefaultOrOurs({ field, values }: Occurrence): boolean {
  const defaults = field.includes("ref_deltas") ? defaultRefDeltas : defaultModeDeltas;
  const ours = listOf(values.ours);
  return listOf(values.ff).every((delta, i) => delta === defaults[i] || delta === ours[i]);
}

/** What the rows of disagreements.json can ask about AV1. */
export const conditionsAv1 = {
  "FFmpeg sends the tiles alone": condition(
    "FFmpeg's OUTPUT buffer is ours without what stands before the tiles of each group",
    ({ ours, ff }) => ff !== undefined && variantOf(ours.request, ff.request) === "tiles",
  ),
  "several tile groups": condition(
    "the tiles come in several tile groups",
    ({ ours: { request } }) =>
      request.bitstream !== undefined && tileGroups(request.controls, request.bitstream).length > 1,
  ),
  "more than 256 tiles": condition(
    "the frame has more than 256 tiles",
    ({ ours }) => tilesOf(ours.request.controls).length > 256,
  ),
  "offset in FFmpeg's buffer": condition(
    "FFmpeg's value is the offset in its own OUTPUT buffer; where the tiles come in several tile groups, in the group, counted from the last group's beginning",
    isOffsetOfFfmpeg,
  ),
  "FFmpeg's 0": condition("FFmpeg's values are all 0", ({ values }) => listOf(values.ff).every((value) => value === 0)),
  "no skip_mode_present": condition(
    "skip_mode_present is 0",
    ({ ours }) => ours.view.fields.get("AV1_FRAME.flags.SKIP_MODE_PRESENT") === 0,
  ),
  "FFmpeg's start in superblocks": condition("FFmpeg's value is ours in superblocks", isInSuperblocks),
  "FFmpeg's last start is of a later frame": condition(
    "FFmpeg's value is where a later frame of the packet ends",
    isLastStartOfLaterFrame,
  ),
  "before our first request": conditionOfPeers(
    "FFmpeg's request comes before our first one; or we have none, and FFmpeg has had no key frame yet",
    isBeforeOurs,
  ),
  "FFmpeg's picture is from before our first request": condition(
    "FFmpeg names a picture that it decoded before our first request",
    ({ values }) => /^ff #\d+$/.test(String(values.ff)),
  ),
  "operating_parameters_info changed": condition(
    "since the last key frame, a sequence header came that differs from the one before in operating_parameters_info alone",
    ({ ours, values, history }) => values.ours === "present" && hasPlace(history, ours, "isAfterOperatingParameters"),
  ),
  "mono_chrome before another format": condition(
    "the frame is a coded video sequence of its own with mono_chrome, and one with another bit depth or chroma format follows",
    ({ ours, values, history }) => values.ours === "present" && hasPlace(history, ours, "isMonoBeforeOtherFormat"),
  ),
  "key frame": condition("the frame is a key frame", ({ ours }) => number(ours, "frame_type") === V4L2_AV1_KEY_FRAME),
  "ours is a frame that GStreamer left out": condition("our slot has a frame that GStreamer left out", (it) =>
    isLeftOut(it, "gst"),
  ),
  "ours is a frame that FFmpeg left out": condition("our slot has a frame that FFmpeg left out", (it) =>
    isLeftOut(it, "ff"),
  ),
  "FFmpeg has none": condition("FFmpeg's slot is empty", ({ values }) => values.ff === "none"),
  "ours is none": condition("our slot is empty", ({ values }) => values.ours === "none"),
  "FFmpeg's 3 for 4": condition(
    "FFmpeg's value is 3 and ours is 4",
    ({ values }) => values.ff === 3 && values.ours === 4,
  ),
  "inherited deltas": condition(
    "the frame has a primary reference frame",
    ({ ours }) => deltasOf(ours) !== undefined && number(ours, "primary_ref_frame") !== 7,
  ),
  "FFmpeg's is the default": condition(
    "each of FFmpeg's values is ours or the default of setup_past_independence",
    isDefaultOrOurs,
  ),
  "GStreamer's is a picture": condition("GStreamer's slot has a picture", ({ values }) =>
    /^#\d+$/.test(String(values.gst)),
  ),
  "FFmpeg's value is of a later frame": condition(
    "FFmpeg's value is that of a later frame of the packet",
    isOfALaterFrame,
  ),
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
