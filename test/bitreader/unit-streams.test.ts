import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ByteStream,
  LengthPrefixedStream,
  type StreamUnit,
  UnitInput,
  unitsOfPacket,
} from "../../src/bitreader/index.ts";

/** A copy, because a chunk may be used again after the call. */
const kept = (units: readonly StreamUnit[]) => units.map(({ bytes, ...rest }) => ({ bytes: [...bytes], ...rest }));

/** Pushes the pieces through one buffer that is wiped after each call. */
function inPieces(
  stream: { push(chunk: Uint8Array): StreamUnit[]; flush(): StreamUnit[] },
  bytes: Uint8Array,
  cuts: Iterable<number>,
) {
  const units: ReturnType<typeof kept> = [];
  let at = 0;
  for (const length of cuts) {
    const chunk = bytes.slice(at, at + length);
    at += chunk.length;
    units.push(...kept(stream.push(chunk)));
    chunk.fill(0xee);
    if (at === bytes.length) break;
  }
  units.push(...kept(stream.push(bytes.slice(at))), ...kept(stream.flush()));
  return units;
}

const ones = (length: number) => new Array<number>(length).fill(1);
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

  it("leaves the units it gave alone while more bytes come, past its first buffer", () => {
    const stream = new ByteStream(0);
    const given: { unit: StreamUnit; copy: Uint8Array }[] = [];
    for (let i = 0; i < 400; i++) {
      const chunk = new Uint8Array(1000 + i).fill(i | 2);
      chunk.set([0, 0, 1], i);
      for (const unit of stream.push(chunk)) given.push({ unit, copy: unit.bytes.slice() });
    }
    expect(given.length).toBe(399);
    for (const { unit, copy } of given) expect(unit.bytes).toEqual(copy);
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

/** Units behind length prefixes. */
function prefixed(units: readonly Uint8Array[], lengthSize: number): Uint8Array {
  const bytes: number[] = [];
  for (const unit of units) {
    for (let i = lengthSize - 1; i >= 0; i--) bytes.push(Math.floor(unit.length / 256 ** i) % 256);
    bytes.push(...unit);
  }
  return Uint8Array.from(bytes);
}

describe("LengthPrefixedStream (ISO/IEC 14496-15, 5.3.3)", () => {
  it("gives the units, however the bytes are cut, for every size of prefix", () => {
    const units = fc.array(fc.uint8Array({ maxLength: 30 }), { maxLength: 8 });
    fc.assert(
      fc.property(units, fc.integer({ min: 1, max: 4 }), lengths, (all, size, cuts) => {
        const bytes = prefixed(all, size);
        const found = inPieces(new LengthPrefixedStream(size, 50), bytes, cuts);
        expect(found.map((unit) => unit.bytes)).toEqual(all.filter(({ length }) => length > 0).map((u) => [...u]));
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
});

describe("UnitInput", () => {
  it("gives units that outlive the caller's buffer, with either kind of framing", () => {
    for (const lengthSize of [0, 4]) {
      const input = new UnitInput();
      input.frameBy(lengthSize);
      const bytes = lengthSize === 0 ? Uint8Array.of(0, 0, 1, 5, 6, 0, 0, 1, 9) : Uint8Array.of(0, 0, 0, 2, 5, 6);
      const units = input.push(bytes);
      bytes.fill(0xee);
      expect(units.map((unit) => [...unit.bytes])).toEqual([[5, 6]]);
    }
  });

  it("counts the bytes of packets and streams together", () => {
    const input = new UnitInput();
    expect(input.packet(Uint8Array.of(0, 0, 1, 5)).map(({ byte }) => byte)).toEqual([3]);
    input.push(Uint8Array.of(0, 0, 1, 6));
    expect(input.end().map(({ byte }) => byte)).toEqual([7]);
    input.frameBy(1);
    expect(input.packet(Uint8Array.of(1, 7, 2, 8)).map(({ byte, truncated }) => [byte, truncated])).toEqual([
      [9, false],
      [11, true],
    ]);
    input.push(Uint8Array.of(1, 7));
    expect(input.push(Uint8Array.of(1, 8)).map(({ byte }) => byte)).toEqual([15]);
  });
});
