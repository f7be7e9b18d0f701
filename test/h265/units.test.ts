import { describe, expect, it } from "vitest";
import { BitstreamError } from "../../src/errors.ts";
import { parseHevcConfiguration, unitName } from "../../src/h265/units.ts";

describe("unitName (Table 7-1)", () => {
  it("names the RBSP and the type, and types without an RBSP by number", () => {
    expect(unitName(33)).toBe("seq_parameter_set_rbsp (nal_unit_type 33)");
    expect([0, 9, 16, 21].map(unitName)).toEqual(
      [0, 9, 16, 21].map((type) => `slice_segment_layer_rbsp (nal_unit_type ${type})`),
    );
    expect([10, 15, 22, 31, 41, 63].map(unitName)).toEqual(
      [10, 15, 22, 31, 41, 63].map((type) => `(nal_unit_type ${type})`),
    );
    expect([32, 34, 35, 36, 37, 38, 39, 40].map((type) => unitName(type).split(" ")[0])).toEqual([
      "video_parameter_set_rbsp",
      "pic_parameter_set_rbsp",
      "access_unit_delimiter_rbsp",
      "end_of_seq_rbsp",
      "end_of_bitstream_rbsp",
      "filler_data_rbsp",
      "sei_rbsp",
      "sei_rbsp",
    ]);
  });
});

describe("parseHevcConfiguration (ISO/IEC 14496-15, 8.3.3.1.2)", () => {
  const start = (version: number, lengthSize: number, arrays: number) => [
    ...[version, 1, 0x60, 0, 0, 0, 0x90, 0, 0, 0, 0, 0, 93],
    ...[0xf0, 0, 0xfc, 0xfd, 0xf8, 0xf8, 0, 0, 0x0c | (lengthSize - 1), arrays],
  ];
  const parse = (...bytes: number[]) => parseHevcConfiguration(Uint8Array.from(bytes));

  it("gives the length size and the units in the record's order, as they are coded", () => {
    const arrays = [0xa0, 0, 1, 0, 2, 0x40, 1, 0x22, 0, 2, 0, 5, 0x44, 0, 0, 3, 1, 0, 1, 0x44];
    const { lengthSize, units } = parse(...start(1, 4, 2), ...arrays);
    expect(lengthSize).toBe(4);
    expect(units.map((unit) => [...unit])).toEqual([[0x40, 1], [0x44, 0, 0, 3, 1], [0x44]]);
  });

  it("takes version 0, that of drafts, and records without units or with empty ones", () => {
    expect(parse(...start(0, 2, 0))).toEqual({ lengthSize: 2, units: [] });
    expect(parse(...start(1, 1, 2), 0xa0, 0, 0, 0xa1, 0, 1, 0, 0)).toEqual({ lengthSize: 1, units: [] });
  });

  it.each([
    ["another version", start(2, 4, 0), /configurationVersion/],
    ["prefixes of 3 bytes", start(1, 3, 0), /lengthSizeMinusOne, bit 174/],
    [
      "a unit that is cut off",
      [...start(1, 4, 1), 0xa0, 0, 1, 0, 9, 0x40],
      /nalUnitLength\[0\]\[0\], bit 208: the unit has 9 bytes/,
    ],
    ["arrays that are cut off", start(1, 4, 1), /array_completeness\[0\]/],
    ["no bytes at all", [], /configurationVersion, bit 0/],
  ])("refuses %s", (_, bytes, message) => {
    expect(() => parse(...bytes)).toThrow(BitstreamError);
    expect(() => parse(...bytes)).toThrow(message);
  });
});
