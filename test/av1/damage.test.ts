import { describe } from "vitest";
import {
  openAv1Session,
  parseFrameHeader,
  parseMetadata,
  parseSequenceHeader,
  parseTileGroup,
} from "../../src/av1/index.ts";
import { temporalUnits } from "../../support/streams/av1-packets.ts";
import { frame, headerObu, sequenceHeader, timestampsOf } from "../../support/streams/av1-stream.ts";
import { testDamage } from "../support/packet-damage.ts";

const sequence = parseSequenceHeader(sequenceHeader());
const { header } = parseFrameHeader(frame({ type: "key", size: [256, 256], tileLog2: [2, 0] }), sequence);
if (header.show_existing_frame) throw new Error("it is a frame of its own");
const references = new Array(8).fill(header);

/** The parsers read one type each: the others are asked too, with its first byte. */
const withType = (type: number, bytes: Uint8Array) => Uint8Array.of(type << 3, ...bytes.subarray(1));

describe("of damaged AV1", () => {
  testDamage({
    codec: "av1",
    fourcc: "AV01",
    open: openAv1Session,
    parsers: [
      (bytes) => parseFrameHeader(withType(6, bytes), sequence),
      (bytes) => parseFrameHeader(withType(3, bytes), sequence, { references }),
      (bytes) => parseSequenceHeader(withType(1, bytes)),
      (bytes) => parseMetadata(withType(5, bytes)),
      (bytes) => parseTileGroup(withType(4, bytes), header),
    ],
    timestamps: timestampsOf,
    packetsOf: temporalUnits,
    frames: [],
    // A sequence header, a delimiter, frame headers, tiles, metadata and frames, with and without sizes and layers.
    firstBytes: [0x0a, 0x12, 0x10, 0x1a, 0x22, 0x2a, 0x32, 0x30, 0x36, 0x3a, 0x42, headerObu()[0] as number],
  });
});
