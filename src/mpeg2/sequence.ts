import type { Control, Rectangle, SequenceEvent } from "../events.ts";
import { nextSequence } from "../session/next-sequence.ts";
import { V4L2_PIX_FMT_MPEG2_SLICE } from "../uapi/mpeg2.ts";
import type { SequenceDisplayExtension, SequenceExtension, SequenceHeader } from "./structures.ts";

/** Two references, the current picture, and a picture that waits for output. */
const CAPTURE_BUFFERS = 4;

/** A sequence header with its extensions. */
export interface Sequence {
  readonly header: SequenceHeader;
  readonly extension: SequenceExtension;
  readonly display: SequenceDisplayExtension | null;
}

/** horizontal_size and vertical_size of 6.3.3, in samples. */
export function pictureSize(seq: SequenceHeader, ext: SequenceExtension): { width: number; height: number } {
  return {
    width: seq.horizontal_size_value + ext.horizontal_size_extension * 2 ** 12,
    height: seq.vertical_size_value + ext.vertical_size_extension * 2 ** 12,
  };
}

/** The picture, in samples: 6.3.3. */
export function visibleRectangle({ header, extension }: Sequence): Rectangle {
  return { left: 0, top: 0, ...pictureSize(header, extension) };
}

/**
 * The event that tells what a sequence requires of the CAPTURE queue. Null where nothing changes. `before` is the sequence
 * event in force, if there is one.
 */
export function sequenceEvent(
  sequence: Sequence,
  controls: readonly Control[],
  before: SequenceEvent | null,
): SequenceEvent | null {
  const { extension, display } = sequence;
  const visible = visibleRectangle(sequence);
  // 6.3.3: mb_width, and mb_height, which is even where fields are coded.
  const rows = extension.progressive_sequence ? 16 : 32;
  const event: SequenceEvent = {
    type: "sequence",
    codec: "mpeg2",
    pixelFormat: V4L2_PIX_FMT_MPEG2_SLICE,
    codedWidth: Math.ceil(visible.width / 16) * 16,
    codedHeight: Math.ceil(visible.height / rows) * rows,
    visible,
    bitDepthLuma: 8,
    bitDepthChroma: 8,
    chromaFormat: extension.chroma_format,
    colour: {
      colour_primaries: display?.colour_primaries ?? 1, // 6.3.6: as in Recommendation BT.709 where the stream does not say
      transfer_characteristics: display?.transfer_characteristics ?? 1,
      matrix_coefficients: display?.matrix_coefficients ?? 1,
      video_full_range_flag: 0,
    },
    captureBuffers: CAPTURE_BUFFERS,
    realloc: true,
    keepsReferences: false,
    controls,
  };
  return nextSequence(event, before);
}
