import type { TraceElement } from "../bitreader/index.ts";

/** A unit with another value in an element whose bits count from the least significant one of each byte on: VP8's tag (RFC 6386, 9.1). */
export function withLeastFirst(unit: Uint8Array, { bit, length }: TraceElement, value: number): Uint8Array {
  const changed = unit.slice();
  for (let i = 0; i < length; i++) {
    const [at, mask] = [(bit + i) >> 3, 1 << ((bit + i) & 7)];
    const isSet = Math.floor(value / 2 ** i) % 2 === 1;
    changed[at] = isSet ? (changed[at] as number) | mask : (changed[at] as number) & ~mask;
  }
  return changed;
}
