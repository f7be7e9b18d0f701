import { describe } from "vitest";
import type { RequestEvent } from "../../src/events.ts";
import { decodeStruct, v4l2_ctrl_vp8_frame } from "../../src/uapi/index.ts";
import { openVp8Session, parseFrame, parseFrameTag } from "../../src/vp8/index.ts";
import { frameOf } from "../../support/streams/vp8-frames.ts";
import { testDamage } from "../support/packet-damage.ts";

function timestamps({ controls }: RequestEvent): number[] {
  const frame = decodeStruct(v4l2_ctrl_vp8_frame, controls[0]?.payload as Uint8Array);
  return [frame.last_frame_ts, frame.golden_frame_ts, frame.alt_frame_ts].map(Number);
}

const frame = frameOf({ key: true, log2Partitions: 2, partitions: [5, 0, 7, 3], coeff: { 5: 6, 1000: 7 }, skip: 9 });

describe("of damaged VP8", () => {
  testDamage({
    codec: "vp8",
    fourcc: "VP80",
    open: openVp8Session,
    parsers: [parseFrame, parseFrameTag],
    timestamps,
    frames: [{ frame, least: frame.length - 3 }], // The last partition has what is left: 9.5.
    // Key and interframes, shown and hidden, of 0 and more bytes in the first partition.
    firstBytes: [0x10, 0x11, 0x31, 0x00, 0xf1, 0x9d],
  });
});
