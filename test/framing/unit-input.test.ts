import { describe, expect, it } from "vitest";
import type { StreamUnit } from "../../src/framing/byte-stream.ts";
import { UnitInput } from "../../src/framing/unit-input.ts";

describe("UnitInput", () => {
  it("gives views of the caller's bytes, and copies what a later piece completes, with either kind of framing", () => {
    for (const lengthSize of [0, 4]) {
      const input = new UnitInput();
      input.frameBy(lengthSize);
      const begin = lengthSize === 0 ? [0, 0, 1, 5, 6, 0, 0, 1, 7] : [0, 0, 0, 2, 5, 6, 0, 0, 0, 2, 7];
      const piece = Uint8Array.from(begin);
      const [whole] = input.push(piece);
      expect([...(whole?.bytes ?? [])]).toEqual([5, 6]);
      expect(whole?.bytes.buffer).toBe(piece.buffer);
      piece.fill(0xee);
      const next = Uint8Array.from(lengthSize === 0 ? [8, 0, 0, 1] : [8]);
      const [completed] = input.push(next);
      next.fill(0xee);
      expect([...(completed?.bytes ?? [])]).toEqual([7, 8]);
    }
  });

  it("counts the bytes of packets and streams together", () => {
    const input = new UnitInput();
    expect(input.unitsOf(Uint8Array.of(0, 0, 1, 5)).map(({ byte }) => byte)).toEqual([3]);
    input.push(Uint8Array.of(0, 0, 1, 6));
    expect(input.end().units.map(({ byte }) => byte)).toEqual([7]);
    input.frameBy(1);
    expect(input.unitsOf(Uint8Array.of(1, 7, 2, 8)).map(({ byte, truncated }) => [byte, truncated])).toEqual([
      [9, false],
      [11, true],
    ]);
    input.push(Uint8Array.of(1, 7));
    expect(input.push(Uint8Array.of(1, 8)).map(({ byte }) => byte)).toEqual([15]);
  });

  it("says of bytes that were pushed whether there was a unit in them at all", () => {
    const input = new UnitInput();
    expect(input.end().hadNoUnit).toBe(false);
    input.push(Uint8Array.of(1, 2, 3));
    expect(input.end().hadNoUnit).toBe(true);
    input.push(Uint8Array.of(0, 0, 1, 3));
    expect(input.end().hadNoUnit).toBe(false);
  });

  const told = (units: readonly StreamUnit[]) =>
    units.map(({ bytes, byte, truncated }) => [[...bytes], byte, truncated]);

  it("reads a packet that has start codes instead of lengths, unless its lengths are right", () => {
    const input = new UnitInput();
    input.frameBy(4);
    expect(told(input.unitsOf(Uint8Array.of(0, 0, 0, 1, 5, 6, 0, 0, 1, 7)))).toEqual([
      [[5, 6], 4, false],
      [[7], 9, false],
    ]);
    expect(told(input.unitsOf(Uint8Array.of(0, 0, 0, 1, 11, 0, 0, 0, 1, 12)))).toEqual([
      [[11], 14, false],
      [[12], 19, false],
    ]);
    const long = new Uint8Array(4 + 257).fill(5);
    long.set([0, 0, 1, 1]);
    expect(input.unitsOf(long).map(({ bytes }) => bytes.length)).toEqual([257]);
  });

  it.each(["packet", "pieces"])("parts what stands after one length and has start codes inside: a %s", (how) => {
    const far = new Uint8Array(400).fill(9);
    far.set([0, 0, 1], 300);
    const input = new UnitInput();
    input.frameBy(2);
    const prefixed = (...units: readonly ArrayLike<number>[]) =>
      Uint8Array.from(units.flatMap((unit) => [unit.length >> 8, unit.length & 255, ...Array.from(unit)]));
    const bytes = prefixed(far, [14, 0, 0, 0, 1, 5, 6, 0, 0, 1, 7], [0, 0, 1, 8], far);
    const units =
      how === "packet" ? input.unitsOf(bytes) : [...bytes].flatMap((byte) => input.push(Uint8Array.of(byte)));
    // Only after one was found, start codes are looked for far inside.
    expect(units.map((unit) => unit.bytes.length)).toEqual([400, 1, 2, 1, 1, 300, 97]);
    expect(units.map(({ byte }) => byte)).toEqual([2, 404, 409, 414, 420, 423, 726]);
  });
});
