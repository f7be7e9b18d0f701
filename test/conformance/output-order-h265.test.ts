import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type FfprobeOutput, hasFfprobe } from "../../conformance/output/ffprobe.ts";
import { checkHevcOutputs, compareHevcOrders } from "../../conformance/output/h265/h265-output.ts";
import { decodeHevcPictures, type HevcOutputs, type HevcPicture } from "../../conformance/output/h265/h265-pictures.ts";
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
  ])("%s: %d pictures, %s", { tags: "long" }, async (name, pictures, expected) => {
    const { causes, ours, failures } = await runOutputStream(outputStreams(name, "h265")[0] as OutputStream);
    expect({ ours, failures }).toEqual({ ours: pictures, failures: [] });
    expect([...causes].map(([{ id }, count]) => `${id} ${count}`).join(", ")).toBe(expected);
  });
});

describe("the comparison of HEVC's output order", () => {
  const { path } = fixtures.find(({ name }) => name === "h265_default_ra.265") as OutputStream;
  const decoded = decodeHevcPictures(readFileSync(path));
  const packets = decoded.pictures.map(({ byte }) => ({ position: byte, size: 1 }));
  const agreeing = decoded.outputs.map(({ byte }) => byte);
  const compare = (frames: readonly number[], ours: HevcOutputs = decoded): readonly string[] =>
    compareHevcOrders("stream", ours, { packets, frames } satisfies FfprobeOutput).failures;

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
    const changed = { ...decoded.outputs[2]!, ...change };
    const replace = (pictures: readonly HevcPicture[]) =>
      pictures.map((picture) => (picture === decoded.outputs[2] ? changed : picture));
    const ours = { ...decoded, pictures: replace(decoded.pictures), outputs: replace(decoded.outputs) };
    const frames = agreeing.filter((byte) => byte !== changed.byte);
    const { causes, failures } = compareHevcOrders("stream", ours, { packets, frames });
    expect(failures).toEqual([]);
    expect([...causes].map(([cause, count]) => [cause.id, count])).toEqual([[id, 1]]);
  });
});

describe("what holds of HEVC's outputs (C.5.2)", () => {
  const picture = (timestamp: number, change: Partial<HevcPicture> = {}): HevcPicture => ({
    ...{ timestamp, byte: timestamp, PicOrderCntVal: timestamp, sequence: 1, pic_output_flag: 1 },
    ...{ NoOutputOfPriorPicsFlag: false, hasUnequalBitDepths: false, refersToItself: false },
    ...{ hasNoVps: false, hasOlderPps: false, ...change },
  });
  const check = (pictures: HevcPicture[], outputs: HevcPicture[]): string[] =>
    checkHevcOutputs({ pictures, outputs, faults: [] });
  const [a, b] = [picture(1), picture(2)];

  it("is that each picture is output once, in the order of its count", () => {
    expect(check([a, b], [a, b])).toEqual([]);
    expect(check([a, b], [b])).toEqual(["picture 1 is output 0 times"]);
    expect(check([a, b], [a, b, b])).toContain("picture 2 is output 2 times");
    expect(check([a, b], [b, a])).toEqual(["picture 1 with POC 1 comes behind 2"]);
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
});
