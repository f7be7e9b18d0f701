import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UNIT_LIMIT } from "../../src/framing/byte-stream.ts";
import { LengthPrefixedStream } from "../../src/framing/length-prefixed.ts";
import { inPieces, kept, ones } from "../../support/pieces.ts";

const lengths = fc.array(fc.nat(9), { maxLength: 60 });

/** Units behind length prefixes. */
function prefixed(units: readonly Uint8Array[], lengthSize: number): Uint8Array {
  const bytes: number[] = [];
  for (const unit of units) {
    for (let i = lengthSize - 1; i >= 0; i--) bytes.push(Math.floor(unit.length / 256 ** i) % 256);
    bytes.push(...unit);
  }
  return Uint8Array.from(bytes);
}

function withoutZeros(unit: Uint8Array): Uint8Array {
  let end = unit.length;
  while (unit[end - 1] === 0) end--;
  return unit.subarray(0, end);
}

describe("LengthPrefixedStream (ISO/IEC 14496-15, 5.3.3)", () => {
  it("leaves out zero bytes at the end of a unit, as a byte stream does (7.4.1)", () => {
    const units = [Uint8Array.of(7, 0, 8, 0, 0), Uint8Array.of(0, 0), Uint8Array.of(9)];
    const found = new LengthPrefixedStream(4, 0).push(prefixed(units, 4));
    expect(kept(found)).toEqual([
      { bytes: [7, 0, 8], byte: 4, truncated: false },
      { bytes: [9], byte: 19, truncated: false },
    ]);
  });

  it("gives the units, however the bytes are cut, for every size of prefix", () => {
    const units = fc.array(fc.uint8Array({ maxLength: 30 }), { maxLength: 8 });
    fc.assert(
      fc.property(units, fc.integer({ min: 1, max: 4 }), lengths, (all, size, cuts) => {
        const bytes = prefixed(all, size);
        const found = inPieces(new LengthPrefixedStream(size, 50), bytes, cuts);
        const whole = all.map(withoutZeros).filter(({ length }) => length > 0);
        expect(found.map((unit) => unit.bytes)).toEqual(whole.map((unit) => [...unit]));
        expect(inPieces(new LengthPrefixedStream(size, 50), bytes, ones(bytes.length))).toEqual(found);
        for (const { byte, bytes: unit } of found)
          expect([...bytes.slice(byte - 50).slice(0, unit.length)]).toEqual(unit);
      }),
      { seed: 1, numRuns: 1000 },
    );
  });

  it("gives the same of broken bytes, however they are cut", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.integer({ min: 1, max: 4 }), lengths, (bytes, size, cuts) => {
        const whole = inPieces(new LengthPrefixedStream(size, 0), bytes, []);
        expect(inPieces(new LengthPrefixedStream(size, 0), bytes, cuts)).toEqual(whole);
        expect(inPieces(new LengthPrefixedStream(size, 0), bytes, ones(bytes.length))).toEqual(whole);
      }),
      { seed: 1, numRuns: 1000 },
    );
  });

  it("gives the unit in which the bytes end, and says that it is truncated", () => {
    const stream = new LengthPrefixedStream(2, 0);
    expect(stream.push(Uint8Array.of(0, 3, 7, 8))).toEqual([]);
    expect(kept(stream.flush())).toEqual([{ bytes: [7, 8], byte: 2, truncated: true }]);
    expect(stream.flush()).toEqual([]);
  });

  it("skips a unit that is longer than UNIT_LIMIT, says so when its prefix is seen, and goes on behind it", () => {
    const stream = new LengthPrefixedStream(4, 0);
    const length = UNIT_LIMIT + 1;
    const prefix = Uint8Array.of(length >>> 24, length >>> 16, length >>> 8, length);
    expect(kept(stream.push(prefix))).toEqual([{ bytes: [], byte: 4, truncated: true }]);
    const fill = new Uint8Array(2 ** 24);
    for (let left = length; left > 0; left -= fill.length) expect(stream.push(fill.subarray(0, left))).toEqual([]);
    expect(kept(stream.push(Uint8Array.of(0, 0, 0, 1, 7)))).toEqual([
      { bytes: [7], byte: length + 8, truncated: false },
    ]);
  });
});
