import type { Codec, Control } from "../events.ts";
import type { Target } from "./target.ts";

/**
 * The controls to set, outside of any request, before `controls` are set or queued; mostly none. Where the target takes an
 * array for sent only when its value differs from the one before (`mustDifferFirst`), and all elements of the one to send
 * are zero, as the driver's own are at the start: an array of as many elements that differs.
 *
 *     for (const control of firstSets(vdpu383, "h265", sequence.controls)) setControl(control);
 *     for (const control of sequence.controls) setControl(control);
 *
 * @param controls those of a `sequence`, or of a request.
 * @param before what was sent last, by the controls' names: what is sent once more needs nothing.
 */
export function firstSets(
  target: Target,
  codec: Codec,
  controls: readonly Control[],
  before: ReadonlyMap<string, Uint8Array | number> = new Map(),
): Control[] {
  const names = target.codecs[codec]?.mustDifferFirst ?? [];
  if (names.length === 0) return [];
  return controls.flatMap((control) => {
    const { name, payload } = control;
    if (!names.includes(name) || typeof payload === "number" || payload.some((byte) => byte !== 0)) return [];
    const last = before.get(name);
    if (last instanceof Uint8Array && last.length === payload.length && last.every((byte) => byte === 0)) return [];
    // The lowest bit of the first field, delta_idx_minus1 or lt_ref_pic_poc_lsb_sps: the kernel refuses no value of them.
    return [{ ...control, payload: Uint8Array.from(payload, (_, i) => (i === 0 ? 1 : 0)) }];
  });
}
