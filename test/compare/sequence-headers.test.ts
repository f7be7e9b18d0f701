import { describe, expect, it } from "vitest";
import { type ComparedRequest, compare, streamSide } from "../../src/compare/index.ts";
import { joined } from "../../src/framing/bytes.ts";
import {
  annexB,
  delimiter,
  frame,
  headerObu,
  keyFrame,
  obu,
  type SequenceFields,
  sequenceHeader,
  tileGroup,
} from "../../support/streams/av1-stream.ts";
import { ivfOf } from "../../support/streams/vp8-frames.ts";

type TemporalUnit = readonly Uint8Array[];

/** The same temporal units in each form that AV1 has. */
const framings: Readonly<Record<string, (units: readonly TemporalUnit[]) => Uint8Array>> = {
  "Section 5": (units) => joined(units.map((obus) => joined([delimiter, ...obus]))),
  "Annex B": (units) => joined(units.map((obus) => annexB([delimiter, ...obus]))),
  IVF: (units) =>
    ivfOf(
      units.map((obus) => joined([delimiter, ...obus])),
      "AV01",
    ),
};

/**
 * The requests that only one side has, with the known faults.
 *
 * @param taken the numbers of our requests that the peer's record has.
 */
async function gapsOf(stream: Uint8Array, producer: string, taken: readonly number[]): Promise<unknown[]> {
  const ours: ComparedRequest[] = [];
  for await (const request of streamSide(stream, { codec: "av1" }).requests) ours.push(request);
  const requests = taken.map((number, request) => ({ ...(ours[number] as ComparedRequest), request }));
  const gaps: unknown[] = [];
  for await (const found of compare([streamSide(stream, { codec: "av1" }), { codec: "av1", producer, requests }])) {
    if (found.type === "gap") gaps.push([found.of === 0 ? "ours" : "theirs", found.first, found.last, found.known?.id]);
  }
  return gaps;
}

describe.each(Object.entries(framings))("AV1 frames that a peer leaves out, in %s", (_, file) => {
  const [one, other] = [{ delay: 100 }, { delay: 90 }];
  const shown = (sequence: SequenceFields, hint: number) => frame({ sequence, hint });

  it("after operating_parameters_info changed, up to the next key frame", async () => {
    const stream = file([
      [sequenceHeader(one), keyFrame({ sequence: one })],
      [shown(one, 1)],
      [sequenceHeader(other), shown(other, 2)],
      [headerObu({ sequence: other, hint: 3 }), obu(4, tileGroup([8]))],
      [sequenceHeader(other), keyFrame({ sequence: other, q: 40 })],
      [shown(other, 4)],
      [sequenceHeader(one), keyFrame({ sequence: one, q: 30 })],
    ]);
    const gst = (...taken: readonly number[]) => gapsOf(stream, "GStreamer 1.28", taken);
    expect(await gst(0, 1, 4, 5, 6)).toEqual([["ours", 2, 3, "gst-av1-operating-parameters"]]);
    expect(await gst(0, 2, 3, 4, 5, 6)).toEqual([["ours", 1, 1, undefined]]);
    expect(await gst(0, 1, 2, 3, 4, 6)).toEqual([["ours", 5, 5, undefined]]);
    expect(await gst(0, 1, 2, 2, 3, 4, 5, 6)).toEqual([["theirs", 3, 3, undefined]]);
    expect(await gapsOf(stream, "FFmpeg", [0, 1, 4, 5, 6])).toEqual([["ours", 2, 3, undefined]]);
  });

  it("only where it is that frame, though a later one has the same bytes, or the first of them", async () => {
    const tiles = (size: number) => [headerObu({ sequence: one, hint: 1 }), obu(4, tileGroup([size]))];
    const later = (size: number) => [headerObu({ sequence: other, hint: 2 }), obu(4, tileGroup([size]))];
    const stream = file([
      [sequenceHeader(one), keyFrame({ sequence: one })],
      tiles(8),
      tiles(9),
      [sequenceHeader(other), ...later(1)],
      later(8),
    ]);
    const gst = (...taken: readonly number[]) => gapsOf(stream, "GStreamer 1.28", taken);
    expect(await gst(0, 1, 3, 4)).toEqual([["ours", 2, 2, undefined]]);
    expect(await gst(0, 1, 2)).toEqual([["ours", 3, 4, "gst-av1-operating-parameters"]]);
  });

  it("before a sequence of another format", async () => {
    const mono = { mono: true };
    const stream = file([
      [sequenceHeader(mono), keyFrame({ sequence: mono })],
      [sequenceHeader(), keyFrame()],
      [frame({ hint: 1 })],
      [sequenceHeader({ tenBit: true }), keyFrame({ sequence: { tenBit: true }, q: 40 })],
    ]);
    expect(await gapsOf(stream, "FFmpeg", [1, 2, 3])).toEqual([["ours", 0, 0, "ff-av1-before-other-format"]]);
    expect(await gapsOf(stream, "FFmpeg", [0, 1, 3])).toEqual([["ours", 2, 2, undefined]]);
    expect(await gapsOf(stream, "GStreamer 1.28", [1, 2, 3])).toEqual([["ours", 0, 0, undefined]]);
  });
});
