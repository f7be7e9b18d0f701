import type { Colour, Control, Rectangle, SequenceEvent } from "../events.ts";
import { nextSequence } from "../session/next-sequence.ts";
import { V4L2_PIX_FMT_VP9_FRAME } from "../uapi/vp9.ts";
import type { ColorConfig, FrameSize } from "./structures.ts";
import { NUM_REF_FRAMES } from "./tables.ts";

/** One for each slot, and the current frame. */
const CAPTURE_BUFFERS = NUM_REF_FRAMES + 1;

/** The value of `SequenceEvent.chromaFormat` for 4:4:0, for which chroma_format_idc has no number. */
const CHROMA_440 = 4;

/** The matrix_coefficients of H.273 for each color_space of 7.2.2. */
const matrixCoefficients: readonly number[] = [2, 5, 1, 6, 7, 9, 2, 0];

/** The whole frame, in samples: 7.2.3. The render size is not cropping: it says how large the frame is shown. */
export function visibleRectangle({ FrameWidth, FrameHeight }: FrameSize): Rectangle {
  return { left: 0, top: 0, width: FrameWidth, height: FrameHeight };
}

/**
 * The event that tells what a frame requires of the CAPTURE queue. Null where nothing changes. `before` is the sequence event
 * in force, if there is one.
 * @param keepsReferences whether earlier frames may be referred to again
 * @param controls VP9_FRAME of the frame: a driver chooses its CAPTURE format by the bit depth in it (hantro_vp9_s_ctrl).
 */
export function sequenceEvent(
  size: FrameSize,
  color: ColorConfig,
  keepsReferences: boolean,
  controls: readonly Control[],
  before: SequenceEvent | null,
): SequenceEvent | null {
  const event: SequenceEvent = {
    type: "sequence",
    codec: "vp9",
    pixelFormat: V4L2_PIX_FMT_VP9_FRAME,
    codedWidth: Math.ceil(size.FrameWidth / 8) * 8, // 7.2.6: MiCols, MiRows
    codedHeight: Math.ceil(size.FrameHeight / 8) * 8,
    visible: visibleRectangle(size),
    bitDepthLuma: color.BitDepth,
    bitDepthChroma: color.BitDepth,
    chromaFormat: chromaFormat(color),
    colour: colour(color),
    captureBuffers: CAPTURE_BUFFERS,
    realloc: true,
    keepsReferences,
    controls,
  };
  return nextSequence(event, before);
}

function chromaFormat({ subsampling_x, subsampling_y }: ColorConfig): number {
  if (subsampling_x) return subsampling_y ? 1 : 2;
  return subsampling_y ? CHROMA_440 : 3;
}

/** VP9 codes only the matrix. */
function colour({ color_space, color_range }: ColorConfig): Colour {
  return {
    colour_primaries: 2,
    transfer_characteristics: 2,
    matrix_coefficients: matrixCoefficients[color_space] as number,
    video_full_range_flag: color_range,
  };
}
