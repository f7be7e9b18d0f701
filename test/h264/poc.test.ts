import { describe, expect, it } from "vitest";
import type { SessionOptions } from "../../src/options.ts";
import type { Slice } from "../../support/streams/h264-stream.ts";
import { decodeParams, eventsOf, H264Stream, only } from "../../support/streams/h264-stream.ts";

/** TopFieldOrderCnt/BottomFieldOrderCnt of each request. */
function orderCounts(stream: H264Stream, options: SessionOptions = {}): string[] {
  return only(eventsOf(stream, options), "request").map((request) => {
    const { top_field_order_cnt, bottom_field_order_cnt } = decodeParams(request);
    return `${top_field_order_cnt}/${bottom_field_order_cnt}`;
  });
}

function write(stream: H264Stream, slices: readonly Slice[]): H264Stream {
  for (const slice of slices) stream.slice(slice);
  return stream;
}

describe("8.2.1.1 picture order count type 0", () => {
  it("carries PicOrderCntMsb over a wrap of the lsb in both directions", () => {
    const stream = new H264Stream().writeSps({ log2_max_lsb: 4 }).writePps();
    write(stream, [
      { idr: true, lsb: 0 },
      { frame_num: 1, lsb: 7 },
      { frame_num: 2, lsb: 14 },
      { frame_num: 3, lsb: 4 }, // wraps: 20
      { frame_num: 4, lsb: 15, nal_ref_idc: 0 }, // back: 15
      { frame_num: 4, lsb: 5 },
    ]);
    expect(orderCounts(stream)).toEqual(["0/0", "7/7", "14/14", "20/20", "15/15", "21/21"]);
  });

  it("adds delta_pic_order_cnt_bottom in frames and gives each field its own lsb", () => {
    const stream = new H264Stream().writeSps({ frame_mbs_only_flag: 0 });
    stream.writePps({ bottom_field_pic_order_in_frame_present_flag: 1 });
    write(stream, [
      { idr: true, lsb: 2, delta_bottom: -1 },
      { frame_num: 1, lsb: 10, field: "top" },
      { frame_num: 1, lsb: 11, field: "bottom" },
    ]);
    // Beside the second field the first one's count stands too; beside a first field, 0.
    expect(orderCounts(stream)).toEqual(["2/1", "10/0", "10/11"]);
  });

  it("goes on from the top field's count after memory_management_control_operation 5, from 0 after a bottom field", () => {
    const frames = new H264Stream().writeSps().writePps({ bottom_field_pic_order_in_frame_present_flag: 1 });
    write(frames, [
      { idr: true, lsb: 0 },
      { frame_num: 1, lsb: 120, delta_bottom: -3, mmco: [[5]] }, // becomes 3/0
      { frame_num: 1, lsb: 130 }, // 130 - 3 < 128: it stays, as from 0 it would not
      { frame_num: 2, lsb: 132 },
    ]);
    expect(orderCounts(frames)).toEqual(["0/0", "120/117", "130/130", "132/132"]);
    const fields = new H264Stream().writeSps({ frame_mbs_only_flag: 0 }).writePps();
    write(fields, [
      { idr: true, lsb: 0 },
      { frame_num: 1, lsb: 100, field: "bottom", mmco: [[5]] },
      { frame_num: 1, lsb: 129 }, // 129 - 0 > 128: back to -127
    ]);
    expect(orderCounts(fields)).toEqual(["0/0", "0/100", "-127/-127"]);
  });
});

describe("a picture with memory_management_control_operation 5 that is not decoded, having no references", () => {
  it("is counted from like one that is", () => {
    const stream = new H264Stream().writeSps().writePps();
    write(stream, [
      { frame_num: 3, lsb: 90, type: "I", nal_ref_idc: 0 },
      { frame_num: 3, lsb: 100, mmco: [[5]] },
      { frame_num: 1, lsb: 200, type: "I" }, // 200 - 0 > 128; from 100 it would stay
    ]);
    expect(orderCounts(stream, { missingReferences: "nearest" })).toEqual(["90/90", "-56/-56"]);
  });
});

describe("8.2.1.2 picture order count type 1", () => {
  it("sums the cycle, with the offsets of non-reference pictures and of bottom fields", () => {
    const stream = new H264Stream().writeSps({ poc_type: 1, cycle: [-3, 1, [2, 6]], log2_max_frame_num: 4 });
    stream.writePps({ bottom_field_pic_order_in_frame_present_flag: 1 });
    write(stream, [
      { idr: true },
      { frame_num: 1, delta: [0, 0] }, // 2
      { frame_num: 2, delta: [1, 5] }, // 2 + 6 + 1; bottom + 1 + 5
      { frame_num: 3, nal_ref_idc: 0 }, // absFrameNum 2: 8 - 3
      { frame_num: 3 }, // 8 + 2
    ]);
    expect(orderCounts(stream)).toEqual(["0/1", "2/3", "9/15", "5/6", "10/11"]);
  });

  it("goes on with FrameNumOffset over a wrap of frame_num and over inferred frames (8.2.5.2)", () => {
    const stream = new H264Stream().writeSps({ poc_type: 1, cycle: [0, 0, [2]], gaps: true }).writePps();
    write(stream, [{ idr: true }, { frame_num: 1 }, { frame_num: 14 }, { frame_num: 2 }]);
    expect(orderCounts(stream)).toEqual(["0/0", "2/2", "28/28", "36/36"]);
  });
});

describe("8.2.1.3 picture order count type 2", () => {
  it("follows decoding order, odd for non-reference pictures, and restarts after operation 5", () => {
    const stream = new H264Stream().writeSps({ poc_type: 2 }).writePps();
    write(stream, [
      { idr: true },
      { frame_num: 1 },
      { frame_num: 2, nal_ref_idc: 0 },
      { frame_num: 2, mmco: [[5]] },
      { frame_num: 1 },
    ]);
    expect(orderCounts(stream)).toEqual(["0/0", "2/2", "3/3", "4/4", "2/2"]);
  });
});
