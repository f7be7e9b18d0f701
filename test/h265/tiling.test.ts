import { describe, expect, it } from "vitest";
import {
  corpusFiles,
  corpusPlace,
  fixtureStreams,
  hasCorpus,
  type StreamFile,
} from "../../conformance/streams/corpus-files.ts";
import { openH265Session } from "../../src/h265/index.ts";
import { tilingOf } from "../../support/tiling.ts";
import { TraceRecorder } from "../../support/trace-recorder.ts";

/** What the units of some streams came to. */
interface Count {
  units: number;
  elements: number;
  /** Units of which an error event says that they are broken: covered up to the failing element. By stream. */
  broken: Record<string, number>;
  /** Units that go on after what the syntax says is their end, by stream. */
  surplus: Record<string, number>;
  flaws: string[];
}

function add(counts: Record<string, number>, stream: string): void {
  counts[stream] = (counts[stream] ?? 0) + 1;
}

function tile(stream: StreamFile, count: Count): void {
  const trace = new TraceRecorder();
  const session = openH265Session({ trace });
  const events = [...session.push(stream.read()), ...session.flush()];
  const broken = new Map(events.flatMap((event) => (event.type === "error" ? [[event.byte, event] as const] : [])));
  for (const unit of trace.units) {
    const type = (unit.bytes[0] as number) >> 1;
    const isSlice = type <= 21;
    const { end, size, flaw } = tilingOf(unit, !isSlice);
    const wrong = (reason: string) => count.flaws.push(`${stream.name}, byte ${unit.byte}, ${unit.name}: ${reason}`);
    const error = broken.get(unit.byte);
    count.units++;
    count.elements += unit.elements.length;
    if (flaw) wrong(flaw);
    if (error?.kind === "bitstream" && error.bit !== undefined) {
      add(count.broken, stream.name);
      if (end < error.bit) wrong(`covered to ${end}, broken at ${error.bit}`);
    } else if (isSlice) {
      const closed = unit.elements.some(({ name }) => name === "alignment_bit_equal_to_one") && end % 8 === 0;
      if (!closed && error === undefined) wrong(`covered to ${end}, without byte_alignment()`);
    } else if (end !== size) add(count.surplus, stream.name);
  }
}

function tileAll(streams: readonly StreamFile[]): Count {
  const count: Count = { units: 0, elements: 0, broken: {}, surplus: {}, flaws: [] };
  for (const stream of streams) tile(stream, count);
  return count;
}

describe("the traced elements of a unit cover it without gap or overlap and give its bits again (7.3)", () => {
  it("in every fixture", () => {
    const { units, elements, ...rest } = tileAll(fixtureStreams("h265"));
    expect(rest).toEqual({ broken: {}, surplus: {}, flaws: [] });
    expect(units).toBeGreaterThan(100);
    expect(elements).toBeGreaterThan(5000);
  });

  it.skipIf(!hasCorpus)(`in every stream of the corpus (${corpusPlace})`, { tags: "long" }, () => {
    const { flaws, units, elements, broken, surplus } = tileAll(corpusFiles("h265"));
    expect(flaws.slice(0, 20)).toEqual([]);
    expect(units).toBeGreaterThan(10_000);
    expect(elements).toBeGreaterThan(300_000);
    // One encoder leaves seven bytes aa after its VPS.
    expect(surplus).toEqual({ "tishi43__in.265": 1 });
    expect(broken).toEqual({ "spliced__truncated_last_nal.265": 1 });
  });
});
