import { frameModes } from "./control-sets.ts";
import { fields } from "./fields.ts";
import type { Target } from "./target.ts";

const h264Reads = [
  ...fields(
    "V4L2_CID_STATELESS_H264_SPS",
    `
    profile_idc level_idc log2_max_frame_num_minus4 pic_order_cnt_type log2_max_pic_order_cnt_lsb_minus4
    pic_width_in_mbs_minus1 pic_height_in_map_units_minus1 flags.V4L2_H264_SPS_FLAG_DIRECT_8X8_INFERENCE
  `,
  ),
  ...fields(
    "V4L2_CID_STATELESS_H264_PPS",
    `
    num_ref_idx_l0_default_active_minus1 num_ref_idx_l1_default_active_minus1 pic_init_qp_minus26
    chroma_qp_index_offset flags.V4L2_H264_PPS_FLAG_ENTROPY_CODING_MODE
    flags.V4L2_H264_PPS_FLAG_BOTTOM_FIELD_PIC_ORDER_IN_FRAME_PRESENT
    flags.V4L2_H264_PPS_FLAG_DEBLOCKING_FILTER_CONTROL_PRESENT flags.V4L2_H264_PPS_FLAG_CONSTRAINED_INTRA_PRED
  `,
  ),
  ...fields(
    "V4L2_CID_STATELESS_H264_DECODE_PARAMS",
    `
    dpb.reference_ts dpb.frame_num dpb.fields dpb.top_field_order_cnt dpb.bottom_field_order_cnt
    dpb.flags.V4L2_H264_DPB_ENTRY_FLAG_ACTIVE dpb.flags.V4L2_H264_DPB_ENTRY_FLAG_LONG_TERM nal_ref_idc frame_num
    top_field_order_cnt bottom_field_order_cnt flags.V4L2_H264_DECODE_PARAM_FLAG_FIELD_PIC
    flags.V4L2_H264_DECODE_PARAM_FLAG_BOTTOM_FIELD flags.V4L2_H264_DECODE_PARAM_FLAG_PFRAME
    flags.V4L2_H264_DECODE_PARAM_FLAG_BFRAME
  `,
  ),
];

/** Tegra20 to Tegra124. */
export const tegraVde: Target = {
  name: "tegra-vde",
  source: "drivers/media/platform/nvidia/tegra-vde",
  codecs: {
    h264: {
      ...frameModes,
      since: "5.18",
      controls: {
        V4L2_CID_STATELESS_H264_SPS: 1,
        V4L2_CID_STATELESS_H264_PPS: 1,
        V4L2_CID_STATELESS_H264_DECODE_PARAMS: 1,
        V4L2_CID_STATELESS_H264_DECODE_MODE: 1,
        V4L2_CID_STATELESS_H264_START_CODE: 1,
      },
      limits: {
        maxWidth: 1920,
        maxHeight: 2032,
        profiles: [66, 77],
        maxSliceGroups: 1,
        // The height is that of pic_height_in_map_units_minus1, half a picture's where there may be fields.
        requiredFlags: ["V4L2_CID_STATELESS_H264_SPS.flags.V4L2_H264_SPS_FLAG_FRAME_MBS_ONLY"],
        // The driver refuses these with -EOPNOTSUPP.
        refusedFlags: [
          ["V4L2_CID_STATELESS_H264_PPS.flags.V4L2_H264_PPS_FLAG_ENTROPY_CODING_MODE"],
          ["V4L2_CID_STATELESS_H264_DECODE_PARAMS.flags.V4L2_H264_DECODE_PARAM_FLAG_FIELD_PIC"],
        ],
      },
      reads: h264Reads,
      missingReferences: "mark",
    },
  },
};
