import type { Codec } from "../uapi/codecs.ts";
import av1 from "./av1/disagreements.json" with { type: "json" };
import fwht from "./fwht/disagreements.json" with { type: "json" };
import h264 from "./h264/disagreements.json" with { type: "json" };
import h265 from "./h265/disagreements.json" with { type: "json" };
import mpeg2 from "./mpeg2/disagreements.json" with { type: "json" };
import type { Verdict } from "./rules.ts";
import vp8 from "./vp8/disagreements.json" with { type: "json" };
import vp9 from "./vp9/disagreements.json" with { type: "json" };

type Row = Omit<Verdict, "codec">;

/** A test holds that the files have this shape. */
const rows = { h264, h265, vp8, vp9, av1, mpeg2, fwht } as unknown as Readonly<Record<Codec, readonly Row[]>>;

/** The rows of DISAGREEMENTS.md of one codec. */
export function verdictsOf(codec: Codec): Verdict[] {
  return rows[codec].map((row) => ({ codec, ...row }));
}
