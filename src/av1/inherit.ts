/**
 * What a frame inherits from the frame that primary_ref_frame names: load_previous and setup_past_independence of 6.8.2, and
 * load_grain_params of 6.8.20.
 */
import type { References } from "./frame-refs.ts";
import {
  type FilmGrainParams,
  type FrameHeader,
  identityParams,
  noFeatures,
  type SegmentationFeatures,
} from "./structures.ts";
import { defaultModeDeltas, defaultRefDeltas, PRIMARY_REF_NONE } from "./tables.ts";

/** The values before a frame codes its own. */
export interface Inherited {
  readonly features: SegmentationFeatures;
  readonly loop_filter_ref_deltas: readonly number[];
  readonly loop_filter_mode_deltas: readonly number[];
  readonly PrevGmParams: Int32Array;
}

/** setup_past_independence. */
const pastIndependence: Inherited = {
  features: noFeatures,
  loop_filter_ref_deltas: defaultRefDeltas,
  loop_filter_mode_deltas: defaultModeDeltas,
  PrevGmParams: identityParams,
};

/** Null where the frame that `h` inherits from is missing. */
export function inheritedBy(h: FrameHeader, references: References): Inherited | null {
  if (h.primary_ref_frame === PRIMARY_REF_NONE) return pastIndependence;
  const previous = references[h.ref_frame_idx[h.primary_ref_frame] as number] ?? null;
  if (previous === null) return null;
  return {
    features: previous.segmentation_params.features,
    loop_filter_ref_deltas: previous.loop_filter_params.loop_filter_ref_deltas,
    loop_filter_mode_deltas: previous.loop_filter_params.loop_filter_mode_deltas,
    PrevGmParams: previous.global_motion_params.gm_params,
  };
}

/** load_grain_params: all elements of the film grain of a reference, but for grain_seed, which is the frame's own. */
export function loadGrainParams(loaded: FilmGrainParams, grain_seed: number): FilmGrainParams {
  return { ...loaded, grain_seed };
}
