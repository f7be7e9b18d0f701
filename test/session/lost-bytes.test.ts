import { describe, expect, it } from "vitest";
import { BitstreamError } from "../../src/errors.ts";
import type { Codec } from "../../src/events.ts";
import { joined } from "../../src/framing/bytes.ts";
import { openSession } from "../../src/open-session.ts";
import { H264Stream, only } from "../../support/streams/h264-stream.ts";
import { H265Stream } from "../../support/streams/h265-stream.ts";
import { Mpeg2Stream } from "../../support/streams/mpeg2-stream.ts";

const lost = new BitstreamError("lost-bytes", "packets are missing");

describe("the error of a loss", () => {
  it.each([
    ["h264", Uint8Array.of(0, 0, 1, 9, 0xf0)],
    ["h265", Uint8Array.of(0, 0, 1, 0x46, 1, 0x50)],
    ["mpeg2", Uint8Array.of(0, 0, 1, 0xb2, 1)],
    ["av1", Uint8Array.of(0x12, 0, 0x12, 0)],
    ["fwht", new Uint8Array(9)],
  ] as const)("has the place of the missing bytes where no unit is cut off: %s", (codec, bytes) => {
    const session = openSession(codec);
    const events = [...session.push(bytes), ...session.push(bytes, { lost, unitEnds: true })];
    expect(only(events, "error").find(({ error }) => error === lost)).toMatchObject({
      byte: bytes.length,
      unit: undefined,
    });
    const own = new BitstreamError("lost-bytes", "packets are missing", { byte: 5000 });
    expect(
      only(session.push(bytes, { lost: own, unitEnds: true }), "error").find(({ error }) => error === own),
    ).toHaveProperty("byte", 5000);
  });

  it("has the place of the unit that is cut off", () => {
    const session = openSession("h264");
    const events = [...session.push(Uint8Array.of(1, 0, 0, 1, 9)), ...session.push(new Uint8Array(1), { lost })];
    expect(only(events, "error")[0]).toMatchObject({ byte: 4, unit: expect.any(String) });
  });
});

/** `before` and a unit that lacks its last byte, then `after`: the pictures that are shown, with `!` those that are corrupt. */
function shown(codec: Codec, before: Uint8Array, after: Uint8Array): string[] {
  const session = openSession(codec);
  const events = [...session.push(before.subarray(0, -1)), ...session.push(after, { lost }), ...session.flush()];
  expect(only(events, "error")[0]?.error).toBe(lost);
  return only(events, "output").map(({ timestamp, corrupt }) => `${timestamp}${corrupt ? "!" : ""}`);
}

/** Of a stream of whose first so many units the last one lacks its last byte. */
function shownAfterLoss(
  codec: Codec,
  stream: { readonly bytes: Uint8Array; readonly units: readonly Uint8Array[] },
  units: number,
) {
  const startCode = codec === "mpeg2" ? 3 : 4;
  const at = stream.units.slice(0, units).reduce((sum, unit) => sum + startCode + unit.length, 0);
  return shown(codec, stream.bytes.subarray(0, at), stream.bytes.subarray(at));
}

describe("bytes missing in the first slice of a picture", () => {
  it("are that picture's, not the one's before: H.264", () => {
    const start = () => new H264Stream().writeSps().writePps().slice({ idr: true }).slice({ frame_num: 1, lsb: 2 });
    const second = { frame_num: 1, lsb: 2, first_mb: 8 };
    const next = { frame_num: 2, lsb: 4, type: "I" } as const;
    expect(shownAfterLoss("h264", start().slice(second).slice(next), 4)).toEqual(["1000", "2000!", "3000"]);
    expect(shownAfterLoss("h264", start().slice(next), 4)).toEqual(["1000", "2000"]);
  });

  it("leave the picture its pts, which is that of the slice: H.264", () => {
    const stream = new H264Stream().writeSps().writePps().slice({ idr: true });
    const cut = stream.bytes.length;
    const { bytes } = stream.slice({ idr: true, first_mb: 8 }).slice({ frame_num: 1, lsb: 2 });
    const session = openSession("h264");
    const before = session.push(bytes.subarray(0, cut - 1), { pts: 100 });
    const events = [...before, ...session.push(bytes.subarray(cut), { lost, pts: 200 }), ...session.flush()];
    expect(only(events, "output").map(({ pts }) => pts)).toEqual([100, 200]);
  });

  it("are that picture's: HEVC, where the segments after the first go with it", () => {
    const sps = { width: 128, height: 128 };
    const start = () => new H265Stream().writeSps(sps).writePps().slice({ nal: "IDR_W_RADL" });
    const lostFirst = start().slice({ poc: 1, type: "I" }).slice({ poc: 1, type: "I", address: 8 });
    expect(shownAfterLoss("h265", lostFirst.slice({ poc: 2, type: "I" }), 4)).toEqual(["1000", "2000"]);
    const lostSecond = start().slice({ poc: 1, type: "I" }).slice({ poc: 1, type: "I", address: 8 });
    expect(shownAfterLoss("h265", lostSecond.slice({ poc: 2, type: "I" }), 5)).toEqual(["1000", "2000!", "3000"]);
  });

  it("are that picture's: MPEG-2", () => {
    const stream = new Mpeg2Stream().sequence().picture("I").picture("P", { slices: 2 }).picture("I");
    expect(shownAfterLoss("mpeg2", stream, 2 + 3 + 3)).toEqual(["1000", "2000!", "3000"]);
  });
});

describe("a whole slice that is missing", () => {
  /** What is shown of a stream without one of its units, where a transport packet's loss says that the unit before it is whole. */
  function shownWithout(codec: Codec, units: readonly Uint8Array[], missing: number): string[] {
    const session = openSession(codec);
    const events = units.flatMap((unit, n) => {
      const bytes = joined([Uint8Array.of(0, 0, 1), unit]);
      if (n === missing) return [];
      return session.push(bytes, n === missing + 1 ? { lost, unitEnds: true } : {});
    });
    return only([...events, ...session.flush()], "output").map(
      ({ timestamp, corrupt }) => `${timestamp}${corrupt ? "!" : ""}`,
    );
  }

  it("makes its picture corrupt where another slice of it follows: H.264", () => {
    const { units } = new H264Stream()
      .writeSps()
      .writePps()
      .slice({ idr: true })
      .slice({ idr: true, first_mb: 4 })
      .slice({ idr: true, first_mb: 8 })
      .slice({ frame_num: 1, lsb: 2, type: "I" });
    expect(shownWithout("h264", units, 3)).toEqual(["1000!", "2000"]);
    expect(shownWithout("h264", units, 9)).toEqual(["1000", "2000"]);
    // The first slice of a picture.
    expect(shownWithout("h264", units, 2)).toEqual(["1000!", "2000"]);
  });

  it("makes its picture corrupt where another segment of it follows: HEVC", () => {
    const { units } = new H265Stream()
      .writeSps({ width: 128, height: 128 })
      .writePps()
      .slice({ nal: "IDR_W_RADL" })
      .slice({ nal: "IDR_W_RADL", address: 4 })
      .slice({ nal: "IDR_W_RADL", address: 8 })
      .slice({ poc: 1, type: "I" });
    expect(shownWithout("h265", units, 3)).toEqual(["1000!", "2000"]);
    expect(shownWithout("h265", units, 9)).toEqual(["1000", "2000"]);
  });

  it("makes its picture corrupt where another slice of it follows: MPEG-2", () => {
    const { units } = new Mpeg2Stream().sequence().picture("I", { slices: 3 }).picture("I");
    expect(shownWithout("mpeg2", units, 5)).toEqual(["1000!", "2000"]);
    expect(shownWithout("mpeg2", units, 99)).toEqual(["1000", "2000"]);
  });
});

describe("units whose start code is that of a pack or a packet", () => {
  /** What is shown of pictures of two slices, with a foreign unit between those of the first. */
  function shownWith(codec: Codec, units: readonly Uint8Array[], at: number, code: number): string[] {
    const all = [...units.slice(0, at), Uint8Array.of(code, 0, 8, 0x81), ...units.slice(at)];
    const session = openSession(codec);
    const stream = joined(all.flatMap((unit) => [Uint8Array.of(0, 0, 1), unit]));
    const outputs = only([...session.push(stream), ...session.flush()], "output");
    return outputs.map(({ timestamp, corrupt }) => `${timestamp}${corrupt ? "!" : ""}`);
  }

  it.each([0xba, 0xbd, 0xe0])("make the picture corrupt in which they stand: %i", (code) => {
    const h264 = new H264Stream().writeSps().writePps().slice({ idr: true }).slice({ idr: true, first_mb: 4 });
    expect(shownWith("h264", h264.slice({ frame_num: 1, lsb: 2, type: "I" }).units, 3, code)).toEqual([
      "1000!",
      "2000",
    ]);
    const mpeg2 = new Mpeg2Stream().sequence().picture("I", { slices: 2 }).picture("I");
    expect(shownWith("mpeg2", mpeg2.units, 5, code)).toEqual(["1000!", "2000"]);
    const sps = { width: 128, height: 128 };
    const h265 = new H265Stream().writeSps(sps).writePps().slice({ nal: "IDR_W_RADL" });
    h265.slice({ nal: "IDR_W_RADL", address: 4 }).slice({ poc: 1, type: "I" });
    expect(shownWith("h265", h265.units, 3, code)).toEqual(["1000!", "2000"]);
  });

  it("do no harm where it is MPEG_program_end_code", () => {
    const mpeg2 = new Mpeg2Stream().sequence().picture("I", { slices: 2 });
    expect(shownWith("mpeg2", mpeg2.units, 6, 0xb9)).toEqual(["1000"]);
  });
});
