import type { Comparator } from "../comparator.ts";
import { conditionsVp8 } from "./vp8-conditions.ts";
import { translateTimestamps, viewVp8 } from "./vp8-view.ts";

/** VP8, which has no decode modes, in IVF and WebM files. */
export const vp8: Comparator = {
  codec: "vp8",
  modes: ["frame"],
  extensions: [".ivf", ".webm"],
  view: viewVp8,
  rawPayload: translateTimestamps,
  conditions: conditionsVp8,
};
