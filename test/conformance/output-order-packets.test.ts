import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { hasFfprobe } from "../../conformance/output/ffprobe.ts";
import {
  checkPackets,
  comparePackets,
  type DecodedPacket,
  decodePackets,
  vp8Causes,
  vp9Causes,
} from "../../conformance/output/packets/packets-output.ts";
import { type OutputStream, outputStreams, runOutputStream } from "../../conformance/output/run-output.ts";
import { corpusFolder } from "../../conformance/streams/corpus.ts";
import { ivfFrames } from "../../src/containers/ivf.ts";
import { frameOf } from "../../support/streams/vp8-frames.ts";
import { frame, keyFrame, showExisting, superframe } from "../../support/streams/vp9-frames.ts";
import { expectEqualOrder } from "../support/output-order.ts";

const codecs = ["vp8", "vp9"] as const;
const fixtures = codecs.flatMap((codec) => outputStreams("", codec).filter(({ name }) => name.startsWith(`${codec}_`)));
const witness = hasFfprobe() ? "ffprobe" : "skipped: no ffprobe";

describe.skipIf(!hasFfprobe())(`the outputs of VP8 and VP9 fixtures against FFmpeg's (${witness})`, () => {
  it.each(fixtures)("$name: equal", { tags: "long" }, async (stream) => {
    const report = await runOutputStream(stream);
    expectEqualOrder(report);
    expect(report.ours).toBeGreaterThan(10);
  });
});

const corpus = corpusFolder() === undefined ? "skipped: no corpus" : witness;

describe.skipIf(corpus !== "ffprobe")(`VP8 and VP9 streams of the corpus against FFmpeg's order (${corpus})`, () => {
  it.each([
    ["vp8", "encoded-vpxenc__altref_2pass", 60, ""],
    ["vp8", "spliced__zero_length_frames", 20, "empty-packet 4"],
    ["vp9", "encoded-vpxenc__altref_2pass_arnr", 60, ""],
    ["vp9", "show-existing-frame2", 16, ""],
    ["vp9", "svc_1280x720_3", 20, "spatial-layers 40"],
    ["vp9", "spliced__start_at_inter", 0, ""],
  ] as const)("%s %s: %d outputs, %s", { tags: "long" }, async (codec, name, outputs, expected) => {
    const { causes, ours, failures } = await runOutputStream(outputStreams(name, codec)[0] as OutputStream);
    expect({ ours, failures }).toEqual({ ours: outputs, failures: [] });
    expect([...causes].map(([{ id }, count]) => `${id} ${count}`).join(", ")).toBe(expected);
  });
});

describe("the comparison of outputs by packet", () => {
  const { path } = fixtures.find(({ name }) => name === "vp8_altref.ivf") as OutputStream;
  const data = ivfFrames(readFileSync(path)).frames.map(({ data }) => data);
  const ours = decodePackets("vp8", data);
  const packets = ours.map(({ size }, i) => ({ position: 100 * i, size }));
  const agreeing = packets.filter((_, i) => ours[i]?.outputs === 1).map(({ position }) => position);
  const compare = (frames: readonly number[], decoded: readonly DecodedPacket[] = ours, seen = packets) =>
    comparePackets("stream", decoded, { packets: seen, frames }, vp8Causes);

  it("has nothing to say where both agree", () => expect(compare(agreeing).failures).toEqual([]));

  it("sees outputs that only one side has, or has at another place", () => {
    const [a, b, ...rest] = agreeing as [number, number];
    expect(compare([b, ...rest]).failures).toEqual(["an output of packet 0 is only ours"]);
    expect(compare([a, a, b, ...rest]).failures).toEqual(["an output of packet 0 is only ffprobe's"]);
    expect(compare([b, a, ...rest]).failures).toHaveLength(1);
    expect(compare([a, b, ...rest, 77]).failures).toEqual(["an output of packet -1 is only ffprobe's"]);
  });

  it("sees that FFmpeg reads other packets", () => {
    expect(compare(agreeing, ours, packets.slice(1)).failures).toContain("FFmpeg reads other packets");
  });

  it("explains empty packets, which FFmpeg does not see, and nothing else by them", () => {
    const decoded = decodePackets("vp8", [frameOf({ key: true }), new Uint8Array(0), frameOf({})]);
    const seen = [decoded[0], decoded[2]].map((packet, i) => ({ position: 100 * i, size: packet?.size as number }));
    const { causes, failures, equalPrefix } = compare([0, 100], decoded, seen);
    expect(failures).toEqual([]);
    expect([...causes].map(([{ id }, count]) => [id, count])).toEqual([["empty-packet", 1]]);
    expect(equalPrefix).toBe(1);
    expect(compare([0], decoded, seen).failures).toEqual(["an output of packet 2 is only ours"]);
  });

  it("explains the spatial layers of a superframe, of which we output the last, and no other second output", () => {
    const layers = superframe([frame({ refresh: 1 }), frame({ refresh: 2 })]);
    const decoded = decodePackets("vp9", [keyFrame(), layers, showExisting(1)]);
    expect(decoded.map(({ shown, outputs }) => [shown, outputs])).toEqual([
      [1, 1],
      [2, 1],
      [1, 1],
    ]);
    const seen = decoded.map(({ size }, i) => ({ position: i, size }));
    const of = (frames: readonly number[]) => comparePackets("s", decoded, { packets: seen, frames }, vp9Causes);
    expect(of([0, 1, 1, 2]).failures).toEqual([]);
    expect(of([0, 1, 1, 2, 2]).failures).toEqual(["an output of packet 2 is only ffprobe's"]);
  });
});

it("a packet that shows something is one output, another none, unless there is an error", () => {
  const packet = (shown: number, outputs: number, errors = 0, size = 9) => ({ size, shown, outputs, errors });
  expect(checkPackets([packet(1, 1), packet(0, 0), packet(2, 1), packet(0, 1, 0, 0), packet(1, 0, 1)])).toEqual([]);
  expect(checkPackets([packet(1, 0), packet(0, 1), packet(1, 2, 1), packet(0, 0, 0, 0)])).toHaveLength(4);
});
