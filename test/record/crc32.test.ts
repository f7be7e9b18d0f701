import * as zlib from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { crc32, crc32WithTables, joinedCrc32 } from "../../src/record/crc32.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);

describe("crc32", () => {
  it("gives the published check values", () => {
    expect(crc32(bytesOf("123456789"))).toBe(0xcbf43926);
    expect(crc32(bytesOf("The quick brown fox jumps over the lazy dog"))).toBe(0x414fa339);
    expect(crc32(new Uint8Array(32))).toBe(0x190a55ad);
    expect(crc32(new Uint8Array(0))).toBe(0);
  });

  it("equals zlib's, in one part or in several, at any alignment", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(100), (bytes, cut) => {
        const whole = crc32(bytes);
        expect(whole).toBe(zlib.crc32(bytes));
        expect(crc32(bytes.subarray(cut), crc32(bytes.subarray(0, cut)))).toBe(whole);
        expect(crc32WithTables(bytes.subarray(cut), crc32WithTables(bytes.subarray(0, cut), 0))).toBe(whole);
        const [before, after] = [crc32(bytes.subarray(0, cut)), crc32(bytes.subarray(cut))];
        expect(joinedCrc32(before, after, bytes.length - cut)).toBe(whole);
      }),
    );
  });
});
