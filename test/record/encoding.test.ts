import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromBase64, fromHex, toBase64, toHex } from "../../src/record/encoding.ts";

describe("hex and base64", () => {
  it("equal Node's, both ways", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
        expect(toHex(bytes)).toBe(Buffer.from(bytes).toString("hex"));
        expect(toBase64(bytes)).toBe(Buffer.from(bytes).toString("base64"));
        expect(fromHex(toHex(bytes))).toEqual(bytes);
        expect(fromBase64(toBase64(bytes))).toEqual(bytes);
      }),
    );
  });

  it.each(["0", "0g", "xx", "0x12", "é0", " 12 "])("refuses %j as hex", (text) => {
    expect(fromHex(text)).toBeUndefined();
  });

  it.each(["A", "AAA", "A===", "A-_A", "AA=A", "AAAé"])("refuses %j as base64", (text) => {
    expect(fromBase64(text)).toBeUndefined();
  });

  it("takes upper-case hex", () => {
    expect(fromHex("FFaB")).toEqual(Uint8Array.of(0xff, 0xab));
  });
});
