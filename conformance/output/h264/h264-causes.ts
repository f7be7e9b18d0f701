import type { ErrorEvent } from "../../../src/events.ts";
import type { Cause } from "../compare-output.ts";
import type { FfprobeOutput, Packet } from "../ffprobe.ts";
import type { FfmpegFields } from "./h264-ffmpeg-fields.ts";
import { isNotToBeOutput } from "./h264-invariants.ts";
import type { H264Frame, H264Picture, H264Pictures } from "./h264-pictures.ts";

/** A place where the two orders differ. `frame` is ours; `packet` is that in which it, or FFmpeg's frame, begins. */
export type OutputDifference =
  | { readonly kind: "only ours"; readonly frame: H264Frame; readonly packet: number }
  | { readonly kind: "only ffprobe's"; readonly packet: number }
  | { readonly kind: "moved"; readonly frame: H264Frame; readonly packet: number };

/** Both sides of a stream, as the rules look at them. */
export interface Evidence {
  readonly ours: H264Pictures;
  readonly ffprobe: FfprobeOutput;
  readonly ffmpegFields: FfmpegFields;
  /** The place among the packets of a byte of the stream. */
  packetOf(byte: number): number;
}

/** Why the two may differ. */
export interface H264Cause extends Cause {
  explains(difference: OutputDifference, evidence: Evidence): boolean;
}

function first(frame: H264Frame): H264Picture {
  return frame.pictures[0] as H264Picture;
}

function errorsIn({ ours }: Evidence, { position, size }: Packet): ErrorEvent[] {
  return ours.errors.filter(({ byte = -1 }) => byte >= position && byte < position + size);
}

/** More bits of an Exp-Golomb code's value than the 25 that FFmpeg's bit reader has at once (MIN_CACHE_BITS). */
const LONGEST_CODE_OF_FFMPEG = 24 + 25;

const isReadWrong: H264Cause["explains"] = (difference) =>
  difference.kind !== "only ffprobe's" &&
  difference.frame.pictures.some(({ longestCode }) => longestCode > LONGEST_CODE_OF_FFMPEG);

/** In the order in which they are asked. */
export const h264Causes: readonly H264Cause[] = [
  {
    id: "slice-groups",
    text: "7.3.2.2: FFmpeg refuses a PPS with num_slice_groups_minus1 > 0, and its pictures",
    explains: (d) => d.kind === "only ours" && d.frame.pictures.some(({ hasSliceGroups }) => hasSliceGroups),
  },
  {
    id: "separate-colour-planes",
    text: "7.3.2.1.1: FFmpeg refuses an SPS with separate_colour_plane_flag, and its pictures",
    explains: (d) => d.kind === "only ours" && d.frame.pictures.some(({ hasSeparatePlanes }) => hasSeparatePlanes),
  },
  {
    id: "code-longer-than-ffmpeg-reads",
    text: "9.1: FFmpeg's get_se_golomb() misreads codes of more than 49 bits: it loses the picture or its order",
    explains: isReadWrong,
  },
  {
    id: "second-field-with-mmco5",
    text: "3.30: a field with memory_management_control_operation 5 is no second field; FFmpeg pairs it",
    explains: (d, { ffmpegFields }) => {
      if (d.kind !== "only ours" || d.frame.pictures.length !== 1) return false;
      return first(d.frame).hasMmco5 && ffmpegFields.seconds.has(first(d.frame));
    },
  },
  {
    id: "reference-and-other-field",
    text: "3.30, 3.31: a reference field and another are no pair, whatever frame_num says; FFmpeg refuses the second",
    explains: (d, { ffmpegFields }) => d.kind === "only ours" && ffmpegFields.refused.has(first(d.frame)),
  },
  {
    id: "pair-begun-by-refused-field",
    text: "its first field was refused so, and the second is a frame of its own for FFmpeg",
    explains: ({ kind, packet }, { ours, packetOf, ffmpegFields }) => {
      if (kind !== "only ffprobe's") return false;
      const second = ours.pictures.find(({ slices }) => packetOf(slices[0] as number) === packet);
      return (
        second?.frame.pictures[1] === second && second !== undefined && ffmpegFields.refused.has(first(second.frame))
      );
    },
  },
  {
    id: "unpaired-field",
    text: "C.4.5: an unpaired field is output like a frame; FFmpeg shows it only while its missing_fields is above 1",
    explains: (d, { ffmpegFields }) =>
      d.kind === "only ours" && d.frame.pictures.length === 1 && ffmpegFields.hidden.has(first(d.frame)),
  },
  {
    id: "no-output-of-prior-pictures",
    text: "C.4.4: no_output_of_prior_pics_flag drops what waits; FFmpeg outputs it",
    explains: ({ kind, packet }, { ours, packetOf }) => {
      if (kind !== "only ffprobe's") return false;
      const index = ours.frames.findIndex((frame) => packetOf(first(frame).slices[0] as number) === packet);
      return index >= 0 && isNotToBeOutput(ours.frames, index);
    },
  },
  {
    id: "picture-cut-in-two",
    text: "7.4.1.2.4: FFmpeg's parser begins a picture where first_mb_in_slice does not grow (arbitrary slice order)",
    explains: ({ kind, packet }, { ours, packetOf }) => {
      if (kind !== "only ffprobe's") return false;
      const here = ours.pictures.filter(({ slices }) => slices.some((byte) => packetOf(byte) === packet));
      return here.length > 0 && here.every(({ slices }) => packetOf(slices[0] as number) < packet);
    },
  },
  {
    id: "behind-in-order-after-a-loss",
    text: "an IDR picture was lost, POC starts again; FFmpeg drops frames below the last output until the next IDR",
    explains: (d, evidence) => {
      if (d.kind !== "only ours") return false;
      const { frames, errors } = evidence.ours;
      const { period, PicOrderCnt } = d.frame;
      const place = (frame: H264Frame): number => first(frame).slices[0] as number;
      const isLossBetween = (frame: H264Frame): boolean =>
        errors.some(({ byte = -1 }) => byte > place(frame) && byte < place(d.frame));
      const before = frames.slice(0, frames.indexOf(d.frame)).filter((frame) => frame.period === period);
      return before.some((frame) => frame.PicOrderCnt > PicOrderCnt && isLossBetween(frame));
    },
  },
  {
    id: "refused-with-an-error",
    text: "our session says in an error event why it makes no request of what FFmpeg conceals",
    explains: ({ kind, packet }, evidence) => {
      if (kind !== "only ffprobe's") return false;
      const isDecoded = evidence.ours.pictures.some(({ slices }) =>
        slices.some((byte) => evidence.packetOf(byte) === packet),
      );
      return !isDecoded && errorsIn(evidence, evidence.ffprobe.packets[packet] as Packet).length > 0;
    },
  },
];
