import { describe, expect, it } from "vitest";
import { BoolDecoder } from "../../src/bitreader/index.ts";
import { BitstreamError } from "../../src/errors.ts";
import { BoolEncoder } from "../../src/testing/bool-encoder.ts";
import { Random } from "../../support/random.ts";
import { TraceRecorder } from "../../support/trace-recorder.ts";

/** Bools that are 1 as often as their probabilities say, extremes included. */
function randomBools(seed: number, count: number) {
  const random = new Random(seed);
  return Array.from({ length: count }, () => {
    const probability = random.below(8) === 0 ? ([0, 1, 254, 255][random.below(4)] as number) : random.below(256);
    return { probability, value: random.below(256) < probability ? 0 : 1 };
  });
}

function traced(bytes: Uint8Array) {
  const trace = new TraceRecorder();
  trace.unit({ name: "test", byte: 0, bytes });
  return { trace, decoder: new BoolDecoder(bytes, { trace, byte: 10 }) };
}

describe("the boolean decoder (RFC 6386, 7)", () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])("reads what an encoder wrote, and knows where it stands: seed %i", (seed) => {
    const bools = randomBools(seed, 3000);
    const encoder = new BoolEncoder();
    const positions = bools.map(({ value, probability }) => encoder.bool(value, probability).shifts);
    const decoder = new BoolDecoder(encoder.bytes());
    const values: number[] = [];
    const standing: number[] = [];
    for (const [i, { probability }] of bools.entries()) {
      values.push(decoder.bool(probability, "x"));
      standing.push(decoder.position);
      const { bit_count, range, value } = decoder.state;
      const isRight = bit_count === (8 - (decoder.position % 8)) % 8 && range > 127 && value < range;
      if (!isRight) expect.fail(`bool ${i}: bit_count ${bit_count}, range ${range}, value ${value}`);
    }
    expect(values).toEqual(bools.map(({ value }) => value));
    expect(standing).toEqual(positions);
  });

  it.each([11, 12, 13])("finds the same flags in runs as one by one, traced or not: seed %i", (seed) => {
    const bools = randomBools(seed, 1500);
    const encoder = new BoolEncoder();
    for (const { value, probability } of bools) encoder.bool(value, probability);
    const probabilities = Uint8Array.from(bools, ({ probability }) => probability);
    const set = bools.flatMap(({ value }, place) => (value ? [place] : []));
    const { trace, decoder: slow } = traced(encoder.bytes());
    const fast = new BoolDecoder(encoder.bytes());
    for (const decoder of [fast, slow]) {
      const found: number[] = [];
      const next = (from: number) =>
        decoder.nextSet(probabilities, from, probabilities.length, "x", (place) => [place]);
      for (let place = next(0); place < probabilities.length; place = next(place + 1)) found.push(place);
      expect(found).toEqual(set);
    }
    expect(fast.state).toEqual(slow.state);
    expect(trace.units[0]?.elements.map(({ value }) => value)).toEqual(bools.map(({ value }) => value));
  });

  it("tells the trace where each element begins, how much it uses up, and the decoder's state", () => {
    const encoder = new BoolEncoder().u(7, 0x55).bool(1, 3).bool(0, 255);
    const { trace, decoder } = traced(encoder.bytes());
    decoder.u(7, "a", 1);
    decoder.bool(3, "b");
    decoder.bool(255, "c");
    const [a, b, c] = trace.units[0]?.elements ?? [];
    expect(a).toMatchObject({ name: "a", subscripts: [1], descriptor: "bool", bit: 80, value: 0x55 });
    expect(a?.coder).toMatchObject({ range: 255, bit_count: 0, probability: 128 });
    expect(b).toMatchObject({ bit: 80 + (a?.length ?? 0), value: 1 });
    expect(c).toMatchObject({ length: 0, value: 0 });
  });

  it("takes zeros for what lies behind the end, and throws when bools use them up", () => {
    const decoder = new BoolDecoder(Uint8Array.of(0));
    for (let i = 0; i < 7; i++) expect(decoder.bool(128, "x")).toBe(0);
    expect(() => {
      for (let i = 0; i < 4; i++) decoder.u(1, "y", i);
    }).toThrow(BitstreamError);
  });

  it("names the flag of a run that the end cuts off, with and without a trace", () => {
    const flags = new Uint8Array(64).fill(200);
    for (let bytes = 0; bytes < 8; bytes++) {
      for (let from = 0; from < 5; from++) {
        const run = (decoder: BoolDecoder) => () => decoder.nextSet(flags, from, 64, "z", (i) => [i]);
        const errors = [
          new BoolDecoder(new Uint8Array(bytes), { byte: 10 }),
          traced(new Uint8Array(bytes)).decoder,
        ].map((decoder) => {
          try {
            return run(decoder)();
          } catch (thrown) {
            return String(thrown);
          }
        });
        expect(errors[0], `${bytes} bytes from ${from}`).toBe(errors[1]);
      }
    }
    const none = () => new BoolDecoder(new Uint8Array(0)).nextSet(flags, 0, 64, "z", (i) => [i]);
    expect(none).toThrow(/z\[0\]|z\[1\]|z\[2\]/);
  });

  it("refuses a first byte of 255: the value must be less than the range", () => {
    expect(() => new BoolDecoder(Uint8Array.of(255, 0), { byte: 10 })).toThrow(/first byte is 255/);
    expect(new BoolDecoder(Uint8Array.of(254, 255)).bool(128, "x")).toBe(1);
  });

  it("finds nothing in a run that ends before it begins", () => {
    const decoder = new BoolDecoder(new Uint8Array(4));
    expect(decoder.nextSet(new Uint8Array(10).fill(252), 5, 3, "z", (i) => [i])).toBe(5);
    expect(decoder.position).toBe(0);
  });
});
