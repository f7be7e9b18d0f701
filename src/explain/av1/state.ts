/** What the rules of AV1 look at. Clauses are those of the AV1 Bitstream & Decoding Process Specification. */
import type { ReadUnit } from "../read-unit.ts";
import { computed, conditions, type Source, type SourceList, sourcesOf, state as stateOf } from "../source.ts";

/** A value in force, and the frame that set it. */
export interface Setting {
  readonly frame: HeaderUnits;
  /** Made only when they are asked for. */
  readonly sources: () => Source[];
}

/** A frame's request, and the units that its header is read with. */
export interface HeaderUnits {
  readonly request: number;
  /** The OBU of its header. */
  readonly unit: ReadUnit;
  /** The sequence header in force. */
  readonly sequence: ReadUnit;
}

/** What 7.20 saves of a frame, as far as later frames are made of it. */
export interface Saved {
  /** The frame that codes the size: over any number of references (5.9.7), it is another one. */
  readonly size: HeaderUnits;
  readonly refDeltas: readonly Setting[];
  readonly modeDeltas: readonly Setting[];
  /** The frame that codes the segmentation features; one that has segmentation off sets all of them to 0. */
  readonly features: HeaderUnits;
  /** The frames that its global motion is made of: see `motionFrames`. */
  readonly motion: readonly HeaderUnits[];
  /** The frame that codes the film grain; one that codes none sets it to 0. */
  readonly grain: HeaderUnits;
}

/** A frame that a later one may refer to. */
export interface StoredFrame extends HeaderUnits {
  readonly timestamp: number;
  readonly refresh_frame_flags: number;
  readonly saved: Saved;
  /** The header that showed it again, if it is a key frame: it is then in all slots (7.21). */
  shown: ReadUnit | undefined;
}

/** A frame whose request is explained. */
export interface Av1State extends HeaderUnits {
  /** Its slots before its own update (7.20); undefined where they are empty, or a substitute stands in. */
  readonly slots: readonly (StoredFrame | undefined)[];
  /** The timestamps of the slots, as the request has them. */
  readonly timestamps: readonly number[];
  readonly refFrameIdx: readonly number[];
  /** The frame that primary_ref_frame names. */
  readonly previous: StoredFrame | undefined;
  readonly saved: Saved;
  /** The OBUs with its tiles, each with the unit that has its length, where that is not its own obu_size. */
  readonly tiles: readonly TileUnit[];
}

/** An OBU with tiles. */
export interface TileUnit {
  readonly unit: ReadUnit;
  readonly length: ReadUnit | undefined;
}

/** The elements that decide that a frame lies in the slots in which it lies: 7.20, 7.21. */
export function storedBy({ unit, shown }: StoredFrame): Source[] {
  return sourcesOf(
    keptBy(unit),
    shown && unit.condition("frame_type"),
    shown?.condition("frame_to_show_map_idx") ?? shown?.condition("show_existing_frame"),
  );
}

/** refresh_frame_flags, or what it is inferred from. */
export function keptBy(unit: ReadUnit): Source[] {
  const own = unit.condition("refresh_frame_flags");
  return sourcesOf(own ?? [unit.condition("frame_type"), unit.condition("show_frame")]);
}

/** Whether a frame is one without references: FrameIsIntra (6.8.2). */
export function isIntra(unit: ReadUnit): boolean {
  const type = unit.value("frame_type") ?? 0;
  return type === 0 || type === 2;
}

/** What makes it one. */
export function frameType({ unit, sequence }: HeaderUnits): Source[] {
  return sourcesOf(unit.condition("frame_type") ?? sequence.condition("reduced_still_picture_header"));
}

/** A copy of an element; the rule and what decides where it is not coded. */
export function coded(unit: ReadUnit, rule: string, name: string, ...decides: SourceList): Source[] {
  const own = unit.element(name);
  return own === undefined ? sourcesOf(unit.inferred(rule, name), conditions(decides)) : [own];
}

/**
 * The elements that decide which slot a reference has: ref_frame_idx, or those of set_frame_refs (7.8), of which the frame's own are named
 * here.
 */
export function ownReference(unit: ReadUnit, i: number): Source[] {
  const own = unit.condition("ref_frame_idx", i);
  if (own !== undefined) return [own];
  return sourcesOf(["last_frame_idx", "gold_frame_idx", "order_hint"].map((name) => unit.condition(name)));
}

/** The same, with the order hints of the slots, which decide with short signaling. */
export function referenceDecisions(state: Av1State, i: number): Source[] {
  const own = ownReference(state.unit, i);
  if (state.unit.has("ref_frame_idx", i)) return own;
  return sourcesOf(
    own,
    state.slots.map((frame) => frame && conditions(stateOf(frame.request, "", orderHint(frame), storedBy(frame)))),
  );
}

/** OrderHint of a frame: 5.9.2. */
export function orderHint({ unit, sequence }: HeaderUnits): Source[] {
  const own = unit.element("order_hint");
  if (own !== undefined) return [own];
  return sourcesOf(unit.inferred("0: no order hints (5.5.1)", "order_hint"), sequence.condition("enable_order_hint"));
}

/** The order hint of each reference as what decides: 5.9.2. */
export function referenceHints(state: Av1State): Source[] {
  const indices = [0, 1, 2, 3, 4, 5, 6];
  return sourcesOf(
    indices.map((i) => referenceDecisions(state, i)),
    indices.map((i) => {
      const frame = state.slots[state.refFrameIdx[i] as number];
      return frame && conditions(stateOf(frame.request, "", orderHint(frame), storedBy(frame)));
    }),
  );
}

/** What decides which frame is inherited from: primary_ref_frame (6.8.2). */
export function primaryDecisions({ unit }: HeaderUnits): Source[] {
  const primary = unit.condition("primary_ref_frame");
  if (primary === undefined) return sourcesOf(unit.condition("frame_type"), unit.condition("error_resilient_mode"));
  return sourcesOf(primary, primary.value === 7 ? [] : ownReference(unit, primary.value));
}

/** A setting in force for a frame: its own, or one of an earlier frame with what decides that it is inherited. */
export function inherited(state: Av1State, { frame, sources }: Setting, what: string): Source[] {
  if (frame.request === state.request) return sources();
  return sourcesOf(
    stateOf(frame.request, what, sources(), keptBy(frame.unit)),
    state.unit.condition("primary_ref_frame"),
    referenceDecisions(state, state.unit.value("primary_ref_frame") ?? 0),
  );
}

/** What decides that a frame is lossless, so that it has no filters: CodedLossless (5.9.2). */
export function losslessDecisions(state: Av1State): Source[] {
  const { unit, saved } = state;
  const { features } = saved;
  const sources = () =>
    features.unit.allNamed("segmentation_enabled", "feature_enabled").concat(features.unit.allNamed("feature_value"));
  return conditions(
    unit.element("base_q_idx"),
    unit.allNamed("delta_coded", "delta_q", "diff_uv_delta"),
    unit.element("segmentation_enabled"),
    unit.value("segmentation_enabled") === 1
      ? inherited(state, { frame: features, sources }, "the features (7.20)")
      : [],
  );
}

/** A rule, with what decides that it applies. */
export function ruled(rule: string, ...decides: SourceList): Source[] {
  return sourcesOf(computed(rule), conditions(decides));
}
