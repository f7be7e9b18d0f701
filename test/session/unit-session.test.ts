import { describe, expect, it } from "vitest";
import { fixtureStreams } from "../../conformance/streams/corpus-files.ts";
import type { Codec, DecodeEvent } from "../../src/events.ts";
import { unitsOfPacket } from "../../src/framing/byte-stream.ts";
import { joined } from "../../src/framing/bytes.ts";
import { isSlice as isMpeg2Slice } from "../../src/mpeg2/units.ts";
import { openSession } from "../../src/open-session.ts";
import { bitstreamBytes } from "../../src/session/bitstream.ts";
import { only } from "../../support/streams/h264-stream.ts";

const codecs: readonly Codec[] = ["h264", "h265", "mpeg2"];

describe.each(codecs.flatMap((codec) => fixtureStreams(codec).map(({ name, read }) => ({ codec, name, read }))))(
  "$name, pushed unit by unit",
  ({ codec, read }) => {
    it("gives each picture the pts of the unit with which it begins: its first slice, in MPEG-2 its header", () => {
      const stream = read();
      const units = unitsOfPacket(stream, 0, codec === "mpeg2");
      const session = openSession(codec);
      const first = new Map<number, number[]>();
      const shown: { timestamp: number; pts: number | undefined }[] = [];
      const take = (events: readonly DecodeEvent[]) => {
        for (const event of events) {
          if (event.type === "output") shown.push(event);
          if (event.type !== "request" || first.has(event.timestamp)) continue;
          const [slice] = unitsOfPacket(bitstreamBytes(event), 0, codec === "mpeg2");
          first.set(event.timestamp, [...(slice?.bytes ?? [])]);
        }
      };
      let at = 0;
      for (const [pts, { byte, bytes }] of units.entries()) {
        take(session.push(stream.subarray(at, byte + bytes.length), { pts }));
        at = byte + bytes.length;
      }
      take(session.flush());
      expect(shown.length).toBeGreaterThan(0);
      for (const { timestamp, pts = -1 } of shown) {
        const slice = first.get(timestamp) as number[];
        const found = codec === "mpeg2" ? units.findIndex(({ bytes }, i) => i > pts && bytes[0] === 1) : pts;
        if (codec === "mpeg2") expect(units[pts]?.bytes[0]).toBe(0);
        expect([...(units[found]?.bytes ?? [])]).toEqual(slice);
      }
    });
  },
);

/** Whether a unit is a slice, or a parameter set. Of H.264 and HEVC. */
function kindOf(codec: Codec, [first = 0]: Uint8Array): "slice" | "set" | undefined {
  const type = codec === "h264" ? first & 31 : (first >> 1) & 63;
  if (codec === "h264") return type === 1 || type === 5 ? "slice" : type === 7 || type === 8 ? "set" : undefined;
  return type < 32 ? "slice" : type < 35 ? "set" : undefined;
}

const longSlices = (["h264", "h265"] as const).flatMap((codec) =>
  fixtureStreams(codec).map(({ name, read }) => ({ codec, name, read })),
);

describe.each(longSlices)("$name, cut inside its slices", ({ codec, read }) => {
  it("gives a picture's requests when the beginning of the next picture's first slice is there", () => {
    const stream = read();
    const begun = openSession(codec);
    const whole = openSession(codec);
    const requests = (events: readonly DecodeEvent[]) => events.filter(({ type }) => type === "request").length;
    const units = unitsOfPacket(stream, 0);
    let early = 0;
    let late = 0;
    let at = 0;
    let last = 0;
    let setsWait = false;
    for (const [i, { bytes, byte }] of units.entries()) {
      const kind = kindOf(codec, bytes);
      if (kind === "set") setsWait = true;
      if (kind !== "slice") continue;
      const isComparable = !setsWait && bytes.length > 220;
      setsWait = false;
      const next = units[i + 1]?.byte;
      if (next === undefined) continue;
      if (isComparable) early += requests(begun.push(stream.subarray(at, byte + 200)));
      if (isComparable) at = byte + 200;
      late += requests(whole.push(stream.subarray(last, next)));
      last = next;
      if (isComparable) expect(early).toBe(late);
    }
    early += requests(begun.push(stream.subarray(at))) + requests(begun.flush());
    late += requests(whole.push(stream.subarray(last))) + requests(whole.flush());
    expect(early).toBe(late);
  });
});

const multiSliced = (["h264", "mpeg2"] as const).flatMap((codec) =>
  fixtureStreams(codec).map(({ name, read }) => ({ codec, name, read })),
);

describe.each(multiSliced)("$name, pushed whole", ({ codec, read }) => {
  it("gives the same bytes where units that are not sent lie between its slices", () => {
    const bitstreams = (stream: Uint8Array) => {
      const session = openSession(codec);
      const events = [...session.push(stream), ...session.flush()];
      return events.flatMap((event) => (event.type === "request" ? [bitstreamBytes(event)] : []));
    };
    // Filler data of H.264, user data of MPEG-2.
    const unsent = codec === "h264" ? [0, 0, 1, 12, 0xff, 0x80] : [0, 0, 1, 0xb2, 0xff];
    const isSlice = (unit: Uint8Array) =>
      codec === "h264" ? kindOf(codec, unit) === "slice" : isMpeg2Slice(unit[0] as number);
    const units = unitsOfPacket(read(), 0, codec === "mpeg2");
    const parts = (between: number[]) =>
      units.flatMap(({ bytes }) => [Uint8Array.from(isSlice(bytes) ? between : []), Uint8Array.of(0, 0, 1), bytes]);
    const plain = bitstreams(joined(parts([])));
    expect(plain.length).toBeGreaterThan(0);
    expect(bitstreams(joined(parts(unsent)))).toEqual(plain);
  });

  it("gives slices that follow each other in memory as one part of the bitstream", () => {
    const stream = read();
    const session = openSession(codec);
    for (const event of session.push(stream)) {
      if (event.type !== "request") continue;
      let before: Uint8Array | undefined;
      for (const part of event.bitstream.filter(({ length }, i) => i % 2 === 1 || length !== 3)) {
        const isAfter = before?.buffer === part.buffer && before.byteOffset + before.length + 3 === part.byteOffset;
        expect(isAfter).toBe(false);
        before = part;
      }
    }
  });
});

describe("a length prefix without its unit", () => {
  const avcC = Uint8Array.of(1, 100, 0, 30, 0xff, 0xe0, 0);
  const delimiter = [0, 0, 0, 2, 9, 0xf0];
  const message = "no byte of the unit is there; for start codes, call configure(null)";

  it.each([
    ["that is cut off", [...delimiter, 0, 0, 0], 9],
    ["with nothing after it", [...delimiter, 0, 0, 0, 5], 10],
    ["that is larger than any unit", [...delimiter, 0xff, 0xff, 0xff, 0xff, 1, 2, 3], 10],
  ])("is an error at its place, of no unit: one %s", (_, bytes, byte) => {
    const packets = openSession("h264");
    packets.configure(avcC);
    const stream = openSession("h264");
    stream.configure(avcC);
    const found = [packets.decode(Uint8Array.from(bytes)), [...stream.push(Uint8Array.from(bytes)), ...stream.flush()]];
    for (const events of found) {
      expect(only(events, "error")).toHaveLength(1);
      expect(events[0]).toMatchObject({ code: "cut-off", unit: undefined, byte, message });
    }
  });
});

it("does not share the start codes of its requests with other sessions", () => {
  const [stream] = fixtureStreams("h265");
  const firstParts = [1, 2].map(() => {
    const session = openSession("h265");
    const events = [...session.push(stream?.read() as Uint8Array), ...session.flush()];
    return events.find((event) => event.type === "request")?.bitstream[0];
  });
  expect(firstParts.map((part) => [...(part ?? [])])).toEqual([
    [0, 0, 1],
    [0, 0, 1],
  ]);
  expect(firstParts[0]?.buffer).not.toBe(firstParts[1]?.buffer);
});
