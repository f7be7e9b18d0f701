/** The controls that most drivers register, with the most elements of each, and the modes that they have in them. */

export const frameModes = { decodeModes: ["frame"], startCodes: ["annexb"] } as const;

export const bothModes = { decodeModes: ["frame", "slice"], startCodes: ["annexb", "none"] } as const;

/** Of the codecs that have no such menus. */
export const noModes = { decodeModes: [], startCodes: [] } as const;

export const h264FrameControls = {
  V4L2_CID_STATELESS_H264_SPS: 1,
  V4L2_CID_STATELESS_H264_PPS: 1,
  V4L2_CID_STATELESS_H264_SCALING_MATRIX: 1,
  V4L2_CID_STATELESS_H264_DECODE_PARAMS: 1,
  V4L2_CID_STATELESS_H264_DECODE_MODE: 1,
  V4L2_CID_STATELESS_H264_START_CODE: 1,
} as const;

export const h264SliceControls = {
  V4L2_CID_STATELESS_H264_SLICE_PARAMS: 1,
  V4L2_CID_STATELESS_H264_PRED_WEIGHTS: 1,
} as const;

export const hevcFrameControls = {
  V4L2_CID_STATELESS_HEVC_SPS: 1,
  V4L2_CID_STATELESS_HEVC_PPS: 1,
  V4L2_CID_STATELESS_HEVC_SCALING_MATRIX: 1,
  V4L2_CID_STATELESS_HEVC_DECODE_PARAMS: 1,
  V4L2_CID_STATELESS_HEVC_DECODE_MODE: 1,
  V4L2_CID_STATELESS_HEVC_START_CODE: 1,
} as const;

export const vp8Controls = { V4L2_CID_STATELESS_VP8_FRAME: 1 } as const;

export const vp9Controls = { V4L2_CID_STATELESS_VP9_FRAME: 1, V4L2_CID_STATELESS_VP9_COMPRESSED_HDR: 1 } as const;

export const av1Controls = {
  V4L2_CID_STATELESS_AV1_SEQUENCE: 1,
  V4L2_CID_STATELESS_AV1_FRAME: 1,
  V4L2_CID_STATELESS_AV1_TILE_GROUP_ENTRY: 512,
} as const;

export const mpeg2Controls = {
  V4L2_CID_STATELESS_MPEG2_SEQUENCE: 1,
  V4L2_CID_STATELESS_MPEG2_PICTURE: 1,
  V4L2_CID_STATELESS_MPEG2_QUANTISATION: 1,
} as const;
