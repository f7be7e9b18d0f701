import type { Trace } from "../../../src/bitreader/index.ts";
import { BitstreamError } from "../../../src/errors.ts";
import { parsePps, parseSliceHeader, parseSps } from "../../../src/h264/parser.ts";
import type { PicParameterSet, SeqParameterSet, SliceHeader } from "../../../src/h264/structures.ts";
import type { History, Side } from "../comparator.ts";
import { Bits, nalUnits } from "./h264-slices.ts";

/** A slice of the stream. */
export interface StreamSlice {
  readonly h: SliceHeader;
  /** nal_unit_type of the NAL units since the slice before. */
  readonly typesBefore: readonly number[];
  /** One of them is a PPS whose SPS (type 7) was not sent: a subset SPS (type 15) may have its id. */
  readonly isAfterPpsWithoutSps: boolean;
  /** Length of slice_group_change_cycle. */
  readonly changeCycleBits: number;
}

const found = new WeakMap<History, ReadonlyMap<Side, StreamSlice>>();

/** The slice of one of our requests in slice mode, read from the stream; undefined in frame mode. */
export function streamSlice(history: History, side: Side): StreamSlice | undefined {
  let slices = found.get(history);
  if (slices === undefined) {
    slices = findSlices(history);
    found.set(history, slices);
  }
  return slices.get(side);
}

/** The slices in the order of our requests; those that we left out (redundant, damaged) are passed over. */
function findSlices({ stream, sides }: History): Map<Side, StreamSlice> {
  const slices = new Map<Side, StreamSlice>();
  const sets = new ParameterSets();
  let typesBefore: number[] = [];
  let isAfterPpsWithoutSps = false;
  let next = 0;
  for (const unit of unitsOf(stream)) {
    const type = unit[0]! & 0x1f;
    const side = sides[next];
    if (side !== undefined && isSliceOf(unit, side)) {
      slices.set(side, { ...sets.header(unit), typesBefore, isAfterPpsWithoutSps });
      typesBefore = [];
      isAfterPpsWithoutSps = false;
      next++;
    } else typesBefore.push(type);
    if (type === 8 && !sets.hasSpsOf(unit)) isAfterPpsWithoutSps = true;
    if (type === 7 || type === 8) sets.add(unit);
  }
  return slices;
}

/** NAL units without the zero bytes that follow them. */
function* unitsOf(stream: Uint8Array): Generator<Uint8Array> {
  const starts = nalUnits(stream);
  for (const [i, start] of starts.entries()) {
    let end = (starts[i + 1] ?? stream.length + 3) - 3;
    while (end > start + 1 && stream[end - 1] === 0) end--;
    yield stream.subarray(start, end);
  }
}

function isSliceOf(unit: Uint8Array, { request }: Side): boolean {
  return request.bytes === unit.length + 3 && Buffer.compare(request.bitstream!.subarray(3), unit) === 0;
}

/** The parameter sets that were sent so far. */
class ParameterSets {
  readonly #sps = new Map<number, SeqParameterSet>();
  readonly #pps = new Map<number, PicParameterSet>();

  /** A damaged one leaves the one before. */
  add(unit: Uint8Array): void {
    try {
      if ((unit[0]! & 0x1f) === 8) this.#addPps(unit);
      else this.#addSps(parseSps(unit));
    } catch (error) {
      if (!(error instanceof BitstreamError)) throw error;
    }
  }

  #addSps(sps: SeqParameterSet): void {
    this.#sps.set(sps.seq_parameter_set_id, sps);
  }

  /** Whether the SPS that a PPS refers to was sent. */
  hasSpsOf(unit: Uint8Array): boolean {
    return this.#sps.has(idsOfPps(unit).sps);
  }

  #addPps(unit: Uint8Array): void {
    const ids = idsOfPps(unit);
    const sps = this.#sps.get(ids.sps);
    if (sps !== undefined) this.#pps.set(ids.pps, parsePps(unit, { sps }));
  }

  header(unit: Uint8Array): Pick<StreamSlice, "h" | "changeCycleBits"> {
    const bits = new Bits(unit.subarray(1, 17));
    bits.ue();
    bits.ue();
    const pps = this.#pps.get(bits.ue())!;
    const sps = this.#sps.get(pps.seq_parameter_set_id)!;
    let changeCycleBits = 0;
    const trace: Trace = {
      unit: () => {},
      element: ({ name, length }) => {
        if (name === "slice_group_change_cycle") changeCycleBits = length;
      },
    };
    return { h: parseSliceHeader(unit, { sps, pps, trace }), changeCycleBits };
  }
}

/** 7.3.2.2: the first two elements of a PPS. */
function idsOfPps(unit: Uint8Array): { pps: number; sps: number } {
  const bits = new Bits(unit.subarray(1, 17));
  return { pps: bits.ue(), sps: bits.ue() };
}
