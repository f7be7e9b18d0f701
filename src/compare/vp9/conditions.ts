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
  "after another size": condition("a frame before this one has another size", isAcrossSizes),
} as const satisfies Record<string, Condition>;
