import { describe, expect, it } from "vitest";
import { ObuReader, type Trace, type TraceElement } from "../../src/bitreader/index.ts";
import { BitstreamError } from "../../src/errors.ts";
import { BitWriter } from "../../src/testing/bit-writer.ts";

const written = (write: (w: BitWriter) => unknown) => {
  const w = new BitWriter();
  write(w);
  return w.bytes();
};

/** Reads an element after `phase` other bits: its value, or its error's code; the bits it takes, or the bit of the error. */
function outcome(phase: number, bits: string, read: (r: ObuReader) => number): [number | string, number | undefined] {
  const bytes = written((w) => {
    w.u(phase, 0);
    for (const bit of bits) w.u(1, Number(bit));
  });
  const r = new ObuReader(bytes);
  r.u(phase, "before");
  try {
    return [read(r), r.position - phase];
  } catch (error) {
    if (!(error instanceof BitstreamError)) throw error;
    return [error.code, (error.place.bit ?? NaN) - phase];
  }
}

const bits = (value: number | bigint, n: number) => value.toString(2).padStart(n, "0");

describe("the descriptors of AV1 (4.10)", () => {
  it.each(Array.from({ length: 33 }, (_, n) => n))("f(n): reads %i bits from any phase", (n) => {
    for (let phase = 0; phase < 8; phase++) {
      for (const value of [2 ** n - 1, Math.floor((2 ** n - 1) / 3), 0]) {
        expect(outcome(phase, bits(value, n), (r) => r.u(n, "x"))).toEqual([n === 0 ? 0 : value, n]);
      }
    }
  });

  it.each<[string, string, (r: ObuReader) => number, number | string, number]>([
    ["su(n): the largest", "0111111", (r) => r.su(7, "x"), 63, 7],
    ["su(n): the least", "1000000", (r) => r.su(7, "x"), -64, 7],
    ["su(n): -1", "1111111", (r) => r.su(7, "x"), -1, 7],
    [
      "le(n): the least significant byte first",
      `${bits(0x78, 8)}${bits(0x56, 8)}11111111`,
      (r) => r.le(3, "x"),
      0xff5678,
      24,
    ],
    ["ns(1): no bits", "1", (r) => r.ns(1, "x"), 0, 0],
    ["ns(2): one bit", "1", (r) => r.ns(2, "x"), 1, 1],
    ["ns(5): two bits", "10", (r) => r.ns(5, "x"), 2, 2],
    ["ns(5): three bits", "110", (r) => r.ns(5, "x"), 3, 3],
    ["ns(5): the last value", "111", (r) => r.ns(5, "x"), 4, 3],
    ["ns(8): a power of two", "111", (r) => r.ns(8, "x"), 7, 3],
    ["uvlc: 0", "1", (r) => r.uvlc("x"), 0, 1],
    ["uvlc: a short one", "00110", (r) => r.uvlc("x"), 5, 5],
    ["uvlc: the longest", `${"0".repeat(31)}1${"1".repeat(31)}`, (r) => r.uvlc("x"), 2 ** 32 - 2, 63],
    ["uvlc: 32 zeros", `${"0".repeat(32)}1`, (r) => r.uvlc("x"), 2 ** 32 - 1, 33],
    ["uvlc: more zeros", `${"0".repeat(40)}1`, (r) => r.uvlc("x"), 2 ** 32 - 1, 41],
    ["uvlc: above its range", `${"0".repeat(32)}1`, (r) => r.uvlc("x", 2 ** 32 - 2), "value-out-of-range", 0],
    ["leb128: one byte", bits(0x7f, 8), (r) => r.leb128("x"), 127, 8],
    ["leb128: two bytes", `${bits(0x80, 8)}${bits(0x01, 8)}`, (r) => r.leb128("x"), 128, 16],
    [
      "leb128: padded to eight bytes",
      `${bits(0x85, 8)}${bits(0x80, 8).repeat(6)}${bits(0, 8)}`,
      (r) => r.leb128("x"),
      5,
      64,
    ],
    ["leb128: 32 bits", `${bits(0xff, 8).repeat(4)}${bits(0x0f, 8)}`, (r) => r.leb128("x"), 2 ** 32 - 1, 40],
    ["leb128: 33 bits", `${bits(0x80, 8).repeat(4)}${bits(0x10, 8)}`, (r) => r.leb128("x"), "value-out-of-range", 0],
    ["leb128: nine bytes", `${bits(0x80, 8).repeat(8)}${bits(0, 8)}`, (r) => r.leb128("x"), "value-out-of-range", 0],
    ["f(n) above its range", "11", (r) => r.uMax(2, 2, "x"), "value-out-of-range", 0],
  ])("%s", (_, code, read, value, length) => {
    for (const phase of [0, 3, 8]) expect(outcome(phase, code, read)).toEqual([value, length]);
  });

  it.each<[string, string, (r: ObuReader) => number]>([
    ["f(n)", "1111111", (r) => r.u(9, "x")],
    ["f(n) in two parts", "1".repeat(31), (r) => r.u(32, "x")],
    ["le(n)", "1".repeat(16), (r) => r.le(3, "x")],
    ["ns(n)", "11", (r) => r.ns(5, "x")],
    ["uvlc, in its zeros", "0".repeat(24), (r) => r.uvlc("x")],
    ["uvlc, after them", "0001", (r) => r.uvlc("x")],
    ["leb128", bits(0x80, 8), (r) => r.leb128("x")],
  ])("%s that the end cuts off is an error at its first bit", (_, code, read) => {
    expect(outcome(-code.length & 7, code, read)).toEqual(["cut-off", 0]);
  });

  it("are told to the trace with their length; one without bits is not", () => {
    const elements: TraceElement[] = [];
    const trace: Trace = { unit: () => {}, element: (element) => elements.push(element) };
    const bytes = written((w) => w.u(3, 5).u(3, 6).u(1, 1).u(2, 3).u(5, 6).u(8, 0x85).u(8, 0).u(16, 0x100).u(1, 0));
    const r = new ObuReader(bytes, { trace });
    r.u(3, "a", 1, 2);
    r.ns(5, "b");
    r.ns(1, "nothing");
    r.f(1, 1, "c");
    r.su(2, "d");
    r.uvlc("e");
    r.leb128("f");
    r.le(2, "g");
    const rows = elements.map((e) => [
      e.name,
      e.subscripts,
      e.descriptor,
      e.bit,
      e.codedBit,
      e.length,
      e.value,
      e.values,
    ]);
    expect(rows).toEqual([
      ["a", [1, 2], "u", 0, 0, 3, 5, undefined],
      ["b", [], "ns", 3, 3, 3, 3, 5],
      ["c", [], "f", 6, 6, 1, 1, undefined],
      ["d", [], "su", 7, 7, 2, -1, undefined],
      ["e", [], "uvlc", 9, 9, 5, 5, undefined],
      ["f", [], "leb128", 14, 14, 16, 5, undefined],
      ["g", [], "le", 30, 30, 16, 1, undefined],
    ]);
  });
});
