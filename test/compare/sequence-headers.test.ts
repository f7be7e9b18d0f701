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

/** The requests that only the stream has, with the known faults: the peer's record lacks those with these numbers. */
async function gapsOf(stream: Uint8Array, producer: string, lacking: readonly number[]): Promise<unknown[]> {
  const requests: ComparedRequest[] = [];
  for await (const request of streamSide(stream, { codec: "av1" }).requests) {
    if (!lacking.includes(request.request)) requests.push({ ...request, request: requests.length });
  }
  const gaps: unknown[] = [];
  for await (const found of compare([streamSide(stream, { codec: "av1" }), { codec: "av1", producer, requests }])) {
    if (found.type === "gap") gaps.push([found.first, found.last, found.known?.id]);
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
    expect(await gapsOf(stream, "GStreamer 1.28", [2, 3])).toEqual([[2, 3, "gst-av1-operating-parameters"]]);
    expect(await gapsOf(stream, "GStreamer 1.28", [1])).toEqual([[1, 1, undefined]]);
    expect(await gapsOf(stream, "GStreamer 1.28", [5])).toEqual([[5, 5, undefined]]);
    expect(await gapsOf(stream, "FFmpeg", [2, 3])).toEqual([[2, 3, undefined]]);
  });

  it("before a sequence of another format", async () => {
    const mono = { mono: true };
    const stream = file([
      [sequenceHeader(mono), keyFrame({ sequence: mono })],
      [sequenceHeader(), keyFrame()],
      [sequenceHeader({ width: 32 }), keyFrame({ sequence: { width: 32 }, q: 40 })],
    ]);
    expect(await gapsOf(stream, "FFmpeg", [0])).toEqual([[0, 0, "ff-av1-before-other-format"]]);
    expect(await gapsOf(stream, "FFmpeg", [1])).toEqual([[1, 1, undefined]]);
    expect(await gapsOf(stream, "GStreamer 1.28", [0])).toEqual([[0, 0, undefined]]);
  });
});
