import { describe, expect, it } from "vitest";
import { BitstreamError } from "../../src/errors.ts";
import { parseAvcConfiguration, unitName } from "../../src/h264/index.ts";

describe("unitName (Table 7-1)", () => {
  it("names the RBSP and the type, and types without an RBSP by number", () => {
    expect(unitName(7)).toBe("seq_parameter_set_rbsp (nal_unit_type 7)");
    expect(unitName(0x65)).toBe("slice_layer_without_partitioning_rbsp (nal_unit_type 5)");
    expect(unitName(24)).toBe("(nal_unit_type 24)");
  });
});

describe("parseAvcConfiguration (ISO/IEC 14496-15, 5.3.3.1.2)", () => {
  const start = [1, 100, 0, 40, 0xff, 0xe1, 0, 3, 0x67, 0, 3, 2, 0, 1, 0x68, 0, 2, 0x68, 7];
  const parse = (...bytes: number[]) => parseAvcConfiguration(Uint8Array.from(bytes));

  it("gives the length size and the sets in their order, as they are coded", () => {
    const { lengthSize, units } = parse(...start);
    expect(lengthSize).toBe(4);
    expect(units.map((unit) => [...unit])).toEqual([[0x67, 0, 3], [0x68], [0x68, 7]]);
  });

  it("reads the part that profiles above Main have, and does without it", () => {
    const { units } = parse(...start, 0xfd, 0xf8, 0xf8, 1, 0, 2, 0x6d, 5);
    expect(units.map((unit) => [...unit]).at(-1)).toEqual([0x6d, 5]);
    expect(parse(1, 66, 0, 40, 0xfc, 0xe0, 0, 0xfd, 0xf8, 0xf8, 9).units).toEqual([]);
  });

  it("skips empty sets", () => {
    expect(parse(1, 66, 0, 40, 0xfd, 0xe1, 0, 0, 0)).toEqual({ lengthSize: 2, units: [] });
  });

  it.each([
    ["another version", [2, ...start.slice(1)], /configurationVersion/],
    ["prefixes of 3 bytes", [1, 66, 0, 40, 0xfe, 0xe0, 0], /lengthSizeMinusOne/],
    ["a set that is cut off", [1, 66, 0, 40, 0xff, 0xe1, 0, 9, 0x67], /sequenceParameterSetLength\[0\], bit 48/],
    ["no bytes at all", [], /configurationVersion, bit 0/],
  ])("refuses %s", (_, bytes, message) => {
    expect(() => parse(...bytes)).toThrow(BitstreamError);
    expect(() => parse(...bytes)).toThrow(message);
  });
});
