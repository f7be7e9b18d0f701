import { describe, expect, it } from "vitest";
import { Mpeg2Stream } from "../../support/streams/mpeg2-stream.ts";
import { bytesOf, fixture, goldenText, run } from "./command-line.ts";

const inspect = async (name: string, ...options: string[]) => {
  const outcome = await run(["inspect", fixture(`${name}.jsonl.br`), ...options]);
  expect(outcome).toMatchObject({ status: 0, stderr: "" });
  return outcome.stdout.split("\n");
};

describe("inspect of a record", () => {
  it("shows H.264 pictures, their references as request numbers", async () => {
    const lines = await inspect("h264_high_bpyramid.264.gst-frame");
    expect(lines).toHaveLength(23);
    expect(lines[0]).toBe("sequence  96x80  4:2:0  8 bit");
    expect(lines[1]!.split(/ {2,}/)).toEqual([
      "request",
      "timestamp",
      "order",
      "pts",
      "type",
      "structure",
      "POC",
      "frame_num",
      "nal_ref_idc",
      "bytes",
      "references",
      "flags",
    ]);
    expect(lines[2]!.trim().split(/ {2,}/)).toEqual([
      "0",
      "0",
      "-",
      "-",
      "IDR",
      "frame",
      "0/0",
      "0",
      "3",
      "2678",
      "-",
      "cabac 8x8 weighted",
    ]);
    expect(lines[5]!.trim().split(/ {2,}/)).toEqual([
      "3",
      "3000",
      "-",
      "-",
      "B",
      "frame",
      "2/2",
      "3",
      "0",
      "713",
      "0 1 2",
      "cabac 8x8 weighted",
    ]);
  });

  it("says when the format changes", async () => {
    const lines = await inspect("h264_size_change.264.ff-frame");
    expect(lines.filter((line) => line.startsWith("sequence"))).toEqual([
      "sequence  96x80  4:2:0  8 bit",
      "sequence  128x96  4:2:0  8 bit",
      "sequence  96x80  4:2:0  8 bit",
    ]);
  });

  it("says which samples a sequence of FWHT has", async () => {
    const { stdout } = await run(["inspect", fixture("fwht_hsv.fwht")]);
    expect(stdout).toMatch(/^sequence {2}640x360 {2}4:4:4 {2}8 bit {2}HSV x3 {2}/);
    const { stdout: json } = await run(["inspect", "--json", fixture("fwht_hsv.fwht")]);
    expect(json).toContain('"components":{"count":3,"encoding":"hsv"}');
  });

  it.each([
    ["h265_default_ra.265.gst-frame", /^ +1 +1000 +- +- +\S+ +-?\d+ +\d+ {2}0\b/],
    ["vp8_altref.ivf.gst-frame", /^ +1 +1000 +- +- +inter +96x80 +\d+ {2}last 0 golden 0 alt 0/],
    ["vp9_altref_superframes.ivf.gst-frame", /^ +1 +1000 +- +- +inter +96x80 +\d+ {2}last 0 golden 0 alt 0/],
    ["mpeg2_ipb.m2v.gst-frame", /^ +1 +1000 +- +- +P +frame +\d+ {2}forward 0/],
  ])("shows %s", async (name, second) => {
    const lines = await inspect(name);
    expect(lines[3]).toMatch(second);
  });

  it("says none where a picture of MPEG-2 has no reference", async () => {
    const stream = new Mpeg2Stream().sequence().picture("I", { structure: 1 }).picture("P", { structure: 2 });
    const { stdout } = await run(["inspect", "-"], { stdin: [stream.picture("P").bytes] });
    expect(stdout).toMatch(/^ +1 +1000 +0 +- +P +bottom +\d+ {2}forward none$/m);
    expect(stdout).toMatch(/^ +2 +2000 +1 +- +P +frame +\d+ {2}forward 0$/m);
  });

  it("names a request again when its timestamp is used again: the latest counts", async () => {
    // FFmpeg's timestamps name buffers, and come back.
    const lines = await inspect("h264_high422_interlaced.264.ff-frame");
    expect(lines[6]).toMatch(/^ +4 +12000 +- +- +B +frame .* 3 1 0 +mbaff/);
    expect(lines[4]).toMatch(/^ +2 +12000 +- +- +B +frame .* 1 0 +mbaff/);
  });

  it("marks long-term references, single fields, pictures that wait and frames that were never coded", async () => {
    const entry = (timestamp: string, fields: string, flags: string) =>
      `${timestamp}000000000000` +
      `0000000000000000`.slice(0, 12) +
      `${fields}0000000000` +
      "0".repeat(16) +
      `${flags}000000`;
    const dpb =
      entry("e803", "01", "03") +
      entry("e803", "03", "07") +
      entry("e803", "03", "01") +
      entry("0000", "03", "03") +
      entry("0900", "03", "03");
    const payload = dpb.padEnd(1120, "0");
    const text = [
      '{"format":"v4l2-stateless-requests/1","codec":"h264"}',
      '{"request":0,"timestamp":1000,"hold":true,"controls":{}}',
      `{"request":1,"timestamp":2000,"controls":{"V4L2_CID_STATELESS_H264_DECODE_PARAMS":"${payload}"}}`,
    ].join("\n");
    const { stdout, status } = await run(["inspect", "-"], { stdin: bytesOf(text) });
    expect(status).toBe(0);
    expect(stdout).toMatch(/ 0\/t lt0 \(0\) gap \?$/m);
    expect(stdout).toMatch(/^ +0 +1000 .* - +hold$/m);
  });

  it("shows one request in full", async () => {
    const lines = await inspect("h264_baseline_slices.264.gst-slice", "--request", "4");
    expect(lines[0]).toMatch(/^request 4 {2}timestamp 1000, 179 bytes, crc32 [0-9a-f]{8}$/);
    expect(lines).toContain("V4L2_CID_STATELESS_H264_SPS  1048 bytes  set before");
    expect(lines).toContain("V4L2_CID_STATELESS_H264_SLICE_PARAMS  152 bytes");
    expect(lines.filter((line) => line.includes("slice_type"))).toEqual([
      expect.stringMatching(/ 0 {2}V4L2_H264_SLICE_TYPE_P$/),
    ]);
    const { status, stderr } = await run(["inspect", fixture("h264_high10.264.gst-frame.jsonl.br"), "--request", "20"]);
    expect(status).toBe(2);
    expect(stderr).toMatch(/there is no request 20: it has 20 requests, numbers 0 to 19\n$/);
  });

  it("shows payloads that it cannot read as bytes", async () => {
    const text =
      '{"format":"v4l2-stateless-requests/1","codec":"h264"}\n' +
      '{"request":0,"timestamp":1,"controls":{"V4L2_CID_STATELESS_H264_PPS":"0102","V4L2_CID_X":"ff","V4L2_CID_STATELESS_H264_DECODE_MODE":1}}';
    const { stdout, status } = await run(["inspect", "-", "--request", "0"], { stdin: bytesOf(text) });
    expect(status).toBe(0);
    expect(stdout).toContain("V4L2_CID_STATELESS_H264_PPS  2 bytes: a struct has 12 bytes\n      0  01 02\n");
    expect(stdout).toContain("V4L2_CID_X  1 bytes: a control this version does not know\n      0  ff\n");
    expect(stdout).toContain("V4L2_CID_STATELESS_H264_DECODE_MODE = 1  V4L2_STATELESS_H264_DECODE_MODE_FRAME_BASED\n");
  });

  it("is coloured on a terminal, unless NO_COLOR is set", async () => {
    const argv = ["inspect", fixture("mpeg2_ipb.m2v.gst-frame.jsonl.br")];
    expect((await run(argv, { terminal: true })).stdout).toContain("\u001b[32m");
    expect((await run(argv, { terminal: true, environment: { NO_COLOR: "1" } })).stdout).not.toContain("\u001b");
    expect((await run(argv)).stdout).not.toContain("\u001b");
  });

  it("prints no control characters of the input", async () => {
    const text =
      '{"format":"v4l2-stateless-requests/1","codec":"h264"}\n{"error":{"message":"\\u001b[2J"}}\n{"request":0,"timestamp":1,"controls":{}}';
    const { stdout, stderr } = await run(["inspect", "-"], { stdin: bytesOf(text) });
    expect(stderr).toContain("error: \\x1b[2J");
    expect(stdout).not.toContain("error");
  });

  it("reads a record from standard input, in any pieces", async () => {
    const bytes = new TextEncoder().encode(goldenText("vp8_odd_size.ivf.gst-frame"));
    const pieces = Array.from({ length: Math.ceil(bytes.length / 7) }, (_, i) => bytes.subarray(7 * i, 7 * i + 7));
    const { stdout } = await run(["inspect", "-"], { stdin: pieces });
    expect(stdout).toBe((await run(["inspect", fixture("vp8_odd_size.ivf.gst-frame.jsonl.br")])).stdout);
  });
});

describe("inspect of a stream", () => {
  it.each([
    ["vp8_odd_size.ivf", "96x80", "95x79"],
    ["vp9_error_resilient_odd.ivf", "96x80", "95x79"],
    ["mpeg2_odd_crop.m2v", "96x80", "94x78"],
    ["h264_size_change.264", "96x80", "96x80"],
  ])(
    "shows a sequence line of %s once: the controls have another size than the buffers",
    async (name, coded, shown) => {
      const { stdout } = await run(["inspect", fixture(name)]);
      const sequences = stdout.split("\n").filter((line) => line.startsWith("sequence"));
      expect(sequences).toHaveLength(name.includes("change") ? 3 : 1);
      expect(sequences[0]).toMatch(new RegExp(`^sequence  ${coded}  4:2:0  8 bit  shows ${shown}\\+0\\+0  `));
    },
  );
});

describe("inspect --summary", () => {
  const summaryOf = async (name: string) => (await run(["inspect", "--summary", fixture(name)])).stdout.split("\n");

  it("counts what a stream has", async () => {
    const sequences = [
      "sequence    96x80  4:2:0  8 bit  shows 96x80+0+0  4 CAPTURE buffers",
      "sequence    128x96  4:2:0  8 bit  shows 128x96+0+0  4 CAPTURE buffers",
    ];
    expect(await summaryOf("h264_size_change.264")).toEqual([
      "codec       h264",
      ...sequences,
      sequences[0],
      "requests    50, of 50 pictures",
      "types       20 P, 20 B, 10 IDR",
      "structures  50 frame",
      "bytes       518 to 3941, 1344 on average, 67214 together",
      "references  3 at most, 0 long-term; missing: none",
      "flags       50 cabac, 50 8x8, 50 weighted",
      "shown       50, 0 of them corrupt",
      "errors      none",
      "controls    V4L2_CID_STATELESS_H264_DECODE_PARAMS  50 times, since Linux 5.11",
      "            V4L2_CID_STATELESS_H264_DECODE_MODE  3 times, since Linux 5.11",
      "            V4L2_CID_STATELESS_H264_START_CODE  3 times, since Linux 5.11",
      "            V4L2_CID_STATELESS_H264_SPS  3 times, since Linux 5.11",
      "            V4L2_CID_STATELESS_H264_PPS  once, since Linux 5.11",
      "",
    ]);
  });

  it("counts the pictures of a record that has several requests for each", async () => {
    expect((await summaryOf("h265_main10_wpp_slices.265.gst-slice.jsonl.br")).slice(0, 9)).toEqual([
      "codec       h265, a record",
      "format      192x128  4:2:0  10 bit  (40 requests)",
      "requests    40, of 20 pictures",
      "types       24 B, 14 P, 2 IDR",
      "bytes       157 to 1784, 503 on average, 20130 together",
      "references  4 at most, 0 long-term; missing: none",
      "flags       none",
      "shown       0, 0 of them corrupt",
      "errors      none",
    ]);
  });
});
