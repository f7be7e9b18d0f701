import type { Comparator } from "../comparator.ts";
import { conditionsVp8 } from "./conditions.ts";
import { translateTimestamps, viewVp8 } from "./view.ts";

/** VP8. */
export const vp8: Comparator = {
  codec: "vp8",
  view: viewVp8,
  rawPayload: translateTimestamps,
  conditions: conditionsVp8,
};
