import { readFileSync } from "node:fs";
import { brotliDecompressSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { comparators } from "../../conformance/payloads/comparators.ts";
import { decodeModes } from "../../conformance/payloads/requests.ts";
import { selectStreams } from "../../conformance/payloads/run-payloads.ts";
import { corpusFolder, type WitnessedStream } from "../../conformance/streams/corpus.ts";
import { readStream } from "../../conformance/streams/stream-files.ts";
import { ComparisonSummary, compare, recordSide } from "../../src/compare/index.ts";
import { verdictsOf } from "../../src/compare/rows.ts";
import { partsSide } from "../../src/compare/sides.ts";
import type { Codec } from "../../src/events.ts";

/** What nothing explains in the peers' records of a stream, and the rows that were named. */
async function compared(codec: Codec, { name, path, goldens }: WitnessedStream) {
  const { bytes, parts } = await readStream(path);
  const unexplained: string[] = [];
  const leftOut: string[] = [];
  const rows = new Set<string>();
  for (const mode of decodeModes) {
    for (const [peer, golden] of Object.entries(goldens[mode])) {
      const ours = partsSide(parts, bytes, { codec, session: { decodeMode: mode, startCode: "annexb" } });
      const summary = new ComparisonSummary();
      const record = await recordSide([brotliDecompressSync(readFileSync(golden))]);
      for await (const found of compare([ours, record])) summary.add(found);
      for (const { known } of [...summary.notes, ...summary.gaps, ...summary.fields]) if (known) rows.add(known.id);
      for (const field of summary.fields) {
        if (field.isUnexplained)
          unexplained.push(`${name} ${mode} ${peer} ${field.control} ${field.path} ${field.flag}`);
      }
      const gaps = summary.gaps.filter(({ known, reason }) => known === undefined && reason !== "end");
      if (gaps.length > 0) leftOut.push(`${name} ${mode} ${peer}`);
    }
  }
  return { unexplained, leftOut, rows };
}

const title = "the peers' requests of $codec against ours, side by side";
// test/conformance looks at the same requests with the same comparator, less deeply, in less time.
describe.each(Object.values(comparators))(title, { tags: "long" }, (comparator) => {
  const { streams } = selectStreams(comparator, { fixtures: true, corpus: false });

  it.each(streams)("$name: nothing is unexplained", async (stream) => {
    const { unexplained, leftOut } = await compared(comparator.codec, stream);
    expect(unexplained).toEqual([]);
    expect(leftOut).toEqual([]);
  });
});

/** Ten minutes: see CONTRIBUTING.md. */
const isPatient = process.env.V4L2_STATELESS_PATIENT !== undefined && corpusFolder() !== undefined;

describe.skipIf(!isPatient)("the corpus, side by side", { tags: "long" }, () => {
  it.each(Object.values(comparators))(
    "$codec: nothing is unexplained, and every row is named",
    async (comparator) => {
      const { codec } = comparator;
      const rows = new Set<string>();
      const unexplained: string[] = [];
      const leftOut: string[] = [];
      for (const stream of selectStreams(comparator, { fixtures: true, corpus: true }).streams) {
        const result = await compared(codec, stream);
        for (const row of result.rows) rows.add(row);
        for (const value of result.unexplained) unexplained.push(value);
        for (const gap of result.leftOut) leftOut.push(gap);
      }
      expect(unexplained).toEqual([]);
      expect(leftOut).toEqual([]);
      expect(verdictsOf(codec).flatMap(({ id }) => (rows.has(id) ? [] : [id]))).toEqual([]);
    },
    3_600_000,
  );
});
