import type { Comparator } from "../comparator.ts";
import { conditionsMpeg2 } from "./mpeg2-conditions.ts";
import { translateTimestamps, viewMpeg2 } from "./mpeg2-view.ts";

/** MPEG-2, which has no decode modes, as elementary streams: the peers' demuxers are no part of what is compared. */
export const mpeg2: Comparator = {
  codec: "mpeg2",
  modes: ["frame"],
  extensions: [".m2v"],
  view: viewMpeg2,
  rawPayload: translateTimestamps,
  conditions: conditionsMpeg2,
};
