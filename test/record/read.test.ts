import { readdirSync, readFileSync } from "node:fs";
import { brotliCompressSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { readRecordBytes } from "../../src/record/files.ts";
import { RecordError, RecordWriter, readRecord, resolveRequests } from "../../src/record/index.ts";
import { control, error, output, request, sequence } from "./events.ts";

const head = '{"format":"v4l2-stateless-requests/1","codec":"h264"}\n';
const refusal = (text: string): string => {
  try {
    readRecord(text);
  } catch (thrown) {
    if (thrown instanceof RecordError) return thrown.message;
    throw thrown;
  }
  return "";
};

describe("readRecord", () => {
  it("gives back what was written", () => {
    const writer = new RecordWriter(
      { codec: "h264", stream: "a.264", decodeMode: "slice", startCode: "none" },
      { withData: true },
    );
    const sps = control("H264_SPS", Uint8Array.of(1, 2));
    const text =
      writer.head +
      [
        sequence([sps]),
        request(1000, [sps, control("H264_PPS", Uint8Array.of(3))], true),
        { ...request(1000, [sps]), timestamp: 2n ** 60n },
        output(1000, 40),
        { type: "release", timestamp: 1000 } as const,
        error("broken"),
      ]
        .map((event) => writer.write(event))
        .join("");

    const { header, lines } = readRecord(text);
    expect(header).toMatchObject({ codec: "h264", stream: "a.264", decodeMode: "slice", startCode: "none" });
    expect(lines.map(({ type }) => type)).toEqual([
      "set",
      "sequence",
      "set",
      "request",
      "request",
      "output",
      "release",
      "error",
    ]);
    expect(lines[1]).toMatchObject({ line: 3, pixelFormat: "S264", codedWidth: 96, captureBuffers: 5, realloc: true });
    expect(lines[3]).toMatchObject({
      request: 0,
      timestamp: 1000,
      hold: true,
      bitstream: { bytes: 5, data: Uint8Array.of(0, 0, 1, 0x65, 1000 & 0xff) },
      controls: new Map([["V4L2_CID_STATELESS_H264_PPS", Uint8Array.of(3)]]),
    });
    expect(lines[4]).toMatchObject({ timestamp: 2n ** 60n, hold: false });
    expect(lines[5]).toMatchObject({ timestamp: 1000, pts: 40, fieldOrder: "progressive", repeat: 0, corrupt: false });
    expect(lines[7]).toMatchObject({
      kind: "bitstream",
      code: "value-out-of-range",
      message: "broken",
      byte: 123,
      bit: 9,
    });
  });

  it("skips lines and keys that it does not know, empty lines and a byte order mark", () => {
    const text = `\ufeff${head}\r\n{"later":1}\n\n{"request":0,"timestamp":"1000","controls":{},"later":[]}`;
    expect(readRecord(text).lines).toMatchObject([{ type: "request", line: 5, timestamp: 1000 }]);
  });

  it.each([
    ["", "line 1: empty: not a request record"],
    ["\n\n", "line 1: empty: not a request record"],
    ["hello\n", "line 1: not a request record"],
    ["[1]\n", "line 1: not a request record"],
    ['{"request":0}\n', "line 1: not a request record: the first line has no format"],
    [
      '{"format":"v4l2-stateless-requests/2","codec":"h264"}\n',
      "line 1: the format is v4l2-stateless-requests/2, and this version reads v4l2-stateless-requests/1",
    ],
    [
      '{"format":"v4l2-stateless-requests/1","codec":"av1"}',
      'line 1: codec must be one of h264, h265, vp8, vp9, mpeg2, and is "av1"',
    ],
    [`${head}{"request":0,`, "line 2: the line is not a JSON object"],
    [head + head, "line 2: a second header: two records in one file"],
    [
      `${head}{"request":0,"timestamp":18446744073709551615,"controls":{}}`,
      "line 2: timestamp must be a whole number of nanoseconds, above 2^53 - 1 as a decimal string, and is 18446744073709552000",
    ],
    [`${head}{"request":0,"timestamp":0}`, "line 2: controls must be an object, and is missing"],
    [`${head}{"set":${"[".repeat(100_000)}${"]".repeat(100_000)}}`, "line 2: set must be an object, and is a list"],
    [`${head}{"set":{"V4L2_CID_X":"0"}}`, 'line 2: V4L2_CID_X must be hex digits or a whole number, and is "0"'],
    [
      `${head}{"request":0,"timestamp":0,"controls":{},"bitstream":{"crc32":"123"}}`,
      'line 2: bitstream.crc32 is "123", which it cannot be',
    ],
  ])("refuses %j", (text, message) => {
    expect(refusal(text)).toBe(message);
  });
});

describe("resolveRequests", () => {
  it("keeps controls until they are sent again, except those of one request", () => {
    const lines = [
      '{"set":{"V4L2_CID_STATELESS_H264_SPS":"01"}}',
      '{"request":0,"timestamp":0,"controls":{"V4L2_CID_STATELESS_H264_PPS":"02","V4L2_CID_STATELESS_H264_SLICE_PARAMS":"03"},"known":{"V4L2_CID_STATELESS_H264_PPS":["flags"]}}',
      '{"request":1,"timestamp":0,"controls":{"V4L2_CID_STATELESS_H264_PRED_WEIGHTS":"04"}}',
      '{"set":{"V4L2_CID_STATELESS_H264_SPS":"05"}}',
      '{"request":2,"timestamp":0,"controls":{"V4L2_CID_STATELESS_H264_PPS":"06"}}',
    ];
    const requests = [...resolveRequests(readRecord(head + lines.join("\n")))];
    const inEffect = requests.map(({ controls }) =>
      Object.fromEntries(
        [...controls].map(([name, value]) => [name.replace("V4L2_CID_STATELESS_H264_", ""), Number(value)]),
      ),
    );
    expect(inEffect).toEqual([
      { SPS: 1, PPS: 2, SLICE_PARAMS: 3 },
      { SPS: 1, PPS: 2, PRED_WEIGHTS: 4 },
      { SPS: 5, PPS: 6 },
    ]);
    expect([...requests[1]!.own.keys()]).toEqual(["V4L2_CID_STATELESS_H264_PRED_WEIGHTS"]);
    expect(requests.map(({ known }) => known.size)).toEqual([1, 1, 0]);
  });
});

describe("a record of a record", () => {
  it("resolves to the same requests", () => {
    const fixtures = new URL("../fixtures/", import.meta.url);
    for (const name of readdirSync(fixtures).filter((file) => file.endsWith(".jsonl.br"))) {
      const record = readRecordBytes(readFileSync(new URL(name, fixtures)), true);
      const writer = new RecordWriter({ codec: record.header.codec });
      const lines = [...resolveRequests(record)].map(({ timestamp, hold, controls }) => {
        const named = [...controls].map(([name, payload]) => ({ name, id: 0, payload }));
        return writer.write({ type: "request", timestamp, hold, bitstream: [], controls: named });
      });
      const again = readRecord(writer.head + lines.join(""));
      const text = (value: Uint8Array | number) =>
        typeof value === "number" ? value : Buffer.from(value).toString("hex");
      const inEffect = (of: typeof record) =>
        [...resolveRequests(of)].map(({ timestamp, controls }) => [
          timestamp,
          [...controls].map(([control, value]) => [control, text(value)]).sort(),
        ]);
      expect(inEffect(again)).toEqual(inEffect(record));
    }
  });
});

describe("readRecordBytes", () => {
  it("reads UTF-8 and brotli", () => {
    const bytes = new TextEncoder().encode(
      '{"format":"v4l2-stateless-requests/1","codec":"vp8","producer":"é"}\n{"release":5}',
    );
    const record = readRecordBytes(bytes);
    expect(record).toMatchObject({ header: { producer: "é" }, lines: [{ type: "release", timestamp: 5 }] });
    expect(readRecordBytes(brotliCompressSync(bytes), true)).toEqual(record);
    expect(() => readRecordBytes(bytes, true)).toThrow(new RecordError("not compressed with brotli", 1));
  });
});
