/** What outlives a frame: the reference slots, and the loop filter's and the segmentation's parameters. */
import type { Rectangle } from "../events.ts";
import { type ReleaseListener, releaseUnused } from "../session/frame-events.ts";
import type { ColorConfig, FrameSize, SegmentFeatures, UncompressedHeader } from "./structures.ts";
import { defaultModeDeltas, defaultRefDeltas, MAX_SEGMENTS, NUM_REF_FRAMES, SEG_LVL_MAX } from "./tables.ts";

/** A decoded frame. */
export interface Frame {
  /** Nanoseconds. */
  readonly timestamp: number;
  readonly FrameWidth: number;
  readonly FrameHeight: number;
  readonly color: ColorConfig;
  readonly visible: Rectangle;
  readonly corrupt: boolean;
}

/** 8.10: the frames that later ones can refer to. A frame may lie in several slots. */
export class ReferenceSlots {
  readonly frames: (Frame | null)[] = new Array(NUM_REF_FRAMES).fill(null);
  readonly #listener: ReleaseListener<Frame>;

  constructor(listener: ReleaseListener<Frame>) {
    this.#listener = listener;
  }

  /** The frame in the slots that was decoded last. */
  get newest(): Frame | null {
    return this.frames.reduce((a, b) => (b && (!a || b.timestamp > a.timestamp) ? b : a), null);
  }

  /** 8.10 Reference frame update process. Frames that are in no slot afterwards are released, in decoding order. */
  update(frame: Frame, refresh_frame_flags: number): void {
    const { frames } = this;
    const replaced: Frame[] = [];
    for (let i = 0; i < NUM_REF_FRAMES; i++) {
      if (((refresh_frame_flags >> i) & 1) === 0) continue;
      const before = frames[i] ?? null;
      frames[i] = frame;
      if (before !== null) replaced.push(before);
    }
    if (refresh_frame_flags === 0) replaced.push(frame);
    releaseUnused(replaced, frames, this.#listener);
  }

  clear(): void {
    const before = this.frames.filter((frame) => frame !== null);
    this.frames.fill(null);
    releaseUnused(before, this.frames, this.#listener);
  }
}

/** 7.2.8, 7.2.10: the parameters that persist from one frame to the next. */
export interface PersistentParams {
  readonly ref_deltas: readonly number[];
  readonly mode_deltas: readonly number[];
  readonly segmentation_tree_probs: readonly number[];
  readonly segmentation_pred_prob: readonly number[];
  readonly segmentation_abs_or_delta_update: number;
  /** 8 of them. */
  readonly features: readonly SegmentFeatures[];
}

const noFeatures: SegmentFeatures = {
  feature_enabled: new Array<number>(SEG_LVL_MAX).fill(0),
  feature_value: new Array<number>(SEG_LVL_MAX).fill(0),
};

/** The values that setup_past_independence sets: 7.2. */
const pastIndependence = {
  ref_deltas: defaultRefDeltas,
  mode_deltas: defaultModeDeltas,
  segmentation_abs_or_delta_update: 0,
  features: new Array<SegmentFeatures>(MAX_SEGMENTS).fill(noFeatures),
};

/** The parameters before the first frame. */
export const initialParams: PersistentParams = {
  ...pastIndependence,
  segmentation_tree_probs: new Array<number>(7).fill(0),
  segmentation_pred_prob: new Array<number>(3).fill(0),
};

/**
 * The parameters in force for a frame, from those of the frame before it. 7.2.10: with segmentation_update_data all features
 * are cleared first; with segmentation_update_map all probabilities are coded anew.
 */
export function paramsOf(h: UncompressedHeader, before: PersistentParams): PersistentParams {
  const { loop_filter_params: lf, segmentation_params: seg } = h;
  const start = h.FrameIsIntra || h.error_resilient_mode === 1 ? pastIndependence : before;
  const map = seg.segmentation_update_map ? seg : before;
  const data = seg.features ? seg : start;
  return {
    ref_deltas: start.ref_deltas.map((delta, i) => lf.loop_filter_ref_deltas[i] ?? delta),
    mode_deltas: start.mode_deltas.map((delta, i) => lf.loop_filter_mode_deltas[i] ?? delta),
    segmentation_tree_probs: map.segmentation_tree_probs,
    segmentation_pred_prob: map.segmentation_pred_prob,
    segmentation_abs_or_delta_update: data.segmentation_abs_or_delta_update,
    features: seg.features ?? start.features,
  };
}

/** 7.2.5: a reference may be at most twice as large as the frame, and at most 16 times smaller. */
export function isScalable(size: FrameSize, reference: Pick<Frame, "FrameWidth" | "FrameHeight">): boolean {
  return (
    2 * size.FrameWidth >= reference.FrameWidth &&
    2 * size.FrameHeight >= reference.FrameHeight &&
    size.FrameWidth <= 16 * reference.FrameWidth &&
    size.FrameHeight <= 16 * reference.FrameHeight
  );
}

/** 7.2: a reference has the frame's format. */
export function isSameFormat(a: ColorConfig, b: ColorConfig): boolean {
  return a.BitDepth === b.BitDepth && a.subsampling_x === b.subsampling_x && a.subsampling_y === b.subsampling_y;
}
