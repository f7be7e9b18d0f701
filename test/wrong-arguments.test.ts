import { describe, expect, it } from "vitest";
import * as av1 from "../src/av1/index.ts";
import { feed } from "../src/containers/index.ts";
import * as fwht from "../src/fwht/index.ts";
import * as h264 from "../src/h264/index.ts";
import * as h265 from "../src/h265/index.ts";
import {
  BitstreamError,
  bitstreamBytes,
  bitstreamSize,
  copyBitstream,
  eventsOf,
  openSession,
  UnsupportedError,
} from "../src/index.ts";
import * as mpeg2 from "../src/mpeg2/index.ts";
import { readRecord, readRecordStream, recordHeaderText, recordLineText, resolveLines } from "../src/record/index.ts";
import { decodePayload, decodeStruct, encodeStruct, flagNames, u32 } from "../src/uapi/index.ts";
import * as vp8 from "../src/vp8/index.ts";
import * as vp9 from "../src/vp9/index.ts";

/** Calls as a program without types can make them. */
type Call = (...args: unknown[]) => unknown;
type New = new (...args: unknown[]) => unknown;
const bytes = new Uint8Array(16);

describe("the pts of a packet or chunk", () => {
  it.each([NaN, Infinity, -Infinity, "5", 5n, null])("must be a finite number: %s", (pts) => {
    const session = openSession("h264") as unknown as Record<"decode" | "push", Call>;
    for (const call of [() => session.decode(bytes, { pts }), () => session.push(bytes, { pts })]) {
      expect(call).toThrow(TypeError);
      expect(call).toThrow("pts must be a finite number");
    }
  });

  it("may be any such number, or undefined", () => {
    const session = openSession("h264");
    for (const pts of [-5, 0.5, -0, Number.MAX_VALUE, undefined])
      expect(() => session.push(bytes, { pts })).not.toThrow();
  });
});

describe("options of a parser", () => {
  const entries = { av1, fwht, h264, h265, mpeg2, vp8, vp9 };
  const parsers = Object.entries(entries).flatMap(([codec, entry]) =>
    Object.entries(entry).flatMap(([name, parse]) =>
      /^parse(?!.*Configuration)|^units$/.test(name) && !(codec === "mpeg2" && name === "units")
        ? [[codec, name, parse as Call] as const]
        : [],
    ),
  );

  it("are those of every parser", () => {
    expect(parsers.length).toBeGreaterThan(25);
  });

  /** What a parser throws that is given these options. */
  function expectToThrow(name: string, parse: Call, options: unknown, message: string): void {
    const takesSets = /SliceHeader|SegmentHeader|TileGroup|FrameHeader/.test(name) && parse.length > 1;
    const sets = { find: () => undefined, seq_profile: 0, tile_info: {} };
    const call = () => (takesSets ? parse(bytes, sets, options) : parse(bytes, options));
    expect(call).toThrow(TypeError);
    expect(call).toThrow(message);
  }

  it.each(parsers)("must be an object: %s %s", (_, name, parse) => {
    for (const wrong of [null, 5, "trace"]) expectToThrow(name, parse, wrong, "options must be an object");
  });

  it.each(parsers.filter(([, name]) => name !== "units"))(
    "have a trace with both functions: %s %s",
    (_, name, parse) => {
      for (const trace of [{}, null, () => {}, { unit() {} }, { element() {} }]) {
        expectToThrow(name, parse, { trace }, "trace must have the functions unit and element");
      }
    },
  );
});

describe("what a parser refers to", () => {
  const sps = new h264.ParameterSetStore();
  const pps = Uint8Array.of(0x68, 0xce, 0x38, 0x80);
  it.each<[string, () => unknown, string]>([
    ["an SPS", () => (h264.parsePps as Call)(Uint8Array.of(0x68, 0xce), { sps }), "sps must be an SPS, or a function"],
    ["no SPS", () => (h264.parsePps as Call)(Uint8Array.of(0x68, 0xce), {}), "sps must be an SPS, or a function"],
    ["no options", () => (h264.parsePps as Call)(bytes), "options must be an object"],
    ["no sets: H.264", () => (h264.parseSliceHeader as Call)(bytes), "sets must be an object"],
    ["no sets: HEVC", () => (h265.parseSliceSegmentHeader as Call)(bytes, null), "sets must be an object"],
    [
      "an SPS that is one",
      () => (h264.parsePps as Call)(pps, { sps: () => null }),
      "sps must be an SPS, or a function",
    ],
    [
      "sets, by a lookup: H.264",
      () => (h264.parseSliceHeader as Call)(Uint8Array.of(0x65, 0x88, 0x80), { find: () => undefined }),
      "what find returns must be an object",
    ],
    [
      "both sets, by a lookup: HEVC",
      () => (h265.parseSliceSegmentHeader as Call)(Uint8Array.of(0x26, 1, 0xaf, 8), { find: () => ({ sps: {} }) }),
      "pps must be an object",
    ],
    [
      "a sequence header that is one",
      () => (av1.parseFrameHeader as Call)(Uint8Array.of(0x1a, 4, 0x10, 0, 0, 0), { trace: undefined }),
      "the sequence header must be one that parseSequenceHeader returns",
    ],
    [
      "a frame header with tiles",
      () => (av1.parseTileGroup as Call)(Uint8Array.of(0x22, 4, 0x10, 0, 0, 0), {}),
      "tile_info of the frame header must be an object",
    ],
    ["an SPS for both", () => (h264.parseSliceHeader as Call)(bytes, { sps: {} }), "pps must be an object"],
    [
      "no sequence header",
      () => (av1.parseFrameHeader as Call)(Uint8Array.of(0x1a, 1, 0)),
      "the sequence header must be",
    ],
    ["no frame header", () => (av1.parseTileGroup as Call)(bytes, null), "the frame header must be an object"],
  ])("must be given: %s", (_, call, message) => {
    expect(call).toThrow(TypeError);
    expect(call).toThrow(message);
  });
});

describe("other arguments", () => {
  it.each<[string, () => unknown, string]>([
    ["bitstreamSize", () => (bitstreamSize as Call)(undefined), "the request must be an object"],
    ["bitstreamBytes", () => (bitstreamBytes as Call)({}), "the bitstream of the request must be an array"],
    ["copyBitstream", () => (copyBitstream as Call)(null, bytes), "the request must be an object"],
    ...[NaN, 1.5, -1, "2", null, {}].map((offset): [string, () => unknown, string] => [
      `copyBitstream at ${String(offset)}`,
      () => (copyBitstream as Call)({ bitstream: [bytes] }, new Uint8Array(32), offset),
      `offset is ${typeof offset === "number" ? offset : JSON.stringify(offset)}; it must be a whole number from 0`,
    ]),
    ...[[5], [null], [{ 0: 7 }], ["a", 5]].map((bitstream): [string, () => unknown, string] => [
      `bitstreamBytes of parts that are no bytes: ${JSON.stringify(bitstream)}`,
      () => (bitstreamBytes as Call)({ bitstream }),
      "the parts of the request's bitstream must be bytes",
    ]),
    [
      "BitstreamError",
      () => new (BitstreamError as unknown as New)("12 packets are missing"),
      "the reason must be a string; the code comes before it",
    ],
    [
      "UnsupportedError",
      () => new (UnsupportedError as unknown as New)("scrambled", 5),
      "the reason must be a string; the code comes before it",
    ],
    ["feed", () => (feed as Call)(openSession("h264"), null), "a part must be an object"],
    ["feed to nothing", () => (feed as Call)(undefined, { kind: "chunk", bytes }), "the session must be an object"],
    ["feed of another kind", () => (feed as Call)(openSession("h264"), { kind: "sample" }), "a part's kind is sample"],
    [
      "feed of a loss",
      () => (feed as Call)(openSession("h264"), { kind: "loss" }),
      "a loss must have a BitstreamError",
    ],
    ...[1.5, "4", 5, null].map((lengthSize): [string, () => unknown, string] => [
      `units with lengths of ${JSON.stringify(lengthSize)} bytes`,
      () => (h264.units as Call)(bytes, { lengthSize }),
      `lengthSize must be a whole number from 1 to 4, not ${typeof lengthSize} ${lengthSize}`,
    ]),
    ["decodeStruct", () => (decodeStruct as Call)(undefined, bytes), "a struct must be an object"],
    ["encodeStruct", () => (encodeStruct as Call)(null, {}), "a struct must be an object"],
    ["decodePayload", () => (decodePayload as Call)("H264_SPS", bytes), "a control must be an object"],
    ["flagNames", () => flagNames(u32, 0.5), "a field of flags must be an integer; it is 0.5"],
    ["readRecord", () => (readRecord as Call)("", null), "options must be an object"],
    ["readRecord of nothing", () => (readRecord as Call)(undefined), "lines that are no string must be an object"],
    ["openSession of a list", () => (openSession as Call)(["h264"]), 'codec is ["h264"]; it must be one of'],
    ["openSession of a symbol", () => (openSession as Call)(Symbol("x")), "codec is Symbol(x); it must be one of"],
    [
      "operatingPoint",
      () => (openSession as Call)("av1", { operatingPoint: 1n }),
      "operatingPoint is 1; it must be a whole number",
    ],
    [
      "operatingPoint NaN",
      () => (openSession as Call)("av1", { operatingPoint: Number.NaN }),
      "operatingPoint is NaN; it must be a whole number",
    ],
    [
      "an option that is misspelled",
      () => (openSession as Call)("h264", { startcode: "none" }),
      "there is no option startcode",
    ],
    [
      "an option of no session",
      () => (openSession as Call)("av1", { startAt: "any", x: undefined }),
      "there is no option x",
    ],
    ["a list of options", () => (openSession as Call)("vp8", ["trace"]), "there is no option 0"],
    ["decodeMode", () => (openSession as Call)("h264", { decodeMode: "slices" }), 'decodeMode is "slices"; it must be'],
    ["readRecord of bytes", () => (readRecord as Call)(bytes), "lines must be strings; readRecordStream takes bytes"],
    ["recordHeaderText", () => (recordHeaderText as Call)(null), "a header must be an object"],
    ["recordLineText", () => (recordLineText as Call)(undefined), "a line must be an object"],
    [
      "resolveLines",
      () => [...(resolveLines as (record: unknown) => Iterable<unknown>)(5)],
      "a record must be an object",
    ],
  ])("have a reason: %s", (_, call, message) => {
    expect(call).toThrow(TypeError);
    expect(call).toThrow(message);
  });

  it("have a reason: eventsOf a part of another kind", async () => {
    const events = (eventsOf as (...args: unknown[]) => AsyncIterable<unknown>)("h264", [{ kind: "sample" }]);
    const take = async () => {
      for await (const _ of events);
    };
    await expect(take()).rejects.toThrow("a part's kind is sample; it must be chunk, configuration, packet or loss");
  });

  it("have a reason: readRecordStream", async () => {
    await expect((readRecordStream as Call)(null)).rejects.toThrow("the pieces of a record must be an object");
  });
});
