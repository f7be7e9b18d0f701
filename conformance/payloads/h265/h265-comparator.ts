import type { Comparator } from "../comparator.ts";
import { conditionsH265 } from "./h265-conditions.ts";
import { translateTimestamps, viewH265 } from "./h265-view.ts";

/** H.265 in both decode modes. */
export const h265: Comparator = {
  codec: "h265",
  modes: ["frame", "slice"],
  extensions: [".265", ".h265", ".hevc", ".bit"],
  view: viewH265,
  rawPayload: translateTimestamps,
  conditions: conditionsH265,
};
