import { describe, expect, it } from "vitest";
import { hevcReferences } from "../../support/h265-requests.ts";
import { poolFlaws } from "../../support/pool.ts";
import { only, summary } from "../../support/streams/h264-stream.ts";
import type { Pps, Slice, Sps } from "../../support/streams/h265-stream.ts";
import { eventsOf, H265Stream } from "../../support/streams/h265-stream.ts";

type Buffering = Sps["buffering"];
const idr: Slice = { nal: "IDR_W_RADL" };

function events(buffering: Buffering, slices: readonly (Slice | "end of sequence")[], pps: Pps = {}) {
  const stream = new H265Stream().writeSps({ buffering: buffering as [number, number, number][] }).writePps(pps);
  for (const slice of slices) {
    if (slice === "end of sequence") stream.endOfSequence();
    else stream.slice(slice);
  }
  const found = eventsOf(stream);
  expect(poolFlaws(found, hevcReferences)).toEqual([]);
  return found;
}

/** Requests, outputs and releases in their order: `r1 o1 x1`, in thousands. */
function order(...given: Parameters<typeof events>): string {
  return summary(events(...given))
    .filter((line) => /^(request|output|release)/.test(line))
    .map((line) => line.replace("request ", "r").replace("output ", "o").replace("release ", "x").replace(/000\b/, ""))
    .join(" ");
}

describe("C.5.2 bumping", () => {
  /** Order counts 0, 8, 4, 2, 6, none of which is referred to: only output holds them. */
  const pyramid: Slice[] = [idr, { poc: 8 }, { poc: 4 }, { poc: 2 }, { poc: 6 }];

  it("C.5.2.3: puts out the smallest order count when more wait than sps_max_num_reorder_pics", () => {
    expect(order([[4, 0, 0]], [idr, { poc: 1 }, { poc: 2 }])).toBe("r1 o1 x1 r2 o2 x2 r3 o3 x3");
    expect(order([[4, 2, 0]], pyramid)).toBe("r1 r2 r3 o1 x1 r4 o4 x4 r5 o3 x3 o5 x5 o2 x2");
  });

  it("takes the values of the highest sub-layer", () => {
    const ofTwo = order([[1, 0, 0], [4, 2, 0]], pyramid); // biome-ignore format: two sub-layers
    expect(ofTwo).toBe(order([[4, 2, 0]], pyramid));
  });

  it("C.5.2.3: puts out all up to a picture that SpsMaxLatencyPictures have gone before (7-9)", () => {
    const slices: Slice[] = [idr, { poc: 8 }, { poc: 4 }, { poc: 12 }];
    expect(order([[4, 1, 0]], slices)).toBe("r1 r2 o1 x1 r3 o3 x3 r4 o2 x2 o4 x4");
    // sps_max_num_reorder_pics 1, sps_max_latency_increase_plus1 1: 1. Order count 4 goes before 8, which may wait no more.
    expect(order([[4, 1, 1]], slices)).toBe("r1 r2 o1 x1 r3 o3 o2 x2 x3 r4 o4 x4");
    expect(order([[4, 1, 2]], slices)).toBe(order([[4, 1, 0]], slices));
  });

  it("C.5.2.3: counts for that only what goes before it, and what is put out at all", () => {
    // sps_max_num_reorder_pics 2, sps_max_latency_increase_plus1 1: 2. Before 8 goes 4, not 12.
    const later: Slice[] = [idr, { poc: 8 }, { poc: 4 }, { poc: 12 }, { poc: 16 }];
    expect(order([[4, 2, 1]], later)).toBe("r1 r2 r3 o1 x1 r4 o3 x3 r5 o2 x2 o4 x4 o5 x5");
    const hidden: Slice[] = [idr, { poc: 8 }, { poc: 4, pic_output_flag: 0 }, { poc: 6 }];
    expect(order([[4, 1, 1]], hidden, { output_flag_present_flag: 1 })).toBe("r1 r2 o1 x1 r3 x3 r4 o4 o2 x2 x4");
  });

  it("C.5.2.2: makes room for a picture when the DPB holds sps_max_dec_pic_buffering_minus1 + 1", () => {
    const slices: Slice[] = [idr, { poc: 8, refs: [-8] }, { poc: 4, refs: [-4] }, { poc: 6, refs: [-6] }];
    expect(order([[2, 2, 0]], slices)).toBe("r1 r2 r3 o1 o3 x3 r4 o4 x1 x4 o2 x2");
    expect(order([[4, 2, 0]], slices)).toBe("r1 r2 r3 o1 r4 o3 x3 o4 x1 x4 o2 x2");
  });

  it("never puts out a picture with pic_output_flag 0, and lets it wait for nothing", () => {
    const slices: Slice[] = [idr, { poc: 2, pic_output_flag: 0 }, { poc: 1 }, { poc: 3 }];
    const pps = { output_flag_present_flag: 1 };
    expect(order([[4, 1, 0]], slices, pps)).toBe("r1 r2 x2 r3 o1 x1 r4 o3 x3 o4 x4");
  });
});

describe("C.5.2.2 NoOutputOfPriorPicsFlag", () => {
  /** Two pictures wait when the last one comes. */
  const before: Slice[] = [idr, { poc: 8 }];
  const waiting: Buffering = [[4, 2, 0]];
  const shown = "r1 r2 o1 x1 o2 x2 r3 o3 x3";
  const dropped = "r1 r2 x1 x2 r3 o3 x3";

  it.each(["IDR_W_RADL", "IDR_N_LP", "BLA_W_LP", "BLA_W_RADL", "BLA_N_LP"] as const)("is the flag of %s", (nal) => {
    expect(order(waiting, [...before, { nal, no_output_of_prior_pics_flag: 0 }])).toBe(shown);
    expect(order(waiting, [...before, { nal, no_output_of_prior_pics_flag: 1 }])).toBe(dropped);
  });

  it("is 1 for a CRA picture after an end of sequence, whatever its flag", () => {
    for (const no_output_of_prior_pics_flag of [0, 1]) {
      expect(order(waiting, [...before, "end of sequence", { nal: "CRA", no_output_of_prior_pics_flag }])).toBe(
        dropped,
      );
    }
  });

  it("is not 1 for a CRA picture that activates another SPS without an end of sequence: what waits is shown", () => {
    const stream = new H265Stream().writeSps({ buffering: [[4, 2, 0]] }).writePps();
    stream
      .slice(idr)
      .slice({ poc: 4, refs: [-4] })
      .slice({ poc: 2, refs: [-2, 2] });
    stream.writeSps({ width: 128 }).writePps().slice({ nal: "CRA" });
    expect(only(eventsOf(stream), "output").map(({ timestamp }) => timestamp)).toEqual([1000, 3000, 2000, 4000]);
  });

  it("is nothing to a CRA picture amid a sequence", () => {
    const cra: Slice = { nal: "CRA", poc: 12, no_output_of_prior_pics_flag: 1 };
    expect(order(waiting, [...before, cra])).toBe("r1 r2 r3 o1 x1 o2 x2 o3 x3");
  });

  it("is nothing to pictures that are out already", () => {
    const slices: Slice[] = [idr, { poc: 1, refs: [-1] }, { ...idr, no_output_of_prior_pics_flag: 1 }];
    expect(order([[4, 0, 0]], slices)).toBe("r1 o1 r2 o2 x1 x2 r3 o3 x3");
  });
});

describe("a stream that keeps more pictures than its SPS says", () => {
  it("is reported, and gets more buffers, without losing those it has", () => {
    const stream = new H265Stream().writeSps({ buffering: [[1, 0, 0]] }).writePps();
    stream
      .slice(idr)
      .slice({ poc: 1, refs: [-1] })
      .slice({ poc: 2, refs: [-1, -2] });
    const found = eventsOf(stream);
    expect(only(found, "error").map(({ kind }) => kind)).toEqual(["limit"]);
    expect(
      only(found, "sequence").map(({ captureBuffers, realloc, keepsReferences }) => [
        captureBuffers,
        realloc,
        keepsReferences,
      ]),
    ).toEqual([
      [2, true, false],
      [3, true, true],
    ]);
    expect(poolFlaws(found, { timestamps: hevcReferences.timestamps })).toEqual([]);
  });
});
