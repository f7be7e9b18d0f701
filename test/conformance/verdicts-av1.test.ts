import { describe, expect, it } from "vitest";
import { openAv1Session } from "../../src/av1/index.ts";
import { joined } from "../../src/framing/bytes.ts";
import { controlsOf, frame, requestsOf, sequenceHeader, unit } from "../../support/streams/av1-stream.ts";

describe("AV1: where neither peer is right", () => {
  it("av1-256-tile-offsets: each tile has its own offset in the OUTPUT buffer (5.11.1)", () => {
    const size = [2048, 1024] as const;
    const sizes = Array.from({ length: 512 }, (_, i) => 1 + (i % 3));
    const key = frame({ type: "key", size, tileLog2: [5, 4], tiles: sizes });
    const sequence = sequenceHeader({ width: 2048, height: 1024 });
    const [request] = requestsOf(openAv1Session().decode(unit(sequence, key)));
    const buffer = joined(request!.bitstream);
    const { tiles } = controlsOf(request!);
    expect(tiles.length).toBe(512);
    // The builder fills each tile with its number: see tileData.
    for (const [i, { tile_offset, tile_size, tile_row, tile_col }] of tiles.entries()) {
      expect([tile_size, tile_row, tile_col]).toEqual([sizes[i], Math.floor(i / 32), i % 32]);
      expect(buffer[tile_offset]).toBe((i + 1) & 0xff);
    }
    expect(tiles.at(-1)!.tile_offset + tiles.at(-1)!.tile_size).toBe(buffer.length);
  });
});
