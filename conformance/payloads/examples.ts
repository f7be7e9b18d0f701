import { readFileSync, statSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Codec } from "../../src/events.ts";
import type { DecodeMode } from "../../src/uapi/modes.ts";
import type { WitnessedCodec } from "./comparators.ts";
import type { RowUse } from "./compare-payloads.ts";
import { runCodec, selectStreams } from "./run-payloads.ts";

/** One occurrence of a row, for its readers. */
export interface Example extends RowUse {
  /** A stream of test/fixtures, or, where none shows the row, one of the corpus. */
  readonly stream: string;
  readonly mode: DecodeMode;
}

/** Examples by the ids of their rows. */
export type Examples = Readonly<Record<string, Example>>;

function examplesUrl(codec: Codec): URL {
  return new URL(`./${codec}/${codec}-examples.json`, import.meta.url);
}

/** The examples of one codec. */
export function readExamples(codec: Codec): Examples {
  return JSON.parse(readFileSync(examplesUrl(codec), "utf8")) as Examples;
}

/** What makes one example better than another, the most important first: the least of each is taken. */
function ranks({ mode, values }: Example, isFixture: boolean, bytes: number): readonly number[] {
  const isMissing = values.gst === undefined || values.ff === undefined;
  return [isFixture ? 0 : 1, mode === "frame" ? 0 : 1, isMissing ? 1 : 0, bytes];
}

function isBetter(a: readonly number[], b: readonly number[]): boolean {
  const place = a.findIndex((rank, i) => rank !== b[i]);
  return place >= 0 && (a[place] as number) < (b[place] as number);
}

/** The best example of each row that a run over fixtures and corpus uses. */
export async function findExamples(comparator: WitnessedCodec): Promise<Examples> {
  const { streams } = selectStreams(comparator, { fixtures: true, corpus: true });
  const fixtures = new Set(
    selectStreams(comparator, { fixtures: true, corpus: false }).streams.map(({ name }) => name),
  );
  const sizes = new Map(streams.map(({ name, path }) => [name, statSync(path).size]));
  const best = new Map<string, { readonly example: Example; readonly ranks: readonly number[] }>();
  const report = await runCodec(comparator, streams, false, ({ stream, mode, firstUses }) => {
    for (const [id, use] of firstUses) {
      const example = { stream, mode, ...use };
      const candidate = { example, ranks: ranks(example, fixtures.has(stream), sizes.get(stream) as number) };
      const before = best.get(id);
      if (before === undefined || isBetter(candidate.ranks, before.ranks)) best.set(id, candidate);
    }
  });
  const ids = report.verdicts.map(({ verdict }) => verdict.id).filter((id) => best.has(id));
  return Object.fromEntries(ids.map((id) => [id, (best.get(id) as { example: Example }).example]));
}

/** Writes `<codec>-examples.json` anew. */
export async function writeExamples(comparator: WitnessedCodec): Promise<string> {
  const path = fileURLToPath(examplesUrl(comparator.codec));
  writeFileSync(path, `${JSON.stringify(await findExamples(comparator), undefined, 2)}\n`);
  return path;
}
