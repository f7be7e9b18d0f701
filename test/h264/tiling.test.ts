import { describe, expect, it } from "vitest";
import {
  corpusFiles,
  corpusPlace,
  fixtureStreams,
  hasCorpus,
  type StreamFile,
} from "../../conformance/streams/corpus-files.ts";
import { openH264Session } from "../../src/h264/index.ts";
import { tilingOf } from "../../support/tiling.ts";
import { type TracedUnit, TraceRecorder } from "../../support/trace-recorder.ts";

/** What the units of some streams came to. */
interface Count {
  units: number;
  elements: number;
  /** Units of which an error event says that they are broken: covered up to the failing element. */
  broken: number;
  /** Picture parameter sets that came before the sequence parameter set they refer to: not read yet. */
  unread: number;
  /** Units that go on after what the syntax says is their end, by stream. */
  surplus: Record<string, number>;
  /** Slices whose cabac_alignment_one_bits are not all 1, by stream. */
  misaligned: Record<string, number>;
  flaws: string[];
}

const SLICES = [1, 5];
/** The header alone is ours: the rest of the unit belongs to other layers and views. */
const HEADERS = [14, 20, 21];

/** entropy_coding_mode_flag by pic_parameter_set_id, as far as the stream has been read. */
function noteEntropyCoding(unit: TracedUnit, isCabac: Map<number, number>): void {
  const value = (name: string) => unit.elements.find((element) => element.name === name)?.value;
  const id = value("pic_parameter_set_id");
  const flag = value("entropy_coding_mode_flag");
  if (id !== undefined && flag !== undefined) isCabac.set(id, flag);
}

/** 7.3.4: where entropy_coding_mode_flag is 1, slice_data() begins with cabac_alignment_one_bits. */
function isAligned(bytes: Uint8Array, end: number): boolean {
  const rest = 2 ** ((8 - (end % 8)) % 8) - 1;
  return ((bytes[end >> 3] ?? 0) & rest) === rest;
}

function add(counts: Record<string, number>, stream: string): void {
  counts[stream] = (counts[stream] ?? 0) + 1;
}

function tile(stream: StreamFile, count: Count): void {
  const trace = new TraceRecorder();
  const session = openH264Session({ trace });
  const events = [...session.push(stream.read()), ...session.flush()];
  const broken = new Map(events.flatMap((event) => (event.type === "error" ? [[event.byte, event] as const] : [])));
  const isCabac = new Map<number, number>();
  for (const unit of trace.units) {
    const type = (unit.bytes[0] as number) & 31;
    const partly = SLICES.includes(type) || HEADERS.includes(type);
    const { end, size, bytes, flaw } = tilingOf(unit, !partly);
    const wrong = (reason: string) => count.flaws.push(`${stream.name}, byte ${unit.byte}, ${unit.name}: ${reason}`);
    const error = broken.get(unit.byte);
    count.units++;
    count.elements += unit.elements.length;
    if (flaw) wrong(flaw);
    if (type === 8) noteEntropyCoding(unit, isCabac);
    if (unit.elements.length === 0 && type === 8) count.unread++;
    else if (error?.kind === "bitstream" && error.bit !== undefined) {
      count.broken++;
      if (end < error.bit) wrong(`covered to ${end}, broken at ${error.bit}`);
    } else if (SLICES.includes(type)) {
      const pps = unit.elements.find(({ name }) => name === "pic_parameter_set_id")?.value ?? -1;
      if (isCabac.get(pps) && error === undefined && !isAligned(bytes, end)) add(count.misaligned, stream.name);
    } else if (end !== size && !partly) add(count.surplus, stream.name);
  }
}

function tileAll(streams: readonly StreamFile[]): Count {
  const count: Count = { units: 0, elements: 0, broken: 0, unread: 0, surplus: {}, misaligned: {}, flaws: [] };
  for (const stream of streams) tile(stream, count);
  return count;
}

describe("the traced elements of a unit cover it without gap or overlap and give its bits again (7.3)", () => {
  it("in every fixture", () => {
    const { units, elements, ...rest } = tileAll(fixtureStreams("h264"));
    expect(rest).toEqual({ broken: 0, unread: 0, surplus: {}, misaligned: {}, flaws: [] });
    expect(units).toBeGreaterThan(300);
    expect(elements).toBeGreaterThan(5000);
  });

  it.skipIf(!hasCorpus)(`in every stream of the corpus (${corpusPlace})`, { tags: "long" }, () => {
    const { flaws, units, surplus, misaligned } = tileAll(corpusFiles("h264"));
    expect(flaws.slice(0, 20)).toEqual([]);
    expect(units).toBeGreaterThan(30_000);
    // Two encoders repeat an SPS's last byte; one closes end_of_seq_rbsp and end_of_stream_rbsp, which are empty, with 80.
    expect(surplus).toEqual({
      "fuzzing-corpus__akiyo224x176_1-300_no_deblock.264": 2,
      "fuzzing-corpus__x264foreman_qcif1-5.264": 1,
      "jvt-frext__FRExt1_Panasonic.avc": 3,
      "jvt-frext__FRExt2_Panasonic.avc": 3,
      "jvt-frext__FRExt3_Panasonic.avc": 2,
      "jvt-frext__FRExt4_Panasonic.avc": 2,
    });
    // One encoder aligns with zeros and a last 1.
    expect(misaligned).toEqual({ "fuzzing-corpus__vss.264": 56 });
  });
});

describe("the tiling check", () => {
  const element = (name: string, bit: number, length: number, value: number, codedBit = bit) => ({
    ...{ name, bit, length, value, codedBit, subscripts: [] },
    descriptor: "u" as const,
  });
  const flawOf = (...elements: ReturnType<typeof element>[]) =>
    tilingOf({ name: "", byte: 0, bytes: Uint8Array.of(0xa5, 0, 0, 3, 1), elements }, true).flaw;

  it("takes what is right and sees gaps, overlaps, wrong values and wrong places", () => {
    expect(flawOf(element("a", 0, 4, 10), element("b", 4, 20, 0x50000), element("c", 24, 8, 1, 32))).toBeUndefined();
    expect(flawOf(element("a", 0, 4, 10), element("b", 5, 3, 5))).toMatch(/^b .* ends at 4/);
    expect(flawOf(element("a", 0, 4, 10), element("b", 3, 5, 5))).toMatch(/^b .* ends at 4/);
    expect(flawOf(element("a", 0, 4, 11))).toMatch(/1010, written again 1011/);
    expect(flawOf(element("a", 0, 24, 0xa50000), element("b", 24, 8, 1))).toMatch(/codedBit 24, not 32/);
  });
});
