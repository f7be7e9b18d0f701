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

describe("corrupt after a gap in frame_num: the lost picture is in no list, but the window of reference frames has it", () => {
  const shown = (stream: H264Stream) => only(eventsOf(stream), "output").map(({ corrupt }) => (corrupt ? "x" : "."));
  const start = () => new H264Stream().writeSps({ max_num_ref_frames: 3 }).writePps().slice({ idr: true });

  it("is said of the reference pictures after a picture that is none", () => {
    const stream = start().slice({ nal_ref_idc: 0, frame_num: 2, lsb: 2 });
    for (const frame_num of [2, 3]) stream.slice({ frame_num, lsb: 2 * frame_num });
    expect(shown(stream).join("")).toBe(".xxx");
  });

  it("is said of a picture whose first slice is an I slice", () => {
    const stream = start().slice({ type: "I", frame_num: 2, lsb: 4 }).slice({ first_mb: 8, frame_num: 2, lsb: 4 });
    expect(shown(stream).join("")).toBe(".x");
  });

  it("ends where the window is full of later frames, at operation 5, and at an IDR picture", () => {
    const full = start();
    for (const frame_num of [2, 3, 4]) full.slice({ type: "I", frame_num, lsb: 2 * frame_num });
    expect(shown(full.slice({ frame_num: 5, lsb: 10 })).join("")).toBe(".....");

    const emptied = start().slice({ type: "I", frame_num: 2, lsb: 4, mmco: [[5]] });
    expect(shown(emptied.slice({ frame_num: 1, lsb: 2 })).join("")).toBe("...");

    const anew = start().slice({ type: "I", frame_num: 2, lsb: 4 }).slice({ idr: true, idr_pic_id: 1 });
    expect(shown(anew.slice({ frame_num: 1, lsb: 2 })).join("")).toBe("....");
  });
});

describe("a picture without its first slice, where slices have an order (A.2)", () => {
  const start = (constraint_set1_flag: number, profile_idc: number) =>
    new H264Stream().writeSps({ profile_idc, constraint_set1_flag }).writePps();
  const found = (stream: H264Stream) => {
    const events = eventsOf(stream.slice({ idr: true, first_mb: 8 }));
    return [
      only(events, "error")
        .map(({ code }) => code)
        .join(),
      only(events, "output")[0]?.corrupt,
    ];
  };

  it("is told, and corrupt", () => {
    expect(found(start(0, 77))).toEqual(["missing-slice", true]);
    expect(found(start(1, 66))).toEqual(["missing-slice", true]);
    expect(found(start(0, 66))).toEqual(["", false]);
    expect(found(start(0, 88))).toEqual(["", false]);
  });

  it("is not told of a picture that is skipped", () => {
    const stream = start(0, 77).slice({ first_mb: 8 });
    expect(only(eventsOf(stream, { startAt: "random-access" }), "error").map(({ code }) => code)).toEqual([
      "before-random-access",
    ]);
  });
});
