import * as sets from "./control-sets.ts";
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
      ...sets.bothModes,
      controls: { ...sets.h264FrameControls, ...sets.h264SliceControls },
      limits: { maxWidth: 4096, maxHeight: 2304 },
    },
    h265: {
      ...common,
      ...sets.bothModes,
      // No EXT_SPS_ST_RPS nor EXT_SPS_LT_RPS: it has trace events for them, but does not register them.
      controls: {
        ...sets.hevcFrameControls,
        V4L2_CID_STATELESS_HEVC_SLICE_PARAMS: 600,
        V4L2_CID_STATELESS_HEVC_ENTRY_POINT_OFFSETS: 256,
      },
      limits: { maxWidth: 4096, maxHeight: 2304 },
    },
    vp8: {
      ...common,
      ...sets.noModes,
      controls: sets.vp8Controls,
      limits: { maxWidth: 16383, maxHeight: 16383 },
    },
    vp9: {
      ...common,
      ...sets.noModes,
      controls: sets.vp9Controls,
      limits: { maxWidth: 8192, maxHeight: 4352 },
    },
    av1: {
      ...common,
      since: "6.9",
      ...sets.noModes,
      controls: { ...sets.av1Controls, V4L2_CID_STATELESS_AV1_FILM_GRAIN: 1 },
      limits: { maxWidth: 4096, maxHeight: 2304 },
    },
    mpeg2: {
      ...common,
      ...sets.noModes,
      controls: sets.mpeg2Controls,
      limits: { maxWidth: 1920, maxHeight: 1152 },
    },
    fwht: {
      ...common,
      ...sets.noModes,
      controls: { V4L2_CID_STATELESS_FWHT_PARAMS: 1 },
      limits: { maxWidth: 4096, maxHeight: 2160 },
    },
  },
};
