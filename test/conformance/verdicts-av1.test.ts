import { describe, expect, it } from "vitest";
import { openAv1Session } from "../../src/av1/index.ts";
import { type ComparedRequest, compare, streamSide } from "../../src/compare/index.ts";
import { joined } from "../../src/framing/bytes.ts";
import { v4l2_ctrl_av1_tile_group_entry } from "../../src/uapi/index.ts";
import { controlsOf, frame, requestsOf, sequenceHeader, unit } from "../../support/streams/av1-stream.ts";

const size = [2048, 1024] as const;
const tileSizes = Array.from({ length: 512 }, (_, i) => 1 + (i % 3));

/** A frame of 512 tiles. */
function manyTiles(): Uint8Array {
  const key = frame({ type: "key", size, tileLog2: [5, 4], tiles: tileSizes });
  return unit(sequenceHeader({ width: size[0], height: size[1] }), key);
}

describe("AV1: where neither peer is right", () => {
  it("av1-256-tile-offsets: each tile has its own offset in the OUTPUT buffer (5.11.1)", () => {
    const [request] = requestsOf(openAv1Session().decode(manyTiles()));
    const buffer = joined(request!.bitstream);
    const { tiles } = controlsOf(request!);
    expect(tiles.length).toBe(512);
    // The builder fills each tile with its number: see tileData.
    for (const [i, { tile_offset, tile_size, tile_row, tile_col }] of tiles.entries()) {
      expect([tile_size, tile_row, tile_col]).toEqual([tileSizes[i], Math.floor(i / 32), i % 32]);
      expect(buffer[tile_offset]).toBe((i + 1) & 0xff);
    }
    expect(tiles.at(-1)!.tile_offset + tiles.at(-1)!.tile_size).toBe(buffer.length);
  });

  it("gst-av1-256-tiles: a wrong tile_offset of GStreamer alone has the effect of a wrong tile", async () => {
    const stream = manyTiles();
    const name = "V4L2_CID_STATELESS_AV1_TILE_GROUP_ENTRY";
    const requests: ComparedRequest[] = [];
    for await (const request of streamSide(stream, { codec: "av1" }).requests) {
      const entries = (request.controls.get(name) as Uint8Array).slice();
      entries[300 * v4l2_ctrl_av1_tile_group_entry.size]! ^= 1;
      requests.push({ ...request, controls: new Map(request.controls).set(name, entries) });
    }
    const known: unknown[] = [];
    const gst = { codec: "av1", producer: "GStreamer 1.28", requests } as const;
    for await (const found of compare([streamSide(stream, { codec: "av1" }), gst])) {
      if (found.type === "pair") known.push(...found.differences.map((each) => [each.path, each.known?.id]));
    }
    expect(known).toEqual([["[300].tile_offset", "gst-av1-256-tiles"]]);
  });
});
