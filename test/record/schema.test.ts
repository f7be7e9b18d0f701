import { readdirSync, readFileSync } from "node:fs";
import { brotliDecompressSync } from "node:zlib";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { RecordWriter, readRecord, resolveRequests } from "../../src/record/index.ts";
import schema from "../../src/record/schema.json" with { type: "json" };
import { control, error, output, request, sequence } from "./events.ts";

const validate = new Ajv2020({ allErrors: true }).compile(schema);
const fixtures = new URL("../fixtures/", import.meta.url);
const goldens = readdirSync(fixtures).filter((name) => name.endsWith(".jsonl.br"));

/** The first line that the schema refuses, with the reason; undefined when there is none. */
function refused(text: string): string | undefined {
  const bad = text.split("\n").find((line) => line !== "" && !validate(JSON.parse(line)));
  return bad === undefined ? undefined : `${bad.slice(0, 200)}: ${JSON.stringify(validate.errors)}`;
}

describe("schema.json", () => {
  it.each(goldens)("accepts %s, which the reader reads", (name) => {
    const text = brotliDecompressSync(readFileSync(new URL(name, fixtures))).toString();
    expect(refused(text)).toBeUndefined();
    const record = readRecord(text);
    const requests = [...resolveRequests(record)];
    expect(requests).toHaveLength(record.header.requests!);
    for (const { controls, bitstream } of requests) {
      expect(controls.size).toBeGreaterThan(0);
      expect(bitstream.crc32).toBeDefined();
    }
  });

  it("accepts whatever the writer writes", () => {
    for (const withData of [false, true]) {
      const writer = new RecordWriter(
        {
          codec: "h264",
          producer: "p",
          target: "visl",
          decodeMode: "slice",
          startCode: "none",
          kernel: "6.1",
          requests: 2,
          stream: { name: "n", bytes: 1 },
        },
        { withData },
      );
      const controls = [control("H264_SPS", Uint8Array.of(1)), control("H264_DECODE_MODE", 0)];
      const events = [sequence(controls), request(1000, controls, true), output(1000), output(1000, 4.5), error("e")];
      expect(refused(writer.head + events.map((event) => writer.write(event)).join(""))).toBeUndefined();
      expect(refused(writer.write({ type: "release", timestamp: 2n ** 63n }))).toBeUndefined();
    }
  });

  it.each([0, 1, 2, 3, 4])("accepts chroma format %d: 4 is VP9's 4:4:0", (chromaFormat) => {
    const writer = new RecordWriter({ codec: "vp9" });
    expect(refused(writer.write({ ...sequence([]), codec: "vp9", chromaFormat }))).toBeUndefined();
  });

  it.each([
    '{"format":"v4l2-stateless-requests/2","codec":"h264"}',
    '{"format":"v4l2-stateless-requests/1"}',
    '{"request":0,"timestamp":-1,"controls":{}}',
    '{"request":0,"timestamp":0,"controls":{"V4L2_CID_STATELESS_H264_PPS":"0"}}',
    '{"set":{"H264_PPS":"00"}}',
    '{"error":{}}',
    "{}",
  ])("refuses %s", (line) => {
    expect(validate(JSON.parse(line))).toBe(false);
  });
});
