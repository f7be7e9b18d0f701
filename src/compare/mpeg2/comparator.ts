import type { Comparator } from "../comparator.ts";
import { conditionsMpeg2 } from "./conditions.ts";
import { translateTimestamps, viewMpeg2 } from "./view.ts";

/** MPEG-2. */
export const mpeg2: Comparator = {
  codec: "mpeg2",
  view: viewMpeg2,
  rawPayload: translateTimestamps,
  conditions: conditionsMpeg2,
};
