// A side that makes no request of a stream of which a peer makes some.
import { describe, expect, it } from "vitest";
import {
  type ComparedRequest,
  type CompareSide,
  ComparisonSummary,
  compare,
  recordSide,
  streamSide,
} from "../../src/compare/index.ts";
import type { Codec } from "../../src/events.ts";
import { av1Controls, decodePayload, mpeg2Controls } from "../../src/uapi/index.ts";
import { H264Stream } from "../../support/streams/h264-stream.ts";
import { goldenText, run } from "../cli/command-line.ts";
import { file, screen } from "./recordings.ts";

const rbsp = Uint8Array.of(0xc0, 0x90, 0x07, 0xb4, 0x5a);
/** An SVC slice extension (7.3.1.1) of a stream that has its subset SPS, and nothing that decoders of Annex A decode. */
const extensions = new H264Stream()
  .writeSps()
  .unit(3, 15, Uint8Array.of(0x53, 0, 0x0d, 0x80))
  .writePps()
  .unit(3, 20, rbsp);
const buffer = Uint8Array.of(0, 0, 1, ...(extensions.units.at(-1) as Uint8Array));

function gstreamers(codec: Codec, data: Uint8Array): CompareSide {
  const requests = [{ request: 0, timestamp: 0, bitstream: { data }, controls: new Map() }];
  return { codec, producer: "GStreamer 1.28.8", requests };
}

async function gapsOf(sides: readonly [CompareSide, CompareSide]) {
  const summary = new ComparisonSummary();
  for await (const found of compare(sides)) summary.add(found);
  return summary.gaps.map(({ count, known }) => [count, known?.id]);
}

describe("requests of a stream of which we make none", () => {
  it.each(["frame", "slice"] as const)("are GStreamer's of slice extensions, in %s mode", async (decodeMode) => {
    const ours = () => streamSide(extensions.bytes, { codec: "h264", session: { decodeMode } });
    expect(await gapsOf([ours(), gstreamers("h264", buffer)])).toEqual([[1, "gst-slice-extension-requests"]]);
    expect(await gapsOf([gstreamers("h264", buffer), ours()])).toEqual([[1, "gst-slice-extension-requests"]]);
  });

  it("are shown by diff with their row; without one there is nothing to compare: exit status 2", async () => {
    const path = (name: string, stream: H264Stream) => file(name, stream.bytes);
    const record = file(
      "extension.jsonl",
      `{"format":"v4l2-stateless-requests/1","codec":"h264","producer":"GStreamer 1.28.8"}\n{"request":0,"timestamp":0,"bitstream":{"bytes":${buffer.length},"crc32":"00000000"},"controls":{}}\n`,
    );
    const { text, status } = await screen(path("extensions.264", extensions), record);
    expect(text).toContain("only b has request 0 (gst-slice-extension-requests)");
    expect(text).toContain("0 requests");
    expect(status).toBe(1);
    const none = await run(["diff", path("sps.264", new H264Stream().writeSps()), record]);
    expect(none.stderr).toMatch(/sps\.264: it has no request that could be compared/);
    expect(none.status).toBe(2);
  });

  it("are of no row where the stream has other slices, or none", async () => {
    const damaged = new H264Stream().writeSps().unit(3, 20, rbsp).unit(3, 5, Uint8Array.of(0x80));
    for (const stream of [damaged, new H264Stream().writeSps()]) {
      const ours = streamSide(stream.bytes, { codec: "h264" });
      expect(await gapsOf([ours, gstreamers("h264", buffer)])).toEqual([[1, undefined]]);
    }
  });

  it("are the peers' before the first I picture of MPEG-2", async () => {
    const picture = mpeg2Controls.V4L2_CID_STATELESS_MPEG2_PICTURE;
    const all = await requestsOfGolden("mpeg2_interlaced.m2v.gst-frame");
    const isI = ({ controls }: ComparedRequest) =>
      decodePayload(picture, controls.get(picture.name) as Uint8Array).picture_coding_type === 1;
    const none: CompareSide = { codec: "mpeg2", producer: "v4l2-stateless", requests: [] };
    const theirs = { codec: "mpeg2", producer: "GStreamer" } as const;
    const others = all.filter((each) => !isI(each));
    expect(await gapsOf([none, { ...theirs, requests: others }])).toEqual([
      [others.length, "both-start-before-i-picture"],
    ]);
    expect(await gapsOf([none, { ...theirs, requests: all }])).toEqual([[all.length, undefined]]);
  });

  it("are FFmpeg's before the first key frame of AV1", async () => {
    const frame = av1Controls.V4L2_CID_STATELESS_AV1_FRAME;
    const all = await requestsOfGolden("av1_8bit.ivf.ff-frame");
    const others = all.filter(
      ({ controls }) => decodePayload(frame, controls.get(frame.name) as Uint8Array).frame_type !== 0,
    );
    const none: CompareSide = { codec: "av1", producer: "v4l2-stateless", requests: [] };
    const theirs = { codec: "av1", producer: "FFmpeg" } as const;
    expect(await gapsOf([none, { ...theirs, requests: others }])).toEqual([[others.length, "ff-av1-before-key-frame"]]);
    expect(await gapsOf([none, { ...theirs, requests: all }])).toEqual([[all.length, undefined]]);
  });
});

async function requestsOfGolden(name: string): Promise<ComparedRequest[]> {
  const { requests } = await recordSide(goldenText(name));
  const all: ComparedRequest[] = [];
  for await (const request of requests) all.push(request);
  return all;
}
