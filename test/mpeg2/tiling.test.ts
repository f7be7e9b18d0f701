import { describe, expect, it } from "vitest";
import {
  corpusFiles,
  corpusPlace,
  corpusSystems,
  fixtureStreams,
  hasCorpus,
  type StreamFile,
} from "../../conformance/streams/corpus-files.ts";
import { openMpeg2Session } from "../../src/mpeg2/index.ts";
import { tilingOf } from "../../support/tiling.ts";
import { type TracedUnit, TraceRecorder } from "../../support/trace-recorder.ts";

/** `tilingOf` takes emulation prevention bytes out, which MPEG-2 does not have: none may look like one. */
const looksEscaped = ({ bytes }: TracedUnit) =>
  bytes.some((byte, i) => byte === 3 && bytes[i - 1] === 0 && bytes[i - 2] === 0);

/** What is wrong with the elements of a stream's headers, and how many headers there are. */
function tile(stream: StreamFile): { units: number; flaws: string[] } {
  const trace = new TraceRecorder();
  const session = openMpeg2Session({ trace });
  const events = [...session.push(stream.read()), ...session.flush()];
  const broken = new Set(events.flatMap((event) => (event.type === "error" && event.bit ? [event.byte] : [])));
  const flaws: string[] = [];
  for (const unit of trace.units) {
    if (looksEscaped(unit) || broken.has(unit.byte)) continue;
    const { end, size, bytes, flaw } = tilingOf(unit, true);
    const wrong = (reason: string) => flaws.push(`${stream.name}, byte ${unit.byte}, ${unit.name}: ${reason}`);
    if (flaw) wrong(flaw);
    // 5.2.3 next_start_code(): zero bits, then zero bytes.
    const last = (bytes[end >> 3] ?? 0) & (2 ** (8 - (end % 8)) - 1);
    const rest = [end % 8 === 0 ? 0 : last, ...bytes.subarray(Math.ceil(end / 8))];
    if (rest.some((byte) => byte !== 0)) wrong(`bits behind the last element, at ${end} of ${size}`);
  }
  return { units: trace.units.length, flaws };
}

describe("the traced elements of a header cover it without gap or overlap, up to the zero bits behind it (6.2)", () => {
  it("in every fixture", () => {
    const all = fixtureStreams("mpeg2").map(tile);
    expect(all.flatMap(({ flaws }) => flaws)).toEqual([]);
    expect(all.reduce((sum, { units }) => sum + units, 0)).toBeGreaterThan(200);
  });

  it.skipIf(!hasCorpus)(
    `in every stream of the corpus, program and transport streams too (${corpusPlace})`,
    { tags: "long" },
    () => {
      const streams = corpusFiles("mpeg2").filter(({ name }) => /[.]m[12]v$/.test(name));
      const all = [...streams, ...corpusSystems("mpeg2")].map(tile);
      expect(all.flatMap(({ flaws }) => flaws)).toEqual([]);
      expect(all.reduce((sum, { units }) => sum + units, 0)).toBeGreaterThan(4000);
    },
  );
});
