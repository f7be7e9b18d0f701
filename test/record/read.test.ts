import { readdirSync, readFileSync } from "node:fs";
import { Readable } from "node:stream";
import { brotliCompressSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { Codec } from "../../src/events.ts";
import { openSession } from "../../src/open-session.ts";
import { readRecordBytes } from "../../src/record/files.ts";
import {
  RecordError,
  RecordWriter,
  readRecord,
  readRecordStream,
  recordLineLimit,
  resolveRequests,
} from "../../src/record/index.ts";
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

const cutLine = "the line is cut off: it begins a JSON object and does not end it (delete it, or record again)";

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
      '{"format":"v4l2-stateless-requests/1","codec":"jpeg"}',
      'line 1: codec must be one of h264, h265, vp8, vp9, av1, mpeg2, fwht, and is "jpeg"',
    ],
    [`${head}{"request":0,`, `line 2: ${cutLine}`],
    [`${head}["request",0]`, "line 2: the line is not a JSON object"],
    [`${head}{"request":0,}`, "line 2: the line is not a JSON object"],
    [head + head, "line 2: a second header: two records in one file (split it before this line)"],
    [
      `${head}{"request":0,"timestamp":18446744073709551615,"controls":{}}`,
      "line 2: timestamp must be a whole number of nanoseconds, above 2^53 - 1 as a decimal string, and is 18446744073709552000",
    ],
    [`${head}{"request":0,"timestamp":0}`, "line 2: controls must be an object, and is missing"],
    [`${head}{"set":${"[".repeat(100_000)}${"]".repeat(100_000)}}`, "line 2: set must be an object, and is a list"],
    [`${head}{"set":{"V4L2_CID_X":"012"}}`, "line 2: V4L2_CID_X must have two hex digits a byte, and has 3"],
    [`${head}{"set":{"V4L2_CID_X":1.5}}`, "line 2: V4L2_CID_X must be hex digits or a whole number, and is 1.5"],
    [
      `${head}{"set":{"V4L2_CID_X":"${"00".repeat(100)}0O00"}}`,
      'line 2: V4L2_CID_X has "O" at digit 201, counted from 0: not a hex digit',
    ],
    [
      `${head}{"request":3,"timestamp":0,"controls":{}}\n{"request":3,"timestamp":0,"controls":{}}`,
      "line 3: request 3 stands twice; the numbers of requests must rise from line to line",
    ],
    [
      `${head}{"request":3,"timestamp":0,"controls":{}}\n{"request":2,"timestamp":0,"controls":{}}`,
      "line 3: request 2 comes after request 3; the numbers of requests must rise from line to line",
    ],
    [
      `${head}{"request":0,"timestamp":0,"controls":{},"bitstream":{"crc32":"123"}}`,
      'line 2: bitstream.crc32 is "123", which it cannot be',
    ],
    [`${head}{"output":0,"pts":1e999}`, "line 2: pts is Infinity, which it cannot be"],
  ])("refuses %j", (text, message) => {
    expect(refusal(text)).toBe(message);
  });
});

describe("a record's values", () => {
  const place = { left: 0, top: 0, width: 16, height: 16 };
  const colours = {
    colour_primaries: 1,
    transfer_characteristics: 1,
    matrix_coefficients: 1,
    video_full_range_flag: 0,
  };
  const inHeader = (stream: unknown) => JSON.stringify({ ...JSON.parse(head), stream });
  const refusalOf = (line: object) => refusal(head + JSON.stringify(line));

  it.each<[string, readonly unknown[], readonly unknown[]]>([
    [
      "visible",
      [place],
      [null, [], 1, { ...place, height: undefined }, { ...place, left: -1 }, { ...place, top: 0.5 }],
    ],
    ["colour", [colours], [null, [], { ...colours, matrix_coefficients: "1" }]],
    [
      "components",
      [
        { count: 1, encoding: "yuv" },
        { count: 3, encoding: "rgb" },
        { count: 4, encoding: "hsv" },
      ],
      [null, [], { count: 2, encoding: "yuv" }, { count: "3", encoding: "yuv" }, { count: 3, encoding: "cmyk" }],
    ],
    ["realloc", [true, false], [0, "true", null]],
    ["captureBuffers", [0, 5], [-1, 1.5, "5", null, 2 ** 53]],
  ])("of a sequence, %s", (key, good, bad) => {
    for (const value of good) expect(refusalOf({ sequence: { [key]: value } })).toBe("");
    for (const value of bad) expect(refusalOf({ sequence: { [key]: value } })).toContain(`line 2: sequence.${key} `);
  });

  it("of a header's stream", () => {
    const sha256 = "0".repeat(64);
    for (const stream of ["a.264", { name: "a.264" }, { name: "a.264", bytes: 1, sha256 }]) {
      expect(refusal(inHeader(stream))).toBe("");
    }
    for (const stream of [1, null, [], {}, { name: 1 }, { name: "a", bytes: "1" }, { name: "a", sha256: 1 }]) {
      expect(refusal(inHeader(stream))).toContain("line 1: stream ");
    }
  });

  it("of a timestamp and of what is known", () => {
    const line = (timestamp: unknown, known?: unknown) => ({ request: 0, timestamp, controls: {}, known });
    for (const timestamp of [0, "0", "18446744073709551615"]) expect(refusalOf(line(timestamp))).toBe("");
    for (const timestamp of [-1, 1.5, "-1", "0x10", "1e3", "", "18446744073709551616", "1".repeat(21), null]) {
      expect(refusalOf(line(timestamp))).toContain("line 2: timestamp ");
    }
    expect(refusalOf(line(0, { V4L2_CID_STATELESS_H264_PPS: ["flags"] }))).toBe("");
    for (const known of [null, [], "flags", { A: "flags" }, { A: [1] }]) {
      expect(refusalOf(line(0, known))).toContain("line 2: known ");
    }
  });
});

/** The warnings about a record with these lines after its head. */
function warningsOf(...lines: readonly string[]): string[] {
  const warnings: string[] = [];
  readRecord(head + lines.join("\n"), { onWarning: (message) => warnings.push(message) });
  return warnings;
}

const requestLine = (request: number, timestamp: number | string) =>
  JSON.stringify({ request, timestamp, controls: {} });

describe("what is odd in a record", () => {
  it("is told once for each kind", () => {
    expect(
      warningsOf(
        requestLine(0, 1000),
        requestLine(5, 2000),
        requestLine(9, 3000),
        '{"later":1}',
        '{"later":2}',
        '{"output":4000}',
        '{"output":5000}',
        '{"release":4000}',
        '{"release":5000}',
      ),
    ).toEqual([
      "line 3: request 5 comes where request 1 was expected",
      "line 5: a line of a kind that this version does not know; it and its like are skipped",
      "line 7: it shows the picture of timestamp 4000, which no request before it made",
      "line 9: it releases the picture of timestamp 4000, which no request before it made",
    ]);
  });

  it("is a picture that is shown after its release", () => {
    const lines = [requestLine(0, 1000), '{"output":1000}', '{"output":1000}', '{"release":1000}'];
    expect(warningsOf(...lines)).toEqual([]);
    expect(warningsOf(...lines, '{"output":1000}')).toEqual([
      "line 6: it shows the picture of timestamp 1000, which no request before it made",
    ]);
  });

  it("is not what no longer can be known: which of very many pictures were never released", { tags: "long" }, () => {
    const requests = Array.from({ length: 100_000 }, (_, i) => requestLine(i, i));
    expect(warningsOf(...requests, '{"output":0}', '{"output":99999}')).toEqual([]);
  });

  it("is nothing in what sessions write", () => {
    const fixtures = new URL("../fixtures/", import.meta.url);
    for (const name of readdirSync(fixtures).filter((file) => /\.(264|265|m2v|ivf|obu)$/.test(file))) {
      const codec = name.startsWith("mpeg2") ? "mpeg2" : (name.split("_")[0] as Codec);
      const session = openSession(codec, { missingReferences: "mark" });
      const writer = new RecordWriter({ codec });
      const stream = readFileSync(new URL(name, fixtures));
      // With a hole: what is lost must not confuse the record.
      const holed = codec.startsWith("vp") ? stream : Buffer.concat([stream.subarray(0, 700), stream.subarray(900)]);
      const events = [...session.push(holed), ...session.flush()];
      const warnings: string[] = [];
      readRecord(writer.head + events.map((event) => writer.write(event)).join(""), {
        onWarning: (message) => warnings.push(message),
      });
      expect(warnings).toEqual([]);
    }
  });
});

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

describe("readRecordStream", () => {
  const text = `\ufeff${head.replace("}", ',"producer":"é😀"}')}${requestLine(0, 1000)}\r\n\n{"output":1000}`;
  const linesOf = async (pieces: Parameters<typeof readRecordStream>[0]) => {
    const { header, lines } = await readRecordStream(pieces);
    return { header, lines: await all(lines) };
  };

  it("gives what readRecord gives, however text and bytes are cut", async () => {
    const expected = readRecord(text);
    expect(expected.header.producer).toBe("é😀");
    const bytes = new TextEncoder().encode(text);
    for (const size of [1, 2, 3, 7, 64, 1000]) {
      expect(await linesOf(text.match(new RegExp(`[^]{1,${size}}`, "g")) as string[])).toEqual(expected);
      const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
        bytes.subarray(i * size, (i + 1) * size),
      );
      expect(await linesOf(pieces)).toEqual(expected);
      expect(await linesOf(Readable.from(pieces))).toEqual(expected);
    }
  });

  it("takes no more pieces than the lines that are asked for need, and ends them when the loop ends", async () => {
    let taken = 0;
    let ended = false;
    async function* pieces() {
      try {
        for (const line of [head.trim(), requestLine(0, 0), requestLine(1, 1), "no JSON"]) {
          taken++;
          yield `${line}\n`;
        }
      } finally {
        ended = true;
      }
    }
    const { header, lines } = await readRecordStream(pieces());
    expect([header.codec, taken]).toEqual(["h264", 1]);
    for await (const line of lines) {
      expect(line).toMatchObject({ type: "request", request: 0 });
      break;
    }
    expect([taken, ended]).toEqual([2, true]);
  });

  it("rejects where readRecord throws", async () => {
    await expect(readRecordStream([])).rejects.toThrow(new RecordError("empty: not a request record", 1));
    await expect(readRecordStream(["hello"])).rejects.toThrow(new RecordError("not a request record", 1));
    const { lines } = await readRecordStream([head, "{}\n", "{"]);
    await expect(all(lines)).rejects.toThrow(new RecordError(cutLine, 3));
  });

  it("refuses a line that is longer than any request, without keeping it", { tags: "long" }, async () => {
    let given = 0;
    function* pieces() {
      yield head;
      for (const piece = new Uint8Array(1 << 24).fill(0x20); ; given += piece.length) yield piece;
    }
    const { lines } = await readRecordStream(pieces());
    await expect(all(lines)).rejects.toThrow("line 2: longer than 268435456 characters");
    expect(given).toBe(recordLineLimit);
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

  it("keeps that nothing is known of a control, until it is sent again", () => {
    const [sps, slice] = ["V4L2_CID_STATELESS_H264_SPS", "V4L2_CID_STATELESS_H264_SLICE_PARAMS"];
    const lines = [
      `{"request":0,"timestamp":0,"controls":{"${sps}":"01"}}`,
      `{"request":1,"timestamp":0,"controls":{},"known":{"${sps}":[],"${slice}":[]}}`,
      '{"request":2,"timestamp":0,"controls":{}}',
      `{"request":3,"timestamp":0,"controls":{"${sps}":"02"}}`,
    ];
    const requests = [...resolveRequests(readRecord(head + lines.join("\n")))];
    // What belongs to one request is not kept.
    expect(requests.map(({ known }) => [...known.keys()])).toEqual([[], [sps, slice], [sps], []]);
  });
});

describe("a record of a record", () => {
  it("resolves to the same requests", { tags: "long" }, () => {
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
    const joined = Buffer.concat([brotliCompressSync(bytes), brotliCompressSync(bytes)]);
    expect(() => readRecordBytes(joined, true)).toThrow("line 2: compressed with brotli, and other bytes come after");
  });
});
