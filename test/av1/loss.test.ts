import { describe, expect, it } from "vitest";
import { corpusFiles, corpusPlace, fixtureStreams, type StreamFile } from "../../conformance/streams/corpus-files.ts";
import { openAv1Session } from "../../src/av1/index.ts";
import { ivfFrames } from "../../src/containers/ivf.ts";
import { BitstreamError } from "../../src/errors.ts";
import type { DecodeEvent, RequestEvent } from "../../src/events.ts";
import { joined } from "../../src/framing/bytes.ts";
import { beginsWithTemporalUnit } from "../../src/framing/obu.ts";
import { v4l2_ctrl_av1_frame } from "../../src/uapi/index.ts";
import { difference, pushed } from "../../support/cuts.ts";
import { digest, eventKey } from "../../support/events.ts";
import { poolFlaws } from "../../support/pool.ts";
import { Random } from "../../support/random.ts";
import { obusOf, temporalUnits } from "../../support/streams/av1-packets.ts";
import {
  annexB,
  controlsOf,
  delimiter,
  frame,
  keyFrame,
  requestsOf,
  sequenceHeader,
  slotTimesOf,
  summary,
  timestampsOf,
  unit,
} from "../../support/streams/av1-stream.ts";
import { ivfOf } from "../../support/streams/vp8-frames.ts";

const lost = new BitstreamError("lost-bytes", "packets are missing");
const IVF_HEADER = 32;
const IVF_FRAME_HEADER = 12;

type Format = "obus" | "ivf" | "annexb";

function formatOf(stream: Uint8Array): Format {
  if (stream[0] === 0x44) return "ivf";
  return beginsWithTemporalUnit(stream) ? "annexb" : "obus";
}

/** Where the packets of a stream begin in it, and where it ends: OBUs, temporal units of Annex B, or frames of the IVF file. */
function packetPlaces(stream: Uint8Array, format: Format): number[] {
  if (format === "ivf") return [...ivfFrames(stream).frames.map(({ byte }) => byte - IVF_FRAME_HEADER), stream.length];
  const packets = format === "annexb" ? temporalUnits(stream) : obusOf(stream);
  const places = [0];
  for (const { length } of packets) places.push((places.at(-1) as number) + length);
  return places;
}

/** Where the stream can be entered: temporal units with a sequence header and a shown key frame, which is its first frame. */
function entries(stream: Uint8Array, format: Format): number[] {
  const header = format === "ivf" ? IVF_FRAME_HEADER : 0;
  let at = format === "ivf" ? IVF_HEADER : 0;
  return temporalUnits(stream).flatMap((packet) => {
    const place = at;
    at += header + packet.length;
    const events = openAv1Session().decode(packet);
    const [first, ...more] = requestsOf(events);
    const isKey = first !== undefined && controlsOf(first).frame.frame_type === 0;
    const isShown = events.some((event) => event.type === "output" && event.timestamp === first?.timestamp);
    return isKey && (isShown || more.length === 0) && !events.some(({ type }) => type === "error") ? [place] : [];
  });
}

/** Events after a loss: the stream is pushed up to `from`, and from `to` on. */
function withLoss(stream: Uint8Array, from: number, to: number): DecodeEvent[] {
  const session = openAv1Session();
  const before = session.push(stream.subarray(0, from));
  return [...before, ...session.push(stream.subarray(to), { lost }), ...session.flush()];
}

/** Requests as text: pictures are numbered from the first of these requests, and those before it have no number. */
function requestKeys(requests: readonly RequestEvent[]): string[] {
  const numbers = new Map(requests.map(({ timestamp }, i) => [timestamp, i + 1]));
  const from = v4l2_ctrl_av1_frame.offsets.reference_frame_ts;
  return requests.map((request) => {
    const controls = request.controls.map(({ name, payload }) => {
      const bytes = (payload as Uint8Array).slice();
      if (name.endsWith("_AV1_FRAME")) bytes.fill(0, from, from + 64);
      return `${name} ${digest([bytes])}`;
    });
    // What a key frame lists depends on the buffers: pictures from before it, or none where they are new.
    const isKey = controlsOf(request).frame.frame_type === 0;
    const slots = isKey ? "key" : slotTimesOf(request).map((time) => numbers.get(time) ?? 0);
    return `${digest(request.bitstream)} ${slots} ${controls.join(" ")}`;
  });
}

/** Tests losses at so many packets of a stream. It is there twice, so that a key frame follows. */
function testLosses({ read }: StreamFile, most: number): void {
  const once = read();
  const format = formatOf(once);
  const stream = joined([once, format === "ivf" ? once.subarray(IVF_HEADER) : once]);
  const places = packetPlaces(once, format);
  const keys = entries(stream, format);

  /** What a session makes of the stream from a key frame on; an IVF file has its header before it. */
  const fresh = (entry: number): RequestEvent[] => {
    const head = format === "ivf" ? stream.subarray(0, IVF_HEADER) : new Uint8Array(0);
    const session = openAv1Session();
    return requestsOf([...session.push(joined([head, stream.subarray(entry)])), ...session.flush()]);
  };

  const random = new Random(5);
  const step = Math.max(1, Math.ceil(places.length / most));
  const freshKeys = new Map(keys.map((entry) => [entry, requestKeys(fresh(entry))]));
  for (let i = 0; i + 1 < places.length; i += step) {
    const [begin, end] = [places[i] as number, places[i + 1] as number];
    const within = begin + random.below(end - begin);
    const losses = [
      [begin, end],
      [within, end],
      [begin, within],
      [within, within + 1],
      [begin, begin],
    ] as const;
    for (const [from, to] of losses) {
      const events = withLoss(stream, from, to);
      const label = `bytes ${from} to ${to}`;
      expect(poolFlaws(events, { timestamps: timestampsOf }), label).toEqual([]);
      // Every request is of a frame that is whole in the stream.
      const made = requestsOf(events);
      const isWhole = made.every(({ bitstream }) => bitstream.every((part) => isPartOf(stream, part)));
      expect(isWhole, label).toBe(true);
      const entry = keys.find((key) => key >= to);
      if (entry === undefined) continue;
      const expected = freshKeys.get(entry) as string[];
      expect(difference(requestKeys(made.slice(-expected.length)), expected), label).toEqual([]);
    }
  }
}

describe("a loss of a packet, or of bytes around its ends, changes nothing from the next key frame on", () => {
  const streams = fixtureStreams("av1");
  it.each(streams.slice(0, 4))("$name", (file) => testLosses(file, 3));
  it.each(streams)("$name, every packet", { tags: "long", timeout: 300_000 }, (file) => testLosses(file, Infinity));
  const corpus = corpusFiles("av1").filter(({ name }) => /[.](obu|ivf)$/.test(name));
  it.each(corpus)(`$name (${corpusPlace})`, { tags: "long" }, (file) => testLosses(file, 4));
});

function isPartOf(stream: Uint8Array, part: Uint8Array): boolean {
  return Buffer.from(stream.buffer, stream.byteOffset, stream.length).includes(Buffer.from(part));
}

const one = [delimiter, sequenceHeader(), keyFrame()];
const two = [delimiter, frame({ refresh: 1 })];
const three = [delimiter, sequenceHeader(), keyFrame()];

const streams: readonly (readonly [string, Uint8Array, number])[] = [
  ["OBUs (5.2)", joined([one, two, three, two].flat()), joined(one).length],
  ["Annex B", joined([one, two, three, two].map(annexB)), annexB(one).length],
  ["IVF", ivfOf([one, two, three, two].map(joined), "AV01"), IVF_HEADER + IVF_FRAME_HEADER + joined(one).length],
];

describe.each(streams)("after a loss, %s", (_, stream, second) => {
  it("go on at the next whole packet, and say how much was passed over", () => {
    const begin = second + 5;
    const events = withLoss(stream, second, begin);
    expect(summary(events)).toEqual([
      "sequence 64x64",
      "request 1000",
      "output 1000",
      "error lost-bytes",
      "error no-unit",
      "request 2000",
      "output 2000",
      "release 1000",
      "request 3000 < 2000",
      "output 3000",
      "release 2000",
      "release 3000",
    ]);
    const passed = events.filter((event) => event.type === "error")[1]!;
    const count = Number(/^(\d+) bytes are passed over/.exec(passed.message)![1]);
    expect(passed.byte).toBe(second);
    // What comes after the bytes that are passed over is a whole stream again.
    const rest = stream.subarray(begin + count);
    const head = stream[0] === 0x44 ? stream.subarray(0, IVF_HEADER) : new Uint8Array(0);
    const found = openAv1Session().push(joined([head, rest]));
    expect(summary(found).slice(0, 3)).toEqual(["sequence 64x64", "request 1000", "output 1000"]);
  });

  it("give the same events however the rest is cut", () => {
    const random = new Random(6);
    const rest = (session = openAv1Session()) => {
      const before = session.push(stream.subarray(0, second)).map(eventKey);
      return { session, before: [...before, ...session.push(new Uint8Array(0), { lost }).map(eventKey)] };
    };
    const whole = rest();
    const bytes = stream.subarray(second + 5);
    const expected = [...whole.session.push(bytes), ...whole.session.flush()].map(eventKey);
    for (const most of [1, 2, 7]) {
      const { session, before } = rest();
      expect(before).toEqual(whole.before);
      expect(
        difference(
          pushed(session, bytes, () => 1 + random.below(most)),
          expected,
        ),
      ).toEqual([]);
    }
  });

  it("tell of bytes in which nothing shows where the stream goes on", () => {
    const session = openAv1Session();
    session.push(stream.subarray(0, second));
    session.push(new Uint8Array(100).fill(0x12), { lost });
    const [event] = session.flush().filter(({ type }) => type === "error");
    expect(event).toMatchObject({ code: "no-unit", byte: second });
    expect(event).toMatchObject({ message: expect.stringMatching(/^100 bytes are passed over; nothing/) });
  });
});

describe("a loss", () => {
  it("before the first bytes leaves open where in a unit they begin", () => {
    const bytes = joined([keyFrame().subarray(3), ...one, ...two]);
    const session = openAv1Session();
    const events = [...session.push(bytes, { lost }), ...session.flush()];
    expect(summary(events).slice(0, 3)).toEqual(["error lost-bytes", "error no-unit", "sequence 64x64"]);
    expect(requestsOf(events).length).toBe(2);
  });

  it("does not take a delimiter inside a tile for one", () => {
    // A tile with the bytes of a temporal delimiter and the header of an OBU after it.
    const inner = joined([Uint8Array.of(0x12, 0, 0x32, 0x7f), new Uint8Array(40)]);
    const stream = joined([...one, inner, ...three]);
    expect(summary(withLoss(stream, joined(one).length, joined(one).length)).slice(3, 6)).toEqual([
      "error lost-bytes",
      "error no-unit",
      "request 2000",
    ]);
  });

  it("in an IVF file whose last OBUs have no size is over at the next frame between delimiters", () => {
    const [key, inter] = [one, two].map(([first, ...rest]) => {
      const last = rest.pop() as Uint8Array;
      const withoutSize = joined([Uint8Array.of((last[0] as number) & ~2), last.subarray(2)]);
      return joined([first as Uint8Array, ...rest, withoutSize]);
    }) as [Uint8Array, Uint8Array];
    const file = ivfOf([key, inter, key, inter], "AV01");
    const second = IVF_HEADER + IVF_FRAME_HEADER + key.length;
    const events = withLoss(file, second, second + 5);
    expect(summary(events).slice(3, 8)).toEqual([
      "error lost-bytes",
      "error no-unit",
      "request 2000",
      "output 2000",
      "release 1000",
    ]);
    expect(requestsOf(events).length).toBe(3);
  });

  it("leaves an IVF file of another codec refused", () => {
    const session = openAv1Session();
    const file = ivfOf([unit(...one)], "VP90");
    expect(summary(session.push(file))).toEqual(["error other-codec"]);
    expect(summary([...session.push(file, { lost }), ...session.flush()])).toEqual(["error lost-bytes"]);
  });

  it("is not needed after a wrong temporal_unit_size of Annex B", () => {
    const wrong = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff);
    const stream = joined([annexB(one), wrong, annexB(three), annexB(two)]);
    const session = openAv1Session();
    expect(summary([...session.push(stream), ...session.flush()]).slice(3, 7)).toEqual([
      "error value-out-of-range",
      "error no-unit",
      "request 2000",
      "output 2000",
    ]);
  });
});

describe("a temporal unit of Annex B", () => {
  const whole = annexB([...one, ...two]);

  it("that is cut off is not taken for OBUs", () => {
    // Its first five bytes are a whole OBU of clause 5.2, too.
    for (let length = 6; length < whole.length; length++) {
      const events = openAv1Session().decode(whole.subarray(0, length));
      expect(events, `${length} bytes`).toMatchObject([{ type: "error", unit: "temporal_unit", code: "wrong-size" }]);
      const session = openAv1Session();
      const cut = [...session.push(whole.subarray(0, length)), ...session.flush()];
      expect(cut, `${length} bytes`).toMatchObject([{ type: "error", unit: "temporal_unit", code: "cut-off" }]);
    }
  });

  it("is read up to where it says that it ends", () => {
    const events = openAv1Session().decode(joined([whole, Uint8Array.of(1, 2)]));
    expect(requestsOf(events).length).toBe(2);
    expect(events.at(-1)).toMatchObject({ type: "error", unit: "temporal_unit", code: "wrong-size" });
  });
});
