import { describe, expect, it } from "vitest";
import type { RequestEvent } from "../../src/events.ts";
import { controlsOf } from "../../support/h265-requests.ts";
import { only } from "../../support/streams/h264-stream.ts";
import { eventsOf, H265Stream } from "../../support/streams/h265-stream.ts";
import { decoded, testSpreading, withUnitAfterSlice } from "../support/spreading.ts";

function predictsFrom(request: RequestEvent): number[] {
  const { params, slices } = controlsOf(request);
  const entries = slices.flatMap((slice) => [
    ...(slice.slice_type === 2 ? [] : slice.ref_idx_l0.slice(0, slice.num_ref_idx_l0_active_minus1 + 1)),
    ...(slice.slice_type !== 0 ? [] : slice.ref_idx_l1.slice(0, slice.num_ref_idx_l1_active_minus1 + 1)),
  ]);
  return entries.filter((index) => index !== 0xff).map((index) => Number(params.dpb[index]?.timestamp));
}

const isSlice = (firstByte: number) => firstByte >> 1 < 32;

testSpreading({
  codec: "h265",
  predictsFrom,
  // A slice segment of which nothing is left but its NAL unit header.
  damaged: (bytes, k, options) => decoded("h265", withUnitAfterSlice(bytes, k, isSlice, [0x02, 0x01]), options),
  withRecovery: [],
});

describe("corrupt ends", () => {
  const shown = (stream: H265Stream) => only(eventsOf(stream), "output").map(({ corrupt }) => (corrupt ? "x" : "."));
  const start = () => new H265Stream().writeSps().writePps().slice({ nal: "IDR_W_RADL" });
  const chain = (stream: H265Stream, ...pocs: number[]) => {
    for (const poc of pocs) stream.slice({ poc, refs: [-1] });
    return stream;
  };
  const damage = (stream: H265Stream) => stream.unit(1, new Uint8Array());
  const damaged = () => chain(damage(chain(start(), 1)), 2);

  it("at an IRAP picture, and not for its RASL pictures", () => {
    const stream = damaged().slice({ nal: "CRA", poc: 4, keeps: [-2] });
    stream.slice({ nal: "RASL_N", poc: 3, refs: [-1, 1] }).slice({ nal: "TRAIL_R", poc: 5, refs: [-1] });
    expect(shown(stream).join("")).toBe(".xx.x.");
  });

  it("at an I picture for what refers to it", () => {
    expect(shown(chain(damaged().slice({ poc: 3 }), 4)).join("")).toBe(".xx..");
  });

  it("where a recovery that began after the damage is complete (D.3.8)", () => {
    expect(shown(chain(damaged().recoveryPoint(2), 3, 4, 5, 6)).join("")).toBe(".xxxx..");
  });

  it("not where the recovery began before the damage, or with the damaged picture", () => {
    const before = chain(start().recoveryPoint(2), 1, 2);
    expect(shown(chain(damage(before), 3, 4)).join("")).toBe("..xxx");
    const along = chain(chain(start(), 1).recoveryPoint(2), 2);
    expect(shown(chain(damage(along), 3, 4, 5)).join("")).toBe("..xxxx");
  });

  it("not where a reference is missing that came after the recovery began", () => {
    const stream = chain(start().recoveryPoint(4), 1, 2);
    stream.units.pop();
    expect(shown(chain(stream, 3, 4, 5, 6)).join("")).toBe("..xxxx");
  });

  it("and comes again with the next missing reference, also after a recovery", () => {
    const stream = new H265Stream().writeSps().writePps().recoveryPoint(0).slice({ poc: 1 });
    expect(shown(chain(stream, 2, 4, 5)).join("")).toBe("..xx");
  });
});
