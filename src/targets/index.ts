/**
 * What drivers take, as data: controls, modes, limits.
 *
 * @module
 */
import { generic } from "./generic.ts";
import type { Target } from "./target.ts";
import { visl } from "./visl.ts";

export { generic } from "./generic.ts";
export { type TargetRefusal, targetRefusals } from "./refusals.ts";
export { takenControls } from "./taken-controls.ts";
export type { Target, TargetCodec, TargetLimits } from "./target.ts";
export { visl } from "./visl.ts";

/** All targets there are, `generic` first. */
export const targets: readonly Target[] = [generic, visl];

/** The target called `name`, or undefined when there is none. */
export function targetByName(name: string): Target | undefined {
  return targets.find((target) => target.name === name);
}
