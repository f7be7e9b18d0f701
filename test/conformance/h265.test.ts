import { describe, expect, it } from "vitest";
import { translateTimestamps, viewH265 } from "../../src/compare/h265/view.ts";
import type { EffectiveRequest, Payload } from "../../src/compare/request.ts";
import type { Value } from "../../src/compare/values.ts";
import {
  V4L2_HEVC_PPS_FLAG_WEIGHTED_PRED,
  V4L2_HEVC_SLICE_TYPE_B,
  V4L2_HEVC_SLICE_TYPE_I,
  V4L2_HEVC_SLICE_TYPE_P,
  V4L2_HEVC_SPS_FLAG_SCALING_LIST_ENABLED,
  v4l2_ctrl_hevc_decode_params,
  v4l2_ctrl_hevc_ext_sps_st_rps,
  v4l2_ctrl_hevc_pps,
  v4l2_ctrl_hevc_scaling_matrix,
  v4l2_ctrl_hevc_slice_params,
  v4l2_ctrl_hevc_sps,
} from "../../src/uapi/h265.ts";
import { decodeStruct, encodeStruct, type Infer, type Struct } from "../../src/uapi/struct.ts";

function payload<S extends Struct>(def: S, change: (value: Infer<S>) => void = () => {}): Uint8Array {
  const value = decodeStruct(def, new Uint8Array(def.size)) as Infer<S>;
  change(value);
  return encodeStruct(def, value);
}

const nothing = {
  SPS: payload(v4l2_ctrl_hevc_sps),
  PPS: payload(v4l2_ctrl_hevc_pps),
  DECODE_PARAMS: payload(v4l2_ctrl_hevc_decode_params),
};

function request(controls: Readonly<Record<string, Payload>>): EffectiveRequest {
  const named = Object.entries({ ...nothing, ...controls }).map(
    ([name, value]) => [`V4L2_CID_STATELESS_HEVC_${name}`, value] as const,
  );
  return { index: 0, timestamp: 1000n, bytes: 0, crc32: 0, controls: new Map(named) };
}

function view(controls: Readonly<Record<string, Payload>>) {
  return viewH265(request(controls), (timestamp) => `picture ${timestamp}`);
}

/** Values by the last part of their path. */
function valuesUnder(path: string, controls: Readonly<Record<string, Payload>>): Record<string, Value> {
  const all = [...view(controls).fields].filter(([name]) => name.startsWith(path));
  return Object.fromEntries(all.map(([name, value]) => [name.slice(path.length), value]));
}

const twoReferences = payload(v4l2_ctrl_hevc_decode_params, (params) => {
  Object.assign(params, { num_active_dpb_entries: 2, num_poc_st_curr_before: 2 });
  Object.assign(params.dpb[0]!, { timestamp: 5n, pic_order_cnt_val: -8 });
  Object.assign(params.dpb[1]!, { timestamp: 6n, pic_order_cnt_val: 4, flags: 1, field_pic: 2 });
  Object.assign(params.dpb[2]!, { timestamp: 7n });
  params.poc_st_curr_before = [1, 0xff, 0, ...new Array<number>(13).fill(0)];
});

describe("what a driver reads in a H.265 request", () => {
  it("is the num_active_dpb_entries entries in use", () => {
    const entries = view({ DECODE_PARAMS: twoReferences }).references.get("HEVC_DECODE_PARAMS.dpb[]")!;
    expect(entries.map(({ picture, alias }) => `${picture}, ${alias}`)).toEqual([
      "picture 5, POC -8",
      "picture 6, POC 4",
    ]);
    expect(Object.fromEntries(entries[1]!.fields)).toEqual({
      timestamp: "picture 6",
      "flags.V4L2_HEVC_DPB_ENTRY_LONG_TERM_REFERENCE": 1,
      field_pic: 2,
      pic_order_cnt_val: 4,
    });
  });

  it("is the sets of 8.3.2 by picture, as far as their counts go", () => {
    expect(valuesUnder("HEVC_DECODE_PARAMS.poc_", { DECODE_PARAMS: twoReferences })).toEqual({
      "st_curr_before[0]": "picture 6",
      "st_curr_before[1]": "none",
    });
  });

  it("is the lists of a slice by picture, as far as the slice's type has them", () => {
    const lists = (slice_type: number) => {
      const slice = payload(v4l2_ctrl_hevc_slice_params, (params) => {
        Object.assign(params, { slice_type, num_ref_idx_l0_active_minus1: 1 });
        params.ref_idx_l0[0] = 1;
        params.ref_idx_l0[1] = 0xff;
      });
      const controls = { DECODE_PARAMS: twoReferences, SLICE_PARAMS: new Uint8Array([...slice, ...slice]) };
      return valuesUnder("HEVC_SLICE_PARAMS[1].ref_idx_", controls);
    };
    const list0 = { "l0[0]": "picture 6", "l0[1]": "none" };
    expect(lists(V4L2_HEVC_SLICE_TYPE_I)).toEqual({});
    expect(lists(V4L2_HEVC_SLICE_TYPE_P)).toEqual(list0);
    expect(lists(V4L2_HEVC_SLICE_TYPE_B)).toEqual({ ...list0, "l1[0]": "picture 5" });
  });

  it("is the weights of active entries, where the slice header has a table", () => {
    const slice = payload(v4l2_ctrl_hevc_slice_params, (params) => {
      params.slice_type = V4L2_HEVC_SLICE_TYPE_P;
      Object.assign(params.pred_weight_table, { luma_log2_weight_denom: 6 });
      params.pred_weight_table.chroma_offset_l0[0] = [-3, 4];
      params.pred_weight_table.chroma_offset_l0[1] = [9, 9];
    });
    const PPS = payload(v4l2_ctrl_hevc_pps, (pps) => {
      pps.flags = BigInt(V4L2_HEVC_PPS_FLAG_WEIGHTED_PRED);
    });
    const path = "HEVC_SLICE_PARAMS[0].pred_weight_table.";
    expect(valuesUnder(path, { SLICE_PARAMS: slice })).toEqual({});
    expect(valuesUnder(path, { SLICE_PARAMS: slice, PPS })).toEqual({
      luma_log2_weight_denom: 6,
      delta_chroma_log2_weight_denom: 0,
      "delta_luma_weight_l0[0]": 0,
      "luma_offset_l0[0]": 0,
      "delta_chroma_weight_l0[0][0]": 0,
      "delta_chroma_weight_l0[0][1]": 0,
      "chroma_offset_l0[0][0]": -3,
      "chroma_offset_l0[0][1]": 4,
    });
  });

  it("is no scaling list without SCALING_LIST_ENABLED", () => {
    const SCALING_MATRIX = new Uint8Array(v4l2_ctrl_hevc_scaling_matrix.size).fill(16);
    const SPS = payload(v4l2_ctrl_hevc_sps, (sps) => {
      sps.flags = BigInt(V4L2_HEVC_SPS_FLAG_SCALING_LIST_ENABLED);
    });
    expect(valuesUnder("HEVC_SCALING_MATRIX.", { SCALING_MATRIX })).toEqual({ sent: 1 });
    const lists = valuesUnder("HEVC_SCALING_MATRIX.", { SCALING_MATRIX, SPS });
    expect(lists["scaling_list_32x32[1][]"]).toBe("64×16");
  });

  it("is no set of references that the SPS does not have, whatever was sent before", () => {
    const EXT_SPS_ST_RPS = new Uint8Array(2 * v4l2_ctrl_hevc_ext_sps_st_rps.size);
    const SPS = payload(v4l2_ctrl_hevc_sps, (sps) => {
      sps.num_short_term_ref_pic_sets = 2;
    });
    expect(valuesUnder("HEVC_EXT_SPS_ST_RPS", { EXT_SPS_ST_RPS })).toEqual({ ".elements": 0 });
    const sets = valuesUnder("HEVC_EXT_SPS_ST_RPS", { EXT_SPS_ST_RPS, SPS });
    expect(sets).toMatchObject({ ".elements": 2, "[1].num_negative_pics": 0 });
  });

  it("is what the kernel made of it", () => {
    const PPS = payload(v4l2_ctrl_hevc_pps, (pps) => {
      pps.num_tile_columns_minus1 = 3; // without TILES_ENABLED
    });
    expect(view({ PPS }).fields.get("HEVC_PPS.num_tile_columns_minus1")).toBe(0);
  });
});

describe("timestamps of another producer", () => {
  it("are replaced in the entries in use only", () => {
    const name = "V4L2_CID_STATELESS_HEVC_DECODE_PARAMS";
    const translated = translateTimestamps(name, twoReferences, (timestamp) => timestamp * 100n);
    const { dpb } = decodeStruct(v4l2_ctrl_hevc_decode_params, translated);
    expect(dpb.slice(0, 4).map(({ timestamp }) => timestamp)).toEqual([500n, 600n, 7n, 0n]);
  });
});
