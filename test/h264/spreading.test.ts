import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { RequestEvent } from "../../src/events.ts";
import { decodeStruct, v4l2_ctrl_h264_decode_params, v4l2_ctrl_h264_slice_params } from "../../src/uapi/index.ts";
import { eventsOf, H264Stream, only } from "../../support/streams/h264-stream.ts";
import { decoded, type SpreadingCodec, testSpreading, withUnitAfterSlice } from "../support/spreading.ts";

function payload(request: RequestEvent, name: string): Uint8Array {
  const found = request.controls.find((control) => control.name === `V4L2_CID_STATELESS_H264_${name}`)?.payload;
  return found as Uint8Array;
}

function predictsFrom(request: RequestEvent): number[] {
  const { dpb } = decodeStruct(v4l2_ctrl_h264_decode_params, payload(request, "DECODE_PARAMS"));
  const slice = decodeStruct(v4l2_ctrl_h264_slice_params, payload(request, "SLICE_PARAMS"));
  const list0 = slice.slice_type % 5 === 2 ? [] : slice.ref_pic_list0.slice(0, slice.num_ref_idx_l0_active_minus1 + 1);
  const list1 = slice.slice_type % 5 !== 1 ? [] : slice.ref_pic_list1.slice(0, slice.num_ref_idx_l1_active_minus1 + 1);
  return [...list0, ...list1].filter(({ fields }) => fields !== 0).map(({ index }) => Number(dpb[index]?.reference_ts));
}

const isSlice = (firstByte: number) => [1, 5].includes(firstByte & 31);

const damaged: SpreadingCodec["damaged"] = (bytes, k, options) =>
  // A slice of which nothing is left but its first byte.
  decoded("h264", withUnitAfterSlice(bytes, k, isSlice, [0x41]), options);

testSpreading({
  codec: "h264",
  predictsFrom,
  damaged,
  withRecovery: ["intra_refresh", "open_gop"],
});

describe("corrupt in an intra refresh, with recovery points of 4 frames at the 9th and 17th picture", () => {
  it.each([
    [1, ".xxxxxxxxxxx........"],
    [7, ".......xxxxx........"],
    [9, ".........xxxxxxxxxxx"],
    [12, "............xxxxxxxx"],
  ])("goes from the damaged picture, %i, to the next recovery that begins after it and is complete", (k, expected) => {
    const bytes = new Uint8Array(readFileSync(new URL("../fixtures/h264_intra_refresh.264", import.meta.url)));
    for (const decodeMode of ["frame", "slice"] as const) {
      const outputs = only(damaged(bytes, k, { decodeMode }), "output");
      expect(outputs.map(({ corrupt }) => (corrupt ? "x" : ".")).join("")).toBe(expected);
    }
  });
});

describe("corrupt ends", () => {
  const start = () => new H264Stream().writeSps({ max_num_ref_frames: 1 }).writePps();
  const shown = (stream: H264Stream) => only(eventsOf(stream), "output").map(({ corrupt }) => (corrupt ? "x" : "."));
  const broken = () => {
    const stream = start().slice({ idr: true }).slice({ frame_num: 1, lsb: 2 });
    stream.unit(1, 1, new Uint8Array());
    return stream.slice({ frame_num: 2, lsb: 4 });
  };

  it("at an IDR picture", () => {
    const stream = broken().slice({ idr: true, idr_pic_id: 1 }).slice({ frame_num: 1, lsb: 2 });
    expect(shown(stream).join("")).toBe(".xx..");
  });

  it("at an I picture for what refers to it", () => {
    const stream = broken().slice({ type: "I", frame_num: 3, lsb: 6 }).slice({ frame_num: 4, lsb: 8 });
    expect(shown(stream).join("")).toBe(".xx..");
  });

  it("where a recovery that began after the damage is complete (D.2.8)", () => {
    const stream = broken().recoveryPoint(2);
    for (const frame_num of [3, 4, 5, 6]) stream.slice({ frame_num, lsb: 2 * frame_num });
    expect(shown(stream).join("")).toBe(".xxxx..");
  });

  it("not where the recovery began before the damage, or with the damaged picture", () => {
    for (const at of [1, 2]) {
      const stream = start().slice({ idr: true });
      for (const frame_num of [1, 2, 3, 4, 5]) {
        if (frame_num === at) stream.recoveryPoint(3 - at);
        stream.slice({ frame_num, lsb: 2 * frame_num });
        if (frame_num === 2) stream.unit(1, 1, new Uint8Array());
      }
      expect(shown(stream).join("")).toBe("..xxxx");
    }
  });

  it("and comes again with the next damage, also after a recovery", () => {
    const stream = start().recoveryPoint(0).slice({ type: "I", frame_num: 1 }).slice({ frame_num: 2, lsb: 2 });
    stream.slice({ frame_num: 4, lsb: 6 }).slice({ frame_num: 5, lsb: 8 });
    expect(shown(stream).join("")).toBe("..xx");
  });
});
