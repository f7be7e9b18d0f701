/** What the rules of VP9 look at. */
import type { ReadUnit } from "../read-unit.ts";
import type { Setting } from "../setting.ts";

/** A frame that a later one may refer to. */
export interface StoredFrame {
  readonly request: number;
  readonly unit: ReadUnit;
  /** The frame that codes its size: itself, or the one that it has its size from, over any number of references (6.2.5). */
  readonly sized: { readonly request: number; readonly unit: ReadUnit } | undefined;
}

/** What the rules look at. */
export interface Vp9State {
  readonly unit: ReadUnit;
  readonly request: number;
  /** The parameters in force (7.2.8, 7.2.10), by path: `"ref_deltas[0]"`. */
  readonly params: ReadonlyMap<string, Setting>;
  /** The frame whose color_config() is in force. */
  readonly color: { readonly request: number; readonly unit: ReadUnit } | undefined;
  /** By timestamp. */
  readonly frames: ReadonlyMap<number, StoredFrame>;
  readonly timestamps: readonly number[];
}
