import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { corpusFiles, corpusPlace, fixtureStreams, hasCorpus } from "../../conformance/streams/corpus-files.ts";
import { openDemuxer } from "../../src/containers/detect.ts";
import { StreamError } from "../../src/errors.ts";
import type { DecodeEvent } from "../../src/events.ts";
import * as mpeg2 from "../../src/mpeg2/index.ts";
import type { SessionOptions } from "../../src/options.ts";
import { withFlippedBits } from "../../support/damage.ts";
import { errorFlaws } from "../../support/error-flaws.ts";
import { kernelRefusals } from "../../support/h264-requests.ts";
import { poolFlaws } from "../../support/pool.ts";
import { Random } from "../../support/random.ts";
import {
  eventsOf,
  Mpeg2Stream,
  mpeg2References,
  type PictureFields,
  summary,
} from "../../support/streams/mpeg2-stream.ts";
import { programStream, transportStream } from "../../support/streams/systems-streams.ts";

const variants: readonly SessionOptions[] = [
  {},
  { missingReferences: "nearest" },
  { startAt: "random-access", missingReferences: "drop" },
];

/** A session with every call it has, on these bytes. What it throws fails the test; what is wrong comes back. */
function flawsOf(bytes: Uint8Array): string[] {
  return variants.flatMap((options) => {
    const session = mpeg2.openMpeg2Session(options);
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
    const flaws = [...poolFlaws(events, mpeg2References), ...kernelRefusals(events), ...errorFlaws(events)];
    return flaws.map((flaw) => `${JSON.stringify(options)} ${flaw}`);
  });
}

const parsers = [
  mpeg2.parseSequenceHeader,
  mpeg2.parseExtension,
  mpeg2.parseGroupOfPicturesHeader,
  mpeg2.parsePictureHeader,
];

/** Only the two classes of errors. */
function parseEverything(bytes: Uint8Array): void {
  for (const parse of parsers) {
    for (const code of [0x00, 0xb3, 0xb5, 0xb8]) {
      try {
        parse(Uint8Array.of(code, ...bytes));
      } catch (error) {
        if (!(error instanceof StreamError)) throw error;
      }
    }
  }
}

describe("the stateless parser throws BitstreamError, and nothing else", () => {
  it("on random bytes", () => {
    const bytes = fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ max: 3, maxLength: 60 }));
    fc.assert(fc.property(bytes, parseEverything), { seed: 1, numRuns: 300 });
  });
});

describe("a session turns damage into error events; its requests stay such as the kernel takes, and its pool holds", () => {
  it("on random units", () => {
    const unit = fc
      .tuple(fc.constantFrom(0x00, 0x01, 0xb2, 0xb3, 0xb5, 0xb7, 0xb8, 0x00), fc.uint8Array({ maxLength: 40 }))
      .map(([code, bytes]) => Uint8Array.of(0, 0, 1, code, ...bytes));
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 12 }), (units) => {
        expect(flawsOf(Uint8Array.from(units.flatMap((bytes) => [...bytes])))).toEqual([]);
      }),
      { seed: 1, numRuns: 80 },
    );
  });

  const anyOrder = (runs: number) => () => {
    const random = new Random(3);
    for (let run = 0; run < runs; run++) {
      const stream = new Mpeg2Stream();
      for (let length = 3 + random.below(20); length > 0; length--) addRandom(stream, random);
      expect(flawsOf(stream.bytes), `run ${run}`).toEqual([]);
      const events = eventsOf(stream);
      expect(poolFlaws(events, mpeg2References), summary(events).join("\n")).toEqual([]);
    }
  };
  it("on sequences, groups, fields and frames in any order", anyOrder(20));
  it("on sequences, groups, fields and frames in any order, more often", { tags: "long" }, anyOrder(400));

  const flippedBits = (runs: number) => () => {
    const random = new Random(1);
    for (const stream of fixtureStreams("mpeg2")) {
      const original = stream.read().slice(0, 30_000);
      for (let run = 0; run < runs; run++) {
        const bytes = original.slice();
        for (let flips = 1 + random.below(20); flips > 0; flips--) {
          const at = bytes.indexOf(1, random.below(bytes.length)) + random.below(30);
          if (at < bytes.length) bytes[at]! ^= 1 << random.below(8);
        }
        const cut = random.below(bytes.length);
        const whole =
          random.below(2) === 0 ? bytes : Uint8Array.of(...bytes.subarray(0, cut), ...bytes.subarray(cut + 50));
        expect(flawsOf(whole), `${stream.name}, run ${run}`).toEqual([]);
      }
    }
  };
  it("on fixtures with flipped bits near start codes, and with missing bytes", flippedBits(1));
  it("on fixtures with flipped bits and missing bytes, more often", { tags: "long" }, flippedBits(20));

  const damagedPackets = (runs: number) => () => {
    const random = new Random(9);
    for (const stream of fixtureStreams("mpeg2").slice(0, 3)) {
      const bytes = stream.read();
      const packets = [0, 1, 2, 3, 4].map((i) => ({ data: bytes.subarray(i * 4000, (i + 1) * 4000), pts: i }));
      for (let run = 0; run < runs; run++) {
        const isProgram = run % 2 === 0;
        const whole = isProgram
          ? [programStream(packets)]
          : transportStream(packets).filter(() => random.below(30) > 0);
        const file = withFlippedBits(Buffer.concat(whole), random);
        const demuxer = openDemuxer(isProgram ? "program" : "transport");
        const session = mpeg2.openMpeg2Session();
        const parts = [...demuxer.push(file), ...demuxer.flush()];
        const events = [...parts.flatMap((part) => session.push(part.data, part)), ...session.flush()];
        expect(
          [...poolFlaws(events, mpeg2References), ...kernelRefusals(events), ...errorFlaws(events)],
          `${stream.name} ${run}`,
        ).toEqual([]);
        const lost = new Set(parts.flatMap((part) => part.lost ?? []));
        const told = new Set(events.flatMap((event) => (event.type === "error" ? event.error : [])));
        expect([...lost].every((error) => told.has(error))).toBe(true);
      }
    }
  };
  it("on program and transport streams with damaged bytes and packets that are missing", damagedPackets(3));
  it("on program and transport streams with damage, more often", { tags: "long" }, damagedPackets(30));

  it.skipIf(!hasCorpus)(
    `on every damaged MPEG-2 stream, and on those of other codecs (${corpusPlace})`,
    { tags: "long" },
    () => {
      const files = corpusFiles("bad").filter(({ name }) => /mpeg2|ivf$|264$/.test(name));
      const flaws = files.flatMap((file) => flawsOf(file.read()).map((flaw) => `${file.name}: ${flaw}`));
      expect(flaws).toEqual([]);
    },
  );
});

function addRandom(stream: Mpeg2Stream, random: Random): void {
  const flag = () => random.below(2);
  const what = random.below(14);
  if (what === 0) stream.sequence({ width: 96 + 16 * random.below(2), low_delay: flag(), progressive: flag() });
  else if (what === 1) stream.group({ closed_gop: flag(), broken_link: flag() });
  else if (what === 2) stream.end();
  else if (what === 3) stream.slices(2);
  else {
    const fields: PictureFields = { structure: 1 + random.below(3), top_field_first: flag() };
    stream.picture((["I", "P", "B"] as const)[random.below(3)]!, fields);
  }
}
