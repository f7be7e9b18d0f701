import type { Colour, Control, SequenceEvent } from "../events.ts";
import { nextSequence } from "../session/next-sequence.ts";
import { V4L2_PIX_FMT_H264_SLICE } from "../uapi/h264.ts";
import { dpbFrames } from "./state.ts";
import type { SeqParameterSet } from "./structures.ts";
import { codedHeight, codedWidth, visibleRectangle } from "./visible-rectangle.ts";

/**
 * The event that tells what an SPS requires of the CAPTURE queue. Null where nothing changes.
 *
 * @param before the sequence event in force, if there is one.
 */
export function sequenceEvent(
  sps: SeqParameterSet,
  controls: readonly Control[],
  before: SequenceEvent | null,
): SequenceEvent | null {
  const event: SequenceEvent = {
    type: "sequence",
    codec: "h264",
    pixelFormat: V4L2_PIX_FMT_H264_SLICE,
    codedWidth: codedWidth(sps),
    codedHeight: codedHeight(sps),
    visible: visibleRectangle(sps),
    bitDepthLuma: sps.bit_depth_luma_minus8 + 8,
    bitDepthChroma: sps.bit_depth_chroma_minus8 + 8,
    chromaFormat: sps.chroma_format_idc,
    colour: colourOf(sps),
    captureBuffers: dpbFrames(sps) + 1,
    realloc: true,
    keepsReferences: false,
    controls,
  };
  return nextSequence(event, before);
}

/** E.2.1: 2, unspecified, where the VUI says nothing. */
function colourOf(sps: SeqParameterSet): Colour {
  const vui = sps.vui_parameters;
  return {
    colour_primaries: vui?.colour_primaries ?? 2,
    transfer_characteristics: vui?.transfer_characteristics ?? 2,
    matrix_coefficients: vui?.matrix_coefficients ?? 2,
    video_full_range_flag: vui?.video_full_range_flag ?? 0,
  };
}
