import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Trace } from "../../src/bitreader/index.ts";
import type { Codec, DecodeEvent } from "../../src/events.ts";
import { joined } from "../../src/framing/bytes.ts";
import { openSession } from "../../src/open-session.ts";
import { bitstreamBytes } from "../../src/session/bitstream.ts";
import { eventKey } from "../../support/events.ts";
import { Random } from "../../support/random.ts";
import { eventsOf, H264Stream, only } from "../../support/streams/h264-stream.ts";

/** `count` units of these bytes, each after a start code. */
function units(count: number, unit: readonly number[]): Uint8Array {
  return joined(new Array<Uint8Array>(count).fill(Uint8Array.of(0, 0, 1, ...unit)));
}

/** A unit whose type promises more than it has, by codec. */
const broken: readonly (readonly [Codec, readonly number[]])[] = [
  ["h264", [0x67]],
  ["h265", [0x42, 0x01]],
  ["mpeg2", [0xb3]],
];

describe("a call with more errors than anyone reads", () => {
  it.each(broken)("tells a hundred one by one and counts the others: %s", (codec, unit) => {
    const session = openSession(codec);
    const before = Error.stackTraceLimit;
    const errors = only([...session.push(units(1000, unit)), ...session.flush()], "error");
    expect(errors).toHaveLength(102); // The last unit ends only with the flush.
    expect(errors.slice(0, 100).every(({ code }) => code !== "more-errors")).toBe(true);
    expect([errors[100]?.code, errors[100]?.message]).toEqual([
      "more-errors",
      "899 more errors in this call, which are only counted",
    ]);
    expect(Error.stackTraceLimit).toBe(before);
    expect(only(session.push(units(100, unit)), "error")).toHaveLength(99);
    expect(Error.stackTraceLimit).toBe(before);
    expect(only(session.push(units(1, unit)), "error")[0]?.error.stack).toContain("at ");
  });

  const headers: readonly (readonly [Codec, number, readonly number[]])[] = [
    ["h264", 1, [0x41, 0x65, 0x67, 0x68, 0x06, 0x09, 0x0a]],
    ["h265", 2, [0x02, 0x26, 0x40, 0x42, 0x44, 0x46, 0x4e, 0x50]],
    ["mpeg2", 1, [0x00, 0x01, 0xb3, 0xb5, 0xb7, 0xb8]],
  ];

  // With a trace, each unit is read; without one, what has nothing after its header is counted without reading.
  it.each(headers)("are as many whether or not the units are read: %s", (codec, bytes, types) => {
    const random = new Random(3);
    const rubbish = Array.from({ length: 3000 }, () => {
      const unit = [types[random.below(types.length)] as number, 1].slice(0, bytes);
      const more = random.below(4) === 0 ? [random.below(256), random.below(256), 0x80] : [];
      return Uint8Array.of(0, 0, 1, ...unit, ...more);
    });
    const told = (trace?: Trace) => {
      const session = openSession(codec, { trace });
      const halves = [joined(rubbish.slice(0, 1500)), joined(rubbish.slice(1500))];
      return [...halves.flatMap((half) => session.push(half)), ...session.flush()].map(eventKey);
    };
    expect(told()).toEqual(told({ unit: () => {}, element: () => {} }));
  });

  it("decodes what comes between and after", () => {
    const stream = new H264Stream().writeSps().writePps().slice({ idr: true });
    stream.units.push(...new Array<Uint8Array>(500).fill(Uint8Array.of(0x67)));
    stream.slice({ frame_num: 1, lsb: 2 });
    const events = eventsOf(stream);
    expect(only(events, "request")).toHaveLength(2);
    expect(only(events, "error").at(-1)?.message).toBe("400 more errors in this call, which are only counted");
  });
});

describe("a trace that throws", () => {
  it("makes the call throw; after reset, the session is as a new one", () => {
    const { bytes } = new H264Stream().writeSps().writePps().slice({ idr: true }).slice({ idr: true, first_mb: 8 });
    let slices = 0;
    const unit: Trace["unit"] = ({ name }) => {
      if (name.startsWith("slice") && ++slices === 2) throw new Error("the disk is full");
    };
    const session = openSession("h264", { trace: { unit, element: () => {} } });
    const chunk = bytes.slice();
    expect(() => [...session.push(chunk), ...session.flush()]).toThrow("the disk is full");
    chunk.fill(0xee);
    session.reset();
    const again = [...session.push(bytes), ...session.flush()];
    const fresh = openSession("h264");
    const expected = [...fresh.push(bytes), ...fresh.flush()];
    const bitstreams = (events: readonly DecodeEvent[]) => only(events, "request").map(bitstreamBytes);
    expect(bitstreams(expected)).toHaveLength(1);
    expect(bitstreams(again)).toEqual(bitstreams(expected));
  });
});

describe("the errors of a session", () => {
  it.each([
    ["h264", [0x0c, 0xff, 0x00, 0x01, 0x40]],
    ["h265", [0x4c, 0x01, 0xff, 0x00, 0x01, 0x40]],
  ] as const)("are the same with a trace: wrong filler data in %s", (codec, filler) => {
    const told = (trace?: Trace) => {
      const session = openSession(codec, { trace });
      return [...session.push(units(2, filler)), ...session.flush()].map(eventKey);
    };
    let elements = 0;
    const traced = told({ unit: () => {}, element: () => elements++ });
    expect(elements).toBeGreaterThan(4);
    expect(traced).toEqual(told());
  });
});

describe("an SPS that the kernel refuses", () => {
  it.each([
    ["h264_profile100_chroma2.264", "the kernel refuses 2: it is not in 0..1 with profile_idc 100"],
    ["h264_profile44_chroma3.264", "the kernel refuses 3: it is not in 0..1 with profile_idc 44"],
  ])("gives no request and says why: %s", (name, message) => {
    const session = openSession("h264");
    const events = [...session.push(readFileSync(`test/fixtures/field/${name}`)), ...session.flush()];
    expect(events.map((event) => event.type)).toEqual(["error"]);
    expect(only(events, "error")[0]).toMatchObject({
      kind: "unsupported",
      code: "kernel-limit",
      element: "chroma_format_idc",
      message,
    });
  });
});
