import { StreamError } from "../../../src/errors.ts";
import { parsePps, parseSliceSegmentHeader, parseSps } from "../../../src/h265/parser.ts";
import type { PicParameterSet, SeqParameterSet, SliceSegmentHeader } from "../../../src/h265/structures.ts";
import type { History, Side } from "../comparator.ts";

/** A slice segment of one of our requests. */
export interface Segment {
  readonly h: SliceSegmentHeader;
  readonly sps: SeqParameterSet;
  /** nal_unit_type of the NAL units between the segment of ours before and this one. */
  readonly typesBefore: readonly number[];
  /** Of its start code in our OUTPUT buffer. */
  readonly offset: number;
  /** The NAL unit. */
  readonly unit: Uint8Array;
}

const found = new WeakMap<History, ReadonlyMap<Side, readonly Segment[]>>();

/** The slice segments of one of our requests, read from the stream. */
export function segmentsOf(history: History, side: Side): readonly Segment[] {
  let segments = found.get(history);
  if (segments === undefined) {
    segments = findSegments(history);
    found.set(history, segments);
  }
  return segments.get(side) ?? [];
}

/** Our requests' slice segments in the order of the stream; those that we left out (skipped, damaged) are passed over. */
function findSegments({ stream, sides }: History): Map<Side, Segment[]> {
  const wanted = sides.flatMap((side) =>
    [...unitsOf(side.request.bitstream!)].map(({ unit, offset }) => ({ side, unit, offset })),
  );
  const segments = new Map<Side, Segment[]>();
  const sets = new ParameterSets();
  let typesBefore: number[] = [];
  let next = 0;
  for (const { unit } of unitsOf(stream)) {
    const type = unit[0]! >> 1;
    const segment = wanted[next];
    if (segment !== undefined && Buffer.compare(segment.unit, unit) === 0) {
      const { side, offset } = segment;
      const list = segments.get(side) ?? [];
      segments.set(side, [...list, { ...sets.header(unit), typesBefore, offset, unit }]);
      typesBefore = [];
      next++;
    } else typesBefore.push(type);
    if (type === 33 || type === 34) sets.add(unit);
  }
  return segments;
}

/** NAL units without the zero bytes that follow them; `offset` is that of the three bytes of the start code. */
function* unitsOf(stream: Uint8Array): Generator<{ unit: Uint8Array; offset: number }> {
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
    try {
      if (unit[0]! >> 1 === 33) {
        const sps = parseSps(unit);
        this.#sps.set(sps.sps_seq_parameter_set_id, sps);
      } else {
        const pps = parsePps(unit);
        this.#pps.set(pps.pps_pic_parameter_set_id, pps);
      }
    } catch (error) {
      if (!(error instanceof StreamError)) throw error;
    }
  }

  header(unit: Uint8Array): Pick<Segment, "h" | "sps"> {
    const pps = this.#pps.get(picParameterSetId(unit))!;
    const sps = this.#sps.get(pps.pps_seq_parameter_set_id)!;
    const h = parseSliceSegmentHeader(unit, { sps, pps, independent: this.#independent });
    if (!h.dependent_slice_segment_flag) this.#independent = h;
    return { h, sps };
  }
}

/** 7.3.6.1: slice_pic_parameter_set_id, at most 63, after one flag or in IRAP pictures two: no emulation prevention yet. */
function picParameterSetId(unit: Uint8Array): number {
  const type = unit[0]! >> 1;
  const bits = [...unit.subarray(2, 6)].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const code = bits.slice(type >= 16 && type <= 23 ? 2 : 1);
  const zeros = code.indexOf("1");
  return Number.parseInt(code.slice(zeros, 2 * zeros + 1), 2) - 1;
}
