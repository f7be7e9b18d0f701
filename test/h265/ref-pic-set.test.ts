import { describe, expect, it } from "vitest";
import {
  applyRefPicSet,
  buildRefPicLists,
  hevcDecodeParams,
  type ReferencePicture,
  SeqParameterSet,
  ShortTermRefPicSet,
  SliceSegmentHeader,
} from "../../src/h265/index.ts";
import type { SessionOptions } from "../../src/options.ts";
import { decodeStruct, v4l2_ctrl_hevc_decode_params } from "../../src/uapi/index.ts";
import { controlsOf, references } from "../../support/h265-requests.ts";
import { only, summary } from "../../support/streams/h264-stream.ts";
import type { Pps, Slice, Sps } from "../../support/streams/h265-stream.ts";
import { eventsOf, H265Stream } from "../../support/streams/h265-stream.ts";

const idr: Slice = { nal: "IDR_W_RADL" };

interface Given {
  readonly sps?: Sps;
  readonly pps?: Pps;
  readonly options?: SessionOptions;
}

function events(slices: readonly Slice[], { sps = {}, pps = {}, options = {} }: Given = {}) {
  const stream = new H265Stream().writeSps(sps).writePps(pps);
  for (const slice of slices) stream.slice(slice);
  return eventsOf(stream, options);
}

/** The references of each request. There must be no errors. */
function sets(slices: readonly Slice[], given: Given = {}): string[] {
  const found = events(slices, given);
  expect(only(found, "error")).toEqual([]);
  return only(found, "request").map(references);
}

describe("8.3.2 reference picture set", () => {
  it("lists pictures before and after by distance, and keeps those that only later pictures use", () => {
    const found = sets([
      idr,
      { poc: 8, refs: [-8] },
      { poc: 4, refs: [-4, 4] },
      { poc: 2, refs: [-2, 2], keeps: [6] },
      { poc: 6, refs: [2, -2], keeps: [-6] },
      { poc: 7, refs: [-1, 1], keeps: [-7] },
    ]);
    expect(found).toEqual([
      "",
      "1000: before 1000",
      "1000 2000: before 1000, after 2000",
      "1000 2000 3000: before 1000, after 3000",
      "1000 2000 3000: before 3000, after 2000",
      "1000 2000 5000: before 5000, after 2000",
    ]);
  });

  it("marks what no set has as unused: it is not there again", () => {
    const found = events([idr, { poc: 1, refs: [-1] }, { poc: 2, refs: [-1] }, { poc: 3, refs: [-3] }]);
    expect(only(found, "error").map(({ message }) => message)).toEqual([
      "the reference picture with PicOrderCntVal 0 is missing",
    ]);
  });

  it("makes a picture long-term for good: a short-term set does not find it", () => {
    const lt: Slice = { poc: 1, refs: [], longTerm: [{ lsb: 0, used: 1 }] };
    const found = events([idr, lt, { poc: 2, refs: [-2] }], { sps: { longTerm: [] } });
    expect(only(found, "request").map(references)).toEqual(["", "1000L: lt 1000", ": before x"]);
    expect(only(found, "error").map(({ kind }) => kind)).toEqual(["missing-reference"]);
  });

  it("takes a long-term picture by its LSB, or with delta_poc_msb_cycle_lt by all of its order count", () => {
    const sps: Sps = { log2_max_lsb: 4, longTerm: [] };
    const slices: Slice[] = [
      idr,
      { poc: 7, refs: [-7] },
      { poc: 14, longTerm: [{ lsb: 0, used: 1 }] },
      { poc: 16, longTerm: [{ lsb: 0, used: 1, cycle: 1 }] },
      { poc: 20, refs: [-4], longTerm: [{ lsb: 0, used: 1, cycle: 1 }] },
    ];
    expect(sets(slices, { sps })).toEqual([
      "",
      "1000: before 1000",
      "1000L: lt 1000",
      "1000L: lt 1000",
      "1000L 4000: before 4000, lt 1000",
    ]);
  });

  it("is empty at an IRAP picture with NoRaslOutputFlag 1, whatever its header says", () => {
    const found = sets([idr, { poc: 4, refs: [-4] }, { nal: "BLA_N_LP", poc: 8, keeps: [-4] }, { poc: 9, refs: [-1] }]);
    expect(found.slice(2)).toEqual(["", "3000: before 3000"]);
  });
});

describe("8.3.4 reference picture lists", () => {
  const lists = (slice: Slice, num_ref_idx: [number, number]) => {
    const slices: Slice[] = [idr, { poc: 8, refs: [-8] }, { poc: 4, refs: [-4, 4], keeps: [] }, slice];
    const request = only(events(slices, { pps: { num_ref_idx } }), "request")[3]!;
    const { slices: made } = controlsOf(request);
    return [made[0]!.ref_idx_l0.slice(0, 6), made[0]!.ref_idx_l1.slice(0, 6)];
  };

  it("go over their pictures again while entries are left; list 1 begins with those after", () => {
    // The DPB array is POC 0, 8, 4; before: 4, 0; after: 8.
    expect(lists({ type: "B", poc: 6, refs: [-2, 2, -6] }, [5, 4])).toEqual([
      [2, 0, 1, 2, 0, 255],
      [1, 2, 0, 1, 255, 255],
    ]);
  });

  it("of a P slice is one, of an I slice none", () => {
    expect(lists({ poc: 6, refs: [-2, 2, -6] }, [2, 2])).toEqual([
      [2, 0, 255, 255, 255, 255],
      [255, 255, 255, 255, 255, 255],
    ]);
    expect(lists({ type: "I", poc: 6, refs: [-2, 2, -6] }, [2, 2])[0]).toEqual([255, 255, 255, 255, 255, 255]);
  });
});

describe("missingReferences", () => {
  const pps: Pps = { num_ref_idx: [2, 1] };
  const lossy: Slice[] = [
    idr,
    { poc: 4, refs: [-2, -4], keeps: [-3] },
    { poc: 5, refs: [-1] },
    { nal: "CRA", poc: 8 },
    { poc: 9, refs: [-1] },
  ];
  const outcome = (missingReferences: "mark" | "nearest" | "drop", slices = lossy) => {
    const found = events(slices, { pps, options: { missingReferences } });
    return {
      references: only(found, "request").map(references),
      lists: only(found, "request").map((request) => controlsOf(request).slices[0]!.ref_idx_l0.slice(0, 2)),
      errors: only(found, "error").map(({ kind, message }) => `${kind}: ${message}`),
      corrupt: only(found, "output").flatMap((event) => (event.corrupt ? [event.timestamp] : [])),
    };
  };
  const missing = "missing-reference: the reference picture with PicOrderCntVal 2 is missing";

  it("mark: 0xff in the set and in the list; what only later pictures would use is not missing", () => {
    expect(outcome("mark")).toMatchObject({
      references: ["", "1000: before x 1000", "2000: before 2000", "", "4000: before 4000"],
      errors: [missing],
      corrupt: [2000, 3000],
    });
    expect(outcome("mark").lists[1]).toEqual([255, 0]);
  });

  it("nearest: the picture with the nearest order count instead", () => {
    expect(outcome("nearest")).toMatchObject({
      references: ["", "1000: before 1000 1000", "2000: before 2000", "", "4000: before 4000"],
      errors: [missing],
      corrupt: [2000, 3000],
    });
    expect(outcome("nearest").lists[1]).toEqual([0, 0]);
  });

  it("nearest: with nothing in the DPB the picture is dropped", () => {
    const { references, errors } = outcome("nearest", [idr, { poc: 4, refs: [-2] }, { poc: 8 }]);
    expect(errors).toEqual([missing]);
    expect(references).toEqual(["", ""]);
  });

  it("drop: no request until the next IRAP picture", () => {
    expect(outcome("drop")).toMatchObject({
      references: ["", "", "3000: before 3000"],
      errors: [missing, "before-random-access: the picture is skipped: decoding starts at an IRAP picture"],
      corrupt: [],
    });
  });

  it("names a long-term picture by the bits that the header gives", () => {
    const slices: Slice[] = [
      idr,
      {
        poc: 4,
        refs: [-4],
        longTerm: [
          { lsb: 3, used: 1 },
          { lsb: 7, used: 0 },
        ],
      },
    ];
    const found = events(slices, { sps: { longTerm: [] } });
    expect(only(found, "error").map(({ message }) => message)).toEqual([
      "the reference picture with slice_pic_order_cnt_lsb 3 is missing",
    ]);
    expect(references(only(found, "request")[1]!)).toBe("1000: before 1000, lt x");
  });

  it("releases every picture once, whatever is missing", () => {
    for (const missingReferences of ["mark", "nearest", "drop"] as const) {
      const lines = summary(events(lossy, { pps, options: { missingReferences } }));
      const of = (kind: string) => lines.filter((line) => line.startsWith(kind)).map((line) => line.split(" ")[1]);
      expect(of("release").sort()).toEqual(of("request"));
    }
  });
});

describe("controls without a session", () => {
  it("are made of plain objects: a picture between two references", () => {
    const picture = (timestamp: number, PicOrderCntVal: number): ReferencePicture => ({
      ...{ timestamp, PicOrderCntVal, pic_struct: 0, marking: "short" },
    });
    const [before, after, unnamed] = [picture(1000, 0), picture(2000, 8), picture(3000, 2)];
    const frames = [before, after, unnamed] as ReferencePicture[];
    const sps = Object.assign(new SeqParameterSet(), { log2_max_pic_order_cnt_lsb_minus4: 4 });
    const st_ref_pic_set = Object.assign(new ShortTermRefPicSet(), {
      ...{ NumNegativePics: 1, DeltaPocS0: [-4], UsedByCurrPicS0: [1] },
      ...{ NumPositivePics: 1, DeltaPocS1: [4], UsedByCurrPicS1: [1], NumDeltaPocs: 2 },
    });
    const h = Object.assign(new SliceSegmentHeader(), { nal_unit_type: 1, slice_type: 1, st_ref_pic_set });
    const set = applyRefPicSet(frames, h, sps, 4);
    const references = frames.filter(({ marking }) => marking !== "unused");
    expect(references).toEqual([before, after]);

    const payload = hevcDecodeParams({ h, sps, PicOrderCntVal: 4, set, references });
    const params = decodeStruct(v4l2_ctrl_hevc_decode_params, payload);
    expect(params).toMatchObject({ pic_order_cnt_val: 4, num_poc_st_curr_before: 1, num_poc_st_curr_after: 1 });
    expect([params.poc_st_curr_before[0], params.poc_st_curr_after[0]]).toEqual([0, 1]);
    expect(params.dpb.slice(0, 2).map(({ timestamp }) => timestamp)).toEqual([1000n, 2000n]);
    expect(buildRefPicLists(set, h).list0).toEqual([before]);
  });
});
