import type { Comparator } from "../comparator.ts";
import { conditionsH264 } from "./h264-conditions.ts";
import { compareExpected } from "./h264-model.ts";
import { translateTimestamps, viewH264 } from "./h264-view.ts";

/** H.264 in both decode modes. */
export const h264: Comparator = {
  codec: "h264",
  modes: ["frame", "slice"],
  extensions: [".264", ".h264", ".avc", ".26l", ".jsv", ".jvt"],
  view: viewH264,
  rawPayload: translateTimestamps,
  conditions: conditionsH264,
  compareExpected,
};
