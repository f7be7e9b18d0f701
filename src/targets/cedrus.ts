import * as sets from "./control-sets.ts";
import { fields } from "./fields.ts";
import * as shared from "./shared-reads.ts";
import type { Target } from "./target.ts";

const sliceModes = { decodeModes: ["slice"], startCodes: ["none"] } as const;
const size = { maxWidth: 4096, maxHeight: 2304 } as const;

const h264Reads = [
  ...shared.h264Reads,
  ...fields("V4L2_CID_STATELESS_H264_SPS", "pic_width_in_mbs_minus1 pic_height_in_map_units_minus1"),
  ...fields("V4L2_CID_STATELESS_H264_DECODE_PARAMS", "dpb.flags.V4L2_H264_DPB_ENTRY_FLAG_VALID nal_ref_idc"),
  ...fields(
    "V4L2_CID_STATELESS_H264_SLICE_PARAMS",
    `
    header_bit_size first_mb_in_slice slice_type cabac_init_idc slice_qp_delta disable_deblocking_filter_idc
    slice_alpha_c0_offset_div2 slice_beta_offset_div2 num_ref_idx_l0_active_minus1 num_ref_idx_l1_active_minus1
    ref_pic_list0.fields ref_pic_list0.index ref_pic_list1.fields ref_pic_list1.index
    flags.V4L2_H264_SLICE_FLAG_DIRECT_SPATIAL_MV_PRED
  `,
  ),
  ...fields(
    "V4L2_CID_STATELESS_H264_PRED_WEIGHTS",
    `
    luma_log2_weight_denom chroma_log2_weight_denom weight_factors.luma_weight weight_factors.luma_offset
    weight_factors.chroma_weight weight_factors.chroma_offset
  `,
  ),
];

const h265Reads = [
  ...shared.hevcReads,
  ...shared.hevcSliceReads,
  ...fields(
    "V4L2_CID_STATELESS_HEVC_SPS",
    `
    chroma_format_idc flags.V4L2_HEVC_SPS_FLAG_SEPARATE_COLOUR_PLANE
    flags.V4L2_HEVC_SPS_FLAG_SAMPLE_ADAPTIVE_OFFSET
  `,
  ),
  ...fields("V4L2_CID_STATELESS_HEVC_PPS", "flags.V4L2_HEVC_PPS_FLAG_PPS_LOOP_FILTER_ACROSS_SLICES_ENABLED"),
  ...fields(
    "V4L2_CID_STATELESS_HEVC_DECODE_PARAMS",
    `
    pic_order_cnt_val num_active_dpb_entries dpb.timestamp dpb.flags.V4L2_HEVC_DPB_ENTRY_LONG_TERM_REFERENCE
    dpb.field_pic dpb.pic_order_cnt_val
  `,
  ),
  ...fields("V4L2_CID_STATELESS_HEVC_SLICE_PARAMS", "num_entry_point_offsets colour_plane_id pic_struct"),
  "V4L2_CID_STATELESS_HEVC_ENTRY_POINT_OFFSETS",
];

const vp8Reads = [
  ...shared.vp8Reads,
  ...fields("V4L2_CID_STATELESS_VP8_FRAME", "lf.flags.V4L2_VP8_LF_DELTA_UPDATE width height"),
];

const mpeg2Reads = [
  ...shared.mpeg2Reads,
  ...fields("V4L2_CID_STATELESS_MPEG2_SEQUENCE", "horizontal_size vertical_size"),
];

/** Allwinner. The codecs depend on the SoC. The limits are those of the H6. */
export const cedrus: Target = {
  name: "cedrus",
  source: "drivers/staging/media/sunxi/cedrus",
  codecs: {
    h264: {
      ...sliceModes,
      since: "5.11",
      controls: { ...sets.h264FrameControls, ...sets.h264SliceControls },
      limits: { ...size, bitDepths: [8], chromaFormats: [1], profiles: [66, 77, 100], maxSliceGroups: 1 },
      reads: h264Reads,
      missingReferences: "mark",
    },
    h265: {
      ...sliceModes,
      since: "6.0",
      controls: {
        ...sets.hevcFrameControls,
        V4L2_CID_STATELESS_HEVC_SLICE_PARAMS: 1,
        V4L2_CID_STATELESS_HEVC_ENTRY_POINT_OFFSETS: 256,
      },
      // 10 bit only on the H6. cedrus_h265_setup() fails with -ERANGE for the entry points, with -EOPNOTSUPP for the offset.
      limits: {
        ...size,
        bitDepths: [8, 10],
        chromaFormats: [1],
        countsEntryPoints: true,
        needsDataByteOffset: true,
      },
      reads: h265Reads,
      // cedrus_h265_ref_pic_list_write() uses list entries as indices into `dpb` without a check, and 0xff (a missing
      // reference) is past its end.
      missingReferences: "nearest",
    },
    vp8: {
      ...sets.noModes,
      since: "5.13",
      controls: sets.vp8Controls,
      limits: size,
      reads: vp8Reads,
      missingReferences: "mark",
    },
    mpeg2: {
      ...sets.noModes,
      since: "5.14",
      controls: sets.mpeg2Controls,
      // The driver does not read chroma_format: the hardware decodes anything as 4:2:0.
      limits: { ...size, chromaFormats: [1] },
      reads: mpeg2Reads,
      missingReferences: "mark",
    },
  },
};
