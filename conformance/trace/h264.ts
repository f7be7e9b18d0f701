/** What is to be known of FFmpeg's trace of H.264 (cbs_h264_syntax_template.c) to compare it with ours. */

/** Where FFmpeg spells a name otherwise than ITU-T H.264 (08/2021). */
export const ffmpegNames: Readonly<Record<string, string>> = {
  gaps_in_frame_num_allowed_flag: "gaps_in_frame_num_value_allowed_flag",
};

/** D.1.3: the loop over clock timestamps. Its elements have no subscript in the table; we count the turns. */
export const countedByUs: ReadonlySet<string> = new Set([
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
]);

/** The unit types that FFmpeg's CBS takes apart (cbs_h264_read_nal_unit). */
export const decomposed: ReadonlySet<number> = new Set([1, 5, 6, 7, 8, 9, 10, 11, 12, 13, 19]);

/** Behind the slice header, in slice_data() (7.3.4): FFmpeg prints them, we do not read so far. */
export const beyondOurs: ReadonlySet<string> = new Set(["cabac_alignment_one_bit"]);

/** Why one side may stop in a unit that the other reads. A message that no row knows fails the run. */
export const declaredRefusals: readonly Refusal[] = [
  {
    side: "ffmpeg",
    message: /^cabac_alignment_one_bit out of range: 0/,
    why: "FFmpeg checks the bits behind the slice header (7.3.4), which are the decoder's matter",
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
];

/** What one side says of a unit, and why that is right. */
export interface Refusal {
  readonly side: "ffmpeg" | "ours";
  readonly message: RegExp;
  readonly why: string;
}
