import { readFileSync } from "node:fs";
import { verdictsOf } from "../../src/compare/rows.ts";
import { compileVerdict, type Rule, type Verdict } from "../../src/compare/rules.ts";
import type { Codec } from "../../src/events.ts";
import type { DecodeMode } from "../../src/uapi/modes.ts";
import { type Corpus, hasGolden, type WitnessedStream, witnessedCorpus, witnessedFixtures } from "../streams/corpus.ts";
import { decodeStream } from "../streams/our-requests.ts";
import { readStream } from "../streams/stream-files.ts";
import type { WitnessedCodec } from "./comparators.ts";
import { PayloadComparison, type StreamResult } from "./compare-payloads.ts";
import type { Deviation } from "./deviation.ts";
import { compareModelRecord } from "./model-record.ts";
import { readRequests } from "./requests.ts";

/** A deviation from the model that is right, and why. */
interface KnownDeviation extends Deviation {
  readonly clause: string;
}

/** How often a row was needed. */
export interface Use {
  count: number;
  readonly streams: Set<string>;
}

/** One stream in one mode, compared with everything that there is. */
export interface StreamReport extends StreamResult {
  readonly mode: DecodeMode;
  /** Losses that our session reported. */
  readonly errors: number;
  /** Values that are not those of the independent model; undefined when it has none for this stream. */
  readonly deviations: readonly Deviation[] | undefined;
}

/** All streams of a codec. */
export interface CodecReport {
  readonly codec: Codec;
  readonly streams: readonly StreamReport[];
  readonly verdicts: readonly { readonly verdict: Verdict; readonly use: Readonly<Record<DecodeMode, Use>> }[];
  /** Rows of model-deviations.json that were met. */
  readonly knownDeviations: number;
  /** Rows that matched nothing: both files. */
  readonly unused: readonly string[];
  readonly failed: boolean;
}

/** What to compare. */
export interface Selection {
  /** Part of the stream's name. */
  readonly stream?: string | undefined;
  readonly fixtures: boolean;
  readonly corpus: boolean;
}

/** The streams of a selection, fixtures first. */
export function selectStreams(
  comparator: WitnessedCodec,
  selection: Selection,
): { streams: WitnessedStream[]; corpus: Corpus } {
  const corpus = witnessedCorpus(comparator);
  const ofCorpus = selection.corpus ? corpus.streams : [];
  // A fixture that is a copy of a corpus stream counts once; only the corpus has a model of it.
  const names = new Set(ofCorpus.map(({ name }) => name));
  const fixtures = selection.fixtures ? witnessedFixtures(comparator).filter(({ name }) => !names.has(name)) : [];
  const all = [...fixtures, ...ofCorpus];
  return { streams: all.filter(({ name }) => name.includes(selection.stream ?? "")), corpus };
}

/** Compares the streams one after the other. Rows that match nothing only count when `complete`: all streams were there. */
export async function runCodec(
  comparator: WitnessedCodec,
  streams: readonly WitnessedStream[],
  complete: boolean,
  progress: (report: StreamReport) => void = () => {},
): Promise<CodecReport> {
  const rules = verdictsOf(comparator.codec).map((verdict) => compileVerdict(verdict, comparator.conditions));
  const known = readKnownDeviations(comparator.codec);
  const met = new Set<KnownDeviation>();
  const uses = new Map(rules.map(({ verdict }) => [verdict.id, { frame: noUse(), slice: noUse() }]));
  const reports: StreamReport[] = [];
  for (const stream of streams) {
    for (const mode of modesOf(comparator, stream)) {
      const report = withoutKnown(await runStream(comparator, rules, stream, mode), known, met);
      for (const [id, count] of report.uses) {
        const use = uses.get(id)![mode];
        use.count += count;
        use.streams.add(stream.name);
      }
      progress(report);
      reports.push(report);
    }
  }
  const isUsed = (id: string): boolean => Object.values(uses.get(id)!).some(({ count }) => count > 0);
  const unusedRows = rules.map(({ verdict }) => verdict.id).filter((id) => !isUsed(id));
  const unusedKnown = known
    .filter((row) => !met.has(row))
    .map((row) => `${row.stream} ${row.mode} picture ${row.picture} ${row.field}`);
  const unused = complete ? [...unusedRows, ...unusedKnown] : [];
  const wrong = reports.some(({ differences, deviations = [] }) => differences.length > 0 || deviations.length > 0);
  return {
    codec: comparator.codec,
    streams: reports,
    verdicts: rules.map(({ verdict }) => ({ verdict, use: uses.get(verdict.id)! })),
    knownDeviations: met.size,
    unused,
    failed: wrong || unused.length > 0,
  };
}

function noUse(): Use {
  return { count: 0, streams: new Set() };
}

/** The modes in which there is something to compare with. */
function modesOf({ modes }: WitnessedCodec, { goldens, expected, models }: WitnessedStream): DecodeMode[] {
  return modes.filter((mode) => hasGolden(goldens[mode]) || expected !== undefined || models.length > 0);
}

async function runStream(
  comparator: WitnessedCodec,
  rules: readonly Rule[],
  stream: WitnessedStream,
  mode: DecodeMode,
): Promise<StreamReport> {
  const { bytes, parts } = await readStream(stream.path);
  const { requests, errors } = decodeStream(comparator.codec, bytes, mode, parts);
  const records = Object.entries(stream.goldens[mode]).map(([peer, path]) => [peer, readRequests(path)]);
  const goldens = Object.fromEntries(records);
  const frameMode = mode === "slice" ? decodeStream(comparator.codec, bytes, "frame", parts).requests : undefined;
  const comparison = new PayloadComparison(stream.name, bytes, comparator, rules, requests, goldens, frameMode);
  const ofModel =
    stream.expected === undefined ? undefined : comparator.compareExpected?.(stream.expected, comparison.ours);
  const ofRecords = stream.models.flatMap(({ path, session }) => {
    const made = decodeStream(comparator.codec, bytes, mode, parts, session).requests;
    const { operatingPoint = 0 } = session;
    const prefix = operatingPoint === 0 ? "" : `operating point ${operatingPoint}: `;
    return compareModelRecord(path, comparator, made).map((it) => ({ ...it, field: prefix + it.field }));
  });
  const hasModel = ofModel !== undefined || stream.models.length > 0;
  const deviations = hasModel ? [...(ofModel ?? []), ...ofRecords] : undefined;
  const named = deviations?.map((deviation) => ({ stream: stream.name, mode, ...deviation }));
  return { ...comparison.run(), mode, errors: errors.length, deviations: named };
}

/** Only H.264 has some. */
function readKnownDeviations(codec: Codec): KnownDeviation[] {
  if (codec !== "h264") return [];
  const url = new URL("./model-deviations.json", import.meta.url);
  return JSON.parse(readFileSync(url, "utf8")) as KnownDeviation[];
}

/** Takes out the deviations that have a clause, and remembers which rows were met. */
function withoutKnown(report: StreamReport, known: readonly KnownDeviation[], met: Set<KnownDeviation>): StreamReport {
  const rest = report.deviations?.filter((deviation) => {
    const row = known.find(
      ({ stream, mode, picture, field, expected, ours }) =>
        stream === deviation.stream &&
        mode === deviation.mode &&
        picture === deviation.picture &&
        field === deviation.field &&
        expected === deviation.expected &&
        ours === deviation.ours,
    );
    if (row !== undefined) met.add(row);
    return row === undefined;
  });
  return { ...report, deviations: rest };
}
