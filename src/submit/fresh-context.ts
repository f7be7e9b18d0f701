import type { SequenceEvent } from "../events.ts";

/** The properties of a sequence that matter for this. */
type Kind = Pick<SequenceEvent, "pixelFormat" | "bitDepthLuma">;

/**
 * Whether the device must be opened anew between two sequences, because its driver keeps state that does not fit the next one.
 *
 * mediatek keeps the decoder of the first codec, and after a sequence with ten bits it never expects eight again
 * (`is_10bit_bitstream`). rkvdec and hantro go back to eight bits when the OUTPUT format is set, and learn of ten from the
 * parameter set; but the kernel does not tell a driver of a value that the control has already (`try_or_set_cluster`), as it
 * has when a stream of the same codec was decoded before the one between.
 *
 * @param driver the name in `v4l2_capability.driver`.
 */
export function needsFreshContext(driver: string, before: Kind, next: Kind): boolean {
  const isOtherCodec = before.pixelFormat !== next.pixelFormat;
  if (driver === "mtk-vcodec-dec") return isOtherCodec || before.bitDepthLuma > next.bitDepthLuma;
  return isOtherCodec && next.bitDepthLuma > 8;
}
