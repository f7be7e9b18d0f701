import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { DecodeEvent } from "../../src/events.ts";
import { openSession } from "../../src/open-session.ts";
import type { SessionOptions } from "../../src/options.ts";
import { controlsOf, references } from "../../support/h265-requests.ts";
import { only } from "../../support/streams/h264-stream.ts";
import { eventsOf, H265Stream, type Slice } from "../../support/streams/h265-stream.ts";

const start = () => new H265Stream().writeSps().writePps();

/** "1000" for an output that is whole, "1000 corrupt" for one that is not. */
function shown(events: readonly DecodeEvent[]): string[] {
  return only(events, "output").map(({ timestamp, corrupt }) => `${timestamp}${corrupt ? " corrupt" : ""}`);
}

const outputs = (stream: H265Stream, options: SessionOptions = {}) => shown(eventsOf(stream, options));
const errors = (events: readonly DecodeEvent[]) => only(events, "error").map(({ kind }) => kind);

/** P pictures of these order counts, each of which refers to the picture one before it. */
function chain(stream: H265Stream, pocs: readonly number[]): H265Stream {
  for (const poc of pocs) stream.slice({ poc, refs: [-1] });
  return stream;
}

describe("a stream of an intra refresh that was joined in its middle", () => {
  const bytes = readFileSync(new URL("../fixtures/field/hevc_gdr_without_irap.265", import.meta.url));
  const events = (options: SessionOptions = {}) => {
    const session = openSession("h265", options);
    return [...session.push(bytes), ...session.flush()];
  };

  it("gives requests from its first picture, and says of each picture that it is corrupt", () => {
    const found = events();
    const pocs = only(found, "request").map((request) => controlsOf(request).params.pic_order_cnt_val);
    expect(pocs).toEqual([10, 9, 13, 11, 12, 18]);
    expect(new Set(errors(found))).toEqual(new Set(["missing-reference"]));
    expect(only(found, "output").map(({ corrupt }) => corrupt)).toEqual(new Array(6).fill(true));
  });

  it("gives none with random-access", () => {
    const found = events({ startAt: "random-access" });
    expect(only(found, "request")).toEqual([]);
    expect(errors(found)).toEqual(new Array(6).fill("before-random-access"));
  });
});

describe("the first picture is not an IRAP picture, and its references are missing", () => {
  const slices: Slice[] = [
    { poc: 8, refs: [-1], keeps: [-2] },
    { poc: 9, refs: [-1] },
    { poc: 10, refs: [-1, -3] },
    { nal: "CRA", poc: 12 },
    { poc: 13, refs: [-1] },
  ];
  const events = (options: SessionOptions, before: readonly Slice[] = []) => {
    const stream = start();
    for (const slice of [...before, ...slices]) stream.slice(slice);
    return eventsOf(stream, options);
  };

  it("mark: they are 0xff in the sets and lists, and not in the DPB array", () => {
    const found = events({ missingReferences: "mark" });
    expect(errors(found)).toEqual(["missing-reference", "missing-reference"]);
    expect(only(found, "request").map(references)).toEqual([
      ": before x",
      "1000: before 1000",
      "2000: before 2000 x",
      "",
      "4000: before 4000",
    ]);
    expect(controlsOf(only(found, "request")[0]!).slices[0]!.ref_idx_l0[0]).toBe(255);
    expect(shown(found)).toEqual(["1000 corrupt", "2000 corrupt", "3000 corrupt", "4000", "5000"]);
  });

  it("nearest: without any picture in the DPB there is no request", () => {
    const found = events({ missingReferences: "nearest" });
    expect(only(found, "request").map(references)).toEqual(["", "4000: before 4000"]);
    expect(shown(found)).toEqual(["4000", "5000"]);
    const all = only(events({ missingReferences: "nearest" }, [{ poc: 6 }]), "request").map(references);
    expect(all.slice(0, 2)).toEqual(["", "1000: before 1000"]);
  });

  it("drop: no request until the next IRAP picture", () => {
    const found = events({ missingReferences: "drop" });
    expect(errors(found)).toEqual(["missing-reference", "before-random-access", "before-random-access"]);
    expect(only(found, "request").map(references)).toEqual(["", "2000: before 2000"]);
    expect(only(found, "output").map(({ corrupt }) => corrupt)).toEqual([false, false]);
  });
});

describe("an error in an SEI message (7.3.5)", () => {
  const whole = [6, 1, 0b1_00_1_0000];
  const broken: Readonly<Record<string, number[]>> = {
    "payload too short": [129, 1, 0],
    "no payload": [6, 0],
    "value out of range": [6, 6, 0, 0, 0xff, 0xff, 0xff, 0xff],
    "emulation prevention at the end": [6, 2, 0, 0, 3, 0],
  };

  it.each(Object.entries(broken))("is told, and the messages after it are read: %s", (_, message) => {
    const stream = start().slice({ poc: 3 });
    stream.unit(39, Uint8Array.of(...message, ...whole, 0x80)).slice({ poc: 4 });
    const events = eventsOf(stream);
    expect(only(events, "error").filter(({ unit }) => unit?.startsWith("sei_rbsp"))).toHaveLength(1);
    expect(only(events, "output").map(({ corrupt }) => corrupt)).toEqual([true, false]);
  });
});

describe("recovery points (D.3.8)", () => {
  it("are complete at the picture with the order count that they name", () => {
    const stream = chain(start(), [3]).recoveryPoint(3);
    expect(outputs(chain(stream, [4, 5, 6, 7, 8]))).toEqual([
      ...["1000 corrupt", "2000 corrupt", "3000 corrupt", "4000 corrupt"],
      ...["5000", "6000"],
    ]);
  });

  it("are complete at the next picture in output order, where no picture has that order count", () => {
    const stream = start()
      .recoveryPoint(2)
      .slice({ poc: 4 })
      .slice({ poc: 8, refs: [-4] });
    expect(outputs(stream)).toEqual(["1000 corrupt", "2000"]);
  });

  it("say nothing of pictures before them in output order", () => {
    const stream = new H265Stream().writeSps({ buffering: [[4, 2, 0]] }).writePps();
    stream
      .recoveryPoint(0)
      .slice({ poc: 8 })
      .slice({ poc: 4, refs: [4] })
      .slice({ poc: 9, refs: [-1] });
    expect(outputs(stream)).toEqual(["2000 corrupt", "1000", "3000"]);
  });

  it("stand each for itself: one that is complete first is not put off by later ones", () => {
    const stream = start();
    for (let i = 0; i < 9; i++) {
      if (i % 3 === 0) stream.recoveryPoint(4);
      stream.slice(i === 0 ? { poc: 1 } : { poc: i + 1, refs: [-1] });
    }
    expect(only(eventsOf(stream), "output").map(({ corrupt }) => corrupt)).toEqual([
      ...[true, true, true, true],
      ...[false, false, false, false, false],
    ]);
  });

  it("do not count as IRAP pictures: random-access waits on", () => {
    const stream = start().recoveryPoint(0).slice({ poc: 4 }).slice({ nal: "CRA", poc: 5 });
    expect(outputs(stream, { startAt: "random-access" })).toEqual(["1000"]);
  });
});
