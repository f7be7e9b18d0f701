import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { openSession } from "v4l2-stateless";
import { readRecord, resolveRequests } from "v4l2-stateless/record";
import { controls, decodePayload } from "v4l2-stateless/uapi";
import { describe, expect, it } from "vitest";
import { H264Stream } from "../support/streams/h264-stream.ts";
import { bitSizes } from "./bit-sizes.ts";
import { send } from "./file-stream.ts";
import { differences } from "./golden.ts";
import { golden } from "./track-golden.ts";

const pathOf = (name: string) => fileURLToPath(new URL(`../test/fixtures/${name}`, import.meta.url));
const streamPath = pathOf("h264_mbaff_tff.264");

it.each(["bit-sizes", "track-golden", "file-stream"])("%s.ts has at most ten lines", (name) => {
  const text = readFileSync(fileURLToPath(new URL(`${name}.ts`, import.meta.url)), "utf8");
  const lines = text.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("/**"));
  expect(lines.length).toBeLessThanOrEqual(10);
});

describe("bit-sizes.ts", () => {
  const severalSets = new H264Stream()
    .writeSps()
    .writeSps({ id: 1, log2_max_lsb: 12 })
    .writePps()
    .writePps({ id: 1, sps: 1 })
    .slice({ idr: true })
    .slice({ idr: true, idr_pic_id: 1, pps: 1 })
    .slice({ frame_num: 1, lsb: 2, pps: 1 });

  it("reads each slice with its own sets", () => {
    expect([...bitSizes(severalSets.bytes)].map((sizes) => sizes.pic_order_cnt_bit_size)).toEqual([8, 12, 12]);
  });

  it.each([
    ["a stream with several sets", severalSets.bytes],
    ["an interlaced stream", readFileSync(streamPath)],
    ["a stream that changes its size", readFileSync(pathOf("h264_size_change.264"))],
  ])("has what the requests of %s say", (_, stream) => {
    const session = openSession("h264", { decodeMode: "slice" });
    const { V4L2_CID_STATELESS_H264_DECODE_PARAMS: params } = controls;
    const sent = [...session.push(stream), ...session.flush()].flatMap((event) => {
      if (event.type !== "request") return [];
      const control = event.controls.find(({ name }) => name === params.name);
      const { pic_order_cnt_bit_size, dec_ref_pic_marking_bit_size } = decodePayload(params, control?.payload ?? 0);
      return { pic_order_cnt_bit_size, dec_ref_pic_marking_bit_size };
    });
    expect([...bitSizes(stream)]).toEqual(sent);
    expect(sent.length).toBeGreaterThan(0);
  });
});

it("track-golden.ts writes the requests of an MP4's track", async () => {
  const record = readRecord(await golden(pathOf("containers/h264_mbaff_tff.mp4")));
  expect([...resolveRequests(record)]).toHaveLength(20);
  // As those of the stream that the file was made from.
  expect(differences("h264", readFileSync(streamPath), record)).toEqual([]);
});

it("file-stream.ts sends the requests of a file", async () => {
  const sent: number[] = [];
  await send(streamPath, async (timestamp) => void sent.push(timestamp));
  expect(sent).toEqual(Array.from({ length: 20 }, (_, i) => 1000 * (i + 1)));
});
