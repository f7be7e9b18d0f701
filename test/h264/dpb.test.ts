import { describe, expect, it } from "vitest";
import type { Slice, Sps } from "../../support/streams/h264-stream.ts";
import { eventsOf, H264Stream, only, summary } from "../../support/streams/h264-stream.ts";

function events(sps: Sps, slices: readonly Slice[], output: "earliest" | "c.4.5.3" = "c.4.5.3") {
  const stream = new H264Stream().writeSps({ max_num_ref_frames: 1, ...sps }).writePps();
  for (const slice of slices) stream.slice(slice);
  return eventsOf(stream, { output });
}

/** Requests, outputs and releases in their order: `r1 o1 x1`, in thousands. */
function order(sps: Sps, slices: readonly Slice[], output?: "earliest" | "c.4.5.3"): string {
  return summary(events(sps, slices, output))
    .filter((line) => /^(request|output|release|error)/.test(line))
    .map((line) => line.replace("request ", "r").replace("output ", "o").replace("release ", "x").replace(/000\b/, ""))
    .join(" ");
}

const nonRef = { nal_ref_idc: 0 };

describe("C.4.5.3 bumping", () => {
  it("puts out the smallest order count only when a frame buffer is needed", () => {
    const slices: Slice[] = [
      { idr: true },
      { frame_num: 1, lsb: 8 },
      { frame_num: 2, lsb: 4, ...nonRef },
      { frame_num: 2, lsb: 6, ...nonRef },
      { frame_num: 2, lsb: 16 },
    ];
    expect(order({ max_dec_frame_buffering: 2 }, slices)).toBe("r1 r2 r3 o1 x1 r4 o3 x3 r5 o4 x4 o2 x2 o5 x5");
    expect(order({ max_dec_frame_buffering: 4 }, slices)).toBe("r1 r2 r3 r4 r5 o1 x1 o3 x3 o4 x4 o2 x2 o5 x5");
  });

  it("C.4.5.2: puts a non-reference picture out directly when there is no room and nothing precedes it", () => {
    const slices: Slice[] = [
      { idr: true, lsb: 0 },
      { frame_num: 1, lsb: 8 },
      { frame_num: 2, lsb: 4, ...nonRef },
    ];
    expect(order({ max_dec_frame_buffering: 1 }, slices)).toBe("r1 r2 o1 x1 r3 o3 x3 o2 x2");
  });

  it("gives the second field of a directly output first field its place in the same picture", () => {
    const slices: Slice[] = [
      { idr: true },
      { frame_num: 1, lsb: 8 },
      { frame_num: 2, lsb: 4, field: "top", ...nonRef },
      { frame_num: 2, lsb: 5, field: "bottom", ...nonRef },
      { frame_num: 2, lsb: 6, field: "top", ...nonRef },
      { frame_num: 2, lsb: 12 },
    ];
    const found = order({ max_dec_frame_buffering: 1, frame_mbs_only_flag: 0 }, slices);
    expect(found).toBe("r1 r2 o1 x1 r3 r3 o3 x3 r4 o4 x4 r5 o2 x2 o5 x5");
  });

  it("never puts out an inferred frame, which takes a buffer all the same (8.2.5.2)", () => {
    const sps = { max_dec_frame_buffering: 1, gaps: true };
    expect(
      order(sps, [
        { idr: true, lsb: 20 },
        { type: "I", frame_num: 2, lsb: 30 },
      ]),
    ).toBe("r1 o1 x1 r2 o2 x2");
  });
});

describe("C.4.4", () => {
  it("an IDR picture puts out what waits, or with no_output_of_prior_pics_flag only frees it", () => {
    const slices = (no_output_of_prior_pics_flag: number): Slice[] => [
      { idr: true, lsb: 4 },
      { frame_num: 1, lsb: 2 },
      { idr: true, idr_pic_id: 1, no_output_of_prior_pics_flag },
    ];
    expect(order({}, slices(0))).toBe("r1 r2 o2 x2 o1 x1 r3 o3 x3");
    expect(order({}, slices(1))).toBe("r1 r2 x1 x2 r3 o3 x3");
  });

  it("a field that was output directly (C.4.5.2) is output whatever the flag says, also where another SPS is activated", () => {
    const stream = new H264Stream().writeSps({
      max_num_ref_frames: 1,
      max_dec_frame_buffering: 1,
      frame_mbs_only_flag: 0,
    });
    stream.writePps().slice({ idr: true });
    stream.slice({ frame_num: 1, lsb: 8 }).slice({ frame_num: 2, lsb: 4, field: "top", ...nonRef });
    const idr: Slice = { idr: true, idr_pic_id: 1, no_output_of_prior_pics_flag: 1 };
    const next = new H264Stream().writeSps({ widthInMbs: 5, max_num_ref_frames: 1 }).writePps().slice(idr);
    stream.units.push(...next.units);
    expect(summary(eventsOf(stream, { output: "c.4.5.3" })).slice(-8)).toEqual([
      ...["request 3000", "output 3000", "release 3000", "release 2000"],
      ...["sequence", "request 4000", "output 4000", "release 4000"],
    ]);
  });

  it("memory_management_control_operation 5 of a dropped picture puts out what waits, too", () => {
    const stream = new H264Stream().writeSps({ max_num_ref_frames: 4 }).writePps();
    stream.slice({ type: "I", frame_num: 1, lsb: 10, ...nonRef }).slice({ frame_num: 1, lsb: 12, mmco: [[5]] });
    stream.slice({ type: "I", frame_num: 1, lsb: 2 }).slice({ frame_num: 2, lsb: 4 });
    const events = eventsOf(stream, { missingReferences: "nearest" });
    expect(only(events, "output").map(({ timestamp }) => timestamp)).toEqual([1000, 3000, 4000]);
  });

  it("memory_management_control_operation 5 puts out what waits, after the picture that refers to it", () => {
    const slices: Slice[] = [{ idr: true }, { frame_num: 1, lsb: 40, mmco: [[5]] }, { frame_num: 1, lsb: 4 }];
    expect(order({}, slices)).toBe("r1 r2 o1 x1 r3 o2 x2 o3 x3");
  });
});

describe("a picture is output as soon as no later one can precede it", () => {
  const earliest = (sps: Sps, slices: readonly Slice[]) => order(sps, slices, "earliest");
  const three: Slice[] = [{ idr: true }, { frame_num: 1, lsb: 8 }, { frame_num: 2, lsb: 4, ...nonRef }];

  it("pic_order_cnt_type 2: at once", () => {
    const slices: Slice[] = [{ idr: true }, { frame_num: 1 }, { frame_num: 2 }];
    expect(earliest({ poc_type: 2, max_num_ref_frames: 4 }, slices)).toBe("r1 o1 r2 o2 r3 o3 x1 x2 x3");
  });

  it("pic_order_cnt_type 2: a field waits for the second one, or for another picture", () => {
    const slices: Slice[] = [
      { idr: true },
      { frame_num: 1, field: "top" },
      { frame_num: 1, field: "bottom" },
      { frame_num: 2, field: "top", ...nonRef },
      { frame_num: 2 },
    ];
    const sps: Sps = { poc_type: 2, max_num_ref_frames: 1, frame_mbs_only_flag: 0 };
    expect(earliest(sps, slices)).toBe("r1 o1 r2 x1 r2 o2 r3 o3 x3 r4 x2 o4 x4");
  });

  it("max_num_reorder_frames (E.2.1): when more wait than can precede another", () => {
    const sps = (max_num_reorder_frames: number): Sps => ({ max_dec_frame_buffering: 4, max_num_reorder_frames });
    expect(earliest(sps(1), three)).toBe("r1 r2 o1 x1 r3 o3 x3 o2 x2");
    expect(earliest(sps(4), three)).toBe("r1 r2 r3 o1 x1 o3 x3 o2 x2");
  });

  it("a stream that reorders more than it says is told once, and the buffer alone decides from there on", () => {
    const slices: Slice[] = [...three, { frame_num: 2, lsb: 6, ...nonRef }, { frame_num: 2, lsb: 10, ...nonRef }];
    expect(earliest({ max_dec_frame_buffering: 4, max_num_reorder_frames: 0 }, slices)).toBe(
      "r1 o1 r2 x1 o2 r3 error bitstream r4 r5 o3 x2 x3 o4 x4 o5 x5",
    );
  });

  it("intra profiles with constraint_set3_flag: at once", () => {
    const slices: Slice[] = [{ idr: true }, { idr: true, idr_pic_id: 1 }];
    const sps: Sps = { profile_idc: 100, constraint_set3_flag: 1, max_num_ref_frames: 0 };
    expect(earliest(sps, slices)).toBe("r1 o1 x1 r2 o2 x2");
  });

  it("order counts without a hole (8.2.1), after the first that was output", () => {
    const sps: Sps = { level_idc: 10, widthInMbs: 11, heightInMapUnits: 9, max_num_ref_frames: 1 };
    const slices = Array.from({ length: 8 }, (_, i): Slice => ({ idr: i === 0, frame_num: i, lsb: i }));
    // MaxDpbFrames is 4.
    expect(earliest(sps, slices)).toBe("r1 r2 r3 r4 r5 o1 x1 o2 x2 o3 x3 o4 x4 o5 r6 x5 o6 r7 x6 o7 r8 x7 o8 x8");
    const withHoles = slices.map((slice, i): Slice => ({ ...slice, lsb: 2 * i }));
    expect(earliest(sps, withHoles)).toBe(order(sps, withHoles));
  });
});

describe("output events", () => {
  const outputs = (sps: Sps, slices: readonly Slice[]) =>
    only(events(sps, slices), "output").map(({ fieldOrder }) => fieldOrder);

  it("say which field is first: by order counts, and of a single field which it is", () => {
    const found = outputs({ frame_mbs_only_flag: 0 }, [
      { idr: true },
      { frame_num: 1, lsb: 3, field: "bottom" },
      { frame_num: 1, lsb: 4, field: "top" },
      { frame_num: 2, lsb: 6, field: "top" },
      { frame_num: 3, lsb: 8, field: "bottom" },
    ]);
    expect(found).toEqual(["progressive", "bottom-first", "top-only", "bottom-only"]);
  });
});
