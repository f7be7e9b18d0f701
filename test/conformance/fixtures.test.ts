import { describe, expect, it } from "vitest";
import { comparators } from "../../conformance/payloads/comparators.ts";
import { differenceLines } from "../../conformance/payloads/report.ts";
import { runCodec, selectStreams } from "../../conformance/payloads/run-payloads.ts";

describe.each(Object.values(comparators))("$codec fixtures against the peers' goldens", (comparator) => {
  const { streams } = selectStreams(comparator, { fixtures: true, corpus: false });

  it("are there", () => {
    expect(streams.length).toBeGreaterThan(0);
  });

  it.each(streams)("$name: every value is equal or has a verdict", async (stream) => {
    const { streams: reports } = await runCodec(comparator, [stream], false);
    expect(differenceLines(reports, 20)).toEqual([]);
  });
});
