import { readdirSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Codec } from "../../src/events.ts";
import { comparators } from "../payloads/comparators.ts";
import { corpusFolder } from "../streams/corpus.ts";

/** The streams of one codec: the repository's fixtures and, where there is one, the whole corpus. */
export function allStreams(codec: Codec): string[] {
  const isStream = (name: string) => comparators[codec].extensions.includes(extname(name));
  const fixtures = fileURLToPath(new URL("../../test/fixtures", import.meta.url));
  const corpus = corpusFolder();
  return [
    ...files(fixtures, (name) => name.startsWith(`${codec}_`) && isStream(name)),
    ...(corpus === undefined ? [] : files(join(corpus, codec), isStream)),
  ];
}

function files(folder: string, isWanted: (name: string) => boolean): string[] {
  const names = readdirSync(folder).filter(isWanted).sort();
  return names.map((name) => join(folder, name));
}
