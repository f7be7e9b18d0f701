import { readFileSync } from "node:fs";
import { brotliDecompressSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { type Check, checks, type Subject } from "../../conformance/visl/checks.ts";
import { drawingDifferences, parseDrawing } from "../../conformance/visl/drawing.ts";
import { displayOrder } from "../../conformance/visl/gstreamer-runs.ts";
import { recordDifferences } from "../../conformance/visl/record-differences.ts";
import { recordedText } from "../../conformance/visl/recorded.ts";
import { type CommandTrace, readTrace } from "../../conformance/visl/trace-log.ts";
import { compareTraced } from "../../conformance/visl/traced-controls.ts";
import { fixtures, type Run, runsOf } from "../../conformance/visl/visl-streams.ts";
import { normalise } from "../../src/kernel/index.ts";
import { readRecordBytes } from "../../src/record/files.ts";
import { readRecord, resolveRequests } from "../../src/record/read.ts";
import { controls, type StructControl } from "../../src/uapi/index.ts";

const folder = new URL("../fixtures/", import.meta.url);

function unpacked(name: string): string {
  return brotliDecompressSync(readFileSync(new URL(name, folder))).toString("utf8");
}

/** What the kernel traced while GStreamer, or our decode, decoded a fixture. */
function traceOf(id: string, program: "gst" | "ours"): CommandTrace {
  return readTrace(unpacked(`visl/${id}.${program}.trace.br`)).get(id)!;
}

/** The requests that GStreamer sent, as the kernel keeps them. */
function goldenOf(stream: string, mode: string): ReadonlyMap<string, Uint8Array | number>[] {
  const record = readRecordBytes(readFileSync(new URL(`${stream}.gst-${mode}.jsonl.br`, folder)), true);
  return Array.from(resolveRequests(record), ({ controls }) => {
    const kept = Array.from(controls, ([name, payload]) => {
      return [name, payload instanceof Uint8Array ? normalise(name, payload) : payload] as const;
    });
    return new Map(kept);
  });
}

describe("visl's trace of GStreamer's requests", () => {
  it.each([
    ["h264_mbaff_tff.264", "slice", 20],
    ["h265_default_ra.265", "frame", 20],
    ["vp8_odd_size.ivf", "frame", 20],
    ["vp9_altref_superframes.ivf", "frame", 20],
    ["mpeg2_interlaced.m2v", "frame", 20],
  ])("%s in %s mode is what the golden holds", (stream, mode, count) => {
    const { runs } = traceOf(`${stream}.${mode}`, "gst");
    const golden = goldenOf(stream, mode);
    expect(runs).toHaveLength(count);
    const compared = runs.map((run, i) => compareTraced(run, golden[i]!));
    expect(compared.flatMap(({ differences }) => differences)).toEqual([]);
    expect(Math.min(...compared.map(({ fields }) => fields))).toBeGreaterThan(15);
  });

  it.each([
    ["h264_mbaff_tff.264", "slice", "V4L2_CID_STATELESS_H264_SPS", "level_idc", "H264_SPS level_idc"],
    ["h264_mbaff_tff.264", "slice", "V4L2_CID_STATELESS_H264_DECODE_PARAMS", "flags", "H264_DECODE_PARAMS flags"],
    [
      "h264_mbaff_tff.264",
      "slice",
      "V4L2_CID_STATELESS_H264_SLICE_PARAMS",
      "slice_type",
      "H264_SLICE_PARAMS slice_type",
    ],
    [
      "h264_mbaff_tff.264",
      "slice",
      "V4L2_CID_STATELESS_H264_DECODE_PARAMS",
      "dpb",
      "H264_DECODE_PARAMS dpb[0].reference_ts",
    ],
    [
      "h265_default_ra.265",
      "frame",
      "V4L2_CID_STATELESS_HEVC_PPS",
      "row_height_minus1",
      "HEVC_PPS row_height_minus1[0]",
    ],
    [
      "vp8_odd_size.ivf",
      "frame",
      "V4L2_CID_STATELESS_VP8_FRAME",
      "entropy",
      "VP8_FRAME entropy.coeff_probs[0][0][0][0]",
    ],
    [
      "vp9_altref_superframes.ivf",
      "frame",
      "V4L2_CID_STATELESS_VP9_FRAME",
      "interpolation_filter",
      "VP9_FRAME interpolation_filter",
    ],
    [
      "mpeg2_interlaced.m2v",
      "frame",
      "V4L2_CID_STATELESS_MPEG2_PICTURE",
      "backward_ref_ts",
      "MPEG2_PICTURE backward_ref_ts",
    ],
  ] as const)("shows one changed bit: %s %s %s %s", (stream, mode, name, field, path) => {
    const { runs } = traceOf(`${stream}.${mode}`, "gst");
    const golden = new Map(goldenOf(stream, mode)[5]);
    const payload = Uint8Array.from(golden.get(name) as Uint8Array);
    const { struct } = controls[name] as StructControl;
    payload[struct.fields.find((candidate) => candidate.name === field)!.offset]! ^= 1;
    const { differences } = compareTraced(runs[5]!, golden.set(name, payload));
    expect(differences).toHaveLength(1);
    expect(differences[0]).toContain(`${path}: `);
  });

  it("is refused when events were lost", () => {
    const whole = unpacked("visl/mpeg2_interlaced.m2v.frame.gst.trace.br");
    const lost = whole.replace(/entries-written: (\d+)\/\d+/, "entries-written: $1/99999");
    expect(() => readTrace(lost)).toThrow("the trace is not complete");
  });
});

describe("what visl draws", () => {
  const gst = traceOf("mpeg2_interlaced.m2v.frame", "gst").runs;
  const ours = traceOf("mpeg2_interlaced.m2v.frame", "ours").runs;

  it("is read as data", () => {
    expect(parseDrawing(gst[2]!.drawn)).toEqual({
      sequence: 2,
      timestamp: 2000n,
      field: "none",
      order: undefined,
      references: [
        { name: "backward_ref_ts", timestamp: 1000n },
        { name: "forward_ref_ts", timestamp: 0n },
      ],
      output: { pixelFormat: "MG2S", width: 96, height: 80, planes: [{ bytesPerLine: 0, sizeImage: 262144 }] },
      capture: { pixelFormat: "NV12", width: 96, height: 80, planes: [{ bytesPerLine: 96, sizeImage: 11520 }] },
    });
  });

  it("is the same for two programs that number their pictures in other ways", () => {
    expect(ours[0]!.timestamp).not.toBe(gst[0]!.timestamp);
    expect(drawingDifferences(ours, gst)).toEqual([]);
    const vp8 = (program: "gst" | "ours") => traceOf("vp8_odd_size.ivf.frame", program).runs;
    expect(drawingDifferences(vp8("ours"), vp8("gst"))).toEqual([]);
  });

  it.each([
    ["another reference", /^backward_ref_ts: 2000$/, "backward_ref_ts: 1000", "backward_ref_ts 0, of GStreamer's 1"],
    [
      "a reference that is none",
      /^forward_ref_ts: 1000$/,
      "forward_ref_ts: 0",
      "forward_ref_ts none, of GStreamer's 0",
    ],
    ["another format", /NV12, resolution: 96x96/, "P010, resolution: 96x96", "CAPTURE P010"],
    ["another size", /S, resolution: 96x96/, "S, resolution: 96x128", "OUTPUT MG2S 96x128"],
  ])("differs with %s", (_, line, changed, expected) => {
    const run = { ...ours[2]!, drawn: ours[2]!.drawn.map((drawn) => drawn.replace(line, changed)) };
    const differences = drawingDifferences([...ours.slice(0, 2), run, ...ours.slice(3)], gst);
    expect(differences).toHaveLength(1);
    expect(differences[0]).toContain(`request 2: ${expected}`);
  });

  it("differs when a request is missing", () => {
    expect(drawingDifferences(ours.slice(0, 19), gst)).toEqual(["19 requests, of GStreamer's 20"]);
  });
});

describe("the checks of a decode", () => {
  const run: Run = fixtures()
    .flatMap(runsOf)
    .find(({ id }) => id === "mpeg2_interlaced.m2v.frame")!;
  const stdout = readFileSync(new URL("visl/mpeg2_interlaced.m2v.frame.ours.md5", folder), "utf8");
  const decoded = { status: 0, stdout, stderr: "" };
  const ours = { trace: traceOf(run.id, "ours"), decodes: [decoded, decoded] };
  const gst = traceOf(run.id, "gst");
  const order = stdout
    .trimEnd()
    .split("\n")
    .map((line) => Number(line.split(" ")[1]) - 1000);
  const subject: Subject = { run, ours, theirs: { trace: gst, order, complete: true } };
  const differences = (name: string, changed: Partial<Subject>): readonly string[] =>
    (checks[name] as Check)({ ...subject, ...changed })!.differences;

  it("are fine with what the kernel saw", () => {
    for (const [name, check] of Object.entries(checks)) {
      expect([name, check(subject)!.differences]).toEqual([name, []]);
      expect(check(subject)!.compared).toBeGreaterThan(0);
    }
  });

  it("find a failed ioctl, and let enumerations end", () => {
    const failing = (call: number, error: number) =>
      differences("ioctls", { ours: { ...ours, trace: { ...ours.trace, failures: [{ call, error }] } } });
    expect(failing(0xc0585609, 16)).toEqual(["ioctl 0xc0585609 failed with errno 16"]);
    expect(failing(0xc0405602, 22)).toEqual([]); // VIDIOC_ENUM_FMT
    expect(failing(0xc0405602, 13)).toEqual(["ioctl 0xc0405602 failed with errno 13"]);
    expect(failing(0xc0585611, 11)).toEqual([]); // VIDIOC_DQBUF
    expect(failing(0xc0d05605, 16)).toEqual(["ioctl 0xc0d05605 failed with errno 16"]); // VIDIOC_S_FMT: the size does not change
    expect(failing(0x7c80, 2)).toEqual(["ioctl 0x7c80 failed with errno 2"]); // MEDIA_REQUEST_IOC_QUEUE
  });

  it("find a decode that ends badly", () => {
    const bad = { ...decoded, status: 2, stderr: "no device\n" };
    expect(differences("ioctls", { ours: { ...ours, decodes: [decoded, bad] } })).toEqual([
      "decode ended with status 2: no device",
    ]);
  });

  it("find another order and a missing frame", () => {
    const theirs = (list: readonly number[]) => ({ theirs: { trace: gst, order: list, complete: true } });
    expect(differences("order", theirs([order[1]!, order[0]!, ...order.slice(2)]))).toHaveLength(1);
    expect(differences("order", theirs(order.slice(0, 19)))).toHaveLength(1);
  });

  it("find frames that differ the second time", () => {
    const other = { ...decoded, stdout: stdout.replace(/[0-9a-f]$/m, "z") };
    expect(differences("repeated", { ours: { ...ours, decodes: [decoded, other] } })).toHaveLength(1);
  });

  it("take the beginning of a stream that GStreamer gives up", () => {
    const theirs = { trace: { ...gst, runs: gst.runs.slice(0, 7) }, order: order.slice(0, 4), complete: false };
    const unrecorded = { ...run, golden: "no such golden" };
    expect(differences("drawings", { run: unrecorded, theirs })).toEqual([]);
    expect(differences("order", { theirs })).toEqual([]);
  });

  it("find that GStreamer goes less far than when its golden was made", () => {
    const theirs = { trace: { ...gst, runs: gst.runs.slice(0, 7) }, order: order.slice(0, 4), complete: false };
    expect(differences("drawings", { theirs })).toEqual(["GStreamer made 7 requests, once 20"]);
    expect(differences("drawings", { theirs: undefined })[0]).toBe("GStreamer made 0 requests, once 20");
    expect(
      checks.drawings!({ ...subject, run: { ...run, golden: "no such golden" }, theirs: undefined }),
    ).toBeUndefined();
  });
});

describe("a record of recorded calls", () => {
  const payload = "64".padEnd(2 * 1048, "0");
  const log = (...calls: object[]): string =>
    calls.map((call) => `${JSON.stringify({ process: 1, thread: 1, fd: 5, path: "/dev/video0", ...call })}\n`).join("");
  const format = { call: "VIDIOC_S_FMT", type: 10, pixelFormat: 0x34363253, width: 16, height: 16 };
  const set = (which: number) => ({ call: "VIDIOC_S_EXT_CTRLS", which, request: 9, controls: [[0xa40902, payload]] });
  const buffer = {
    call: "VIDIOC_QBUF",
    type: 10,
    index: 0,
    flags: 0x800000,
    timestamp: "2000",
    request: 9,
    bytes: 5,
    crc32: "3c0909da",
  };
  const queue = { call: "MEDIA_REQUEST_IOC_QUEUE", fd: 9, path: "anon_inode:request" };
  const request = 0xf010000;

  it("holds what was set outside and inside of requests", async () => {
    const text = log(format, set(0), set(request), { ...buffer, data: "0000016588" }, queue);
    const { header, lines: made } = readRecord(await recordedText(text, { codec: "h264", producer: "p" }));
    expect(header).toMatchObject({ codec: "h264", producer: "p", requests: 1 });
    expect(made.map(({ type }) => type)).toEqual(["set", "request"]);
    expect(made[1]).toMatchObject({ timestamp: 2000, bitstream: { bytes: 5, crc32: 0x3c0909da } });
  });

  it("is refused when the kernel refused a request, or the log has no bytes", async () => {
    await expect(recordedText(log(format, set(request), buffer, queue), { codec: "h264" })).rejects.toThrow(
      "request 0 has no bytes",
    );
    const data = { ...buffer, data: "0000016588" };
    const second = [
      { ...set(request), request: 10 },
      { ...data, index: 1, request: 10 },
    ];
    const text = log(format, set(request), data, queue, ...second, { ...queue, fd: 10, error: 22 });
    await expect(recordedText(text, { codec: "h264" })).rejects.toThrow("the kernel refuses request 1 with EINVAL");
  });
});

describe("how two records of one program differ", () => {
  const golden = readRecordBytes(readFileSync(new URL("vp8_odd_size.ivf.gst-frame.jsonl.br", folder)), true);

  it("not at all when they are the same", () => {
    expect(recordDifferences(golden, golden)).toEqual([]);
  });

  it("is said by field", () => {
    const text = unpacked("vp8_odd_size.ivf.gst-frame.jsonl.br");
    const changed = readRecord(
      text.replace('"timestamp":3000,"bitstream":{"bytes":', '"timestamp":3001,"bitstream":{"bytes":1'),
    );
    expect(recordDifferences(golden, changed)[0]).toBe("request 3: timestamp: 3000 before, 3001 now");
    expect(recordDifferences(golden, { ...golden, lines: golden.lines.slice(0, -1) })).toEqual([
      "20 requests before, 19 now",
    ]);
  });
});

it("the order in GStreamer's debug log is that of the pictures it put out", () => {
  const log =
    "0:00 1 2 DEBUG v4l2codecs-h264dec x.c:1:f:<d> Output picture 0\nother\n… Output picture 3\n… Output picture 2\n";
  expect(displayOrder(log)).toEqual([0, 3000, 2000]);
});
