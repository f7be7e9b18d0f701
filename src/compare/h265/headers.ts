import { sameBytes } from "../../framing/bytes.ts";
import { parsePps, parseSliceSegmentHeader, parseSps } from "../../h265/parser.ts";
import type { PicParameterSet, SeqParameterSet, SliceSegmentHeader } from "../../h265/structures.ts";
import type { History, Side, Sides } from "../comparator.ts";
import { unlessDamaged } from "../unless-damaged.ts";

/** A slice segment of one of our requests. */
export interface Segment {
  readonly h: SliceSegmentHeader;
  readonly sps: SeqParameterSet;
  /** nal_unit_type of the NAL units between the segment of ours before and this one. */
  readonly typesBefore: readonly number[];
  /** Of its start code in our OUTPUT buffer, or of the NAL unit where there is none. */
  readonly offset: number;
  /** The NAL unit. */
  readonly unit: Uint8Array;
}

const readers = new WeakMap<History, SegmentReader>();

/** The slice segments of one of our requests, read from the stream. */
export function segmentsOf(history: History, side: Side): readonly Segment[] {
  let reader = readers.get(history);
  if (reader === undefined) {
    reader = new SegmentReader(history);
    readers.set(history, reader);
  }
  return reader.segmentsOf(side);
}

/** A NAL unit, and the place of its start code among the bytes that it was found in. */
interface PlacedUnit {
  readonly unit: Uint8Array;
  readonly offset: number;
}

/** The slice segments of an OUTPUT buffer of ours that were not met in the stream yet. */
interface WantedSegments {
  readonly isDone: boolean;
  /** Where the unit is in the buffer, if it is the next segment; it is no longer wanted then. */
  take(unit: Uint8Array): number | undefined;
}

class SegmentsWithStartCodes implements WantedSegments {
  readonly #units: PlacedUnit[];

  constructor(bitstream: Uint8Array) {
    this.#units = [...unitsOf(bitstream)];
  }

  get isDone(): boolean {
    return this.#units.length === 0;
  }

  take(unit: Uint8Array): number | undefined {
    const [next] = this.#units;
    return next !== undefined && sameBytes(next.unit, unit) ? this.#units.shift()?.offset : undefined;
  }
}

/** Nothing in the buffer says where one segment ends and the next one begins: the stream's units do. */
class SegmentsWithoutStartCodes implements WantedSegments {
  readonly #bitstream: Uint8Array;
  #offset = 0;

  constructor(bitstream: Uint8Array) {
    this.#bitstream = bitstream;
  }

  get isDone(): boolean {
    return this.#offset >= this.#bitstream.length;
  }

  take(unit: Uint8Array): number | undefined {
    const offset = this.#offset;
    const end = offset + unit.length;
    if (this.isDone || !sameBytes(this.#bitstream.subarray(offset, end), unit)) return undefined;
    this.#offset = end;
    return offset;
  }
}

/** Reads the stream as far as it is asked, in the order of our requests; segments that we left out (skipped, damaged) are passed over. */
class SegmentReader {
  readonly #sides: Sides;
  readonly #units: Iterator<PlacedUnit>;
  readonly #segments = new WeakMap<Side, Segment[]>();
  readonly #sets = new ParameterSets();
  #typesBefore: number[] = [];
  /** The segments of our request `#next` that were not met yet; undefined where they were not looked at. */
  #wanted: WantedSegments | undefined;
  #next = 0;

  constructor({ stream, sides }: History) {
    this.#sides = sides;
    this.#units = unitsOf(stream);
  }

  segmentsOf(side: Side): readonly Segment[] {
    while (this.#next <= side.request.index) {
      const unit = this.#units.next();
      if (unit.done === true) break;
      this.#take(unit.value.unit);
    }
    return this.#segments.get(side) ?? [];
  }

  #take(unit: Uint8Array): void {
    const type = (unit[0] ?? 0) >> 1;
    const side = this.#sides.at(this.#next);
    this.#wanted ??= wantedSegments(side);
    const offset = this.#wanted.take(unit);
    if (side !== undefined && offset !== undefined) {
      const header = this.#sets.header(unit);
      const found = header && { ...header, typesBefore: this.#typesBefore, offset, unit };
      if (found !== undefined) this.#segments.set(side, [...(this.#segments.get(side) ?? []), found]);
      this.#typesBefore = [];
      if (this.#wanted.isDone) {
        this.#wanted = undefined;
        this.#next++;
      }
    } else this.#typesBefore.push(type);
    if (type === 33 || type === 34) this.#sets.add(unit);
  }
}

function wantedSegments(side: Side | undefined): WantedSegments {
  const bitstream = side?.request.bitstream ?? new Uint8Array(0);
  return side?.request.startCode === "none"
    ? new SegmentsWithoutStartCodes(bitstream)
    : new SegmentsWithStartCodes(bitstream);
}

/** NAL units without the zero bytes that follow them; `offset` is that of the three bytes of the start code. */
function* unitsOf(stream: Uint8Array): Generator<PlacedUnit, void, undefined> {
  const starts: number[] = [];
  for (let i = 2; i + 1 < stream.length; i++) {
    if (stream[i] === 1 && stream[i - 1] === 0 && stream[i - 2] === 0) starts.push(i + 1);
  }
  for (const [i, start] of starts.entries()) {
    let end = (starts[i + 1] ?? stream.length + 3) - 3;
    while (end > start + 2 && stream[end - 1] === 0) end--;
    yield { unit: stream.subarray(start, end), offset: start - 3 };
  }
}

/** The parameter sets that were sent so far. */
class ParameterSets {
  readonly #sps = new Map<number, SeqParameterSet>();
  readonly #pps = new Map<number, PicParameterSet>();
  #independent: SliceSegmentHeader | null = null;

  /** A damaged one, and one of another layer, leaves the one before. */
  add(unit: Uint8Array): void {
    unlessDamaged(() => {
      if ((unit[0] ?? 0) >> 1 === 33) {
        const sps = parseSps(unit);
        this.#sps.set(sps.sps_seq_parameter_set_id, sps);
      } else {
        const pps = parsePps(unit);
        this.#pps.set(pps.pps_pic_parameter_set_id, pps);
      }
    });
  }

  /** Undefined where its parameter sets were not sent, or are others than those that our session read it with. */
  header(unit: Uint8Array): Pick<Segment, "h" | "sps"> | undefined {
    const pps = this.#pps.get(picParameterSetId(unit));
    const sps = pps && this.#sps.get(pps.pps_seq_parameter_set_id);
    if (pps === undefined || sps === undefined) return undefined;
    const h = unlessDamaged(() => parseSliceSegmentHeader(unit, { sps, pps, independent: this.#independent }));
    if (h === undefined) return undefined;
    if (!h.dependent_slice_segment_flag) this.#independent = h;
    return { h, sps };
  }
}

/** 7.3.6.1: slice_pic_parameter_set_id, at most 63, after one flag or in IRAP pictures two: no emulation prevention yet. */
function picParameterSetId(unit: Uint8Array): number {
  const type = (unit[0] ?? 0) >> 1;
  const bits = [...unit.subarray(2, 6)].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const code = bits.slice(type >= 16 && type <= 23 ? 2 : 1);
  const zeros = code.indexOf("1");
  return Number.parseInt(code.slice(zeros, 2 * zeros + 1), 2) - 1;
}
