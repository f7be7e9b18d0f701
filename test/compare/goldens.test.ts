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

/**
 * The values that nothing explains in the peers' records of a stream, and the rows that were named. Requests that a peer leaves
 * out are gaps, not values: those that no row explains yet are not looked at here.
 */
async function compared(codec: Codec, { name, path, goldens }: WitnessedStream) {
  const { bytes, parts } = await readStream(path);
  const unexplained: string[] = [];
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
    }
  }
  return { unexplained, rows };
}

describe.each(Object.values(comparators))("the peers' requests of $codec against ours, side by side", (comparator) => {
  const { streams } = selectStreams(comparator, { fixtures: true, corpus: false });

  it.each(streams)("$name: no value is unexplained", async (stream) => {
    expect((await compared(comparator.codec, stream)).unexplained).toEqual([]);
  });
});

/** Ten minutes: see CONTRIBUTING.md. */
const isPatient = process.env.V4L2_STATELESS_PATIENT !== undefined && corpusFolder() !== undefined;

describe.skipIf(!isPatient)("the corpus, side by side", { tags: "long" }, () => {
  it.each(Object.values(comparators))(
    "$codec: no value is unexplained, and every row is named",
    async (comparator) => {
      const { codec } = comparator;
      const rows = new Set<string>();
      const unexplained: string[] = [];
      for (const stream of selectStreams(comparator, { fixtures: true, corpus: true }).streams) {
        const found = await compared(codec, stream);
        for (const row of found.rows) rows.add(row);
        for (const value of found.unexplained) unexplained.push(value);
      }
      expect(unexplained).toEqual([]);
      expect(verdictsOf(codec).flatMap(({ id }) => (rows.has(id) ? [] : [id]))).toEqual([]);
    },
    3_600_000,
  );
});
