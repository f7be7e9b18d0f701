/** What a frame requires of the CAPTURE queue. */

import type { Colour, SequenceEvent } from "../events.ts";
import { nextSequence } from "../session/next-sequence.ts";
import { V4L2_PIX_FMT_FWHT_STATELESS } from "../uapi/fwht.ts";
import type { PictureFormat } from "./state.ts";
import type { FrameHeader } from "./structures.ts";
import {
  colorspaces,
  IDENTITY_MATRIX,
  matrixCoefficients,
  transferCharacteristics,
  V4L2_COLORSPACE_JPEG,
  V4L2_QUANTIZATION_FULL_RANGE,
  V4L2_QUANTIZATION_LIM_RANGE,
} from "./tables.ts";

/** The reference and the current picture. */
const CAPTURE_BUFFERS = 2;

const UNSPECIFIED = 2;

/**
 * The event that tells what an I frame requires of the CAPTURE queue. Null where nothing changes. `before` is the sequence event in
 * force, if there is one.
 */
export function sequenceEvent(
  header: FrameHeader,
  format: PictureFormat,
  before: SequenceEvent | null,
): SequenceEvent | null {
  const { components, chromaFormat, width, height, codedWidth, codedHeight } = format;
  const event: SequenceEvent = {
    type: "sequence",
    codec: "fwht",
    pixelFormat: V4L2_PIX_FMT_FWHT_STATELESS,
    codedWidth,
    codedHeight,
    visible: { left: 0, top: 0, width, height },
    bitDepthLuma: 8,
    bitDepthChroma: 8,
    chromaFormat,
    components,
    colour: colourOf(header, format),
    captureBuffers: CAPTURE_BUFFERS,
    realloc: true,
    keepsReferences: false,
    controls: [],
  };
  return nextSequence(event, before);
}

/** The values of linux/videodev2.h as code points. 0 stands for what the colour space has by default. */
function colourOf({ colorspace, xfer_func, ycbcr_enc, quantization }: FrameHeader, format: PictureFormat): Colour {
  const { encoding } = format.components;
  const space = colorspaces[colorspace];
  const transfer = xfer_func === 0 ? space?.xfer_func : xfer_func;
  const matrix = ycbcr_enc === 0 ? space?.ycbcr_enc : ycbcr_enc;
  const isFull = encoding !== "yuv" || colorspace === V4L2_COLORSPACE_JPEG;
  return {
    colour_primaries: space?.primaries ?? UNSPECIFIED,
    transfer_characteristics: transferCharacteristics[transfer ?? 0] ?? UNSPECIFIED,
    matrix_coefficients: encoding === "yuv" ? (matrixCoefficients[matrix ?? 0] ?? UNSPECIFIED) : IDENTITY_MATRIX,
    video_full_range_flag:
      quantization === V4L2_QUANTIZATION_FULL_RANGE || (isFull && quantization !== V4L2_QUANTIZATION_LIM_RANGE) ? 1 : 0,
  };
}
