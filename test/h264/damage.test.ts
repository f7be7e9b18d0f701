import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { corpusFiles, corpusPlace, fixtureStreams, hasCorpus } from "../../conformance/streams/corpus-files.ts";
import { StreamError } from "../../src/errors.ts";
import type { DecodeEvent } from "../../src/events.ts";
import * as h264 from "../../src/h264/index.ts";
import type { SessionOptions } from "../../src/options.ts";
import { withFlippedBits, withOtherUnits } from "../../support/damage.ts";
import { errorFlaws } from "../../support/error-flaws.ts";
import {
  annexB,
  h264References,
  kernelRefusals,
  lengthPrefixed,
  unitsByDefinition,
} from "../../support/h264-requests.ts";
import { poolFlaws } from "../../support/pool.ts";
import { Random } from "../../support/random.ts";
import { tinyIdr, tinyP, tinyPps, tinySps } from "../../support/streams/h264-units.ts";

const variants: readonly SessionOptions[] = [
  {},
  { decodeMode: "slice", missingReferences: "nearest" },
  { startAt: "random-access", missingReferences: "drop", startCode: "none" },
];

/** A session with every call it has, on these bytes. What it throws fails the test; what is wrong comes back. */
function flawsOf(bytes: Uint8Array, options: SessionOptions): string[] {
  const flaws: string[] = [];
  const check = (events: readonly DecodeEvent[]) =>
    flaws.push(...poolFlaws(events, h264References), ...kernelRefusals(events), ...errorFlaws(events));
  const session = h264.openH264Session(options);
  const half = bytes.length >> 1;
  check([
    ...session.push(bytes.subarray(0, half)),
    ...session.reset(),
    ...session.push(bytes.subarray(half)),
    ...session.decode(bytes),
    ...session.configure(bytes),
    ...session.decode(bytes),
    ...session.configure(null),
    ...session.flush(),
  ]);
  return flaws;
}

const allFlaws = (bytes: Uint8Array) =>
  variants.flatMap((options) => flawsOf(bytes, options).map((flaw) => `${JSON.stringify(options)} ${flaw}`));

/** Only the two classes of errors; the result where there is none. */
function parsed<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (error instanceof StreamError) return undefined;
    throw error;
  }
}

/** Every function of the stateless parser on these bytes, with and without a NAL unit header in front of them. */
function parseEverything(bytes: Uint8Array): void {
  const sps = parsed(() => h264.parseSps(bytes)) ?? new h264.SeqParameterSet();
  const pps = parsed(() => h264.parsePps(bytes, { sps })) ?? new h264.PicParameterSet();
  for (let type = 0; type < 32; type++) {
    const unit = Uint8Array.of(0x60 | type, ...bytes);
    for (const each of type === 0 ? [bytes, unit] : [unit]) {
      const asSps = parsed(() => h264.parseSps(each)) ?? sps;
      const asPps = parsed(() => h264.parsePps(each, { sps: asSps })) ?? pps;
      parsed(() => h264.parseNalUnitHeader(each));
      parsed(() => h264.parseSpsExtension(each));
      parsed(() => h264.parseAccessUnitDelimiter(each));
      parsed(() => h264.parseSei(each, { sps: asSps }));
      parsed(() => h264.parseSliceHeader(each, { sps: asSps, pps: asPps }));
      const rich = parsed(() => h264.parseSliceHeader(each, { sps: richSps, pps: richPps }));
      if (rich) h264.h264PredWeights(rich);
    }
  }
  parsed(() => h264.parseAvcConfiguration(bytes));
}

/** Parameter sets with which a slice header has every element that it can have. */
const richSps = Object.assign(new h264.SeqParameterSet(), {
  chroma_format_idc: 3,
  pic_order_cnt_type: 1,
  pic_width_in_mbs_minus1: 300,
  pic_height_in_map_units_minus1: 300,
});
const richPps = Object.assign(new h264.PicParameterSet(), {
  bottom_field_pic_order_in_frame_present_flag: 1,
  redundant_pic_cnt_present_flag: 1,
  entropy_coding_mode_flag: 1,
  weighted_pred_flag: 1,
  weighted_bipred_idc: 1,
  deblocking_filter_control_present_flag: 1,
  num_slice_groups_minus1: 1,
  slice_group_map_type: 3,
});

describe("the stateless parser throws BitstreamError and UnsupportedError, and nothing else", () => {
  const randomBytes = (runs: number) => () => {
    const bytes = fc.oneof(fc.uint8Array({ maxLength: 60 }), fc.uint8Array({ max: 3, maxLength: 60 }));
    fc.assert(fc.property(bytes, parseEverything), { seed: 1, numRuns: runs });
  };
  it("on random bytes", randomBytes(30));
  it("on random bytes, more often", { tags: "long" }, randomBytes(1000));

  it.skipIf(!hasCorpus)(`on every damaged file (${corpusPlace})`, { tags: "long" }, () => {
    for (const file of corpusFiles("bad").filter(({ name }) => name.includes("_parser__"))) {
      const bytes = file.read();
      parseEverything(bytes);
      for (const unit of unitsByDefinition(bytes)) parseEverything(unit.subarray(0, 400));
    }
  });
});

describe("a session turns damage into error events; its requests stay such as the kernel takes, and its pool holds", () => {
  const sessionsOfRandomBytes = (runs: number) => () => {
    const unit = fc
      .tuple(fc.constantFrom(0x67, 0x68, 0x65, 0x41, 0x01, 0x06, 0x09, 0x0c, 0x6e), fc.uint8Array({ maxLength: 40 }))
      .map(([header, bytes]) => Uint8Array.of(header, ...bytes));
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 12 }), (units) => {
        expect(allFlaws(annexB(units))).toEqual([]);
      }),
      { seed: 1, numRuns: runs },
    );
  };
  it("on random bytes", sessionsOfRandomBytes(30));
  it("on random bytes, more often", { tags: "long" }, sessionsOfRandomBytes(1000));

  const flippedBits = (runs: number) => () => {
    const random = new Random(1);
    for (const stream of fixtureStreams("h264")) {
      const original = stream.read().slice(0, 40_000);
      for (let run = 0; run < runs; run++) {
        expect(allFlaws(withFlippedBits(original, random)), `${stream.name}, run ${run}`).toEqual([]);
      }
    }
  };
  it("on fixtures with flipped bits", flippedBits(1));
  it("on fixtures with flipped bits, more often", { tags: "long" }, flippedBits(40));

  const otherUnits = (runs: number) => () => {
    const random = new Random(2);
    const streams = fixtureStreams("h264").map((stream) => unitsByDefinition(stream.read()).slice(0, 60));
    for (let run = 0; run < runs; run++) {
      expect(allFlaws(annexB(withOtherUnits(streams, random))), `run ${run}`).toEqual([]);
    }
  };
  it("on fixtures that lack, repeat or exchange units, or parts of them", otherUnits(8));
  it("on fixtures that lack, repeat or exchange units, more often", { tags: "long" }, otherUnits(400));

  it("on length prefixes that are wrong", () => {
    const random = new Random(3);
    for (const stream of fixtureStreams("h264")) {
      const bytes = lengthPrefixed(unitsByDefinition(stream.read()), 4);
      for (let flips = 0; flips < 20; flips++) bytes[random.below(bytes.length)] = random.below(256);
      const session = h264.openH264Session();
      const events = session.configure(Uint8Array.of(1, 66, 0, 10, 0xff, 0xe0, 0));
      expect(events).toEqual([]);
      for (let at = 0; at < bytes.length; at += 1000) events.push(...session.push(bytes.slice(at, at + 1000)));
      events.push(...session.flush());
      expect(
        [...poolFlaws(events, h264References), ...kernelRefusals(events), ...errorFlaws(events)],
        stream.name,
      ).toEqual([]);
    }
  });

  it.skipIf(!hasCorpus)(
    `on every damaged file of the corpus, whatever its codec (${corpusPlace})`,
    { tags: "long" },
    () => {
      const files = corpusFiles("bad");
      const flaws = files.flatMap((file) => allFlaws(file.read()).map((flaw) => `${file.name}: ${flaw}`));
      expect(flaws).toEqual([]);
    },
  );

  it("on a gap in frame_num while long-term pictures fill the buffer: numShortTerm shall be above 0 (8.2.5.3)", () => {
    const units = [tinySps({ gaps: 1 }), tinyPps(), tinyIdr({ long_term_reference_flag: 1 }), tinyP(3, null)];
    expect(allFlaws(annexB(units))).toEqual([]);
  });
});
