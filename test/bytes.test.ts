import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { BitReader, ByteStream, findStartCode, LengthPrefixedStream, unitsOfPacket } from "../src/bitreader/index.ts";
import type { ByteSource } from "../src/bytes.ts";
import * as h264 from "../src/h264/index.ts";
import * as h265 from "../src/h265/index.ts";
import { bitstreamBytes, copyBitstream, openSession } from "../src/index.ts";
import { normalise, validate } from "../src/kernel/index.ts";
import * as mpeg2 from "../src/mpeg2/index.ts";
import { crc32 } from "../src/record/index.ts";
import { controls, decodePayload, decodeStruct, payloadLeaves } from "../src/uapi/index.ts";
import * as vp8 from "../src/vp8/index.ts";
import * as vp9 from "../src/vp9/index.ts";
import { digest, eventKey } from "../support/events.ts";

const fixture = (name: string) => new Uint8Array(readFileSync(new URL(`fixtures/${name}`, import.meta.url)));
const h264Stream = fixture("h264_high_bpyramid.264");
const h265Stream = fixture("h265_rewritten_predicted_sets.265");
const mpeg2Stream = fixture("mpeg2_interlaced.m2v");
const ivf = (name: string) => fixture(name).subarray(44); // the first frame, after both headers
const unitOf = (stream: Uint8Array, first: number) =>
  unitsOfPacket(stream, 0).find(({ bytes }) => bytes[0] === first)?.bytes as Uint8Array;
const avcC = Uint8Array.of(1, 100, 0, 10, 0xff, 0xe0, 0);
const payload = new Uint8Array(controls.V4L2_CID_STATELESS_VP8_FRAME.struct.size).fill(3);

/** The same bytes in every shape that they can have, most of them in the middle of a larger buffer. */
function shapesOf(bytes: Uint8Array): Record<string, ByteSource> {
  const shared = new SharedArrayBuffer(bytes.length + 16);
  const buffer = new ArrayBuffer(bytes.length + 16);
  new Uint8Array(buffer, 8).set(bytes);
  new Uint8Array(shared, 8).set(bytes);
  const whole = (of: ArrayBufferLike) => of.slice(8, 8 + bytes.length);
  return {
    ArrayBuffer: whole(buffer),
    SharedArrayBuffer: whole(shared),
    "a Uint8Array of shared memory": new Uint8Array(shared, 8, bytes.length),
    DataView: new DataView(buffer, 8, bytes.length),
    Buffer: Buffer.from(buffer, 8, bytes.length),
    Int8Array: new Int8Array(buffer, 8, bytes.length),
    ...(bytes.length % 2 === 0 ? { Uint16Array: new Uint16Array(buffer, 8, bytes.length / 2) } : {}),
  };
}

/** A result as text, bytes by their digest: a part of a Buffer is a Buffer, and the same bytes. */
function textOf(result: unknown): string {
  if (result instanceof Uint8Array) return digest([result]);
  if (Array.isArray(result)) return `[${result.map(textOf).join(", ")}]`;
  if (typeof result !== "object" || result === null) return String(result);
  return `{${Object.entries(result)
    .map(([key, value]) => `${key}: ${textOf(value)}`)
    .join(", ")}}`;
}

/** Everything that takes bytes: what it makes of them, comparable. */
const takers: Readonly<Record<string, { readonly bytes: Uint8Array; take(source: ByteSource): unknown }>> = {
  "Session.push": { bytes: h264Stream, take: (source) => openSession("h264").push(source).map(eventKey) },
  "Session.decode": { bytes: h264Stream, take: (source) => openSession("h264").decode(source).map(eventKey) },
  "Session.configure": { bytes: avcC, take: (source) => openSession("h264").configure(source).map(eventKey) },
  "IVF push": { bytes: fixture("vp9_altref_superframes.ivf"), take: (s) => openSession("vp9").push(s).map(eventKey) },
  "packets of VP8": { bytes: ivf("vp8_odd_size.ivf"), take: (s) => openSession("vp8").decode(s).map(eventKey) },
  "h264.parseNalUnitHeader": { bytes: unitOf(h264Stream, 0x67), take: (unit) => h264.parseNalUnitHeader(unit) },
  "h264.parseSps": { bytes: unitOf(h264Stream, 0x67), take: (unit) => h264.parseSps(unit) },
  "h264.parseAvcConfiguration": { bytes: avcC, take: (record) => h264.parseAvcConfiguration(record) },
  "h265.parseNalUnitHeader": { bytes: unitOf(h265Stream, 66), take: (unit) => h265.parseNalUnitHeader(unit) },
  "h265.parseSps": { bytes: unitOf(h265Stream, 66), take: (unit) => h265.parseSps(unit) },
  "mpeg2.parseSequenceHeader": { bytes: unitOf(mpeg2Stream, 0xb3), take: (unit) => mpeg2.parseSequenceHeader(unit) },
  "vp8.parseFrameTag": { bytes: ivf("vp8_odd_size.ivf"), take: (frame) => vp8.parseFrameTag(frame) },
  "vp9.parseFrame": { bytes: ivf("vp9_altref_superframes.ivf"), take: (frame) => vp9.parseFrame(frame).header },
  findStartCode: { bytes: h264Stream, take: (source) => findStartCode(source, 1, source.byteLength) },
  unitsOfPacket: { bytes: h264Stream, take: (source) => unitsOfPacket(source, 0) },
  ByteStream: { bytes: h264Stream, take: (source) => new ByteStream(0).push(source) },
  LengthPrefixedStream: { bytes: h264Stream, take: (source) => new LengthPrefixedStream(1, 0).push(source) },
  BitReader: { bytes: h264Stream, take: (source) => new BitReader(source).u(32, "four_bytes") },
  crc32: { bytes: h264Stream, take: (source) => crc32(source) },
  validate: { bytes: payload, take: (source) => validate("V4L2_CID_STATELESS_VP8_FRAME", source) },
  normalise: { bytes: payload, take: (source) => normalise("V4L2_CID_STATELESS_VP8_FRAME", source) },
  decodePayload: { bytes: payload, take: (s) => decodePayload(controls.V4L2_CID_STATELESS_VP8_FRAME, s) },
  decodeStruct: { bytes: payload, take: (s) => decodeStruct(controls.V4L2_CID_STATELESS_VP8_FRAME.struct, s) },
  payloadLeaves: {
    bytes: payload,
    take: (source) => payloadLeaves(controls.V4L2_CID_STATELESS_VP8_FRAME, source).map(({ value }) => value),
  },
};

describe.each(Object.entries(takers))("%s", (_, { bytes, take }) => {
  const expected = textOf(take(bytes));

  it.each(Object.entries(shapesOf(bytes)))("takes the same bytes as %s", (_shape, source) => {
    expect(textOf(take(source))).toBe(expected);
  });

  it.each([undefined, null, "bytes", 5, [0, 0, 1], {}])(
    "refuses %j with a TypeError that says what it takes",
    (wrong) => {
      const isAllowed = wrong === null && bytes === avcC;
      if (!isAllowed) expect(() => take(wrong as unknown as ByteSource)).toThrow(TypeError);
    },
  );
});

it("copies nothing: a request's bitstream is the caller's memory", () => {
  const buffer = h264Stream.slice().buffer;
  const events = openSession("h264").decode(new DataView(buffer));
  const request = events.find((event) => event.type === "request");
  expect(request?.bitstream.some((part) => part.buffer === buffer)).toBe(true);
});

it("keeps copies of a Buffer, too, which the caller may use again", () => {
  const buffer = Buffer.from(h264Stream);
  const session = openSession("h264");
  const events = session.push(buffer.subarray(0, 2000));
  const rest = Buffer.from(buffer.subarray(2000));
  buffer.fill(0xaa);
  events.push(...session.push(rest), ...session.flush());
  const whole = openSession("h264");
  expect(events.map(eventKey)).toEqual([...whole.push(h264Stream), ...whole.flush()].map(eventKey));

  const all = unitsOfPacket(h264Stream, 0).map(({ bytes }) => [0, 0, 1, ...bytes]);
  const packet = Buffer.from(all.slice(0, 2).flat());
  const packets = openSession("h264");
  packets.decode(packet);
  packet.fill(0);
  const requests = packets.decode(Uint8Array.from(all.slice(2, 4).flat())).filter(({ type }) => type === "request");
  expect(requests).toHaveLength(1);
});

it.each([
  ["a Uint8Array", (buffer: ArrayBuffer) => new Uint8Array(buffer)],
  ["a part of one", (buffer: ArrayBuffer) => new Uint8Array(buffer).subarray(9, 17)],
  ["a Buffer", (buffer: ArrayBuffer) => Buffer.from(buffer, 3, 5)],
  ["a DataView", (buffer: ArrayBuffer) => new DataView(buffer, 3)],
  ["an ArrayBuffer", (buffer: ArrayBuffer) => buffer],
])("bytes that were transferred to a worker are refused, not taken for none: %s", (_, viewOf) => {
  const buffer = h264Stream.slice().buffer;
  const bytes = viewOf(buffer);
  structuredClone(buffer, { transfer: [buffer] });
  const session = openSession("vp8");
  for (const call of [() => session.push(bytes), () => session.decode(bytes), () => h264.units(bytes)]) {
    expect(call).toThrow(TypeError);
    expect(call).toThrow("has no bytes: its buffer was transferred");
  }
  expect(session.push(new Uint8Array(0))).toEqual([]);
});

it("copyBitstream writes into any buffer", () => {
  const request = openSession("h264")
    .push(h264Stream)
    .find((event) => event.type === "request");
  if (request === undefined) throw new Error("the stream has no picture");
  const expected = bitstreamBytes(request);
  const target = new ArrayBuffer(expected.length + 3);
  expect(copyBitstream(request, new DataView(target), 2)).toBe(expected.length);
  expect(new Uint8Array(target, 2, expected.length)).toEqual(expected);
});
