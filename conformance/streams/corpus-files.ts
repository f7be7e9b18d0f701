import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { detect, openDemuxer } from "../../src/containers/detect.ts";
import type { Codec } from "../../src/events.ts";
import { demuxed } from "../../support/streams/systems-streams.ts";
import { corpusFolder } from "./corpus.ts";
import { readFile } from "./stream-files.ts";

/** A file with a bitstream. */
export interface StreamFile {
  readonly name: string;
  read(): Uint8Array;
}

const fixtures = fileURLToPath(new URL("../../test/fixtures", import.meta.url));

function filesOf(folder: string, isWanted: (name: string) => boolean): StreamFile[] {
  const names = readdirSync(folder).filter(isWanted).sort();
  return names.map((name) => ({ name, read: () => new Uint8Array(readFileSync(join(folder, name))) }));
}

/** The repository's own streams of one codec. */
export function fixtureStreams(codec: Codec): StreamFile[] {
  return filesOf(fixtures, (name) => name.startsWith(`${codec}_`) && !name.endsWith(".br"));
}

const corpus = corpusFolder();

/** What a suite over the corpus says of itself: where the corpus is, or why it is skipped. */
export const corpusPlace = corpus ?? "skipped: no corpus in V4L2_STATELESS_CORPUS or ../shared/corpus";
export const hasCorpus = corpus !== undefined;

/** The files of one folder of the corpus; none where there is no corpus. */
export function corpusFiles(folder: Codec | "bad" | "container"): StreamFile[] {
  const place = corpus === undefined ? undefined : join(corpus, folder);
  return place === undefined || !existsSync(place) ? [] : filesOf(place, () => true);
}

/** The files of the corpus in program and transport streams, and their demuxed video where there is any of the codec. */
export function corpusSystems(codec?: Codec): (StreamFile & { readonly path: string; readonly codec: Codec })[] {
  if (corpus === undefined) return [];
  const isSystems = (name: string) => /[.](ts|mpg|ps)$/.test(name);
  return ["mpeg2", "container"].flatMap((folder) =>
    filesOf(join(corpus, folder), isSystems).flatMap(({ name, read }) => {
      const detected = detect(read().subarray(0, 1 << 20));
      if (detected?.kind !== "systems" || detected.codec === undefined) return [];
      if (codec !== undefined && detected.codec !== codec) return [];
      const stream = () => demuxed(openDemuxer(detected.layer), read()).stream;
      return [{ name, read: stream, path: join(corpus, folder, name), codec: detected.codec }];
    }),
  );
}

/** The corpus' VP8 or VP9 streams as IVF files: those in WebM too, repacked. */
export async function corpusIvfFiles(codec: "vp8" | "vp9"): Promise<StreamFile[]> {
  if (corpus === undefined) return [];
  const names = readdirSync(join(corpus, codec)).sort();
  return Promise.all(
    names.map(async (name) => {
      const bytes = await readFile(join(corpus, codec, name), codec);
      return { name, read: () => bytes };
    }),
  );
}
