/** What is said of a picture that is shown. */

import type { OutputEvent } from "../events.ts";
import {
  V4L2_FWHT_FL_IS_ALTERNATE,
  V4L2_FWHT_FL_IS_BOTTOM_FIELD,
  V4L2_FWHT_FL_IS_BOTTOM_FIRST,
  V4L2_FWHT_FL_IS_INTERLACED,
} from "../uapi/fwht.ts";
import type { FrameHeader } from "./structures.ts";

/** By the flags of linux/v4l2-controls.h. vicodec sets none of them. */
export function fieldOrderOf({ flags }: FrameHeader): OutputEvent["fieldOrder"] {
  const has = (flag: number) => (flags & flag) !== 0;
  if (has(V4L2_FWHT_FL_IS_ALTERNATE)) return has(V4L2_FWHT_FL_IS_BOTTOM_FIELD) ? "bottom-only" : "top-only";
  if (!has(V4L2_FWHT_FL_IS_INTERLACED)) return "progressive";
  return has(V4L2_FWHT_FL_IS_BOTTOM_FIRST) ? "bottom-first" : "top-first";
}
