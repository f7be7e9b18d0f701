import { describe, expect, it } from "vitest";
import { validate } from "../../src/kernel/index.ts";
import { expectLimits, expectRewrite, payload, type Values } from "./payload.ts";

const frame = "V4L2_CID_STATELESS_VP9_FRAME";
const header = "V4L2_CID_STATELESS_VP9_COMPRESSED_HDR";

const RESILIENT = 0x4;
const REFRESH = 0x20;
const X = 0x80;
const Y = 0x100;

it("loses what is reserved, and nothing else", () => {
  const reserved = (value: number) => ({
    "lf.reserved[*]": value,
    "quant.reserved[*]": value,
    "seg.reserved[*]": value,
    "reserved[*]": value,
  });
  const beside = { "lf.flags": 3, "quant.delta_q_uv_ac": -15, "seg.flags": 31, flags: 0x3db, reference_mode: 2 };
  expectRewrite(frame, { ...reserved(255), ...beside, "seg.pred_probs[*]": 255 }, reserved(0));
  expectRewrite(header, { tx_mode: 4, "coef[*][*][*][*][*][*]": 255, "mv.hp[*]": 255 }, {});
});

describe("validate of VP9", () => {
  it.each<[string, Values, number[], number[]]>([
    ["flags", {}, [X | Y, 0x3fb, 0x3df], [0x580, 0x80000180]],
    ["flags", {}, [X | Y | RESILIENT, X | Y | REFRESH], [X | Y | RESILIENT | REFRESH]],
    ["flags", { profile: 0 }, [X | Y], [0, X, Y]],
    ["flags", { profile: 2, bit_depth: 10 }, [X | Y], [0, X, Y]],
    ["flags", { profile: 1 }, [0, X, Y], [X | Y]],
    ["flags", { profile: 3, bit_depth: 12 }, [0, X, Y], [X | Y]],
    ["profile", {}, [0], [4, 255]],
    ["bit_depth", { profile: 0 }, [8], [0, 9, 10, 12]],
    ["bit_depth", { profile: 1, flags: X }, [8], [0, 9, 10, 12]],
    ["bit_depth", { profile: 2 }, [10, 12], [0, 8, 11]],
    ["bit_depth", { profile: 3, flags: 0 }, [10, 12], [0, 8, 11]],
    ["reset_frame_context", {}, [0, 2], [3]],
    ["frame_context_idx", {}, [0, 3], [4]],
    ["interpolation_filter", {}, [0, 4], [5]],
    ["tile_cols_log2", {}, [0, 6], [7]],
    ["tile_rows_log2", {}, [0, 255], []],
    ["reference_mode", {}, [0, 2], [3]],
    ["lf.flags", {}, [0, 3], [4]],
    ["lf.level", {}, [0, 63], [64]],
    ["lf.sharpness", {}, [0, 7], [8]],
    ...[0, 1, 2, 3].map((i): [string, Values, number[], number[]] => [`lf.ref_deltas[${i}]`, {}, [-63, 63], [-64, 64]]),
    ...[0, 1].map((i): [string, Values, number[], number[]] => [`lf.mode_deltas[${i}]`, {}, [-63, 63], [-64, 64]]),
    ["quant.delta_q_y_dc", {}, [-15, 15], [-16, 16]],
    ["quant.delta_q_uv_dc", {}, [-15, 15], [-16, 16]],
    ["quant.delta_q_uv_ac", {}, [-15, 15], [-16, 16]],
    ["seg.flags", {}, [0, 31], [32]],
    ["seg.feature_enabled[0]", {}, [0, 15], [16]],
    ["seg.feature_enabled[7]", {}, [0, 15], [16]],
    ["seg.feature_data[0][0]", {}, [-255, 255], [-256, 256]],
    ["seg.feature_data[3][1]", {}, [-63, 63], [-64, 64]],
    ["seg.feature_data[5][2]", {}, [-3, 3], [-4, 4]],
    ["seg.feature_data[7][3]", {}, [0], [-1, 1]],
  ])("%s with %o", (path, given, good, bad) => expectLimits(frame, path, given, good, bad));

  it("tx_mode of the compressed header", () => expectLimits(header, "tx_mode", {}, [0, 4], [5]));

  it("says what is wrong with the flags", () => {
    const reasons = (values: Values) => validate(frame, payload(frame, values)).map(({ reason }) => reason);
    expect(reasons({ flags: 0x400 | X | Y })).toEqual(["unknown flags 0x400"]);
    expect(reasons({ flags: X | Y | RESILIENT | REFRESH })).toEqual([
      "ERROR_RESILIENT together with REFRESH_FRAME_CTX",
    ]);
    expect(reasons({ flags: X })).toEqual(["not 4:2:0 with profile 0"]);
    expect(reasons({ profile: 1 })).toEqual(["4:2:0 with profile 1"]);
    expect(reasons({ profile: 2 })).toEqual(["not 10 or 12 with profile 2"]);
  });
});
