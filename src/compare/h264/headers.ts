import type { Trace } from "../../bitreader/index.ts";
import { sameBytes } from "../../framing/bytes.ts";
import { parsePps, parseSliceHeader, parseSps } from "../../h264/parser.ts";
import type { PicParameterSet, SeqParameterSet, SliceHeader } from "../../h264/structures.ts";
import type { History, Side, Sides } from "../comparator.ts";
import { unlessDamaged } from "../unless-damaged.ts";
import { Bits, nalUnits, startCodeBytes } from "./slices.ts";

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

const readers = new WeakMap<History, SliceReader>();

/** The slice of one of our requests in slice mode, read from the stream; undefined in frame mode. */
export function streamSlice(history: History, side: Side): StreamSlice | undefined {
  let reader = readers.get(history);
  if (reader === undefined) {
    reader = new SliceReader(history);
    readers.set(history, reader);
  }
  return reader.sliceOf(side);
}

/** Reads the stream as far as it is asked, in the order of our requests; slices that we left out (redundant, damaged) are passed over. */
class SliceReader {
  readonly #sides: Sides;
  readonly #units: Iterator<Uint8Array>;
  readonly #slices = new WeakMap<Side, StreamSlice>();
  readonly #sets = new ParameterSets();
  #typesBefore: number[] = [];
  #isAfterPpsWithoutSps = false;
  #next = 0;

  constructor({ stream, sides }: History) {
    this.#sides = sides;
    this.#units = unitsOf(stream);
  }

  sliceOf(wanted: Side): StreamSlice | undefined {
    while (this.#next <= wanted.request.index) {
      const unit = this.#units.next();
      if (unit.done === true) break;
      this.#take(unit.value);
    }
    return this.#slices.get(wanted);
  }

  #take(unit: Uint8Array): void {
    const type = (unit[0] ?? 0) & 0x1f;
    const side = this.#sides.at(this.#next);
    if (side !== undefined && isSliceOf(unit, side)) {
      const [typesBefore, isAfterPpsWithoutSps] = [this.#typesBefore, this.#isAfterPpsWithoutSps];
      const header = this.#sets.header(unit);
      if (header !== undefined) this.#slices.set(side, { ...header, typesBefore, isAfterPpsWithoutSps });
      this.#typesBefore = [];
      this.#isAfterPpsWithoutSps = false;
      this.#next++;
    } else this.#typesBefore.push(type);
    if (type === 8 && !this.#sets.hasSpsOf(unit)) this.#isAfterPpsWithoutSps = true;
    if (type === 7 || type === 8) this.#sets.add(unit);
  }
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
  const { bytes, bitstream } = request;
  const start = startCodeBytes(request);
  return bytes === start + unit.length && bitstream !== undefined && sameBytes(bitstream.subarray(start), unit);
}

/** The parameter sets that were sent so far. */
class ParameterSets {
  readonly #sps = new Map<number, SeqParameterSet>();
  readonly #pps = new Map<number, PicParameterSet>();

  /** A damaged one leaves the one before. */
  add(unit: Uint8Array): void {
    unlessDamaged(() => {
      if (((unit[0] ?? 0) & 0x1f) === 8) this.#addPps(unit);
      else this.#addSps(parseSps(unit));
    });
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

  /** Undefined where its parameter sets were not sent, or are others than those that our session read it with. */
  header(unit: Uint8Array): Pick<StreamSlice, "h" | "changeCycleBits"> | undefined {
    const bits = new Bits(unit.subarray(1, 17));
    bits.ue();
    bits.ue();
    const pps = this.#pps.get(bits.ue());
    const sps = pps && this.#sps.get(pps.seq_parameter_set_id);
    if (pps === undefined || sps === undefined) return undefined;
    let changeCycleBits = 0;
    const trace: Trace = {
      unit: () => {},
      element: ({ name, length }) => {
        if (name === "slice_group_change_cycle") changeCycleBits = length;
      },
    };
    const h = unlessDamaged(() => parseSliceHeader(unit, { sps, pps, trace }));
    return h && { h, changeCycleBits };
  }
}

/** 7.3.2.2: the first two elements of a PPS. */
function idsOfPps(unit: Uint8Array): { pps: number; sps: number } {
  const bits = new Bits(unit.subarray(1, 17));
  return { pps: bits.ue(), sps: bits.ue() };
}
