import { describe, expect, it } from "vitest";
import {
  corpusFiles,
  corpusPlace,
  corpusSystems,
  fixtureStreams,
  hasCorpus,
  type StreamFile,
} from "../../conformance/streams/corpus-files.ts";
import { openMpeg2Session } from "../../src/mpeg2/index.ts";
import { only } from "../../support/streams/h264-stream.ts";

/**
 * 6.3.9: temporal_reference counts the frames of a group in display order, from 0 behind each group of pictures header.
 * Both fields of a frame have the same one. Without group headers it goes on, modulo 1024.
 */
function flawsOf({ name, read }: StreamFile): string[] {
  let group = 0;
  const pictures: number[] = [];
  const session = openMpeg2Session({
    trace: {
      unit: (unit) => {
        if (unit.bytes[0] === 0xb8) group++;
      },
      element: (element) => {
        if (element.name === "temporal_reference") pictures.push(group * 1024 + element.value);
      },
    },
  });
  const events = [...session.push(read()), ...session.flush()];
  const requests = only(events, "request");
  // Pictures that were skipped came first.
  const decoded = pictures.slice(pictures.length - requests.length);
  const places = new Map(requests.map(({ timestamp }, i) => [timestamp, decoded[i]!]));
  const shown = only(events, "output").map(({ timestamp }) => places.get(timestamp)!);
  const at = shown.findIndex((place, i) => i > 0 && place <= shown[i - 1]!);
  const all = new Set(requests.map(({ timestamp }) => timestamp)).size;
  return [
    ...(at < 0 ? [] : [`${name}: output ${at} is ${shown[at]} behind ${shown[at - 1]}`]),
    ...(shown.length === all ? [] : [`${name}: ${shown.length} outputs of ${all} frames`]),
  ];
}

describe("every frame is shown once, in the order of temporal_reference", () => {
  it("in every fixture", () => expect(fixtureStreams("mpeg2").flatMap(flawsOf)).toEqual([]));

  it.skipIf(!hasCorpus)(
    `in every stream of the corpus, program and transport streams too (${corpusPlace})`,
    { tags: "long" },
    () => {
      const streams = corpusFiles("mpeg2").filter(({ name }) => name.endsWith(".m2v"));
      expect([...streams, ...corpusSystems("mpeg2")].flatMap(flawsOf)).toEqual([]);
    },
  );
});
