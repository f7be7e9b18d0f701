import type { Control, SequenceEvent } from "../events.ts";
import { nextSequence } from "../session/next-sequence.ts";
import { V4L2_PIX_FMT_HEVC_SLICE } from "../uapi/h265.ts";
import { dpbLimits } from "./state.ts";
import type { SeqParameterSet } from "./structures.ts";
import { visibleRectangle } from "./visible-rectangle.ts";

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
  const vui = sps.vui_parameters;
  const { sps_max_dec_pic_buffering_minus1, sps_max_num_reorder_pics } = dpbLimits(sps);
  const event: SequenceEvent = {
    type: "sequence",
    codec: "h265",
    pixelFormat: V4L2_PIX_FMT_HEVC_SLICE,
    codedWidth: sps.pic_width_in_luma_samples,
    codedHeight: sps.pic_height_in_luma_samples,
    visible: visibleRectangle(sps),
    bitDepthLuma: sps.bit_depth_luma_minus8 + 8,
    bitDepthChroma: sps.bit_depth_chroma_minus8 + 8,
    chromaFormat: sps.chroma_format_idc,
    colour: {
      colour_primaries: vui?.colour_primaries ?? 2,
      transfer_characteristics: vui?.transfer_characteristics ?? 2,
      matrix_coefficients: vui?.matrix_coeffs ?? 2,
      video_full_range_flag: vui?.video_full_range_flag ?? 0,
    },
    captureBuffers: sps_max_dec_pic_buffering_minus1 + 1 + (sps_max_num_reorder_pics > 0 ? 1 : 0),
    realloc: true,
    keepsReferences: false,
    controls,
  };
  return nextSequence(event, before);
}
