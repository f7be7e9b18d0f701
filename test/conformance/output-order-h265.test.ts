import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type FfprobeOutput, hasFfprobe } from "../../conformance/output/ffprobe.ts";
import { checkH265Outputs } from "../../conformance/output/h265/h265-invariants.ts";
import { compareH265Orders } from "../../conformance/output/h265/h265-output.ts";
import {
  decodeH265Pictures,
  type H265Output,
  type H265Outputs,
  type H265Picture,
} from "../../conformance/output/h265/h265-pictures.ts";
import { type OutputStream, outputStreams, runOutputStream } from "../../conformance/output/run-output.ts";
import { corpusFolder } from "../../conformance/streams/corpus.ts";
import { expectEqualOrder } from "../support/output-order.ts";

const streams = outputStreams("", "h265");
const fixtures = streams.filter(({ name }) => name.startsWith("h265_"));
const witness = hasFfprobe() ? "ffprobe" : "skipped: no ffprobe";

describe.skipIf(!hasFfprobe())(`the HEVC fixtures' output order against FFmpeg's (${witness})`, () => {
  it.each(fixtures)("$name: equal", { tags: "long" }, async (stream) => {
    expectEqualOrder(await runOutputStream(stream));
  });
});

const corpus = corpusFolder() === undefined ? "skipped: no corpus" : witness;

describe.skipIf(corpus !== "ffprobe")(`HEVC streams of the corpus against FFmpeg's order (${corpus})`, () => {
  it.each([
    ["rw__no_output_prior_idr", 22, ""],
    ["rw__pic_output_0", 12, ""],
    ["rw__bla_w_lp", 19, ""],
    ["eos_before_cra", 31, ""],
    ["rw__sps_two_active", 28, ""],
    ["rw__sps_change_no_pps", 25, "pps-before-its-sps 16"],
    ["spliced__no_vps", 16, "no-vps 16"],
    ["input-pss-no-irap-pss-irap", 35, ""],
    ["two_first_slice", 35, ""],
  ])("%s: %d pictures, %s", { tags: "long" }, async (name, pictures, expected) => {
    const { causes, ours, failures } = await runOutputStream(outputStreams(name, "h265")[0] as OutputStream);
    expect({ ours, failures }).toEqual({ ours: pictures, failures: [] });
    expect([...causes].map(([{ id }, count]) => `${id} ${count}`).join(", ")).toBe(expected);
  });
});

describe("the comparison of HEVC's output order", () => {
  const { path } = fixtures.find(({ name }) => name === "h265_default_ra.265") as OutputStream;
  const decoded = decodeH265Pictures(readFileSync(path));
  const packets = decoded.pictures.map(({ byte }) => ({ position: byte, size: 1 }));
  const agreeing = decoded.outputs.map(({ picture }) => picture.byte);
  const compare = (frames: readonly number[], ours: H265Outputs = decoded): readonly string[] =>
    compareH265Orders("stream", ours, { packets, frames } satisfies FfprobeOutput).failures;

  it("has nothing to say where both agree", () => {
    expect(compare(agreeing)).toEqual([]);
  });

  it("sees pictures that only one of them outputs", () => {
    const [first, ...rest] = agreeing;
    expect(compare(rest)).toEqual([`only we output picture 1000 (POC 0) at byte ${first}`]);
    expect(compare([...agreeing, agreeing[3]!])).toEqual([
      `only ffprobe outputs a frame of the access unit at ${agreeing[3]}`,
    ]);
  });

  it("sees pictures at another place", () => {
    const [a, b, ...rest] = agreeing;
    expect(compare([b!, a!, ...rest])).toHaveLength(1);
  });

  it.each([
    ["pps-before-its-sps", { hasOlderPps: true }],
    ["no-vps", { hasNoVps: true }],
    ["unequal-bit-depths", { hasUnequalBitDepths: true }],
    ["current-picture-reference", { refersToItself: true }],
  ])("explains what FFmpeg refuses: %s", (id, change) => {
    const third = decoded.outputs[2]!.picture;
    const changed = { ...third, ...change };
    const changedOf = (picture: H265Picture): H265Picture => (picture === third ? changed : picture);
    const outputs = decoded.outputs.map((output) => ({ ...output, picture: changedOf(output.picture) }));
    const ours = { ...decoded, pictures: decoded.pictures.map(changedOf), outputs };
    const frames = agreeing.filter((byte) => byte !== changed.byte);
    const { causes, failures } = compareH265Orders("stream", ours, { packets, frames });
    expect(failures).toEqual([]);
    expect([...causes].map(([cause, count]) => [cause.id, count])).toEqual([[id, 1]]);
  });
});

describe("what holds of HEVC's outputs (C.5.2)", () => {
  const limits = { sps_max_num_reorder_pics: 1, SpsMaxLatencyPictures: null, sps_max_dec_pic_buffering_minus1: 4 };
  const picture = (timestamp: number, change: Partial<H265Picture> = {}): H265Picture => ({
    ...{ timestamp, byte: timestamp, PicOrderCntVal: timestamp, sequence: 1, pic_output_flag: 1 },
    ...{ NoOutputOfPriorPicsFlag: false, hasUnequalBitDepths: false, refersToItself: false },
    ...{ hasNoVps: false, hasOlderPps: false, limits, ...change },
  });
  /** Caused by \`flush\`, where nothing else is said. */
  const output = (picture: H265Picture, change: Partial<H265Output> = {}): H265Output => ({
    ...{ picture, after: 10, held: 1, isLast: true, ...change },
  });
  const checked = (pictures: H265Picture[], outputs: H265Output[]) =>
    checkH265Outputs({ pictures, outputs, skipped: [], faults: [] });
  const check = (pictures: H265Picture[], outputs: H265Picture[]) =>
    checked(
      pictures,
      outputs.map((picture) => output(picture)),
    ).faults;
  const [a, b] = [picture(1), picture(2)];

  it("is that each picture is output once, in the order of its count", () => {
    expect(check([a, b], [a, b])).toEqual([]);
    expect(check([a, b], [b])).toEqual(["picture 1 is output 0 times"]);
    expect(check([a, b], [a, b, b])).toContain("picture 2 is output 2 times");
    expect(check([a, b], [b, a])).toEqual(["picture 1 with POC 1 comes after 2"]);
  });

  it("is that a picture with pic_output_flag 0 is not", () => {
    const hidden = picture(2, { pic_output_flag: 0 });
    expect(check([a, hidden], [a])).toEqual([]);
    expect(check([a, hidden], [a, hidden])).toEqual(["picture 2 is output 1 times"]);
  });

  it("is that one which waits may be lost where the next sequence says so", () => {
    const next = picture(3, { sequence: 2, PicOrderCntVal: 0 });
    expect(check([a, b, next], [a, next])).toEqual(["picture 2 is output 0 times"]);
    expect(check([a, b, { ...next, NoOutputOfPriorPicsFlag: true }], [a])).toContain("picture 3 is output 0 times");
    const dropping = { ...next, NoOutputOfPriorPicsFlag: true };
    expect(check([a, b, dropping], [a, dropping])).toEqual([]);
  });

  it("is that a picture goes out only when it has to", () => {
    const going = (change: Partial<H265Output>, ofSps = limits) => {
      const pictures = [a, b].map((picture) => ({ ...picture, limits: ofSps }));
      const [first, second] = pictures as [H265Picture, H265Picture];
      return checked(pictures, [output(first, { isLast: false, ...change }), output(second)]).faults;
    };
    expect(going({ after: 1 })).toEqual(["picture 1 is output while 1 wait and 1 are held"]);
    expect(going({ after: 2 })).toEqual([]);
    expect(going({ after: 1, held: 5 })).toEqual([]);
    expect(going({ after: 1 }, { ...limits, sps_max_num_reorder_pics: 0 })).toEqual([]);
  });

  it("is that a picture comes late only where it was not decoded when a later one had to go", () => {
    const early = picture(3, { PicOrderCntVal: 0 });
    const going = (after: number) => [output(a, { after }), output(b, { after }), output(early)];
    expect(checked([a, b, early], going(2))).toEqual({ faults: [], spoiled: { late: 1, samePicOrderCnt: 0 } });
    expect(checked([a, b, early], going(3)).faults).toEqual(["picture 3 with POC 0 comes after 2"]);
  });

  it("is that pictures with the same count come in decoding order", () => {
    const again = picture(3, { PicOrderCntVal: 2 });
    const outputs = [a, b, again].map((picture) => output(picture));
    expect(checked([a, b, again], outputs)).toEqual({ faults: [], spoiled: { late: 0, samePicOrderCnt: 1 } });
  });
});
