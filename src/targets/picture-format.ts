import type { Codec } from "../events.ts";
import {
  V4L2_H264_SPS_FLAG_FRAME_MBS_ONLY,
  V4L2_VP9_FRAME_FLAG_X_SUBSAMPLING,
  V4L2_VP9_FRAME_FLAG_Y_SUBSAMPLING,
  v4l2_ctrl_h264_sps,
  v4l2_ctrl_hevc_sps,
  v4l2_ctrl_mpeg2_sequence,
  v4l2_ctrl_vp8_frame,
  v4l2_ctrl_vp9_frame,
  viewOf,
} from "../uapi/index.ts";

/** A property of the pictures, and the field that decides it. */
export interface Fact {
  readonly path: string;
  readonly value: number;
}

/** What a control says of the pictures' format. */
export interface PictureFormat {
  /** Luma samples of the whole coded picture. */
  readonly width: Fact;
  readonly height: Fact;
  readonly bitDepthLuma?: Fact;
  readonly bitDepthChroma?: Fact;
  /** chroma_format_idc. */
  readonly chromaFormat?: Fact;
  readonly profile?: Fact;
}

/** The control of each codec that says what the pictures are like, how large its payload is, and how to read it. */
export const formatControls: Readonly<
  Record<Codec, { readonly name: string; readonly size: number; read(payload: Uint8Array): PictureFormat }>
> = {
  h264: { name: "V4L2_CID_STATELESS_H264_SPS", size: v4l2_ctrl_h264_sps.size, read: readH264 },
  h265: { name: "V4L2_CID_STATELESS_HEVC_SPS", size: v4l2_ctrl_hevc_sps.size, read: readH265 },
  vp8: { name: "V4L2_CID_STATELESS_VP8_FRAME", size: v4l2_ctrl_vp8_frame.size, read: readVp8 },
  vp9: { name: "V4L2_CID_STATELESS_VP9_FRAME", size: v4l2_ctrl_vp9_frame.size, read: readVp9 },
  mpeg2: { name: "V4L2_CID_STATELESS_MPEG2_SEQUENCE", size: v4l2_ctrl_mpeg2_sequence.size, read: readMpeg2 },
};

function readH264(payload: Uint8Array): PictureFormat {
  const view = viewOf(payload);
  const o = v4l2_ctrl_h264_sps.offsets;
  const frameMbsOnly = (view.getUint32(o.flags, true) & V4L2_H264_SPS_FLAG_FRAME_MBS_ONLY) !== 0;
  const mapUnits = view.getUint16(o.pic_height_in_map_units_minus1, true) + 1;
  return {
    width: { path: "pic_width_in_mbs_minus1", value: 16 * (view.getUint16(o.pic_width_in_mbs_minus1, true) + 1) },
    // (7-18): a map unit is a pair of macroblocks when there may be fields.
    height: { path: "pic_height_in_map_units_minus1", value: 16 * mapUnits * (frameMbsOnly ? 1 : 2) },
    bitDepthLuma: { path: "bit_depth_luma_minus8", value: 8 + view.getUint8(o.bit_depth_luma_minus8) },
    bitDepthChroma: { path: "bit_depth_chroma_minus8", value: 8 + view.getUint8(o.bit_depth_chroma_minus8) },
    chromaFormat: { path: "chroma_format_idc", value: view.getUint8(o.chroma_format_idc) },
    profile: { path: "profile_idc", value: view.getUint8(o.profile_idc) },
  };
}

function readH265(payload: Uint8Array): PictureFormat {
  const view = viewOf(payload);
  const o = v4l2_ctrl_hevc_sps.offsets;
  return {
    width: { path: "pic_width_in_luma_samples", value: view.getUint16(o.pic_width_in_luma_samples, true) },
    height: { path: "pic_height_in_luma_samples", value: view.getUint16(o.pic_height_in_luma_samples, true) },
    bitDepthLuma: { path: "bit_depth_luma_minus8", value: 8 + view.getUint8(o.bit_depth_luma_minus8) },
    bitDepthChroma: { path: "bit_depth_chroma_minus8", value: 8 + view.getUint8(o.bit_depth_chroma_minus8) },
    chromaFormat: { path: "chroma_format_idc", value: view.getUint8(o.chroma_format_idc) },
  };
}

function readVp8(payload: Uint8Array): PictureFormat {
  const view = viewOf(payload);
  const o = v4l2_ctrl_vp8_frame.offsets;
  return {
    width: { path: "width", value: view.getUint16(o.width, true) },
    height: { path: "height", value: view.getUint16(o.height, true) },
  };
}

function readVp9(payload: Uint8Array): PictureFormat {
  const view = viewOf(payload);
  const o = v4l2_ctrl_vp9_frame.offsets;
  const flags = view.getUint32(o.flags, true);
  const x = (flags & V4L2_VP9_FRAME_FLAG_X_SUBSAMPLING) !== 0;
  const y = (flags & V4L2_VP9_FRAME_FLAG_Y_SUBSAMPLING) !== 0;
  const bitDepth = { path: "bit_depth", value: view.getUint8(o.bit_depth) };
  return {
    width: { path: "frame_width_minus_1", value: view.getUint16(o.frame_width_minus_1, true) + 1 },
    height: { path: "frame_height_minus_1", value: view.getUint16(o.frame_height_minus_1, true) + 1 },
    bitDepthLuma: bitDepth,
    bitDepthChroma: bitDepth,
    // 4:4:0, subsampled in y only, has no chroma_format_idc.
    ...(x || !y ? { chromaFormat: { path: "flags", value: x ? (y ? 1 : 2) : 3 } } : {}),
    profile: { path: "profile", value: view.getUint8(o.profile) },
  };
}

function readMpeg2(payload: Uint8Array): PictureFormat {
  const view = viewOf(payload);
  const o = v4l2_ctrl_mpeg2_sequence.offsets;
  return {
    width: { path: "horizontal_size", value: view.getUint16(o.horizontal_size, true) },
    height: { path: "vertical_size", value: view.getUint16(o.vertical_size, true) },
    chromaFormat: { path: "chroma_format", value: view.getUint8(o.chroma_format) },
  };
}
