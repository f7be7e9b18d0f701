import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { corpusFolder } from "../corpus.ts";

/** The byte streams of one codec, not those in containers: the fixtures and, where there is one, the whole corpus. */
export function allStreams(codec: string): string[] {
  const fixtures = fileURLToPath(new URL("../../test/fixtures", import.meta.url));
  const corpus = corpusFolder();
  return [
    ...files(fixtures, (name) => name.startsWith(`${codec}_`) && !name.endsWith(".br")),
    ...(corpus === undefined ? [] : files(join(corpus, codec), (name) => !/[.](mpg|ts)$/.test(name))),
  ];
}

function files(folder: string, isWanted: (name: string) => boolean): string[] {
  const names = readdirSync(folder).filter(isWanted).sort();
  return names.map((name) => join(folder, name));
}
