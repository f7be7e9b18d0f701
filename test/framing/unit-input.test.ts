import { describe, expect, it } from "vitest";
import { UnitInput } from "../../src/framing/unit-input.ts";

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
    expect(input.end().units.map(({ byte }) => byte)).toEqual([7]);
    input.frameBy(1);
    expect(input.packet(Uint8Array.of(1, 7, 2, 8)).map(({ byte, truncated }) => [byte, truncated])).toEqual([
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
});
