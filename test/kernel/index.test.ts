import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { kernelRules, normalise, validate } from "../../src/kernel/index.ts";
import { controlByName, controls, type LeafField, leafFields, viewOf } from "../../src/uapi/index.ts";
import { payload, structOf } from "./payload.ts";

const pps = "V4L2_CID_STATELESS_H264_PPS";
const entryPoints = "V4L2_CID_STATELESS_HEVC_ENTRY_POINT_OFFSETS";

/** Payloads of every rule's control that often pass: each field is small, near its limits, or anything. */
function payloads(name: string): fc.Arbitrary<Uint8Array> {
  const leaves = leafFields(structOf(name));
  const change = fc.tuple(fc.constantFrom(...leaves), fc.oneof(fc.integer({ min: -64, max: 66 }), fc.integer()));
  return fc.array(change, { maxLength: 40 }).map((changes) => {
    const bytes = payload(name, {});
    for (const [leaf, value] of changes) write(bytes, leaf, value);
    return bytes;
  });
}

function write(bytes: Uint8Array, { type, offset }: LeafField, value: number): void {
  if (typeof type.min === "bigint") type.write(viewOf(bytes), offset, BigInt.asUintN(64, BigInt(value)));
  else type.write(viewOf(bytes), offset, value);
}

it("has a rule for every control that is made of structs", () => {
  const structControls = Object.values(controls).filter(({ type }) => type === "struct");
  expect(Object.keys(kernelRules).sort()).toEqual(structControls.map(({ name }) => name).sort());
});

describe.each(Object.keys(kernelRules))("%s", (name) => {
  it("is normalised once and for all", () => {
    const idempotent = fc.property(payloads(name), (bytes) => {
      const once = normalise(name, bytes);
      expect(normalise(name, once)).toEqual(once);
    });
    fc.assert(idempotent, { numRuns: 50 });
  });

  it("is refused or taken alike, normalised or not", () => {
    const alike = fc.property(payloads(name), (bytes) => {
      expect(validate(name, normalise(name, bytes))).toEqual(validate(name, bytes));
    });
    fc.assert(alike, { numRuns: 50 });
  });

  it("names in each refusal a field and the value the kernel sees there", () => {
    const truthful = fc.property(payloads(name), (bytes) => {
      const view = viewOf(normalise(name, bytes));
      for (const { path, value } of validate(name, bytes)) {
        const leaf = leafFields(structOf(name)).find((candidate) => candidate.path === path.replace("[0].", ""))!;
        expect(leaf.type.read(view, leaf.offset), path).toBe(value);
      }
    });
    fc.assert(truthful, { numRuns: 50 });
  });
});

describe("the size of a payload", () => {
  const refusal = (name: string, bytes: number) => validate(name, new Uint8Array(bytes));

  it("is that of the struct", () => {
    expect(refusal(pps, 12)).toEqual([]);
    for (const bytes of [0, 11, 13]) expect(refusal(pps, bytes)).toEqual([{ path: "", value: bytes, reason: "not 12 bytes" }]); // biome-ignore format: one line
  });

  it("is from one element of a dynamic array to as many as there may be", () => {
    for (const [name, size, most] of [
      ["V4L2_CID_STATELESS_HEVC_SLICE_PARAMS", 280, 600],
      [entryPoints, 4, 256],
      ["V4L2_CID_STATELESS_HEVC_EXT_SPS_ST_RPS", 80, 64],
      ["V4L2_CID_STATELESS_HEVC_EXT_SPS_LT_RPS", 4, 32],
    ] as const) {
      expect(refusal(name, size)).toEqual([]);
      expect(refusal(name, most * size)).toEqual([]);
      expect(refusal(name, 0)).toMatchObject([{ path: "", value: 0, reason: "no element" }]);
      expect(refusal(name, size + 1)).toMatchObject([{ path: "", reason: expect.stringContaining("whole number") }]);
      expect(refusal(name, (most + 1) * size)).toMatchObject([
        { path: "", reason: expect.stringContaining("more than") },
      ]);
    }
  });

  it("keeps normalise from touching what the kernel would not take", () => {
    const bytes = new Uint8Array(41).fill(255);
    expect(normalise("V4L2_CID_STATELESS_HEVC_SPS", bytes)).toEqual(bytes);
  });
});

describe("menus", () => {
  it("take the values of their menu", () => {
    for (const { name, type } of Object.values(controls)) {
      if (type !== "menu") continue;
      expect(validate(name, 0)).toEqual([]);
      expect(validate(name, 1)).toEqual([]);
      for (const value of [-1, 2]) expect(validate(name, value)).toEqual([{ path: "", value, reason: "not 0 or 1" }]);
    }
  });
});

describe("arguments", () => {
  it("of another control or kind are TypeErrors", () => {
    const menu = "V4L2_CID_STATELESS_H264_DECODE_MODE";
    for (const call of [
      () => normalise("V4L2_CID_FWHT_I_FRAME_QP", new Uint8Array(1)),
      () => validate("toString", new Uint8Array(1)),
      () => normalise(menu, new Uint8Array(4)),
      () => validate(menu, new Uint8Array(4)),
      () => validate(pps, 0),
    ]) {
      expect(call).toThrow(TypeError);
    }
    expect(controlByName(menu)?.type).toBe("menu");
  });

  it("stay as they are: normalise returns a new array", () => {
    const bytes = new Uint8Array(8).fill(255);
    const result = normalise(entryPoints, bytes);
    expect(result).toEqual(bytes);
    expect(result.buffer).not.toBe(bytes.buffer);
  });

  it("may be views into a larger buffer", () => {
    const name = "V4L2_CID_STATELESS_MPEG2_PICTURE";
    const large = new Uint8Array(64).fill(255);
    const bytes = large.subarray(16, 48);
    bytes.set(payload(name, { "reserved[*]": 255 }));
    expect(normalise(name, bytes)).toEqual(payload(name, {}));
    expect(validate(name, bytes)).toEqual([]);
    expect(large.subarray(0, 16)).toEqual(new Uint8Array(16).fill(255));
  });
});
