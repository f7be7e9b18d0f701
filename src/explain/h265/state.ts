/** What the rules of HEVC look at. */
import type { v4l2_ctrl_hevc_decode_params } from "../../uapi/index.ts";
import type { ReadUnit } from "../read-unit.ts";

/** A picture that later ones look at. */
export interface Link {
  /** Its first request. */
  readonly request: number;
  readonly sps: ReadUnit;
  readonly pps: ReadUnit;
  /** The header of its first slice segment. */
  readonly h: ReadUnit;
  /** The SEI unit with its picture timing; undefined without one. */
  readonly timing: ReadUnit | undefined;
  /** It is an IRAP picture with NoRaslOutputFlag 1: it begins a coded video sequence (8.1.3). */
  readonly startsSequence: boolean;
}

/** The picture of a request. */
export interface Picture extends Link {
  /** prevTid0Pic of 8.3.1; null where it does not count. */
  readonly previousTid0: Link | null;
  readonly params: v4l2_ctrl_hevc_decode_params;
}

/** A slice segment of the request. */
export interface Segment {
  readonly unit: ReadUnit;
  /** The segment that has the slice's header: itself, unless it is a dependent one (7.4.7.1). */
  readonly header: ReadUnit;
}

/** The state that the rules look at. */
export interface H265State {
  readonly picture: Picture;
  readonly segments: readonly Segment[];
  /** By timestamp. */
  readonly frames: ReadonlyMap<number, Picture>;
}
