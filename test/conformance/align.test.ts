import { describe, expect, it } from "vitest";
import { align, coverage } from "../../src/compare/align.ts";
import { variantKey, variantsOf } from "../../src/compare/variants.ts";
import { crc32 } from "../../src/record/crc32.ts";

/** `"a b c"`: buffers by name; `b+1` is b with a byte more. */
function buffers(text: string): { bytes: number; crc32: number }[] {
  return text.split(" ").map((name) => {
    const [base = "", more = "0"] = name.split("+");
    return { bytes: 1000 * (base.charCodeAt(0) - 96) + Number(more), crc32: base.charCodeAt(0) * 256 + Number(more) };
  });
}

function peersOf(ours: string, peer: string): number[] {
  return [...align(buffers(ours), buffers(peer)).peerOf];
}

describe("align", () => {
  it("pairs equal sequences", () => {
    expect(peersOf("a b c", "a b c")).toEqual([0, 1, 2]);
  });

  it("leaves a picture that the peer dropped alone", () => {
    expect(peersOf("a b c d", "a c d")).toEqual([0, -1, 1, 2]);
  });

  it("pairs buffers that differ by zero bytes at their end", () => {
    expect(peersOf("a b c", "a b+1 c+2")).toEqual([0, 1, 2]);
  });

  it("keeps the order where equal buffers come again", () => {
    expect(peersOf("a b b c", "a b b c+1")).toEqual([0, 1, 2, 3]);
    expect(peersOf("a b c a b", "a b a b")).toEqual([0, 1, -1, 2, 3]);
  });

  it("does not pair what is left over on both sides in different numbers", () => {
    expect(peersOf("a b c d", "a b+1 d")).toEqual([0, -1, -1, 2]);
  });

  it("knows variants of our buffers: zero bytes that follow slices, and slices that are missing", () => {
    const slices = [
      { bytes: new Uint8Array([7, 7]), zeros: 1 },
      { bytes: new Uint8Array([8]), zeros: 0 },
    ];
    const variants = variantsOf(slices);
    const variant = (...bytes: number[]) => variants.get(variantKey(bytes.length, crc32(new Uint8Array(bytes))));
    expect(variant(7, 7, 0, 8)).toBe("zeros");
    expect(variant(7, 7)).toBe("slices");
    expect(variant(8)).toBe("slices");
    expect(variant(7, 7, 8, 0)).toBeUndefined();
  });

  it("counts where the peer stopped, and what it left out or has more", () => {
    const alignment = align(buffers("a b c d e"), buffers("a c x d"));
    expect(coverage(alignment)).toEqual({ paired: 3, stopped: 1, dropped: 1, added: 1 });
  });
});
