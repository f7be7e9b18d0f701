import { expect, it } from "vitest";
import { BitReader } from "../../src/bitreader/index.ts";
import { readClosingBits } from "../../src/nal/closing-bits.ts";

function flawOf(...bytes: number[]) {
  const r = new BitReader(Uint8Array.from(bytes), { unit: "a set" });
  r.u(4, "element");
  return readClosingBits(r);
}

it("says what is wrong with rbsp_trailing_bits(), and throws nothing", () => {
  expect(flawOf(0xf8)).toBeNull();
  expect(flawOf(0xf0)).toMatchObject({ place: { unit: "a set", element: "rbsp_stop_one_bit", bit: 4 } });
  expect(flawOf(0xfa)).toMatchObject({ place: { element: "rbsp_alignment_zero_bit", bit: 6 } });
});
