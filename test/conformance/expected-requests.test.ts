import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { comparators } from "../../conformance/comparators.ts";
import { corpusFolder } from "../../conformance/corpus.ts";
import { decodeStream } from "../../conformance/ours.ts";
import { decodeModes } from "../../conformance/requests.ts";
import type { Codec } from "../../src/events.ts";

interface ManifestEntry {
  readonly file: string;
  /** By decode mode: of streams whose headers were rewritten, by the script that did it. */
  readonly expected_requests?: Readonly<Record<(typeof decodeModes)[number], number>>;
}

const folder = corpusFolder();
const where = folder ?? "skipped: no corpus in V4L2_STATELESS_CORPUS or ../shared/corpus";

function entries(): ManifestEntry[] {
  if (folder === undefined) return [];
  const all = JSON.parse(readFileSync(join(folder, "MANIFEST.json"), "utf8")) as ManifestEntry[];
  return all.filter(({ expected_requests, file }) => expected_requests !== undefined && codecOf(file) in comparators);
}

/** The folder's name. */
function codecOf(file: string): Codec {
  return file.split("/")[0] as Codec;
}

describe.skipIf(folder === undefined)(`requests that the corpus expects (${where})`, () => {
  it.each(entries())("$file", ({ file, expected_requests }) => {
    const stream = readFileSync(join(folder!, file));
    const made = decodeModes.map((mode) => [mode, decodeStream(codecOf(file), stream, mode).requests.length]);
    expect(Object.fromEntries(made)).toEqual(expected_requests);
  });
});
