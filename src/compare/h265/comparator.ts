import type { Comparator } from "../comparator.ts";
import { conditionsH265 } from "./conditions.ts";
import { translateTimestamps, viewH265 } from "./view.ts";

/** H.265 in both decode modes. */
export const h265: Comparator = {
  codec: "h265",
  view: viewH265,
  rawPayload: translateTimestamps,
  conditions: conditionsH265,
};
