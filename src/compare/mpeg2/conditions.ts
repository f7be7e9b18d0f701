import { crc32 } from "../../record/crc32.ts";
import { type Condition, condition, conditionOfPeers, type Occurrence, type Side } from "../comparator.ts";
import { placeOf } from "../variants.ts";
import { noReferenceOfGstreamer, referenceOf } from "./view.ts";

const group_start_code = [0, 0, 1, 0xb8];
const I_PICTURE = 1;
const B_PICTURE = 3;

function codingType(side: Side): unknown {
  return side.view.fields.get("MPEG2_PICTURE.picture_coding_type");
}

/** The peer's last reference frame before this request of its own. */
function lastReferenceFrame(peers: readonly Side[], { request }: Side): bigint | undefined {
  const before = peers.filter((side) => side.request.timestamp !== request.timestamp);
  return before.filter((side) => codingType(side) !== B_PICTURE).at(-1)?.request.timestamp;
}

/** GStreamer's forward_ref_ts is its last reference frame. */
function isLastReferenceOfGstreamer({ gst, history }: Occurrence): boolean {
  if (gst === undefined) return false;
  return (
    referenceOf(gst.request, "forward_ref_ts") ===
    lastReferenceFrame(history.peers.gst?.slice(0, gst.request.index) ?? [], gst)
  );
}

/** Our request before is the first field of the same frame, and no reference frame came before that. */
function isSecondFieldOfFirstFrame({ ours, history }: Occurrence): boolean {
  const { timestamp, index } = ours.request;
  const before = history.sides.slice(0, index);
  return before.at(-1)?.request.timestamp === timestamp && lastReferenceFrame(before, ours) === undefined;
}

/** In display order the one reference frame comes after the B picture: there is no forward reference. */
function isBAfterOneFrame({ ours, history }: Occurrence): boolean {
  const before = history.sides.slice(0, ours.request.index).filter((side) => codingType(side) !== B_PICTURE);
  const frames = new Set(before.map(({ request }) => request.timestamp));
  return codingType(ours) === B_PICTURE && frames.size === 1;
}

/** 6.2.2.6: closed_gop is the bit after the 25 of time_code, in the last group_of_pictures_header() before our first picture. */
function isInFirstOpenGop({ history: { sides, stream } }: Occurrence): boolean {
  const picture = sides.at(0)?.request.bitstream;
  let at = picture === undefined ? -1 : placeOf(picture, stream);
  while (at >= 0 && !group_start_code.every((byte, i) => stream[at + i] === byte)) at--;
  return at >= 0 && ((stream[at + 7] ?? 0) & 0x40) === 0;
}

/** No request of FFmpeg's has the timestamp that it refers to, up to this one. */
function isOfNoPicture({ ff, history }: Occurrence): boolean {
  if (ff === undefined) return false;
  const reference = referenceOf(ff.request, "forward_ref_ts");
  const pictures = history.peers.ff?.slice(0, ff.request.index + 1) ?? [];
  return reference !== 0n && pictures.every(({ request }) => request.timestamp !== reference);
}

/** The request that only a peer has is no I picture, and the peer has had none yet. */
function isBeforeFirstI({ gst, ff, history }: Occurrence): boolean {
  const upTo = [
    ...(gst === undefined ? [] : (history.peers.gst?.slice(0, gst.request.index + 1) ?? [])),
    ...(ff === undefined ? [] : (history.peers.ff?.slice(0, ff.request.index + 1) ?? [])),
  ];
  // There is none where the request is ours.
  return upTo.length > 0 && upTo.every((before) => codingType(before) !== I_PICTURE);
}

/** profile_and_level_indication as GStreamer puts it together: Table 8-1's profile, level and escape bit, in other places. */
function gstreamersProfileAndLevel(coded: number): number {
  return (((coded >> 4) & 7) << 4) | ((coded & 15) << 1) | (coded >> 7);
}

/** What each peer sends, if it has the request. */
function isEach({ gst, ff }: Occurrence["values"], ofGstreamer: number, ofFfmpeg: number): boolean {
  return (gst === undefined || gst === ofGstreamer) && (ff === undefined || ff === ofFfmpeg);
}

const SEQUENCE_END = Uint8Array.of(0, 0, 1, 0xb7);

/** What the rows of disagreements.json can ask about MPEG-2. */
export const conditionsMpeg2 = {
  "buffer size in bits or 1 MiB": condition(
    "GStreamer's value is ours times 16 * 1024, and FFmpeg's 1048576",
    ({ values }) => isEach(values, Number(values.ours) * 16 * 1024, 2 ** 20),
  ),
  "profile and level moved or 0": condition(
    "GStreamer's value is profile * 16 + level * 2 + escape bit, and FFmpeg's 0",
    ({ values }) => isEach(values, gstreamersProfileAndLevel(Number(values.ours)), 0),
  ),
  "64 zeros": condition("GStreamer's matrix is all 0", ({ values }) => values.gst === "64×0"),
  "all ones": condition(
    "GStreamer's value is 2^64 - 1 and ours 0",
    ({ values }) => values.ours === "none" && values.gst === noReferenceOfGstreamer,
  ),
  "I picture": condition("the picture is an I picture", ({ ours }) => codingType(ours) === I_PICTURE),
  "last reference frame": condition("GStreamer's value is the last reference frame", isLastReferenceOfGstreamer),
  "second field of the first frame": condition(
    "the picture is the second field of the first reference frame",
    isSecondFieldOfFirstFrame,
  ),
  "B picture after one reference frame": condition(
    "the picture is a B picture, and only one reference frame came before it",
    isBAfterOneFrame,
  ),
  "open GOP": condition("closed_gop of the first group of pictures that we decode is 0", isInFirstOpenGop),
  "reference to no picture": condition("FFmpeg's timestamp is that of no picture", isOfNoPicture),
  sequence_end_code: condition("FFmpeg's buffer is ours, followed by sequence_end_code", ({ ours, ff }) => {
    const { bitstream } = ours.request;
    return bitstream !== undefined && crc32(SEQUENCE_END, crc32(bitstream)) === ff?.request.crc32;
  }),
  "before the first I picture": conditionOfPeers("no I picture came before or is this one", isBeforeFirstI),
  "picture before the start": condition(
    "the peers' reference is a picture before the first I picture, which we skip",
    ({ values }) =>
      values.ours === "none" &&
      [values.gst, values.ff].every((value) => /^(gst|ff) #\d+$/.test(String(value ?? "gst #0"))),
  ),
} as const satisfies Record<string, Condition>;
