import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { comparators } from "../../conformance/payloads/comparators.ts";
import { decodeModes, readRequests } from "../../conformance/payloads/requests.ts";
import { corpusFolder, type WitnessedStream, witnessedCorpus } from "../../conformance/streams/corpus.ts";
import { decodeStream } from "../../conformance/streams/our-requests.ts";
import { peers } from "../../src/compare/request.ts";
import type { Codec } from "../../src/events.ts";

interface ManifestEntry {
  readonly file: string;
  /** By decode mode, a number for AV1, whose requests are compared with a model's: of streams whose headers were rewritten, by the script that did it. */
  readonly expected_requests?: Readonly<Record<(typeof decodeModes)[number], number>> | number;
  /** FFmpeg's software decoder complains of it. */
  readonly expect_errors?: boolean;
}

const folder = corpusFolder();
const where = folder ?? "skipped: no corpus in V4L2_STATELESS_CORPUS or ../shared/corpus";

function entries(): ManifestEntry[] {
  if (folder === undefined) return [];
  const all = JSON.parse(readFileSync(join(folder, "MANIFEST.json"), "utf8")) as ManifestEntry[];
  return all.filter(({ file }) => codecOf(file) in comparators);
}

/** Damaged streams that both peers made requests of. */
function damagedStreams(): { readonly codec: Codec; readonly stream: WitnessedStream; readonly name: string }[] {
  const files = new Set(entries().flatMap(({ file, expect_errors }) => (expect_errors ? [file] : [])));
  return Object.values(comparators).flatMap((comparator) =>
    witnessedCorpus(comparator)
      .streams.filter(({ name, goldens }) => {
        return files.has(`${comparator.codec}/${name}`) && peers.every((peer) => goldens.frame[peer] !== undefined);
      })
      .map((stream) => ({ codec: comparator.codec, stream, name: stream.name })),
  );
}

/** The folder's name. */
function codecOf(file: string): Codec {
  return file.split("/")[0] as Codec;
}

describe.skipIf(folder === undefined)(`requests that the corpus expects (${where})`, { tags: "long" }, () => {
  it.each(entries().filter((entry) => typeof entry.expected_requests === "object"))(
    "$file",
    ({ file, expected_requests }) => {
      const stream = readFileSync(join(folder!, file));
      const made = decodeModes.map((mode) => [mode, decodeStream(codecOf(file), stream, mode).requests.length]);
      expect(Object.fromEntries(made)).toEqual(expected_requests);
    },
  );
});

describe.skipIf(folder === undefined)(
  `damaged streams lose no picture that both peers decode, unsaid (${where})`,
  { tags: "long" },
  () => {
    it.each(damagedStreams())("$name", ({ codec, stream }) => {
      const counts = Object.values(stream.goldens.frame).map((path) => readRequests(path).length);
      const { requests, errors } = decodeStream(codec, readFileSync(stream.path));
      // A picture that lacks references has its request all the same.
      const lost = errors.filter(({ kind }) => kind !== "missing-reference");
      expect(requests.length + lost.length).toBeGreaterThanOrEqual(Math.min(...counts));
    });
  },
);
