/**
 * hantro: the Hantro G1 and G2, and Rockchip's VPU2.
 *
 * What the driver reads differently than the kernel's documentation says: in MPEG-2 fields, the flag
 * V4L2_MPEG2_PIC_FLAG_TOP_FIELD_FIRST (`quirks` of `hantroG1`, rewritten by `withFirstField`). The driver's AV1 decoder is in
 * `vpu981.ts`.
 */
import {
  V4L2_MPEG2_PIC_FLAG_TOP_FIELD_FIRST,
  V4L2_MPEG2_PIC_FRAME,
  V4L2_MPEG2_PIC_TOP_FIELD,
  v4l2_ctrl_mpeg2_picture,
} from "../uapi/index.ts";
import * as sets from "./control-sets.ts";
import { fields } from "./fields.ts";
import * as shared from "./shared-reads.ts";
import type { Target } from "./target.ts";

const g1H264Reads = [
  ...shared.h264Reads,
  ...shared.h264FrameReads,
  ...fields("V4L2_CID_STATELESS_H264_SPS", "profile_idc"),
  ...fields("V4L2_CID_STATELESS_H264_PPS", "pic_parameter_set_id"),
  ...fields(
    "V4L2_CID_STATELESS_H264_DECODE_PARAMS",
    `
    dpb.flags.V4L2_H264_DPB_ENTRY_FLAG_VALID dpb.flags.V4L2_H264_DPB_ENTRY_FLAG_FIELD nal_ref_idc idr_pic_id
    dec_ref_pic_marking_bit_size pic_order_cnt_bit_size flags.V4L2_H264_DECODE_PARAM_FLAG_IDR_PIC
  `,
  ),
];

const g1Vp8Reads = [
  ...shared.vp8Reads,
  ...fields(
    "V4L2_CID_STATELESS_VP8_FRAME",
    "coder_state.range coder_state.value first_part_header_bits dct_part_sizes",
  ),
];

const g1Mpeg2Reads = [
  ...shared.mpeg2Reads,
  ...fields("V4L2_CID_STATELESS_MPEG2_SEQUENCE", "flags.V4L2_MPEG2_SEQ_FLAG_PROGRESSIVE"),
  ...fields("V4L2_CID_STATELESS_MPEG2_QUANTISATION", "chroma_intra_quantiser_matrix chroma_non_intra_quantiser_matrix"),
];

/** Rewrites TOP_FIELD_FIRST in fields: it is set where the frame's first field, the one with `hold`, is the top field. */
function withFirstField(payload: Uint8Array, { hold }: { readonly hold: boolean }): Uint8Array {
  const { offsets } = v4l2_ctrl_mpeg2_picture;
  const rewritten = payload.slice();
  const structure = rewritten[offsets.picture_structure];
  if (structure === V4L2_MPEG2_PIC_FRAME) return rewritten;
  const isTopFirst = (structure === V4L2_MPEG2_PIC_TOP_FIELD) === hold;
  const view = new DataView(rewritten.buffer);
  const others = view.getUint32(offsets.flags, true) & ~V4L2_MPEG2_PIC_FLAG_TOP_FIELD_FIRST;
  view.setUint32(offsets.flags, others | (isTopFirst ? V4L2_MPEG2_PIC_FLAG_TOP_FIELD_FIRST : 0), true);
  return rewritten;
}

/**
 * G1: rk3036 to rk3288, i.MX8M, SAMA5D4, STM32MP25. The limits are those of the largest decoder: on most chips, H.264 and VP8
 * end at 1920x1088 or 3840x2160.
 */
export const hantroG1: Target = {
  name: "hantro-g1",
  source: "drivers/media/platform/verisilicon",
  codecs: {
    h264: {
      ...sets.frameModes,
      since: "5.11",
      controls: sets.h264FrameControls,
      limits: {
        maxWidth: 4096,
        maxHeight: 2304,
        bitDepths: [8],
        chromaFormats: [0, 1],
        profiles: [66, 77, 100],
        maxSliceGroups: 1,
      },
      reads: g1H264Reads,
      missingReferences: "mark",
    },
    vp8: {
      ...sets.noModes,
      since: "5.13",
      controls: sets.vp8Controls,
      limits: { maxWidth: 3840, maxHeight: 2160 },
      reads: g1Vp8Reads,
      missingReferences: "mark",
    },
    mpeg2: {
      ...sets.noModes,
      since: "5.14",
      controls: sets.mpeg2Controls,
      // The driver does not read chroma_format: the hardware decodes anything as 4:2:0.
      limits: { maxWidth: 1920, maxHeight: 1088, chromaFormats: [1] },
      reads: g1Mpeg2Reads,
      missingReferences: "mark",
      quirks: {
        V4L2_CID_STATELESS_MPEG2_PICTURE: {
          fields: ["flags.V4L2_MPEG2_PIC_FLAG_TOP_FIELD_FIRST"],
          text:
            "The driver recognises a frame's second field by this flag, so in a field picture the flag must say whether the " +
            "top field came first. In the stream it is 0 in every field (6.3.10), and GStreamer and FFmpeg send 0. If the " +
            "first field was the top field, a second P field then takes both references from the frame before, instead of " +
            "one from its own first field. See hantro_g1_mpeg2_dec_set_buffers() and rockchip_vpu2_mpeg2_dec_set_buffers(); " +
            "the latter tests the bit by the name of another constant with the same value, V4L2_MPEG2_PIC_TOP_FIELD",
          rewrite: withFirstField,
        },
      },
    },
  },
};

const g2H265Reads = [
  ...shared.hevcReads,
  ...shared.hevcHeaderReads,
  ...fields("V4L2_CID_STATELESS_HEVC_SPS", "flags.V4L2_HEVC_SPS_FLAG_SEPARATE_COLOUR_PLANE"),
  ...fields(
    "V4L2_CID_STATELESS_HEVC_PPS",
    `
    flags.V4L2_HEVC_PPS_FLAG_DEBLOCKING_FILTER_CONTROL_PRESENT flags.V4L2_HEVC_PPS_FLAG_UNIFORM_SPACING
  `,
  ),
  ...fields(
    "V4L2_CID_STATELESS_HEVC_DECODE_PARAMS",
    `
    pic_order_cnt_val short_term_ref_pic_set_size long_term_ref_pic_set_size num_active_dpb_entries
    num_poc_st_curr_before num_poc_st_curr_after num_poc_lt_curr poc_st_curr_before poc_st_curr_after poc_lt_curr
    dpb.flags.V4L2_HEVC_DPB_ENTRY_LONG_TERM_REFERENCE dpb.pic_order_cnt_val flags.V4L2_HEVC_DECODE_PARAM_FLAG_IRAP_PIC
    flags.V4L2_HEVC_DECODE_PARAM_FLAG_IDR_PIC
  `,
  ),
];

const g2Vp9Reads = [
  ...shared.vp9Reads,
  ...shared.vp9ProbabilityReads,
  ...fields(
    "V4L2_CID_STATELESS_VP9_FRAME",
    `
    lf.level lf.sharpness lf.flags.V4L2_VP9_LOOP_FILTER_FLAG_DELTA_ENABLED quant.base_q_idx quant.delta_q_y_dc
    quant.delta_q_uv_dc quant.delta_q_uv_ac seg.flags.V4L2_VP9_SEGMENTATION_FLAG_TEMPORAL_UPDATE
    seg.flags.V4L2_VP9_SEGMENTATION_FLAG_UPDATE_DATA ref_frame_sign_bias tile_cols_log2 tile_rows_log2
  `,
  ),
];

/** G2: i.MX8MQ; on the Allwinner H6 it has only VP9. */
export const hantroG2: Target = {
  name: "hantro-g2",
  source: "drivers/media/platform/verisilicon",
  codecs: {
    h265: {
      ...sets.frameModes,
      since: "6.0",
      controls: sets.hevcFrameControls,
      // The driver does not read chroma_format_idc, and chooses the CAPTURE format by luma's bit depth alone.
      limits: { maxWidth: 3840, maxHeight: 2160, bitDepths: [8, 10], equalBitDepths: true, chromaFormats: [1] },
      reads: g2H265Reads,
      // hantro_hevc_get_ref_buf() looks up every entry of `dpb` by its POC; a missing one makes the job fail (-ENOMEM).
      missingReferences: "nearest",
    },
    vp9: {
      ...sets.noModes,
      since: "5.17",
      controls: sets.vp9Controls,
      limits: { maxWidth: 3840, maxHeight: 2160, bitDepths: [8, 10], chromaFormats: [1], profiles: [0, 2] },
      reads: g2Vp9Reads,
      missingReferences: "mark",
    },
  },
};
