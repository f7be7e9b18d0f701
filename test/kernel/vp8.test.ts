import { expect, it } from "vitest";
import { validate } from "../../src/kernel/index.ts";
import { expectLimits, expectRewrite, payload } from "./payload.ts";

const frame = "V4L2_CID_STATELESS_VP8_FRAME";

it("loses what is padding, and nothing else", () => {
  const padding = (value: number) => ({
    "segment.padding": value,
    "lf.padding": value,
    "quant.padding": value,
    "entropy.padding[*]": value,
    "coder_state.padding": value,
  });
  const beside = {
    "segment.segment_probs[*]": 255,
    "segment.flags": 0xffffffff,
    "lf.level": 255,
    "lf.flags": 0xffffffff,
    "quant.uv_ac_delta": -1,
    "entropy.mv_probs[*][*]": 255,
    "coder_state.bit_count": 255,
    "coder_state.range": 255,
    width: 0xffff,
  };
  expectRewrite(frame, { ...padding(255), ...beside }, padding(0));
});

it("has 1, 2, 4 or 8 partitions of coefficients", () => {
  expectLimits(frame, "num_dct_parts", {}, [1, 2, 4, 8], [0, 3, 5, 6, 7, 9, 16, 255]);
  expect(validate(frame, payload(frame, { num_dct_parts: 3 }))).toEqual([
    { path: "num_dct_parts", value: 3, reason: "not 1 or 2 or 4 or 8" },
  ]);
});
