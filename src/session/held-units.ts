/** What of a call's bytes a session still needs when the call returns: the caller may use their memory again. */

/** A unit of a picture whose last unit has not come. */
export interface HeldUnit {
  /** Its bytes, in the caller's memory until the call returns. */
  unit: Uint8Array;
}

/** Copies the units from place `from` on that lie in the caller's memory. The copies share one array. */
export function copyUnits(units: readonly HeldUnit[], from: number, memory: ArrayBufferLike): void {
  let size = 0;
  for (let i = from; i < units.length; i++) {
    const { unit } = units[i] as HeldUnit;
    if (unit.buffer === memory) size += unit.length;
  }
  if (size === 0) return;
  const copy = new Uint8Array(size);
  let at = 0;
  for (let i = from; i < units.length; i++) {
    const held = units[i] as HeldUnit;
    if (held.unit.buffer !== memory) continue;
    copy.set(held.unit, at);
    held.unit = copy.subarray(at, at + held.unit.length);
    at += held.unit.length;
  }
}
