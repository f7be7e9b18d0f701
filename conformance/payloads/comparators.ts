import type { Codec } from "../../src/events.ts";
import type { Comparator } from "./comparator.ts";
import { h264 } from "./h264/h264-comparator.ts";
import { h265 } from "./h265/h265-comparator.ts";
import { mpeg2 } from "./mpeg2/mpeg2-comparator.ts";
import { vp8 } from "./vp8/vp8-comparator.ts";
import { vp9 } from "./vp9/vp9-comparator.ts";

/** The codecs that can be compared. */
export const comparators: Readonly<Partial<Record<Codec, Comparator>>> = { h264, h265, vp8, vp9, mpeg2 };
