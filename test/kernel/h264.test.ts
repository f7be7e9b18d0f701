import { describe, expect, it } from "vitest";
import { h264KernelRules, validate } from "../../src/kernel/index.ts";
import { viewOf } from "../../src/uapi/index.ts";
import { expectLimits, expectRewrite, payload, type Values } from "./payload.ts";

const sps = "V4L2_CID_STATELESS_H264_SPS";
const pps = "V4L2_CID_STATELESS_H264_PPS";
const slice = "V4L2_CID_STATELESS_H264_SLICE_PARAMS";
const decode = "V4L2_CID_STATELESS_H264_DECODE_PARAMS";
const weights = "V4L2_CID_STATELESS_H264_PRED_WEIGHTS";

const cycle = {
  num_ref_frames_in_pic_order_cnt_cycle: 255,
  offset_for_non_ref_pic: -1,
  offset_for_top_to_bottom_field: -2,
  "offset_for_ref_frame[*]": -3,
};
const noCycle = {
  num_ref_frames_in_pic_order_cnt_cycle: 0,
  offset_for_non_ref_pic: 0,
  offset_for_top_to_bottom_field: 0,
  "offset_for_ref_frame[*]": 0,
};
const noLsb = { log2_max_pic_order_cnt_lsb_minus4: 0 };
const lsb = { log2_max_pic_order_cnt_lsb_minus4: 12 };

describe("normalise of H.264", () => {
  it.each<[string, string, Values, Values]>([
    ["POC type 0 keeps the lsb and loses the cycle", sps, { pic_order_cnt_type: 0, ...lsb, ...cycle }, noCycle],
    ["POC type 1 keeps the cycle and loses the lsb", sps, { pic_order_cnt_type: 1, ...lsb, ...cycle }, noLsb],
    ["POC type 2 loses only the lsb", sps, { pic_order_cnt_type: 2, ...lsb, ...cycle }, noLsb],
    ...[66, 77, 88].map((profile_idc): [string, string, Values, Values] => [
      `profile ${profile_idc} has 8 bits 4:2:0`,
      sps,
      { profile_idc, chroma_format_idc: 3, bit_depth_luma_minus8: 7, bit_depth_chroma_minus8: 8, flags: 0x7f },
      { chroma_format_idc: 1, bit_depth_luma_minus8: 0, bit_depth_chroma_minus8: 0, flags: 0x5c },
    ]),
    [
      "a profile with chroma_format_idc keeps all of it",
      sps,
      { profile_idc: 244, chroma_format_idc: 3, bit_depth_luma_minus8: 6, bit_depth_chroma_minus8: 6, flags: 0x4f },
      {},
    ],
    ["no separate planes below 4:4:4", sps, { profile_idc: 244, chroma_format_idc: 2, flags: 0x4f }, { flags: 0x4e }],
    ["frame_mbs_only excludes MBAFF", sps, { flags: 0x3e }, { flags: 0x1e }],
    ["without frame_mbs_only MBAFF stays", sps, { flags: 0x2e }, {}],
    ["the PPS stays", pps, { num_slice_groups_minus1: 7, pic_init_qp_minus26: -62, flags: 0xffff }, {}],
    ["the weights stay", weights, { luma_log2_weight_denom: 7, "weight_factors[*].luma_offset[*]": -128 }, {}],
    [
      "the scaling matrix stays",
      "V4L2_CID_STATELESS_H264_SCALING_MATRIX",
      { "scaling_list_4x4[*][*]": 255, "scaling_list_8x8[*][*]": 255 },
      {},
    ],
    [
      "the decode parameters lose what is reserved",
      decode,
      { "dpb[*].reserved[*]": 255, "dpb[*].flags": 0xffffffff, "dpb[*].fields": 255, reserved: 0xffffffff, flags: 31 },
      { "dpb[*].reserved[*]": 0, reserved: 0 },
    ],
  ])("%s", (_, name, given, kept) => expectRewrite(name, given, kept));

  it.each<[string, number, Values]>([
    ["P", 0, { flags: 2, num_ref_idx_l1_active_minus1: 0 }],
    ["B", 1, {}],
    ["I", 2, { flags: 2, num_ref_idx_l0_active_minus1: 0, num_ref_idx_l1_active_minus1: 0 }],
    ["SP", 3, { flags: 2, num_ref_idx_l1_active_minus1: 0 }],
    ["SI", 4, { flags: 2, num_ref_idx_l0_active_minus1: 0, num_ref_idx_l1_active_minus1: 0 }],
    ["an unknown type", 7, { flags: 2, num_ref_idx_l1_active_minus1: 0 }],
  ])("a slice of type %s keeps the lists it has", (_, slice_type, kept) => {
    const active = { num_ref_idx_l0_active_minus1: 31, num_ref_idx_l1_active_minus1: 31 };
    const given = { slice_type, flags: 3, reserved: 255, ...active, "ref_pic_list1[*].index": 9 };
    expectRewrite(slice, given, { reserved: 0, ...kept });
  });
});

describe("validate of H.264", () => {
  it.each<[string, string, Values, number[], number[]]>([
    [sps, "chroma_format_idc", { profile_idc: 100 }, [0, 1], [2, 3, 4]],
    [sps, "chroma_format_idc", { profile_idc: 44 }, [0, 1], [2, 3]],
    [sps, "chroma_format_idc", { profile_idc: 122 }, [0, 1, 2], [3, 4]],
    [sps, "chroma_format_idc", { profile_idc: 128 }, [0, 1, 2], [3, 4]],
    [sps, "chroma_format_idc", { profile_idc: 244 }, [0, 1, 2, 3], [4, 255]],
    [sps, "bit_depth_luma_minus8", {}, [0, 6], [7, 255]],
    [sps, "bit_depth_chroma_minus8", {}, [0, 6], [7, 255]],
    [sps, "log2_max_frame_num_minus4", {}, [0, 12], [13]],
    [sps, "pic_order_cnt_type", {}, [0, 1, 2], [3, 255]],
    [sps, "log2_max_pic_order_cnt_lsb_minus4", { pic_order_cnt_type: 0 }, [0, 12], [13]],
    [sps, "max_num_ref_frames", {}, [0, 16, 32], [33]],
    [pps, "num_slice_groups_minus1", {}, [0, 7], [8]],
    [pps, "num_ref_idx_l0_default_active_minus1", {}, [0, 31], [32]],
    [pps, "num_ref_idx_l1_default_active_minus1", {}, [0, 31], [32]],
    [pps, "weighted_bipred_idc", {}, [0, 2], [3]],
    [pps, "pic_init_qp_minus26", {}, [-62, 25], [-63, 26]],
    [pps, "pic_init_qs_minus26", {}, [-26, 25], [-27, 26]],
    [pps, "chroma_qp_index_offset", {}, [-12, 12], [-13, 13]],
    [pps, "second_chroma_qp_index_offset", {}, [-12, 12], [-13, 13]],
    [weights, "luma_log2_weight_denom", {}, [0, 7], [8]],
    [weights, "chroma_log2_weight_denom", {}, [0, 7], [8]],
    [slice, "colour_plane_id", {}, [0, 2], [3]],
    [slice, "cabac_init_idc", {}, [0, 2], [3]],
    [slice, "disable_deblocking_filter_idc", {}, [0, 2], [3]],
    [slice, "slice_alpha_c0_offset_div2", {}, [-6, 6], [-7, 7]],
    [slice, "slice_beta_offset_div2", {}, [-6, 6], [-7, 7]],
    [slice, "num_ref_idx_l0_active_minus1", { slice_type: 0 }, [0, 31], [32]],
    [slice, "num_ref_idx_l0_active_minus1", { slice_type: 1 }, [0, 31], [32]],
    [slice, "num_ref_idx_l1_active_minus1", { slice_type: 1 }, [0, 31], [32]],
    [slice, "slice_type", {}, [0, 4, 255], []],
    [decode, "nal_ref_idc", {}, [0, 3], [4]],
  ])("%s: %s with %o", (name, path, given, good, bad) => expectLimits(name, path, given, good, bad));

  it.each<[string, string, Values]>([
    ["4:4:4 and any bit depth in Main", sps, { profile_idc: 77, chroma_format_idc: 9, bit_depth_luma_minus8: 9 }],
    ["the lsb of POC type 2", sps, { pic_order_cnt_type: 2, log2_max_pic_order_cnt_lsb_minus4: 13 }],
    ["the lists of an I slice", slice, { slice_type: 2, num_ref_idx_l0_active_minus1: 32 }],
    ["list 1 of a P slice", slice, { slice_type: 0, num_ref_idx_l1_active_minus1: 32 }],
  ])("does not refuse what the kernel has rewritten before it looks: %s", (_, name, given) => {
    expect(validate(name, payload(name, given))).toEqual([]);
  });

  it("says what would have been right, in the kernel's order, and changes nothing", () => {
    const bytes = payload(sps, { chroma_format_idc: 3, bit_depth_luma_minus8: 7, max_num_ref_frames: 33 });
    const copy = bytes.slice();
    const refusals = [
      { path: "chroma_format_idc", value: 3, reason: "not in 0..1 with profile_idc 100" },
      { path: "bit_depth_luma_minus8", value: 7, reason: "not in 0..6" },
      { path: "max_num_ref_frames", value: 33, reason: "not in 0..32" },
    ];
    expect(validate(sps, bytes)).toEqual(refusals);
    expect(h264KernelRules[sps].validate(viewOf(bytes))).toEqual(refusals);
    expect(bytes).toEqual(copy);
  });
});
