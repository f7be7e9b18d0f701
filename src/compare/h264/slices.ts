import type { EffectiveRequest } from "../request.ts";

/** Offsets of the NAL unit headers in an Annex B buffer. */
export function nalUnits(bytes: Uint8Array): number[] {
  const offsets: number[] = [];
  for (let i = 2; i + 1 < bytes.length; i++) {
    if (bytes[i] === 1 && bytes[i - 1] === 0 && bytes[i - 2] === 0) offsets.push(i + 1);
  }
  return offsets;
}

/** Bytes of the start code before each NAL unit of an OUTPUT buffer of ours. */
export function startCodeBytes({ startCode }: Pick<EffectiveRequest, "startCode">): number {
  return startCode === "none" ? 0 : 3;
}

/** Offsets of the NAL unit headers in an OUTPUT buffer of ours. Without start codes it is one NAL unit. */
function unitsIn(request: EffectiveRequest, bitstream: Uint8Array): number[] {
  return startCodeBytes(request) > 0 ? nalUnits(bitstream) : [0];
}

/** The first two elements of a slice header, 7.3.3. */
export interface SliceStart {
  readonly first_mb_in_slice: number;
  /** 0 to 4. */
  readonly slice_type: number;
}

const starts = new WeakMap<Uint8Array, readonly SliceStart[]>();

/** How the slices in an OUTPUT buffer of ours begin. */
export function sliceStarts(request: EffectiveRequest): readonly SliceStart[] {
  const { bitstream } = request;
  if (bitstream === undefined || bitstream.length === 0) return [];
  let list = starts.get(bitstream);
  if (list === undefined) {
    list = unitsIn(request, bitstream).map((offset) => sliceStart(bitstream.subarray(offset + 1, offset + 17)));
    starts.set(bitstream, list);
  }
  return list;
}

/** first_mb_in_slice is at most 139263 (level 6.2), 35 bits: emulation prevention bytes can only stand after them. */
function sliceStart(header: Uint8Array): SliceStart {
  const bits = new Bits(header);
  return { first_mb_in_slice: bits.ue(), slice_type: bits.ue() % 5 };
}

/** num_slice_groups_minus1 of the PPSs with an id that a stream has (7.3.2.2: the fifth element). */
export function sliceGroupsOf(stream: Uint8Array, pic_parameter_set_id: number): ReadonlySet<number> {
  let byId = sliceGroups.get(stream);
  if (byId === undefined) {
    byId = new Map<number, Set<number>>();
    for (const offset of nalUnits(stream)) {
      if (((stream[offset] ?? 0) & 0x1f) !== 8) continue;
      const bits = new Bits(stream.subarray(offset + 1, offset + 17));
      const id = bits.ue();
      bits.ue();
      bits.next();
      bits.next();
      byId.set(id, (byId.get(id) ?? new Set()).add(bits.ue()));
    }
    sliceGroups.set(stream, byId);
  }
  return byId.get(pic_parameter_set_id) ?? new Set();
}

const sliceGroups = new WeakMap<Uint8Array, Map<number, Set<number>>>();

/**
 * nal_unit_type of the NAL units that a stream has between the last slice of an OUTPUT buffer of ours and the next slice of a primary
 * coded picture. Empty where the slice is not in the stream.
 */
export function typesAfter(stream: Uint8Array, request: EffectiveRequest): readonly number[] {
  const { bitstream } = request;
  if (bitstream === undefined) return [];
  const slice = bitstream.subarray(unitsIn(request, bitstream).at(-1) ?? 0);
  const offsets = nalUnits(stream);
  const at = offsets.findIndex((offset) => slice.every((byte, i) => stream[offset + i] === byte));
  if (at < 0) return [];
  const types = offsets.slice(at + 1).map((offset) => (stream[offset] ?? 0) & 0x1f);
  const next = types.findIndex((type) => type === 1 || type === 2 || type === 5);
  return next < 0 ? types : types.slice(0, next);
}

/** Whether a stream has a NAL unit of a type. */
export function hasUnit(stream: Uint8Array, nal_unit_type: number): boolean {
  let types = unitTypes.get(stream);
  if (types === undefined) {
    types = new Set(nalUnits(stream).map((offset) => (stream[offset] ?? 0) & 0x1f));
    unitTypes.set(stream, types);
  }
  return types.has(nal_unit_type);
}

const unitTypes = new WeakMap<Uint8Array, ReadonlySet<number>>();

/** The first bits of a NAL unit's payload, read apart from the library's own reader. */
export class Bits {
  readonly #bytes: Uint8Array;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  next(): number {
    const bit = this.#position++;
    return ((this.#bytes[bit >> 3] ?? 0x80) >> (7 - (bit & 7))) & 1;
  }

  ue(): number {
    let zeros = 0;
    while (this.next() === 0) zeros++;
    let value = 1;
    for (let i = 0; i < zeros; i++) value = value * 2 + this.next();
    return value - 1;
  }
}
