import { describe, expect, it } from "vitest";
import {
  mpeg2Picture,
  mpeg2Quantisation,
  mpeg2Sequence,
  PictureCodingExtension,
  PictureHeader,
  SequenceExtension,
  SequenceHeader,
} from "../../src/mpeg2/index.ts";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

// Offsets of linux/v4l2-controls.h, written out by hand.

describe("v4l2_ctrl_mpeg2_sequence", () => {
  it("has the size of 6.3.3 with its extensions, vbv_buffer_size and profile_and_level_indication as coded", () => {
    const header = Object.assign(new SequenceHeader(), {
      horizontal_size_value: 0x780,
      vertical_size_value: 0x438,
      vbv_buffer_size_value: 0x255,
    });
    const extension = Object.assign(new SequenceExtension(), {
      profile_and_level_indication: 0x85,
      progressive_sequence: 1,
      chroma_format: 2,
      horizontal_size_extension: 1,
      vertical_size_extension: 2,
      vbv_buffer_size_extension: 0x91,
    });
    // 0x1780, 0x2438; 0x91 << 10 | 0x255 = 0x24655
    expect(hex(mpeg2Sequence(header, extension))).toBe("8017" + "3824" + "55460200" + "8500" + "02" + "01");
  });
});

describe("v4l2_ctrl_mpeg2_picture", () => {
  const none = { forward: 0, backward: 0 };
  const picture = (coding: Partial<PictureCodingExtension>, references = none, progressive_sequence = 0) =>
    mpeg2Picture({
      extension: Object.assign(new SequenceExtension(), { progressive_sequence }),
      header: Object.assign(new PictureHeader(), { picture_coding_type: 3 }),
      coding: Object.assign(new PictureCodingExtension(), coding),
      ...references,
    });

  it("has references of 64 bits, backward first, f_code by direction, and zeros in reserved", () => {
    const coding = {
      f_code: [
        [1, 2],
        [3, 15],
      ] as PictureCodingExtension["f_code"],
      intra_dc_precision: 2,
      picture_structure: 1,
    };
    const payload = picture(coding, { forward: 2 ** 32 + 5, backward: 1000 });
    expect(hex(payload)).toBe(
      "e803000000000000" + "0500000001000000" + "00000000" + "0102030f" + "030102" + "0000000000",
    );
  });

  it.each([
    ["top_field_first", 1],
    ["frame_pred_frame_dct", 2],
    ["concealment_motion_vectors", 4],
    ["q_scale_type", 8],
    ["intra_vlc_format", 0x10],
    ["alternate_scan", 0x20],
    ["repeat_first_field", 0x40],
    ["progressive_frame", 0x80],
  ] as const)("has %s in flags as %i", (name, flag) => expect(picture({ [name]: 1 })[16]).toBe(flag));

  it("has PROGRESSIVE in every picture of a progressive sequence (6.3.5)", () => {
    expect(picture({}, none, 1)[16]).toBe(0x80);
  });
});

describe("v4l2_ctrl_mpeg2_quantisation", () => {
  it("has the four matrices as they are coded: intra, non-intra, chroma intra, chroma non-intra", () => {
    const of = (value: number) => new Uint8Array(64).fill(value);
    const payload = mpeg2Quantisation({ intra: of(1), nonIntra: of(2), chromaIntra: of(3), chromaNonIntra: of(4) });
    expect([0, 63, 64, 128, 192, 255].map((at) => payload[at])).toEqual([1, 1, 2, 3, 4, 4]);
    expect(payload).toHaveLength(256);
  });
});
