import type { Comparator } from "../comparator.ts";
import { conditionsH264 } from "./conditions.ts";
import { translateTimestamps, viewH264 } from "./view.ts";

/** H.264 in both decode modes. */
export const h264: Comparator = {
  codec: "h264",
  view: viewH264,
  rawPayload: translateTimestamps,
  conditions: conditionsH264,
};
