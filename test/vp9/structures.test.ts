import { describe, expect, it } from "vitest";
import { vp9CompressedHeader } from "../../src/vp9/controls.ts";
import { CompressedHeader, MvProbs } from "../../src/vp9/structures.ts";

/** The arrays of a header, in the order of clause 6.3. */
function arraysOf({ mv_probs, probabilities, ...rest }: CompressedHeader): [string, Uint8Array][] {
  const all = [...Object.entries(rest), ...Object.entries(mv_probs)];
  return all.filter((entry): entry is [string, Uint8Array] => entry[1] instanceof Uint8Array);
}

describe("CompressedHeader", () => {
  it("has its arrays one after the other in one memory, without a gap", () => {
    const header = new CompressedHeader();
    let end = 0;
    for (const [name, array] of arraysOf(header)) {
      expect([name, array.byteOffset]).toEqual([name, end]);
      expect(array.buffer).toBe(header.probabilities.buffer);
      end += array.length;
    }
    expect(end).toBe(header.probabilities.length);
    expect(end).toBe(header.probabilities.buffer.byteLength);
  });

  it("gives the same payload after structuredClone", () => {
    const header = new CompressedHeader();
    header.probabilities.forEach((_, i) => {
      header.probabilities[i] = i % 251;
    });
    expect(vp9CompressedHeader(structuredClone(header))).toEqual(vp9CompressedHeader(header));
  });

  it("puts each array into the payload, and into no other field", () => {
    for (const [name, array] of arraysOf(new CompressedHeader())) {
      const header = new CompressedHeader();
      const own = arraysOf(header).find(([other]) => other === name)?.[1] as Uint8Array;
      own.fill(7);
      const payload = vp9CompressedHeader(header);
      expect([name, payload.filter((value) => value === 7).length]).toEqual([name, array.length]);
    }
  });
});

describe("MvProbs", () => {
  it("can be made without a header", () => {
    expect(new MvProbs().class0_fr).toEqual(new Uint8Array(12));
  });
});
