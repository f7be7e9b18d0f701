import { describe, expect, it } from "vitest";
import { validate } from "../../src/kernel/index.ts";
import {
  V4L2_HEVC_PPS_FLAG_LOOP_FILTER_ACROSS_TILES_ENABLED as ACROSS_TILES,
  V4L2_HEVC_PPS_FLAG_CU_QP_DELTA_ENABLED as CU_QP_DELTA,
  V4L2_HEVC_SPS_FLAG_LONG_TERM_REF_PICS_PRESENT as LONG_TERM,
  V4L2_HEVC_PPS_FLAG_PPS_DISABLE_DEBLOCKING_FILTER as NO_DEBLOCKING,
  V4L2_HEVC_SPS_FLAG_PCM_ENABLED as PCM,
  V4L2_HEVC_PPS_FLAG_TILES_ENABLED as TILES,
} from "../../src/uapi/index.ts";
import { expectLimits, expectRewrite, payload, type Values } from "./payload.ts";

const sps = "V4L2_CID_STATELESS_HEVC_SPS";
const pps = "V4L2_CID_STATELESS_HEVC_PPS";
const slice = "V4L2_CID_STATELESS_HEVC_SLICE_PARAMS";
const decode = "V4L2_CID_STATELESS_HEVC_DECODE_PARAMS";
const shortTerm = "V4L2_CID_STATELESS_HEVC_EXT_SPS_ST_RPS";
const longTerm = "V4L2_CID_STATELESS_HEVC_EXT_SPS_LT_RPS";

const pcm = {
  pcm_sample_bit_depth_luma_minus1: 7,
  pcm_sample_bit_depth_chroma_minus1: 7,
  log2_min_pcm_luma_coding_block_size_minus3: 1,
  log2_diff_max_min_pcm_luma_coding_block_size: 2,
};
const noPcm = {
  pcm_sample_bit_depth_luma_minus1: 0,
  pcm_sample_bit_depth_chroma_minus1: 0,
  log2_min_pcm_luma_coding_block_size_minus3: 0,
  log2_diff_max_min_pcm_luma_coding_block_size: 0,
};
const tiles = {
  num_tile_columns_minus1: 19,
  num_tile_rows_minus1: 21,
  "column_width_minus1[*]": 3,
  "row_height_minus1[*]": 4,
};
const noTiles = {
  num_tile_columns_minus1: 0,
  num_tile_rows_minus1: 0,
  "column_width_minus1[*]": 0,
  "row_height_minus1[*]": 0,
};
const fullSps = { ...pcm, num_long_term_ref_pics_sps: 32, num_short_term_ref_pic_sets: 64, "reserved[*]": 255 };
const fullPps = { ...tiles, diff_cu_qp_delta_depth: 3, pps_beta_offset_div2: -6, pps_tc_offset_div2: 6, reserved: 255 };

describe("normalise of H.265", () => {
  it.each<[string, string, Values, Values]>([
    ["PCM and long-term pictures stay with their flags", sps, { ...fullSps, flags: PCM | LONG_TERM }, {}],
    ["PCM goes without its flag", sps, { ...fullSps, flags: 0x1ff & ~PCM }, noPcm],
    [
      "long-term pictures go without",
      sps,
      { ...fullSps, flags: 0x1ff & ~LONG_TERM },
      { num_long_term_ref_pics_sps: 0 },
    ],
    ["a PPS with tiles stays", pps, { ...fullPps, flags: TILES | ACROSS_TILES | CU_QP_DELTA }, {}],
    [
      "tiles go without their flag",
      pps,
      { ...fullPps, flags: 0x1fffff & ~TILES & ~NO_DEBLOCKING },
      { ...noTiles, flags: 0x1fffff & ~TILES & ~NO_DEBLOCKING & ~ACROSS_TILES },
    ],
    ["the QP delta depth goes without its flag", pps, { ...fullPps, flags: TILES }, { diff_cu_qp_delta_depth: 0 }],
    [
      "the filter offsets go when the filter is off",
      pps,
      { ...fullPps, flags: TILES | CU_QP_DELTA | NO_DEBLOCKING },
      { pps_beta_offset_div2: 0, pps_tc_offset_div2: 0 },
    ],
    ["slice parameters stay", slice, { "reserved0[*]": 255, "reserved1[*]": 255, num_ref_idx_l1_active_minus1: 9 }, {}],
    ["decode parameters stay", decode, { "reserved[*]": 255, "dpb[*].reserved": 0xffff, flags: 7 }, {}],
    ["a scaling matrix stays", "V4L2_CID_STATELESS_HEVC_SCALING_MATRIX", { "scaling_list_4x4[*][*]": 255 }, {}],
    ["a short-term set stays", shortTerm, { delta_rps_sign: 255, num_negative_pics: 16, flags: 1 }, {}],
    ["a long-term candidate stays", longTerm, { lt_ref_pic_poc_lsb_sps: 65535, flags: 1 }, {}],
  ])("%s", (_, name, given, kept) => expectRewrite(name, given, kept));
});

describe("validate of H.265", () => {
  it.each<[string, string, Values, number[], number[]]>([
    [sps, "num_short_term_ref_pic_sets", {}, [0, 64], [65]],
    [sps, "num_long_term_ref_pics_sps", { flags: LONG_TERM }, [0, 32], [33]],
    [pps, "num_tile_columns_minus1", { flags: TILES }, [0, 19], [20]],
    [pps, "num_tile_rows_minus1", { flags: TILES }, [0, 21], [22]],
    [decode, "num_active_dpb_entries", {}, [0, 16], [17]],
    [slice, "num_ref_idx_l0_active_minus1", { slice_type: 0 }, [0, 15], [16]],
    [slice, "num_ref_idx_l0_active_minus1", { slice_type: 1 }, [0, 15], [16]],
    [slice, "num_ref_idx_l0_active_minus1", { slice_type: 2 }, [0, 15], [16]],
    [slice, "num_ref_idx_l1_active_minus1", { slice_type: 0 }, [0, 15], [16]],
    [slice, "num_ref_idx_l1_active_minus1", { slice_type: 1 }, [0, 15, 16, 255], []],
    [slice, "num_ref_idx_l1_active_minus1", { slice_type: 2 }, [16], []],
    [shortTerm, "flags", {}, [0, 1], [2, 3, 0x8000]],
    [shortTerm, "num_negative_pics", {}, [0, 16], [17]],
    [shortTerm, "num_positive_pics", {}, [0, 16], [17]],
    [shortTerm, "num_positive_pics", { num_negative_pics: 10 }, [6], [7]],
    [longTerm, "flags", {}, [0, 1], [2, 3]],
  ])("%s: %s with %o", (name, path, given, good, bad) => expectLimits(name, path, given, good, bad));

  it("does not refuse counts that the kernel has cleared before it looks", () => {
    expect(validate(sps, payload(sps, { num_long_term_ref_pics_sps: 255 }))).toEqual([]);
    expect(validate(pps, payload(pps, { num_tile_columns_minus1: 255, num_tile_rows_minus1: 255 }))).toEqual([]);
  });

  it("names both counts of a short-term set when both are too many", () => {
    const refusals = validate(shortTerm, payload(shortTerm, { num_negative_pics: 17, num_positive_pics: 18 }));
    expect(refusals.map(({ path }) => path)).toEqual(["[0].num_negative_pics", "[0].num_positive_pics"]);
  });

  it("looks at every element of a dynamic array", () => {
    const elements = [{}, { num_ref_idx_l0_active_minus1: 16 }, {}, { num_ref_idx_l1_active_minus1: 99 }];
    const bytes = Buffer.concat(elements.map((values) => payload(slice, values)));
    expect(validate(slice, bytes)).toEqual([
      { path: "[1].num_ref_idx_l0_active_minus1", value: 16, reason: "not in 0..15" },
      { path: "[3].num_ref_idx_l1_active_minus1", value: 99, reason: "not in 0..15 in a B slice" },
    ]);
  });
});
