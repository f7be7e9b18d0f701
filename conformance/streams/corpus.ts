import { existsSync, readdirSync } from "node:fs";
import { dirname, extname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type Peer, peers } from "../../src/compare/request.ts";
import type { Codec } from "../../src/events.ts";
import type { SessionOptions } from "../../src/options.ts";
import type { DecodeMode } from "../../src/uapi/modes.ts";
import type { WitnessedCodec } from "../payloads/comparators.ts";

/** Paths of the peers' records. */
export type Goldens = Readonly<Partial<Record<Peer, string>>>;

/** A stream with what other implementations made of it. */
export interface WitnessedStream {
  readonly name: string;
  readonly path: string;
  /** Records of the peers' requests, by decode mode. */
  readonly goldens: Readonly<Record<DecodeMode, Goldens>>;
  /** What an independent model of the specification expects. */
  readonly expected: string | undefined;
  /** Records of the requests that such a model would make. */
  readonly models: readonly ModelRecord[];
}

/** A model's requests, and the session that should make the same. */
export interface ModelRecord {
  readonly path: string;
  readonly session: SessionOptions;
}

/** The streams of one codec, and what was not taken. */
export interface Corpus {
  /** Where the corpus is; undefined when there is none. */
  readonly folder: string | undefined;
  readonly streams: readonly WitnessedStream[];
  /** Files of the folder of containers, of any codec: no peer was run with them. */
  readonly containers: number;
  /** Streams without a golden and without an expectation. */
  readonly withoutWitness: number;
}

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The corpus: `V4L2_STATELESS_CORPUS`, or `../shared/corpus` beside the checkout. Undefined where it is not there, and where the variable is empty. */
export function corpusFolder(): string | undefined {
  const { V4L2_STATELESS_CORPUS: named } = process.env;
  if (named === "") return undefined;
  const folder = resolve(named ?? join(root, "../shared/corpus"));
  return existsSync(folder) ? folder : undefined;
}

/** The repository's own streams: the general ones, then those that show a disagreement, copies of corpus streams. */
export function witnessedFixtures(comparator: WitnessedCodec): WitnessedStream[] {
  const { codec } = comparator;
  const folder = join(root, "test/fixtures");
  const general = streamsOf(folder, folder, folder, comparator).filter(({ name }) => name.startsWith(`${codec}_`));
  const shown = join(folder, "disagreements", codec);
  return [...general, ...streamsOf(shown, shown, shown, comparator).filter(hasWitness)];
}

/** The corpus' streams that have a witness. */
export function witnessedCorpus(comparator: WitnessedCodec): Corpus {
  const folder = corpusFolder();
  if (folder === undefined) return { folder, streams: [], containers: 0, withoutWitness: 0 };
  const beside = (name: string, codec: Codec): string => join(dirname(folder), name, codec);
  const { codec } = comparator;
  const all = streamsOf(join(folder, codec), beside("golden", codec), beside("expected", codec), comparator);
  const streams = all.filter(hasWitness);
  const containers = existsSync(join(folder, "container")) ? readdirSync(join(folder, "container")).length : 0;
  return { folder, streams, containers, withoutWitness: all.length - streams.length };
}

function hasWitness({ goldens, expected, models }: WitnessedStream): boolean {
  return expected !== undefined || models.length > 0 || Object.values(goldens).some(hasGolden);
}

/** Whether some peer has a record. */
export function hasGolden(goldens: Goldens): boolean {
  return Object.keys(goldens).length > 0;
}

function streamsOf(folder: string, goldens: string, expected: string, comparator: WitnessedCodec): WitnessedStream[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => comparator.extensions.includes(extname(name)));
  const records = existsSync(goldens) ? readdirSync(goldens).sort() : [];
  return names.sort().map((name) => {
    const found = (path: string): string | undefined => (existsSync(path) ? path : undefined);
    const ofMode = (mode: DecodeMode): Goldens => {
      const paths = peers.map((peer) => [peer, found(join(goldens, `${name}.${peer}-${mode}.jsonl.br`))] as const);
      return Object.fromEntries(paths.filter(([, path]) => path !== undefined));
    };
    return {
      name,
      path: join(folder, name),
      goldens: { frame: ofMode("frame"), slice: ofMode("slice") },
      expected: found(join(expected, `${name}.json`)),
      models: records
        .filter((file) => file.startsWith(`${name}.model`))
        .map((file) => modelRecord(join(goldens, file))),
    };
  });
}

/** `<stream>.model.jsonl.br`, and `<stream>.model-op2.jsonl.br` of another operating point. */
function modelRecord(path: string): ModelRecord {
  const [, operatingPoint = "0"] = /[.]model-op(\d+)[.]jsonl[.]br$/.exec(path) ?? [];
  return { path, session: { operatingPoint: Number(operatingPoint) } };
}
