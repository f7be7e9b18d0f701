import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type FfprobeOutput, hasFfprobe } from "../../conformance/output/ffprobe.ts";
import { compareMpeg2Orders, compareMpeg2Output } from "../../conformance/output/mpeg2/mpeg2-output.ts";
import { B_PICTURE, decodeMpeg2Pictures, type Mpeg2Frame } from "../../conformance/output/mpeg2/mpeg2-pictures.ts";
import { type OutputStream, outputStreams, runOutputStream } from "../../conformance/output/run-output.ts";
import { corpusFolder } from "../../conformance/streams/corpus.ts";
import { corpusSystems } from "../../conformance/streams/corpus-files.ts";
import { Mpeg2Stream } from "../../support/streams/mpeg2-stream.ts";
import { expectEqualOrder } from "../support/output-order.ts";

const streams = outputStreams("", "mpeg2");
const fixtures = streams.filter(({ name }) => name.startsWith("mpeg2_"));
const witness = hasFfprobe() ? "ffprobe" : "skipped: no ffprobe";

describe.skipIf(!hasFfprobe())(`the MPEG-2 fixtures' output order against FFmpeg's (${witness})`, () => {
  it.each(fixtures)("$name: equal", { tags: "long" }, async (stream) => {
    expectEqualOrder(await runOutputStream(stream));
  });
});

const corpus = corpusFolder() === undefined ? "skipped: no corpus" : witness;

describe.skipIf(corpus !== "ffprobe")(`MPEG-2 streams of the corpus against FFmpeg's order (${corpus})`, () => {
  it.each([
    ["fate__sony-ct3", 7, ""],
    ["fate-es__t_fieldpics_ipb", 80, ""],
    ["encoded-ffmpeg__lowdelay", 10, ""],
    ["fate-es__PVA_test", 30, "b-picture-without-reference 2"],
    ["res_422_interlaced_switch", 74, "last-frame-before-another-size 3"],
    ["spliced__start_at_P", 10, "before-the-first-i-picture 10"],
  ])("%s: %d frames, %s", { tags: "long" }, async (name, frames, expected) => {
    const { causes, ours, failures } = await runOutputStream(outputStreams(name, "mpeg2")[0] as OutputStream);
    expect({ ours, failures }).toEqual({ ours: frames, failures: [] });
    expect([...causes].map(([{ id }, count]) => `${id} ${count}`).join(", ")).toBe(expected);
  });

  it.each(corpusSystems("mpeg2"))(
    "$name, out of its program or transport stream",
    { tags: "long" },
    ({ name, read }) => {
      expect(compareMpeg2Output(name, read()).failures).toEqual([]);
    },
  );
});

describe("the comparison of MPEG-2's output order", () => {
  const { path } = fixtures.find(({ name }) => name === "mpeg2_ipb.m2v") as OutputStream;
  const decoded = decodeMpeg2Pictures(readFileSync(path));
  const packets = decoded.frames.map(({ byte }) => ({ position: byte, size: 1 }));
  const agreeing = decoded.outputs.map(({ byte }) => byte);
  const compare = (frames: readonly number[], ours = decoded) =>
    compareMpeg2Orders("stream", ours, { packets, frames } satisfies FfprobeOutput);

  it("has nothing to say where both agree", () => {
    expect(compare(agreeing)).toMatchObject({ failures: [], causes: new Map(), equalPrefix: agreeing.length });
  });

  it("sees frames that only one of them outputs, and frames at another place", () => {
    const [a, b, ...rest] = agreeing as [number, number, ...number[]];
    expect(compare([b, ...rest]).failures).toEqual([`only we output frame 1000 at byte ${a}`]);
    expect(compare([...agreeing, b]).failures).toEqual([`only ffprobe outputs a frame of the packet at byte ${b}`]);
    expect(compare([b, a, ...rest]).failures).toHaveLength(1);
  });

  it.each<[string, Partial<Mpeg2Frame>]>([
    ["b-picture-without-reference", { picture_coding_type: B_PICTURE, hasMissingReference: true }],
    ["last-frame-before-another-size", { sequence: 0 }],
  ])("explains what FFmpeg drops: %s", (id, change) => {
    const frame = decoded.outputs.find(({ picture_coding_type }) => picture_coding_type === 2) as Mpeg2Frame;
    const changed = { ...frame, ...change };
    const replace = (list: readonly Mpeg2Frame[]) => list.map((one) => (one === frame ? changed : one));
    const ours = { ...decoded, frames: replace(decoded.frames), outputs: replace(decoded.outputs) };
    const { causes, failures } = compare(
      agreeing.filter((byte) => byte !== frame.byte),
      ours,
    );
    expect(failures).toEqual([]);
    expect([...causes].map(([cause, count]) => [cause.id, count])).toEqual([[id, 1]]);
  });

  it("explains what we skip by our error, and by nothing else", () => {
    const ours = { ...decoded, frames: decoded.frames.slice(1), outputs: decoded.outputs.slice(1) };
    const { byte } = decoded.frames[0] as Mpeg2Frame;
    expect(compare(agreeing, ours).failures).toHaveLength(1);
    expect(compare(agreeing, { ...ours, skipped: [byte] }).failures).toEqual([]);
    expect(compare([...agreeing, byte], { ...decoded, skipped: [byte] }).failures).toHaveLength(1);
  });
});

describe("the places of frames", () => {
  it("are those of their first picture's header, whatever was skipped before", () => {
    const units = [
      new Mpeg2Stream().picture("I"),
      new Mpeg2Stream().sequence(),
      new Mpeg2Stream().picture("P"),
      new Mpeg2Stream().picture("I", { structure: 1 }),
      new Mpeg2Stream().picture("P", { structure: 2 }),
      new Mpeg2Stream().picture("B"),
    ].map(({ bytes }) => bytes);
    const starts = units.map((_, i) => units.slice(0, i).reduce((sum, { length }) => sum + length, 3));
    const { frames, outputs, skipped, faults } = decodeMpeg2Pictures(Uint8Array.from(units.flatMap((u) => [...u])));
    expect(frames.map(({ byte }) => byte)).toEqual([starts[3], starts[5]]);
    expect(frames.map(({ hasMissingReference }) => hasMissingReference)).toEqual([false, true]);
    expect(outputs.map(({ timestamp }) => timestamp)).toEqual([2000, 1000]);
    expect(skipped).toEqual([starts[0], starts[2]]);
    expect(faults).toEqual([]);
  });
});
