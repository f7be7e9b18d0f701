import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ContainerError } from "../../src/containers/container-error.ts";
import { openTrack } from "../../src/containers/open-track.ts";
import { openSession } from "../../src/open-session.ts";
import { UsageError } from "../../support/run-command.ts";
import { corpusFolder } from "../streams/corpus.ts";
import type { DecodeRun } from "./driver-runs.ts";
import { type HardwareCodec as Codec, type FakeNode, hardwareCodecs, nodes } from "./nodes.ts";

/** A stream on the host and in the machine. */
export interface DriverStream {
  /** Unique: fixtures have no folder in it. */
  readonly name: string;
  readonly codec: Codec;
  readonly path: string;
  readonly guestPath: string;
}

const fixtures = fileURLToPath(new URL("../../test/fixtures", import.meta.url));
/** Streams of the corpus that have what the fixtures lack, none of more than 60 requests. */
const chosen = JSON.parse(readFileSync(new URL("corpus-streams.json", import.meta.url), "utf8")) as readonly string[];

/** The repository's own streams. */
export function fixtureStreams(): DriverStream[] {
  return readdirSync(fixtures)
    .filter((name) => /\.(26[45]|ivf|m2v|obu)$/.test(name))
    .sort()
    .flatMap((name) => {
      const codec = hardwareCodecs.find((each) => name.startsWith(`${each}_`));
      if (codec === undefined) return [];
      return [{ name, codec, path: join(fixtures, name), guestPath: `/project/test/fixtures/${name}` }];
    });
}

/** Those of the corpus that are there. */
export function corpusStreams(): DriverStream[] {
  const folder = corpusFolder();
  if (folder === undefined) return [];
  return chosen.flatMap((name) => {
    const path = join(folder, name);
    const codec = name.split("/")[0] as Codec;
    return existsSync(path) ? [{ name, codec, path, guestPath: `/corpus/${name}` }] : [];
  });
}

/** The names of those that are not there. */
export function absentOfCorpus(): string[] {
  const there = corpusStreams().map(({ name }) => name);
  return chosen.filter((name) => !there.includes(name));
}

/** Damaged files: what their names say of the codec. Of the others, their first bytes tell it. */
const codecsOfNames: readonly (readonly [RegExp, Codec])[] = [
  [/h264|[.]264$/, "h264"],
  [/h265|hevc|[.]265$/, "h265"],
  [/[.]m2v$/, "mpeg2"],
  [/[.]obu$/, "av1"],
];

async function openedCodec(path: string, codec: Codec | undefined): Promise<Codec | undefined> {
  try {
    const track = await openTrack(path, { codec });
    track.close();
    return track.codec === "fwht" ? undefined : track.codec;
  } catch (thrown) {
    if (thrown instanceof ContainerError) return undefined;
    throw thrown;
  }
}

/** Every stream of the corpus, the damaged ones last; and the files in which no video is found. */
export async function wholeCorpus(): Promise<{ readonly streams: DriverStream[]; readonly others: string[] }> {
  const folder = corpusFolder();
  if (folder === undefined) throw new UsageError("there is no corpus in V4L2_STATELESS_CORPUS or ../shared/corpus");
  const streams: DriverStream[] = [];
  const others: string[] = [];
  for (const part of [...hardwareCodecs, "bad"] as const) {
    for (const file of readdirSync(join(folder, part)).sort()) {
      const [name, path] = [`${part}/${file}`, join(folder, part, file)];
      const named = part === "bad" ? codecsOfNames.find(([pattern]) => pattern.test(file))?.[1] : part;
      const codec = await openedCodec(path, named);
      if (codec === undefined) others.push(name);
      else streams.push({ name, codec, path, guestPath: `/corpus/${name}` });
    }
  }
  return { streams, others };
}

/** A stream and a node that takes its codec. */
export interface Pair {
  readonly stream: DriverStream;
  readonly node: FakeNode;
}

export function pairsOf(streams: readonly DriverStream[], wanted: (node: FakeNode) => boolean = () => true): Pair[] {
  return nodes
    .filter(wanted)
    .flatMap((node) => streams.filter(({ codec }) => node.codecs.includes(codec)).map((stream) => ({ stream, node })));
}

/** Whether a stream begins with more than 8 bits. */
function isDeep({ codec, path }: DriverStream): boolean {
  const session = openSession(codec);
  const events = [...session.push(readFileSync(path)), ...session.flush()];
  const sequence = events.find((event) => event.type === "sequence");
  return sequence?.type === "sequence" && sequence.bitDepthLuma > 8;
}

export function runOf({ stream, node }: Pair, by: DecodeRun["by"]): DecodeRun {
  const { codec, guestPath } = stream;
  const id = `${node.name}.${stream.name.replace("/", ".")}.${by}`;
  const run = { id, by, codec, node: node.name, path: guestPath };
  return by === "gstreamer" ? { ...run, isDeep: isDeep(stream) } : run;
}
