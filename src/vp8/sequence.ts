/** RFC 6386, 9.1 and 9.2: what a key frame requires of the CAPTURE queue. */

import type { Rectangle, SequenceEvent } from "../events.ts";
import { nextSequence } from "../session/next-sequence.ts";
import { V4L2_PIX_FMT_VP8_FRAME } from "../uapi/vp8.ts";
import type { FrameHeader } from "./structures.ts";

/** Three references and the current picture. */
const CAPTURE_BUFFERS = 4;

/**
 * The event that tells what a key frame requires of the CAPTURE queue. Null where nothing changes. `before` is the sequence
 * event in force, if there is one. The scaling bits are not used: they only concern how the picture is shown.
 */
export function sequenceEvent(
  visible: Rectangle,
  { color_space }: FrameHeader,
  before: SequenceEvent | null,
): SequenceEvent | null {
  const event: SequenceEvent = {
    type: "sequence",
    codec: "vp8",
    pixelFormat: V4L2_PIX_FMT_VP8_FRAME,
    codedWidth: Math.ceil(visible.width / 16) * 16,
    codedHeight: Math.ceil(visible.height / 16) * 16,
    visible,
    bitDepthLuma: 8,
    bitDepthChroma: 8,
    chromaFormat: 1,
    colour: {
      colour_primaries: 2,
      transfer_characteristics: 2,
      matrix_coefficients: color_space === 0 ? 6 : 2, // 9.2: 0 is similar to BT.601, 1 is reserved
      video_full_range_flag: 0,
    },
    captureBuffers: CAPTURE_BUFFERS,
    realloc: true,
    keepsReferences: false,
    controls: [],
  };
  return nextSequence(event, before);
}
