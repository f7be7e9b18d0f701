import { describe, expect, it } from "vitest";
import type { Slice, Sps } from "../../support/streams/h264-stream.ts";
import { decodeParams, eventsOf, H264Stream, only, references } from "../../support/streams/h264-stream.ts";

/** The DPB array of each request after the first: what each picture may refer to. */
function dpbs(sps: Sps, slices: readonly Slice[]): string[] {
  const stream = new H264Stream().writeSps(sps).writePps();
  for (const slice of slices) stream.slice(slice);
  const events = eventsOf(stream);
  expect(only(events, "error")).toEqual([]);
  return only(events, "request").map(references);
}

describe("8.2.5.3 sliding window", () => {
  it("drops the frame with the smallest FrameNumWrap, also over a wrap of frame_num", () => {
    const slices = Array.from({ length: 18 }, (_, i): Slice => ({ idr: i === 0, frame_num: i % 16, lsb: 2 * i }));
    const found = dpbs({ max_num_ref_frames: 2 }, slices);
    expect(found.slice(0, 4)).toEqual(["", "1000", "1000 2000", "2000 3000"]);
    expect(found[17]).toBe("16000 17000");
  });

  it("keeps one frame where max_num_ref_frames is 0: Max(max_num_ref_frames, 1)", () => {
    const slices = [{ idr: true }, { frame_num: 1, type: "I" }, { frame_num: 2, type: "I" }] as const;
    expect(dpbs({ max_num_ref_frames: 0 }, slices)).toEqual(["", "1000", "2000"]);
  });

  it("does not run for the second field of a reference pair (8.2.5.3)", () => {
    const found = dpbs({ max_num_ref_frames: 2, frame_mbs_only_flag: 0 }, [
      { idr: true },
      { frame_num: 1, lsb: 4, field: "top" },
      { frame_num: 1, lsb: 5, field: "bottom" },
      { frame_num: 2, lsb: 8, field: "top" },
      { frame_num: 2, lsb: 9, field: "bottom" },
    ]);
    expect(found).toEqual(["", "1000", "1000 2000t", "1000 2000", "2000 3000t"]);
  });
});

describe("8.2.5.2 gaps in frame_num", () => {
  it("puts inferred frames into the DPB array: VALID, ACTIVE, both fields, no buffer; order count 0 in type 0", () => {
    const stream = new H264Stream().writeSps({ gaps: true, max_num_ref_frames: 3 }).writePps();
    stream.slice({ idr: true }).slice({ frame_num: 3, lsb: 6 }).slice({ frame_num: 4, lsb: 8 });
    const requests = only(eventsOf(stream), "request");
    expect(requests.map(references)).toEqual(["", "1000 gap1 gap2", "gap1 gap2 2000"]);
    expect(decodeParams(requests[1]!).dpb[1]).toEqual({
      reference_ts: 0n,
      pic_num: 1,
      frame_num: 1,
      fields: 3,
      reserved: [0, 0, 0, 0, 0],
      top_field_order_cnt: 0,
      bottom_field_order_cnt: 0,
      flags: 3,
    });
  });

  it("gives inferred frames the order counts of 8.2.1 where pic_order_cnt_type is not 0: B lists are made by them", () => {
    const type1 = { poc_type: 1, cycle: [0, 1, [2]] as [number, number, number[]] } as const;
    for (const [type, orders] of [
      [type1, ["0/1", "2/3", "4/5"]],
      [{ poc_type: 2 } as const, ["0/0", "2/2", "4/4"]],
    ] as const) {
      const stream = new H264Stream().writeSps({ ...type, gaps: true }).writePps();
      stream.slice({ idr: true }).slice({ frame_num: 3 });
      const { dpb } = decodeParams(only(eventsOf(stream), "request")[1]!);
      const found = dpb.slice(0, 3).map((entry) => `${entry.top_field_order_cnt}/${entry.bottom_field_order_cnt}`);
      expect(found).toEqual(orders);
    }
  });

  it("infers no more than the window keeps from a gap of almost MaxFrameNum", () => {
    const sps = { gaps: true, max_num_ref_frames: 2, log2_max_frame_num: 16 };
    expect(dpbs(sps, [{ idr: true }, { type: "I", frame_num: 65535 }])).toEqual(["", "gap65533 gap65534"]);
  });

  it("sees no gap between a non-reference picture and the reference picture of the same frame_num", () => {
    const slices: Slice[] = [{ idr: true }, { frame_num: 1, nal_ref_idc: 0, lsb: 2 }, { frame_num: 1, lsb: 4 }];
    expect(dpbs({}, slices)).toEqual(["", "1000", "1000"]);
  });
});

describe("8.2.5.4 adaptive memory control", () => {
  const idr: Slice = { idr: true };
  const three: Slice[] = [idr, { frame_num: 1, lsb: 2 }, { frame_num: 2, lsb: 4 }];

  it("1: marks a short-term frame unused by its difference of PicNum", () => {
    const slices = [...three, { frame_num: 3, lsb: 6, mmco: [[1, 1]] }, { frame_num: 4, lsb: 8 }];
    expect(dpbs({}, slices).at(-1)).toBe("1000 3000 4000");
  });

  it("4, 3, 2: makes a frame long-term, in the DPB array with its LongTermFrameIdx, and marks it unused", () => {
    const stream = new H264Stream().writeSps().writePps();
    for (const slice of three) stream.slice(slice);
    stream.slice({
      frame_num: 3,
      lsb: 6,
      mmco: [
        [4, 3],
        [3, 1, 2],
      ],
    });
    stream.slice({ frame_num: 4, lsb: 8, mmco: [[2, 2]] });
    stream.slice({ frame_num: 5, lsb: 10 });
    const requests = only(eventsOf(stream), "request");
    expect(references(requests[4]!)).toBe("1000 2000L 3000 4000");
    expect(decodeParams(requests[4]!).dpb[1]).toMatchObject({ frame_num: 2, pic_num: 2, flags: 7 });
    expect(references(requests[5]!)).toBe("1000 3000 4000 5000");
  });

  it("3: takes an index from the frame that had it", () => {
    const slices = [
      ...three,
      {
        frame_num: 3,
        lsb: 6,
        mmco: [
          [4, 1],
          [3, 2, 0],
        ],
      },
      { frame_num: 4, lsb: 8, mmco: [[3, 0, 0]] },
      { frame_num: 5, lsb: 10 },
    ];
    expect(dpbs({}, slices).at(-1)).toBe("2000 3000 4000L 5000");
  });

  it("4: marks the long-term frames unused whose index is too high", () => {
    const slices = [
      ...three,
      {
        frame_num: 3,
        lsb: 6,
        mmco: [
          [4, 2],
          [3, 2, 0],
          [3, 1, 1],
        ],
      },
      { frame_num: 4, lsb: 8, mmco: [[4, 1]] },
      { frame_num: 5, lsb: 10 },
    ];
    expect(dpbs({}, slices).at(-1)).toBe("1000L 3000 4000 5000");
  });

  it("5: forgets everything, and the picture counts as frame_num 0 with the order counts it then has", () => {
    const stream = new H264Stream().writeSps().writePps({ bottom_field_pic_order_in_frame_present_flag: 1 });
    stream
      .slice(idr)
      .slice({ frame_num: 1, lsb: 20, delta_bottom: 1, mmco: [[5]] })
      .slice({ frame_num: 1, lsb: 2 });
    const requests = only(eventsOf(stream), "request");
    expect(references(requests[2]!)).toBe("2000");
    expect(decodeParams(requests[2]!).dpb[0]).toMatchObject({
      frame_num: 0,
      pic_num: 0,
      top_field_order_cnt: 0,
      bottom_field_order_cnt: 1,
    });
  });

  it("6: makes the current picture long-term, both fields of a pair under one index", () => {
    const found = dpbs({ frame_mbs_only_flag: 0 }, [
      idr,
      {
        frame_num: 1,
        lsb: 4,
        field: "top",
        mmco: [
          [4, 1],
          [6, 0],
        ],
      },
      { frame_num: 1, lsb: 5, field: "bottom", mmco: [[6, 0]] },
      { frame_num: 2, lsb: 8 },
    ]);
    expect(found).toEqual(["", "1000", "1000 2000tL", "1000 2000L"]);
  });

  it("1 and 3 act on single fields while a field is decoded, by the parity that PicNum says (8-30, 8-31)", () => {
    const fields: Slice[] = [
      { idr: true, field: "top" },
      { frame_num: 0, lsb: 1, field: "bottom", type: "P" },
    ];
    // CurrPicNum is 3. The bottom field of frame 0 is of opposite parity: PicNum 0, difference 3.
    const unmarked = dpbs({ frame_mbs_only_flag: 0 }, [
      ...fields,
      { frame_num: 1, lsb: 4, field: "top", mmco: [[1, 2]] },
      { frame_num: 1, lsb: 5, field: "bottom" },
    ]);
    expect(unmarked.at(-1)).toBe("1000t 2000t");
    const long = dpbs({ frame_mbs_only_flag: 0 }, [
      ...fields,
      {
        frame_num: 1,
        lsb: 4,
        field: "top",
        mmco: [
          [4, 1],
          [3, 2, 0],
          [3, 1, 0],
        ],
      },
      { frame_num: 1, lsb: 5, field: "bottom" },
    ]);
    expect(long.at(-1)).toBe("1000L 2000t");
  });

  it("keeps an IDR picture with long_term_reference_flag under index 0", () => {
    expect(
      dpbs({}, [
        { idr: true, long_term_reference_flag: 1 },
        { frame_num: 1, lsb: 2 },
      ]),
    ).toEqual(["", "1000L"]);
  });

  it("tells operations that name nothing, and carries out the others", () => {
    const stream = new H264Stream().writeSps().writePps();
    for (const slice of three) stream.slice(slice);
    stream
      .slice({
        frame_num: 3,
        lsb: 6,
        mmco: [
          [1, 9],
          [2, 5],
          [1, 0],
        ],
      })
      .slice({ frame_num: 4, lsb: 8 });
    const events = eventsOf(stream);
    expect(only(events, "error").map(({ element }) => element)).toEqual([
      "difference_of_pic_nums_minus1",
      "long_term_pic_num",
    ]);
    expect(references(only(events, "request").at(-1)!)).toBe("1000 2000 4000");
  });

  it("holds a stream to Max(max_num_ref_frames, 1) frames when its operations leave more", () => {
    const stream = new H264Stream().writeSps({ max_num_ref_frames: 2 }).writePps();
    stream.slice(idr);
    for (let i = 1; i < 5; i++) stream.slice({ frame_num: i, lsb: 2 * i, mmco: [[4, 0]] });
    const events = eventsOf(stream);
    expect(only(events, "error").length).toBe(3);
    expect(only(events, "request").map(references)).toEqual(["", "1000", "1000 2000", "2000 3000", "3000 4000"]);
  });
});

describe("complementary field pairs (3.30, 3.31)", () => {
  const requests = (slices: readonly Slice[]) => {
    const stream = new H264Stream().writeSps({ frame_mbs_only_flag: 0 }).writePps();
    for (const slice of slices) stream.slice(slice);
    return only(eventsOf(stream), "request").map(({ timestamp, hold }) => `${timestamp}${hold ? " hold" : ""}`);
  };

  it("share a timestamp; the first field is held, whether a second comes or not", () => {
    expect(
      requests([
        { idr: true },
        { frame_num: 1, lsb: 4, field: "bottom" },
        { frame_num: 1, lsb: 5, field: "top" },
        { frame_num: 2, lsb: 8, field: "top" },
        { frame_num: 3, lsb: 12, field: "top" },
        { frame_num: 4, lsb: 16 },
      ]),
    ).toEqual(["1000", "2000 hold", "2000", "3000 hold", "4000 hold", "5000"]);
  });

  it("are not made of a reference and a non-reference field, nor with a second field that has operation 5 or is IDR", () => {
    expect(
      requests([
        { idr: true },
        { frame_num: 1, lsb: 4, field: "top" },
        { frame_num: 1, lsb: 5, field: "bottom", nal_ref_idc: 0 },
        { frame_num: 2, lsb: 8, field: "top" },
        { frame_num: 2, lsb: 9, field: "bottom", mmco: [[5]] },
        { idr: true, field: "top", idr_pic_id: 1 },
        { idr: true, field: "bottom", idr_pic_id: 2 },
      ]),
    ).toEqual(["1000", "2000 hold", "3000 hold", "4000 hold", "5000 hold", "6000 hold", "7000 hold"]);
  });

  it("give a second field of its own IDR picture's frame a P type", () => {
    expect(
      requests([
        { idr: true, field: "top" },
        { type: "P", lsb: 1, field: "bottom" },
      ]),
    ).toEqual(["1000 hold", "1000"]);
  });
});
