import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { comparators } from "../../conformance/payloads/comparators.ts";
import { readExamples } from "../../conformance/payloads/examples.ts";
import { runCodec, selectStreams } from "../../conformance/payloads/run-payloads.ts";
import { corpusFolder } from "../../conformance/streams/corpus.ts";
import { verdictsOf } from "../../src/compare/rows.ts";

const hasCorpus = corpusFolder() !== undefined;

describe.each(Object.values(comparators))("the examples of $codec", (comparator) => {
  const { codec } = comparator;
  const examples = Object.entries(readExamples(codec));
  const { streams: fixtures } = selectStreams(comparator, { fixtures: true, corpus: false });
  const { streams: corpus } = selectStreams(comparator, { fixtures: false, corpus: true });
  const names = [...new Set(examples.map(([, { stream }]) => stream))];

  it("are one for each row", () => {
    expect(examples.map(([id]) => id)).toEqual(verdictsOf(codec).map(({ id }) => id));
  });

  const title = "%s: the row says why these values differ";
  const isFixture = (name: string) => fixtures.some((stream) => stream.name === name);
  const [first, ...others] = names.filter(isFixture);
  it.each(first === undefined ? [] : [first])(title, explainsItsExample);
  it.each(others)(title, { tags: "long" }, explainsItsExample);
  it.skipIf(!hasCorpus).each(names.filter((name) => !isFixture(name)))(title, { tags: "long" }, explainsItsExample);

  async function explainsItsExample(name: string): Promise<void> {
    const stream = [...fixtures, ...corpus].find((candidate) => candidate.name === name);
    if (stream === undefined) throw new Error(`there is no stream ${name}`);
    const { streams: reports } = await runCodec(comparator, [stream], false);
    for (const [id, { stream: of, mode, ...use }] of examples) {
      if (of !== name) continue;
      const report = reports.find((candidate) => candidate.mode === mode);
      expect(report?.firstUses.get(id), id).toEqual(use);
    }
  }

  it.skipIf(!hasCorpus)("that are copies of corpus streams are equal to them", () => {
    const different = fixtures.filter(({ name, path }) => {
      const original = corpus.find((candidate) => candidate.name === name);
      return original !== undefined && !readFileSync(original.path).equals(readFileSync(path));
    });
    expect(different.map(({ name }) => name)).toEqual([]);
  });
});
