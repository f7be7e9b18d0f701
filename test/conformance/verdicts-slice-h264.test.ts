import { describe, expect, it } from "vitest";
import type { RequestEvent } from "../../src/events.ts";
import { BitWriter } from "../../src/testing/bit-writer.ts";
import { decodePayload } from "../../src/uapi/control.ts";
import {
  h264Controls,
  V4L2_H264_DECODE_PARAM_FLAG_BFRAME,
  V4L2_H264_DECODE_PARAM_FLAG_PFRAME,
} from "../../src/uapi/h264.ts";
import { decodeParams, eventsOf, H264Stream, only, type Sps, summary } from "../../support/streams/h264-stream.ts";

// Streams of a few lines, for the rows of h264-disagreements.json on slice mode in which neither peer is right.

function requestsOf(stream: H264Stream): RequestEvent[] {
  return only(eventsOf(stream, { decodeMode: "slice" }), "request");
}

function payload(request: RequestEvent, name: string): Uint8Array | undefined {
  const control = request.controls.find((candidate) => candidate.name === `V4L2_CID_STATELESS_H264_${name}`);
  return control?.payload as Uint8Array | undefined;
}

function sliceParams(request: RequestEvent) {
  return decodePayload(h264Controls.V4L2_CID_STATELESS_H264_SLICE_PARAMS, payload(request, "SLICE_PARAMS")!);
}

/** ref_pic_list0: `"1000"` for a frame, `"1000t"` and `"1000b"` for fields, `"gap3"` for frame_num 3 without a buffer. */
function list0(request: RequestEvent): string {
  const { ref_pic_list0, num_ref_idx_l0_active_minus1 } = sliceParams(request);
  const { dpb } = decodeParams(request);
  const names = ref_pic_list0.slice(0, num_ref_idx_l0_active_minus1 + 1).map(({ fields, index }) => {
    if (fields === 0) return "none";
    const { reference_ts, frame_num } = dpb[index]!;
    return (reference_ts === 0n ? `gap${frame_num}` : `${reference_ts}`) + ["", "t", "b", ""][fields];
  });
  return names.join(" ");
}

const start = (sps: Sps = {}) => new H264Stream().writeSps(sps).writePps();
const fields: Sps = { frame_mbs_only_flag: 0, heightInMapUnits: 2 };

/** An IDR picture of two fields, 1000. */
const startWithFields = () =>
  start(fields)
    .slice({ idr: true, field: "top" })
    .slice({ field: "bottom", lsb: 1, num_ref_idx: [1] });

describe("reference lists", () => {
  it("have the frames of a gap where their frame_num puts them (8.2.4.2.1)", () => {
    const stream = start({ gaps: true }).slice({ idr: true });
    stream.slice({ frame_num: 3, lsb: 6, num_ref_idx: [4] });
    expect(list0(requestsOf(stream)[1]!)).toBe("gap2 gap1 1000 none");
  });

  it("have them once, also where a non-reference picture closed the gap (7.4.3, PrevRefFrameNum)", () => {
    const stream = start({ gaps: true }).slice({ idr: true });
    stream.slice({ frame_num: 2, lsb: 6, nal_ref_idc: 0 }).slice({ frame_num: 2, lsb: 8, num_ref_idx: [3] });
    expect(list0(requestsOf(stream)[2]!)).toBe("gap1 1000 none");
  });

  it("have the second field of a pair whose first field is no longer a reference (8.2.4.2.5)", () => {
    // CurrPicNum is 3, the top field's PicNum 1: difference_of_pic_nums_minus1 is 1.
    const stream = startWithFields().slice({ frame_num: 1, field: "top", lsb: 4, mmco: [[1, 1]] });
    stream.slice({ frame_num: 1, field: "bottom", lsb: 5, num_ref_idx: [3] });
    expect(list0(requestsOf(stream)[3]!)).toBe("1000b 2000t none");
  });

  it("lose a frame when the sliding window takes it, whichever of its fields was left (8.2.5.3)", () => {
    const stream = start({ ...fields, max_num_ref_frames: 2 }).slice({ idr: true, field: "top" });
    stream.slice({ field: "bottom", lsb: 1 }).slice({ frame_num: 1, field: "top", lsb: 4, mmco: [[1, 1]] });
    stream.slice({ frame_num: 1, field: "bottom", lsb: 5 }).slice({ frame_num: 2, field: "top", lsb: 8 });
    stream.slice({ frame_num: 2, field: "bottom", lsb: 9, num_ref_idx: [4] });
    expect(list0(requestsOf(stream)[5]!)).toBe("2000b 3000t 2000t none");
  });

  it("have a picture whose slice header has more than 10 memory management control operations", () => {
    const stream = start().slice({ idr: true });
    stream.slice({ frame_num: 1, lsb: 2, mmco: Array.from({ length: 11 }, () => [4, 0]) });
    stream.slice({ frame_num: 2, lsb: 4, num_ref_idx: [2] });
    expect(requestsOf(stream).map(({ timestamp }) => timestamp)).toEqual([1000, 2000, 3000]);
    expect(list0(requestsOf(stream)[2]!)).toBe("2000 1000");
  });

  it("are modified by 32 operations (8.2.4.3)", () => {
    // PicNum 1 is the top field's, 0 the bottom field's: 3 - 2, then one less and one more in turns.
    const modify: [number, number][] = [[0, 1]];
    for (let i = 1; i < 32; i++) modify.push([i % 2 === 1 ? 0 : 1, 0]);
    const stream = startWithFields().slice({ frame_num: 1, field: "top", lsb: 4, num_ref_idx: [32], modify });
    expect(list0(requestsOf(stream)[2]!)).toBe(new Array(16).fill("1000t 1000b").join(" "));
  });

  it("have a field with memory_management_control_operation 5 as a reference of its own (3.30)", () => {
    const stream = start(fields).slice({ idr: true });
    stream.slice({ frame_num: 1, field: "top", lsb: 8 }).slice({ frame_num: 1, field: "bottom", lsb: 9, mmco: [[5]] });
    stream.slice({ frame_num: 1, field: "top", lsb: 4, num_ref_idx: [2] });
    expect(list0(requestsOf(stream)[3]!)).toBe("3000b none");
  });

  it("keep the place of a picture that an operation names and that is missing (8.2.4.3.1)", () => {
    const stream = start().slice({ idr: true }).slice({ frame_num: 1, lsb: 2 });
    stream.slice({ frame_num: 2, lsb: 4, num_ref_idx: [3], modify: [[0, 5]] });
    const events = eventsOf(stream, { decodeMode: "slice" });
    expect(only(events, "error").map(({ kind }) => kind)).toEqual(["missing-reference"]);
    expect(list0(only(events, "request")[2]!)).toBe("none 2000 1000");
  });
});

describe("slices and their requests", () => {
  it("need no slice at macroblock 0 (7.4.1.2.4)", () => {
    expect(requestsOf(start().slice({ idr: true, first_mb: 8 })).length).toBe(1);
  });

  it("have the PPS that their header names (7.4.3)", () => {
    const stream = start().writePps({ id: 1, num_ref_idx: [2, 2] });
    stream.slice({ idr: true, pps: 1 }).slice({ idr: true, first_mb: 8 });
    const control = h264Controls.V4L2_CID_STATELESS_H264_PPS;
    const sent = requestsOf(stream).map((request) => decodePayload(control, payload(request, "PPS")!));
    expect(sent.map((pps) => [pps.pic_parameter_set_id, pps.num_ref_idx_l0_default_active_minus1])).toEqual([
      [1, 1],
      [0, 0],
    ]);
  });

  it("have PFRAME and BFRAME of all the picture's slices, whichever comes first", () => {
    const stream = start().slice({ idr: true }).slice({ frame_num: 1, lsb: 4, type: "I" });
    stream
      .slice({ frame_num: 1, lsb: 4, type: "P", first_mb: 4 })
      .slice({ frame_num: 1, lsb: 4, type: "B", first_mb: 8 });
    stream.slice({ frame_num: 2, lsb: 8, type: "I" }).slice({ frame_num: 2, lsb: 8, type: "P", first_mb: 8 });
    const names = new Map([
      [V4L2_H264_DECODE_PARAM_FLAG_PFRAME, "P"],
      [V4L2_H264_DECODE_PARAM_FLAG_BFRAME, "B"],
    ]);
    const types = requestsOf(stream).map((request) => {
      const { flags } = decodeParams(request);
      return [...names].map(([flag, name]) => ((flags & flag) === 0 ? "-" : name)).join("");
    });
    expect(types).toEqual(["--", "PB", "PB", "PB", "P-", "P-"]);
  });

  it("are made of the base layer where a PPS refers to a subset SPS, which another layer has (7.4.1.2.1)", () => {
    const stream = start().unit(3, 8, new BitWriter().ue(1).ue(1).u(8, 0).trailing().bytes()).slice({ idr: true });
    expect(summary(eventsOf(stream, { decodeMode: "slice" }))).toContain("request 1000");
  });

  it("are none of data partitions (7.3.2.9)", () => {
    const stream = start().slice({ idr: true }).unit(1, 2, Uint8Array.of(0xe0, 0x80));
    const events = eventsOf(stream, { decodeMode: "slice" });
    expect(only(events, "request").length).toBe(1);
    expect(only(events, "error").map(({ kind }) => kind)).toEqual(["unsupported"]);
  });
});

describe("PRED_WEIGHTS", () => {
  it("are not there without pred_weight_table() (7.3.3)", () => {
    const [idr, p] = requestsOf(start().slice({ idr: true }).slice({ frame_num: 1, lsb: 2 }));
    expect([idr, p].map((request) => payload(request!, "PRED_WEIGHTS"))).toEqual([undefined, undefined]);
  });

  it("without chroma have chroma weights of 1 (7.4.3.2)", () => {
    // High profile, chroma_format_idc 0; the PPS with weighted_pred_flag
    const sps = new BitWriter().u(8, 100).u(8, 0).u(8, 40).ue(0).ue(0).ue(0).ue(0).u(2, 0);
    sps.ue(0).ue(2).ue(4).u(1, 0).ue(3).ue(3).u(1, 1).u(1, 1).u(2, 0);
    const pps = new BitWriter().ue(0).ue(0).u(2, 0).ue(0).ue(0).ue(0).u(1, 1).u(2, 0).se(0).se(0).se(0).u(3, 0);
    const idr = new BitWriter().ue(0).ue(2).ue(0).u(4, 0).ue(0).u(2, 0).se(0);
    const p = new BitWriter().ue(0).ue(0).ue(0).u(4, 1).u(1, 0).u(1, 0);
    p.ue(5).u(1, 1).se(-3).se(7).u(1, 0).se(0); // luma_log2_weight_denom 5, luma_weight_l0 -3, luma_offset_l0 7
    const stream = new H264Stream().unit(3, 7, sps.trailing().bytes()).unit(3, 8, pps.trailing().bytes());
    stream.unit(1, 5, idr.trailing().u(8, 0x5a).bytes()).unit(1, 1, p.trailing().u(8, 0x5a).bytes());
    const control = h264Controls.V4L2_CID_STATELESS_H264_PRED_WEIGHTS;
    const table = decodePayload(control, payload(requestsOf(stream)[1]!, "PRED_WEIGHTS")!);
    expect(table).toMatchObject({ luma_log2_weight_denom: 5, chroma_log2_weight_denom: 0 });
    const [l0] = table.weight_factors;
    expect([l0!.luma_weight[0], l0!.luma_offset[0], l0!.chroma_weight[0], l0!.chroma_offset[0]]).toEqual([
      -3,
      7,
      [1, 1],
      [0, 0],
    ]);
  });
});
