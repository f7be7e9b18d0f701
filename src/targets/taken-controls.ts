import type { Codec, Control } from "../events.ts";
import type { Target } from "./target.ts";

/** Those of the controls that the target has, in their order; the same array when it has all. */
export function takenControls(target: Target, codec: Codec, controls: readonly Control[]): readonly Control[] {
  const taken = target.codecs[codec]?.controls ?? {};
  const has = ({ name }: Control) => Object.hasOwn(taken, name);
  return controls.every(has) ? controls : controls.filter(has);
}
