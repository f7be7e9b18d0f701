import { describe, expect, it } from "vitest";
import { sliceStarts } from "../../src/compare/h264/slices.ts";
import { translateTimestamps, viewH264 } from "../../src/compare/h264/view.ts";
import type { EffectiveRequest, Payload } from "../../src/compare/request.ts";
import {
  V4L2_H264_DPB_ENTRY_FLAG_ACTIVE,
  V4L2_H264_DPB_ENTRY_FLAG_VALID,
  V4L2_H264_PPS_FLAG_SCALING_MATRIX_PRESENT,
  v4l2_ctrl_h264_decode_params,
  v4l2_ctrl_h264_pps,
  v4l2_ctrl_h264_scaling_matrix,
  v4l2_ctrl_h264_sps,
} from "../../src/uapi/h264.ts";
import { decodeStruct, encodeStruct } from "../../src/uapi/struct.ts";

const used = V4L2_H264_DPB_ENTRY_FLAG_VALID | V4L2_H264_DPB_ENTRY_FLAG_ACTIVE;

function request(controls: Readonly<Record<string, Payload>>, bitstream?: Uint8Array): EffectiveRequest {
  const named = Object.entries(controls).map(
    ([name, payload]) => [`V4L2_CID_STATELESS_H264_${name}`, payload] as const,
  );
  return { index: 0, timestamp: 1000n, bytes: 0, crc32: 0, controls: new Map(named), bitstream };
}

function decodeParams(change: (params: v4l2_ctrl_h264_decode_params) => void): Uint8Array {
  const params = decodeStruct(v4l2_ctrl_h264_decode_params, new Uint8Array(v4l2_ctrl_h264_decode_params.size));
  change(params);
  return encodeStruct(v4l2_ctrl_h264_decode_params, params);
}

describe("what a driver reads in a H.264 request", () => {
  it("is the entries in use, without order counts of fields that are no references", () => {
    const payload = decodeParams(({ dpb }) => {
      Object.assign(dpb[2]!, { reference_ts: 5n, fields: 1, flags: used, frame_num: 9, top_field_order_cnt: 4 });
      Object.assign(dpb[2]!, { bottom_field_order_cnt: 77 });
      Object.assign(dpb[3]!, { reference_ts: 6n, frame_num: 1 });
    });
    const { references } = viewH264(request({ DECODE_PARAMS: payload }), (timestamp) => `picture ${timestamp}`);
    const entries = references.get("H264_DECODE_PARAMS.dpb[]")!;
    expect(entries).toHaveLength(1);
    expect(entries[0]).toMatchObject({ index: 2, picture: "picture 5", alias: "frame_num 9" });
    expect(entries[0]!.fields.get("top_field_order_cnt")).toBe(4);
    expect(entries[0]!.fields.has("bottom_field_order_cnt")).toBe(false);
  });

  it("is no scaling list without SCALING_MATRIX_PRESENT", () => {
    const lists = new Uint8Array(v4l2_ctrl_h264_scaling_matrix.size).fill(16);
    const pps = new Uint8Array(v4l2_ctrl_h264_pps.size);
    const list = (flags: number): unknown => {
      pps.set([flags], v4l2_ctrl_h264_pps.offsets.flags);
      const { fields } = viewH264(request({ PPS: pps.slice(), SCALING_MATRIX: lists }), String);
      return fields.get("H264_SCALING_MATRIX.scaling_list_8x8[1][]");
    };
    expect(list(0)).toBe("none");
    expect(list(V4L2_H264_PPS_FLAG_SCALING_MATRIX_PRESENT)).toBe("64×16");
  });

  it("is what the kernel made of it", () => {
    const sps = new Uint8Array(v4l2_ctrl_h264_sps.size);
    sps[v4l2_ctrl_h264_sps.offsets.pic_order_cnt_type] = 2;
    sps[v4l2_ctrl_h264_sps.offsets.log2_max_pic_order_cnt_lsb_minus4] = 252;
    const { fields } = viewH264(request({ SPS: sps }), String);
    expect(fields.get("H264_SPS.log2_max_pic_order_cnt_lsb_minus4")).toBe(0);
  });
});

describe("timestamps of another producer", () => {
  it("are replaced in the entries in use only", () => {
    const payload = decodeParams(({ dpb }) => {
      Object.assign(dpb[0]!, { reference_ts: 0n, flags: used });
    });
    const translated = translateTimestamps("V4L2_CID_STATELESS_H264_DECODE_PARAMS", payload, () => 1000n);
    const { dpb } = decodeStruct(v4l2_ctrl_h264_decode_params, translated);
    expect(dpb.map((entry) => entry.reference_ts)).toEqual([1000n, ...new Array(15).fill(0n)]);
  });
});

describe("slice headers", () => {
  it("are read from each slice of the buffer: 7.3.3 first_mb_in_slice ue(v), slice_type ue(v)", () => {
    // 1|00111|00 : first_mb_in_slice 0, slice_type 6 (B); 011|1|0000 : first_mb_in_slice 2, slice_type 0 (P)
    const bitstream = new Uint8Array([0, 0, 1, 0x01, 0b1001_1100, 0, 0, 1, 0x01, 0b0111_0000]);
    expect(sliceStarts(request({}, bitstream))).toEqual([
      { first_mb_in_slice: 0, slice_type: 1 },
      { first_mb_in_slice: 2, slice_type: 0 },
    ]);
  });
});
