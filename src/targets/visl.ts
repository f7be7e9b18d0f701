import type { Target, TargetCodec } from "./target.ts";

/** The virtual driver traces every field and shows some in its pictures, so every field matters. It checks nothing itself. */
const common = { since: "6.2", reads: "all", missingReferences: "mark" } as const satisfies Partial<TargetCodec>;

/**
 * From visl-core.c. The size limits are those of `visl_coded_fmts` in visl-video.c, to which S_FMT reduces a larger picture.
 */
export const visl: Target = {
  name: "visl",
  source: "drivers/media/test-drivers/visl",
  codecs: {
    h264: {
      ...common,
      decodeModes: ["frame", "slice"],
      startCodes: ["annexb", "none"],
      controls: {
        V4L2_CID_STATELESS_H264_DECODE_PARAMS: 1,
        V4L2_CID_STATELESS_H264_SPS: 1,
        V4L2_CID_STATELESS_H264_PPS: 1,
        V4L2_CID_STATELESS_H264_SCALING_MATRIX: 1,
        V4L2_CID_STATELESS_H264_DECODE_MODE: 1,
        V4L2_CID_STATELESS_H264_START_CODE: 1,
        V4L2_CID_STATELESS_H264_SLICE_PARAMS: 1,
        V4L2_CID_STATELESS_H264_PRED_WEIGHTS: 1,
      },
      limits: { maxWidth: 4096, maxHeight: 2304 },
    },
    h265: {
      ...common,
      decodeModes: ["frame", "slice"],
      startCodes: ["annexb", "none"],
      // No EXT_SPS_ST_RPS nor EXT_SPS_LT_RPS: it has trace events for them, but does not register them.
      controls: {
        V4L2_CID_STATELESS_HEVC_SPS: 1,
        V4L2_CID_STATELESS_HEVC_PPS: 1,
        V4L2_CID_STATELESS_HEVC_SLICE_PARAMS: 600,
        V4L2_CID_STATELESS_HEVC_SCALING_MATRIX: 1,
        V4L2_CID_STATELESS_HEVC_DECODE_PARAMS: 1,
        V4L2_CID_STATELESS_HEVC_DECODE_MODE: 1,
        V4L2_CID_STATELESS_HEVC_START_CODE: 1,
        V4L2_CID_STATELESS_HEVC_ENTRY_POINT_OFFSETS: 256,
      },
      limits: { maxWidth: 4096, maxHeight: 2304 },
    },
    vp8: {
      ...common,
      decodeModes: [],
      startCodes: [],
      controls: { V4L2_CID_STATELESS_VP8_FRAME: 1 },
      limits: { maxWidth: 16383, maxHeight: 16383 },
    },
    vp9: {
      ...common,
      decodeModes: [],
      startCodes: [],
      controls: { V4L2_CID_STATELESS_VP9_FRAME: 1, V4L2_CID_STATELESS_VP9_COMPRESSED_HDR: 1 },
      limits: { maxWidth: 8192, maxHeight: 4352 },
    },
    av1: {
      ...common,
      since: "6.9",
      decodeModes: [],
      startCodes: [],
      controls: {
        V4L2_CID_STATELESS_AV1_FRAME: 1,
        V4L2_CID_STATELESS_AV1_TILE_GROUP_ENTRY: 512,
        V4L2_CID_STATELESS_AV1_SEQUENCE: 1,
        V4L2_CID_STATELESS_AV1_FILM_GRAIN: 1,
      },
      limits: { maxWidth: 4096, maxHeight: 2304 },
    },
    mpeg2: {
      ...common,
      decodeModes: [],
      startCodes: [],
      controls: {
        V4L2_CID_STATELESS_MPEG2_SEQUENCE: 1,
        V4L2_CID_STATELESS_MPEG2_PICTURE: 1,
        V4L2_CID_STATELESS_MPEG2_QUANTISATION: 1,
      },
      limits: { maxWidth: 1920, maxHeight: 1152 },
    },
    fwht: {
      ...common,
      decodeModes: [],
      startCodes: [],
      controls: { V4L2_CID_STATELESS_FWHT_PARAMS: 1 },
      limits: { maxWidth: 4096, maxHeight: 2160 },
    },
  },
};
