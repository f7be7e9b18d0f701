import type { Codec, Control, RequestEvent, SequenceEvent } from "../events.ts";
import type { Target } from "./target.ts";

/**
 * The controls that a target takes, of those of a request or a sequence, in their order; and where its driver reads a
 * control otherwise than the kernel's text has it, as it wants it.
 */
export function takenControls(
  target: Target,
  codec: Codec,
  event: Pick<RequestEvent, "controls" | "hold"> | Pick<SequenceEvent, "type" | "controls">,
): Control[] {
  const { controls: names = {}, readsOtherwise } = target.codecs[codec] ?? {};
  const taken = event.controls.filter(({ name }) => Object.hasOwn(names, name));
  if (readsOtherwise === undefined) return taken;
  const hold = "hold" in event && event.hold;
  return taken.map((control) => {
    const reading = readsOtherwise[control.name];
    if (reading === undefined || typeof control.payload === "number") return control;
    return { ...control, payload: reading.wanted(control.payload, { hold }) };
  });
}
