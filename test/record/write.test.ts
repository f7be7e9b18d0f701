import { describe, expect, it } from "vitest";
import { RecordWriter } from "../../src/record/index.ts";
import { control, error, output, request, sequence } from "./events.ts";

const header = {
  codec: "h264",
  producer: "a test",
  target: "generic",
  decodeMode: "frame",
  startCode: "annexb",
  stream: { name: "a.264", bytes: 9 },
} as const;

const parsed = (text: string): unknown[] =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));

describe("RecordWriter", () => {
  it("begins with the header and the modes", () => {
    const { head } = new RecordWriter(header);
    expect(head.split("\n")[0]).toBe(
      '{"format":"v4l2-stateless-requests/1","codec":"h264","producer":"a test","target":"generic","decodeMode":"frame","startCode":"annexb","stream":{"name":"a.264","bytes":9}}',
    );
    expect(parsed(head)[1]).toEqual({
      set: { V4L2_CID_STATELESS_H264_DECODE_MODE: 1, V4L2_CID_STATELESS_H264_START_CODE: 1 },
    });
    expect(parsed(new RecordWriter({ codec: "vp8", decodeMode: "frame" }).head)).toHaveLength(1);
    expect(parsed(new RecordWriter({ codec: "h265", decodeMode: "slice", startCode: "none" }).head)[1]).toEqual({
      set: { V4L2_CID_STATELESS_HEVC_DECODE_MODE: 0, V4L2_CID_STATELESS_HEVC_START_CODE: 0 },
    });
  });

  it("writes a control again when its bytes change, and those of one request always", () => {
    const writer = new RecordWriter(header);
    const sps = control("H264_SPS", Uint8Array.of(1, 2));
    const controlsOf = (text: string) => (parsed(text)[0] as { controls: object }).controls;
    expect(parsed(writer.write(sequence([sps])))[1]).toEqual({ set: { V4L2_CID_STATELESS_H264_SPS: "0102" } });

    const slice = control("H264_SLICE_PARAMS", Uint8Array.of(7));
    const mode = control("H264_DECODE_MODE", 1);
    const pps = control("H264_PPS", Uint8Array.of(3));
    expect(controlsOf(writer.write(request(1000, [mode, sps, pps, slice])))).toEqual({
      V4L2_CID_STATELESS_H264_PPS: "03",
      V4L2_CID_STATELESS_H264_SLICE_PARAMS: "07",
    });
    const samePps = control("H264_PPS", Uint8Array.of(3));
    expect(controlsOf(writer.write(request(2000, [sps, samePps, slice])))).toEqual({
      V4L2_CID_STATELESS_H264_SLICE_PARAMS: "07",
    });
    const longerPps = control("H264_PPS", Uint8Array.of(3, 0));
    expect(controlsOf(writer.write(request(3000, [sps, longerPps])))).toEqual({ V4L2_CID_STATELESS_H264_PPS: "0300" });
  });

  it("does not set a menu again that stands in the head", () => {
    const writer = new RecordWriter(header);
    const menus = [control("H264_DECODE_MODE", 1), control("H264_START_CODE", 1)];
    expect(parsed(writer.write(sequence(menus)))).toHaveLength(1);
    expect(parsed(writer.write(sequence([control("H264_START_CODE", 0)])))[1]).toEqual({
      set: { V4L2_CID_STATELESS_H264_START_CODE: 0 },
    });
  });

  it("writes size and checksum of the parts together, and the bytes when asked", () => {
    const event = {
      ...request(1000, [], true),
      bitstream: [new TextEncoder().encode("1234"), new TextEncoder().encode("56789")],
    };
    expect(new RecordWriter(header).write(event)).toBe(
      '{"request":0,"timestamp":1000,"hold":true,"bitstream":{"bytes":9,"crc32":"cbf43926"},"controls":{}}\n',
    );
    expect(parsed(new RecordWriter(header, { withData: true }).write(event))).toMatchObject([
      { bitstream: { data: "MTIzNDU2Nzg5" } },
    ]);
  });

  it("writes outputs, releases and errors", () => {
    const writer = new RecordWriter(header);
    expect(parsed(writer.write(output(1000, 40)))).toMatchObject([
      { output: 1000, pts: 40, fieldOrder: "progressive" },
    ]);
    expect(parsed(writer.write(output(1000, Number.NaN)))[0]).not.toHaveProperty("pts");
    expect(writer.write({ type: "release", timestamp: 1000 })).toBe('{"release":1000}\n');
    const { type: _type, error: _error, kind: cause, ...told } = error("no such slice_type");
    expect(parsed(writer.write(error("no such slice_type")))).toEqual([{ error: { cause, ...told } }]);
  });

  it("writes a pixel format as its fourcc", () => {
    expect(parsed(new RecordWriter(header).write(sequence([])))).toMatchObject([{ sequence: { pixelFormat: "S264" } }]);
  });

  it("writes timestamps above 2^53 - 1 as decimal strings and refuses what is none", () => {
    const writer = new RecordWriter(header);
    expect(writer.write({ type: "release", timestamp: 2n ** 64n - 1n })).toBe('{"release":"18446744073709551615"}\n');
    expect(writer.write({ type: "release", timestamp: 5n })).toBe('{"release":5}\n');
    for (const timestamp of [-1, 0.5, 2 ** 53, 2n ** 64n, -1n]) {
      expect(() => writer.write({ type: "release", timestamp })).toThrow(TypeError);
    }
  });

  it("does not count what it refused as written", () => {
    const writer = new RecordWriter(header);
    const event = request(1000, [control("H264_SPS", new Uint8Array(2))]);
    expect(() => writer.write({ ...event, timestamp: -1 })).toThrow(TypeError);
    // The last control is none: what comes before it is not written, either.
    const wrong = { name: "V4L2_CID_STATELESS_H264_PPS", payload: null } as unknown as (typeof event.controls)[0];
    expect(() => writer.write({ ...event, controls: [...event.controls, wrong] })).toThrow(TypeError);
    expect(() => writer.set([...event.controls, wrong])).toThrow(TypeError);
    expect(writer.write(event)).toBe(new RecordWriter(header).write(event));
  });
});
