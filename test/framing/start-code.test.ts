import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findStartCode } from "../../src/framing/start-code.ts";

/** The definition, byte by byte. */
function naive(bytes: Uint8Array, from: number, to: number): number {
  for (let at = from; at + 3 <= to; at++) {
    if (bytes[at] === 0 && bytes[at + 1] === 0 && bytes[at + 2] === 1) return at;
  }
  return -1;
}

/** Numbers that look random and are the same in every run. */
function* numbers(seed: number): Generator<number> {
  for (let state = seed; ; ) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    yield state >>> 8;
  }
}

describe("findStartCode", () => {
  it("finds a lone prefix at every place, alignment and length around that of the word scan", () => {
    const buffer = new ArrayBuffer(400);
    for (const fill of [0xff, 0, 1, 2, 3]) {
      for (let alignment = 0; alignment < 4; alignment++) {
        for (const length of [3, 4, 17, 255, 256, 257, 258, 259, 260, 271, 272, 273, 290]) {
          for (let place = 0; place + 3 <= length; place++) {
            const bytes = new Uint8Array(buffer, alignment, length).fill(fill);
            bytes.set([0, 0, 1], place);
            const expected = naive(bytes, 0, length);
            const found = findStartCode(bytes, 0, length);
            if (found !== expected)
              expect.fail(`${found}, not ${expected}: ${fill}, ${alignment}, ${length}, ${place}`);
          }
        }
      }
    }
  });

  it("does not see a prefix that lies partly outside", () => {
    for (const length of [10, 300]) {
      const bytes = new Uint8Array(length + 8).fill(7);
      bytes.set([0, 0, 1], length - 2);
      bytes.set([0, 0, 1], 0);
      for (let alignment = 1; alignment < 5; alignment++) expect(findStartCode(bytes, alignment, length)).toBe(-1);
      expect(findStartCode(bytes, 1, length + 1)).toBe(length - 2);
    }
  });

  it("finds nothing after the last byte, where the end is said to be later", () => {
    for (const length of [2, 5, 300, 4001]) {
      const bytes = new Uint8Array(length).fill(7);
      bytes.fill(0, -2);
      for (const to of [length + 1, length + 5, Infinity]) expect(findStartCode(bytes, 0, to)).toBe(-1);
      if (length > 2) bytes.set([0, 0, 1], length - 3);
      if (length > 2) expect(findStartCode(bytes, 0, Infinity)).toBe(length - 3);
    }
  });

  it("equals the definition on every alphabet, alignment, offset and length", () => {
    const random = numbers(1);
    const next = (below: number) => (random.next().value as number) % below;
    const buffer = new ArrayBuffer(700);
    for (const alphabet of [
      [0, 1],
      [0, 1, 2, 3],
      [0, 3],
      [0, 0, 0, 1, 0xff],
      [0xfe, 0xff, 0, 1],
      [0x80, 0, 1, 0x7f],
    ]) {
      for (let run = 0; run < 3000; run++) {
        const length = run % 3 === 0 ? next(40) : 200 + next(400);
        const bytes = new Uint8Array(buffer, next(8), length);
        // Mostly one value, so that prefixes are rare and the scan goes far.
        const rare = 1 + next(60);
        for (let i = 0; i < length; i++) bytes[i] = alphabet[next(rare) === 0 ? next(alphabet.length) : 0] as number;
        const from = length === 0 ? 0 : next(Math.min(length, 20));
        const to = length - next(Math.min(length - from, 20) + 1);
        for (let at = from; at >= 0 && at <= to; ) {
          const expected = naive(bytes, at, to);
          const found = findStartCode(bytes, at, to);
          if (found !== expected) expect.fail(`${found}, not ${expected}: ${at} ${to} of ${bytes}`);
          at = expected < 0 ? -1 : expected + 1;
        }
      }
    }
  });

  it("equals the definition on bytes that fast-check makes up", () => {
    const small = fc.uint8Array({ max: 3, minLength: 0, maxLength: 600 });
    fc.assert(
      fc.property(small, fc.nat(30), (bytes, from) => {
        const start = Math.min(from, bytes.length);
        expect(findStartCode(bytes, start, bytes.length)).toBe(naive(bytes, start, bytes.length));
      }),
      { seed: 1, numRuns: 1000 },
    );
  });
});
