import { describe } from "vitest";
import { framesOfPacket, openVp9Session, parseFrame } from "../../src/vp9/index.ts";
import { keyFrame, timestampsOf } from "../../support/streams/vp9-frames.ts";
import { testDamage } from "../support/packet-damage.ts";

const references = new Array(8).fill({ FrameWidth: 5000, FrameHeight: 64 });

describe("of damaged VP9", () => {
  testDamage({
    codec: "vp9",
    fourcc: "VP90",
    open: openVp9Session,
    parsers: [
      (bytes) => parseFrame(bytes),
      (bytes) => parseFrame(bytes, { references }),
      (bytes) => framesOfPacket(bytes, 0),
    ],
    timestamps: timestampsOf,
    // The last tile has what is left, but not nothing: 6.4.
    frames: [
      { frame: keyFrame({ tiles: [6] }), least: keyFrame({ tiles: [1] }).length },
      { frame: keyFrame({ tiles: [3, 5, 2, 6] }), least: keyFrame({ tiles: [3, 5, 2, 1] }).length },
    ],
    // Key, intra-only and inter frames of each profile; a frame shown again.
    firstBytes: [0x82, 0x84, 0x86, 0x85, 0xa2, 0x92, 0xb1, 0x88, 0x8b],
  });
});
