import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DecodeEvent } from "../../src/events.ts";
import { openH265Session } from "../../src/h265/index.ts";
import type { SessionOptions } from "../../src/options.ts";
import { annexB, kernelRefusals, unitsByDefinition } from "../support/h264.ts";
import { hevcReferences } from "../support/h265.ts";
import { poolFlaws } from "../support/pool.ts";
import { Random } from "../support/random.ts";
import { corpusFiles, corpusPlace, fixtureStreams, hasCorpus } from "../support/streams.ts";

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
  return [...poolFlaws(events, { timestamps: hevcReferences.timestamps }), ...kernelRefusals(events)];
}

const allFlaws = (bytes: Uint8Array) =>
  variants.flatMap((options) => flawsOf(bytes, options).map((flaw) => `${JSON.stringify(options)} ${flaw}`));

describe("a session turns damage into error events; its requests stay such as the kernel takes, and its pool holds", () => {
  it("on random bytes", () => {
    const type = fc.constantFrom(0, 1, 8, 16, 19, 20, 21, 32, 33, 34, 35, 36, 37, 38, 39, 40, 48);
    const unit = fc
      .tuple(type, fc.uint8Array({ maxLength: 40 }))
      .map(([nal_unit_type, bytes]) => Uint8Array.of(nal_unit_type << 1, 1, ...bytes));
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 12 }), (units) => {
        expect(allFlaws(annexB(units))).toEqual([]);
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it("on fixtures with flipped bits", () => {
    const random = new Random(1);
    for (const stream of fixtureStreams("h265")) {
      const original = stream.read().slice(0, 40_000);
      for (let run = 0; run < 25; run++) {
        const bytes = original.slice();
        for (let flips = 1 + random.below(20); flips > 0; flips--) {
          // Headers lie behind start codes: half of the flips fall near one.
          const unit = bytes.indexOf(1, random.below(bytes.length));
          const near = flips % 2 === 0 && unit >= 0 ? unit + random.below(30) : random.below(bytes.length);
          if (near < bytes.length) bytes[near]! ^= 1 << random.below(8);
        }
        expect(allFlaws(bytes), `${stream.name}, run ${run}`).toEqual([]);
      }
    }
  });

  it("on fixtures that lack, repeat or exchange units, or parts of them", () => {
    const random = new Random(2);
    const streams = fixtureStreams("h265").map((stream) => unitsByDefinition(stream.read()).slice(0, 60));
    for (let run = 0; run < 200; run++) {
      const units: Uint8Array[] = [];
      const pick = () => streams[random.below(streams.length)] as Uint8Array[];
      let from = pick();
      for (const unit of [...from]) {
        const what = random.below(12);
        if (what === 0) continue;
        if (what === 1) units.push(unit, unit);
        else if (what === 2) units.push(unit.subarray(0, 1 + random.below(Math.min(unit.length, 20))));
        else if (what === 3) units.push(from[random.below(from.length)] as Uint8Array);
        else if (what === 4) {
          from = pick();
          units.push(from[random.below(from.length)] as Uint8Array);
        } else units.push(unit);
      }
      expect(allFlaws(annexB(units)), `run ${run}`).toEqual([]);
    }
  });

  it.skipIf(!hasCorpus)(`on every damaged file of the corpus, whatever its codec (${corpusPlace})`, () => {
    const files = corpusFiles("bad");
    const flaws = files.flatMap((file) => allFlaws(file.read()).map((flaw) => `${file.name}: ${flaw}`));
    expect(flaws.slice(0, 30)).toEqual([]);
  });
});
