import type { Random } from "./random.ts";

/** A copy of a byte stream with 1 to 20 flipped bits. Headers lie after start codes: half of the flips fall near one. */
export function withFlippedBits(original: Uint8Array, random: Random): Uint8Array {
  const bytes = original.slice();
  for (let flips = 1 + random.below(20); flips > 0; flips--) {
    const unit = bytes.indexOf(1, random.below(bytes.length));
    const near = flips % 2 === 0 && unit >= 0 ? unit + random.below(30) : random.below(bytes.length);
    if (near < bytes.length) bytes[near]! ^= 1 << random.below(8);
  }
  return bytes;
}

/** One of the streams with units left out, doubled, cut off, out of place or from another stream. */
export function withOtherUnits(streams: readonly Uint8Array[][], random: Random): Uint8Array[] {
  const units: Uint8Array[] = [];
  const pick = () => streams[random.below(streams.length)] as Uint8Array[];
  let from = pick();
  for (const unit of [...from]) {
    const what = random.below(12);
    if (what === 0) continue;
    if (what === 1) units.push(unit, unit);
    else if (what === 2) units.push(unit.subarray(0, 1 + random.below(Math.min(unit.length, 20))));
    else if (what === 3) units.push(from[random.below(from.length)] as Uint8Array);
    else if (what === 4) {
      from = pick();
      units.push(from[random.below(from.length)] as Uint8Array);
    } else units.push(unit);
  }
  return units;
}
