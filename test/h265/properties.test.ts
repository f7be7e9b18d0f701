import { describe, expect, it } from "vitest";
import {
  corpusFiles,
  corpusPlace,
  fixtureStreams,
  hasCorpus,
  type StreamFile,
} from "../../conformance/streams/corpus-files.ts";
import type { DecodeEvent } from "../../src/events.ts";
import { joined } from "../../src/framing/bytes.ts";
import { openH265Session } from "../../src/h265/index.ts";
import type { SessionOptions } from "../../src/options.ts";
import { difference, pushed } from "../../support/cuts.ts";
import { eventKey } from "../../support/events.ts";
import { annexB, kernelRefusals, lengthPrefixed, unitsByDefinition } from "../../support/h264-requests.ts";
import { hevcReferences } from "../../support/h265-requests.ts";
import { poolFlaws } from "../../support/pool.ts";
import { Random } from "../../support/random.ts";

const whole = (bytes: Uint8Array, options?: SessionOptions) => {
  const session = openH265Session(options);
  return [...session.push(bytes), ...session.flush()];
};

/** What a decoder does: without errors, whose offsets depend on the framing, and without the sequence. */
const actions = (events: readonly DecodeEvent[]) =>
  events.filter(({ type }) => type === "request" || type === "output" || type === "release").map(eventKey);

/** Not conforming: sps_max_dec_pic_buffering_minus1 is 0, and the pictures refer to one (7.4.8). */
const breaksItsLimit = (name: string) => name.startsWith("h265nal__akiyo.kvazaar.");

/** HEVCDecoderConfigurationRecord without parameter sets: ISO/IEC 14496-15, 8.3.3.1.2. */
function hvcC(lengthSize: number): Uint8Array {
  return joined([Uint8Array.of(1), new Uint8Array(20), Uint8Array.of(lengthSize - 1), Uint8Array.of(0)]);
}

type Property = (stream: StreamFile, bytes: Uint8Array) => string[];

const properties: readonly [string, Property][] = [
  [
    "any cut of the bytes gives the same events",
    ({ name }, bytes) => {
      const expected = whole(bytes).map(eventKey);
      const random = new Random(name.length);
      const packet = openH265Session();
      const hasUnits = unitsByDefinition(bytes).length > 0; // Of a packet without any that is an error; a stream may go on.
      return [
        ...difference(
          pushed(openH265Session(), bytes, () => 1 + random.below(random.below(4) === 0 ? 9 : 30_000)),
          expected,
        ),
        ...(bytes.length <= 40_000
          ? difference(
              pushed(openH265Session(), bytes, () => 1),
              expected,
            )
          : []),
        ...(hasUnits ? difference([...packet.decode(bytes), ...packet.flush()].map(eventKey), expected) : []),
      ];
    },
  ],
  [
    "a pool of captureBuffers never runs dry, references live, and the kernel takes every control",
    ({ name }, bytes) =>
      [
        {},
        { decodeMode: "slice", missingReferences: "nearest" } as const,
        { startAt: "random-access", missingReferences: "drop", startCode: "none" } as const,
      ].flatMap((options) => {
        const events = whole(bytes, options);
        const { timestamps } = hevcReferences;
        const flaws = poolFlaws(events, breaksItsLimit(name) ? { timestamps } : hevcReferences);
        return [...flaws, ...kernelRefusals(events)].map((flaw) => `${JSON.stringify(options)}: ${flaw}`);
      }),
  ],
  [
    "length prefixes give the requests of start codes",
    (_, bytes) => {
      const units = unitsByDefinition(bytes);
      const expected = actions(whole(annexB(units)));
      const longest = Math.max(0, ...units.map(({ length }) => length));
      return [4, 2].flatMap((size) => {
        if (longest >= 256 ** size) return [];
        const session = openH265Session();
        const events = [
          ...session.configure(hvcC(size)),
          ...session.decode(lengthPrefixed(units, size)),
          ...session.flush(),
        ];
        return difference(actions(events), expected).map((flaw) => `${size} bytes: ${flaw}`);
      });
    },
  ],
];

describe.each(properties)("%s", (_, property) => {
  const flawsOf = (streams: readonly StreamFile[]) =>
    streams.flatMap((stream) => property(stream, stream.read()).map((flaw) => `${stream.name}: ${flaw}`));

  it("in every fixture", { tags: "long" }, () => {
    expect(flawsOf(fixtureStreams("h265"))).toEqual([]);
  });

  it.skipIf(!hasCorpus)(`in every stream of the corpus (${corpusPlace})`, { tags: "long" }, () => {
    expect(flawsOf(corpusFiles("h265")).slice(0, 30)).toEqual([]);
  });
});
