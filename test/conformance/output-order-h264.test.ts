import { readFileSync, statSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { longestIncreasing } from "../../conformance/output/compare-output.ts";
import { type FfprobeOutput, hasFfprobe } from "../../conformance/output/ffprobe.ts";
import { checkH264Outputs } from "../../conformance/output/h264/h264-invariants.ts";
import { compareH264Orders } from "../../conformance/output/h264/h264-output.ts";
import {
  decodeH264Pictures,
  type H264Frame,
  type H264Picture,
  type H264Pictures,
} from "../../conformance/output/h264/h264-pictures.ts";
import { type OutputStream, outputStreams, runOutputStream } from "../../conformance/output/run-output.ts";
import { corpusFolder } from "../../conformance/streams/corpus.ts";
import { H264Stream } from "../../support/streams/h264-stream.ts";
import { expectEqualOrder } from "../support/output-order.ts";

const streams = outputStreams();
const isOdd = ({ path }: OutputStream) => path.includes("/fixtures/field/");
const fixtures = streams.filter((stream) => stream.name.startsWith("h264_") && !isOdd(stream));
const witness = hasFfprobe() ? "ffprobe" : "skipped: no ffprobe";

describe.skipIf(!hasFfprobe())(`the fixtures' output order against FFmpeg's (${witness})`, () => {
  it.each(fixtures)("$name: equal", { tags: "long" }, async (stream) => {
    expectEqualOrder(await runOutputStream(stream));
  });

  it.each(streams.filter(isOdd))("$name: equal, or different for a cause", { tags: "long" }, async (stream) => {
    expect((await runOutputStream(stream)).failures).toEqual([]);
  });
});

const corpus = corpusFolder() === undefined ? "skipped: no corpus" : witness;

describe.skipIf(corpus !== "ffprobe")(`the corpus' smallest streams against FFmpeg's order (${corpus})`, () => {
  it("is equal, or differs for a cause", { tags: "long" }, async () => {
    const small = streams.filter(({ path }) => !path.includes("fixtures") && statSync(path).size < 400);
    const reports = await Promise.all(small.map(runOutputStream));
    expect(reports.flatMap(({ failures }) => failures)).toEqual([]);
  });

  it.each([
    ["rw__unpaired_fields", "unpaired-field 3, reference-and-other-field 2, pair-begun-by-refused-field 1"],
    ["rw__mmco5_second_field_samefn", "second-field-with-mmco5 1"],
    ["rw__longterm_idr", "no-output-of-prior-pictures 5"],
    ["rw__epb_dpoc_type1", "code-longer-than-ffmpeg-reads 3"],
  ])("%s: %s", { tags: "long" }, async (name, expected) => {
    const { causes } = await runOutputStream(outputStreams(name)[0] as OutputStream);
    expect([...causes].map(([{ id }, count]) => `${id} ${count}`).join(", ")).toBe(expected);
  });
});

/** A decoder that outputs as ours does. */
function agreeing({ pictures, outputs }: H264Pictures): FfprobeOutput {
  const place = ({ slices }: { readonly slices: readonly number[] }): number => slices[0] as number;
  return {
    packets: pictures.map((picture) => ({ position: place(picture), size: 1 })),
    frames: outputs.map(({ frame }) => place(frame.pictures[0] as H264Picture)),
  };
}

function decodeFixture(name: string): H264Pictures {
  const { path } = fixtures.find((stream) => stream.name === name) as OutputStream;
  return decodeH264Pictures(new Uint8Array(readFileSync(path)));
}

describe("the comparison of two orders", () => {
  const ours = decodeFixture("h264_high_bpyramid.264");
  const theirs = agreeing(ours);
  const failuresWith = (frames: readonly number[]): number =>
    compareH264Orders("", ours, { ...theirs, frames }).failures.length;

  it("finds nothing where there is nothing", () => {
    expect(failuresWith(theirs.frames)).toBe(0);
  });

  it("has no cause for a frame that is lost, doubled or moved", () => {
    const [a = 0, b = 0, ...rest] = theirs.frames;
    expect(failuresWith([b, ...rest])).toBe(1);
    expect(failuresWith([a, a, b, ...rest])).toBe(1);
    expect(failuresWith([b, a, ...rest])).toBe(1);
    expect(failuresWith([b, ...rest, a])).toBe(1);
  });

  it("keeps a longest part in order", () => {
    expect(longestIncreasing([3, 0, 1, 5, 2, 4])).toEqual(new Set([0, 1, 2, 4]));
    expect(longestIncreasing([])).toEqual(new Set());
  });
});

describe("the pictures of a stream", () => {
  it("lie where they are coded, though others have the same bytes", () => {
    const stream = new H264Stream().writeSps({ poc_type: 2, max_num_ref_frames: 1 }).writePps();
    // frame_num is the only number in them that changes: every 16th picture has the same bytes.
    for (let i = 0; i < 20; i++) {
      for (const first_mb of [0, 8]) stream.slice(i === 0 ? { idr: true, first_mb } : { frame_num: i % 16, first_mb });
    }
    // With start codes of three bytes, a request has both slices in one part.
    const bytes = Uint8Array.from(stream.units.flatMap((unit) => [0, 0, 1, ...unit]));
    const places: number[] = [];
    for (let i = 0, byte = 3; i < stream.units.length; byte += stream.units[i]!.length + 3, i++) places.push(byte);
    const { pictures } = decodeH264Pictures(bytes);
    expect(pictures.flatMap(({ slices }) => slices)).toEqual(places.slice(2));
  });
});

type Facts = Partial<Omit<H264Picture, "frame" | "slices">>;

/** Frames of one or two pictures, output in decoding order. Slices lie at 0, 10, 20 … */
function decoded(frames: readonly (readonly Facts[])[]): H264Pictures {
  const pictures: H264Picture[] = [];
  const ours = frames.map((facts, i): H264Frame => {
    const frame: H264Frame = { timestamp: 1000 * (i + 1), pictures: [], period: 0, PicOrderCnt: 2 * i };
    for (const fact of facts) {
      const picture: H264Picture = {
        structure: "frame",
        frame_num: 0,
        isReference: true,
        isIdr: false,
        no_output_of_prior_pics_flag: false,
        hasMmco5: false,
        longestCode: 0,
        hasSliceGroups: false,
        hasSeparatePlanes: false,
        nonExisting: 0,
        ...fact,
        frame,
        slices: [10 * pictures.length],
      };
      frame.pictures.push(picture);
      pictures.push(picture);
    }
    return frame;
  });
  const outputs = ours.map((frame) => ({ frame, after: pictures.length, held: 1, captureBuffers: 2, isLast: true }));
  return { pictures, frames: ours, outputs, errors: [], faults: [] };
}

describe("the causes", () => {
  /** What explains that FFmpeg's frames are those that begin at these bytes. */
  const explained = (ours: H264Pictures, frames: readonly number[]): string[] => {
    const { causes, failures } = compareH264Orders("", ours, { ...agreeing(ours), frames });
    return [...[...causes].map(([{ id }]) => id), ...failures];
  };
  const top = { structure: "top", frame_num: 1 } as const;
  const bottom = { structure: "bottom", frame_num: 1 } as const;

  it("explain an unpaired field, and not a pair or what should have been one", () => {
    expect(explained(decoded([[{}], [top], [{}]]), [0, 20])).toEqual(["unpaired-field"]);
    expect(explained(decoded([[{}], [top, bottom], [{}]]), [0, 30])).toEqual([
      expect.stringMatching(/^only we output/),
    ]);
    const split = decoded([[{}], [top], [bottom], [{}]]);
    expect(explained(split, [0, 10, 30])).toEqual([expect.stringMatching(/^only we output/)]);
  });

  it("explain no field that FFmpeg would show: two before it had no second", () => {
    const ours = decoded([[top], [top], [top]]);
    expect(explained(ours, [20])).toEqual(["unpaired-field"]);
    expect(explained(ours, [])).toEqual(["unpaired-field", expect.stringMatching(/^only we output frame 3000/)]);
  });

  it("explain a field that is no second field because of its memory_management_control_operation 5", () => {
    const last = { ...bottom, hasMmco5: true };
    expect(explained(decoded([[{}], [top], [last]]), [0, 10])).toEqual(["second-field-with-mmco5"]);
  });

  it("explain a field that FFmpeg refuses beside one of the other kind, and the pair that it begins", () => {
    const other = { ...top, isReference: false };
    const ours = decoded([[{}], [other], [bottom, top]]);
    expect(explained(ours, [0, 10, 30])).toEqual(["reference-and-other-field", "pair-begun-by-refused-field"]);
  });

  it("explain frames that an IDR picture drops, and only those", () => {
    const idr = { isIdr: true, no_output_of_prior_pics_flag: true };
    const ours = decoded([[{}], [idr]]);
    const dropping = { ...ours, outputs: ours.outputs.slice(1) };
    expect(explained(dropping, [0, 10])).toEqual(["no-output-of-prior-pictures"]);
    const lost = { ...decoded([[{}], [{ isIdr: true }]]) };
    expect(explained({ ...lost, outputs: lost.outputs.slice(1) }, [0, 10])).toEqual([
      "frame 1000 is output 0 times",
      expect.stringMatching(/^only ffprobe outputs/),
    ]);
  });
});

describe("what holds of outputs without a witness", () => {
  const ours = decodeFixture("h264_high_bpyramid.264");
  const faultsWith = (outputs: H264Pictures["outputs"]): readonly string[] =>
    checkH264Outputs({ ...ours, outputs }).faults;

  it("holds of a stream with B pyramids", () => {
    expect(checkH264Outputs(ours)).toEqual({ faults: [], spoiled: { late: 0, samePicOrderCnt: 0 } });
  });

  it("names frames that are never output, or twice", () => {
    expect(faultsWith(ours.outputs.slice(1))).toEqual(["frame 1000 is output 0 times"]);
    expect(faultsWith([...ours.outputs.slice(0, 1), ...ours.outputs])).toContain("frame 1000 is output 2 times");
  });

  it("names frames whose POC does not grow", () => {
    const [a, b, ...rest] = ours.outputs as [H264Pictures["outputs"][number], H264Pictures["outputs"][number]];
    expect(faultsWith([b, { ...a, after: b.after }, ...rest])).toHaveLength(1);
  });

  it("names frames that an IDR picture should have dropped", () => {
    const withIdr = (no_output_of_prior_pics_flag: boolean): H264Pictures => {
      const after = decoded([[{}], [{ isIdr: true, no_output_of_prior_pics_flag }]]);
      const [waiting, ...rest] = after.outputs;
      return { ...after, outputs: [{ ...waiting!, after: 1, isLast: false, captureBuffers: 5 }, ...rest] };
    };
    expect(checkH264Outputs(withIdr(false)).faults).toEqual([]);
    expect(checkH264Outputs(withIdr(true)).faults).toEqual(["frame 1000 is output while 1 of 4 buffers are in use"]);
  });

  it("names frames that go out while there is room", () => {
    const early = ours.outputs.map((output, i) => (i === 0 ? { ...output, after: 1, held: 1, isLast: false } : output));
    expect(faultsWith(early)).toEqual([
      expect.stringMatching(/^frame 1000 is output while 1 of \d+ buffers are in use/),
    ]);
  });
});
