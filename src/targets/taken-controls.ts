import type { Codec, Control } from "../events.ts";
import type { Target } from "./target.ts";

/**
 * The controls that a target takes, of those of a request or a sequence, in their order; and where its driver reads a
 * control otherwise than the kernel's text has it, as it wants it.
 */
export function takenControls(target: Target, codec: Codec, controls: readonly Control[]): Control[] {
  const { controls: taken = {}, readsOtherwise = {} } = target.codecs[codec] ?? {};
  return controls
    .filter(({ name }) => Object.hasOwn(taken, name))
    .map((control) => {
      const wanted = readsOtherwise[control.name];
      if (wanted === undefined || typeof control.payload === "number") return control;
      return { ...control, payload: wanted(control.payload) };
    });
}
