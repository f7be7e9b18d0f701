import type { Colour, Control, Rectangle, SequenceEvent } from "../events.ts";
import { nextSequence } from "../session/next-sequence.ts";
import {
  V4L2_AV1_SEQUENCE_FLAG_FILM_GRAIN_PARAMS_PRESENT,
  V4L2_PIX_FMT_AV1_FRAME,
  v4l2_ctrl_av1_sequence,
} from "../uapi/av1.ts";
import { viewOf } from "../uapi/struct.ts";
import { highestSpatialLayer } from "./operating-point.ts";
import type { ColorConfig, FrameSize, OperatingPoint, SequenceHeader } from "./structures.ts";
import { NUM_REF_FRAMES } from "./tables.ts";

/** One for each slot, and the current frame. */
const CAPTURE_BUFFERS = NUM_REF_FRAMES + 1;

/** The whole frame, after superres. The render size is not cropping: it says how large the frame is shown. */
export function visibleRectangle({ UpscaledWidth, FrameHeight }: FrameSize): Rectangle {
  return { left: 0, top: 0, width: UpscaledWidth, height: FrameHeight };
}

/** What a sequence event is made of. */
export interface SequenceInput {
  readonly header: SequenceHeader;
  readonly OperatingPointIdc: number;
  /** Those that decide the CAPTURE format. */
  readonly controls: readonly Control[];
  /** The size of the largest frame. */
  readonly size: Size;
  /** Whether earlier frames may be referred to again. */
  readonly keepsReferences: boolean;
}

/** In luma samples. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * The size of buffers for a frame and for frames `within` a size. Frames may be smaller than the sequence says, and refer to frames of another
 * size.
 */
export function largest(within: Size, { UpscaledWidth, FrameHeight }: FrameSize): Size {
  if (UpscaledWidth <= coded(within.width) && FrameHeight <= coded(within.height)) return within;
  return { width: Math.max(within.width, UpscaledWidth), height: Math.max(within.height, FrameHeight) };
}

/** 5.9.9: MiCols, MiRows. */
function coded(samples: number): number {
  return Math.ceil(samples / 8) * 8;
}

/**
 * The size of buffers for a sequence that begins with this frame. max_frame_width_minus_1 may be far more than any frame has: SVT-AV1 writes
 * 16384x8704. It counts where frames of several sizes are sure to come: those of spatial layers.
 */
export function sequenceSize(seq: SequenceHeader, OperatingPointIdc: number, size: FrameSize): Size {
  if (highestSpatialLayer(OperatingPointIdc) === 0) return { width: size.UpscaledWidth, height: size.FrameHeight };
  return { width: seq.max_frame_width_minus_1 + 1, height: seq.max_frame_height_minus_1 + 1 };
}

/**
 * The event that tells what a sequence requires of the CAPTURE queue. Null where nothing changes. `before` is the sequence event
 * in force, if there is one.
 */
export function sequenceEvent(
  { header: seq, OperatingPointIdc, controls, size: { width, height }, keepsReferences }: SequenceInput,
  before: SequenceEvent | null,
): SequenceEvent | null {
  const { BitDepth } = seq.color_config;
  // 7.18.1: a frame may wait for one of a higher layer while that is decoded.
  const waiting = highestSpatialLayer(OperatingPointIdc) > 0 ? 1 : 0;
  const event: SequenceEvent = {
    type: "sequence",
    codec: "av1",
    pixelFormat: V4L2_PIX_FMT_AV1_FRAME,
    codedWidth: coded(width),
    codedHeight: coded(height),
    visible: { left: 0, top: 0, width, height },
    bitDepthLuma: BitDepth,
    bitDepthChroma: BitDepth,
    chromaFormat: chromaFormat(seq.color_config),
    colour: colour(seq.color_config),
    captureBuffers: CAPTURE_BUFFERS + waiting,
    realloc: true,
    keepsReferences,
    controls,
  };
  // hantro: with film grain, the CAPTURE formats are others.
  if (before !== null && hasFilmGrain(controls) !== hasFilmGrain(before.controls)) return event;
  return nextSequence(event, before);
}

function hasFilmGrain(controls: readonly Control[]): boolean {
  const payload = controls[0]?.payload;
  if (!(payload instanceof Uint8Array)) return false;
  const flags = viewOf(payload).getUint32(v4l2_ctrl_av1_sequence.offsets.flags, true);
  return (flags & V4L2_AV1_SEQUENCE_FLAG_FILM_GRAIN_PARAMS_PRESENT) !== 0;
}

function chromaFormat({ mono_chrome, subsampling_x, subsampling_y }: ColorConfig): number {
  if (mono_chrome) return 0;
  if (subsampling_x) return subsampling_y ? 1 : 2;
  return 3;
}

function colour(c: ColorConfig): Colour {
  return {
    colour_primaries: c.color_primaries,
    transfer_characteristics: c.transfer_characteristics,
    matrix_coefficients: c.matrix_coefficients,
    video_full_range_flag: c.color_range,
  };
}

/**
 * 7.5: whether two sequence headers are those of one coded video sequence: they are equal but for what
 * operating_parameters_info says.
 */
export function isSameSequence(a: SequenceHeader, b: SequenceHeader): boolean {
  return JSON.stringify(a, withoutOperatingParameters) === JSON.stringify(b, withoutOperatingParameters);
}

function withoutOperatingParameters(key: string, value: unknown): unknown {
  const name: keyof OperatingPoint = "operating_parameters_info";
  return key === name ? null : value;
}
