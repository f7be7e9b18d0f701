import { describe, expect, it } from "vitest";
import { witnessed } from "../../conformance/payloads/comparators.ts";
import { differenceLines } from "../../conformance/payloads/report.ts";
import { runCodec, selectStreams } from "../../conformance/payloads/run-payloads.ts";
import { corpusFolder } from "../../conformance/streams/corpus.ts";

const folder = corpusFolder();
const where = folder ?? "skipped: no corpus in V4L2_STATELESS_CORPUS or ../shared/corpus";

describe.skipIf(folder === undefined)(`the corpus (${where})`, { tags: "long" }, () => {
  it.each(Object.values(witnessed))(
    "$codec: every value is equal or has a verdict, every verdict is used",
    async (comparator) => {
      const { streams } = selectStreams(comparator, { fixtures: true, corpus: true });
      const report = await runCodec(comparator, streams, true);
      expect(report.streams.length).toBeGreaterThan(0);
      expect([...differenceLines(report.streams, 20), ...report.unused]).toEqual([]);
    },
  );
});
