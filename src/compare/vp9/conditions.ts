import { type Condition, condition, type Occurrence, type Side } from "../comparator.ts";

function sizeOf(side: Side | undefined): string {
  const { fields } = side?.view ?? {};
  return `${fields?.get("VP9_FRAME.frame_width_minus_1")} ${fields?.get("VP9_FRAME.frame_height_minus_1")}`;
}

/** An inter frame of ours, and a frame before it has another size. */
function isAcrossSizes({ ours, values, history }: Occurrence): boolean {
  const reference = /^#(\d+)$/.exec(String(values.ours));
  if (reference === null) return false;
  const before = history.sides.slice(0, ours.request.index);
  return before.some((side) => sizeOf(side) !== sizeOf(ours));
}

/** 10.5: default_uv_mode_probs. */
const defaultUvModeProbs: readonly string[] = [
  "120 7 76 176 208 126 28 54 103",
  "48 12 154 155 139 90 34 117 119",
  "67 6 25 204 243 158 13 21 96",
  "97 5 44 131 176 139 48 68 97",
  "83 5 42 156 111 152 26 49 152",
  "80 5 58 178 74 83 33 62 145",
  "86 5 32 154 192 168 14 22 163",
  "85 5 32 156 216 148 19 29 73",
  "77 7 64 116 132 122 37 126 120",
  "101 21 107 181 192 103 19 67 125",
];

/** What the rows of disagreements.json can ask about VP9. */
export const conditionsVp9 = {
  "FFmpeg sends 0": condition("FFmpeg's value is 0", ({ values }) => values.ff === 0),
  "no segmentation map": condition(
    "the frame codes no segmentation map",
    ({ ours }) => ours.view.fields.get("VP9_FRAME.seg.flags.UPDATE_MAP") === 0,
  ),
  "no segmentation": condition(
    "segmentation_enabled is 0",
    ({ ours }) => ours.view.fields.get("VP9_FRAME.seg.flags.ENABLED") === 0,
  ),
  "no loop filter deltas": condition(
    "loop_filter_delta_enabled is 0",
    ({ ours }) => ours.view.fields.get("VP9_FRAME.lf.flags.DELTA_ENABLED") === 0,
  ),
  "FFmpeg's is a picture": condition("FFmpeg's timestamp is that of a picture", ({ values }) =>
    /^#\d+$/.test(String(values.ff)),
  ),
  "default probabilities": condition("FFmpeg's values are those of a row of default_uv_mode_probs", ({ values }) =>
    defaultUvModeProbs.includes(String(values.ff)),
  ),
  "after another size": condition("a frame before this one has another size", isAcrossSizes),
} as const satisfies Record<string, Condition>;
