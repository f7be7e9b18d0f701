/**
 * rpi-hevc-dec: the Raspberry Pi's HEVC decoder.
 *
 * What the driver reads differently than the kernel's documentation says: bit_size and data_byte_offset of
 * V4L2_CID_STATELESS_HEVC_SLICE_PARAMS (`quirks`, rewritten by `countedFromTheBuffer`).
 */
import { v4l2_ctrl_hevc_slice_params } from "../uapi/index.ts";
import { hevcFrameControls } from "./control-sets.ts";
import { fields } from "./fields.ts";
import { hevcReads, hevcSliceReads } from "./shared-reads.ts";
import type { Target } from "./target.ts";

/** The fields that hevc_d_h265.c reads. */
const h265Reads = [
  ...hevcReads,
  ...hevcSliceReads,
  ...fields(
    "V4L2_CID_STATELESS_HEVC_SPS",
    `
    pic_height_in_luma_samples chroma_format_idc sps_max_sub_layers_minus1
    flags.V4L2_HEVC_SPS_FLAG_SEPARATE_COLOUR_PLANE
  `,
  ),
  ...fields(
    "V4L2_CID_STATELESS_HEVC_DECODE_PARAMS",
    `
    num_active_dpb_entries dpb.timestamp dpb.flags.V4L2_HEVC_DPB_ENTRY_LONG_TERM_REFERENCE dpb.pic_order_cnt_val
  `,
  ),
  ...fields("V4L2_CID_STATELESS_HEVC_SLICE_PARAMS", "bit_size"),
];

/** Rewrites both values of each segment so that they count from the beginning of the OUTPUT buffer. */
function countedFromTheBuffer(payload: Uint8Array): Uint8Array {
  const { size, offsets } = v4l2_ctrl_hevc_slice_params;
  const counted = payload.slice();
  const view = new DataView(counted.buffer);
  let start = 0;
  for (let at = 0; at < counted.length; at += size) {
    const bytes = view.getUint32(at + offsets.bit_size, true) / 8;
    view.setUint32(at + offsets.bit_size, 8 * (start + bytes), true);
    view.setUint32(at + offsets.data_byte_offset, start + view.getUint32(at + offsets.data_byte_offset, true), true);
    start += bytes;
  }
  return counted;
}

/** The Raspberry Pi's HEVC decoder. Its driver is in the tree of raspberrypi/linux, not in Linux 7.2. */
export const rpiHevcDec: Target = {
  name: "rpi-hevc-dec",
  source: "drivers/media/platform/raspberrypi/hevc_dec (raspberrypi/linux)",
  codecs: {
    h265: {
      since: undefined,
      decodeModes: ["frame"],
      startCodes: ["none", "annexb"],
      controls: { ...hevcFrameControls, V4L2_CID_STATELESS_HEVC_SLICE_PARAMS: 600 },
      limits: {
        maxWidth: 4096,
        maxHeight: 4096,
        bitDepths: [8, 10],
        equalBitDepths: true,
        chromaFormats: [1],
        refusedFlags: [
          [
            "V4L2_CID_STATELESS_HEVC_PPS.flags.V4L2_HEVC_PPS_FLAG_TILES_ENABLED",
            "V4L2_CID_STATELESS_HEVC_PPS.flags.V4L2_HEVC_PPS_FLAG_ENTROPY_CODING_SYNC_ENABLED",
          ],
        ],
      },
      reads: h265Reads,
      // pre_slice_decode() uses list entries as indices into `dpb` without a check, and a missing collocated picture makes the
      // job fail.
      missingReferences: "nearest",
      quirks: {
        V4L2_CID_STATELESS_HEVC_SLICE_PARAMS: {
          fields: ["bit_size", "data_byte_offset"],
          text:
            "The driver counts data_byte_offset and bit_size of every slice segment from the beginning of the OUTPUT buffer. " +
            "The kernel's text counts both from the segment",
          rewrite: countedFromTheBuffer,
        },
      },
    },
  },
};
