import { describe, expect, it } from "vitest";
import { openSession } from "../../src/open-session.ts";
import { avcC, lengthPrefixed } from "../../support/h264-requests.ts";
import { decodeParams, eventsOf, H264Stream, only, references, summary } from "../../support/streams/h264-stream.ts";

const start = () => new H264Stream().writeSps().writePps();
const outputs = (stream: H264Stream) => summary(only(eventsOf(stream), "output"));

describe("recovery points (D.2.8)", () => {
  it("end the wait of missingReferences drop, with nothing of what was before the loss", () => {
    const stream = start().slice({ idr: true }).slice({ frame_num: 1, lsb: 2 });
    stream.slice({ frame_num: 4, lsb: 8 }).slice({ frame_num: 5, lsb: 10 });
    stream.recoveryPoint(0).slice({ type: "I", frame_num: 8, lsb: 16 }).slice({ frame_num: 9, lsb: 18 });
    const events = eventsOf(stream, { missingReferences: "drop" });
    expect(only(events, "request").map(references)).toEqual(["", "1000", "", "3000"]);
    expect(only(events, "output").map(({ timestamp }) => timestamp)).toEqual([1000, 2000, 3000, 4000]);
  });

  it("stand each for itself: one that is complete first is not put off by later ones", () => {
    const stream = new H264Stream().writeSps({ log2_max_frame_num: 8 }).writePps();
    for (let i = 0; i < 9; i++) {
      if (i % 3 === 0) stream.recoveryPoint(4);
      stream.slice({ frame_num: i + 1, lsb: 2 * i });
    }
    expect(only(eventsOf(stream), "output").map(({ corrupt }) => corrupt)).toEqual([
      ...[true, true, true, true],
      ...[false, false, false, false, false],
    ]);
  });

  it("come before everything that follows memory_management_control_operation 5 (8.2.1)", () => {
    const stream = start().recoveryPoint(0).slice({ type: "I", frame_num: 3, lsb: 100 });
    stream.slice({ frame_num: 4, lsb: 102, mmco: [[5]] }).slice({ frame_num: 1, lsb: 2 });
    expect(outputs(stream)).toEqual(["output 1000", "output 2000", "output 3000"]);
  });

  it("go with the picture whose slice follows, and with no other where that slice is broken (7.4.1.2.3)", () => {
    const stream = start().slice({ frame_num: 1, lsb: 2 }).recoveryPoint(0).slice({ type: "I", frame_num: 2, lsb: 4 });
    stream.units.push(stream.units.pop()!.slice(0, 2));
    stream.slice({ frame_num: 3, lsb: 6 });
    expect(only(eventsOf(stream, { startAt: "random-access" }), "request")).toEqual([]);
  });
});

describe("an error in an SEI message (7.3.2.3.1)", () => {
  const whole = [6, 1, 0b1_00_00_100];
  // recovery_frame_cnt needs more bits than there are, is out of range, ends before the payload, and is followed by 00 00 03.
  const broken: Readonly<Record<string, number[]>> = {
    "payload too short": [6, 1, 0],
    "no payload": [6, 0],
    "value out of range": [6, 6, 0, 0, 0x80, 0, 0xff, 0xff],
    "wrong alignment": [6, 2, 0b1_00_00_000, 0xff],
    "emulation prevention at the end": [6, 2, 0, 0, 3, 0],
  };

  it.each(Object.entries(broken))("is told, and the messages after it are read: %s", (_, message) => {
    const stream = start().slice({ frame_num: 1, lsb: 2 });
    stream.unit(0, 6, Uint8Array.of(...message, ...whole, 0x80)).slice({ type: "I", frame_num: 2, lsb: 4 });
    const events = eventsOf(stream, { startAt: "random-access" });
    expect(only(events, "request")).toHaveLength(1);
    expect(only(events, "error").filter(({ unit }) => unit?.startsWith("sei_rbsp"))).toHaveLength(1);
  });
});

describe("a seek", () => {
  it("makes order counts independent of what was decoded before it (8.2.1.1)", () => {
    const before = start().slice({ idr: true });
    for (let i = 1; i < 8; i++) before.slice({ frame_num: i, lsb: (i * 60) % 256 });
    const after = start().recoveryPoint(0).slice({ type: "I", frame_num: 3, lsb: 10 });
    const session = openSession("h264");
    session.push(before.bytes);
    session.reset();
    const [request] = only([...session.push(after.bytes), ...session.flush()], "request");
    expect(decodeParams(request!).top_field_order_cnt).toBe(10);
  });
});

describe("a slice that is cut off", () => {
  it("leaves its picture corrupt", () => {
    const stream = start().slice({ idr: true }).slice({ idr: true, first_mb: 8 });
    const [sps, pps, ...slices] = stream.units.map((unit) => Uint8Array.from(unit));
    const packet = lengthPrefixed(slices, 4);
    const session = openSession("h264");
    session.configure(avcC(4, [sps!, pps!]));
    const events = [...session.decode(packet.subarray(0, packet.length - 2)), ...session.flush()];
    expect(summary(only(events, "output"))).toEqual(["output 1000 corrupt"]);
  });
});
