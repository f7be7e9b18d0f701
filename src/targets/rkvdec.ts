/**
 * rkvdec: Rockchip's video decoders of rk3399, vdpu381 (rk3588) and vdpu383 (rk3576).
 *
 * What the driver reads differently than the kernel's documentation says: vdpu381 and vdpu383 do not notice reference picture sets
 * whose first is the one before (`quirks`, rewritten by `NoticedSets`), nor an array of zeros (`needsPriming`).
 */
import { sameBytes } from "../framing/bytes.ts";
import { v4l2_ctrl_hevc_ext_sps_st_rps as stRps, viewOf } from "../uapi/index.ts";
import * as sets from "./control-sets.ts";
import { fields } from "./fields.ts";
import * as shared from "./shared-reads.ts";
import type { Target, TargetCodec } from "./target.ts";

/**
 * The fields that all generations write into the hardware's tables, and those from which the kernel builds the lists
 * (v4l2-h264.c).
 */
const h264Reads = [
  ...shared.h264Reads,
  ...shared.h264FrameReads,
  ...fields(
    "V4L2_CID_STATELESS_H264_SPS",
    `
    profile_idc constraint_set_flags seq_parameter_set_id pic_order_cnt_type log2_max_pic_order_cnt_lsb_minus4
    pic_width_in_mbs_minus1 pic_height_in_map_units_minus1
    flags.V4L2_H264_SPS_FLAG_QPPRIME_Y_ZERO_TRANSFORM_BYPASS flags.V4L2_H264_SPS_FLAG_DELTA_PIC_ORDER_ALWAYS_ZERO
  `,
  ),
  ...fields(
    "V4L2_CID_STATELESS_H264_PPS",
    `
    pic_parameter_set_id seq_parameter_set_id pic_init_qs_minus26
    flags.V4L2_H264_PPS_FLAG_BOTTOM_FIELD_PIC_ORDER_IN_FRAME_PRESENT
  `,
  ),
  ...fields("V4L2_CID_STATELESS_H264_DECODE_PARAMS", "dpb.flags.V4L2_H264_DPB_ENTRY_FLAG_FIELD"),
];

/** The parameter sets as all generations read them. */
const h265Reads = [
  ...shared.hevcReads,
  ...shared.hevcHeaderReads,
  ...fields(
    "V4L2_CID_STATELESS_HEVC_SPS",
    `
    video_parameter_set_id seq_parameter_set_id num_long_term_ref_pics_sps chroma_format_idc
    flags.V4L2_HEVC_SPS_FLAG_LONG_TERM_REF_PICS_PRESENT
  `,
  ),
  ...fields("V4L2_CID_STATELESS_HEVC_PPS", "pic_parameter_set_id"),
];

/** vdpu381 and vdpu383 use the tables of the SPS to skip the slice header's reference picture set. */
const vdpu38xH265Reads = [
  ...h265Reads,
  ...fields("V4L2_CID_STATELESS_HEVC_SPS", "sps_max_dec_pic_buffering_minus1"),
  ...fields("V4L2_CID_STATELESS_HEVC_PPS", "flags.V4L2_HEVC_PPS_FLAG_UNIFORM_SPACING"),
  ...fields(
    "V4L2_CID_STATELESS_HEVC_DECODE_PARAMS",
    `
    pic_order_cnt_val num_active_dpb_entries dpb.timestamp
  `,
  ),
  ...fields(
    "V4L2_CID_STATELESS_HEVC_EXT_SPS_ST_RPS",
    `
    delta_idx_minus1 delta_rps_sign num_negative_pics num_positive_pics used_by_curr_pic use_delta_flag
    abs_delta_rps_minus1 delta_poc_s0_minus1 delta_poc_s1_minus1
    flags.V4L2_HEVC_EXT_SPS_ST_RPS_FLAG_INTER_REF_PIC_SET_PRED
  `,
  ),
  ...fields(
    "V4L2_CID_STATELESS_HEVC_EXT_SPS_LT_RPS",
    `
    lt_ref_pic_poc_lsb_sps flags.V4L2_HEVC_EXT_SPS_LT_RPS_FLAG_USED_LT
  `,
  ),
];

const vp9Reads = [
  ...shared.vp9Reads,
  ...shared.vp9ProbabilityReads,
  ...fields("V4L2_CID_STATELESS_VP9_FRAME", "profile"),
];

/** try_ctrl refuses an SPS with another bit depth or chroma format. The profile menu lacks Extended and High 4:4:4. */
const h264Limits = {
  bitDepths: [8, 10],
  equalBitDepths: true,
  chromaFormats: [0, 1, 2],
  profiles: [66, 77, 100, 110, 122],
  maxSliceGroups: 1,
} as const;

/** The first generation: rk3328 and rk3399. rk3288 has only its HEVC part. */
export const rk3399: Target = {
  name: "rk3399",
  source: "drivers/media/platform/rockchip/rkvdec",
  codecs: {
    h264: {
      ...sets.frameModes,
      since: "5.11",
      controls: sets.h264FrameControls,
      limits: { ...h264Limits, maxWidth: 4096, maxHeight: 2560 },
      reads: h264Reads,
      missingReferences: "mark",
    },
    h265: {
      ...sets.frameModes,
      // The code is in 7.0; earlier kernels were not checked.
      since: "7.0",
      // The driver takes the slice headers' sizes and lists from this control, one element for each slice segment.
      controls: { ...sets.hevcFrameControls, V4L2_CID_STATELESS_HEVC_SLICE_PARAMS: 600 },
      limits: { maxWidth: 4096, maxHeight: 2304, bitDepths: [8, 10], equalBitDepths: true, chromaFormats: [0, 1] },
      reads: [
        ...h265Reads,
        ...fields(
          "V4L2_CID_STATELESS_HEVC_SLICE_PARAMS",
          `
    slice_type slice_pic_order_cnt num_ref_idx_l0_active_minus1 num_ref_idx_l1_active_minus1 ref_idx_l0 ref_idx_l1
    short_term_ref_pic_set_size long_term_ref_pic_set_size
  `,
        ),
        ...fields(
          "V4L2_CID_STATELESS_HEVC_DECODE_PARAMS",
          `
    num_active_dpb_entries num_poc_st_curr_before num_poc_st_curr_after num_poc_lt_curr dpb.timestamp
    dpb.flags.V4L2_HEVC_DPB_ENTRY_LONG_TERM_REFERENCE dpb.pic_order_cnt_val flags.V4L2_HEVC_DECODE_PARAM_FLAG_IDR_PIC
  `,
        ),
      ],
      // assemble_sw_rps() uses list entries as indices into `dpb` without a check, and 0xff (a missing reference) is past its
      // end.
      missingReferences: "nearest",
    },
    vp9: {
      ...sets.noModes,
      since: "5.17",
      controls: sets.vp9Controls,
      limits: { maxWidth: 4096, maxHeight: 2304, bitDepths: [8], chromaFormats: [1], profiles: [0] },
      reads: vp9Reads,
      missingReferences: "mark",
    },
  },
};

/** Changes use_delta_flag of the first set where the driver would go on with the tables of other sets. */
class NoticedSets {
  /** The last array, and what the driver was told of it. */
  #payload: Uint8Array | undefined;
  #told = new Uint8Array(stRps.size);

  rewrite(payload: Uint8Array): Uint8Array {
    if (payload.length === 0 || payload.length % stRps.size !== 0) return payload;
    if (this.#payload !== undefined && sameBytes(payload, this.#payload)) return this.#told;
    const isFirst = this.#payload === undefined;
    const before = this.#told;
    this.#payload = payload;
    this.#told = payload.slice();
    const first = payload.subarray(0, stRps.size);
    // The driver begins with empty sets, and may have been started anew since the array before.
    const isTakenForEmpty = isEmpty(first) && !isEmpty(payload);
    const isTakenForLast = !isFirst && sameBytes(first, before.subarray(0, stRps.size));
    if (!isTakenForEmpty && !isTakenForLast) return this.#told;
    const { use_delta_flag } = stRps.offsets;
    const other = (viewOf(before).getUint32(use_delta_flag, true) + 1) >>> 0;
    viewOf(this.#told).setUint32(use_delta_flag, other || 1, true);
    return this.#told;
  }
}

function isEmpty(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

const vdpu38xH265 = {
  ...sets.frameModes,
  since: "7.0",
  controls: {
    ...sets.hevcFrameControls,
    V4L2_CID_STATELESS_HEVC_EXT_SPS_ST_RPS: 64,
    V4L2_CID_STATELESS_HEVC_EXT_SPS_LT_RPS: 32,
  },
  limits: { maxWidth: 65472, maxHeight: 65472, bitDepths: [8, 10], equalBitDepths: true, chromaFormats: [1] },
  reads: vdpu38xH265Reads,
  missingReferences: "mark",
  // rkvdec_s_ctrl() (rkvdec.c): `ctx->has_sps_st_rps |= ctrl->has_changed`. An array of one set without pictures equals the
  // control's initial value, so it never counts as changed: vdpu383 then fails every job with -EINVAL; vdpu381 warns and
  // decodes with tables that were never filled.
  needsPriming: ["V4L2_CID_STATELESS_HEVC_EXT_SPS_ST_RPS", "V4L2_CID_STATELESS_HEVC_EXT_SPS_LT_RPS"],
  quirks: {
    V4L2_CID_STATELESS_HEVC_EXT_SPS_ST_RPS: {
      fields: ["use_delta_flag"],
      text:
        "The driver fills the hardware's table of short-term reference picture sets only where the first set differs from the first of " +
        "the array before, at the beginning from an empty set; it does not compare the others. Where only they differ, another value in " +
        "use_delta_flag of the first set, which nothing reads (set 0 is never predicted), makes it look. See " +
        "rkvdec_hevc_prepare_hw_st_rps() in rkvdec-hevc-common.c",
      begin: () => {
        const sets = new NoticedSets();
        return (payload) => sets.rewrite(payload);
      },
    },
  },
} as const satisfies TargetCodec;

const vdpu38xH264 = {
  ...sets.frameModes,
  since: "7.0",
  controls: sets.h264FrameControls,
  limits: { ...h264Limits, maxWidth: 65520, maxHeight: 65520 },
  missingReferences: "mark",
} as const satisfies Omit<TargetCodec, "reads">;

/** rk3588. */
export const vdpu381: Target = {
  name: "vdpu381",
  source: "drivers/media/platform/rockchip/rkvdec",
  codecs: {
    h264: {
      ...vdpu38xH264,
      reads: [
        ...h264Reads,
        ...fields("V4L2_CID_STATELESS_H264_DECODE_PARAMS", "flags.V4L2_H264_DECODE_PARAM_FLAG_IDR_PIC"),
      ],
    },
    h265: {
      ...vdpu38xH265,
      reads: [
        ...vdpu38xH265.reads,
        ...fields(
          "V4L2_CID_STATELESS_HEVC_DECODE_PARAMS",
          "dpb.pic_order_cnt_val flags.V4L2_HEVC_DECODE_PARAM_FLAG_IDR_PIC",
        ),
      ],
    },
  },
};

/** rk3576. */
export const vdpu383: Target = {
  name: "vdpu383",
  source: "drivers/media/platform/rockchip/rkvdec",
  codecs: {
    h264: { ...vdpu38xH264, reads: h264Reads },
    h265: {
      ...vdpu38xH265,
      // rkvdec-vdpu383-hevc.c writes the POC of each reference into its table (REF_PIC_POC).
      reads: [...vdpu38xH265.reads, ...fields("V4L2_CID_STATELESS_HEVC_DECODE_PARAMS", "dpb.pic_order_cnt_val")],
    },
  },
};
