import type { Dialect } from "./dialect.ts";
import { byteStream } from "./sources.ts";

/** The unit types of cbs_h264_read_nal_unit. */
const decomposed: ReadonlySet<number> = new Set([1, 5, 6, 7, 8, 9, 10, 11, 12, 13, 19]);

function nalUnitType(unit: Uint8Array): number {
  return (unit[0] as number) & 31;
}

/** FFmpeg's trace of H.264 (cbs_h264_syntax_template.c) against ITU-T H.264 (08/2021). */
export const h264: Dialect = {
  codec: "h264",
  ffmpegCodec: "h264",
  demuxer: "h264",
  source: byteStream,
  unitName: (unit) => `nal_unit_type ${nalUnitType(unit)}`,
  leftOut(unit) {
    const type = nalUnitType(unit);
    return decomposed.has(type) ? undefined : `FFmpeg does not take nal_unit_type ${type} apart`;
  },
  ffmpegNames: { gaps_in_frame_num_value_allowed_flag: "gaps_in_frame_num_allowed_flag" },
  // D.1.3: the loop over clock timestamps.
  countedByUs: new Set([
    "ct_type",
    "nuit_field_based_flag",
    "counting_type",
    "full_timestamp_flag",
    "discontinuity_flag",
    "cnt_dropped_flag",
    "n_frames",
    "seconds_flag",
    "seconds_value",
    "minutes_flag",
    "minutes_value",
    "hours_flag",
    "hours_value",
    "time_offset",
  ]),
  // In slice_data() (7.3.4).
  beyondOurs: new Set(["cabac_alignment_one_bit"]),
  declaredRefusals: [
    {
      side: "ffmpeg",
      message: /^cabac_alignment_one_bit out of range: 0/,
      why: "FFmpeg checks the bits after the slice header (7.3.4), which only a decoder reads",
    },
    {
      side: "ours",
      message: /there is no PPS|refers to SPS \d+, which is not there|^nal_unit_type 8$/,
      why: "its parameter set comes later in the stream: FFmpeg looks for the first ones beforehand",
    },
    {
      side: "ours",
      message: /^nal_unit_type 19$/,
      why: "a slice of an auxiliary picture, which is not decoded",
    },
  ],
};
