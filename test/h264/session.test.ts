import { describe, expect, it } from "vitest";
import type { Trace } from "../../src/bitreader/index.ts";
import { unitsOfPacket } from "../../src/framing/byte-stream.ts";
import { openSession } from "../../src/open-session.ts";
import { bitstreamBytes } from "../../src/session/bitstream.ts";
import { decodeStruct, V4L2_PIX_FMT_H264_SLICE, v4l2_ctrl_h264_slice_params } from "../../src/uapi/index.ts";
import { annexB } from "../../support/h264-requests.ts";
import {
  decodeParams,
  eventsOf,
  H264Stream,
  only,
  references,
  type Slice,
  type Sps,
  summary,
} from "../../support/streams/h264-stream.ts";

const start = () => new H264Stream().writeSps().writePps();
const controlOf = (stream: H264Stream, request: number, name: string) => {
  const { controls } = only(eventsOf(stream), "request")[request]!;
  return controls.find((control) => control.name === name)!.payload as Uint8Array;
};
const spsBytes = (stream: H264Stream, request: number) => controlOf(stream, request, "V4L2_CID_STATELESS_H264_SPS");
const ppsBytes = (stream: H264Stream, request: number) => controlOf(stream, request, "V4L2_CID_STATELESS_H264_PPS");

describe("sequence events", () => {
  it("come before the first request, with what the CAPTURE queue has to be", () => {
    const stream = new H264Stream()
      .writeSps({
        widthInMbs: 5,
        heightInMapUnits: 4,
        crop: [1, 2, 0, 3],
        max_dec_frame_buffering: 2,
        max_num_ref_frames: 1,
      })
      .writePps()
      .slice({ idr: true });
    const [event] = eventsOf(stream);
    expect(event).toMatchObject({
      type: "sequence",
      codec: "h264",
      pixelFormat: V4L2_PIX_FMT_H264_SLICE,
      codedWidth: 80,
      codedHeight: 64,
      visible: { left: 2, top: 0, width: 74, height: 58 },
      bitDepthLuma: 8,
      chromaFormat: 1,
      captureBuffers: 3,
      realloc: true,
      keepsReferences: false,
    });
    const names = event?.type === "sequence" ? event.controls.map(({ name }) => name) : [];
    expect(names).toEqual([
      "V4L2_CID_STATELESS_H264_DECODE_MODE",
      "V4L2_CID_STATELESS_H264_START_CODE",
      "V4L2_CID_STATELESS_H264_SPS",
    ]);
  });

  it("come again only when something changed: not for an SPS of other content alone", () => {
    const stream = start().slice({ idr: true });
    stream.writeSps({ log2_max_lsb: 6 }).writePps().slice({ idr: true, idr_pic_id: 1 });
    stream
      .writeSps({ crop: [0, 1, 0, 0] })
      .writePps()
      .slice({ idr: true });
    stream.writeSps({ widthInMbs: 6 }).writePps().slice({ idr: true, idr_pic_id: 1 });
    expect(
      only(eventsOf(stream), "sequence").map(({ codedWidth, visible, realloc }) => [
        codedWidth,
        visible.width,
        realloc,
      ]),
    ).toEqual([
      [64, 64, true],
      [64, 62, false],
      [96, 96, true],
    ]);
  });

  it("follow the output and release of every picture of the old sequence", () => {
    const stream = start().slice({ idr: true }).slice({ frame_num: 1, lsb: 2 });
    stream.writeSps({ widthInMbs: 6 }).writePps().slice({ idr: true, idr_pic_id: 1 });
    expect(summary(eventsOf(stream))).toEqual([
      "sequence",
      "request 1000",
      "request 2000",
      "output 1000",
      "release 1000",
      "output 2000",
      "release 2000",
      "sequence",
      "request 3000",
      "output 3000",
      "release 3000",
    ]);
  });
});

describe("a picture", () => {
  const timestamps = (stream: H264Stream) =>
    only(eventsOf(stream, { decodeMode: "slice" }), "request").map(({ timestamp }) => timestamp);

  const type1: Sps = { poc_type: 1, cycle: [0, 0, [2]] };
  const field: Slice = { frame_num: 1, field: "top" };
  it.each<[string, Sps, Slice, Slice, 1 | 2]>([
    ["frame_num", {}, { frame_num: 1 }, { frame_num: 2 }, 2],
    ["field_pic_flag", { frame_mbs_only_flag: 0 }, { frame_num: 1 }, field, 2],
    ["bottom_field_flag", { frame_mbs_only_flag: 0 }, field, { ...field, field: "bottom" }, 2],
    ["nal_ref_idc, where one is 0", {}, { frame_num: 1, nal_ref_idc: 0 }, { frame_num: 1 }, 2],
    ["nal_ref_idc, where the other is 0", {}, { frame_num: 1 }, { frame_num: 1, nal_ref_idc: 0 }, 2],
    ["nal_ref_idc, where none is 0: the same picture", {}, { frame_num: 1 }, { frame_num: 1, nal_ref_idc: 2 }, 1],
    ["pic_order_cnt_lsb", {}, { frame_num: 1, lsb: 2 }, { frame_num: 1, lsb: 4 }, 2],
    ["delta_pic_order_cnt_bottom", {}, { frame_num: 1 }, { frame_num: 1, delta_bottom: 1 }, 2],
    ["delta_pic_order_cnt[0]", type1, { frame_num: 1 }, { frame_num: 1, delta: [1, 0] }, 2],
    ["delta_pic_order_cnt[1]", type1, { frame_num: 1 }, { frame_num: 1, delta: [0, 1] }, 2],
    ["IdrPicFlag", {}, { frame_num: 0, type: "I" }, { idr: true }, 2],
    ["idr_pic_id", {}, { idr: true, idr_pic_id: 1 }, { idr: true, idr_pic_id: 2 }, 2],
    ["no element: the same picture", {}, { frame_num: 1 }, { frame_num: 1 }, 1],
  ])("ends where a slice differs in %s alone (7.4.1.2.4)", (_, sps, slice, other, count) => {
    const stream = new H264Stream().writeSps({ max_num_ref_frames: 4, ...sps });
    stream.writePps({ bottom_field_pic_order_in_frame_present_flag: 1 }).slice({ idr: true });
    stream.slice(slice).slice({ ...other, first_mb: 4 });
    expect(only(eventsOf(stream), "request").length).toBe(1 + count);
  });

  it("ends where a slice begins at the macroblock of its first one, whatever the numbers of 7.4.1.2.4 say", () => {
    const twice = start().slice({ idr: true }).slice({ idr: true, first_mb: 8 });
    twice.slice({ idr: true }).slice({ idr: true, first_mb: 8 });
    expect(timestamps(twice)).toEqual([1000, 1000, 2000, 2000]);
  });

  it("does not end before a slice of an earlier macroblock that it has not: arbitrary slice order", () => {
    const stream = start().slice({ idr: true, first_mb: 8 }).slice({ idr: true });
    expect(timestamps(stream)).toEqual([1000, 1000]);
  });
});

describe("captureBuffers: A.3.1, E.2.1", () => {
  const captureBuffers = (sps: Parameters<H264Stream["writeSps"]>[0]) => {
    const stream = new H264Stream().writeSps(sps).writePps().slice({ idr: true });
    return only(eventsOf(stream), "sequence")[0]?.captureBuffers;
  };

  it("is MaxDpbFrames of the level, at most 16, and one more", () => {
    expect(captureBuffers({ level_idc: 10, widthInMbs: 11, heightInMapUnits: 9 })).toBe(5);
    expect(captureBuffers({ level_idc: 40 })).toBe(17);
    expect(captureBuffers({ level_idc: 11, constraint_set3_flag: 1, widthInMbs: 11, heightInMapUnits: 9 })).toBe(5);
    expect(captureBuffers({ level_idc: 11, widthInMbs: 11, heightInMapUnits: 9 })).toBe(10);
  });

  it("is never less than the reference frames and the current picture need", () => {
    expect(captureBuffers({ max_dec_frame_buffering: 1, max_num_ref_frames: 3 })).toBe(4);
    expect(captureBuffers({ max_dec_frame_buffering: 0, max_num_ref_frames: 0 })).toBe(2);
    expect(captureBuffers({ profile_idc: 100, constraint_set3_flag: 1, max_num_ref_frames: 0 })).toBe(2);
  });
});

describe("parameter sets (7.4.1.2.1)", () => {
  it("that come inside a picture wait for the next one", () => {
    const stream = start()
      .slice({ idr: true })
      .writePps({ num_ref_idx: [4, 1] });
    stream.slice({ idr: true, first_mb: 8 }).slice({ frame_num: 1, lsb: 2 });
    const requests = only(eventsOf(stream), "request");
    const slices = requests.map((request) => unitsOfPacket(bitstreamBytes(request), 0).length);
    expect(slices).toEqual([2, 1]);
    expect(ppsBytes(stream, 0)[3]).toBe(0);
    expect(ppsBytes(stream, 1)[3]).toBe(3);
  });

  it("with new content for the active SPS take effect at the next IDR picture; before it, that is an error", () => {
    const stream = start().slice({ idr: true }).writeSps({ level_idc: 31 });
    stream.slice({ frame_num: 1, lsb: 2 }).slice({ frame_num: 2, lsb: 4 }).slice({ idr: true, idr_pic_id: 1 });
    expect(only(eventsOf(stream), "error").map(({ message }) => message)).toEqual([
      "the active SPS was sent with other content, and no IDR picture follows",
    ]);
    expect([0, 1, 2, 3].map((request) => spsBytes(stream, request)[2])).toEqual([40, 40, 40, 31]);
  });

  it("with the newest content of their id are activated, also where older content waited for its turn", () => {
    const stream = new H264Stream().writeSps({ id: 0, widthInMbs: 4 }).writeSps({ id: 1, widthInMbs: 5 });
    stream.writePps({ id: 0, sps: 0 }).writePps({ id: 1, sps: 1 }).slice({ idr: true, pps: 0 });
    stream.writeSps({ id: 0, widthInMbs: 6 }).slice({ idr: true, pps: 1, idr_pic_id: 1 });
    stream.writeSps({ id: 0, widthInMbs: 7 }).slice({ idr: true, pps: 0, idr_pic_id: 2 });
    expect(only(eventsOf(stream), "sequence").map(({ codedWidth }) => codedWidth / 16)).toEqual([4, 5, 7]);
  });

  it("change which SPS a PPS is read with", () => {
    const stream = new H264Stream()
      .writeSps()
      .writeSps({ id: 1, level_idc: 30 })
      .writePps()
      .writePps({ id: 1, sps: 1 });
    stream.slice({ idr: true }).slice({ idr: true, idr_pic_id: 1, pps: 1 });
    expect(spsBytes(stream, 1)[2]).toBe(30);
    expect(ppsBytes(stream, 1)[1]).toBe(1);
  });

  it("are read when they are needed: a PPS may come before its SPS", () => {
    const stream = start();
    stream.units.reverse();
    stream.slice({ idr: true });
    expect(summary(eventsOf(stream))).toEqual(["sequence", "request 1000", "output 1000", "release 1000"]);
  });

  it("that are broken leave the old ones", () => {
    const stream = start();
    stream
      .unit(3, 8, Uint8Array.of(0b11000000))
      .unit(3, 7, Uint8Array.of(77, 0, 40, 0xff))
      .slice({ idr: true });
    const events = eventsOf(stream);
    expect(only(events, "error").map(({ unit }) => unit)).toEqual([
      "pic_parameter_set_rbsp (nal_unit_type 8)",
      "seq_parameter_set_rbsp (nal_unit_type 7)",
    ]);
    expect(only(events, "request").length).toBe(1);
  });

  it("of which only the closing bits are wrong are reported and taken", () => {
    const stream = start();
    const sps = stream.units[0] as Uint8Array;
    sps[sps.length - 1] = (sps[sps.length - 1] as number) | 1;
    stream.slice({ idr: true });
    const events = eventsOf(stream);
    expect(only(events, "error").map(({ element }) => element)).toEqual(["rbsp_alignment_zero_bit"]);
    expect(only(events, "request").length).toBe(1);
  });

  it("that are missing are an error of each slice that names them", () => {
    const stream = start().slice({ idr: true });
    stream.units.shift();
    expect(only(eventsOf(stream), "error")).toMatchObject([
      { kind: "missing-parameter-set", element: "seq_parameter_set_id", byte: 12 },
    ]);
  });

  it("may differ between the slices of a picture: the request says that it can carry one only", () => {
    const stream = start().writePps({ id: 1, num_ref_idx: [2, 1] });
    stream.slice({ idr: true }).slice({ idr: true, first_mb: 8, pps: 1 });
    const events = eventsOf(stream);
    expect(only(events, "request").length).toBe(1);
    expect(only(events, "error").map(({ kind }) => kind)).toEqual(["unsupported"]);
    const slices = only(eventsOf(stream, { decodeMode: "slice" }), "request");
    expect(slices.map(({ controls }) => (controls[1]!.payload as Uint8Array)[0])).toEqual([0, 1]);
  });
});

describe("the OUTPUT buffer", () => {
  const stream = () =>
    start()
      .writePps({ id: 1, redundant_pic_cnt_present_flag: 1 })
      .unit(0, 9, Uint8Array.of(0xf0))
      .slice({ idr: true, pps: 1 })
      .slice({ idr: true, pps: 1, redundant_pic_cnt: 1 })
      .unit(1, 20, Uint8Array.of(0x40, 0, 0, 0x80))
      .slice({ idr: true, pps: 1, first_mb: 8 })
      .unit(0, 12, Uint8Array.of(0xff, 0x80));

  it("holds the slices of the primary coded picture, each after three bytes of start code", () => {
    const s = stream();
    const [request] = only(eventsOf(s), "request");
    expect(bitstreamBytes(request!)).toEqual(Uint8Array.of(0, 0, 1, ...s.units[4]!, 0, 0, 1, ...s.units[7]!));
  });

  it("holds them alone with startCode none, and one each in slice mode, held but for the last", () => {
    const s = stream();
    const requests = only(eventsOf(s, { startCode: "none", decodeMode: "slice" }), "request");
    expect(requests.map(bitstreamBytes)).toEqual([s.units[4], s.units[7]]);
    expect(requests.map(({ hold }) => hold)).toEqual([true, false]);
    expect(decodeParams(requests[0]!)).toEqual(decodeParams(requests[1]!));
  });

  describe("of a picture with 300 slices", () => {
    /** The request's parts, and what was pushed, in one piece: each slice has so many more bytes of data. */
    const partsOf = (dataBytes: number) => {
      const s = new H264Stream().writeSps({ widthInMbs: 20, heightInMapUnits: 20 }).writePps();
      for (let i = 0; i < 300; i++) s.slice({ idr: true, first_mb: i });
      s.slice({ idr: true, idr_pic_id: 1 }).unit(0, 9, Uint8Array.of(0xf0));
      const data = new Array<number>(dataBytes).fill(0x5a);
      const units = s.units.map((unit) => (unit[0]! % 32 === 5 ? Uint8Array.of(...unit, ...data) : unit));
      const pushed = annexB(units);
      const [request] = only(openSession("h264").push(pushed), "request");
      const slices = units.slice(2, 302).flatMap((unit) => [0, 0, 1, ...unit]);
      expect(bitstreamBytes(request!)).toEqual(Uint8Array.from(slices));
      return { bitstream: request!.bitstream, pushed };
    };

    it("is made of the pushed bytes: nothing is copied", () => {
      const { bitstream, pushed } = partsOf(600);
      expect(bitstream.filter(({ buffer }) => buffer === pushed.buffer).length).toBe(300);
    });

    it("has fewer parts where they are so small that the parts would need more memory than their bytes", () => {
      expect(partsOf(0).bitstream.length).toBeLessThan(300);
    });

    it("has as few after a large picture, which came in two pieces", () => {
      const units = (dataBytes: number, idr_pic_id: number) => {
        const s = new H264Stream().writeSps({ widthInMbs: 20, heightInMapUnits: 20 }).writePps();
        for (let i = 0; i < 300; i++) s.slice({ idr: true, idr_pic_id, first_mb: i });
        return s.units.slice(2).map((unit) => Uint8Array.of(...unit, ...new Array<number>(dataBytes).fill(0x5a)));
      };
      const sets = new H264Stream().writeSps({ widthInMbs: 20, heightInMapUnits: 20 }).writePps();
      const session = openSession("h264");
      const large = annexB([...sets.units, ...units(2000, 0)]);
      const half = large.length >> 1;
      const events = [...session.push(large.subarray(0, half)), ...session.push(large.subarray(half))];
      events.push(...session.push(annexB([...units(0, 1), ...units(2000, 2)])));
      const small = only(events, "request")[1]!;
      expect(small.bitstream.length).toBeLessThan(300);
      session.reset();
      const after = only(session.push(annexB([...units(0, 3), ...units(0, 4)])), "request")[0]!;
      expect(after.bitstream.length).toBeLessThan(300);
    });
  });

  it("leaves data partitions out and says so", () => {
    const s = start().slice({ idr: true }).unit(1, 2, Uint8Array.of(0x80));
    const events = eventsOf(s);
    expect(only(events, "error").map(({ kind }) => kind)).toEqual(["unsupported"]);
    expect(only(events, "request").length).toBe(1);
  });
});

describe("startAt", () => {
  const cut = (recovery?: number) => {
    const stream = start().slice({ frame_num: 5, lsb: 10 });
    if (recovery !== undefined) stream.recoveryPoint(recovery);
    return stream
      .slice({ frame_num: 6, lsb: 20, type: "I" })
      .slice({ frame_num: 7, lsb: 16, nal_ref_idc: 0 })
      .slice({ frame_num: 7, lsb: 24 })
      .slice({ frame_num: 8, lsb: 28 })
      .slice({ idr: true });
  };

  it("any: from the first slice whose parameter sets are there; corrupt up to an IDR picture", () => {
    expect(summary(eventsOf(cut())).filter((line) => !line.startsWith("release"))).toEqual([
      "sequence",
      "error missing-reference",
      "request 1000",
      "request 2000",
      "request 3000",
      "request 4000",
      "request 5000",
      "output 1000 corrupt",
      "output 3000 corrupt",
      "output 2000 corrupt",
      "output 4000 corrupt",
      "output 5000 corrupt",
      "request 6000",
      "output 6000",
    ]);
  });

  it("random-access: from an IDR picture or a recovery point; whole from recovery_frame_cnt on (D.2.8)", () => {
    expect(only(eventsOf(cut(), { startAt: "random-access" }), "error").map(({ kind }) => kind)).toEqual(
      new Array(5).fill("before-random-access"),
    );
    const events = eventsOf(cut(1), { startAt: "random-access" });
    expect(summary(events).filter((line) => /^(error|output)/.test(line))).toEqual([
      "error before-random-access",
      "output 2000 corrupt",
      "output 1000 corrupt",
      "output 3000",
      "output 4000",
      "output 5000",
    ]);
  });

  it("with recovery_frame_cnt 0 leaves only the pictures corrupt that precede the point in output order", () => {
    const outputs = only(eventsOf(cut(0), { startAt: "random-access" }), "output");
    expect(outputs.map(({ timestamp, corrupt }) => [timestamp, corrupt])).toEqual([
      [2000, true],
      [1000, false],
      [3000, false],
      [4000, false],
      [5000, false],
    ]);
  });
});

describe("missingReferences", () => {
  const lossy = () =>
    start()
      .slice({ idr: true })
      .slice({ frame_num: 2, lsb: 4 })
      .slice({ frame_num: 3, lsb: 6, modify: [[0, 1]] })
      .slice({ idr: true, idr_pic_id: 1 })
      .slice({ frame_num: 1, lsb: 2 });

  it("mark: tells what is missing, and sends the picture without it", () => {
    const events = eventsOf(lossy());
    expect(only(events, "error").map(({ element, message }) => `${element}: ${message}`)).toEqual([
      "frame_num: the picture with frame_num 1 is missing",
      "abs_diff_pic_num_minus1: 1 names a picture that is not in the DPB",
    ]);
    expect(only(events, "request").map(references)).toEqual(["", "1000", "1000 2000", "", "4000"]);
    expect(only(events, "output").map(({ corrupt }) => corrupt)).toEqual([false, true, true, false, false]);
  });

  it("drop: no request until the next random access point", () => {
    const events = eventsOf(lossy(), { missingReferences: "drop" });
    expect(only(events, "error").map(({ kind }) => kind)).toEqual(["missing-reference", "before-random-access"]);
    expect(only(events, "request").map(({ timestamp }) => timestamp)).toEqual([1000, 2000, 3000]);
  });

  it("nearest: a picture is dropped only when there is nothing at all", () => {
    const stream = start().slice({ frame_num: 1 }).slice({ frame_num: 2, type: "I" }).slice({ frame_num: 3, lsb: 4 });
    const events = eventsOf(stream, { missingReferences: "nearest" });
    expect(only(events, "error").map(({ kind }) => kind)).toEqual(["missing-reference"]);
    expect(only(events, "request").map(references)).toEqual(["", "2000"]);
  });

  it("a frame cannot refer to a field whose second field did not come (8.2.4.2.1)", () => {
    const stream = new H264Stream().writeSps({ frame_mbs_only_flag: 0, heightInMapUnits: 2 }).writePps();
    stream.slice({ idr: true, field: "top" }).slice({ frame_num: 1, lsb: 2 });
    expect(only(eventsOf(stream), "error").map(({ message }) => message)).toEqual([
      "the slice has no reference picture at all",
    ]);
    expect(only(eventsOf(stream), "output").map(({ corrupt }) => corrupt)).toEqual([false, true]);
    for (const decodeMode of ["frame", "slice"] as const) {
      const requests = only(eventsOf(stream, { decodeMode, missingReferences: "nearest" }), "request");
      expect(requests.map(({ timestamp }) => timestamp)).toEqual([1000]);
    }
  });
});

describe("8.2.5.2: pictures were lost where gaps in frame_num are allowed, and a slice refers to what a gap left out", () => {
  const begin = (max_num_ref_frames: number) => {
    const stream = new H264Stream().writeSps({ gaps: true, max_num_ref_frames, log2_max_frame_num: 5 }).writePps();
    return stream.slice({ idr: true }).slice({ frame_num: 2, lsb: 4, type: "I" });
  };
  const next: Slice = { frame_num: 3, lsb: 6 };

  it.each<[string, H264Stream, string[], boolean]>([
    ["a list with a picture", begin(3).slice({ ...next, num_ref_idx: [2] }), [], false],
    [
      "a list without a picture",
      begin(3).slice({ ...next, frame_num: 4 }),
      ["the slice has no reference picture at all"],
      true,
    ],
    [
      "no picture at all",
      begin(1).slice({ ...next, frame_num: 4 }),
      ["the slice has no reference picture at all"],
      true,
    ],
    [
      "a modification",
      begin(3).slice({ ...next, num_ref_idx: [2], modify: [[0, 1]] }),
      ["1 names a picture that is not in the DPB"],
      true,
    ],
    [
      "operation 3",
      begin(4).slice({
        ...next,
        mmco: [
          [4, 1],
          [3, 1, 0],
        ],
      }),
      ["1 names no short-term picture"],
      false,
    ],
    ["operation 1, which may name it", begin(3).slice({ ...next, mmco: [[1, 1]] }), [], false],
  ])("%s", (_, stream, messages, isCorrupt) => {
    for (const decodeMode of ["frame", "slice"] as const) {
      const events = eventsOf(stream, { decodeMode });
      expect(only(events, "error").map(({ message }) => message)).toEqual(messages);
      expect(only(events, "output").map(({ corrupt }) => corrupt)).toEqual([false, false, isCorrupt]);
    }
  });

  it("nearest: every list entry of such a slice refers to a picture", () => {
    const stream = begin(3).slice({ ...next, num_ref_idx: [3], modify: [[0, 1]] });
    const options = { decodeMode: "slice", missingReferences: "nearest" } as const;
    const { controls } = only(eventsOf(stream, options), "request")[2]!;
    const { payload } = controls.find(({ name }) => name === "V4L2_CID_STATELESS_H264_SLICE_PARAMS")!;
    const { ref_pic_list0 } = decodeStruct(v4l2_ctrl_h264_slice_params, payload as Uint8Array);
    // The DPB array has the IDR picture, the frame of the gap and the picture after it.
    expect(ref_pic_list0.slice(0, 3)).toEqual([
      { fields: 3, index: 2 },
      { fields: 3, index: 2 },
      { fields: 3, index: 0 },
    ]);
  });
});

describe("a PPS that comes before its SPS", () => {
  it("is read with it when a slice needs it; an error in its closing bits is that of the PPS, which is taken", () => {
    const [sps, pps, slice] = start().slice({ idr: true }).units as [Uint8Array, Uint8Array, Uint8Array];
    const cut = pps.subarray(0, -1); // rbsp_trailing_bits() fill the last byte.
    const bytes = Uint8Array.from([cut, sps, slice].flatMap((unit) => [0, 0, 1, ...unit]));
    const session = openSession("h264");
    const events = [...session.push(bytes), ...session.flush()];
    expect(only(events, "error")).toMatchObject([
      { unit: "pic_parameter_set_rbsp (nal_unit_type 8)", element: "rbsp_stop_one_bit", byte: 3 },
    ]);
    expect(only(events, "request").length).toBe(1);
  });
});

describe("arguments", () => {
  it("that are wrong throw TypeError and change nothing", () => {
    expect(() => openSession("h264", { decodeMode: "field" as "frame" })).toThrow(TypeError);
    expect(() => openSession("h264", { kernel: "six" })).toThrow(TypeError);
    expect(() => openSession("h266" as "h264")).toThrow(TypeError);
    expect(() => openSession("h264", null as unknown as object)).toThrow("options must be an object");
    for (const trace of [null, 1, {}, { unit() {} }]) {
      expect(() => openSession("h264", { trace: trace as unknown as Trace })).toThrow("trace must have the functions");
    }
    const session = openSession("h264");
    expect(() => session.decode("x" as unknown as Uint8Array)).toThrow(TypeError);
    expect(() => session.configure(1 as unknown as null)).toThrow(TypeError);
    expect(() => session.decode(new Uint8Array(), { pts: "1" as unknown as number })).toThrow(TypeError);
    for (const info of [null, 1, "pts"]) {
      expect(() => session.decode(new Uint8Array(), info as unknown as object)).toThrow("must be an object");
      expect(() => session.push(new Uint8Array(), info as unknown as object)).toThrow("must be an object");
    }
    expect(session.flush()).toEqual([]);
  });

  it("kernel leaves out what a kernel lacks; the stable H.264 controls came with 5.11", () => {
    const stream = start().slice({ idr: true });
    expect(only(eventsOf(stream, { kernel: "5.10" }), "request")[0]?.controls).toEqual([]);
    expect(only(eventsOf(stream, { kernel: "5.11.3" }), "request")[0]?.controls.length).toBe(3);
  });

  it("rawControls changes nothing in H.264: what the kernel would rewrite has its value already", () => {
    const stream = new H264Stream().writeSps({ poc_type: 2 }).writePps({ num_ref_idx: [3, 2] });
    stream
      .slice({ idr: true })
      .slice({ frame_num: 1 })
      .slice({ frame_num: 2, type: "B" })
      .slice({ frame_num: 3, type: "I" });
    for (const decodeMode of ["frame", "slice"] as const) {
      const controls = (rawControls: boolean) =>
        only(eventsOf(stream, { decodeMode, rawControls }), "request").map((request) => request.controls);
      expect(controls(true)).toEqual(controls(false));
    }
  });
});

describe("decode, configure, reset", () => {
  const [sps, pps, first, second] = start().slice({ idr: true }).slice({ frame_num: 1, lsb: 2 }).units as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  const prefixed = (...units: Uint8Array[]) =>
    Uint8Array.from(units.flatMap((unit) => [0, 0, 0, unit.length, ...unit]));
  const avcC = Uint8Array.of(1, 77, 0, 40, 0xff, 0xe1, 0, sps.length, ...sps, 1, 0, pps.length, ...pps);

  it("decode gives a packet's requests at once, and its pts with the output", () => {
    const session = openSession("h264");
    session.configure(avcC);
    expect(summary(session.decode(prefixed(first), { pts: 40 }))).toEqual(["sequence", "request 1000"]);
    expect(summary(session.decode(prefixed(second), { pts: 20 }))).toEqual(["request 2000"]);
    expect(only(session.flush(), "output").map(({ pts }) => pts)).toEqual([40, 20]);
  });

  it("configure(null) returns to start codes; a broken record is an error event and changes nothing", () => {
    const session = openSession("h264");
    session.configure(avcC);
    expect(only(session.configure(avcC.subarray(0, 9)), "error").length).toBe(1);
    expect(summary(session.decode(prefixed(first)))).toEqual(["sequence", "request 1000"]);
    session.configure(null);
    expect(summary(session.decode(Uint8Array.of(0, 0, 1, ...second)))).toEqual(["request 2000"]);
  });

  it("an error in a configuration record has no place in the stream", () => {
    const session = openSession("h264");
    const broken = Uint8Array.from(avcC, (byte, i) => (i === 12 ? byte ^ 0xff : byte));
    const [error] = only(session.configure(broken), "error");
    expect(error).toMatchObject({ unit: "seq_parameter_set_rbsp (nal_unit_type 7)", byte: undefined });
  });

  it("a length prefix beyond the packet's end is an error that names it", () => {
    const session = openSession("h264");
    session.configure(avcC);
    expect(only(session.decode(Uint8Array.of(0, 0, 1, 0, ...first)), "error")).toMatchObject([
      { message: `the unit is cut off after ${first.length} bytes`, byte: 4 },
    ]);
  });

  it("reset releases what is held, keeps the parameter sets, and never uses a timestamp again", () => {
    const session = openSession("h264");
    session.configure(avcC);
    session.decode(prefixed(first));
    expect(summary(session.reset())).toEqual(["release 1000"]);
    expect(summary(session.decode(prefixed(first)))).toEqual(["request 2000"]);
  });

  it("a packet without a NAL unit is an error; an empty one is nothing", () => {
    const session = openSession("h264");
    expect(only(session.decode(Uint8Array.of(1, 2, 3)), "error").length).toBe(1);
    expect(session.decode(new Uint8Array())).toEqual([]);
  });
});

describe("the PPS's default number of references (7.4.3, num_ref_idx_active_override_flag)", () => {
  const fields = { frame_mbs_only_flag: 0, heightInMapUnits: 2 };

  it.each<[string, [number, number], Slice, boolean]>([
    ["16 in a P frame", [16, 1], {}, true],
    ["17 in a P frame", [17, 1], {}, false],
    ["17 in a P frame that has its own number", [17, 1], { num_ref_idx: [1] }, true],
    ["17 of list 1 in a P frame", [1, 17], {}, true],
    ["17 of list 1 in a B frame", [1, 17], { type: "B" }, false],
    ["17 in an I frame", [17, 17], { type: "I" }, true],
    ["32 in a P field", [32, 1], { field: "top" }, true],
  ])("%s", (_, num_ref_idx, slice, isRight) => {
    const stream = new H264Stream().writeSps(fields).writePps({ num_ref_idx }).slice({ idr: true });
    const events = eventsOf(stream.slice({ frame_num: 1, lsb: 2, ...slice }));
    const errors = events.flatMap((event) => (event.type === "error" ? [[event.code, event.element]] : []));
    expect(errors).toEqual(isRight ? [] : [["forbidden-value", "num_ref_idx_active_override_flag"]]);
  });
});
