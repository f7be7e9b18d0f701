/** What outlives a frame: probabilities, segmentation, loop filter deltas, and the reference buffers. */
import type { Rectangle } from "../events.ts";
import { newPayload } from "../uapi/payload.ts";
import type { Frame, FrameHeader, ProbUpdate } from "./structures.ts";
import { defaultCoeffProbs, defaultMvProbs, defaultUvModeProbs, defaultYModeProbs } from "./tables.ts";

/** The probabilities that refresh_entropy_probs keeps or discards. A table is never changed, but replaced by a new one. */
export interface Probabilities {
  /** [4][8][3][11]. */
  readonly coeff: Uint8Array;
  /** [2][19]. */
  readonly mv: Uint8Array;
  /** For interframes. */
  readonly yMode: Uint8Array;
  readonly uvMode: Uint8Array;
}

/** 9.3: the segmentation in effect. */
export interface Segmentation {
  readonly isAbsolute: boolean;
  readonly quantizer: readonly number[];
  readonly loopFilter: readonly number[];
  /**
   * The probabilities of the last segment map. Before the first map they are 0, as GStreamer and FFmpeg send them: no segment
   * id is read then.
   */
  readonly probs: readonly number[];
}

/** The state that one frame's header changes and that the next frame starts from. */
export interface CodingState {
  readonly probabilities: Probabilities;
  readonly segmentation: Segmentation;
  readonly refFrameDelta: readonly number[];
  readonly mbModeDelta: readonly number[];
}

/** 9.3, 9.4, 9.11: what a key frame starts from. */
export const initialState: CodingState = {
  probabilities: {
    coeff: defaultCoeffProbs,
    mv: defaultMvProbs,
    yMode: defaultYModeProbs,
    uvMode: defaultUvModeProbs,
  },
  segmentation: {
    isAbsolute: false,
    quantizer: [0, 0, 0, 0],
    loopFilter: [0, 0, 0, 0],
    probs: [0, 0, 0],
  },
  refFrameDelta: [0, 0, 0, 0],
  mbModeDelta: [0, 0, 0, 0],
};

function withUpdates(table: Uint8Array, updates: readonly ProbUpdate[]): Uint8Array {
  if (updates.length === 0) return table;
  const copy = newPayload(table.length);
  copy.set(table);
  for (const { place, value } of updates) copy[place] = value;
  return copy;
}

function updatedProbabilities(before: Probabilities, header: FrameHeader): Probabilities {
  const { intra_16x16_prob, intra_chroma_prob } = header;
  return {
    coeff: withUpdates(before.coeff, header.coeff_prob),
    mv: withUpdates(before.mv, header.mv_prob),
    yMode: intra_16x16_prob ? Uint8Array.from(intra_16x16_prob) : before.yMode,
    uvMode: intra_chroma_prob ? Uint8Array.from(intra_chroma_prob) : before.uvMode,
  };
}

function updatedSegmentation(before: Segmentation, { update_segmentation }: FrameHeader): Segmentation {
  if (update_segmentation === null) return before;
  const { update_segment_feature_data: hasData, update_mb_segmentation_map: hasMap } = update_segmentation;
  return {
    isAbsolute: hasData ? update_segmentation.segment_feature_mode === 1 : before.isAbsolute,
    quantizer: hasData ? update_segmentation.quantizer_update_value : before.quantizer,
    loopFilter: hasData ? update_segmentation.lf_update_value : before.loopFilter,
    probs: hasMap ? update_segmentation.segment_prob : before.probs,
  };
}

/** The state that this frame is decoded with. `before` is the state after the frame before it. */
export function stateOfFrame({ tag, header }: Frame, before: CodingState): CodingState {
  const start = tag.frame_type === 0 ? initialState : before;
  const { mode_ref_lf_delta_update, ref_frame_delta, mb_mode_delta } = header.mb_lf_adjustments;
  const updated = (deltas: readonly number[], updates: readonly (number | undefined)[]) =>
    mode_ref_lf_delta_update ? deltas.map((delta, i) => updates[i] ?? delta) : deltas;
  return {
    probabilities: updatedProbabilities(start.probabilities, header),
    segmentation: updatedSegmentation(start.segmentation, header),
    refFrameDelta: updated(start.refFrameDelta, ref_frame_delta),
    mbModeDelta: updated(start.mbModeDelta, mb_mode_delta),
  };
}

/**
 * 9.11: the state after this frame. Without refresh_entropy_probs, the frame's probabilities are valid for that frame only.
 */
export function stateAfter({ tag, header }: Frame, before: CodingState, during: CodingState): CodingState {
  if (header.refresh_entropy_probs) return during;
  const { probabilities } = tag.frame_type === 0 ? initialState : before;
  return { ...during, probabilities };
}

/** A decoded picture. */
export interface Picture {
  /** Nanoseconds. */
  readonly timestamp: number;
  readonly visible: Rectangle;
  readonly corrupt: boolean;
}

/** 9.7: the three reference buffers. */
export interface Slots {
  readonly last: Picture | null;
  readonly golden: Picture | null;
  readonly alternate: Picture | null;
}

export const emptySlots: Slots = { last: null, golden: null, alternate: null };

/**
 * 9.7: the buffers after a frame. The text gives no order of the steps. The RFC's own decoder (dixie.c) and libvpx
 * (swap_frame_buffers) first copy to the alternate buffer; then to the golden buffer, which may be a copy of the new alternate
 * buffer; last they refresh both.
 */
export function updatedSlots(before: Slots, header: FrameHeader, picture: Picture): Slots {
  const { copy_buffer_to_golden, copy_buffer_to_alternate } = header;
  const alternate = [before.alternate, before.last, before.golden][copy_buffer_to_alternate] ?? null;
  const golden = [before.golden, before.last, alternate][copy_buffer_to_golden] ?? null;
  return {
    last: header.refresh_last ? picture : before.last,
    golden: header.refresh_golden_frame ? picture : golden,
    alternate: header.refresh_alternate_frame ? picture : alternate,
  };
}
