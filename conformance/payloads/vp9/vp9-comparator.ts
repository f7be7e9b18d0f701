import type { Comparator } from "../comparator.ts";
import { conditionsVp9 } from "./vp9-conditions.ts";
import { translateTimestamps, viewVp9 } from "./vp9-view.ts";

/** VP9, which has no decode modes, in IVF and WebM files. */
export const vp9: Comparator = {
  codec: "vp9",
  modes: ["frame"],
  extensions: [".ivf", ".webm"],
  view: viewVp9,
  rawPayload: translateTimestamps,
  conditions: conditionsVp9,
};
