/** The requests that are varied: together they exercise what drivers read only where something else is set. */
import type { Codec } from "../../../src/events.ts";

/** A fixture, and which of its requests. */
export type Base = readonly [stream: string, request: number];

export const bases: Readonly<Record<Codec, readonly Base[]>> = {
  h264: [
    ["h264_mbaff_tff.264", 3],
    ["h264_cqm_jvt.264", 3],
    ["h264_weightp_fade.264", 3],
    ["h264_high422_interlaced.264", 3],
    ["h264_high10.264", 2],
    ["h264_epb_sized_elements.264", 2],
  ],
  h265: [
    ["h265_default_ra.265", 3],
    ["h265_scaling_default.265", 3],
    ["h265_weight_fade.265", 3],
    ["h265_rewritten_long_term_cycles.265", 3],
    ["h265_rewritten_predicted_sets.265", 3],
    ["h265_main10_wpp_slices.265", 3],
  ],
  vp8: [
    ["vp8_altref.ivf", 3],
    ["vp8_error_resilient_parts.ivf", 3],
    ["vp8_odd_size.ivf", 0],
  ],
  vp9: [
    ["vp9_aq_segmentation.ivf", 3],
    ["vp9_altref_superframes.ivf", 4],
    ["vp9_error_resilient_odd.ivf", 2],
    ["vp9_lossless.ivf", 0],
    ["vp9_profile2_10bit.ivf", 2],
  ],
  mpeg2: [
    ["mpeg2_ipb.m2v", 3],
    ["mpeg2_interlaced.m2v", 4],
    ["mpeg2_custom_matrix.m2v", 2],
  ],
};
