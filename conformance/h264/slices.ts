import type { EffectiveRequest } from "../requests.ts";

/** Offsets of the NAL unit headers in an Annex B buffer. */
export function nalUnits(bytes: Uint8Array): number[] {
  const offsets: number[] = [];
  for (let i = 2; i + 1 < bytes.length; i++) {
    if (bytes[i] === 1 && bytes[i - 1] === 0 && bytes[i - 2] === 0) offsets.push(i + 1);
  }
  return offsets;
}

/** The first two elements of a slice header, 7.3.3. */
export interface SliceStart {
  readonly first_mb_in_slice: number;
  /** 0 to 4. */
  readonly slice_type: number;
}

const starts = new WeakMap<Uint8Array, readonly SliceStart[]>();

/** How the slices in an OUTPUT buffer of ours begin. */
export function sliceStarts({ bitstream }: EffectiveRequest): readonly SliceStart[] {
  if (bitstream === undefined) return [];
  let list = starts.get(bitstream);
  if (list === undefined) {
    list = nalUnits(bitstream).map((offset) => sliceStart(bitstream.subarray(offset + 1, offset + 17)));
    starts.set(bitstream, list);
  }
  return list;
}

/** first_mb_in_slice is at most 139263 (level 6.2), 35 bits: emulation prevention bytes can only stand after them. */
function sliceStart(header: Uint8Array): SliceStart {
  let bit = 0;
  const next = (): number => ((header[bit >> 3] ?? 0x80) >> (7 - (bit++ & 7))) & 1;
  const ue = (): number => {
    let zeros = 0;
    while (next() === 0) zeros++;
    let value = 1;
    for (let i = 0; i < zeros; i++) value = value * 2 + next();
    return value - 1;
  };
  const first_mb_in_slice = ue();
  return { first_mb_in_slice, slice_type: ue() % 5 };
}
