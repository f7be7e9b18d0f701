import { describe, expect, it } from "vitest";
import { openSession } from "../../src/open-session.ts";
import type { SessionOptions } from "../../src/options.ts";
import { controlsOf, references } from "../../support/h265-requests.ts";
import { only } from "../../support/streams/h264-stream.ts";
import type { Slice, Sps } from "../../support/streams/h265-stream.ts";
import { eventsOf, H265Stream } from "../../support/streams/h265-stream.ts";

const idr: Slice = { nal: "IDR_W_RADL" };

function events(
  slices: readonly (Slice | "end of sequence")[],
  sps: Sps = { log2_max_lsb: 4 },
  options: SessionOptions = {},
) {
  const stream = new H265Stream().writeSps(sps).writePps();
  for (const slice of slices) {
    if (slice === "end of sequence") stream.endOfSequence();
    else stream.slice(slice);
  }
  return eventsOf(stream, options);
}

/** PicOrderCntVal of each request. */
function pocs(slices: Parameters<typeof events>[0]): number[] {
  return only(events(slices), "request").map((request) => controlsOf(request).params.pic_order_cnt_val);
}

const causes = (slices: Parameters<typeof events>[0]) => only(events(slices), "error").map(({ kind }) => kind);

describe("8.3.1 picture order count, of LSBs of 4 bits", () => {
  it("counts on where the LSB wraps, and back", () => {
    const order = [0, 7, 14, 21, 29, 30, 24, 31, 38];
    expect(pocs(order.map((poc, i) => (i === 0 ? idr : { poc })))).toEqual(order);
    expect(pocs([idr, { poc: -3 }, { poc: -7 }, { poc: 1 }])).toEqual([0, -3, -7, 1]);
  });

  it("takes half of MaxPicOrderCntLsb for a step ahead, not back", () => {
    expect(pocs([idr, { poc: 8 }, { poc: 16 }])).toEqual([0, 8, 16]);
    expect(pocs([idr, { poc: 9 }])).toEqual([0, -7]);
  });

  it.each([
    ["a picture of a higher sub-layer", { temporalId: 1 }],
    ["a sub-layer non-reference picture", { nal: "TRAIL_N" }],
    ["a RADL picture", { nal: "RADL_R" }],
    ["a RASL picture", { nal: "RASL_R" }],
  ] as const)("does not take %s for prevTid0Pic", (_, other) => {
    // After 8, LSB 1 is 17 less 16; after 15 it is 17.
    expect(pocs([idr, { nal: "CRA", poc: 8 }, { poc: 15 }, { poc: 17 }])).toEqual([0, 8, 15, 17]);
    expect(pocs([idr, { nal: "CRA", poc: 8 }, { poc: 15, ...other }, { poc: 1 }])).toEqual([0, 8, 15, 1]);
  });

  it("is the LSB alone at IRAP pictures with NoRaslOutputFlag 1: IDR, BLA, CRA at the start and after an end of sequence", () => {
    const before: Slice[] = [idr, { poc: 7 }, { poc: 14 }, { poc: 21 }];
    expect(pocs([{ nal: "CRA", poc: 25 }])).toEqual([9]);
    expect(pocs([...before, { nal: "CRA", poc: 25 }]).at(-1)).toBe(25);
    expect(pocs([...before, { nal: "BLA_W_LP", poc: 25 }]).at(-1)).toBe(9);
    expect(pocs([...before, { nal: "IDR_N_LP" }]).at(-1)).toBe(0);
    expect(pocs([...before, "end of sequence", { nal: "CRA", poc: 25 }]).at(-1)).toBe(9);
  });

  it("is remembered of pictures that make no request", () => {
    const stream = new H265Stream().writeSps({ log2_max_lsb: 4 }).writePps().slice(idr);
    stream
      .slice({ poc: 7, refs: [-1] })
      .slice({ poc: 14 })
      .slice({ nal: "CRA", poc: 21 });
    const found = only(eventsOf(stream, { missingReferences: "nearest" }), "request");
    expect(found.map((request) => controlsOf(request).params.pic_order_cnt_val)).toEqual([0, 14, 21]);
  });
});

describe("8.1.3 leading pictures", () => {
  const cra: Slice = { nal: "CRA", poc: 8, keeps: [-4] };
  const leading: Slice[] = [
    { nal: "RASL_R", poc: 6, refs: [-2, 2] },
    { nal: "RADL_N", poc: 7, refs: [1] },
  ];

  it("RASL pictures of a CRA picture at the start are skipped, RADL pictures are not", () => {
    expect(pocs([cra, ...leading, { poc: 12, refs: [-4] }])).toEqual([8, 7, 12]);
    expect(causes([cra, ...leading])).toEqual(["before-random-access"]);
  });

  it("RASL pictures of a CRA picture amid a sequence are decoded", () => {
    const all = [idr, { poc: 4, refs: [-4] }, cra, ...leading];
    const requests = only(events(all), "request");
    expect(causes(all)).toEqual([]);
    expect(requests.map(references).slice(3)).toEqual(["2000 3000: before 2000, after 3000", "3000: after 3000"]);
  });

  it.each([
    ["a BLA picture", [{ ...cra, nal: "BLA_W_LP" }]],
    ["a CRA picture after an end of sequence", ["end of sequence", cra]],
  ] as const)("RASL pictures of %s are skipped, and its DPB is empty", (_, point) => {
    const all = [idr, { poc: 4, refs: [-4] }, ...point, ...leading];
    expect(causes(all)).toEqual(["before-random-access"]);
    expect(only(events(all), "request").map(references).slice(2)).toEqual(["", "3000: after 3000"]);
  });

  it("RASL pictures belong to the IRAP picture before them, not to an earlier one", () => {
    const next: Slice[] = [
      { nal: "CRA", poc: 16, keeps: [-8] },
      { nal: "RASL_N", poc: 14, refs: [-6, 2] },
    ];
    expect(pocs([cra, leading[0] as Slice, ...next])).toEqual([8, 16, 14]);
  });
});

describe("the start", () => {
  const sps: Sps = { log2_max_lsb: 4 };
  const early: Slice[] = [{ poc: 13 }, { nal: "RADL_R", poc: 12 }, { nal: "CRA", poc: 14 }, { poc: 15, refs: [-1] }];

  it("with random-access is at an IRAP picture: what comes before it is skipped", () => {
    const found = events(early, sps, { startAt: "random-access" });
    expect(only(found, "error").map(({ kind }) => kind)).toEqual(["before-random-access", "before-random-access"]);
    const [first] = only(found, "request");
    expect(controlsOf(first!).params).toMatchObject({ pic_order_cnt_val: 14, flags: 1n });
    expect(only(found, "output").map(({ corrupt }) => corrupt)).toEqual([false, false]);
  });

  it("is at the first picture whose sets are known, of whatever type: its PicOrderCntMsb counts as 0", () => {
    expect(causes(early)).toEqual([]);
    expect(pocs(early)).toEqual([13, 12, 14, 15]);
    // The first picture counts as prevTid0Pic: LSB 1 after 13 is 17, also where the first is of a higher sub-layer.
    expect(pocs([{ poc: 13, temporalId: 1 }, { poc: 17 }, { poc: 25 }])).toEqual([13, 17, 25]);
  });

  it("at another picture than an IRAP picture: a CRA picture that follows is not the first in the bitstream", () => {
    const all: Slice[] = [{ poc: 13 }, { nal: "CRA", poc: 20, keeps: [-7] }, { nal: "RASL_R", poc: 18, refs: [-5, 2] }];
    expect(causes(all)).toEqual([]);
    expect(pocs(all)).toEqual([13, 20, 18]);
    expect(only(events(all), "request").map(references)[2]).toBe("1000 2000: before 1000, after 2000");
  });

  it("is not at a RASL picture, whose IRAP picture was not decoded", () => {
    const all: Slice[] = [
      { nal: "RASL_N", poc: 3, refs: [-1, 1] },
      { poc: 6, refs: [-2] },
    ];
    expect(causes(all)).toEqual(["before-random-access", "missing-reference"]);
    expect(pocs(all)).toEqual([6]);
  });

  it("does not come again after an end of sequence: another picture than 7.4.3.6 wants there keeps its references", () => {
    const next: Slice[] = [
      { poc: 5, refs: [-1] },
      { nal: "CRA", poc: 8 },
    ];
    const all = [idr, { poc: 4, refs: [-4] }, "end of sequence", ...next] satisfies Parameters<typeof events>[0];
    expect(causes(all)).toEqual(["bitstream"]);
    expect(pocs(all)).toEqual([0, 4, 5, 8]);
    expect(only(events(all), "request").map(references)[2]).toBe("2000: before 2000");
  });

  it("comes again after reset and flush", () => {
    // What was pushed last makes no request before reset.
    for (const [end, startAt, cause, timestamps] of [
      ["reset", "random-access", "before-random-access", [2000]],
      ["flush", "random-access", "before-random-access", [3000]],
      ["reset", "any", "missing-reference", [2000, 3000]],
      ["flush", "any", "missing-reference", [3000, 4000]],
    ] as const) {
      const session = openSession("h265", { startAt });
      session.push(
        new H265Stream()
          .writeSps()
          .writePps()
          .slice(idr)
          .slice({ poc: 1, refs: [-1] }).bytes,
      );
      session[end]();
      const again = new H265Stream().writeSps().writePps();
      const [, , ...slices] = again.slice({ poc: 2, refs: [-1] }).slice({ nal: "CRA", poc: 3 }).units;
      const bytes = Uint8Array.from(slices.flatMap((unit) => [0, 0, 1, ...unit]));
      const found = [...session.push(bytes), ...session.flush()];
      expect(only(found, "error").map(({ kind }) => kind)).toEqual([cause]);
      expect(only(found, "request").map(({ timestamp }) => timestamp)).toEqual(timestamps);
    }
  });
});
