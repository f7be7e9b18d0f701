import type { Codec, Control, RequestEvent, SequenceEvent } from "../events.ts";
import type { Target } from "./target.ts";

/**
 * The controls to send to a target for a request or a sequence, in their order. Controls that its driver does not have are left
 * out. Controls that its driver reads differently than the kernel's documentation says are rewritten (`TargetCodec.quirks`).
 */
export function controlsFor(
  target: Target,
  codec: Codec,
  event: Pick<RequestEvent, "controls" | "hold"> | Pick<SequenceEvent, "type" | "controls">,
): Control[] {
  const { controls: names = {}, quirks } = target.codecs[codec] ?? {};
  const taken = event.controls.filter(({ name }) => Object.hasOwn(names, name));
  if (quirks === undefined) return taken;
  const hold = "hold" in event && event.hold;
  return taken.map((control): Control => {
    const quirk = quirks[control.name];
    if (quirk === undefined || !("rewrite" in quirk) || typeof control.payload === "number") return control;
    return { ...control, payload: quirk.rewrite(control.payload, { hold }) } as Control;
  });
}
