import type { Codec, Control } from "../events.ts";
import type { Target } from "./target.ts";

/**
 * The controls to set, outside of any request, before `controls` are set or queued; for most drivers there are none. Some
 * drivers notice an array only when its value changes (`TargetCodec.needsPriming`), and start with zeros. For an array of zeros
 * this returns an array of the same length that is not all zeros, which must be set first.
 *
 *     for (const control of primingControls(vdpu383, "h265", sequence.controls)) setControl(control);
 *     for (const control of sequence.controls) setControl(control);
 *
 * @param controls Those of a `sequence`, or of a request.
 * @param before The payloads that were sent last, by the controls' names. An array that is sent again needs no priming.
 */
export function primingControls(
  target: Target,
  codec: Codec,
  controls: readonly Control[],
  before: ReadonlyMap<string, Uint8Array | number> = new Map(),
): Control[] {
  const names = target.codecs[codec]?.needsPriming ?? [];
  if (names.length === 0) return [];
  return controls.flatMap((control) => {
    const { name, payload } = control;
    if (!names.includes(name) || typeof payload === "number" || payload.some((byte) => byte !== 0)) return [];
    const last = before.get(name);
    if (last instanceof Uint8Array && last.length === payload.length && last.every((byte) => byte === 0)) return [];
    // Sets the lowest bit of the first field, delta_idx_minus1 or lt_ref_pic_poc_lsb_sps. The kernel accepts any value of
    // these.
    return [{ ...control, payload: Uint8Array.from(payload, (_, i) => (i === 0 ? 1 : 0)) } as Control];
  });
}
