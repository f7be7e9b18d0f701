import { statSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { comparators } from "../../conformance/payloads/comparators.ts";
import { differenceLines } from "../../conformance/payloads/report.ts";
import { runCodec, selectStreams } from "../../conformance/payloads/run-payloads.ts";
import type { WitnessedStream } from "../../conformance/streams/corpus.ts";

describe.each(Object.values(comparators))("$codec fixtures against the peers' goldens", (comparator) => {
  const { streams } = selectStreams(comparator, { fixtures: true, corpus: false });

  it("are there", () => {
    expect(streams.length).toBeGreaterThan(0);
  });

  const title = "$name: every value is equal or has a verdict";
  const bySize = [...streams].sort((a, b) => statSync(a.path).size - statSync(b.path).size);
  it.each(bySize.slice(0, 2))(title, isClean);
  it.each(bySize.slice(2))(title, { tags: "long" }, isClean);

  async function isClean(stream: WitnessedStream): Promise<void> {
    const { streams: reports } = await runCodec(comparator, [stream], false);
    expect(differenceLines(reports, 20)).toEqual([]);
  }
});
