import type { SequenceEvent } from "../events.ts";

/** What of a sequence decides it. */
type Kind = Pick<SequenceEvent, "pixelFormat" | "bitDepthLuma">;

/**
 * Whether the device must be opened anew between two sequences, because an opened one remembers too much.
 *
 * mediatek makes the decoder of the first codec and keeps it, and once it saw ten bits it never expects eight again
 * (`is_10bit_bitstream`). rkvdec and hantro go back to eight bits when the OUTPUT format is set, and learn of ten from the
 * parameter set; but the kernel does not tell a driver of a value that the control has already (`try_or_set_cluster`), as it
 * has when a stream of the same codec was decoded before the one between.
 *
 * @param driver As `v4l2_capability.driver` has it.
 */
export function needsFreshContext(driver: string, before: Kind, next: Kind): boolean {
  const isOtherCodec = before.pixelFormat !== next.pixelFormat;
  if (driver === "mtk-vcodec-dec") return isOtherCodec || before.bitDepthLuma > next.bitDepthLuma;
  return isOtherCodec && next.bitDepthLuma > 8;
}
