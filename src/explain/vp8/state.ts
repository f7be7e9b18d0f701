/** What the rules of VP8 look at. */
import type { ReadUnit } from "../read-unit.ts";
import type { Setting } from "../setting.ts";
import { constant, type Source, sourcesOf } from "../source.ts";

/** A value in force, and the frame that set it. */
export interface Vp8Setting extends Setting {
  readonly unit: ReadUnit;
}

/** What is in force for a frame. The keys are paths: `"coeff_probs[0][0][0][0]"`. */
export class Vp8State {
  /** What refresh_entropy_probs keeps or discards: probabilities of coefficients, motion vectors and modes. */
  probabilities: Map<string, Vp8Setting> = new Map();
  /** Segmentation and loop filter deltas. */
  readonly others = new Map<string, Vp8Setting>();
  /** The last key frame. */
  key: { readonly request: number; readonly unit: ReadUnit } | undefined;
}

/** The magnitude and the sign that follow a flag; 0 where the flag is 0. */
export function signed(unit: ReadUnit, place: number): Source[] {
  const flag = unit.at(place, "condition");
  if (unit.elements[place]?.value !== 1) return sourcesOf(constant("0 where it is not updated (9.3, 9.4)"), flag);
  return sourcesOf(unit.at(place + 1), unit.at(place + 2), flag);
}
