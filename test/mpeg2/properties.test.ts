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
import type { SessionOptions } from "../../src/options.ts";
import { difference, pushed } from "../../support/cuts.ts";
import { eventKey } from "../../support/events.ts";
import { kernelRefusals } from "../../support/h264-requests.ts";
import { poolFlaws } from "../../support/pool.ts";
import { Random } from "../../support/random.ts";
import { eventsOf, mpeg2References } from "../../support/streams/mpeg2-stream.ts";

const variants: readonly SessionOptions[] = [{}, { missingReferences: "nearest" }, { missingReferences: "drop" }];

function flawsOf({ name, read }: StreamFile): string[] {
  const bytes = read();
  const random = new Random(name.length);
  const expected = eventsOf({ bytes }).map(eventKey);
  const packet = openMpeg2Session();
  const flaws = [
    ...difference(
      pushed(openMpeg2Session(), bytes, () => 1 + random.below(random.below(4) === 0 ? 9 : 30_000)),
      expected,
    ),
    ...(bytes.length < 100_000
      ? difference(
          pushed(openMpeg2Session(), bytes, () => 1),
          expected,
        )
      : []),
    ...difference([...packet.decode(bytes), ...packet.flush()].map(eventKey), expected),
    ...variants.flatMap((options) => {
      const events = eventsOf({ bytes }, options);
      return [...poolFlaws(events, mpeg2References), ...kernelRefusals(events)];
    }),
  ];
  return flaws.map((flaw) => `${name}: ${flaw}`);
}

describe("any cut of the bytes gives the same events, and the pool of captureBuffers holds", () => {
  const [first, ...others] = fixtureStreams("mpeg2");
  it("in a fixture", () => expect(flawsOf(first!)).toEqual([]));
  it("in all others", { tags: "long" }, () => expect(others.flatMap(flawsOf)).toEqual([]));

  it.skipIf(!hasCorpus)(
    `in every stream of the corpus, program and transport streams too (${corpusPlace})`,
    { tags: "long" },
    () => {
      const streams = corpusFiles("mpeg2").filter(({ name }) => /[.]m[12]v$/.test(name));
      expect([...streams, ...corpusSystems("mpeg2")].flatMap(flawsOf)).toEqual([]);
    },
  );

  it("in two sessions whose calls alternate: they share nothing", () => {
    const [a, b] = [openMpeg2Session(), openMpeg2Session()];
    const bytes = fixtureStreams("mpeg2")[0]!.read();
    const events: string[] = [];
    for (let at = 0; at < bytes.length; at += 999) {
      events.push(...a.push(bytes.slice(at, at + 999)).map(eventKey));
      b.push(bytes.slice(bytes.length - at));
    }
    expect(difference([...events, ...a.flush().map(eventKey)], eventsOf({ bytes }).map(eventKey))).toEqual([]);
  });
});
