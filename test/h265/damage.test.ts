import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { corpusFiles, corpusPlace, fixtureStreams, hasCorpus } from "../../conformance/streams/corpus-files.ts";
import type { DecodeEvent } from "../../src/events.ts";
import { openH265Session } from "../../src/h265/index.ts";
import type { SessionOptions } from "../../src/options.ts";
import { withFlippedBits, withOtherUnits } from "../../support/damage.ts";
import { errorFlaws } from "../../support/error-flaws.ts";
import { annexB, kernelRefusals, unitsByDefinition } from "../../support/h264-requests.ts";
import { hevcReferences } from "../../support/h265-requests.ts";
import { poolFlaws } from "../../support/pool.ts";
import { Random } from "../../support/random.ts";

const variants: readonly SessionOptions[] = [
  {},
  { decodeMode: "slice", missingReferences: "nearest" },
  { startAt: "random-access", missingReferences: "drop", startCode: "none" },
];

/** A session with every call it has, on these bytes. What it throws fails the test; what is wrong comes back. */
function flawsOf(bytes: Uint8Array, options: SessionOptions): string[] {
  const session = openH265Session(options);
  const half = bytes.length >> 1;
  const events: DecodeEvent[] = [
    ...session.push(bytes.subarray(0, half)),
    ...session.reset(),
    ...session.push(bytes.subarray(half)),
    ...session.decode(bytes),
    ...session.configure(bytes),
    ...session.decode(bytes),
    ...session.configure(null),
    ...session.flush(),
  ];
  // The number of references is the stream's to keep; a damaged one does not.
  return [
    ...poolFlaws(events, { timestamps: hevcReferences.timestamps }),
    ...kernelRefusals(events),
    ...errorFlaws(events),
  ];
}

const allFlaws = (bytes: Uint8Array) =>
  variants.flatMap((options) => flawsOf(bytes, options).map((flaw) => `${JSON.stringify(options)} ${flaw}`));

describe("a session turns damage into error events; its requests stay such as the kernel takes, and its pool holds", () => {
  const sessionsOfRandomBytes = (runs: number) => () => {
    const type = fc.constantFrom(0, 1, 8, 16, 19, 20, 21, 32, 33, 34, 35, 36, 37, 38, 39, 40, 48);
    const unit = fc
      .tuple(type, fc.uint8Array({ maxLength: 40 }))
      .map(([nal_unit_type, bytes]) => Uint8Array.of(nal_unit_type << 1, 1, ...bytes));
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 12 }), (units) => {
        expect(allFlaws(annexB(units))).toEqual([]);
      }),
      { seed: 1, numRuns: runs },
    );
  };
  it("on random bytes", sessionsOfRandomBytes(100));
  it("on random bytes, more often", { tags: "long" }, sessionsOfRandomBytes(1000));

  const flippedBits = (runs: number) => () => {
    const random = new Random(1);
    for (const stream of fixtureStreams("h265")) {
      const original = stream.read().slice(0, 40_000);
      for (let run = 0; run < runs; run++) {
        expect(allFlaws(withFlippedBits(original, random)), `${stream.name}, run ${run}`).toEqual([]);
      }
    }
  };
  it("on fixtures with flipped bits", flippedBits(1));
  it("on fixtures with flipped bits, more often", { tags: "long" }, flippedBits(25));

  const otherUnits = (runs: number) => () => {
    const random = new Random(2);
    const streams = fixtureStreams("h265").map((stream) => unitsByDefinition(stream.read()).slice(0, 60));
    for (let run = 0; run < runs; run++) {
      expect(allFlaws(annexB(withOtherUnits(streams, random))), `run ${run}`).toEqual([]);
    }
  };
  it("on fixtures that lack, repeat or exchange units, or parts of them", otherUnits(15));
  it("on fixtures that lack, repeat or exchange units, more often", { tags: "long" }, otherUnits(200));

  it.skipIf(!hasCorpus)(
    `on every damaged file of the corpus, whatever its codec (${corpusPlace})`,
    { tags: "long" },
    () => {
      const files = corpusFiles("bad");
      const flaws = files.flatMap((file) => allFlaws(file.read()).map((flaw) => `${file.name}: ${flaw}`));
      expect(flaws.slice(0, 30)).toEqual([]);
    },
  );
});
