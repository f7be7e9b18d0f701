import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteStream, unitsOfPacket } from "../../src/framing/byte-stream.ts";
import { inPieces, kept, ones } from "../../support/pieces.ts";

const lengths = fc.array(fc.nat(9), { maxLength: 60 });
const unitBytes = fc.uint8Array({ max: 3, maxLength: 400 });

describe("unitsOfPacket", () => {
  it("takes what lies between prefixes, leaves out zeros before them and what precedes the first", () => {
    const packet = Uint8Array.of(9, 9, 0, 0, 1, 5, 6, 0, 0, 0, 0, 1, 7, 0, 0, 1, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0);
    expect(kept(unitsOfPacket(packet, 100))).toEqual([
      { bytes: [5, 6], byte: 105, truncated: false },
      { bytes: [7], byte: 112, truncated: false },
      { bytes: [8], byte: 123, truncated: false },
    ]);
    expect(unitsOfPacket(Uint8Array.of(1, 2, 0, 0), 0)).toEqual([]);
    expect(unitsOfPacket(new Uint8Array(0), 0)).toEqual([]);
  });

  it("gives views of the packet", () => {
    const packet = Uint8Array.of(0, 0, 1, 5, 6);
    expect(unitsOfPacket(packet, 0)[0]?.bytes.buffer).toBe(packet.buffer);
  });
});

describe("ByteStream", () => {
  it("gives the units of the whole, however the bytes are cut", () => {
    fc.assert(
      fc.property(unitBytes, lengths, fc.nat(1000), (bytes, cuts, origin) => {
        const whole = kept(unitsOfPacket(bytes, origin));
        expect(inPieces(new ByteStream(origin), bytes, cuts)).toEqual(whole);
        expect(inPieces(new ByteStream(origin), bytes, ones(bytes.length))).toEqual(whole);
        expect(inPieces(new ByteStream(origin), bytes, [])).toEqual(whole);
      }),
      { seed: 1, numRuns: 1000 },
    );
  });

  it("says which units follow the one before in memory, with only a prefix between them", () => {
    fc.assert(
      fc.property(unitBytes, lengths, fc.boolean(), (bytes, cuts, keepZeros) => {
        const stream = new ByteStream(0, keepZeros);
        let at = 0;
        for (const length of [...cuts, bytes.length]) {
          let before: Uint8Array | undefined;
          for (const { bytes: unit, follows } of stream.push(bytes.subarray(at, at + length))) {
            const isAfter = before?.buffer === unit.buffer && before.byteOffset + before.length + 3 === unit.byteOffset;
            if (follows) expect(isAfter).toBe(true);
            else expect(isAfter && unit.buffer === bytes.buffer).toBe(false);
            before = unit;
          }
          at = Math.min(bytes.length, at + length);
        }
      }),
      { seed: 2, numRuns: 1000 },
    );
  });

  it("leaves units together that join, but for one that lies across pieces or at their end", () => {
    const joins = (first: number) => first >= 2;
    const apart = (units: readonly { bytes: Uint8Array; byte: number }[]) =>
      units.flatMap(({ bytes, byte }) => kept(unitsOfPacket(Uint8Array.of(0, 0, 1, ...bytes), byte - 3, true)));
    fc.assert(
      fc.property(unitBytes, lengths, (bytes, cuts) => {
        const whole = kept(unitsOfPacket(bytes, 0, true));
        expect(apart(unitsOfPacket(bytes, 0, true, joins))).toEqual(whole);
        const stream = new ByteStream(0, true, joins);
        const units: ReturnType<typeof kept> = [];
        let at = 0;
        for (const length of [...cuts, bytes.length]) {
          units.push(...apart(stream.push(bytes.slice(at, at + length))));
          at += length;
        }
        expect([...units, ...apart(stream.flush())]).toEqual(whole);
      }),
      { seed: 3, numRuns: 1000 },
    );
    const stream = Uint8Array.of(0, 0, 1, 5, 0, 0, 1, 6, 0, 0, 1, 1, 0, 0, 1, 7, 0, 0, 1, 8, 0, 0, 1, 9);
    const together = [[5, 0, 0, 1, 6], [1], [7, 0, 0, 1, 8]];
    expect(new ByteStream(0, true, joins).push(stream).map(({ bytes }) => [...bytes])).toEqual(together);
    const [, , last] = unitsOfPacket(stream, 0, true, joins);
    expect([...(last?.bytes ?? [])]).toEqual([7, 0, 0, 1, 8, 0, 0, 1, 9]);
  });

  it("gives units that lie across pieces, whatever becomes of the pieces before", () => {
    const stream = new ByteStream(0);
    let before = new Uint8Array(0);
    for (let i = 0; i < 400; i++) {
      const chunk = new Uint8Array(1000 + i).fill(i | 2);
      chunk.set([0, 0, 1], i);
      before.fill(0xee);
      const [unit] = stream.push(chunk);
      before = chunk;
      if (i === 0) continue;
      const expected = new Uint8Array(997 + i).fill((i - 1) | 2, 0, 997).fill(i | 2, 997);
      expect(unit?.bytes).toEqual(expected);
    }
  });

  it("begins anew after flush and goes on counting", () => {
    const stream = new ByteStream(0);
    stream.push(Uint8Array.of(0, 0, 1, 5, 0, 0));
    expect(kept(stream.flush())).toEqual([{ bytes: [5], byte: 3, truncated: false }]);
    expect(stream.push(Uint8Array.of(1, 6))).toEqual([]); // No prefix: 00 00 lay before the end.
    expect(stream.flush()).toEqual([]);
    stream.push(Uint8Array.of(0, 0, 1, 7));
    expect(kept(stream.flush())).toEqual([{ bytes: [7], byte: 11, truncated: false }]);
  });
});
