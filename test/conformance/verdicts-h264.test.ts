import { describe, expect, it } from "vitest";
import { decodeStream } from "../../conformance/streams/our-requests.ts";
import type { EffectiveRequest } from "../../src/compare/request.ts";
import { decodePayload } from "../../src/uapi/control.ts";
import { h264Controls, V4L2_H264_DPB_ENTRY_FLAG_ACTIVE, V4L2_H264_DPB_ENTRY_FLAG_VALID } from "../../src/uapi/h264.ts";
import type { DecodeMode } from "../../src/uapi/modes.ts";

// Streams written bit by bit, for the rows of h264-disagreements.json in which neither peer is right.

/** A bit string: `"101"`, with helpers for the descriptors of 7.2. */
const u = (bits: number, value: number): string => value.toString(2).padStart(bits, "0");
const ue = (value: number): string => {
  const code = (value + 1).toString(2);
  return "0".repeat(code.length - 1) + code;
};
const se0 = "1";

/** B.1.1 and 7.3.1: a NAL unit with its start code, rbsp_trailing_bits() and emulation prevention. */
function nal(nal_ref_idc: number, nal_unit_type: number, ...elements: readonly string[]): number[] {
  const bits = `${elements.join("")}1`;
  const rbsp = bits.padEnd(Math.ceil(bits.length / 8) * 8, "0").match(/.{8}/g) ?? [];
  const bytes = [(nal_ref_idc << 5) | nal_unit_type];
  for (const byte of rbsp.map((text) => Number.parseInt(text, 2))) {
    if (byte <= 3 && bytes.at(-1) === 0 && bytes.at(-2) === 0) bytes.push(3);
    bytes.push(byte);
  }
  return [0, 0, 1, ...bytes];
}

interface Sequence {
  readonly profile_idc?: number;
  readonly gaps?: 0 | 1;
  readonly frame_mbs_only_flag?: 0 | 1;
  readonly pic_order_cnt_type?: 0 | 2;
}

/** 7.3.2.1.1: 64x64, frame_num of 4 bits, pic_order_cnt_lsb of 8 bits, four reference frames. */
function sps({ profile_idc = 66, gaps = 0, frame_mbs_only_flag = 1, pic_order_cnt_type = 0 }: Sequence): number[] {
  // chroma_format_idc 3, separate_colour_plane_flag 1, two bit depths, no transform bypass, no scaling lists
  const high = profile_idc === 244 ? [ue(3), "1", ue(0), ue(0), "0", "0"] : [];
  const heightInMapUnits = frame_mbs_only_flag === 1 ? 4 : 2;
  const frames = frame_mbs_only_flag === 1 ? "1" : "00";
  const order = pic_order_cnt_type === 0 ? [ue(0), ue(4)] : [ue(2)];
  const rest = [ue(0), ...order, ue(4), u(1, gaps), ue(3), ue(heightInMapUnits - 1), frames, "1", "0", "0"];
  return nal(3, 7, u(8, profile_idc), u(8, 0), u(8, 40), ue(0), ...high, ...rest);
}

/** 7.3.2.2. With slice groups: two, slice_group_map_type 3, slice_group_change_rate_minus1 0. */
function pps(sliceGroups = false): number[] {
  const groups = sliceGroups ? [ue(1), ue(3), "0", ue(0)] : [ue(0)];
  return nal(3, 8, ue(0), ue(0), "0", "0", ...groups, ue(0), ue(0), "0", "00", se0, se0, se0, "0", "0", "0");
}

interface Header {
  readonly idr?: boolean;
  /** It is an I slice: in a picture without a frame to refer to. */
  readonly intra?: boolean;
  readonly nal_ref_idc?: 0 | 1;
  readonly first_mb?: number;
  readonly frame_num: number;
  /** Not coded where pic_order_cnt_type is 2. */
  readonly lsb?: number;
  /** field_pic_flag and bottom_field_flag, or colour_plane_id: what stands beside frame_num. */
  readonly colourPlane?: string;
  readonly field?: "0" | "10" | "11";
  /** dec_ref_pic_marking() of a picture that is no IDR picture. */
  readonly marking?: string;
  /** slice_group_change_cycle. */
  readonly end?: string;
}

/** 7.3.3: an I slice, of an IDR picture or because `intra` is true, or a P slice. The slice data is 16 bits of nothing in particular. */
function slice(h: Header): number[] {
  const {
    idr = false,
    intra = idr,
    nal_ref_idc = 1,
    first_mb = 0,
    frame_num,
    lsb,
    colourPlane = "",
    field = "",
    marking = "0",
    end = "",
  } = h;
  const start = [ue(first_mb), ue(intra ? 7 : 5), ue(0), colourPlane, u(4, frame_num), field];
  const order = [idr ? ue(0) : "", lsb === undefined ? "" : u(8, lsb)];
  const lists = intra ? [] : ["0", "0"];
  const dec_ref_pic_marking = nal_ref_idc === 0 ? "" : idr ? "00" : marking;
  return nal(nal_ref_idc, idr ? 5 : 1, ...start, ...order, ...lists, dec_ref_pic_marking, se0, end, "1010101010101010");
}

function requestsOf(...units: readonly number[][]): readonly EffectiveRequest[] {
  return requestsIn("frame", ...units);
}

function requestsIn(mode: DecodeMode, ...units: readonly number[][]): readonly EffectiveRequest[] {
  const { requests, errors } = decodeStream("h264", new Uint8Array(units.flat()), mode);
  expect(errors.map(({ message }) => message)).toEqual([]);
  return requests;
}

function decodeParams(request: EffectiveRequest | undefined) {
  const control = h264Controls.V4L2_CID_STATELESS_H264_DECODE_PARAMS;
  return decodePayload(control, request!.controls.get(control.name)!);
}

function sliceParams(request: EffectiveRequest | undefined) {
  const control = h264Controls.V4L2_CID_STATELESS_H264_SLICE_PARAMS;
  return decodePayload(control, request!.controls.get(control.name)!);
}

function entries(request: EffectiveRequest | undefined) {
  return decodeParams(request).dpb.filter(({ flags }) => flags !== 0);
}

const used = V4L2_H264_DPB_ENTRY_FLAG_VALID | V4L2_H264_DPB_ENTRY_FLAG_ACTIVE;
const inferred = { reference_ts: 0n, pic_num: 1, frame_num: 1, fields: 3, flags: used };
const noOrder = { top_field_order_cnt: 0, bottom_field_order_cnt: 0 };

describe("a frame that a gap in frame_num leaves out (8.2.5.2)", () => {
  it("is an entry with its inferred frame_num, without buffer and order counts", () => {
    const requests = requestsOf(
      sps({ gaps: 1 }),
      pps(),
      slice({ idr: true, frame_num: 0, lsb: 200 }),
      slice({ intra: true, frame_num: 2, lsb: 208 }),
    );
    const [first, gap, ...more] = entries(requests[1]);
    expect(first).toMatchObject({ reference_ts: 1000n, frame_num: 0, flags: used });
    expect(gap).toMatchObject({ ...inferred, ...noOrder });
    expect(more).toEqual([]);
  });

  it("has the order counts of 8.2.1 where pic_order_cnt_type is not 0", () => {
    const requests = requestsOf(
      sps({ gaps: 1, pic_order_cnt_type: 2 }),
      pps(),
      slice({ idr: true, frame_num: 0 }),
      slice({ intra: true, frame_num: 2 }),
    );
    // 8.2.1.3: tempPicOrderCnt = 2 * (FrameNumOffset + frame_num)
    expect(entries(requests[1])[1]).toMatchObject({ ...inferred, top_field_order_cnt: 2, bottom_field_order_cnt: 2 });
  });

  it("is inferred once, also where a non-reference picture closes the gap (7.4.3, PrevRefFrameNum)", () => {
    const requests = requestsOf(
      sps({ gaps: 1 }),
      pps(),
      slice({ idr: true, frame_num: 0, lsb: 0 }),
      slice({ intra: true, nal_ref_idc: 0, frame_num: 2, lsb: 8 }),
      slice({ intra: true, frame_num: 2, lsb: 10 }),
    );
    expect(entries(requests[2]).map(({ frame_num }) => frame_num)).toEqual([0, 1]);
  });

  it("is one also before a field", () => {
    const requests = requestsOf(
      sps({ profile_idc: 77, gaps: 1, frame_mbs_only_flag: 0 }),
      pps(),
      slice({ idr: true, frame_num: 0, lsb: 0, field: "0" }),
      slice({ intra: true, frame_num: 2, lsb: 8, field: "10" }),
    );
    expect(entries(requests[1])[1]).toMatchObject({
      reference_ts: 0n,
      frame_num: 1,
      fields: 3,
      flags: used,
      ...noOrder,
    });
  });
});

describe("slice groups (7.3.2.2, 7.3.3)", () => {
  it("are counted in the PPS, and slice_group_change_cycle is that of the slice header", () => {
    // 16 map units, change rate 1: Ceil(Log2(16 / 1 + 1)) = 5 bits
    const requests = requestsOf(sps({}), pps(true), slice({ idr: true, frame_num: 0, lsb: 0, end: u(5, 9) }));
    const control = h264Controls.V4L2_CID_STATELESS_H264_PPS;
    expect(decodePayload(control, requests[0]!.controls.get(control.name)!).num_slice_groups_minus1).toBe(1);
    expect(decodeParams(requests[0]).slice_group_change_cycle).toBe(9);
  });

  it("are in the slice header: slice_data() begins after slice_group_change_cycle", () => {
    const requests = requestsIn("slice", sps({}), pps(true), slice({ idr: true, frame_num: 0, lsb: 0, end: u(5, 9) }));
    // the NAL unit's header, first_mb_in_slice, slice_type, PPS, frame_num, idr_pic_id, pic_order_cnt_lsb, marking, QP, cycle
    expect(sliceParams(requests[0]).header_bit_size).toBe(8 + 1 + 7 + 1 + 4 + 1 + 8 + 2 + 1 + 5);
  });
});

describe("the slices of a primary coded picture (7.4.1.2.4)", () => {
  const idr = { idr: true, frame_num: 0, lsb: 0 } as const;

  it("come in any order: first_mb_in_slice 0 does not begin a picture", () => {
    const slices = [
      slice({ ...idr, first_mb: 8 }),
      slice(idr),
      slice({ frame_num: 1, lsb: 2, first_mb: 8 }),
      slice({ frame_num: 1, lsb: 2 }),
    ];
    const requests = requestsOf(sps({}), pps(), ...slices);
    expect(requests.map(({ bitstream }) => [...bitstream!])).toEqual([
      slices.slice(0, 2).flat(),
      slices.slice(2).flat(),
    ]);
    const bySlice = requestsIn("slice", sps({}), pps(), ...slices);
    expect(bySlice.map((request) => [request.timestamp, decodeParams(request).frame_num])).toEqual([
      [1000n, 0],
      [1000n, 0],
      [2000n, 1],
      [2000n, 1],
    ]);
  });

  it("may have prefix NAL units between them", () => {
    const slices = [slice(idr), slice({ ...idr, first_mb: 8 })];
    // nal_unit_header_svc_extension() of an IDR picture; no reference base picture is stored, no extension
    const prefix = nal(1, 14, "1", "1", u(6, 0), "1", u(3, 0), u(4, 0), u(3, 0), "0", "1", "1", "11", "0", "0");
    const units = [sps({}), pps(), prefix, slices[0]!, prefix, slices[1]!];
    expect(requestsOf(...units).map(({ bitstream }) => [...bitstream!])).toEqual([slices.flat()]);
    expect(requestsIn("slice", ...units).map(({ bitstream }) => [...bitstream!])).toEqual(slices);
  });

  it("are those of all three colour planes", () => {
    const slices = ["00", "01", "10"].map((colourPlane) => slice({ ...idr, colourPlane }));
    const requests = requestsOf(sps({ profile_idc: 244 }), pps(), ...slices);
    expect(requests.map(({ bitstream }) => [...bitstream!])).toEqual([slices.flat()]);
  });

  it("refer to one frame for the three colour planes", () => {
    const planes = ["00", "01", "10"];
    const second = planes.map((colourPlane) => slice({ frame_num: 1, lsb: 2, colourPlane }));
    const first = planes.map((colourPlane) => slice({ ...idr, colourPlane }));
    const requests = requestsIn("slice", sps({ profile_idc: 244 }), pps(), ...first, ...second);
    const lists = requests.slice(3).map((request) => sliceParams(request).ref_pic_list0[0]);
    expect(lists).toEqual(new Array(3).fill({ fields: 3, index: 0 }));
    expect(entries(requests[5])).toMatchObject([{ reference_ts: 1000n }]);
  });
});

describe("a field with memory_management_control_operation 5", () => {
  it("is no second field (3.30): it has a frame of its own, without the other field's order count", () => {
    const requests = requestsOf(
      sps({ profile_idc: 77, frame_mbs_only_flag: 0 }),
      pps(),
      slice({ idr: true, frame_num: 0, lsb: 0, field: "0" }),
      slice({ frame_num: 1, lsb: 8, field: "10" }),
      slice({ frame_num: 1, lsb: 9, field: "11", marking: `1${ue(5)}${ue(0)}` }),
      slice({ intra: true, frame_num: 1, lsb: 4, field: "0" }),
    );
    expect(requests.map(({ timestamp }) => timestamp)).toEqual([1000n, 2000n, 3000n, 4000n]);
    expect(decodeParams(requests[2])).toMatchObject({ top_field_order_cnt: 0, bottom_field_order_cnt: 9 });
    // 8.2.1: tempPicOrderCnt is subtracted, and 7.4.3: frame_num counts as 0
    expect(entries(requests[3])).toMatchObject([
      { reference_ts: 3000n, frame_num: 0, fields: 2, bottom_field_order_cnt: 0 },
    ]);
  });
});
