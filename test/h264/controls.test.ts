import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { TraceElement } from "../../src/bitreader/index.ts";
import {
  buildRefPicLists,
  h264DecodeParams,
  h264Pps,
  h264ScalingMatrix,
  h264SliceParams,
  PicParameterSet,
  type ReferenceFrame,
  ScalingLists,
  SeqParameterSet,
  SliceHeader,
} from "../../src/h264/index.ts";
import {
  decodeStruct,
  v4l2_ctrl_h264_decode_params,
  v4l2_ctrl_h264_pps,
  v4l2_ctrl_h264_scaling_matrix,
  v4l2_ctrl_h264_slice_params,
} from "../../src/uapi/index.ts";
import { decodeParams, eventsOf, only } from "../../support/streams/h264-stream.ts";
import { escapedElementsStream } from "../../support/streams/make-h264-fixtures.ts";

const matrix = (sps: SeqParameterSet, pps: PicParameterSet) =>
  decodeStruct(v4l2_ctrl_h264_scaling_matrix, h264ScalingMatrix({ sps, pps }));

/** A set of lists in which list i, if it is there, is all `values[i]`; 0 stands for the default matrix. */
function lists(values: Record<number, number>): ScalingLists {
  const sent = new ScalingLists();
  for (const [index, value] of Object.entries(values)) {
    const i = Number(index);
    sent.scaling_list_present_flag[i] = 1;
    if (value === 0) sent.useDefaultScalingMatrixFlag[i] = 1;
    else sent.scalingList[i] = new Uint8Array(i < 6 ? 16 : 64).fill(value);
  }
  return sent;
}

const spsWith = (values: Record<number, number> | null, chroma_format_idc = 1) =>
  Object.assign(new SeqParameterSet(), {
    chroma_format_idc,
    seq_scaling_matrix_present_flag: values ? 1 : 0,
    seq_scaling_lists: values && lists(values),
  });
const ppsWith = (values: Record<number, number> | null) =>
  Object.assign(new PicParameterSet(), {
    pic_scaling_matrix_present_flag: values ? 1 : 0,
    pic_scaling_lists: values && lists(values),
  });

describe("scaling lists: 7.4.2.1.1, 7.4.2.2, Table 7-2", () => {
  const firsts = (sps: SeqParameterSet, pps: PicParameterSet) => {
    const { scaling_list_4x4, scaling_list_8x8 } = matrix(sps, pps);
    return [scaling_list_4x4.map((list) => list[0]), scaling_list_8x8.map((list) => list[0])];
  };

  it("of the SPS fall back by rule A: to the default at the head of a chain, to the list before it elsewhere", () => {
    expect(firsts(spsWith({ 1: 30, 3: 0 }), ppsWith(null))).toEqual([
      [6, 30, 30, 10, 10, 10],
      [6, 9, 0, 0, 0, 0],
    ]);
  });

  it("of the PPS fall back by rule A without lists in the SPS, by rule B to the SPS's where it has some", () => {
    expect(firsts(spsWith(null), ppsWith({ 4: 40 }))[0]).toEqual([6, 6, 6, 10, 40, 40]);
    expect(firsts(spsWith({ 0: 50, 3: 60, 6: 70 }), ppsWith({ 4: 40, 7: 0 }))).toEqual([
      [50, 50, 50, 60, 40, 40],
      [70, 9, 0, 0, 0, 0],
    ]);
  });

  it("of Cb and Cr in 8x8 exist with chroma_format_idc 3, in the order Intra Y, Inter Y, Intra Cb, …", () => {
    expect(firsts(spsWith({ 6: 20, 7: 30, 8: 40 }, 3), ppsWith(null))[1]).toEqual([20, 30, 40, 30, 40, 30]);
  });

  it("are in raster order: the zig-zag scan of Tables 8-2 and 8-3 undone", () => {
    const { scaling_list_4x4, scaling_list_8x8 } = matrix(spsWith({ 0: 0, 6: 0 }), ppsWith(null));
    expect(scaling_list_4x4[0]).toEqual([6, 13, 20, 28, 13, 20, 28, 32, 20, 28, 32, 37, 28, 32, 37, 42]);
    expect(scaling_list_8x8[0]?.slice(0, 16)).toEqual([6, 10, 13, 16, 18, 23, 25, 27, 10, 11, 16, 18, 23, 25, 27, 29]);
  });

  it("are flagged in the PPS when either set sends some", () => {
    const flags = (sps: SeqParameterSet, pps: PicParameterSet) =>
      decodeStruct(v4l2_ctrl_h264_pps, h264Pps({ sps, pps })).flags;
    expect(flags(spsWith(null), ppsWith(null))).toBe(0);
    expect(flags(spsWith({}), ppsWith(null))).toBe(0x80);
    expect(flags(spsWith(null), ppsWith({}))).toBe(0x80);
  });
});

describe("controls without a session", () => {
  const frame = (timestamp: number, frame_num: number, order: number): ReferenceFrame => ({
    ...{ timestamp, frame_num, FrameNumWrap: frame_num, LongTermFrameIdx: 0 },
    ...{ fields: 3, firstField: 0, shortTerm: 3, longTerm: 0 },
    ...{ TopFieldOrderCnt: order, BottomFieldOrderCnt: order },
  });

  it("are made of plain objects: a P frame with two references", () => {
    const references = [frame(1000, 0, 0), frame(2000, 1, 8)];
    const current = frame(3000, 2, 4);
    const h = Object.assign(new SliceHeader(), { frame_num: 2, nal_ref_idc: 1, num_ref_idx_l0_active_minus1: 1 });
    const picture = { h, poc: current, structure: 3, hasP: true, hasB: false, references };
    const params = decodeStruct(v4l2_ctrl_h264_decode_params, h264DecodeParams(picture));
    const entry = ({ reference_ts, pic_num, fields }: (typeof params.dpb)[number]) => [reference_ts, pic_num, fields];
    expect(params.dpb.slice(0, 3).map(entry)).toEqual([
      [1000n, 0, 3],
      [2000n, 1, 3],
      [0n, 0, 0],
    ]);
    expect([params.top_field_order_cnt, params.frame_num]).toEqual([4, 2]);

    const context = {
      ...{ frames: references, current: { frame: current, structure: 3 }, PicOrderCnt: 4 },
      ...{ MaxFrameNum: 16, pic_order_cnt_type: 0 },
    };
    const { list0, list1 } = buildRefPicLists(context, h);
    const indexOf = (reference: ReferenceFrame | null) => (reference ? references.indexOf(reference) : 2);
    const slice = decodeStruct(v4l2_ctrl_h264_slice_params, h264SliceParams(h, list0, list1, indexOf));
    expect(slice.ref_pic_list0.slice(0, 2)).toEqual([
      { fields: 3, index: 1 },
      { fields: 3, index: 0 },
    ]);
  });
});

/** Of each slice: the traced elements of one sized element, and how many bytes of emulation prevention lie among them. */
function escapesInside(names: readonly string[]): number[] {
  const perSlice: TraceElement[][] = [];
  const trace = {
    unit: () => perSlice.push([]),
    element: (element: TraceElement) => void perSlice.at(-1)?.push(element),
  };
  eventsOf(escapedElementsStream(), { trace });
  return perSlice.slice(3).map((elements) => {
    const sized = elements.filter(({ name }) => names.includes(name));
    const bits = sized.reduce((total, { length }) => total + length, 0);
    const next = elements[elements.indexOf(sized.at(-1)!) + 1];
    return sized.length === 0 ? 0 : (next!.codedBit - sized[0]!.codedBit - bits) / 8;
  });
}

describe("DECODE_PARAMS' bit sizes", () => {
  it("count bits of the RBSP, with emulation prevention bytes inside each sized element", () => {
    const requests = only(eventsOf(escapedElementsStream()), "request").map(decodeParams);
    const sizes = requests.map((params) => [
      params.idr_pic_id,
      params.pic_order_cnt_bit_size,
      params.dec_ref_pic_marking_bit_size,
    ]);
    // From the writer's values: u(16) and se(v), 1 bit for 0, 43 for 2^20; two flags; flag, ue(1), ue(0), ue(0). Where
    // an element is absent its size is 0, whatever the picture before had.
    expect(sizes).toEqual([
      [65534, 16 + 1, 2],
      [0, 16 + 43, 1 + 3 + 1 + 1],
      [0, 16 + 43, 0],
      [510, 16, 2],
    ]);
    expect(escapesInside(["idr_pic_id"])).toEqual([1, 0, 0, 1]);
    expect(escapesInside(["pic_order_cnt_lsb", "delta_pic_order_cnt_bottom"])).toEqual([0, 2, 1, 0]);
    expect(escapesInside(["no_output_of_prior_pics_flag", "long_term_reference_flag"])).toEqual([0, 0, 0, 1]);
  });

  it("hold for the committed fixture, which is that stream", () => {
    const path = fileURLToPath(new URL("../fixtures/h264_epb_sized_elements.264", import.meta.url));
    expect(Uint8Array.from(readFileSync(path))).toEqual(escapedElementsStream().bytes);
  });
});
