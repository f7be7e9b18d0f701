import fc from "fast-check";
import { describe, expect, expectTypeOf, it } from "vitest";
import { type v4l2_ctrl_h264_decode_params, v4l2_ctrl_hevc_pps } from "../../src/uapi/index.ts";
import {
  array,
  decodeStruct,
  encodeStruct,
  enumeration,
  flagNames,
  flagSet,
  flagValue,
  type Infer,
  leafFields,
  s8,
  s16,
  s32,
  s64,
  struct,
  u8,
  u16,
  u32,
  u64,
  valueName,
  viewOf,
} from "../../src/uapi/struct.ts";
import { constants, structs } from "./structs.ts";

const inner = struct("inner", 4, { a: u8, b: u16 });
const outer = struct("outer", 64, {
  first: u8,
  wide: u64,
  list: array(inner, 2),
  table: array(s8, 2, 3),
  signed: s16,
  long: s32,
  longer: s64,
  last: array(u8, 9),
});

describe("struct", () => {
  it("places fields by their natural alignment", () => {
    expect(outer.offsets).toEqual({
      first: 0,
      wide: 8,
      list: 16,
      table: 24,
      signed: 30,
      long: 32,
      longer: 40,
      last: 48,
    });
    expect(outer.alignment).toBe(8);
    expect(inner.offsets).toEqual({ a: 0, b: 2 });
  });

  it("refuses to load when the layout is not of the stated size", () => {
    expect(() => struct("wrong", 3, { a: u8, b: u16 })).toThrow(
      "struct wrong is laid out in 4 bytes and should have 3",
    );
  });

  it("infers the value's type from the fields", () => {
    expectTypeOf<Infer<typeof outer>>().toEqualTypeOf<{
      first: number;
      wide: bigint;
      list: { a: number; b: number }[];
      table: number[][];
      signed: number;
      long: number;
      longer: bigint;
      last: number[];
    }>();
    expectTypeOf<v4l2_ctrl_h264_decode_params["dpb"][number]["reference_ts"]>().toEqualTypeOf<bigint>();
  });
});

const value: Infer<typeof outer> = {
  first: 1,
  wide: 0x1122334455667788n,
  list: [
    { a: 2, b: 0x0304 },
    { a: 5, b: 0x0607 },
  ],
  table: [
    [-1, 2, -3],
    [4, -5, 6],
  ],
  signed: -2,
  long: -3,
  longer: -4n,
  last: [1, 2, 3, 4, 5, 6, 7, 8, 9],
};

describe("encodeStruct and decodeStruct", () => {
  it("write little-endian at the offsets, with zeros between", () => {
    const hex = [...encodeStruct(outer, value)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    expect(hex).toBe(
      "01000000000000008877665544332211" +
        "0200040305000706ff02fd04fb06feff" +
        "fdffffff00000000fcffffffffffffff" +
        "01020304050607080900000000000000",
    );
    expect(decodeStruct(outer, encodeStruct(outer, value))).toEqual(value);
  });

  it("read from the middle of a buffer", () => {
    expect(decodeStruct(inner, new Uint8Array([9, 9, 9, 1, 0, 2, 3]).subarray(3))).toEqual({ a: 1, b: 0x0302 });
  });

  it("name both sizes when the bytes are of another size", () => {
    expect(() => decodeStruct(inner, new Uint8Array(5))).toThrow(new TypeError("struct inner has 4 bytes, not 5"));
  });

  it.each<[string, unknown, string]>([
    ["too large", { ...value, first: 256 }, "first must be a u8; it is 256"],
    ["negative", { ...value, list: [value.list[0], { a: -1, b: 0 }] }, "list[1].a must be a u8; it is -1"],
    ["no integer", { ...value, signed: 1.5 }, "signed must be a s16; it is 1.5"],
    ["a number for a bigint", { ...value, wide: 1 }, "wide must be a u64; it is 1"],
    ["a bigint for a number", { ...value, long: 1n }, "long must be a s32; it is 1"],
    ["too large a bigint", { ...value, longer: 1n << 63n }, "longer must be a s64; it is 9223372036854775808"],
    ["missing", { ...value, long: undefined }, "long must be a s32; it is undefined"],
    ["a short array", { ...value, table: [[1, 2, 3], [4, 5]] }, "table[1] must be an array of 3 elements"], // biome-ignore format: one line
    ["no object", { ...value, list: [1, 2] }, "list[0] must be an object"],
  ])("name the field of a value that does not fit: %s", (_, wrong, message) => {
    expect(() => encodeStruct(outer, wrong as Infer<typeof outer>)).toThrow(new TypeError(message));
  });

  it.each([...structs])("are inverse for struct %s", (_, def) => {
    const payload = fc.uint8Array({ minLength: def.size, maxLength: def.size });
    const inverse = fc.property(payload, (bytes) => {
      expect(encodeStruct(def, decodeStruct(def, bytes))).toEqual(bytes);
    });
    fc.assert(inverse, { numRuns: 20 });
  });
});

describe("leafFields", () => {
  it("enumerates the integers of nested structs and arrays with their paths and offsets", () => {
    const leaves = leafFields(outer).map(({ path, type, offset }) => `${offset} ${type.name} ${path}`);
    expect(leaves.slice(0, 12)).toEqual([
      "0 u8 first",
      "8 u64 wide",
      "16 u8 list[0].a",
      "18 u16 list[0].b",
      "20 u8 list[1].a",
      "22 u16 list[1].b",
      "24 s8 table[0][0]",
      "25 s8 table[0][1]",
      "26 s8 table[0][2]",
      "27 s8 table[1][0]",
      "28 s8 table[1][1]",
      "29 s8 table[1][2]",
    ]);
    expect(leaves).toHaveLength(24);
  });

  it("reads what decodeStruct reads", () => {
    const view = viewOf(encodeStruct(outer, value));
    const read = (path: string) => {
      const leaf = leafFields(outer).find((candidate) => candidate.path === path)!;
      return leaf.type.read(view, leaf.offset);
    };
    expect([read("list[1].b"), read("table[1][1]"), read("longer"), read("last[8]")]).toEqual([0x0607, -5, -4n, 9]);
  });
});

describe("names of values", () => {
  const flags = flagSet(u32, { ONE: 1, TWO: 2, TOP: 0x80000000 });

  it("spells flags by their names, and bits without one as a number", () => {
    expect(flagNames(flags, 0)).toEqual([]);
    expect(flagNames(flags, 0x80000003)).toEqual(["ONE", "TWO", "TOP"]);
    expect(flagNames(flags, 0x31)).toEqual(["ONE", "0x30"]);
    expect(flagNames(v4l2_ctrl_hevc_pps.members.flags, 0x100001n)).toEqual([
      "V4L2_HEVC_PPS_FLAG_DEPENDENT_SLICE_SEGMENT_ENABLED",
      "V4L2_HEVC_PPS_FLAG_UNIFORM_SPACING",
    ]);
  });

  it("has numbers of several bits among flags", () => {
    const type = flagSet(u32, { ONE: 1, COUNT: 0x70, TOP: 0x80000000 }, { THREE: 0x30 });
    expect(flagNames(type, 0x21)).toEqual(["ONE", "COUNT"]);
    expect([0, 0x21, 0x30, 0xffffffff].map((value) => flagValue(value, 0x70))).toEqual([0, 2, 3, 7]);
    expect([0x80000000, 0x80000001n].map((value) => flagValue(value, 0x80000000))).toEqual([1, 1]);
    expect(valueName(type, 0x30)).toBe("THREE");
  });

  it("names the value of an enumeration", () => {
    const type = enumeration(u8, { NONE: 0, SOME: 2 });
    expect([0, 1, 2].map((n) => valueName(type, n))).toEqual(["NONE", undefined, "SOME"]);
  });

  it("are known for every constant that is a bit or a value of a field", () => {
    const named = new Set<string>();
    for (const def of structs.values()) {
      for (const { type } of leafFields(def)) {
        for (const name of Object.keys({ ...type.flags, ...type.values })) named.add(name);
      }
    }
    const rest = [...constants.keys()].filter(
      (name) => !named.has(name) && !/^V4L2_(CID|PIX_FMT|STATELESS|CTRL_CLASS)_/.test(name),
    );
    expect(rest.sort()).toEqual([
      "V4L2_AV1_AR_COEFFS_SIZE",
      "V4L2_AV1_CDEF_MAX",
      "V4L2_AV1_MAX_NUM_CB_POINTS",
      "V4L2_AV1_MAX_NUM_CR_POINTS",
      "V4L2_AV1_MAX_NUM_PLANES",
      "V4L2_AV1_MAX_NUM_Y_POINTS",
      "V4L2_AV1_MAX_OPERATING_POINTS",
      "V4L2_AV1_MAX_SEGMENTS",
      "V4L2_AV1_MAX_TILE_COLS",
      "V4L2_AV1_MAX_TILE_COUNT",
      "V4L2_AV1_MAX_TILE_ROWS",
      "V4L2_AV1_NUM_PLANES_MAX",
      "V4L2_AV1_REFS_PER_FRAME",
      "V4L2_AV1_REF_ALTREF2_FRAME",
      "V4L2_AV1_REF_ALTREF_FRAME",
      "V4L2_AV1_REF_BWDREF_FRAME",
      "V4L2_AV1_REF_GOLDEN_FRAME",
      "V4L2_AV1_REF_INTRA_FRAME",
      "V4L2_AV1_REF_LAST2_FRAME",
      "V4L2_AV1_REF_LAST3_FRAME",
      "V4L2_AV1_REF_LAST_FRAME",
      "V4L2_AV1_SEG_LVL_ALT_LF_Y_V",
      "V4L2_AV1_SEG_LVL_ALT_Q",
      "V4L2_AV1_SEG_LVL_MAX",
      "V4L2_AV1_SEG_LVL_REF_FRAME",
      "V4L2_AV1_SEG_LVL_REF_GLOBALMV",
      "V4L2_AV1_SEG_LVL_REF_SKIP",
      "V4L2_AV1_TOTAL_REFS_PER_FRAME",
      "V4L2_FWHT_FL_COMPONENTS_NUM_OFFSET",
      "V4L2_FWHT_FL_PIXENC_OFFSET",
      "V4L2_FWHT_VERSION",
      "V4L2_H264_NUM_DPB_ENTRIES",
      "V4L2_H264_REF_LIST_LEN",
      "V4L2_HEVC_DPB_ENTRIES_NUM_MAX",
      "V4L2_VP8_COEFF_PROB_CNT",
      "V4L2_VP8_MV_PROB_CNT",
      "V4L2_VP9_NUM_FRAME_CTX",
      "V4L2_VP9_PROFILE_MAX",
      "V4L2_VP9_SEGMENT_FEATURE_ENABLED_MASK",
      "V4L2_VP9_SEG_LVL_ALT_L",
      "V4L2_VP9_SEG_LVL_ALT_Q",
      "V4L2_VP9_SEG_LVL_MAX",
      "V4L2_VP9_SEG_LVL_REF_FRAME",
      "V4L2_VP9_SEG_LVL_SKIP",
    ]);
  });
});
