import type { Comparator } from "../comparator.ts";
import { conditionsVp9 } from "./conditions.ts";
import { translateTimestamps, viewVp9 } from "./view.ts";

/** VP9. */
export const vp9: Comparator = {
  codec: "vp9",
  view: viewVp9,
  rawPayload: translateTimestamps,
  conditions: conditionsVp9,
};
