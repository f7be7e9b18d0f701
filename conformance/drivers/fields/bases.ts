/** The requests that are varied: together they exercise what drivers read only where something else is set. */
import type { HardwareCodec as Codec } from "../nodes.ts";

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
    ["h265_ctu16_amp_crop.265", 3],
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
  av1: [
    ["av1_grain.ivf", 3],
    ["av1_8bit.ivf", 3],
    ["av1_superres_tiles.obu", 3],
    ["av1_tile_groups.obu", 2],
    ["av1_syn_global_motion.ivf", 4],
    ["av1_syn_segmentation.ivf", 4],
    ["av1_10bit_hdr.ivf", 3],
  ],
  mpeg2: [
    ["mpeg2_ipb.m2v", 3],
    ["mpeg2_interlaced.m2v", 4],
    ["mpeg2_custom_matrix.m2v", 2],
  ],
};

/** A field with its value; for flags, those to set beside the ones that are set, and those to clear. */
export type Setting = readonly [field: string, value: number, cleared?: number];

const sps = "V4L2_CID_STATELESS_HEVC_SPS";
const pps = "V4L2_CID_STATELESS_HEVC_PPS";
const slice = "V4L2_CID_STATELESS_HEVC_SLICE_PARAMS";
const sets = "V4L2_CID_STATELESS_HEVC_EXT_SPS_ST_RPS";
const vp9 = "V4L2_CID_STATELESS_VP9_FRAME";

/**
 * What no fixture has, as changes of the first base: the drivers do not look into the slices, so a request need not fit them. An
 * index in front of a path is that of an array's element.
 */
export const presets: Readonly<Partial<Record<Codec, readonly (readonly Setting[])[]>>> = {
  h264: [[["V4L2_CID_STATELESS_H264_DECODE_PARAMS.flags", 0x2]]],
  h265: [
    [
      [`${sps}.flags`, 0x10],
      [`${sps}.log2_diff_max_min_pcm_luma_coding_block_size`, 1],
    ],
    // Tiles of explicit sizes, without wavefronts: UNIFORM_SPACING is set where a PPS has no tiles, too (7.4.3.3.1).
    [
      [`${pps}.flags`, 0x2800, 0x101000],
      [`${pps}.num_tile_columns_minus1`, 1],
      [`${pps}.num_tile_rows_minus1`, 1],
      [`${pps}.column_width_minus1[0]`, 0],
      [`${pps}.row_height_minus1[0]`, 0],
    ],
    [
      [`${pps}.flags`, 0x100800],
      [`${pps}.num_tile_columns_minus1`, 1],
      [`${pps}.num_tile_rows_minus1`, 1],
    ],
    // Weights of both lists.
    [
      [`${pps}.flags`, 0x300],
      [`${slice}.slice_type`, 0],
    ],
    [
      [`${sets}[1].flags`, 1],
      [`${sets}[1].used_by_curr_pic`, 3],
      [`${sets}[1].use_delta_flag`, 3],
    ],
    [
      [`${sets}[0].num_positive_pics`, 2],
      [`${sets}[0].num_negative_pics`, 1],
    ],
  ],
  vp9: [
    [
      [`${vp9}.reference_mode`, 2],
      [`${vp9}.ref_frame_sign_bias`, 4],
    ],
    // New data of segments.
    [
      [`${vp9}.seg.flags`, 0xb],
      [`${vp9}.seg.feature_enabled[0]`, 1],
      [`${vp9}.seg.feature_data[0][0]`, 10],
    ],
    [
      [`${vp9}.flags`, 0x8],
      [`${vp9}.reset_frame_context`, 2],
    ],
  ],
};
