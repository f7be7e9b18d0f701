import type { Codec } from "../uapi/codecs.ts";
import { av1 } from "./av1/comparator.ts";
import type { Comparator } from "./comparator.ts";
import { fwht } from "./fwht/comparator.ts";
import { h264 } from "./h264/comparator.ts";
import { h265 } from "./h265/comparator.ts";
import { mpeg2 } from "./mpeg2/comparator.ts";
import { vp8 } from "./vp8/comparator.ts";
import { vp9 } from "./vp9/comparator.ts";

/** What the comparison knows of each codec. */
export const comparators: Readonly<Record<Codec, Comparator>> = { h264, h265, vp8, vp9, av1, mpeg2, fwht };
