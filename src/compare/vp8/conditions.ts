import { type Condition, condition, type Occurrence, sideAt } from "../comparator.ts";

/** The key frame's size is not that of the frame before it. */
function isSizeChange({ ours, history }: Occurrence): boolean {
  const before = sideAt(history.sides, ours.request.index - 1);
  if (before === undefined) return false;
  return ["VP8_FRAME.width", "VP8_FRAME.height"].some(
    (field) => ours.view.fields.get(field) !== before.view.fields.get(field),
  );
}

/** What the rows of disagreements.json can ask about VP8. */
export const conditionsVp8 = {
  "3 * 2^30 more": condition(
    "GStreamer's value is ours and 3 * 2^30",
    ({ values }) => values.gst === Number(values.ours) + 3 * 2 ** 30,
  ),
  "FFmpeg's 0": condition("FFmpeg's value is 0", ({ values }) => values.ff === 0),
  "FFmpeg has none": condition("FFmpeg's timestamp is 0", ({ values }) => values.ff === "none"),
  "new size": condition("the frame's size is not that of the frame before it", isSizeChange),
} as const satisfies Record<string, Condition>;
