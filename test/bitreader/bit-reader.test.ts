import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BitReader, type Trace, type TraceElement } from "../../src/bitreader/index.ts";
import { BitstreamError, type ErrorPlace } from "../../src/errors.ts";
import { BitWriter, escaped, unescaped } from "../../src/testing/bit-writer.ts";

const written = (write: (w: BitWriter) => unknown) => {
  const w = new BitWriter();
  write(w);
  return escaped(w.bytes());
};
const reader = (...bytes: number[]) => new BitReader(Uint8Array.from(bytes));

function errorOf(read: () => unknown): { reason: string; place: ErrorPlace } {
  try {
    read();
  } catch (error) {
    if (!(error instanceof BitstreamError)) throw error;
    return { reason: error.reason, place: error.place };
  }
  throw new Error("nothing was thrown");
}

describe("u(n), i(n), f(n), b(8), flag (7.2)", () => {
  it.each(Array.from({ length: 33 }, (_, n) => n))("reads %i bits from any phase, up to their largest value", (n) => {
    for (let phase = 0; phase < 8; phase++) {
      const max = 2 ** n - 1;
      const values = [max, Math.floor(max / 3), 0, max];
      const r = new BitReader(
        written((w) => {
          w.u(phase, 0);
          for (const value of values) w.u(n, value);
        }),
      );
      r.u(phase, "before");
      expect(values.map(() => r.u(n, "x"))).toEqual(values);
      expect(r.position).toBe(phase + 4 * n);
    }
  });

  it("reads i(n) as two's complement", () => {
    for (const n of [1, 2, 5, 8, 24, 31, 32]) {
      const values = [-(2 ** (n - 1)), 2 ** (n - 1) - 1, -1, 0];
      const r = new BitReader(written((w) => values.map((value) => w.i(n, value))));
      expect(values.map(() => r.i(n, "x"))).toEqual(values);
    }
  });

  it("reads s(n) as a magnitude and a sign, and no -0; the trace says of a 0 that it has one", () => {
    const elements: TraceElement[] = [];
    const trace: Trace = { unit: () => {}, element: (element) => elements.push(element) };
    const r = new BitReader(
      written((w) => w.s(6, -63).s(4, 15).s(4, -0)),
      { emulationPrevention: false, trace },
    );
    const values = [r.s(6, "a", 2), r.s(4, "b"), r.s(4, "c")];
    expect(values).toEqual([-63, 15, 0]);
    expect(elements.map(({ descriptor, bit, length }) => [descriptor, bit, length])).toEqual([
      ["s", 0, 7],
      ["s", 7, 5],
      ["s", 12, 5],
    ]);
    expect(elements.map(({ value }) => value)).toEqual([-63, 15, -0]);
  });

  it("reads bytes of which the first is the least significant one", () => {
    const r = new BitReader(
      written((w) => w.le(2, 0x1234).le(4, 0xfedcba98)),
      { emulationPrevention: false },
    );
    expect([r.le(2, "a"), r.le(4, "b")]).toEqual([0x1234, 0xfedcba98]);
  });

  it("reads flags and bytes", () => {
    const r = reader(0b10110000, 0xab);
    expect([r.flag("a"), r.flag("b"), r.flag("c"), r.flag("d")]).toEqual([1, 0, 1, 1]);
    expect(r.byteAligned).toBe(false);
    r.u(4, "e");
    expect(r.byteAligned).toBe(true);
    expect(r.b("byte")).toBe(0xab);
  });

  it("refuses a fixed pattern that is another", () => {
    const r = reader(0xf0);
    r.f(3, 7, "three_ones");
    expect(errorOf(() => r.f(2, 0, "two_zeros", 4))).toEqual({
      reason: "the value must be 0, not 2",
      place: { unit: undefined, element: "two_zeros[4]", bit: 3 },
    });
  });

  it("refuses a value above the maximum and names the element's first bit", () => {
    const r = new BitReader(Uint8Array.of(0b01110000), { unit: "the unit" });
    r.flag("first");
    expect(r.uMax(2, 3, "fits")).toBe(3);
    expect(errorOf(() => r.uMax(2, 1, "narrow", 2, 3))).toEqual({
      reason: "2 is not in the range 0..1",
      place: { unit: "the unit", element: "narrow[2][3]", bit: 3 },
    });
  });
});

describe("ue(v), se(v), te(v) (9.1)", () => {
  it.each(Array.from({ length: 32 }, (_, zeros) => zeros))(
    "reads ue with %i leading zeros, both ends, any phase",
    (zeros) => {
      const [first, last] = [2 ** zeros - 1, 2 ** (zeros + 1) - 2];
      for (let phase = 0; phase < 8; phase++) {
        const r = new BitReader(written((w) => w.u(phase, 0).ue(first).ue(last).u(2, 1)));
        r.u(phase, "before");
        expect([r.ue("first"), r.ue("last"), r.u(2, "after")]).toEqual([first, last, 1]);
      }
    },
  );

  it("refuses 32 leading zeros, whatever follows", () => {
    const r = new BitReader(written((w) => w.u(3, 5).u(32, 0).u(32, 0xffffffff)));
    r.u(3, "before");
    const { reason, place } = errorOf(() => r.ue("x"));
    expect(reason).toMatch(/Exp-Golomb/);
    expect(place).toMatchObject({ element: "x", bit: 3 });
  });

  it("reads se in the order of Table 9-3, and its extremes", () => {
    const values = [0, 1, -1, 2, -2, 3, -3, 2 ** 31 - 1, -(2 ** 31) + 1];
    const r = new BitReader(written((w) => values.map((value) => w.se(value))));
    const read = values.map(() => r.se("x", -(2 ** 31), 2 ** 31));
    expect(read).toEqual(values);
    expect(Object.is(read[0], 0)).toBe(true); // and not -0
  });

  it("reads te as one inverted bit where the range ends at 1, and as ue above", () => {
    const r = new BitReader(written((w) => w.te(1, 1).te(0, 1).te(3, 5)));
    expect([r.te("a", 1), r.te("b", 1), r.te("c", 5)]).toEqual([1, 0, 3]);
    expect(r.position).toBe(1 + 1 + 5);
  });

  it("takes the ends of a range and refuses what lies beyond, at the element's first bit", () => {
    const bytes = written((w) => w.ue(5).ue(6).se(-2).se(3).se(-3).se(4));
    const r = new BitReader(bytes);
    expect(r.ue("a", 5)).toBe(5);
    expect(errorOf(() => r.ue("a", 5, 0, 1, 2))).toEqual({
      reason: "6 is not in the range 0..5",
      place: { unit: undefined, element: "a[0][1][2]", bit: 5 },
    });
    expect([r.se("b", -2, 3), r.se("b", -2, 3)]).toEqual([-2, 3]);
    expect(errorOf(() => r.se("b", -2, 3)).place.bit).toBe(20);
    expect(errorOf(() => r.se("b", -2, 3)).reason).toBe("4 is not in the range -2..3");
  });

  it("gives codes of every length the length and position they have", () => {
    const r = new BitReader(written((w) => w.ue(2 ** 32 - 2).ue(2 ** 16 - 2)));
    r.ue("a");
    expect(r.position).toBe(63);
    r.ue("b");
    expect(r.position).toBe(63 + 31);
  });
});

describe("the end of the unit", () => {
  it("is an error at the first bit of the element that it cuts", () => {
    const cut: [string, (r: BitReader) => unknown][] = [
      ["u(17)", (r) => r.u(17, "x")],
      ["u(32)", (r) => r.u(32, "x")],
      ["i(30)", (r) => r.i(30, "x")],
      ["f(26)", (r) => r.f(26, 0, "x")],
      ["s(25)", (r) => r.s(25, "x")],
      ["le(4)", (r) => r.le(4, "x")],
      ["b(8)", (r) => r.u(9, "before") + r.b("x")],
      ["ue, in its zeros", (r) => r.ue("x")],
      ["se, in its zeros", (r) => r.se("x", -5, 5)],
    ];
    for (const [what, read] of cut) {
      const r = reader(0, 0); // no room for any of them
      const bit = what === "b(8)" ? 9 : 0;
      expect(
        errorOf(() => read(r)),
        what,
      ).toEqual({
        reason: "the unit ends here",
        place: { unit: undefined, element: "x", bit },
      });
    }
    const suffix = new BitReader(written((w) => w.u(2, 3).u(14, 1)));
    suffix.u(2, "before");
    expect(errorOf(() => suffix.ue("x")).place.bit).toBe(2);
  });

  it("reads nothing of an empty unit", () => {
    const r = reader();
    expect(errorOf(() => r.flag("x")).place).toMatchObject({ element: "x", bit: 0 });
    expect(r.u(0, "nothing")).toBe(0);
    expect(r.more_rbsp_data()).toBe(false);
    expect(r.nextByte()).toBe(-1);
  });

  it("is seen by nextByte, which reads nothing", () => {
    const r = reader(0x12, 0x34);
    expect([r.nextByte(), r.position]).toEqual([0x12, 0]);
    r.u(4, "x");
    expect(r.nextByte()).toBe(0x23);
    r.u(5, "x");
    expect(r.nextByte()).toBe(-1);
    expect(r.position).toBe(9);
  });
});

describe("more_rbsp_data and rbsp_trailing_bits (7.2, 7.3.2.11)", () => {
  it("is true up to the stop bit, wherever in its byte that lies", () => {
    for (let bits = 0; bits < 40; bits++) {
      // 00 and 03 bytes: emulation prevention bytes lie between.
      for (const pattern of [0, 1, 3]) {
        const w = new BitWriter();
        for (let i = 0; i < bits; i++) w.u(1, pattern === 0 ? 0 : i % 8 >= 8 - pattern ? 1 : 0);
        const rbsp = w.trailing().bytes();
        const r = new BitReader(escaped(rbsp));
        for (let i = 0; i < bits; i++) {
          expect(r.more_rbsp_data(), `bit ${i} of ${bits}`).toBe(true);
          r.flag("x");
        }
        expect(r.more_rbsp_data(), `at the end of ${bits}`).toBe(false);
        r.rbsp_trailing_bits();
        expect(r.position).toBe(rbsp.length * 8);
        expect(r.more_rbsp_data()).toBe(false);
      }
    }
  });

  it("does not take cabac_zero_words for data, nor an emulation prevention byte at the end", () => {
    for (const tail of [[0], [0, 0], [0, 0, 3], [0, 0, 3, 0, 0, 3], [0, 0, 3, 0, 0, 3, 0, 0]]) {
      const r = reader(0xa0, 0x80, ...tail);
      r.u(8, "x");
      expect(r.more_rbsp_data(), `${tail}`).toBe(false);
      const q = reader(0xa0, 0xc0, ...tail);
      q.u(8, "x");
      expect(q.more_rbsp_data(), `${tail}`).toBe(true);
    }
  });

  it("takes a 03 for data where it prevents nothing", () => {
    const r = reader(0x80, 0x00, 0x03);
    r.flag("x");
    expect(r.more_rbsp_data()).toBe(true);
    const whole = new BitReader(Uint8Array.of(0x80, 0x00, 0x00, 0x03), { emulationPrevention: false });
    whole.flag("x");
    expect(whole.more_rbsp_data()).toBe(true);
  });

  it("is false in a unit without any 1 bit", () => {
    expect(reader(0, 0, 0).more_rbsp_data()).toBe(false);
    expect(reader(0, 0, 3).more_rbsp_data()).toBe(false);
  });

  it("refuses other closing bits, and names the one that is wrong", () => {
    expect(errorOf(() => reader(0x00).rbsp_trailing_bits()).place).toMatchObject({
      element: "rbsp_stop_one_bit",
      bit: 0,
    });
    expect(errorOf(() => reader(0x84).rbsp_trailing_bits()).place).toMatchObject({
      element: "rbsp_alignment_zero_bit",
      bit: 5,
    });
  });

  it("looks for the stop bit once: asking again and again costs no more than reading on", () => {
    // Many questions in front of much fill would take minutes if each looked through it.
    const unit = new Uint8Array(3_000_000);
    unit.fill(0xff, 0, 300_000);
    for (let i = 300_000; i + 2 < unit.length; i += 3) unit[i + 2] = 3;
    const r = new BitReader(unit);
    let asked = 0;
    while (r.more_rbsp_data()) asked += r.u(8, "x") === 0xff ? 1 : 0;
    expect(asked).toBe(300_000);
  });
});

describe("emulation prevention (7.4.1)", () => {
  it("drops 03 behind two zero bytes and nothing else", () => {
    const r = reader(0, 0, 3, 1, 0, 3, 0, 0, 3, 0, 0, 3, 3, 0, 0, 0, 3, 9);
    const bytes = [0, 0, 1, 0, 3, 0, 0, 0, 0, 3, 0, 0, 0, 9];
    expect(bytes.map(() => r.u(8, "x"))).toEqual(bytes);
  });

  it("counts positions without them, and knows where each bit lies as coded", () => {
    const unit = Uint8Array.of(7, 0, 0, 3, 1, 0, 0, 3, 2, 9);
    const { bytes, codedByte } = unescaped(unit);
    const r = new BitReader(unit);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      r.flag("x");
      expect(r.position).toBe(bit + 1);
      expect(r.codedPosition(bit)).toBe((codedByte[bit >> 3] as number) * 8 + (bit & 7));
    }
  });

  it("leaves them alone where there are none to be dropped", () => {
    const r = new BitReader(Uint8Array.of(0, 0, 3, 1), { emulationPrevention: false });
    expect(r.u(32, "x")).toBe(0x301);
    expect(r.codedPosition(31)).toBe(31);
  });
});

describe("the trace", () => {
  it("is told name, subscripts, descriptor, both positions, length and value, failing elements too", () => {
    const elements: TraceElement[] = [];
    const bytes = written((w) => w.u(16, 0).u(8, 1).ue(4).se(-1).i(3, -2).te(0, 1).u(8, 0x5a).u(2, 3));
    const trace = { unit: () => {}, element: (element: TraceElement) => elements.push(element) };
    const r = new BitReader(bytes, { trace });
    r.u(16, "a");
    r.f(8, 1, "b", 1);
    r.ue("c", undefined, 1, 2, 3);
    r.se("d", -1, 1, 7);
    r.i(3, "e");
    r.te("f", 1, 0);
    r.b("g", 2);
    r.u(0, "nothing");
    expect(errorOf(() => r.uMax(2, 1, "h")).place.bit).toBe(44);
    const rows = elements.map((e) => [e.name, e.subscripts, e.descriptor, e.bit, e.codedBit, e.length, e.value]);
    expect(rows).toEqual([
      ["a", [], "u", 0, 0, 16, 0],
      ["b", [1], "f", 16, 24, 8, 1],
      ["c", [1, 2, 3], "ue", 24, 32, 5, 4],
      ["d", [7], "se", 29, 37, 3, -1],
      ["e", [], "i", 32, 40, 3, -2],
      ["f", [0], "te", 35, 43, 1, 0],
      ["g", [2], "b", 36, 44, 8, 0x5a],
      ["h", [], "u", 44, 52, 2, 3],
    ]);
  });
});

/** An element of random kind and value. Small values make runs of zeros, and so emulation prevention. */
const element = fc.oneof(
  fc.integer({ min: 1, max: 32 }).chain((n) =>
    fc.record({
      kind: fc.constant("u" as const),
      n: fc.constant(n),
      value: fc.oneof(fc.constant(0), fc.constant(3 % 2 ** n), fc.integer({ min: 0, max: 2 ** n - 1 })),
    }),
  ),
  fc.integer({ min: 1, max: 32 }).chain((n) =>
    fc.record({
      kind: fc.constant("i" as const),
      n: fc.constant(n),
      value: fc.integer({ min: -(2 ** (n - 1)), max: 2 ** (n - 1) - 1 }),
    }),
  ),
  fc.record({
    kind: fc.constant("ue" as const),
    n: fc.constant(0),
    value: fc.oneof(fc.nat(20), fc.integer({ min: 0, max: 2 ** 32 - 2 })),
  }),
  fc.record({
    kind: fc.constant("se" as const),
    n: fc.constant(0),
    value: fc.oneof(fc.integer({ min: -9, max: 9 }), fc.integer({ min: -(2 ** 31) + 1, max: 2 ** 31 - 1 })),
  }),
  fc
    .integer({ min: 1, max: 9 })
    .chain((n) => fc.record({ kind: fc.constant("te" as const), n: fc.constant(n), value: fc.nat(n) })),
);

describe("what a writer writes", () => {
  it("is read back, at the right positions, with emulation prevention bytes anywhere", () => {
    fc.assert(
      fc.property(fc.array(element, { maxLength: 40 }), fc.nat(3), (elements, words) => {
        const w = new BitWriter();
        const starts: number[] = [];
        for (const { kind, n, value } of elements) {
          starts.push(w.position);
          if (kind === "u") w.u(n, value);
          else if (kind === "i") w.i(n, value);
          else if (kind === "ue") w.ue(value);
          else if (kind === "se") w.se(value);
          else w.te(value, n);
        }
        starts.push(w.position);
        w.trailing();
        for (let i = 0; i < words; i++) w.u(16, 0);
        const unit = escaped(w.bytes());
        const { bytes, codedByte } = unescaped(unit);
        expect(bytes).toEqual(w.bytes());
        const r = new BitReader(unit);
        for (const [i, { kind, n, value }] of elements.entries()) {
          expect(r.position).toBe(starts[i]);
          expect(r.more_rbsp_data()).toBe(true);
          if (kind === "u") expect(r.u(n, "x")).toBe(value);
          else if (kind === "i") expect(r.i(n, "x")).toBe(value);
          else if (kind === "ue") expect(r.ue("x")).toBe(value);
          else if (kind === "se") expect(r.se("x", -(2 ** 31), 2 ** 31)).toBe(value + 0);
          else expect(r.te("x", n)).toBe(value);
          const start = starts[i] as number;
          expect(r.codedPosition(start)).toBe((codedByte[start >> 3] as number) * 8 + (start & 7));
        }
        expect(r.position).toBe(starts.at(-1));
        expect(r.more_rbsp_data()).toBe(false);
        r.rbsp_trailing_bits();
      }),
      { seed: 1, numRuns: 500 },
    );
  });
});

describe("tolerate with an end", () => {
  const byte = fc.constantFrom(0, 0, 0, 1, 3, 3, 0x80, 0xff);

  it("reads no bit from after the end, loses none, and says what ends", () => {
    fc.assert(
      fc.property(
        fc.array(byte, { maxLength: 24 }),
        fc.nat(8),
        fc.nat(10),
        fc.array(fc.integer({ min: 1, max: 12 })),
        (coded, before, size, widths) => {
          const bits = [...unescaped(Uint8Array.from(coded)).bytes]
            .map((each) => each.toString(2).padStart(8, "0"))
            .join("");
          const r = reader(...coded);
          const take = (n: number) => r.u(n, "x").toString(2).padStart(n, "0");
          let read = "";
          for (let i = 0; i < before && read.length < bits.length; i++) read += take(8);
          const end = read.length + 8 * size;
          r.tolerate(() => {
            for (const n of widths) read += take(n);
          }, end);
          expect(r.position).toBe(read.length);
          expect(read.length).toBeLessThanOrEqual(end);
          // Where both end there, either is right.
          if (r.flaw !== null && end !== bits.length)
            expect(r.flaw.reason).toBe(end < bits.length ? "the payload ends here" : "the unit ends here");
          while (read.length < bits.length) read += take(1);
          expect(read).toBe(bits);
          expect(r.nextByte()).toBe(-1);
        },
      ),
      { seed: 1, numRuns: 2000 },
    );
  });
});
